"""Runs Automation documents: aws:executeAwsApi, aws:executeScript and aws:branch, under the document's assume role.

Scripts run in RestrictedPython: they see a boto3 whose clients call this sandbox, and nothing of this machine.
"""

from __future__ import annotations

import functools
import operator
import re
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING, Any

from RestrictedPython.compile import compile_restricted
from RestrictedPython.Eval import default_guarded_getiter
from RestrictedPython.Guards import guarded_iter_unpack_sequence, safe_builtins, safer_getattr
from RestrictedPython.Limits import limited_builtins
from RestrictedPython.Utilities import utility_builtins

from sandbox.engine.callers import is_trusted
from sandbox.engine.documents import StepRun
from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal
from sandbox.registry import Call, perform

if TYPE_CHECKING:
    from sandbox.engine.world import World

PLACE = re.compile(r"\{\{\s*([\w:.]+)\s*\}\}")
MOST_STEPS = 50
SYSTEMS_MANAGER = "ssm.amazonaws.com"


class StepFailed(Exception):
    """A step of an automation ended badly; the message is what AWS would tell."""


@dataclass
class Frame:
    """What the steps of one automation see."""

    world: World
    principal: Principal
    region: str
    values: dict[str, Any] = field(default_factory=dict)
    steps: list[StepRun] = field(default_factory=list)


def run_automation(
    world: World,
    content: dict[str, Any],
    parameters: dict[str, list[str]],
    starter: Principal,
    region: str,
    steps: list[StepRun] | None = None,
) -> str:
    """Run a document to its end; the failure message, or "" when it succeeded. What each step did is put in `steps`.

    The document's assume role works, or who started it.
    """
    account_id = starter.account_id
    frame = Frame(world, starter, region, steps=[] if steps is None else steps)
    for name, described in content.get("parameters", {}).items():
        given = parameters.get(name, [described.get("default", "")])
        frame.values[name] = given[0] if isinstance(given, list) and given else given
    role = str(_fill(content.get("assumeRole", ""), frame))
    if role:
        frame.principal = Principal(account_id, role.rsplit("/", 1)[-1], "Automation")
        source = f"arn:aws:ssm:{region}:{account_id}:automation-execution/{world.uuid()}"
        context = {"aws:sourceaccount": [account_id], "aws:sourcearn": [source]}
        if not is_trusted(world, account_id, frame.principal.role_name, context, frozenset({SYSTEMS_MANAGER})):
            return f"The role {role} cannot be assumed"
    return _run_steps(content["mainSteps"], frame)


def _run_steps(steps: list[dict[str, Any]], frame: Frame) -> str:
    order = {step["name"]: position for position, step in enumerate(steps)}
    position = 0
    for _ in range(MOST_STEPS):
        step = steps[position]
        try:
            following = _run_step(step, frame)
            _note(frame, step, "Success")
        except StepFailed as failure:
            _note(frame, step, "Failed", str(failure))
            handling = step.get("onFailure", "Abort")
            if handling == "Abort":
                return f"Step fails when it is executing {step['name']}: {failure}"
            following = handling.removeprefix("step:") if handling.startswith("step:") else ""
        if step.get("isEnd") and not following:
            return ""
        position = order[following] if following else position + 1
        if position >= len(steps):
            return ""
    return "The automation did not end"


def _note(frame: Frame, step: dict[str, Any], status: str, failure: str = "") -> None:
    named = {o["Name"]: str(frame.values.get(f"{step['name']}.{o['Name']}", "")) for o in step.get("outputs", [])}
    frame.steps.append(StepRun(step["name"], step["action"], frame.world.now(), status, failure, named))


