"""AWS::SSM::Association and AWS::SSM::Document in a stack."""

from __future__ import annotations

import json
from typing import Any

from sandbox.engine.resource_kind import (
    Ask,
    Made,
    Properties,
    ResourceType,
    Wish,
    all_tags,
    fixed,
    gone_is_fine,
    only,
    tag_list,
)
from sandbox.engine.template import as_text

ASSOCIATION_PROPERTIES = frozenset({
    "ApplyOnlyAtCronInterval", "AssociationName", "AutomationTargetParameterName", "CalendarNames",
    "ComplianceSeverity", "DocumentVersion", "InstanceId", "MaxConcurrency", "MaxErrors", "Name", "OutputLocation",
    "Parameters", "ScheduleExpression", "ScheduleOffset", "SyncCompliance", "Targets", "WaitForSuccessTimeoutSeconds",
})  # fmt: skip
WAIT = "WaitForSuccessTimeoutSeconds"
"""Is the stack's affair (stack_waits.py), not the association's."""
GONE_ASSOCIATION, GONE_DOCUMENT = "AssociationDoesNotExist", "InvalidDocument"


def _association_request(properties: Properties) -> dict[str, Any]:
    """Properties as the operation's parameters: CloudFormation takes texts where the API wants numbers and booleans."""
    wanted = {name: value for name, value in properties.items() if name != WAIT}
    if "ApplyOnlyAtCronInterval" in wanted:
        wanted["ApplyOnlyAtCronInterval"] = as_text(wanted["ApplyOnlyAtCronInterval"]) == "true"
    if "ScheduleOffset" in wanted:
        wanted["ScheduleOffset"] = int(wanted["ScheduleOffset"])
    return wanted


def _create_association(ask: Ask, wish: Wish) -> Made:
    told = ask("ssm", "CreateAssociation", _association_request(wish.properties))
    made: str = told["AssociationDescription"]["AssociationId"]
    return Made(made, {"AssociationId": made}, wish.properties)


def _update_association(ask: Ask, was: Made, wish: Wish) -> Made:
    wanted = {k: v for k, v in _association_request(wish.properties).items() if k != "InstanceId"}
    ask("ssm", "UpdateAssociation", {**wanted, "AssociationId": was.physical_id})
    return Made(was.physical_id, was.attributes, wish.properties)


def _delete_association(ask: Ask, was: Made) -> None:
    with gone_is_fine(GONE_ASSOCIATION):
        ask("ssm", "DeleteAssociation", {"AssociationId": was.physical_id})


def _read_association(ask: Ask, was: Made) -> Properties | None:
    with gone_is_fine(GONE_ASSOCIATION):
        told = ask("ssm", "DescribeAssociation", {"AssociationId": was.physical_id})["AssociationDescription"]
        return {name: value for name, value in told.items() if name in ASSOCIATION_PROPERTIES}
    return None


def _content(properties: Properties) -> str:
    content = properties["Content"]
    return content if isinstance(content, str) else json.dumps(content)


def _create_document(ask: Ask, wish: Wish) -> Made:
    properties, tags = wish.properties, all_tags(wish)
    name = properties.get("Name") or wish.name
    request = {
        "Name": name,
        "Content": _content(properties),
        "DocumentType": properties.get("DocumentType", "Command"),
        "DocumentFormat": properties.get("DocumentFormat", "JSON"),
        "Tags": tag_list(tags),
    }
    more = only(properties, "TargetType", "VersionName")
    ask("ssm", "CreateDocument", {**request, **more})
    return Made(name, {}, properties, wish.tags)


def _update_document(ask: Ask, was: Made, wish: Wish) -> Made:
    """With UpdateMethod NewVersion: a version more, which becomes the default one."""
    properties = wish.properties
    kept = ("DocumentFormat", "TargetType", "VersionName")
    if any(was.properties.get(name) != properties.get(name) for name in ("Content", *kept)):
        request = {"Name": was.physical_id, "Content": _content(properties), "DocumentVersion": "$LATEST"}
        more = only(properties, *kept)
        told = ask("ssm", "UpdateDocument", {**request, **more})["DocumentDescription"]
        default = {"Name": was.physical_id, "DocumentVersion": told["DocumentVersion"]}
        ask("ssm", "UpdateDocumentDefaultVersion", default)
    _update_tags(ask, was, wish)
    return Made(was.physical_id, was.attributes, properties, wish.tags)


def _update_tags(ask: Ask, was: Made, wish: Wish) -> None:
    had, wanted = all_tags(Wish(was.properties, was.tags, "")), all_tags(wish)
    resource = {"ResourceType": "Document", "ResourceId": was.physical_id}
    if gone := sorted(set(had) - set(wanted)):
        ask("ssm", "RemoveTagsFromResource", {**resource, "TagKeys": gone})
    if changed := {k: v for k, v in wanted.items() if had.get(k) != v}:
        ask("ssm", "AddTagsToResource", {**resource, "Tags": tag_list(changed)})


def _delete_document(ask: Ask, was: Made) -> None:
    with gone_is_fine(GONE_DOCUMENT):
        ask("ssm", "DeleteDocument", {"Name": was.physical_id})


def _read_document(ask: Ask, was: Made) -> Properties | None:
    """What the document is now; content is compared as data, whatever its text."""
    with gone_is_fine(GONE_DOCUMENT):
        told = ask("ssm", "GetDocument", {"Name": was.physical_id})
        is_text = isinstance(was.properties["Content"], str)
        content = told["Content"] if is_text else json.loads(told["Content"])
        facts = only(told, "DocumentType", "DocumentFormat")
        return {**facts, "Name": told["Name"], "Content": content}
    return None


def _document_fixed(properties: Properties) -> frozenset[str]:
    """Without UpdateMethod NewVersion every change makes another document."""
    if properties.get("UpdateMethod") == "NewVersion":
        return frozenset({"Name", "DocumentType"})
    return frozenset({"Name", "DocumentType", "Content", "DocumentFormat", "TargetType", "VersionName"})


ASSOCIATION = ResourceType(
    properties=ASSOCIATION_PROPERTIES,
    required=frozenset({"Name"}),
    fixed=fixed(),
    create=_create_association,
    update=_update_association,
    delete=_delete_association,
    read=_read_association,
    unread=frozenset({WAIT}),
)
DOCUMENT = ResourceType(
    properties=frozenset({
        "Content", "DocumentFormat", "DocumentType", "Name", "Tags", "TargetType", "UpdateMethod", "VersionName",
    }),
    required=frozenset({"Content"}),
    fixed=_document_fixed,
    create=_create_document,
    update=_update_document,
    delete=_delete_document,
    read=_read_document,
    unread=frozenset({"Tags", "TargetType", "UpdateMethod", "VersionName"}),
    named_by="Name",
    is_tagged=True,
)  # fmt: skip
