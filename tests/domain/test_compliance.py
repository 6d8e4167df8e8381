"""How a node stands: policy status from runs, findings from counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.compliance import association_status_of, findings_of, has_failed, policy_status_of
from policies.domain.status import AssociationStatus, Findings, PolicyStatus

FAILURES = ["Failed", "TimedOut", "Undeliverable", "DeliveryTimedOut", "ExecutionTimedOut"]
UNENDED = ["Pending", "Associated", "InProgress", "Skipped", ""]
words = st.lists(st.sampled_from(["Success", *FAILURES, *UNENDED]), max_size=5)
counts = st.integers(0, 3)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ((), PolicyStatus.PENDING),
        (("InProgress",), PolicyStatus.PENDING),
        (("Success",), PolicyStatus.COMPLIANT),
        (("Success", "Pending"), PolicyStatus.COMPLIANT),
        (("Success", "Success"), PolicyStatus.COMPLIANT),
        (("Success", "Failed"), PolicyStatus.NON_COMPLIANT),
        (("Pending", "TimedOut"), PolicyStatus.NON_COMPLIANT),
    ],
)
def test_a_nodes_status_under_a_policy_is_that_of_its_runs(statuses: tuple[str, ...], status: PolicyStatus) -> None:
    assert policy_status_of(statuses) is status


@given(words, st.sampled_from(FAILURES))
def test_one_failure_is_enough(statuses: list[str], failure: str) -> None:
    assert has_failed(failure)
    assert policy_status_of([*statuses, failure]) is PolicyStatus.NON_COMPLIANT


@given(words, st.sampled_from(UNENDED))
def test_a_run_that_has_not_ended_changes_nothing(statuses: list[str], word: str) -> None:
    assert not has_failed(word)
    assert policy_status_of([*statuses, word]) is policy_status_of(statuses)


@given(words, st.randoms(use_true_random=False))
def test_the_order_of_runs_does_not_matter(statuses: list[str], chance: object) -> None:
    turned = list(statuses)
    chance.shuffle(turned)  # type: ignore[attr-defined]

    assert policy_status_of(turned) is policy_status_of(statuses)


@pytest.mark.parametrize(
    ("failed", "missing", "rejected", "pending_reboot", "findings"),
    [
        (0, 0, 0, 0, Findings.UP_TO_DATE),
        (0, 0, 0, 1, Findings.PENDING_REBOOT),
        (0, 0, 2, 1, Findings.MISSING),
        (0, 1, 0, 1, Findings.MISSING),
        (3, 1, 1, 1, Findings.FAILED),
    ],
)
def test_findings_are_the_worst_that_the_counts_tell(
    failed: int, missing: int, rejected: int, pending_reboot: int, findings: Findings
) -> None:
    told = findings_of(failed=failed, missing=missing, rejected=rejected, pending_reboot=pending_reboot)

    assert told is findings


@given(counts, counts, counts, counts)
def test_a_node_is_up_to_date_only_when_nothing_is_non_compliant(
    failed: int, missing: int, rejected: int, pending_reboot: int
) -> None:
    told = findings_of(failed=failed, missing=missing, rejected=rejected, pending_reboot=pending_reboot)

    assert (told is Findings.UP_TO_DATE) == (failed + missing + rejected + pending_reboot == 0)
    assert told is not Findings.NEVER_SCANNED


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Success", AssociationStatus.SUCCESS),
        ("Failed", AssociationStatus.FAILED),
        ("Pending", AssociationStatus.PENDING),
        ("Skipped", AssociationStatus.SKIPPED),
        ("Unheard", AssociationStatus.PENDING),
    ],
)
def test_an_associations_status_is_state_managers(word: str, status: AssociationStatus) -> None:
    assert association_status_of(word) is status
