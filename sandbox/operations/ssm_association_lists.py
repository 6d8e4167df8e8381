"""Systems Manager: finding associations, and what they were in earlier versions."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.engine.associations import Association
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.operations.ssm_association_shapes import describe, find_association, find_named, listed
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation


@operation("ssm", "DescribeAssociation", takes="AssociationId AssociationVersion InstanceId Name")
def describe_association(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One association, by id or by document and node; also as an earlier version was."""
    association = find_named(world, call, parameters)
    told = describe(association)
    wanted = parameters.get("AssociationVersion") or "$LATEST"
    if wanted in ("$LATEST", str(association.version)):
        return {"AssociationDescription": told}
    version = next((v for v in association.history if str(v.number) == wanted), None)
    if version is None:
        raise AwsError("InvalidAssociationVersion", f"The association has no version {wanted}.")
    kept = {key: value for key, value in told.items() if key not in association.facts}
    earlier = {"AssociationVersion": wanted, "LastUpdateAssociationDate": version.created_at}
    return {"AssociationDescription": {**kept, "DocumentVersion": "$DEFAULT", **version.facts, **earlier}}


@operation("ssm", "ListAssociations", takes="AssociationFilterList MaxResults NextToken")
def list_associations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The associations of an account and Region."""
    filters = [(each["key"], each["value"]) for each in parameters.get("AssociationFilterList") or []]
    shown = [a for a in world.associations.within(call.account, call.region) if all(_passes(a, *f) for f in filters)]
    items, more = page(shown, parameters, default=50)
    return {"Associations": [listed(association) for association in items], **more}


def _passes(association: Association, key: str, value: str) -> bool:
    if key in ("LastExecutedBefore", "LastExecutedAfter"):
        moment, ran_at = read_moment(value), association.last_run_at
        return ran_at is not None and (ran_at < moment if key == "LastExecutedBefore" else ran_at > moment)
    if key == "InstanceId":
        return value in association.latest or association.facts.get("InstanceId") == value
    if key == "ResourceGroupName":
        return any(t["Key"] == "resource-groups:Name" and value in t["Values"] for t in association.targets)
    read = {
        "Name": association.facts["Name"],
        "AssociationName": association.facts.get("AssociationName", ""),
        "AssociationId": association.association_id,
        "AssociationStatusName": association.status,
    }
    if key not in read:
        raise AwsError("NotImplemented", f"The sandbox does not filter associations by {key}", 501)
    return bool(read[key] == value)


def read_moment(value: str) -> datetime:
    """A moment in a filter, ISO 8601; raises AwsError ValidationException."""
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError as error:
        raise AwsError("ValidationException", f"{value} is no date and time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@operation("ssm", "ListAssociationVersions", takes="AssociationId MaxResults NextToken")
def list_association_versions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """What an association was told to be, each time; the newest first."""
    association = find_association(world, call, parameters["AssociationId"])
    items, more = page(association.history[::-1], parameters, default=50)
    unknown = {"InstanceId", "AutomationTargetParameterName"}
    told = [
        {
            "AssociationId": association.association_id,
            "AssociationVersion": str(version.number),
            "CreatedDate": version.created_at,
            **{key: value for key, value in version.facts.items() if key not in unknown},
        }
        for version in items
    ]
    return {"AssociationVersions": told, **more}
