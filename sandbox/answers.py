"""Writes answers and errors in the shape of the service's own protocol."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import orjson
from moto.core.serialize import SerializationContext, XFormedAttributePicker, get_serializer_class

from sandbox.engine.errors import AwsError
from sandbox.requests import Request

Answer = tuple[int, dict[str, str], bytes]

UNKNOWN = {"json": "UnknownOperationException", "rest-json": "UnknownOperationException", "rest-xml": "NotImplemented"}


def unknown_operation(request: Request, name: str) -> AwsError:
    """The refusal of an operation that is not simulated."""
    code = UNKNOWN.get(request.protocol, "InvalidAction")
    status = 501 if code == "NotImplemented" else 400
    return AwsError(code, f"The sandbox does not simulate {request.service}:{name or request.path}", status)


def write_answer(request: Request, model: Any, answer: dict[str, Any], request_id: str) -> Answer:
    """The answer of an operation, told by botocore's operation model."""
    if "json" in request.protocol:
        body = _to_json(answer)
        if b"null" in body:
            body = _to_json(_without_nulls(answer))
        return 200, {"Content-Type": _json_type(request)}, body
    serializer = get_serializer_class(model.service_model.service_name, request.protocol)(
        operation_model=model,
        context=SerializationContext(request_id),
        pretty_print=False,
        value_picker=XFormedAttributePicker(response_transformers=None),
    )
    rendered = serializer.serialize(answer)
    text = rendered["body"]
    headers = {str(k): str(v) for k, v in rendered["headers"].items()}
    return rendered["status_code"], headers, text.encode() if isinstance(text, str) else text


def write_error(request: Request, error: AwsError, request_id: str) -> Answer:
    """An error; its texts come from callers and are escaped."""
    if "json" in request.protocol:
        headers = {"Content-Type": _json_type(request), "x-amzn-ErrorType": error.code}
        return error.status, headers, json.dumps({"__type": error.code, "message": error.message}).encode()
    code, message = escape(error.code), escape(error.message)
    told = f"<Code>{code}</Code><Message>{message}</Message>"
    if request.protocol == "rest-xml":
        text = f"<Error>{told}<RequestId>{request_id}</RequestId></Error>"
    elif request.protocol == "ec2":
        text = f"<Response><Errors><Error>{told}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        fault = "Receiver" if error.status >= 500 else "Sender"
        text = (
            f"<ErrorResponse><Error><Type>{fault}</Type>{told}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    return error.status, {"Content-Type": "text/xml"}, text.encode() if request.method != "HEAD" else b""


def _json_type(request: Request) -> str:
    return "application/json" if request.protocol == "rest-json" else "application/x-amz-json-1.1"


def _to_json(value: Any) -> bytes:
    return orjson.dumps(value, default=_seconds, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _without_nulls(value: Any) -> Any:
    """AWS leaves out what it does not know; it does not write null."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(v) for v in value]
    return value


def _seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} cannot be told in JSON")
