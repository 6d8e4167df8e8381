"""What makes an association what it is: from a template, and from what State Manager tells of it."""

from __future__ import annotations

from typing import Any

import pytest

from policies.domain.association_facts import (
    DESCRIBED,
    LISTED,
    associations_in,
    compare_associations,
    facts_of,
)
from policies.domain.canonical import canonical

PLACE = ("111122223333", "us-east-1")
PREFIX = {"Fn::Join": ["/", ["logs", "abcde", {"Ref": "AWS::AccountId"}, {"Ref": "AWS::Region"}]]}
IN_TEMPLATE: dict[str, Any] = {
    "AssociationName": "scan",
    "Name": {"Ref": "Document"},
    "Parameters": {"Operation": ["Scan"]},
    "Targets": [{"Key": "tag:Patch", "Values": ["yes", "always"]}],
    "ScheduleExpression": "cron(0 1 * * ? *)",
    "MaxConcurrency": "10%",
    "MaxErrors": "2%",
    "OutputLocation": {"S3Location": {"OutputS3BucketName": "b", "OutputS3KeyPrefix": PREFIX}},
}
TEMPLATE = canonical(
    {
        "Resources": {
            "Scan": {"Type": "AWS::SSM::Association", "Properties": IN_TEMPLATE},
            "Document": {"Type": "AWS::SSM::Document", "Properties": {"Name": "Ours"}},
        }
    }
)
TOLD: dict[str, Any] = {
    **IN_TEMPLATE,
    "Name": "Ours",
    "Parameters": {"Operation": ["Scan"], "SnapshotId": [""]},
    "Targets": [{"Key": "tag:Patch", "Values": ["always", "yes"]}],
    "ApplyOnlyAtCronInterval": False,
    "SyncCompliance": "AUTO",
    "OutputLocation": {
        "S3Location": {"OutputS3BucketName": "b", "OutputS3KeyPrefix": "logs/abcde/111122223333/us-east-1"}
    },
}


def compared(*names: str, **changed: Any) -> tuple[str, ...]:
    found = facts_of({**TOLD, **changed}, names or LISTED + DESCRIBED)
    return compare_associations(associations_in(TEMPLATE), {"scan": found, "another": {}}, *PLACE)


def test_an_association_as_its_template_made_it_does_not_differ() -> None:
    assert compared() == ()


@pytest.mark.parametrize(
    ("fact", "value", "lines"),
    [
        ("ScheduleExpression", "rate(1 day)", ("rate(1 day)", "cron(0 1 * * ? *)")),
        ("Targets", [{"Key": "InstanceIds", "Values": ["*"]}], ("InstanceIds=*", "tag:Patch=always,yes")),
        ("Name", "Theirs", ("Theirs", "Ours")),
        ("Parameters", {"Operation": ["Install"]}, ("Operation=Install", "Operation=Scan")),
        ("Parameters", {"Operation": ["Scan"], "A": ["1"]}, ("A=1; Operation=Scan", "Operation=Scan")),
        ("ApplyOnlyAtCronInterval", True, ("true", "false")),
        ("AutomationTargetParameterName", "Node", ("Node", "-")),
        ("MaxConcurrency", "1", ("1", "10%")),
        ("MaxErrors", "", ("-", "2%")),
        ("SyncCompliance", "MANUAL", ("MANUAL", "AUTO")),
        (
            "OutputLocation",
            {},
            ("-", "OutputS3BucketName=b; OutputS3KeyPrefix=logs/abcde/111122223333/us-east-1"),
        ),
    ],
)
def test_each_fact_that_differs_is_told_by_the_name_that_it_has_in_aws(
    fact: str, value: Any, lines: tuple[str, str]
) -> None:
    assert compared(**{fact: value}) == (f"- scan {fact}: {lines[0]}", f"+ scan {fact}: {lines[1]}")


def test_what_was_not_read_is_not_judged() -> None:
    assert compared(*LISTED, MaxErrors="100%") == ()


def test_an_association_that_is_not_there_is_missing() -> None:
    assert compare_associations(associations_in(TEMPLATE), {}, *PLACE) == ("- scan: missing",)
