"""What a policy asks for, in lines of a label and words, one group for each part of spec_parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.schedule import describe, parse
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import AccountScope, NodeScope, Operation, PolicySpec, Schedule, Targets

YES, NO = Sentence(N_("Yes")), Sentence(N_("No"))
OPERATIONS = {
    Operation.SCAN: Sentence(N_("Scan")),
    Operation.SCAN_AND_INSTALL: Sentence(N_("Scan and install")),
}
SCOPES = {
    AccountScope.ORGANIZATION: Sentence(N_("Entire organization")),
    AccountScope.UNITS: Sentence(N_("Custom")),
    AccountScope.ACCOUNT: Sentence(N_("Current account")),
}


@dataclass(frozen=True)
class Line:
    """One thing that was asked for. `label` is English, for the catalogue; `words` are "" when there is nothing."""

    label: str
    words: Sentence | str


@dataclass(frozen=True)
class Group:
    """What stands under one title, which is English, for the catalogue."""

    title: str
    lines: tuple[Line, ...]


def describe_spec(spec: PolicySpec) -> tuple[Group, ...]:
    """Everything that a policy asks for but its name, under the titles of AWS's own review page."""
    return tuple(
        Group(title, tuple(line for name in names for line in describe_part(name, spec)))
        for title, names in GROUPS.items()
    )


def describe_part(name: str, spec: PolicySpec) -> tuple[Line, ...]:
    """The lines of one part. Raises KeyError for a part that there is not."""
    return DESCRIBED[name](spec)


def _name(spec: PolicySpec) -> tuple[Line, ...]:
    return (Line(N_("Configuration name"), spec.name),)


def _operation(spec: PolicySpec) -> tuple[Line, ...]:
    operation = Line(N_("Patch operation"), OPERATIONS[spec.operation])
    if spec.install is None:
        return (operation,)
    return (
        operation,
        Line(N_("Installation schedule"), _when(spec.install)),
        Line(
            N_("Wait to install updates until first CRON interval"), YES if spec.install.wait_for_first_interval else NO
        ),
        Line(N_("Reboot if needed"), YES if spec.reboot_if_needed else NO),
    )


def _scan(spec: PolicySpec) -> tuple[Line, ...]:
    return (
        Line(N_("Scanning schedule"), _when(spec.scan)),
        Line(N_("Wait to scan targets until first CRON interval"), YES if spec.scan.wait_for_first_interval else NO),
    )


def _when(schedule: Schedule) -> Sentence:
    values = {"schedule": describe(parse(schedule.expression)), "expression": schedule.expression}
    return Sentence(N_("%(schedule)s: %(expression)s"), values)


def _baselines(spec: PolicySpec) -> tuple[Line, ...]:
    kind = N_("Custom patch baseline") if spec.uses_custom_baselines else N_("Use recommended defaults")
    chosen = (
        Line(OPERATING_SYSTEMS.get(choice.operating_system, choice.operating_system), choice.name)
        for choice in spec.baselines
    )
    return (Line(N_("Patch baseline"), Sentence(kind)), *chosen)


def _logs(spec: PolicySpec) -> tuple[Line, ...]:
    logs = spec.logs
    return (
        Line(N_("S3 bucket"), f"{logs.bucket} ({logs.region})" if logs else ""),
        Line(N_("S3 key prefix"), logs.prefix if logs else ""),
    )


def _places(spec: PolicySpec) -> tuple[Line, ...]:
    targets = spec.targets
    return (
        Line(N_("Accounts"), SCOPES[targets.account_scope]),
        Line(N_("Target OUs"), ", ".join(sorted(targets.unit_ids))),
        Line(N_("Regions"), ", ".join(sorted(targets.regions))),
    )


def _nodes(spec: PolicySpec) -> tuple[Line, ...]:
    return (Line(N_("Nodes"), _which_nodes(spec.targets)),)


def _which_nodes(targets: Targets) -> Sentence | str:
    if targets.node_scope is NodeScope.ALL:
        return Sentence(N_("All managed nodes"))
    if targets.node_scope is NodeScope.MANUAL:
        return ", ".join(sorted(targets.instance_ids))
    if targets.node_scope is NodeScope.RESOURCE_GROUP:
        return Sentence(N_("Resource group %(group)s"), {"group": targets.resource_group})
    if not targets.tag_value:
        return Sentence(N_("Nodes tagged %(key)s, whatever its value"), {"key": targets.tag_key})
    return Sentence(N_("Nodes tagged %(key)s = %(value)s"), {"key": targets.tag_key, "value": targets.tag_value})


DESCRIBED: Mapping[str, Callable[[PolicySpec], tuple[Line, ...]]] = {
    "name": _name,
    "operation": _operation,
    "scan": _scan,
    "baselines": _baselines,
    "logs": _logs,
    "places": _places,
    "nodes": _nodes,
    "concurrency": lambda spec: (Line(N_("Concurrency"), spec.rate.concurrency),),
    "error_threshold": lambda spec: (Line(N_("Error threshold"), spec.rate.error_threshold),),
    "instance_profiles": lambda spec: (
        Line(N_("Adds IAM policies to instance profiles"), YES if spec.attach_iam else NO),
    ),
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    N_("Scanning and installation"): ("operation", "scan"),
    N_("Patch baseline"): ("baselines",),
    N_("Patching log storage"): ("logs",),
    N_("Targets"): ("places", "nodes"),
    N_("Rate control"): ("concurrency", "error_threshold"),
    N_("Instance profile options"): ("instance_profiles",),
}
"""The parts under each title."""