def _run_step(step: dict[str, Any], frame: Frame) -> str:
    """Do one step; the name of the step to go to, or "" for the one that follows."""
    inputs = step.get("inputs", {})
    if step["action"] == "aws:branch":
        return _choose(inputs, frame)
    if step["action"] == "aws:executeAwsApi":
        answer = _call(_fill(inputs, frame), frame)
    elif step["action"] == "aws:executeScript":
        answer = {"Payload": _run_script(inputs, frame)}
    else:
        raise StepFailed(f"{step['action']} is not simulated")
    for output in step.get("outputs", []):
        frame.values[f"{step['name']}.{output['Name']}"] = select(answer, output["Selector"])
    return str(step.get("nextStep", ""))


def _call(inputs: dict[str, Any], frame: Frame) -> dict[str, Any]:
    parameters = {key: value for key, value in inputs.items() if key not in ("Service", "Api")}
    try:
        return _perform(frame, inputs["Service"], inputs["Api"], parameters)
    except AwsError as error:
        raise StepFailed(f"{error.code}: {error.message}") from error


def _perform(frame: Frame, service: str, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return perform(frame.world, Call(frame.principal, frame.region, service, action), parameters)


def _choose(inputs: dict[str, Any], frame: Frame) -> str:
    for choice in inputs["Choices"]:
        value = _fill(choice["Variable"], frame)
        if "StringEquals" in choice and value == choice["StringEquals"]:
            return str(choice["NextStep"])
        if "StartsWith" in choice and str(value).startswith(choice["StartsWith"]):
            return str(choice["NextStep"])
    return str(inputs.get("Default", ""))


def _fill(value: Any, frame: Frame) -> Any:
    if isinstance(value, dict):
        return {key: _fill(member, frame) for key, member in value.items()}
    if isinstance(value, list):
        return [_fill(member, frame) for member in value]
    if not isinstance(value, str):
        return value
    whole = PLACE.fullmatch(value.strip())
    if whole:
        return frame.values.get(whole[1], "")
    return PLACE.sub(lambda found: str(frame.values.get(found[1], "")), value)


def select(answer: Any, selector: str) -> Any:
    """The part of an answer that a selector such as `$.Reservations[0].Instances[0].State` names; "" when absent."""
    for name, index in re.findall(r"\.?([A-Za-z]\w*)|\[(\d+)\]", selector.removeprefix("$")):
        try:
            answer = answer[name] if name else answer[int(index)]
        except (KeyError, IndexError, TypeError):
            return ""
    return answer


class _Client:
    """What a script gets from boto3.client: its methods call the sandbox."""

    def __init__(self, frame: Frame, service: str) -> None:
        self._frame = frame
        self._service = service

    def __getattr__(self, name: str) -> Any:
        action = "".join(part.capitalize() for part in name.split("_"))
        return lambda **parameters: _perform(self._frame, self._service, action, parameters)


class _Boto3:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def client(self, service: str) -> _Client:
        return _Client(self._frame, service)


@functools.lru_cache(maxsize=64)
def _compile(script: str) -> CodeType:
    """What the many automations of a fleet run in turn. Raises SyntaxError for what is not allowed."""
    code: CodeType = compile_restricted(script, "<automation>", "exec")
    return code


def _run_script(inputs: dict[str, Any], frame: Frame) -> Any:
    def import_(name: str, *_: object) -> Any:
        if name != "boto3":
            raise ImportError(f"No module named '{name}'")
        return _Boto3(frame)

    names: dict[str, Any] = {
        "__builtins__": {**safe_builtins, **limited_builtins, **utility_builtins, "__import__": import_},
        "__name__": "script",
        "_getattr_": safer_getattr,
        "_getitem_": operator.getitem,
        "_getiter_": default_guarded_getiter,
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
    }
    try:
        exec(_compile(inputs["Script"]), names)  # noqa: S102 - restricted
        return names[inputs["Handler"]](_fill(inputs.get("InputPayload", {}), frame), {})
    except AwsError as error:
        raise StepFailed(f"{error.code}: {error.message}") from error
    except Exception as error:
        raise StepFailed(f"{type(error).__name__}: {error}") from error
