"""StackSets: stacks for many accounts and Regions, one operation at a time, which may fail in part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import AwsError
from sandbox.engine.places import ByPlace, Place
from sandbox.engine.stack_changes import StackFailed, deploy, remove
from sandbox.engine.stacks import Stack
from sandbox.engine.template_parameters import settle
from sandbox.engine.template_text import parse

if TYPE_CHECKING:
    from sandbox.engine.world import World

SHORTEST, SPREAD = timedelta(seconds=35), timedelta(seconds=50)


@dataclass
class Instance:
    """One account-Region of a stack set."""

    account_id: str
    region: str
    unit_id: str
    status: str = "OUTDATED"
    detailed: str = "PENDING"
    reason: str = ""
    stack_id: str = ""
    operation_id: str = ""


@dataclass
class Operation:
    """One operation of a stack set over many places; `results` grow as it goes."""

    operation_id: str
    action: str
    created_at: datetime
    preferences: dict[str, Any]
    waiting: list[Place]
    targets: dict[str, Any] = field(default_factory=dict)
    retain: bool = False
    status: str = "RUNNING"
    ended_at: datetime | None = None
    running: list[Place] = field(default_factory=list)
    results: dict[Place, tuple[str, str]] = field(default_factory=dict)

    def failures_in(self, region: str) -> int:
        return sum(status == "FAILED" for (_, r), (status, _) in self.results.items() if r == region)

    @property
    def failed(self) -> int:
        return sum(status == "FAILED" for status, _ in self.results.values())


@dataclass
class StackSet:
    """A stack set of an administrator account and its home Region."""

    stack_set_id: str
    name: str
    account_id: str
    region: str
    template: str
    facts: dict[str, Any]
    tags: dict[str, str]
    created_at: datetime
    unit_ids: list[str] = field(default_factory=list)
    instances: dict[Place, Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def is_service_managed(self) -> bool:
        return bool(self.facts.get("PermissionModel") == "SERVICE_MANAGED")

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudformation:{self.region}:{self.account_id}:stackset/{self.stack_set_id}"

    def open_operation(self) -> Operation | None:
        """The one that runs, if any."""
        return next((o for o in self.operations.values() if o.status in ("RUNNING", "STOPPING")), None)


@dataclass
class StackSetBook:
    """Stack sets by administrator account, Region and name; stacks by id."""

    sets: dict[tuple[str, str, str], StackSet] = field(default_factory=dict)
    stacks: ByPlace[Stack] = field(default_factory=ByPlace)

    def find(self, account_id: str, region: str, name: str) -> StackSet:
        """The stack set by its name or id; raises AwsError StackSetNotFoundException."""
        found = self.sets.get((account_id, region, name.partition(":")[0]))
        if found is None:
            raise AwsError("StackSetNotFoundException", f"StackSet {name} not found", 404)
        return found


def places_of(
    world: World, stack_set: StackSet, targets: dict[str, Any], regions: list[str]
) -> list[tuple[Place, str]]:
    """The account-Regions that deployment targets mean, each with its unit, in Region order.

    Service-managed sets never reach the management account; suspended accounts are skipped (aws-facts 9).
    """
    organization = world.organization
    chosen: dict[str, str] = {}
    for unit_id in targets.get("OrganizationalUnitIds", []):
        if unit_id not in organization.units:
            raise AwsError("ValidationError", f"Organizational unit {unit_id} not found")
        for account in organization.accounts_under(unit_id):
            if account.account_id != organization.management_id and account.status == "ACTIVE":
                chosen[account.account_id] = account.parent_id
    named = set(targets.get("Accounts", []))
    kind = targets.get("AccountFilterType", "NONE")
    if kind == "INTERSECTION":
        chosen = {a: u for a, u in chosen.items() if a in named}
    elif kind == "DIFFERENCE":
        chosen = {a: u for a, u in chosen.items() if a not in named}
    elif not stack_set.is_service_managed or kind == "UNION":
        chosen.update(dict.fromkeys(named, ""))
    return [((account_id, region), unit) for region in regions for account_id, unit in sorted(chosen.items())]


def begin(world: World, stack_set: StackSet, operation: Operation) -> None:
    """Start an operation; raises OperationInProgressException while another one runs."""
    if operation.operation_id in stack_set.operations:
        raise AwsError("OperationIdAlreadyExistsException", "The specified operation ID already exists.", 409)
    if stack_set.open_operation():
        raise AwsError(
            "OperationInProgressException", f"Another Operation on StackSet {stack_set.arn} is in progress", 409
        )
    stack_set.operations[operation.operation_id] = operation
    proceed(world, stack_set, operation)


def proceed(world: World, stack_set: StackSet, operation: Operation) -> None:
    """Begin as many places as the preferences allow; end the operation when none is left."""
    if operation.status == "RUNNING":
        _give_up_hopeless(operation)
        while operation.waiting and len(operation.running) < _concurrency(operation):
            if not _may_begin(operation, operation.waiting[0][1]):
                break
            _begin_place(world, stack_set, operation, operation.waiting.pop(0))
    if not operation.running and (not operation.waiting or operation.status == "STOPPING"):
        _end(world, stack_set, operation)


def _begin_place(world: World, stack_set: StackSet, operation: Operation, place: Place) -> None:
    operation.running.append(place)
    instance = stack_set.instances.get(place)
    if instance:
        instance.detailed = "RUNNING"
    moment = world.now() + SHORTEST + SPREAD * world.chance(stack_set.name, operation.operation_id, *place)
    key = (stack_set.account_id, stack_set.region, stack_set.name)
    world.timeline.at(moment, "stack instance ends", key, operation.operation_id, place)


def _give_up_hopeless(operation: Operation) -> None:
    """A Region with more failures than tolerated stops the whole operation there and in Regions to come."""
    regions = {r for (_, r), (status, _) in operation.results.items() if status == "FAILED"}
    if not any(operation.failures_in(r) > _tolerance(operation, r) for r in regions):
        return
    for place in operation.waiting:
        operation.results[place] = ("CANCELLED", "Cancelled since failure tolerance has exceeded")
    operation.waiting.clear()


def _may_begin(operation: Operation, region: str) -> bool:
    """SEQUENTIAL: a Region begins when the one before it has ended."""
    if operation.preferences.get("RegionConcurrencyType") == "PARALLEL":
        return True
    return all(running_region == region for _, running_region in operation.running)


def _size(operation: Operation, region: str) -> int:
    everywhere = [*operation.waiting, *operation.running, *operation.results]
    return Counter(r for _, r in everywhere)[region]


def _tolerance(operation: Operation, region: str) -> int:
    preferences = operation.preferences
    if "FailureTolerancePercentage" in preferences:
        return _size(operation, region) * int(preferences["FailureTolerancePercentage"]) // 100
    return int(preferences.get("FailureToleranceCount", 0))


def _concurrency(operation: Operation) -> int:
    preferences = operation.preferences
    region = operation.waiting[0][1]
    if "MaxConcurrentPercentage" in preferences:
        wanted = max(1, _size(operation, region) * int(preferences["MaxConcurrentPercentage"]) // 100)
    else:
        wanted = int(preferences.get("MaxConcurrentCount", 1))
    if preferences.get("ConcurrencyMode") != "SOFT_FAILURE_TOLERANCE":
        wanted = min(wanted, _tolerance(operation, region) + 1)
    regions = {r for _, r in [*operation.waiting, *operation.running]}
    return wanted * (len(regions) if preferences.get("RegionConcurrencyType") == "PARALLEL" else 1)


def end_place(world: World, stack_set: StackSet, operation: Operation, place: Place) -> None:
    """A place has been worked on for its time: make, change or remove its stack, and go on."""
    if place not in operation.running:
        return
    operation.running.remove(place)
    try:
        (_remove_at if operation.action == "DELETE" else _deploy_at)(world, stack_set, operation, place)
        operation.results[place] = ("SUCCEEDED", "")
    except StackFailed as failure:
        operation.results[place] = ("FAILED", str(failure))
        instance = stack_set.instances[place]
        instance.status = "INOPERABLE" if operation.action == "DELETE" else "OUTDATED"
        instance.detailed, instance.reason = "FAILED", str(failure)
    proceed(world, stack_set, operation)


def _deploy_at(world: World, stack_set: StackSet, operation: Operation, place: Place) -> None:
    instance = stack_set.instances[place]
    instance.operation_id = operation.operation_id
    _check_access(world, stack_set, place)
    stack = _stack_at(world, stack_set, instance)
    instance.stack_id = stack.stack_id
    parameters = settle(parse(stack_set.template), stack_set.facts.get("Parameters", []), {})
    deploy(world, stack, stack_set.template, parameters, stack_set.tags)
    instance.status, instance.detailed, instance.reason = "CURRENT", "SUCCEEDED", ""


def _stack_at(world: World, stack_set: StackSet, instance: Instance) -> Stack:
    """The instance's stack; one that never came to be is removed and begun anew, as StackSets does."""
    stack = world.stack_sets.stacks.get(instance.stack_id)
    if stack and stack.status == "ROLLBACK_COMPLETE":
        remove(world, stack)
    if stack and stack.is_there:
        return stack
    account_id, region = instance.account_id, instance.region
    name = f"StackSet-{stack_set.name}-{world.uuid()}"
    stack_id = f"arn:aws:cloudformation:{region}:{account_id}:stack/{name}/{world.uuid()}"
    return Stack(stack_id, name, account_id, region, world.now())


