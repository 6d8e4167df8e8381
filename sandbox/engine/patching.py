"""What AWS-RunPatchBaseline does on one node: fetch the rules, find what is missing, install it, report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sandbox.engine.approval import write_rules
from sandbox.engine.assessment import Row, assess
from sandbox.engine.baselines import Snapshot
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.node_access import is_managed, may, pass_endpoint, role_of
from sandbox.engine.node_failures import Exit, NodeFailed
from sandbox.engine.override_files import Wanted, read_install_list, read_override
from sandbox.engine.reports import PatchState, Report
from sandbox.engine.run_log import failure_log, report_log
from sandbox.engine.run_report import Asked, make_report

if TYPE_CHECKING:
    from sandbox.engine.world import World

__all__ = ["NodeFailed", "Report", "is_managed", "patch", "role_of", "tell_run"]

POLICY_BUCKETS = "s3://aws-quicksetup-patchpolicy-"
COLLISION = timedelta(minutes=2)
UPLOADS = ("ssm:PutInventory", "ssm:PutComplianceItems")
EVERYTHING = write_rules({"ApprovedPatches": ["*"], "ApprovedPatchesEnableNonSecurity": True})
NO_EXECUTION = "Permission denied: /var/lib/amazon is mounted noexec"
"""The trouble of a node on which nothing can be run; any other trouble stops installations alone."""


@dataclass(frozen=True)
class Rules:
    """What a node is judged by: the rules as text, the baseline's id, and the moment that they were evaluated at."""

    text: str
    baseline_id: str
    snapshot_id: str
    evaluated_at: datetime


def patch(
    world: World, node: Node, parameters: dict[str, list[str]], execution_id: str, began_at: datetime | None = None
) -> Report:
    """Run the document on a node, from `began_at` until now; what it reports to compliance is kept in the fleet.

    Raises NodeFailed with the exit code that AWS's document would give. An override outside a patch policy writes no
    compliance (aws-facts 2.3): its report is given back and kept nowhere.
    """
    asked = _read(parameters, execution_id)
    ran_at, node.ran_at = node.ran_at, world.now()
    try:
        return _run(world, node, replace(asked, began_at=began_at or world.now()), ran_at)
    except NodeFailed as failure:
        failure.log = failure.log if "\n" in failure.log else failure_log(node, asked, failure)
        raise


def tell_run(node: Node, parameters: dict[str, list[str]], report: Report) -> str:
    """The log of a run that ended well."""
    return report_log(node, _read(parameters, report.execution_id), report)


def _run(world: World, node: Node, asked: Asked, ran_at: datetime | None) -> Report:
    _begin(world, node, asked, ran_at)
    rules = _find_rules(world, node, asked)
    failed: list[Row] = []
    if asked.operation == "Install":
        failed = _install(world, node, asked, rules)
    judged = assess(world, node, rules.text, world.now(), rules.evaluated_at)
    report = make_report(world, node, asked, judged, rules.text, rules.baseline_id, rules.snapshot_id)
    if not asked.override or asked.by_policy:
        _upload(world, node, report)
    if failed:
        words = f"Installation failed: {', '.join(row.patch.patch_id for row in failed)}"
        raise NodeFailed(Exit.FAILED, words, report_log(node, asked, report))
    return report


def _read(parameters: dict[str, list[str]], execution_id: str) -> Asked:
    def one(name: str, default: str = "") -> str:
        return (parameters.get(name) or [default])[0]

    override, association = one("BaselineOverride"), one("AssociationId")
    return Asked(
        one("Operation", "Scan"), override, one("InstallOverrideList"), one("RebootOption", "RebootIfNeeded"),
        one("SnapshotId"), execution_id, by_policy=bool(association) and override.startswith(POLICY_BUCKETS),
    )  # fmt: skip


def _begin(world: World, node: Node, asked: Asked, ran_at: datetime | None) -> None:
    """What must hold before anything is looked at; two runs at nearly the same time disturb each other."""
    if node.trouble == NO_EXECUTION:
        raise NodeFailed(Exit.CANNOT_EXECUTE, node.trouble)
    if ran_at and asked.began_at and asked.began_at - ran_at < COLLISION:
        raise NodeFailed(Exit.PAYLOAD, "An unexpected error occurred while running the patch baseline operation")
    if asked.override and asked.install_list:
        raise NodeFailed(Exit.BOTH_OVERRIDES, "InstallOverrideList and BaselineOverride cannot be used together")
    _fetch(world, node, f"aws-ssm-{node.region}", "patchbaselineoperations/payload.tar.gz", Exit.PAYLOAD)


