"""Systems Manager: State Manager's associations and their executions."""

from __future__ import annotations

from typing import Any

from sandbox.engine import runs
from sandbox.engine.associations import Association, Execution, TargetResult, next_due
from sandbox.engine.documents import AWS_DOCUMENTS
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

MOST_ASSOCIATIONS = 2000
FACTS = (
    "Name", "AssociationName", "DocumentVersion", "Targets", "Parameters", "ScheduleExpression", "ScheduleOffset",
    "ApplyOnlyAtCronInterval", "MaxConcurrency", "MaxErrors", "OutputLocation", "ComplianceSeverity",
    "SyncCompliance", "AutomationTargetParameterName", "CalendarNames",
)  # fmt: skip


def _find(world: World, call: Call, association_id: str) -> Association:
    found = world.associations.all.get(association_id)
    if found is None or (found.account_id, found.region) != (call.account, call.region):
        raise AwsError("AssociationDoesNotExist", f"The association {association_id} does not exist.")
    return found


def _check(world: World, call: Call, facts: dict[str, Any]) -> None:
    name = facts["Name"]
    if name not in AWS_DOCUMENTS and name not in world.documents.get((call.account, call.region), {}):
        raise AwsError("InvalidDocument", f"Document with name {name} does not exist.")
    expression = facts.get("ScheduleExpression", "")
    next_due(expression, world.now(), world.now())
    if facts.get("ApplyOnlyAtCronInterval") and not expression.startswith("cron"):
        raise AwsError("ValidationException", "ApplyOnlyAtCronInterval is valid for cron expressions only.")
    if not facts.get("Targets"):
        raise AwsError("ValidationException", "An association needs Targets.")


@operation("ssm", "CreateAssociation")
def create_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new association; it runs at once unless it waits for its first tick."""
    if len(world.associations.within(call.account, call.region)) >= MOST_ASSOCIATIONS:
        raise AwsError("AssociationLimitExceeded", f"You can have at most {MOST_ASSOCIATIONS} active associations.")
    facts = {k: parameters[k] for k in FACTS if parameters.get(k) is not None}
    _check(world, call, facts)
    made = Association(
        world.uuid(), call.account, call.region, facts, world.now(), world.now(),
        tags={t["Key"]: t["Value"] for t in parameters.get("Tags") or []},
    )  # fmt: skip
    world.associations.all[made.association_id] = made
    runs.begin(world, made)
    return {"AssociationDescription": _description(made)}


@operation("ssm", "UpdateAssociation")
def update_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new version; optional members that are left out are dropped, and it runs at once unless it waits."""
    association = _find(world, call, parameters["AssociationId"])
    facts = {k: parameters[k] for k in FACTS if parameters.get(k) is not None}
    facts.setdefault("Name", association.facts["Name"])
    facts.setdefault("Targets", association.facts["Targets"])
    _check(world, call, facts)
    association.facts = facts
    association.version += 1
    association.updated_at = world.now()
    runs.begin(world, association)
    return {"AssociationDescription": _description(association)}


@operation("ssm", "DeleteAssociation")
def delete_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove an association; what runs goes on unseen."""
    association = _find(world, call, parameters.get("AssociationId") or "")
    del world.associations.all[association.association_id]
    return {}


@operation("ssm", "DescribeAssociation")
def describe_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One association."""
    return {"AssociationDescription": _description(_find(world, call, parameters.get("AssociationId") or ""))}


@operation("ssm", "ListAssociations")
def list_associations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The associations of an account and Region."""
    filters = {f["key"]: f["value"] for f in parameters.get("AssociationFilterList") or []}
    shown = [a for a in world.associations.within(call.account, call.region) if _passes(a, filters)]
    items, more = page(shown, parameters, default=50)
    return {"Associations": [_listed(a) for a in items], **more}


def _passes(association: Association, filters: dict[str, str]) -> bool:
    read = {
        "Name": association.facts["Name"],
        "AssociationName": association.facts.get("AssociationName", ""),
        "AssociationId": association.association_id,
        "AssociationStatusName": association.status,
    }
    return all(read.get(key) == value for key, value in filters.items())


def _overview(association: Association) -> dict[str, Any]:
    counts = association.counts()
    told: dict[str, Any] = {"Status": association.status, "DetailedStatus": association.status}
    return {**told, "AssociationStatusAggregatedCount": counts} if counts else told


def _listed(association: Association) -> dict[str, Any]:
    facts = association.facts
    told: dict[str, Any] = {
        "AssociationId": association.association_id,
        "AssociationVersion": str(association.version),
        "LastExecutionDate": association.last_run_at,
        "Overview": _overview(association),
        **{k: facts[k] for k in ("Name", "AssociationName", "Targets", "ScheduleExpression") if k in facts},
    }
    return {k: v for k, v in told.items() if v is not None}


def _description(association: Association) -> dict[str, Any]:
    told = {
        **association.facts,
        **_listed(association),
        "Date": association.created_at,
        "LastUpdateAssociationDate": association.updated_at,
    }
    return {k: v for k, v in told.items() if v is not None}


@operation("ssm", "StartAssociationsOnce")
def start_associations_once(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Run associations now."""
    wanted = [_find(world, call, i) for i in parameters["AssociationIds"]]
    for association in wanted:
        world.timeline.at(world.now(), "association wanted", association.association_id)
    return {}


