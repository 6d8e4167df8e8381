"""Speaks AWS's protocols: parses a request by botocore's models, lets an operation answer, and renders the answer.

One WSGI callable serves tests (in process) and the demo (over loopback). S3 is moto's, behind a guard
(behind_moto.py); an operation that nobody here simulates is refused loudly as unknown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

import sandbox.operations  # noqa: F401 - registers what it answers
from sandbox import control
from sandbox.answers import Answer, unknown_operation, write_answer, write_error
from sandbox.behind_moto import Storage
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.identity import principal_of
from sandbox.registry import OPERATIONS, Call, Operation, Parameters, check_call, model_of
from sandbox.requests import Request, read_operation, read_parameters, read_request
from sandbox.validation import check_answer

log = logging.getLogger(__name__)

StartResponse = Callable[..., Any]
KEPT_REQUESTS = 2000


@dataclass
class Sandbox:
    """The WSGI callable. With `strict_answers` an answer that the model does not know is a fault (tests)."""

    world: World = field(repr=False)
    strict_answers: bool = False
    storage: Storage = field(init=False, repr=False)
    answered: int = 0

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
            self.answered += 1
            request_id = self.world.uuid("request", self.answered)
            try:
                status, headers, body = self._answer(request, environ, request_id)
            except AwsError as error:
                status, headers, body = write_error(request, error, request_id)
            told = self._complete(request, headers, body, request_id)
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", told)
        return [body] if request.method != "HEAD" else []

    def _complete(
        self, request: Request, headers: dict[str, str], body: bytes, request_id: str
    ) -> list[tuple[str, str]]:
        """The headers with the sandbox's time, the request's id and the length; a HEAD keeps the length it was told."""
        told = {name.lower(): value for name, value in headers.items()}
        told["date"] = format_datetime(self.world.now(), usegmt=True)
        told["x-amz-request-id" if request.service == "s3" else "x-amzn-requestid"] = request_id
        if request.method != "HEAD" or "content-length" not in told:
            told["content-length"] = str(len(body))
        return list(told.items())

    def _answer(self, request: Request, environ: dict[str, Any], request_id: str) -> Answer:
        if request.path.startswith(control.PREFIX):
            return control.answer(self.world, request)
        if not request.service:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        if request.service == "s3":
            return self.storage.answer(request, environ, principal_of(self.world, request))
        name = read_operation(request)
        known = OPERATIONS.get((request.service, name))
        if not known:
            log.error("the sandbox does not know %s:%s", request.service, name)
            raise unknown_operation(request, name)
        return write_answer(request, *self._perform(request, name, known), request_id)

    def _perform(self, request: Request, name: str, known: Operation) -> tuple[Any, Parameters]:
        """The operation's model and its answer."""
        principal = principal_of(self.world, request)
        model = model_of(request.service).operation_model(name)
        call = Call(principal, request.region, request.service, name)
        self._record(call)
        parameters = read_parameters(request, model)
        check_call(call, parameters)
        self.world.look(call.account, call.region)
        answer = known(self.world, call, parameters)
        if self.strict_answers and model.output_shape:
            wrong = check_answer(answer, model.output_shape)
            if wrong:
                raise AssertionError(f"{request.service}:{name} answered what its model does not know: {wrong}")
        return model, answer

    def _record(self, call: Call) -> None:
        entry = {"at": self.world.now(), "service": call.service, "action": call.action,
                 "account": call.account, "region": call.region}  # fmt: skip
        self.world.log.append(entry)
        del self.world.log[:-KEPT_REQUESTS]
