"""What AWS-RunPatchBaseline does on one node: fetch the override file, find what is missing, install it, report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.engine.approval import Approved, approve
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import CORE_POLICY, Node
from sandbox.engine.patches import Patch, day_of, published
from sandbox.engine.trust import Principal, Role

if TYPE_CHECKING:
    from sandbox.engine.world import World

POLICY_BUCKETS = "s3://aws-quicksetup-patchpolicy-"
CRITICAL = {"CRITICAL"}


class NodeFailed(Exception):
    """The document ended with an exit code above 0 (aws-facts 3.2)."""

    def __init__(self, exit_code: int, words: str) -> None:
        super().__init__(words)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Report:
    """What a node tells after a run: InstancePatchState's facts and the ids behind its counts."""

    operation: str
    baseline_id: str
    snapshot_id: str
    execution_type: str
    execution_id: str
    started_at: datetime
    ended_at: datetime
    reboot_option: str
    missing: tuple[str, ...]
    levels: dict[str, str]
    installed: int
    installed_other: int
    not_applicable: int
    pending_reboot: tuple[str, ...]
    failed: tuple[str, ...]


def role_of(world: World, node: Node) -> Role | None:
    """The role that a node works with: its instance profile's, or its hybrid activation's."""
    account = world.account(node.account_id)
    if node.is_hybrid:
        return account.roles.get(node.service_role)
    profile = account.profiles.get(node.profile_name)
    return account.roles.get(profile.role_name) if profile else None


def is_managed(world: World, node: Node) -> bool:
    """Whether Systems Manager knows the node: it runs, and its role may speak to Systems Manager."""
    role = role_of(world, node)
    return node.state == "running" and role is not None and CORE_POLICY in role.attached


def patch(world: World, node: Node, parameters: dict[str, list[str]], execution_id: str) -> Report:
    """Run the document on a node now. Raises NodeFailed with the exit code that AWS's document would give."""
    operation = _one(parameters, "Operation", "Scan")
    override = _one(parameters, "BaselineOverride", "")
    rules = _override_rules(world, node, override) if override else _default_rules(world, node)
    if operation == "Install" and node.trouble:
        raise NodeFailed(1, f"Installation failed: {node.trouble}")
    reboot = _one(parameters, "RebootOption", "RebootIfNeeded")
    if operation == "Install":
        _install(node, _missing(world, node, rules), reboot, world.now())
    by_policy = override.startswith(POLICY_BUCKETS)
    return _report(world, node, rules, operation, reboot, execution_id, by_policy)


def _one(parameters: dict[str, list[str]], name: str, default: str) -> str:
    return (parameters.get(name) or [default])[0]


def _override_rules(world: World, node: Node, location: str) -> dict[str, Any]:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    role = role_of(world, node)
    principal = Principal(node.account_id, role.name if role else "none", node.instance_id)
    try:
        body = world.storage.read_object(principal, bucket, key)
    except AwsError as error:
        code = 160 if error.code == "AccessDenied" else 162
        raise NodeFailed(code, f"Unable to download the baseline override from {location}: {error.message}") from error
    return _pick(body, node.operating_system)


def _pick(body: bytes, operating_system: str) -> dict[str, Any]:
    try:
        overrides = json.loads(body)
    except ValueError as error:
        raise NodeFailed(161, "The baseline override is not valid JSON") from error
    if not isinstance(overrides, list):
        raise NodeFailed(161, "The baseline override is not a list")
    found = [o for o in overrides if o.get("OperatingSystem") == operating_system]
    if not found:
        raise NodeFailed(163, f"The baseline override holds no baseline for {operating_system}")
    if len(found) > 1:
        raise NodeFailed(165, f"The baseline override holds more than one baseline for {operating_system}")
    return dict(found[0])


def _default_rules(world: World, node: Node) -> dict[str, Any]:
    baselines = world.baselines.of(node.account_id, node.region)
    return next(b for b in baselines if b["OperatingSystem"] == node.operating_system)


def catalogue(world: World, node: Node) -> tuple[Patch, ...]:
    """Every patch published so far for the node's operating system."""
    return published(world.seed, node.operating_system, day_of(world.now()))


def is_installed(node: Node, patch: Patch) -> bool:
    """Whether a patch came with the node's image or was installed since."""
    return patch.patch_id in node.installed or bool(node.patched_until and patch.released_at <= node.patched_until)


def _missing(world: World, node: Node, rules: dict[str, Any]) -> list[Approved]:
    gap = [p for p in catalogue(world, node) if not is_installed(node, p) and p.released_at <= world.now()]
    return approve(rules, gap, world.now())


def _install(node: Node, missing: list[Approved], reboot: str, at: datetime) -> None:
    for approved in missing:
        node.installed[approved.patch.patch_id] = at
        if approved.patch.needs_reboot:
            node.pending_reboot.add(approved.patch.patch_id)
    if reboot == "RebootIfNeeded":
        node.pending_reboot.clear()


def _report(
    world: World, node: Node, rules: dict[str, Any], operation: str, reboot: str, execution_id: str, by_policy: bool
) -> Report:
    missing = _missing(world, node, rules)
    everything = [p for p in catalogue(world, node) if p.released_at <= world.now()]
    here = [p for p in everything if is_installed(node, p)]
    approved = {a.patch.patch_id for a in approve(rules, here, world.now())}
    pending = tuple(sorted(node.pending_reboot))
    return Report(
        operation=operation,
        baseline_id="pb-0" + world.uuid().replace("-", "")[:16] if by_policy else str(rules["BaselineId"]),
        snapshot_id=world.uuid(),
        execution_type="PatchPolicy" if by_policy else "Command",
        execution_id=execution_id,
        started_at=world.now(),
        ended_at=world.now(),
        reboot_option=reboot,
        missing=tuple(a.patch.patch_id for a in missing),
        levels={a.patch.patch_id: a.level for a in missing},
        installed=len(approved - set(pending)),
        installed_other=len(here) - len(approved),
        not_applicable=len(everything) * 3,
        pending_reboot=pending,
        failed=tuple(sorted(node.failed)),
    )
