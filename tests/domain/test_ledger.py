"""Why findings changed, told by two results and the rules that they were judged by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from policies.domain.baselines import ApprovalRule, BaselineRules
from policies.domain.ledger import FlipCause, Result, explain_findings
from policies.domain.scanners import ScannerKind

NOW, HOUR = datetime(2026, 11, 23, 12, tzinfo=UTC), timedelta(hours=1)
RULES = BaselineRules("", "", "UBUNTU", rules=(ApprovalRule((), approve_after_days=0),))
STRICT = replace(RULES, rejected_patches=("snapd*",))
OLD = Result(
    ScannerKind.POLICY, "1", "Scan", "pb-1", NOW, missing=0, failed=0, pending_reboot=0, rejected=0, installed=5,
    system="UBUNTU", rules=RULES,
)  # fmt: skip
MISSES = replace(OLD, missing=2)
WINDOWS = replace(MISSES, system="WINDOWS")
HOST = replace(OLD, source=ScannerKind.HOST_MANAGEMENT, author="daily", baseline_id="pb-2", rules=None)
FOREIGN = replace(OLD, source=ScannerKind.PATCH_POLICY, author="console", rules=None)


def later(result: Result, **changes: object) -> Result:
    """The result of a scan an hour later."""
    return replace(result, ended_at=NOW + HOUR, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        (OLD, later(OLD, author="2", missing=2), FlipCause.NEW_PATCH),  # another policy with the same rules
        (OLD, later(OLD, author="2", missing=2, rules=STRICT), FlipCause.OVERWRITTEN),
        (OLD, later(OLD, author="2", missing=2, rules=None), FlipCause.OVERWRITTEN),
        (OLD, later(HOST, missing=2), FlipCause.OVERWRITTEN),
        (HOST, later(MISSES), FlipCause.WRITTEN_BACK),
        (FOREIGN, later(MISSES), FlipCause.WRITTEN_BACK),
        (HOST, later(HOST, author="other", source=ScannerKind.ASSOCIATION, missing=2), FlipCause.NEWLY_APPROVED),
        (HOST, later(HOST, baseline_id="pb-3", missing=2), FlipCause.BASELINE_CHANGED),
        (FOREIGN, later(FOREIGN, baseline_id="pb-random", missing=2), FlipCause.NEWLY_APPROVED),
        (OLD, later(MISSES, rules=STRICT), FlipCause.BASELINE_CHANGED),
    ],
)
def test_who_scanned_matters_only_where_the_rules_are_others(before: Result, after: Result, cause: FlipCause) -> None:
    assert explain_findings(before, after) is cause


@pytest.mark.parametrize("after", [OLD, replace(OLD, rules=STRICT), HOST])
def test_when_nothing_but_a_reboot_was_due_the_node_was_rebooted_whoever_saw_it(after: Result) -> None:
    assert explain_findings(replace(OLD, pending_reboot=2), later(after, installed=7)) is FlipCause.REBOOTED


@pytest.mark.parametrize(
    ("before", "changes", "cause"),
    [
        (replace(OLD, pending_reboot=2), {"pending_reboot": 0, "installed": 7, "missing": 1}, FlipCause.NEW_PATCH),
        (MISSES, {"missing": 0, "installed": 7}, FlipCause.CHANGED_BY_HAND),
        (replace(MISSES, pending_reboot=1), {"missing": 0, "pending_reboot": 0, "installed": 8},
         FlipCause.CHANGED_BY_HAND),
        (MISSES, {"missing": 0, "pending_reboot": 2}, FlipCause.REBOOT_PENDING),
        (OLD, {"missing": 1, "installed": 4}, FlipCause.CHANGED_BY_HAND),
        (OLD, {"rejected": 1}, FlipCause.CHANGED_BY_HAND),
        (OLD, {"rejected": 1, "rules": None}, FlipCause.UNEXPLAINED),
        (MISSES, {"missing": 0, "failed": 2}, FlipCause.UNEXPLAINED),
        (WINDOWS, {"missing": 0}, FlipCause.REPLACED),
        (WINDOWS, {"missing": 0, "installed": 7}, FlipCause.CHANGED_BY_HAND),
        (OLD, {"missing": 2, "operation": "Install"}, FlipCause.NEW_PATCH),
        (OLD, {"failed": 0, "pending_reboot": 1, "operation": "Install"}, FlipCause.REBOOT_PENDING),
    ],
)  # fmt: skip
def test_what_became_of_the_patches_tells_the_cause(
    before: Result, changes: dict[str, object], cause: FlipCause
) -> None:
    assert explain_findings(before, later(before, **changes)) is cause


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"missing": 0, "installed": 7}, FlipCause.INSTALL_RAN),
        ({"missing": 0, "failed": 2}, FlipCause.INSTALL_FAILED),
        ({"missing": 3}, FlipCause.NEW_PATCH),
    ],
)
def test_an_installation_whose_result_was_written_over_counts_all_the_same(
    changes: dict[str, object], cause: FlipCause
) -> None:
    after = later(MISSES, **changes)
    assert explain_findings(MISSES, after, [NOW + HOUR / 2]) is cause
    assert explain_findings(MISSES, after, [NOW, NOW + 2 * HOUR]) is not FlipCause.INSTALL_RAN


def test_an_installation_of_a_list_that_leaves_more_missing_is_another_scanners_verdict() -> None:
    assert explain_findings(OLD, later(HOST, missing=9, operation="Install")) is FlipCause.OVERWRITTEN
