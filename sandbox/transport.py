"""Two ways to reach the one sandbox: in process, for tests, and over loopback HTTP, for the demo."""

from __future__ import annotations

import io
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import waitress
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from waitress.channel import ClientDisconnected

from sandbox.fault_answers import ConnectionDropped
from sandbox.wire import Sandbox

MOST_CONNECTIONS = 4000
"""Clients keep one or more for each service, account and Region open; a listener that is full would stall them all."""

LOOPBACK = "127.0.0.1"


class _Raw(io.BytesIO):
    """The body of an answer as botocore reads it."""

    def stream(self, **_: object) -> Any:
        while chunk := self.read(65536):
            yield chunk


def in_process(sandbox: Sandbox) -> Callable[..., AWSResponse]:
    """A handler for botocore's `before-send` event that answers without a socket."""

    def handle(request: Any, **_: object) -> AWSResponse:
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _exc: object = None) -> None:
            told.update(status=int(status.split()[0]), headers=dict(headers))

        try:
            body = b"".join(sandbox(_environ(request), start))
        except ConnectionDropped:
            raise ReadTimeoutError(endpoint_url=request.url) from None
        return AWSResponse(request.url, told["status"], told["headers"], _Raw(body))

    return handle


def serve(sandbox: Sandbox, port: int, threads: int = 8) -> Any:
    """A server on 127.0.0.1 and nowhere else; call `.run()`. Port 0 chooses a free one (`.effective_port`)."""
    sandbox.wait = time.sleep
    return waitress.create_server(
        _breaking_off(sandbox),
        host=LOOPBACK,
        port=port,
        threads=threads,
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=60,
        asyncore_use_poll=True,
    )


def _breaking_off(sandbox: Sandbox) -> Callable[..., Any]:
    """The sandbox as waitress calls it: where nobody answers any more the connection is closed without a byte."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        try:
            return sandbox(environ, start_response)
        except ConnectionDropped as dropped:
            raise ClientDisconnected from dropped

    return answer


def _environ(request: Any) -> dict[str, Any]:
    url = urllib.parse.urlsplit(request.url)
    body = _read(request.body)
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": urllib.parse.unquote(url.path) or "/",
        "RAW_URI": url.path + (f"?{url.query}" if url.query else ""),
        "QUERY_STRING": url.query,
        "SERVER_NAME": "sandbox",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": url.netloc,
    }
    for name, value in request.headers.items():
        text = value.decode() if isinstance(value, bytes) else str(value)
        environ["HTTP_" + name.upper().replace("-", "_")] = text
    return {**environ, "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": environ.get("HTTP_CONTENT_TYPE", "")}


def _read(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read() if hasattr(body, "read") else body)
