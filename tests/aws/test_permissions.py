"""The IAM policies that the portal prints for its own roles."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from policies.management.commands.print_iam_policy import member_policy, portal_policy, runner_policy
from tests.domain.policy_lint import complaints

KNOWN = ("RESOURCE_POLICY_PRIVILEGE_ESCALATION", "RESOURCE_STAR")
"""The portal writes the policies of its own buckets, and reads and deploys whatever lies in the organization."""


@pytest.mark.parametrize(
    "document", [portal_policy(), member_policy(), runner_policy()], ids=["portal", "member", "runner"]
)
def test_the_policies_pass_the_checker(document: dict[str, object]) -> None:
    assert [said for said in complaints(document) if not said.startswith(KNOWN)] == []


def test_members_let_nothing_be_changed() -> None:
    [statement] = member_policy()["Statement"]

    assert [
        action for action in statement["Action"] if not action.partition(":")[2].startswith(("List", "Describe", "Get"))
    ] == []


def test_objects_are_changed_in_the_portals_own_buckets_alone() -> None:
    for statement in portal_policy()["Statement"]:
        if "s3:PutObject" in statement["Action"]:
            assert all("aws-quicksetup-patchpolicy-" in resource for resource in statement["Resource"])


def test_the_command_prints_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("print_iam_policy")

    assert json.loads(capsys.readouterr().out)["Version"] == "2012-10-17"
