"""Systems Manager: making, changing and removing State Manager's associations."""

from __future__ import annotations

from typing import Any

from sandbox.engine.association_rules import MOST_VERSIONS, check_association, check_is_new, check_quota
from sandbox.engine.associations import Association
from sandbox.engine.errors import AwsError
from sandbox.engine.triggers import begin_association
from sandbox.engine.world import World
from sandbox.operations.ssm_association_shapes import describe, find_association, find_by_node, find_named
from sandbox.registry import Call, Parameters, operation

FACTS = (
    "Name AssociationName DocumentVersion InstanceId Targets Parameters ScheduleExpression ScheduleOffset "
    "ApplyOnlyAtCronInterval MaxConcurrency MaxErrors OutputLocation ComplianceSeverity SyncCompliance "
    "AutomationTargetParameterName"
)


@operation("ssm", "CreateAssociation", takes=f"{FACTS} Tags")
def create_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new association; it runs at once unless it waits for its first tick."""
    return {"AssociationDescription": describe(_create(world, call, parameters))}


def _create(world: World, call: Call, parameters: Parameters) -> Association:
    facts = _facts_of(parameters)
    check_quota(world, call.account, call.region)
    check_association(world, call.account, call.region, facts)
    check_is_new(world, call.account, call.region, facts)
    tags = {t["Key"]: t["Value"] for t in parameters.get("Tags") or []}
    made = Association(world.uuid(), call.account, call.region, facts, world.now(), world.now(), tags=tags)
    made.note_version()
    world.associations.all[made.association_id] = made
    begin_association(world, made)
    return made


def _facts_of(parameters: Parameters) -> dict[str, Any]:
    return {key: parameters[key] for key in FACTS.split() if parameters.get(key) is not None}


@operation("ssm", "CreateAssociationBatch", takes="Entries")
def create_association_batch(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Several at once; each succeeds or fails by itself."""
    made: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    ids = [entry["InstanceId"] for entry in parameters["Entries"] if entry.get("InstanceId")]
    if len(set(ids)) < len(ids):
        raise AwsError("DuplicateInstanceId", "You can't specify an instance ID in more than one association.")
    for entry in parameters["Entries"]:
        ignored = sorted(set(entry) - set(FACTS.split()))
        if ignored:
            raise AwsError("NotImplemented", f"The sandbox does not honour {', '.join(ignored)} of an entry", 501)
    for entry in parameters["Entries"]:
        try:
            made.append(describe(_create(world, call, entry)))
        except AwsError as error:
            failed.append({"Entry": entry, "Message": f"{error.code}: {error.message}", "Fault": "Client"})
    return {"Successful": made, "Failed": failed}


@operation("ssm", "UpdateAssociation", takes=f"{FACTS.replace(' InstanceId', '')} AssociationId AssociationVersion")
def update_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new version; optional members that are left out are dropped, and it runs at once unless it waits."""
    association = find_association(world, call, parameters["AssociationId"])
    wanted = parameters.get("AssociationVersion") or "$LATEST"
    if wanted not in ("$LATEST", str(association.version)):
        raise AwsError("InvalidAssociationVersion", f"{wanted} is not the latest version of the association.")
    if association.version >= MOST_VERSIONS:
        raise AwsError("AssociationVersionLimitExceeded", f"An association has at most {MOST_VERSIONS} versions.")
    facts = {**_lasting(association), **_facts_of(parameters)}
    if parameters.get("Targets"):
        facts.pop("InstanceId", None)
    check_association(world, call.account, call.region, facts)
    association.change(facts, world.now())
    begin_association(world, association)
    return {"AssociationDescription": describe(association)}


def _lasting(association: Association) -> dict[str, Any]:
    """What an update keeps when it does not name it: what the association is of, and whom it is for."""
    return {key: association.facts[key] for key in ("Name", "Targets", "InstanceId") if key in association.facts}


@operation("ssm", "UpdateAssociationStatus", takes="AssociationStatus InstanceId Name")
def update_association_status(world: World, call: Call, parameters: Parameters) -> Parameters:
    """An agent tells how the association of one node fares (the old form)."""
    association = find_by_node(world, call, parameters["Name"], parameters["InstanceId"])
    told = parameters["AssociationStatus"]
    if association.told_status.get("Name") == told["Name"]:
        raise AwsError("StatusUnchanged", "The updated status is the same as the current status.")
    association.told_status = dict(told)
    return {"AssociationDescription": describe(association)}


@operation("ssm", "DeleteAssociation", takes="AssociationId InstanceId Name")
def delete_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove an association; what runs goes on unseen."""
    association = find_named(world, call, parameters)
    del world.associations.all[association.association_id]
    return {}
