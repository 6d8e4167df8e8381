"""The operations that the sandbox answers, by service and name, and the way for the engine to call them itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.utils import get_service_model

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal
from sandbox.validation import check_request

if TYPE_CHECKING:
    from sandbox.engine.world import World

Parameters = dict[str, Any]
MODEL_NAMES = {"tagging": "resourcegroupstaggingapi"}


@dataclass(frozen=True)
class Call:
    """One request as an operation sees it: who asks, for which account and Region."""

    principal: Principal
    region: str
    service: str
    action: str

    @property
    def account(self) -> str:
        return self.principal.account_id


Operation = Callable[["World", Call, Parameters], Parameters]
OPERATIONS: dict[tuple[str, str], Operation] = {}


def operation(service: str, *names: str) -> Callable[[Operation], Operation]:
    """Register the function that answers these operations of a service (by its signing name)."""

    def register(function: Operation) -> Operation:
        for name in names:
            OPERATIONS[service, name] = function
        return function

    return register


def perform(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Let the engine itself call one of our operations, as CloudFormation and Automation do; raises AwsError."""
    found = OPERATIONS.get((call.service, call.action))
    if not found:
        raise AwsError("UnknownOperationException", f"{call.service}:{call.action} is not simulated")
    model = model_of(call.service).operation_model(call.action)
    wrong = check_request(parameters, model.input_shape) if model.input_shape else []
    if wrong:
        raise AwsError("ValidationException", f"{len(wrong)} validation error(s) detected: " + "; ".join(wrong))
    return found(world, call, parameters)


def model_of(service: str) -> Any:
    """botocore's model of a service, by its signing name."""
    return get_service_model(MODEL_NAMES.get(service, service))
