"""Associations as Systems Manager tells them, and how they are found."""

from __future__ import annotations

from typing import Any

from sandbox.engine.associations import Association
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters

LISTED = ("Name", "AssociationName", "InstanceId", "DocumentVersion", "Targets", "ScheduleExpression", "ScheduleOffset")


def find_association(world: World, call: Call, association_id: str) -> Association:
    """The caller's association by id; raises AwsError AssociationDoesNotExist."""
    found = world.associations.all.get(association_id)
    if found is None or (found.account_id, found.region) != (call.account, call.region):
        raise AwsError("AssociationDoesNotExist", f"The association {association_id} does not exist.")
    return found


def find_by_node(world: World, call: Call, name: str, instance_id: str) -> Association:
    """The association of a document with one node, as it was made by InstanceId; raises AwsError."""
    for association in world.associations.within(call.account, call.region):
        if (association.facts["Name"], association.facts.get("InstanceId")) == (name, instance_id):
            return association
    raise AwsError("AssociationDoesNotExist", f"There is no association of {name or 'nothing'} with {instance_id}.")


def find_named(world: World, call: Call, parameters: Parameters) -> Association:
    """The association that a request names by its id, or by document and node; raises as those two do."""
    if parameters.get("AssociationId"):
        return find_association(world, call, parameters["AssociationId"])
    return find_by_node(world, call, parameters.get("Name") or "", parameters.get("InstanceId") or "")


def listed(association: Association) -> dict[str, Any]:
    """An association in a list."""
    told: dict[str, Any] = {
        "AssociationId": association.association_id,
        "AssociationVersion": str(association.version),
        "LastExecutionDate": association.last_run_at,
        "Overview": _overview(association),
        **_chosen(association.facts, LISTED),
    }
    return {key: value for key, value in told.items() if value is not None}


def describe(association: Association) -> dict[str, Any]:
    """All that is known of an association."""
    told = {
        "DocumentVersion": "$DEFAULT",
        **association.facts,
        **listed(association),
        "Date": association.created_at,
        "LastUpdateAssociationDate": association.updated_at,
        "LastSuccessfulExecutionDate": association.succeeded_at,
        "Status": association.told_status or None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _chosen(facts: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: facts[name] for name in names if name in facts}


def _overview(association: Association) -> dict[str, Any]:
    counts = association.counts()
    told: dict[str, Any] = {"Status": association.status, "DetailedStatus": association.detailed_status}
    return {**told, "AssociationStatusAggregatedCount": counts} if counts else told
