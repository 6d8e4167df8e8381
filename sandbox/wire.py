"""Speaks AWS's protocols: parses a request by botocore's models, lets an operation answer, and renders the answer.

One WSGI callable serves tests (in process) and the demo (over loopback). S3 is moto's, behind a guard
(behind_moto.py); an operation that nobody here simulates is refused loudly as unknown.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

import sandbox.operations  # noqa: F401 - registers what it answers
from sandbox import control
from sandbox.answers import Answer, unknown_operation, write_answer, write_error
from sandbox.behind_moto import Storage
from sandbox.engine.errors import AwsError
from sandbox.engine.faults import Fault, FaultKind, Faults
from sandbox.engine.world import World
from sandbox.fault_answers import ConnectionDropped, raise_after, raise_before
from sandbox.identity import principal_of
from sandbox.registry import OPERATIONS, Call, Operation, answer_call, errors_of, model_of
from sandbox.request_log import Entry, RequestLog
from sandbox.requests import Request, read_operation, read_parameters, read_request
from sandbox.s3_requests import read_s3_request
from sandbox.validation import check_answer

log = logging.getLogger(__name__)

StartResponse = Callable[..., Any]
CODE = re.compile(rb"<Code>(\w+)</Code>")
NO_ANSWER = "(no answer)"


def _pass_no_time(_seconds: float) -> None:
    """In process a slow answer is only told in the log."""


@dataclass
class Sandbox:
    """The WSGI callable. With `strict_answers` what the model does not know in an answer, or as a code, is a fault.

    `wait` is called with the seconds of a slow answer, while others are served.
    """

    world: World = field(repr=False)
    strict_answers: bool = False
    log: RequestLog = field(default_factory=RequestLog, repr=False)
    wait: Callable[[float], None] = field(default=_pass_no_time, repr=False)
    storage: Storage = field(init=False, repr=False)
    answered: int = 0

    def __post_init__(self) -> None:
        stored = self.world.storage
        self.storage = Storage(self.world)
        if isinstance(stored, bytes):
            self.storage.restore(stored)
        self.world.storage = self.storage

    @property
    def faults(self) -> Faults:
        """What is planned to go wrong: it is kept with the world."""
        return self.world.faults

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request. Raises ConnectionDropped when a fault lets nobody answer; the transport breaks the line."""
        request = read_request(environ)
        if control.is_asked(request):
            status, headers, body = control.answer(self, request)
            told = [*headers.items(), ("content-length", str(len(body)))]
        else:
            status, told, body, seconds = self._serve(request, environ)
            if seconds:
                self.wait(seconds)
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", told)
        return [body] if request.method != "HEAD" else []

    def _serve(self, request: Request, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes, float]:
        """Status, headers and body of the answer, and the seconds to hold it back."""
        begun = time.perf_counter()
        with self.world.lock:
            self.world.tick()
            self.answered += 1
            request_id = self.world.uuid("request", self.answered)
            entry = Entry(self.answered, self.world.now(), request.service, region=request.region)
            self.log.add(entry)
            try:
                status, headers, body = self._answer(request, environ, request_id, entry)
                entry.code = _code_in(body) if status >= 400 else ""
            except AwsError as error:
                entry.code = error.code
                status, headers, body = write_error(request, error, request_id)
            except ConnectionDropped:
                entry.code = NO_ANSWER
                raise
            told = self._complete(request, headers, body, request_id)
        entry.status = status
        entry.milliseconds = (time.perf_counter() - begun) * 1000
        return status, told, body, entry.seconds

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

    def _answer(self, request: Request, environ: dict[str, Any], request_id: str, entry: Entry) -> Answer:
        if not request.service:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        principal = principal_of(self.world, request)
        entry.account, entry.caller = principal.account_id, principal.arn
        if request.service == "s3":
            wanted = read_s3_request(request)
            call = Call(principal, request.region, "s3", wanted.action.removeprefix("s3:"))
            fault = self._meet_fault(call, request, entry)
            answer = self.storage.answer(request, environ, principal, wanted)
        else:
            name = read_operation(request)
            known = OPERATIONS.get((request.service, name))
            call = Call(principal, request.region, request.service, name)
            fault = self._meet_fault(call, request, entry)
            answer = self._perform(request, call, known, request_id)
        if fault:
            raise_after(fault)
        return answer

    def _meet_fault(self, call: Call, request: Request, entry: Entry) -> Fault | None:
        """The fault that strikes the call, if any; fails at once when it strikes before the effect."""
        entry.action = call.action
        fault = self.faults.choose(call, self.world.chance)
        if fault:
            entry.fault = fault.kind.value
            entry.seconds = fault.seconds if fault.kind is FaultKind.SLOW else 0.0
            raise_before(fault, call, request.protocol)
        return fault

    def _perform(self, request: Request, call: Call, known: Operation | None, request_id: str) -> Answer:
        if known is None:
            log.error("the sandbox does not know %s:%s", call.service, call.action)
            raise unknown_operation(request, call.action)
        model = model_of(call.service).operation_model(call.action)
        parameters = read_parameters(request, model)
        try:
            answer = answer_call(self.world, call, parameters, known)
        except AwsError as error:
            if self.strict_answers and error.code not in errors_of(call.service, call.action):
                raise _unmodelled(call, error.code) from error
            raise
        if self.strict_answers and model.output_shape and (wrong := check_answer(answer, model.output_shape)):
            raise _unmodelled(call, "; ".join(wrong))
        return write_answer(request, model, answer, request_id)


def _unmodelled(call: Call, what: str) -> AssertionError:
    return AssertionError(f"{call.service}:{call.action} answered what its model does not know: {what}")


def _code_in(body: bytes) -> str:
    """The error code in an answer of moto's S3; a HEAD has none."""
    found = CODE.search(body)
    return found[1].decode() if found else "NotFound"