def _fetch(world: World, node: Node, bucket: str, key: str, code: Exit) -> None:
    """Get something of AWS's own through the node's S3 endpoint."""
    try:
        pass_endpoint(world, node, "s3:GetObject", bucket, key)
    except AwsError as error:
        raise NodeFailed(code, f"Unable to download s3://{bucket}/{key}: {error.message}") from error


def _find_rules(world: World, node: Node, asked: Asked) -> Rules:
    """The rules of the override, or of the baseline that the node's patch group or operating system has."""
    if asked.override:
        text, baseline_id = read_override(world, node, asked.override), _random_id(world)
    else:
        baseline = world.baselines.of_node(node)
        if baseline is None:
            raise NodeFailed(Exit.SYSTEM_UNSUPPORTED, f"There is no patch baseline for {node.operating_system}")
        text, baseline_id = write_rules(baseline), str(baseline["BaselineId"])
    if not may(world, node, "ssm:GetDeployablePatchSnapshotForInstance"):
        words = "AccessDeniedException when calling the GetDeployablePatchSnapshotForInstance operation"
        raise NodeFailed(Exit.SNAPSHOT_DENIED, words)
    _fetch(world, node, f"patch-baseline-snapshot-{node.region}", node.instance_id, Exit.SNAPSHOT_ERROR)
    snapshot = Snapshot(text, baseline_id, world.now())
    if asked.snapshot_id:
        snapshot = world.baselines.freeze(node, asked.snapshot_id, snapshot)
    return Rules(snapshot.rules, snapshot.baseline_id, asked.snapshot_id or world.uuid(), snapshot.evaluated_at)


def _random_id(world: World) -> str:
    """Under an override the snapshot carries a baseline id that nobody can look up."""
    return "pb-0" + world.uuid().replace("-", "")[:16]


def _install(world: World, node: Node, asked: Asked, rules: Rules) -> list[Row]:
    """Install what is missing, or what a list names; the rows of those that failed. Reboots when it may."""
    if node.trouble:
        raise NodeFailed(Exit.FAILED, f"Installation failed: {node.trouble}")
    if asked.install_list:
        wanted = _listed(world, node, read_install_list(world, node, asked.install_list))
    else:
        judged = assess(world, node, rules.text, world.now(), rules.evaluated_at)
        wanted = [*judged.of_state(PatchState.MISSING), *judged.of_state(PatchState.FAILED)]
    failed = [row for row in wanted if {row.patch.name, row.patch.kb_id} & set(node.unpatchable)]
    node.failed = {row.patch.patch_id for row in failed}
    done = {row.patch.patch_id for row in wanted} - node.failed
    node.installed.update(dict.fromkeys(done, world.now()))
    node.pending_reboot |= done
    if asked.reboot != "RebootIfNeeded":
        node.installed_without_reboot_at = world.now()
    elif node.pending_reboot:
        node.reboot(world.now())
    return failed


def _listed(world: World, node: Node, entries: tuple[Wanted, ...]) -> list[Row]:
    """What a list names and is not yet installed, whatever the baseline approves."""
    judged = assess(world, node, EVERYTHING, world.now())
    return [
        row
        for row in judged.rows
        if row.installed_at is None
        and any(
            fnmatchcase(row.patch.kb_id, entry.patch_id)
            and (not entry.title or fnmatchcase(row.patch.title, f"*{entry.title}*"))
            for entry in entries
        )
    ]


def _upload(world: World, node: Node, report: Report) -> None:
    """Give inventory and compliance to Systems Manager, which keeps the newest."""
    if not all(may(world, node, action) for action in UPLOADS):
        raise NodeFailed(Exit.COMPLIANCE_NOT_UPLOADED, "Unable to upload the inventory: AccessDeniedException")
    world.fleet.reports[node.instance_id] = report
