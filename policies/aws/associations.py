"""The associations that patch in one account and Region, policies' and others'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import asking
from policies.domain.association_facts import DESCRIBED
from policies.domain.scanners import Reach, Target, patches

PERMISSIONS = {
    "ssm:DescribeAssociation",
    "ssm:ListAssociations",
}

PAGE = 50
VERSION = "AssociationVersion"
"""Another one with every change of an association."""
NAME = re.compile(r"^AWS-QuickSetup-PatchPolicy-(\w+)-(TA|MA|LA)-([a-z0-9]{5})$")


class Purpose(StrEnum):
    """What an association of a policy is for: ACCESS lets nodes read the override file."""

    SCAN = "scan"
    INSTALL = "install"
    ACCESS = "access"


PATCHING = (Purpose.SCAN, Purpose.INSTALL)
PURPOSES = {"ScanForPatches": Purpose.SCAN, "InstallPatches": Purpose.INSTALL}
"""By the word in the association's name; any other is ACCESS."""


@dataclass(frozen=True)
class AssociationFact:
    """One association of a policy; `counts`: targets by status."""

    association_id: str
    name: str
    purpose: Purpose
    configuration_id: str
    status: str
    counts: Mapping[str, int]
    last_run_at: datetime | None
    schedule: str
    targets: tuple[Target, ...]
    version: str


@dataclass(frozen=True)
class ScannerFact:
    """An association that patches, whoever made it; or a maintenance window, whose id `association_id` is then."""

    association_id: str
    name: str
    document: str
    schedule: str
    reach: Reach
    last_run_at: datetime | None


@dataclass(frozen=True)
class PatchAssociations:
    """The associations of patch policies by their names, and all that patch (most policies' own among them).

    `count` is how many there are in all, whatever they run.
    """

    count: int
    of_policies: tuple[AssociationFact, ...]
    scanners: tuple[ScannerFact, ...]


def list_patch_associations(aws: Aws, region: str) -> PatchAssociations:
    """The associations in a Region whose name is a patch policy's, and those that run a patching document."""
    with asking("ssm:ListAssociations"):
        paginator = aws.client("ssm", region).get_paginator("list_associations")
        pages = paginator.paginate(PaginationConfig={"PageSize": PAGE})
        told = [association for page in pages for association in page["Associations"]]
    return PatchAssociations(
        len(told),
        tuple(fact for association in told if (fact := _fact(association))),
        tuple(_scanner(association) for association in told if _patches(association)),
    )


def read_settings(aws: Aws, region: str, association: AssociationFact) -> dict[str, Any]:
    """What a list of associations does not tell of one, by AWS's names, and the version of which it is true."""
    with asking("ssm:DescribeAssociation"):
        answer = aws.client("ssm", region).describe_association(AssociationId=association.association_id)
    told = answer["AssociationDescription"]
    return {name: told[name] for name in DESCRIBED if name in told} | {VERSION: association.version}


def _patches(told: dict[str, Any]) -> bool:
    return patches(told.get("AssociationName", ""), told.get("Name", ""))


def _scanner(told: dict[str, Any]) -> ScannerFact:
    return ScannerFact(
        association_id=told["AssociationId"],
        name=told.get("AssociationName", ""),
        document=told["Name"],
        schedule=told.get("ScheduleExpression", ""),
        reach=(targets_of(told),),
        last_run_at=told.get("LastExecutionDate"),
    )


def targets_of(told: dict[str, Any]) -> tuple[Target, ...]:
    """Targets as associations and maintenance windows name them."""
    return tuple(Target(t["Key"], tuple(t.get("Values", ()))) for t in told.get("Targets", ()))


def _fact(told: dict[str, Any]) -> AssociationFact | None:
    named = NAME.match(told.get("AssociationName", ""))
    if not named:
        return None
    overview = told.get("Overview", {})
    return AssociationFact(
        association_id=told["AssociationId"],
        name=told["AssociationName"],
        purpose=PURPOSES.get(named[1], Purpose.ACCESS),
        configuration_id=named[3],
        status=overview.get("Status", "Pending"),
        counts=overview.get("AssociationStatusAggregatedCount", {}),
        last_run_at=told.get("LastExecutionDate"),
        schedule=told.get("ScheduleExpression", ""),
        targets=targets_of(told),
        version=told.get(VERSION, ""),
    )
