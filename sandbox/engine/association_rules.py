"""What State Manager takes as an association, and the error that it names for what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.engine.documents import Document, check_values, get_document
from sandbox.engine.errors import AwsError
from sandbox.engine.schedules import BadSchedule, Schedule
from sandbox.engine.targets import check_targets

if TYPE_CHECKING:
    from sandbox.engine.world import World

MOST_ASSOCIATIONS = 2000
MOST_VERSIONS = 1000

Facts = dict[str, Any]


def check_association(world: World, account_id: str, region: str, facts: Facts) -> None:
    """Raises AwsError for facts that do not make an association."""
    document = get_document(world, account_id, region, facts["Name"])
    content = document.version(facts.get("DocumentVersion", "$DEFAULT")).content
    parameter = facts.get("AutomationTargetParameterName", "")
    _check_kind(document, parameter, content)
    check_values(content, facts.get("Parameters", {}), parameter)
    _check_targets(world, account_id, region, facts)
    _check_schedule(world, facts)
    location = facts.get("OutputLocation", {}).get("S3Location", {})
    if location and not location.get("OutputS3BucketName"):
        raise AwsError("InvalidOutputLocation", "The output location isn't valid or doesn't exist.")


def _check_kind(document: Document, parameter: str, content: Facts) -> None:
    if document.kind not in ("Command", "Policy", "Automation"):
        raise AwsError("InvalidDocument", f"Documents of type {document.kind} cannot be associated.")
    if document.kind == "Automation" and not parameter:
        raise AwsError("NotImplemented", "The sandbox associates runbooks with targets alone", 501)
    if document.kind != "Automation" and parameter:
        raise AwsError("InvalidParameters", "AutomationTargetParameterName is for Automation documents.")
    if parameter and parameter not in (content.get("parameters") or {}):
        raise AwsError("InvalidParameters", f"The document has no parameter {parameter}.")


def _check_targets(world: World, account_id: str, region: str, facts: Facts) -> None:
    instance_id, targets = facts.get("InstanceId"), facts.get("Targets")
    if instance_id and targets:
        raise AwsError("InvalidTarget", "The target is not valid: give InstanceId or Targets, not both.")
    if instance_id:
        node = world.fleet.nodes.get(instance_id)
        if node is None or (node.account_id, node.region) != (account_id, region) or node.state == "terminated":
            raise AwsError("InvalidInstanceId", f"The instance ID {instance_id} is not valid.")
        return
    if not targets:
        raise AwsError("InvalidTarget", "The target is not valid: an association needs Targets.")
    check_targets(targets, "InvalidTarget", for_automation=bool(facts.get("AutomationTargetParameterName")))


def _check_schedule(world: World, facts: Facts) -> None:
    expression = facts.get("ScheduleExpression", "")
    waits, offset = facts.get("ApplyOnlyAtCronInterval"), facts.get("ScheduleOffset", 0)
    if waits and not expression.startswith("cron"):
        raise AwsError("ValidationException", "ApplyOnlyAtCronInterval is valid for cron expressions only.")
    if offset and not waits:
        raise AwsError("ValidationException", "ScheduleOffset needs ApplyOnlyAtCronInterval.")
    if not expression:
        return
    try:
        Schedule(expression, world.now(), offset_days=offset).check()
    except BadSchedule as wrong:
        raise AwsError("InvalidSchedule", f"The schedule is invalid. Verify your cron or rate expression: {wrong}.")\
            from wrong  # fmt: skip


def check_quota(world: World, account_id: str, region: str) -> None:
    """Raises AwsError when an account-Region has as many associations as it may."""
    if len(world.associations.within(account_id, region)) >= MOST_ASSOCIATIONS:
        raise AwsError("AssociationLimitExceeded", f"You can have at most {MOST_ASSOCIATIONS} active associations.")


def check_is_new(world: World, account_id: str, region: str, facts: Facts) -> None:
    """In the form of one node, a document is associated with it once; raises AwsError AssociationAlreadyExists."""
    if not facts.get("InstanceId"):
        return
    pair = (facts["Name"], facts["InstanceId"])
    if any((a.facts["Name"], a.facts.get("InstanceId")) == pair for a in world.associations.within(account_id, region)):
        raise AwsError("AssociationAlreadyExists", "The specified association already exists.")
