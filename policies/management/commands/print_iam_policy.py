"""`manage.py print_iam_policy`: what the portal's own role needs in AWS, out of the doors that use it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from policies.aws import (
    access,
    actual,
    associations,
    baselines,
    compliance,
    connect,
    nodes,
    organization,
    override_file,
    stack_instances,
    stack_sets,
    storage,
)
from policies.domain import naming
from policies.domain.canonical import readable

READING = (nodes, associations, compliance)
"""The doors that member accounts' read role goes through."""
ALL = (
    access, actual, associations, baselines, compliance, connect, nodes, organization, override_file, stack_instances,
    stack_sets, storage,
)  # fmt: skip
OUR_BUCKETS = "aws-quicksetup-patchpolicy-*"
READS = ("Get", "List", "Describe", "Head")


class Command(BaseCommand):
    """Print an IAM policy document."""

    help = "Print the IAM policy of the portal's role, or of the member accounts' read role"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which of the two roles."""
        parser.add_argument("--member", action="store_true", help="for the read role of the member accounts")

    def handle(self, *_: Any, member: bool, **__: Any) -> None:
        """Write the document to standard output."""
        self.stdout.write(readable(member_policy() if member else portal_policy()))


def member_policy() -> dict[str, Any]:
    """What the read role of a member account needs."""
    return _document(_allow("ReadNodes", _permissions(READING), "*"))


def portal_policy() -> dict[str, Any]:
    """What the portal's role in the management account needs. It changes objects in its own buckets only."""
    needed = _permissions(ALL) - connect.PERMISSIONS
    own = {action for action in needed if action.startswith("s3:") and not _reads(action)}
    buckets = [f"arn:aws:s3:::{OUR_BUCKETS}", f"arn:aws:s3:::{OUR_BUCKETS}/*"]
    administration = f"arn:aws:iam::*:role/{naming.ADMINISTRATION_ROLE}"
    return _document(
        _allow("ReadAndDeploy", needed - own, "*"),
        _allow("OwnBuckets", own, buckets),
        _allow("BecomeReader", {"sts:AssumeRole"}, f"arn:aws:iam::*:role/{settings.AWS_READ_ROLE_NAME}"),
        # CloudFormation asks for it where a stack set names its administration role.
        _allow("LendAdministrationRole", {"iam:PassRole"}, administration),
    )


def _permissions(doors: tuple[Any, ...]) -> set[str]:
    return {action for door in doors for action in door.PERMISSIONS}


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(READS)


def _allow(sid: str, actions: set[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
