"""`manage.py print_iam_policy`: what the portal's own role needs in AWS, out of the doors that use it."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from policies.aws import (
    access,
    associations,
    baselines,
    bucket_facts,
    compliance,
    connect,
    groundwork,
    nodes,
    organization,
    override_file,
    patches,
    reach,
    run_now,
    run_output,
    runs,
    stack_instances,
    stack_sets,
    storage,
    windows,
)
from policies.domain import naming
from policies.domain.canonical import readable
from policies.domain.iam import managed_policy

READING = (nodes, associations, compliance, patches, reach, runs, windows)
"""The doors that member accounts' read role goes through."""
ALL = (
    access, associations, baselines, bucket_facts, compliance, connect, groundwork, nodes, organization,
    override_file, patches, reach, run_now, run_output, runs, stack_instances, stack_sets, storage, windows,
)  # fmt: skip
OUR_BUCKETS = "aws-quicksetup-patchpolicy-*"
OUR_STACK_SETS = "AWS-QuickSetup-PatchPolicy-*"
ON_STACK_SETS = re.compile(r"cloudformation:(?!CreateStackSet$)\w*(StackSet|StackInstances|TagResource)\w*")
"""What is judged by the set; CreateStackSet is not, by the Service Authorization Reference."""
LENDING = "iam:PassRole"
ATTACHING = "iam:AttachRolePolicy"
ROLES = (settings.AWS_READ_ROLE_NAME, settings.AWS_RUN_ROLE_NAME)
READS = ("Get", "List", "Describe", "Head", "Simulate")


class Command(BaseCommand):
    """Print an IAM policy document."""

    help = "Print the IAM policy of the portal's role, or of the member accounts' roles"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which of the three roles."""
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--member", action="store_true", help="for the read role of the member accounts")
        whose.add_argument("--runner", action="store_true", help="for their role that runs at once")

    def handle(self, *_: Any, member: bool, runner: bool, **__: Any) -> None:
        """Write the document to standard output."""
        self.stdout.write(readable(member_policy() if member else runner_policy() if runner else portal_policy()))


def member_policy() -> dict[str, Any]:
    """What the read role of a member account needs."""
    return _document(_allow("ReadNodes", _permissions(READING), "*"))


def runner_policy() -> dict[str, Any]:
    """What the role of a member account needs that scans and installs at once: one document, on any node."""
    document = f"arn:aws:ssm:*:*:document/{run_now.DOCUMENT}"
    nodes_of_all = ["arn:aws:ec2:*:*:instance/*", "arn:aws:ssm:*:*:managed-instance/*"]
    sending = {"ssm:SendCommand"}
    return _document(
        _allow("RunAssociations", run_now.PERMISSIONS - sending, "*"),
        _allow("PatchNodes", sending, [document, *nodes_of_all]),
    )


def portal_policy() -> dict[str, Any]:
    """What the portal's role in the management account needs. It changes its own buckets and stack sets only."""
    needed = _permissions(ALL) - connect.PERMISSIONS - {LENDING}
    changes = {action for action in needed if not _reads(action)}
    buckets = {action for action in changes if action.startswith("s3:")}
    sets = {action for action in changes if ON_STACK_SETS.fullmatch(action)}
    roles = {action for action in changes if action.startswith("iam:")}
    return _document(
        _allow("Read", needed - changes, "*"),
        _allow("Begin", changes - buckets - sets - roles, "*"),
        _allow("OwnBuckets", buckets, [f"arn:aws:s3:::{OUR_BUCKETS}", f"arn:aws:s3:::{OUR_BUCKETS}/*"]),
        _allow("OwnStackSets", sets, _stack_sets()),
        _allow("BecomeMember", {"sts:AssumeRole"}, [f"arn:aws:iam::*:role/{role}" for role in ROLES]),
        *_make_roles(roles),
        _lend(naming.ADMINISTRATION_ROLE),
    )


def _stack_sets() -> list[str]:
    """Operations of sets are judged by the set, its targets, and the types of resources in its template."""
    places = (f"stackset/{OUR_STACK_SETS}", f"stackset-target/{OUR_STACK_SETS}", "type/resource/*")
    return [f"arn:aws:cloudformation:*:*:{place}" for place in places]


def _make_roles(actions: set[str]) -> tuple[dict[str, Any], ...]:
    """The pair of onboarding alone, and nothing attached to it but what AWS made for it."""
    pair = [f"arn:aws:iam::*:role/{name}" for name in (naming.ADMINISTRATION_ROLE, naming.EXECUTION_ROLE)]
    only = {"ArnEquals": {"iam:PolicyARN": managed_policy(naming.DEPLOYMENT_POLICY, "aws")}}
    return (
        _allow("MakeLocalRoles", actions - {ATTACHING}, pair),
        {**_allow("EquipLocalRoles", {ATTACHING}, pair), "Condition": only},
    )


def _lend(role: str) -> dict[str, Any]:
    """CloudFormation asks for it where a stack set names its administration role."""
    to_cloudformation = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    statement = _allow("LendAdministrationRole", {LENDING}, f"arn:aws:iam::*:role/{role}")
    return {**statement, "Condition": to_cloudformation}


def _permissions(doors: tuple[Any, ...]) -> set[str]:
    return {action for door in doors for action in door.PERMISSIONS}


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(READS)


def _allow(sid: str, actions: set[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
