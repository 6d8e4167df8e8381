"""Why a node's status changed: the closed list of causes, and the rule that chooses one by what two results tell.

Pure: observe/ledger.py hands in the results and the rules that they were judged by. A change that nothing here explains
is told as unexplained, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from policies.domain.baselines import BaselineRules
from policies.domain.compliance import FAILED
from policies.domain.scanners import ScannerKind
from policies.domain.sentence import N_, Sentence
from policies.domain.status import Findings, PolicyStatus

GONE, PRESENT = "gone", "present"
"""Before and after of a flip of PRESENCE."""
INSTALL, WINDOWS = "Install", "WINDOWS"
BY_FILE = frozenset({ScannerKind.POLICY, ScannerKind.PATCH_POLICY})
"""Whose rules are those of an override file."""
UNREACHED = frozenset({"TimedOut", "DeliveryTimedOut", "ExecutionTimedOut", "Undeliverable", "Terminated"})


class FlipKind(StrEnum):
    """Which of a node's statuses changed."""

    FINDINGS = "findings"
    POLICY = "policy"
    PRESENCE = "presence"

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """For a model's field."""
        return [(kind.value, kind.value) for kind in cls]


class FlipCause(StrEnum):
    """The closed list."""

    FIRST_SCAN = "first-scan"
    OVERWRITTEN = "overwritten"
    WRITTEN_BACK = "written-back"
    BASELINE_CHANGED = "baseline-changed"
    INSTALL_RAN = "install-ran"
    INSTALL_FAILED = "install-failed"
    REBOOT_PENDING = "reboot-pending"
    REBOOTED = "rebooted"
    NEW_PATCH = "new-patch"
    DELAY_OVER = "delay-over"
    NEWLY_APPROVED = "newly-approved"
    REPLACED = "replaced"
    CHANGED_BY_HAND = "changed-by-hand"
    RUN_BEGAN = "run-began"
    RUN_SUCCEEDED = "run-succeeded"
    RUN_FAILED = "run-failed"
    RUN_UNREACHED = "run-unreached"
    ASSOCIATION_GONE = "association-gone"
    NODE_LOST = "node-lost"
    NODE_BACK = "node-back"
    RESULT_LOST = "result-lost"
    UNEXPLAINED = "unexplained"


TOLD: Mapping[FlipCause, Sentence] = {
    FlipCause.FIRST_SCAN: Sentence(N_("The node was scanned for the first time since Systems Manager manages it.")),
    FlipCause.OVERWRITTEN: Sentence(N_("Another scanner or policy wrote over the result, by its own patch baseline.")),
    FlipCause.WRITTEN_BACK: Sentence(N_("A policy scanned, and wrote over another scanner's result.")),
    FlipCause.BASELINE_CHANGED: Sentence(N_("The rules changed: the node was judged by another patch baseline.")),
    FlipCause.INSTALL_RAN: Sentence(N_("An installation ran on the node.")),
    FlipCause.INSTALL_FAILED: Sentence(N_("An installation ran on the node, and some patches failed.")),
    FlipCause.REBOOT_PENDING: Sentence(N_("Patches were installed, and the node must be rebooted.")),
    FlipCause.REBOOTED: Sentence(N_("The node was rebooted.")),
    FlipCause.NEW_PATCH: Sentence(N_("A new patch was published, which the rules approve at once.")),
    FlipCause.DELAY_OVER: Sentence(N_("The approval delay of a patch is over.")),
    FlipCause.NEWLY_APPROVED: Sentence(
        N_(
            "A patch is approved now: it is new, its approval delay is over, or a patch baseline was edited of which "
            "the portal keeps no copy."
        )
    ),
    FlipCause.REPLACED: Sentence(
        N_("A newer update replaced the one that was missing, and the rules do not approve it yet.")
    ),
    FlipCause.CHANGED_BY_HAND: Sentence(
        N_("Patches were installed or removed on the node, by no patching run that the portal has seen.")
    ),
    FlipCause.RUN_BEGAN: Sentence(N_("A run began.")),
    FlipCause.RUN_SUCCEEDED: Sentence(N_("A run of the policy succeeded.")),
    FlipCause.RUN_FAILED: Sentence(N_("A run of the policy failed.")),
    FlipCause.RUN_UNREACHED: Sentence(N_("A run of the policy did not reach the node in time.")),
    FlipCause.ASSOCIATION_GONE: Sentence(N_("The policy's association whose run counted here is gone.")),
    FlipCause.NODE_LOST: Sentence(N_("The node is no longer managed by Systems Manager.")),
    FlipCause.NODE_BACK: Sentence(N_("The node is managed by Systems Manager again.")),
    FlipCause.RESULT_LOST: Sentence(N_("Systems Manager holds no result of the node any more.")),
    FlipCause.UNEXPLAINED: Sentence(N_("Unexplained: nothing that the portal knows accounts for it.")),
}
"""Each cause in words."""


