"""Systems Manager: maintenance windows themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.schedules import BadSchedule
from sandbox.engine.window_runs import plan_window
from sandbox.engine.windows import Window
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

FACTS = (
    "Name Description StartDate EndDate Schedule ScheduleTimezone ScheduleOffset Duration Cutoff "
    "AllowUnassociatedTargets"
)
REQUIRED = ("Name", "Schedule", "Duration", "Cutoff", "AllowUnassociatedTargets")
MOST_WINDOWS = 50


@operation("ssm", "CreateMaintenanceWindow", takes=f"{FACTS} ClientToken Tags")
def create_maintenance_window(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new window, enabled; asked twice under one token it is made once."""
    key = (call.account, call.region, call.action, parameters.get("ClientToken") or world.uuid())
    if key not in world.windows.tokens:
        if len(world.windows.all.within(call.account, call.region)) >= MOST_WINDOWS:
            raise AwsError("ResourceLimitExceededException", f"You can have at most {MOST_WINDOWS} windows.")
        world.windows.tokens[key] = _make(world, call, parameters).window_id
    return {"WindowId": world.windows.tokens[key]}


def _make(world: World, call: Call, parameters: Parameters) -> Window:
    window_id = "mw-0" + world.uuid().replace("-", "")[:16]
    facts = {"Enabled": True, **_facts_of(parameters)}
    tags = {t["Key"]: t["Value"] for t in parameters.get("Tags") or []}
    window = Window(window_id, call.account, call.region, facts, world.now(), world.now(), tags=tags)
    _check(world, window)
    world.windows.all[window_id] = window
    plan_window(world, window)
    return window


def _facts_of(parameters: Parameters) -> dict[str, Any]:
    return {name: parameters[name] for name in (*FACTS.split(), "Enabled") if parameters.get(name) is not None}


def _check(world: World, window: Window) -> None:
    if window.facts["Cutoff"] >= window.facts["Duration"]:
        raise AwsError("ValidationException", "Cutoff must be less than Duration.")
    if window.facts.get("ScheduleOffset") and not window.facts["Schedule"].startswith("cron"):
        raise AwsError("ValidationException", "ScheduleOffset is valid for cron expressions only.")
    try:
        window.next_after(world.now())
    except BadSchedule as wrong:
        raise AwsError("ValidationException", f"Invalid schedule: {wrong}.") from wrong


@operation("ssm", "UpdateMaintenanceWindow", takes=f"{FACTS} Enabled Replace WindowId")
def update_maintenance_window(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Change what is named; with Replace what is not named is dropped."""
    window, wanted = find_window(world, call, parameters["WindowId"]), _facts_of(parameters)
    if parameters.get("Replace"):
        missing = [name for name in REQUIRED if name not in wanted]
        if missing:
            raise AwsError("ValidationException", f"With Replace, {', '.join(missing)} must be given.")
        facts = {"Enabled": True, **wanted}
    else:
        facts = {**window.facts, **wanted}
    was, window.facts = window.facts, facts
    try:
        _check(world, window)
    except AwsError:
        window.facts = was
        raise
    window.modified_at = world.now()
    plan_window(world, window)
    return {"WindowId": window.window_id, **window.facts}


@operation("ssm", "DeleteMaintenanceWindow", takes="WindowId")
def delete_maintenance_window(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a window; one that is not there is gone already."""
    found = world.windows.all.get(parameters["WindowId"])
    if found and (found.account_id, found.region) == (call.account, call.region):
        del world.windows.all[found.window_id]
    return {"WindowId": parameters["WindowId"]}


@operation("ssm", "GetMaintenanceWindow", takes="WindowId")
def get_maintenance_window(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One window."""
    window = find_window(world, call, parameters["WindowId"])
    return {**_identity(world, window), **window.facts, "CreatedDate": window.created_at,
            "ModifiedDate": window.modified_at}  # fmt: skip


@operation("ssm", "DescribeMaintenanceWindows", takes="Filters MaxResults NextToken")
def describe_maintenance_windows(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The windows of an account and Region."""
    filters = read_filters(parameters)
    if set(filters) - {"Name", "Enabled"}:
        raise AwsError("ValidationException", "Windows are filtered by Name and Enabled.")
    shown = [w for w in world.windows.all.within(call.account, call.region) if _passes(w, filters)]
    items, more = page(shown, parameters, default=50, error="ValidationException")
    return {"WindowIdentities": [_identity(world, window) for window in items], **more}


def _passes(window: Window, filters: dict[str, list[str]]) -> bool:
    read = {"Name": window.facts["Name"], "Enabled": str(window.is_enabled).lower()}
    return all(read[key] in [v.lower() if key == "Enabled" else v for v in values] for key, values in filters.items())


@operation("ssm", "DescribeMaintenanceWindowSchedule", takes="MaxResults NextToken WindowId")
def describe_maintenance_window_schedule(world: World, call: Call, parameters: Parameters) -> Parameters:
    """When windows open next, ten times for one window or once for each."""
    wanted = parameters.get("WindowId")
    windows = [find_window(world, call, wanted)] if wanted else world.windows.all.within(call.account, call.region)
    rows = []
    for window in windows:
        moment: datetime | None = world.now()
        for _ in range(10 if wanted else 1):
            moment = window.next_after(moment) if moment else None
            if moment:
                rows.append({"WindowId": window.window_id, "Name": window.facts["Name"], "ExecutionTime": told(moment)})
    items, more = page(rows, parameters, default=10, error="ValidationException")
    return {"ScheduledWindowExecutions": items, **more}


def find_window(world: World, call: Call, window_id: str) -> Window:
    """The caller's window; raises AwsError DoesNotExistException."""
    found = world.windows.all.get(window_id)
    if found is None or (found.account_id, found.region) != (call.account, call.region):
        raise AwsError("DoesNotExistException", f"Maintenance window {window_id} does not exist.")
    return found


def told(moment: datetime) -> str:
    """A moment as windows tell it: 2026-11-24T01:00Z."""
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def _identity(world: World, window: Window) -> dict[str, Any]:
    due = window.next_after(world.now())
    shown = {name: value for name, value in window.facts.items() if name != "AllowUnassociatedTargets"}
    return {"WindowId": window.window_id, **shown, **({"NextExecutionTime": told(due)} if due else {})}
