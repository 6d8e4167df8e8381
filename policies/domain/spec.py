"""What an administrator asked for: one patch policy, as plain frozen data.

The wizard makes it, the plan turns it into AWS resources, the database keeps it as JSON. Values are AWS's own where AWS
has one (operations, target types, operating systems); the rules about them live in `problems.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

RECOMMENDED_SCAN = "cron(0 1 * * ? *)"
"""Daily at 01:00 UTC: Quick Setup's recommended scan."""
RECOMMENDED_INSTALL = "cron(0 2 ? * SUN *)"
"""Sunday at 02:00 UTC: Quick Setup's recommended installation."""


class Operation(StrEnum):
    """ConfigurationOptionsPatchOperation of the Quick Setup API."""

    SCAN = "Scan"
    SCAN_AND_INSTALL = "ScanAndInstall"


class AccountScope(StrEnum):
    """Which accounts: the entire organization, chosen units, or the current account alone."""

    ORGANIZATION = "organization"
    UNITS = "units"
    ACCOUNT = "account"


class NodeScope(StrEnum):
    """Which nodes in those accounts; values are the Quick Setup API's TargetType."""

    ALL = "*"
    RESOURCE_GROUP = "ResourceGroups"
    TAG = "Tags"
    MANUAL = "InstanceIds"


@dataclass(frozen=True)
class Schedule:
    """When: a cron or rate expression as associations take it (UTC), and whether to wait for its first tick."""

    expression: str
    wait_for_first_interval: bool


@dataclass(frozen=True)
class BaselineChoice:
    """The baseline for one operating system. `baseline_id` is `pb-...`, or a full ARN when AWS owns it."""

    operating_system: str
    baseline_id: str
    name: str
    is_custom: bool


@dataclass(frozen=True)
class LogStorage:
    """The S3 place for the output of patching operations."""

    bucket: str
    region: str
    prefix: str = ""


@dataclass(frozen=True)
class Targets:
    """Accounts, Regions and nodes. `unit_ids` only for UNITS; of the node fields only those of `node_scope`."""

    account_scope: AccountScope
    regions: tuple[str, ...]
    node_scope: NodeScope
    unit_ids: tuple[str, ...] = ()
    resource_group: str = ""
    tag_key: str = ""
    tag_value: str = ""
    instance_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class RateControl:
    """How many nodes at a time and how many may fail, each a number or a percentage ("10%", "5")."""

    concurrency: str = "10%"
    error_threshold: str = "2%"


@dataclass(frozen=True)
class PolicySpec:
    """One whole patch policy. `install` is None for Scan. `logs` is None when no output is written to S3."""

    name: str
    operation: Operation
    scan: Schedule
    install: Schedule | None
    reboot_if_needed: bool
    uses_custom_baselines: bool
    baselines: tuple[BaselineChoice, ...]
    logs: LogStorage | None
    targets: Targets
    rate: RateControl
    attach_iam: bool

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form for the database."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> PolicySpec:
        """The spec that `to_dict` stored. Raises KeyError, TypeError or ValueError when it is not one."""
        targets = stored["targets"]
        return cls(
            name=stored["name"],
            operation=Operation(stored["operation"]),
            scan=Schedule(**stored["scan"]),
            install=Schedule(**stored["install"]) if stored["install"] else None,
            reboot_if_needed=stored["reboot_if_needed"],
            uses_custom_baselines=stored["uses_custom_baselines"],
            baselines=tuple(BaselineChoice(**choice) for choice in stored["baselines"]),
            logs=LogStorage(**stored["logs"]) if stored["logs"] else None,
            targets=Targets(
                **{
                    **targets,
                    "account_scope": AccountScope(targets["account_scope"]),
                    "node_scope": NodeScope(targets["node_scope"]),
                    "regions": tuple(targets["regions"]),
                    "unit_ids": tuple(targets["unit_ids"]),
                    "instance_ids": tuple(targets["instance_ids"]),
                }
            ),
            rate=RateControl(**stored["rate"]),
            attach_iam=stored["attach_iam"],
        )
