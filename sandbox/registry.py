"""The operations that the sandbox answers, by service and name, and the way for the engine to call them itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.utils import get_service_model

from sandbox.enforcement import admit_call
from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal
from sandbox.refusals import DENIED, DENIED_ELSEWHERE
from sandbox.validation import check_request

if TYPE_CHECKING:
    from sandbox.engine.world import World

Parameters = dict[str, Any]
MODEL_NAMES = {"tagging": "resourcegroupstaggingapi"}
REFUSALS = {
    "cloudformation": "ValidationError",
    "ec2": "InvalidParameterValue",
    "iam": "ValidationError",
    "resource-groups": "BadRequestException",
    "sts": "ValidationError",
}
UNMODELLED: dict[str, tuple[str, ...]] = {
    "cloudformation": (
        "InsufficientCapabilitiesException", "LimitExceededException", "OperationIdAlreadyExistsException",
        "StackSetNotFoundException",
    ),
    "ec2": (
        "IncorrectInstanceState", "IncorrectState", "InvalidAMIID.NotFound", "InvalidAssociationID.NotFound",
        "InvalidInstanceID.NotFound", "InvalidParameterCombination", "InvalidPolicyDocument", "InvalidServiceName",
        "InvalidVpcEndpointId.NotFound", "RouteAlreadyExists", "TagLimitExceeded",
    ),
    "iam": ("NoSuchEntity",),
    "ssm": ("DoesNotExistException", "InvalidInstanceId"),
}  # fmt: skip
"""Codes that a service answers with where the model of the operation does not tell them."""


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
HONOURED: dict[tuple[str, str], frozenset[str]] = {}
"""The parameters that an operation answers to; any other of its model is refused with 501, never passed over."""
MOOT: dict[tuple[str, str], frozenset[str]] = {}
"""Those of them that can make no difference in the sandbox: AWS would answer the same whatever they say."""


def read_filters(parameters: Parameters) -> dict[str, list[str]]:
    """The values of each of `Filters` by its key; raises AwsError for one that lacks either, which the models allow."""
    filters = parameters.get("Filters") or []
    if any("Key" not in each or "Values" not in each for each in filters):
        raise AwsError("ValidationException", "A filter needs a key and values.")
    return {each["Key"]: each["Values"] for each in filters}


def operation(service: str, *names: str, takes: str, moot: str = "") -> Callable[[Operation], Operation]:
    """Register the function that answers these operations of a service (by its signing name).

    `takes` names the parameters that it reads, with spaces between them ("" when there are none); `moot` those that
    can make no difference here.
    """

    def register(function: Operation) -> Operation:
        for name in names:
            OPERATIONS[service, name] = function
            HONOURED[service, name] = frozenset(takes.split() + moot.split())
            MOOT[service, name] = frozenset(moot.split())
        return function

    return register


def perform(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Let the engine itself call one of our operations, as CloudFormation and Automation do; raises AwsError."""
    found = OPERATIONS.get((call.service, call.action))
    if not found:
        raise AwsError("UnknownOperationException", f"{call.service}:{call.action} is not simulated")
    return answer_call(world, call, parameters, found)


def answer_call(world: World, call: Call, parameters: Parameters, known: Operation) -> Parameters:
    """Check a call and let its operation answer; raises AwsError."""
    check_call(call, parameters)
    world.look(call.account, call.region)
    if world.enforces_iam:
        admit_call(world, call, parameters)
    return known(world, call, parameters)


def check_call(call: Call, parameters: Parameters) -> None:
    """Hold parameters to the operation's model; raises AwsError with the service's own code for a wrong request."""
    shape = model_of(call.service).operation_model(call.action).input_shape
    wrong = check_request(parameters, shape) if shape else []
    if wrong:
        noun = "error" if len(wrong) == 1 else "errors"
        code = REFUSALS.get(call.service, "ValidationException")
        raise AwsError(code, f"{len(wrong)} validation {noun} detected: " + "; ".join(wrong))
    ignored = sorted(set(parameters) - HONOURED[call.service, call.action])
    if ignored:
        told = f"The sandbox does not honour {', '.join(ignored)} of {call.service}:{call.action}"
        raise AwsError("NotImplemented", told, 501)


def errors_of(service: str, action: str) -> frozenset[str]:
    """The codes that an operation may answer with: its model's, and what any of the service's may."""
    shapes = model_of(service).operation_model(action).error_shapes
    own = {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes}
    unmodelled = UNMODELLED.get(service, ())
    refused, denied = REFUSALS.get(service, "ValidationException"), DENIED.get(service, DENIED_ELSEWHERE)[0]
    return frozenset({*own, *unmodelled, refused, denied, "NotImplemented"})


def model_of(service: str) -> Any:
    """botocore's model of a service, by its signing name."""
    return get_service_model(MODEL_NAMES.get(service, service))
