"""Speaks AWS's protocols: parses a request by botocore's models, lets an operation answer, and renders the answer.

One WSGI callable serves tests (in process) and the demo (over loopback). What no operation of ours answers goes to
moto when it is on the allow-list (behind_moto.py); anything else is refused loudly as unknown.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from moto.core.serialize import XFormedAttributePicker, get_serializer_class

import sandbox.operations  # noqa: F401 - registers what it answers
from sandbox import control
from sandbox.behind_moto import Storage
from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal, account_of
from sandbox.engine.world import World
from sandbox.registry import OPERATIONS, Call, Operation, Parameters, model_of
from sandbox.requests import Request, read_operation, read_parameters, read_request
from sandbox.validation import check_answer, check_request

log = logging.getLogger(__name__)

StartResponse = Callable[..., Any]


@dataclass
class Sandbox:
    """The WSGI callable. With `strict_answers` an answer that the model does not know is a fault (tests)."""

    world: World
    strict_answers: bool = False
    storage: Storage = field(init=False)

    def __post_init__(self) -> None:
        stored = self.world.storage
        self.storage = Storage(self.world)
        if isinstance(stored, bytes):
            self.storage.restore(stored)
        self.world.storage = self.storage

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        with self.world.lock:
            self.world.tick()
            if request.path.startswith(control.PREFIX):
                status, headers, body = control.answer(self.world, request)
            else:
                status, headers, body = self._answer(request, environ)
            headers["Date"] = format_datetime(self.world.now(), usegmt=True)
        headers["Content-Length"] = str(len(body))
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", list(headers.items()))
        return [body] if request.method != "HEAD" else []

    def _answer(self, request: Request, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if not request.service:
            return 403, {"Content-Type": "text/plain"}, b"MissingAuthenticationToken"
        if request.service == "s3":
            return self.storage.answer(request, environ, self._principal(request))
        name = read_operation(request)
        known = OPERATIONS.get((request.service, name))
        if not known:
            return _unknown(request, name)
        answer: Parameters | AwsError
        try:
            answer = self._perform(request, name, known)
        except AwsError as error:
            answer = error
        return self._render(request, name, answer)

    def _perform(self, request: Request, name: str, known: Operation) -> Parameters:
        principal = self._principal(request)
        model = model_of(request.service).operation_model(name)
        parameters = read_parameters(request, model)
        call = Call(principal, request.region, request.service, name)
        self.world.log.append({"at": self.world.now(), "service": request.service, "action": name,
                               "account": principal.account_id, "region": request.region})  # fmt: skip
        del self.world.log[:-2000]
        wrong = check_request(parameters, model.input_shape) if model.input_shape else []
        if wrong:
            raise AwsError("ValidationException", f"{len(wrong)} validation error(s) detected: " + "; ".join(wrong))
        return known(self.world, call, parameters)

    def _principal(self, request: Request) -> Principal:
        session = self.world.sessions.get(request.access_key)
        account = account_of(request.access_key)
        if session is None and (not account or not request.access_key.startswith("AKIA")):
            raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        if session and session.expires_at and session.expires_at < self.world.now():
            raise AwsError("ExpiredTokenException", "The security token included in the request is expired", 403)
        return session or Principal(account)

    def _render(self, request: Request, name: str, answer: Parameters | AwsError) -> tuple[int, dict[str, str], bytes]:
        model = model_of(request.service).operation_model(name)
        if isinstance(answer, AwsError):
            return _render_error(request, answer)
        if self.strict_answers and model.output_shape:
            wrong = check_answer(answer, model.output_shape)
            if wrong:
                raise AssertionError(f"{request.service}:{name} answered what its model does not know: {wrong}")
        serializer = get_serializer_class(model.service_model.service_name, request.protocol)(
            operation_model=model,
            pretty_print=False,
            value_picker=XFormedAttributePicker(response_transformers=None),
        )
        rendered = serializer.serialize(answer)
        body = rendered["body"]
        headers = {str(k): str(v) for k, v in rendered["headers"].items()}
        return rendered["status_code"], headers, body.encode() if isinstance(body, str) else body


def _unknown(request: Request, name: str) -> tuple[int, dict[str, str], bytes]:
    log.error("the sandbox does not know %s:%s", request.service, name)
    code = "UnknownOperationException" if "json" in request.protocol else "InvalidAction"
    return _render_error(request, AwsError(code, f"The sandbox does not simulate {request.service}:{name}"))


def _render_error(request: Request, error: AwsError) -> tuple[int, dict[str, str], bytes]:
    if "json" in request.protocol:
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
        return error.status, headers, json.dumps({"__type": error.code, "message": error.message}).encode()
    code, message = _escape(error.code), _escape(error.message)
    fault = "Receiver" if error.status >= 500 else "Sender"
    if request.protocol == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            "<RequestID>sandbox</RequestID></Response>"
        )
    else:
        text = (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            "<RequestId>sandbox</RequestId></ErrorResponse>"
        )
    return error.status, {"Content-Type": "text/xml"}, text.encode()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