@dataclass(frozen=True)
class Result:
    """What one scan of a node told, for comparing. `rules` are those of a policy's file, None where not known.

    `author` names who ran it, a policy or another scanner of the kind `source`; "" where that is not known. `system` is
    the node's operating system.
    """

    source: ScannerKind
    author: str
    operation: str
    baseline_id: str
    ended_at: datetime
    missing: int
    failed: int
    pending_reboot: int
    rejected: int
    installed: int
    system: str
    rules: BaselineRules | None = None

    @property
    def lacks(self) -> int:
        """How many patches are not as the rules say; those that wait for a reboot are."""
        return self.missing + self.failed + self.rejected


def explain_findings(before: Result | None, after: Result, installs: Iterable[datetime] = ()) -> FlipCause:
    """Why the findings changed from one result to the next; `installs`: when installations by policies ran there."""
    if before is None:
        return FlipCause.FIRST_SCAN
    if after.operation == INSTALL and not after.lacks > before.lacks:
        return _explain_install(after)
    if _was_rebooted(before, after):
        return FlipCause.REBOOTED
    is_same = _are_rules_the_same(before, after)
    if not is_same and _is_of_another(before, after):
        is_back = after.source is ScannerKind.POLICY and before.source is not after.source
        return FlipCause.WRITTEN_BACK if is_back else FlipCause.OVERWRITTEN
    if is_same is False:
        return FlipCause.BASELINE_CHANGED
    return _explain_scan(before, after, any(before.ended_at < at <= after.ended_at for at in installs))


def _explain_install(after: Result) -> FlipCause:
    if after.failed:
        return FlipCause.INSTALL_FAILED
    return FlipCause.REBOOT_PENDING if after.pending_reboot else FlipCause.INSTALL_RAN


def _was_rebooted(before: Result, after: Result) -> bool:
    """A reboot was all that was due, and now nothing is: whatever the rules, nothing but a reboot does that."""
    return before.pending_reboot > 0 == after.pending_reboot and not (before.lacks or after.lacks)


def _are_rules_the_same(before: Result, after: Result) -> bool | None:
    """Whether both were judged alike; None where that is not known.

    A policy's run reports a random baseline id: its rules are those of the file, if that is known.
    """
    if {before.source, after.source} & BY_FILE:
        return None if None in (before.rules, after.rules) else before.rules == after.rules
    return before.baseline_id == after.baseline_id


def _is_of_another(before: Result, after: Result) -> bool:
    is_known = bool(before.author and after.author)
    return before.source is not after.source or (is_known and before.author != after.author)


def _explain_scan(before: Result, after: Result, has_installed: bool) -> FlipCause:
    """The same rules, as far as is known, found something else."""
    if after.lacks != before.lacks:
        return _explain_lack(before, after, has_installed)
    if has_installed and after.failed > before.failed:
        return FlipCause.INSTALL_FAILED
    return FlipCause.REBOOT_PENDING if after.pending_reboot > before.pending_reboot else FlipCause.UNEXPLAINED


def _explain_lack(before: Result, after: Result, has_installed: bool) -> FlipCause:
    """More patches are out of order, or fewer."""
    if after.rejected != before.rejected:
        return FlipCause.CHANGED_BY_HAND if after.rules else FlipCause.UNEXPLAINED
    if after.lacks > before.lacks:
        return FlipCause.CHANGED_BY_HAND if after.installed < before.installed else _explain_approval(after.rules)
    if after.pending_reboot > before.pending_reboot:
        return FlipCause.REBOOT_PENDING
    if has_installed:
        return FlipCause.INSTALL_RAN
    is_replaced = after.system == WINDOWS and after.installed <= before.installed
    return FlipCause.REPLACED if is_replaced else FlipCause.CHANGED_BY_HAND


def _explain_approval(rules: BaselineRules | None) -> FlipCause:
    """Which of the two ways of becoming approved, where the rules allow but one."""
    delays = {bool(rule.approve_after_days) for rule in rules.rules} if rules else set()
    if delays == {True}:
        return FlipCause.DELAY_OVER
    return FlipCause.NEW_PATCH if delays == {False} else FlipCause.NEWLY_APPROVED


def explain_policy(after: PolicyStatus, word: str) -> FlipCause:
    """Why a node's status under a policy changed; `word` is State Manager's for the run that makes it so."""
    if after is PolicyStatus.COMPLIANT:
        return FlipCause.RUN_SUCCEEDED
    if after is PolicyStatus.PENDING:
        return FlipCause.RUN_BEGAN
    if word in UNREACHED:
        return FlipCause.RUN_UNREACHED
    return FlipCause.RUN_FAILED if word in FAILED else FlipCause.UNEXPLAINED


def explain_presence(after: str) -> FlipCause:
    """Why a node is gone or back."""
    return FlipCause.NODE_LOST if after == GONE else FlipCause.NODE_BACK


def is_flip(before: Findings | None, after: Findings) -> bool:
    """Whether the findings are others than before; a node that is new to the portal has not changed."""
    return before is not None and before is not after