def _check_access(world: World, stack_set: StackSet, place: Place) -> None:
    account_id, region = place
    if region not in world.organization.regions:
        raise StackFailed(f"Account {account_id} has not opted in to Region {region}")
    if stack_set.is_service_managed:
        return
    role = stack_set.facts.get("ExecutionRoleName") or "AWSCloudFormationStackSetExecutionRole"
    if role not in world.account(account_id).roles:
        raise StackFailed(
            f"Account {account_id} should have '{role}' role with trust relationship to the administration role."
        )


def _remove_at(world: World, stack_set: StackSet, operation: Operation, place: Place) -> None:
    instance = stack_set.instances[place]
    instance.operation_id = operation.operation_id
    stack = world.stack_sets.stacks.get(instance.stack_id)
    if stack is not None and not operation.retain:
        remove(world, stack)
    del stack_set.instances[place]


def _end(world: World, stack_set: StackSet, operation: Operation) -> None:
    for place in operation.waiting:
        operation.results[place] = ("CANCELLED", "Cancelled by the user")
    operation.waiting.clear()
    for place, (status, reason) in operation.results.items():
        if status == "CANCELLED" and place in stack_set.instances:
            stack_set.instances[place].detailed = "CANCELLED"
            stack_set.instances[place].reason = reason
    exceeded = any(operation.failures_in(r) > _tolerance(operation, r) for _, r in operation.results)
    stopped = operation.status == "STOPPING"
    operation.status = "STOPPED" if stopped else "FAILED" if exceeded else "SUCCEEDED"
    operation.ended_at = world.now()
    waiting = next((o for o in stack_set.operations.values() if o.status == "QUEUED"), None)
    if waiting:
        waiting.status = "RUNNING"
        proceed(world, stack_set, waiting)
