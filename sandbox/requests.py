"""Reads an HTTP request as AWS does: who signed it, for which service and Region, which operation and values."""

from __future__ import annotations

import functools
import re
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.utils import get_service_model

from sandbox.engine.errors import AwsError

SIGNED = re.compile(r"Credential=([^/,]+)/\d+/([^/]+)/([^/]+)/")
REST_SERVICES = {"resource-groups", "account"}


@dataclass(frozen=True)
class Request:
    """One HTTP request. `service` is the signing name, "" when the request is not signed."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    access_key: str
    region: str
    service: str
    protocol: str


def read_request(environ: dict[str, Any]) -> Request:
    """The request in a WSGI environment."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    query = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    signed = SIGNED.search(headers.get("authorization", "") or _presigned(query))
    key, region, service = signed.groups() if signed else ("", "", "")
    protocol = _protocol_of(service, headers) if service else ""
    path = environ.get("PATH_INFO", "/") or "/"
    return Request(environ["REQUEST_METHOD"], path, query, headers, body, key, region, service, protocol)


def _presigned(query: dict[str, str]) -> str:
    """The credential of a presigned address, in the words of an Authorization header; "" when there is none."""
    if "X-Amz-Credential" in query:
        return f"Credential={query['X-Amz-Credential']}"
    if "AWSAccessKeyId" in query:
        return f"Credential={query['AWSAccessKeyId']}/00000000/us-east-1/s3/aws4_request"
    return ""


def _protocol_of(service: str, headers: dict[str, str]) -> str:
    if service == "s3":
        return "rest-xml"
    if "x-amz-target" in headers:
        return "json"
    if service in REST_SERVICES:
        return "rest-json"
    return "ec2" if service == "ec2" else "query"


def read_operation(request: Request) -> str:
    """The operation's name, or "" when the request names none."""
    target = request.headers.get("x-amz-target")
    if target:
        return target.rsplit(".", 1)[-1]
    if request.protocol in ("query", "ec2"):
        return _form(request.body).get("Action", "")
    for method, route, name in _routes(request.service):
        if method == request.method and route.match(request.path):
            return name
    return ""


def read_parameters(request: Request, model: Any) -> dict[str, Any]:
    """The operation's parameters as the model names them. Raises AwsError when they cannot be read."""
    if model.input_shape is None:
        return {}
    if request.protocol == "json":
        return _read_json(request.body)
    try:
        return _parse(request, model)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AwsError("MalformedInput", f"The request cannot be read: {error}") from error


def _parse(request: Request, model: Any) -> dict[str, Any]:
    values = _form(request.body) if request.protocol in ("query", "ec2") else request.query
    parser: Any = PROTOCOL_PARSERS[request.protocol](model, map_type=dict, timestamp_parser=_moment)
    parsed: dict[str, Any] = parser.parse({
        "method": request.method, "values": values, "headers": request.headers, "body": request.body,
        "url_path": request.path, "url_params": {},
    })  # fmt: skip
    return parsed


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        parameters = orjson.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", str(error)) from error
    if not isinstance(parameters, dict):
        raise AwsError("SerializationException", "the request is not a JSON object")
    return parameters


def _form(body: bytes) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _moment(value: Any) -> Any:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(str(value).replace("Z", "+00:00"))


@functools.cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    model = get_service_model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = re.sub(r"\{[^}]+\}", "[^/]+", http["requestUri"].split("?")[0])
        routes.append((http["method"], re.compile(f"^{path}$"), name))
    return routes