@operation("ssm", "DescribeAssociationExecutions")
def describe_association_executions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The executions of an association, the newest first."""
    association = _find(world, call, parameters["AssociationId"])
    shown = [e for e in reversed(association.executions) if _wanted(e, parameters.get("Filters") or [])]
    items, more = page(shown, parameters, default=50)
    return {"AssociationExecutions": [_execution(association, e) for e in items], **more}


def _wanted(execution: Execution, filters: list[dict[str, Any]]) -> bool:
    read = {"ExecutionId": execution.execution_id, "Status": execution.status}
    return all(f["Key"] not in read or read[f["Key"]] == f["Value"] for f in filters)


def _execution(association: Association, execution: Execution) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for result in execution.results.values():
        counts[result.status] = counts.get(result.status, 0) + 1
    words = ", ".join(f"{status}={count}" for status, count in sorted(counts.items()))
    return {
        "AssociationId": association.association_id,
        "AssociationVersion": execution.version,
        "ExecutionId": execution.execution_id,
        "Status": execution.status,
        "DetailedStatus": execution.status,
        "CreatedTime": execution.created_at,
        "LastExecutionDate": max((r.at for r in execution.results.values() if r.at), default=execution.created_at),
        "ResourceCountByStatus": "{" + words + "}",
    }


@operation("ssm", "DescribeAssociationExecutionTargets")
def describe_association_execution_targets(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How each node of an execution fared."""
    association = _find(world, call, parameters["AssociationId"])
    execution = next((e for e in association.executions if e.execution_id == parameters["ExecutionId"]), None)
    if execution is None:
        raise AwsError("AssociationExecutionDoesNotExist", "The specified execution ID does not exist.")
    filters = {f["Key"]: f["Value"] for f in parameters.get("Filters") or []}
    shown = [r for r in execution.results.values() if _result_wanted(r, filters)]
    items, more = page(shown, parameters, default=50)
    return {"AssociationExecutionTargets": [_target(association, execution, r) for r in items], **more}


def _result_wanted(result: TargetResult, filters: dict[str, str]) -> bool:
    read = {"Status": result.status, "ResourceId": result.resource_id}
    return all(read.get(key, value) == value for key, value in filters.items())


def _target(association: Association, execution: Execution, result: TargetResult) -> dict[str, Any]:
    told = {
        "AssociationId": association.association_id,
        "AssociationVersion": execution.version,
        "ExecutionId": execution.execution_id,
        "ResourceId": result.resource_id,
        "ResourceType": "ManagedInstance",
        "Status": result.status,
        "DetailedStatus": result.detail or result.status,
        "LastExecutionDate": result.at,
        "OutputSource": {"OutputSourceId": result.source_id, "OutputSourceType": "RunCommand"},
    }
    return {k: v for k, v in told.items() if v is not None}


@operation("ssm", "DescribeInstanceAssociationsStatus")
def describe_instance_associations_status(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The associations of one node, each with how it last went there."""
    instance_id = parameters["InstanceId"]
    if instance_id not in world.fleet.nodes:
        raise AwsError("InvalidInstanceId", f"The instance ID {instance_id} is not valid.")
    pairs = [(a, a.latest[instance_id]) for a in world.associations.within(call.account, call.region)
             if instance_id in a.latest]  # fmt: skip
    items, more = page(pairs, parameters, default=50)
    return {"InstanceAssociationStatusInfos": [_on_node(a, r) for a, r in items], **more}


def _on_node(association: Association, result: TargetResult) -> dict[str, Any]:
    told = {
        "AssociationId": association.association_id,
        "Name": association.facts["Name"],
        "AssociationName": association.facts.get("AssociationName"),
        "AssociationVersion": str(association.version),
        "InstanceId": result.resource_id,
        "ExecutionDate": result.at,
        "Status": result.status,
        "DetailedStatus": result.status,
        "ExecutionSummary": result.detail[:512] or None,
        "ErrorCode": str(result.exit_code) if result.exit_code else None,
    }
    return {k: v for k, v in told.items() if v is not None}
