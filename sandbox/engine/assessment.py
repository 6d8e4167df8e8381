"""What a node has and what it lacks, judged by a baseline's rules at a moment.

On Linux and macOS a package has one version: the newest approved one that is newer than what is installed is missing,
and an older one never is. On Windows an update that a newer one replaces is no longer offered, approved or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.engine.approval import Ruling, judge, read_rules
from sandbox.engine.fleet import Node
from sandbox.engine.patches import WINDOWS_APPLICATION, Patch, day_of
from sandbox.engine.reports import PatchState
from sandbox.engine.systems import Packaging

if TYPE_CHECKING:
    from sandbox.engine.world import World


@dataclass(frozen=True)
class Row:
    """One patch of a node: its state, its ruling, and since when it is installed (None when it is not)."""

    ruling: Ruling
    state: PatchState
    installed_at: datetime | None = None

    @property
    def patch(self) -> Patch:
        return self.ruling.patch


@dataclass(frozen=True)
class Assessment:
    """The patches of a node that are reported by name, oldest first, and how many more do not concern it."""

    rows: tuple[Row, ...]
    not_applicable: int

    def of_state(self, state: PatchState) -> list[Row]:
        """The rows in one state."""
        return [row for row in self.rows if row.state == state]


def assess(world: World, node: Node, rules: str, at: datetime, frozen_at: datetime | None = None) -> Assessment:
    """Look at a node at a moment; a snapshot's rules were evaluated at `frozen_at` and stay so."""
    rulings = judge(rules, world.seed, node.operating_system, day_of(at))
    known = [r for r in rulings if r.patch.released_at <= at and _is_applicable(node, r.patch)]
    blocks = read_rules(rules).get("RejectedPatchesAction") == "BLOCK"
    rows = [*_installed(node, known, at, blocks=blocks), *_lacking(node, known, at, frozen_at or at)]
    rows.sort(key=lambda row: row.patch.released_at)
    return Assessment(tuple(rows), len(known) - len(rows))


def is_installed(node: Node, patch: Patch, at: datetime) -> bool:
    """Whether a patch came with the node's image or was installed by a moment."""
    if node.patched_until and patch.released_at <= node.patched_until:
        return True
    since = node.installed.get(patch.patch_id)
    return since is not None and since <= at


def _is_applicable(node: Node, patch: Patch) -> bool:
    """Windows: the node's own version, and an application that every third node has."""
    if patch.product == WINDOWS_APPLICATION:
        return int(node.instance_id[-2:], 16) % 3 == 0
    return patch.product == node.system.product


def _installed(node: Node, known: list[Ruling], at: datetime, *, blocks: bool) -> list[Row]:
    here = [r for r in known if is_installed(node, r.patch, at)]
    if node.system.packaging is not Packaging.WINDOWS:
        here = list({r.patch.lineage: r for r in here}.values())
    return [
        Row(r, _installed_state(node, r, at, blocks=blocks), node.installed.get(r.patch.patch_id, node.launched_at))
        for r in here
    ]


def _installed_state(node: Node, ruling: Ruling, at: datetime, *, blocks: bool) -> PatchState:
    if ruling.is_rejected and blocks:
        return PatchState.INSTALLED_REJECTED
    if ruling.patch.patch_id in node.pending_reboot:
        return PatchState.INSTALLED_PENDING_REBOOT
    return PatchState.INSTALLED if ruling.is_approved(at) else PatchState.INSTALLED_OTHER


def _lacking(node: Node, known: list[Ruling], at: datetime, frozen_at: datetime) -> list[Row]:
    """For each lineage, what is newer than what is installed of it and should be there."""
    newer: dict[str, list[Ruling]] = {}
    for ruling in known:
        if is_installed(node, ruling.patch, at):
            newer.pop(ruling.patch.lineage, None)
        else:
            newer.setdefault(ruling.patch.lineage, []).append(ruling)
    is_windows = node.system.packaging is Packaging.WINDOWS
    rows = [_lacking_row(node, offered[-1:] if is_windows else offered, frozen_at) for offered in newer.values()]
    return [row for row in rows if row]


def _lacking_row(node: Node, offered: list[Ruling], frozen_at: datetime) -> Row | None:
    approved = [ruling for ruling in offered if ruling.is_approved(frozen_at)]
    if approved:
        has_failed = approved[-1].patch.patch_id in node.failed
        return Row(approved[-1], PatchState.FAILED if has_failed else PatchState.MISSING)
    newest = offered[-1]
    is_windows = node.system.packaging is Packaging.WINDOWS
    if is_windows and newest.patch.is_security and not newest.is_rejected:
        return Row(newest, PatchState.AVAILABLE_SECURITY_UPDATE)
    return None
