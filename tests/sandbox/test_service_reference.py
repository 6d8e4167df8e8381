"""What each call is judged by, held against the Service Authorization Reference as parliament brings it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from sandbox.engine.permissions import KINDS, PREFIXES
from sandbox.registry import OPERATIONS

TYPES = {
    "account": {"account"},
    "association": {"association"},
    "automation": {"automation-execution"},
    "baseline": {"patchbaseline"},
    "document": {"document"},
    "endpoint": {"vpc-endpoint"},
    "group": {"group"},
    "in organization": {"account", "organizationalunit", "root"},
    "instance": {"instance"},
    "instance profile": {"instance-profile"},
    "node": {"instance", "managed-instance"},
    "policy": {"policy"},
    "role": {"role"},
    "runbook": {"automation-definition"},
    "stack": {"stack"},
    "stack set": {"stackset"},
    "user": {"user"},
    "window": {"maintenancewindow"},
    "window target": {"windowtarget"},
    "window task": {"windowtask"},
}
"""The reference's names for the kinds of arns.py; what is tagged may be anything."""
NOT_JUDGED = {
    ("ec2", "CreateVpcEndpoint", "vpc"),
    ("ec2", "RunInstances", "image"),
    ("ec2", "RunInstances", "network-interface"),
    ("ec2", "RunInstances", "security-group"),
    ("ec2", "RunInstances", "subnet"),
    ("ec2", "RunInstances", "volume"),
    ("ssm", "UpdateManagedInstanceRole", "iam-role"),
}
"""What the sandbox has none of, or judges as iam:PassRole."""


def _reference() -> dict[tuple[str, str], set[str]]:
    """The types of resources of each action, those that must be named with a star."""
    spec = find_spec("parliament")
    assert spec is not None
    assert spec.origin is not None
    told = json.loads((Path(spec.origin).parent / "iam_definition.json").read_text())
    return {
        (service["prefix"], action["privilege"]): {each["resource_type"] for each in action["resource_types"]}
        for service in told
        for action in service["privileges"]
    }


@pytest.mark.parametrize("service", sorted({service for service, _ in OPERATIONS}))
def test_calls_are_judged_by_what_the_reference_names(service: str) -> None:
    reference = _reference()
    for operation in (name for of, name in OPERATIONS if of == service):
        known = reference[PREFIXES.get(service, service), operation]
        kinds = [TYPES.get(kind, known) for kind, _ in KINDS.get((service, operation), [])]
        required = {name.rstrip("*") for name in known if name.endswith("*")}

        assert all(kind & {name.rstrip("*") for name in known} for kind in kinds), operation
        lacking = required - set().union(*kinds)
        assert {name for name in lacking if (service, operation, name) not in NOT_JUDGED} == set(), operation
