"""What a baseline's rules approve, of a few patches written down here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.engine import approval
from sandbox.engine.approval import Ruling, judge, write_rules
from sandbox.engine.patches import Patch

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)


def package(name: str = "openssl", classification: str = "Security", severity: str = "Critical", **facts: Any) -> Patch:
    kb_id, version = f"{name}.x86_64", "0:3.0-1"
    return Patch(
        f"{kb_id}:{version}", kb_id, f"{kb_id}:{version}", name, version, name, classification, severity, MONDAY,
        ("CVE-2026-90001",), "AmazonLinux2023", "", **facts,
    )  # fmt: skip


def update(product: str = "WindowsServer2022", severity: str = "Critical", **facts: Any) -> Patch:
    family = facts.pop("product_family", "Windows")
    return Patch("KB9001", "KB9001", "Security Update (KB9001)", "Security Update", "", "KB9001", "SecurityUpdates",
                 severity, MONDAY, (), product, family, **facts)  # fmt: skip


def rule_on(monkeypatch: pytest.MonkeyPatch, patch: Patch, system: str = "AMAZON_LINUX_2023", **rules: Any) -> Ruling:
    monkeypatch.setattr(approval, "published", lambda *_: (patch,))
    judge.cache_clear()
    ruling = judge(write_rules(rules), 1, system, 1)[0]
    judge.cache_clear()
    return ruling


def rules(
    filters: dict[str, list[str]], level: str = "HIGH", days: int | None = 0, *, non_security: bool = False
) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "PatchFilterGroup": {"PatchFilters": [{"Key": key, "Values": values} for key, values in filters.items()]},
        "ComplianceLevel": level,
        "EnableNonSecurity": non_security,
    }
    return {"PatchRules": [rule if days is None else {**rule, "ApproveAfterDays": days}]}


@pytest.mark.parametrize(
    ("filters", "taken"),
    [
        ({"PRODUCT": ["*"]}, True),
        ({"PRODUCT": ["AmazonLinux2"]}, False),
        ({"CLASSIFICATION": ["Security"], "SEVERITY": ["Critical", "Important"]}, True),
        ({"CLASSIFICATION": ["Security"], "SEVERITY": ["Low"]}, False),
        ({"CLASSIFICATION": ["Bugfix"]}, False),
        ({"CVE_ID": ["CVE-2026-90001"]}, True),
        ({"NAME": ["openssl"]}, True),
        ({"MSRC_SEVERITY": ["Critical"]}, False),
        ({"PRIORITY": ["*"]}, False),
    ],
)
def test_filters_are_joined_by_and_their_values_by_or(
    monkeypatch: pytest.MonkeyPatch, filters: dict[str, list[str]], taken: bool
) -> None:
    ruling = rule_on(monkeypatch, package(), ApprovalRules=rules(filters))
    assert ruling.is_approved(MONDAY) is taken


def test_a_delay_ends_at_the_hour_of_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    ruling = rule_on(monkeypatch, package(), ApprovalRules=rules({"PRODUCT": ["*"]}, days=7))
    week_later = MONDAY + timedelta(days=7)
    assert [ruling.is_approved(week_later - timedelta(seconds=1)), ruling.is_approved(week_later)] == [False, True]


@pytest.mark.parametrize(("until", "approved"), [("2026-11-02", True), ("2026-11-01", False)])
def test_a_cutoff_day_counts_to_its_end(monkeypatch: pytest.MonkeyPatch, until: str, approved: bool) -> None:
    given = rules({"PRODUCT": ["*"]}, days=None)
    given["PatchRules"][0]["ApproveUntilDate"] = until
    assert rule_on(monkeypatch, package(), ApprovalRules=given).is_approved(MONDAY) is approved


def test_the_rule_that_approves_first_gives_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    late, early = rules({"PRODUCT": ["*"]}, "CRITICAL", 9), rules({"PRODUCT": ["*"]}, "LOW", 2)
    both = {"PatchRules": late["PatchRules"] + early["PatchRules"]}
    ruling = rule_on(monkeypatch, package(), ApprovalRules=both)
    assert (ruling.level, ruling.approved_at) == ("LOW", MONDAY + timedelta(days=2))


def test_debian_s_kind_knows_no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    given = rules({"PRIORITY": ["Required"]}, days=30)
    ruling = rule_on(monkeypatch, package(severity="Required"), "UBUNTU", ApprovalRules=given)
    assert ruling.is_approved(MONDAY)


@pytest.mark.parametrize(("non_security", "approved"), [(True, True), (False, False)])
def test_a_package_without_an_advisory_needs_enable_non_security(
    monkeypatch: pytest.MonkeyPatch, non_security: bool, approved: bool
) -> None:
    plain = package(classification="", severity="", is_advised=False)
    given = rules({"PRODUCT": ["*"], "CLASSIFICATION": ["Security"]}, non_security=non_security)
    assert rule_on(monkeypatch, plain, ApprovalRules=given).is_approved(MONDAY) is approved


@pytest.mark.parametrize("name", ["openssl.x86_64", "openssl*", "openssl-3.0-1", "openssl"])
def test_an_approved_patch_is_approved_at_once_with_its_own_level(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    ruling = rule_on(monkeypatch, package(), ApprovedPatches=[name], ApprovedPatchesComplianceLevel="MEDIUM")
    assert (ruling.approved_at, ruling.level, ruling.is_explicit) == (MONDAY, "MEDIUM", True)


@pytest.mark.parametrize(("allowed", "approved"), [(True, True), (False, False)])
def test_a_listed_package_without_an_advisory_needs_leave(
    monkeypatch: pytest.MonkeyPatch, allowed: bool, approved: bool
) -> None:
    plain = package(classification="", severity="", is_advised=False)
    ruling = rule_on(monkeypatch, plain, ApprovedPatches=["openssl"], ApprovedPatchesEnableNonSecurity=allowed)
    assert ruling.is_approved(MONDAY) is approved


def test_a_patch_both_approved_and_rejected_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    ruling = rule_on(monkeypatch, package(), ApprovedPatches=["openssl"], RejectedPatches=["openssl*"])
    assert (ruling.approved_at, ruling.is_rejected) == (None, True)


def test_global_filters_come_before_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    only_bind = {"PatchFilters": [{"Key": "NAME", "Values": ["bind"]}]}
    ruling = rule_on(monkeypatch, package(), ApprovalRules=rules({"PRODUCT": ["*"]}), GlobalFilters=only_bind)
    assert ruling.approved_at is None


@pytest.mark.parametrize(
    ("filters", "taken"),
    [
        ({"PRODUCT": ["*"]}, False),
        ({"PATCH_SET": ["APPLICATION"], "PRODUCT": ["SQL Server 2019"]}, True),
        ({"PATCH_SET": ["APPLICATION"], "PRODUCT_FAMILY": ["Office"]}, False),
        ({"PATCH_SET": ["*"], "MSRC_SEVERITY": ["Critical"]}, True),
    ],
)
def test_windows_applications_are_taken_only_by_their_patch_set(
    monkeypatch: pytest.MonkeyPatch, filters: dict[str, list[str]], taken: bool
) -> None:
    application = update("SQL Server 2019", product_family="SQL Server", patch_set="APPLICATION")
    assert rule_on(monkeypatch, application, "WINDOWS", ApprovalRules=rules(filters)).is_approved(MONDAY) is taken
