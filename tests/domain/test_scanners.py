"""Other scanners are recognised by their names, and their targets are read as State Manager reads them."""

from __future__ import annotations

import pytest

from policies.domain.scanners import ScannerKind, Target, is_told_by_aws, kind_of, reaches

NODE, TAGS = "i-0123456789abcdef0", {"Role": "web", "Patch": ""}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AWS-QuickSetup-SSMHostMgmt-ScanForPatches-q4bkg", ScannerKind.HOST_MANAGEMENT),
        ("AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-q4bkg", ScannerKind.PATCH_POLICY),
        ("AWS-PatchNowAssociation", ScannerKind.PATCH_NOW),
        ("AWS-PatchRebootAssociation", ScannerKind.PATCH_NOW),
        ("nightly-scan", ScannerKind.ASSOCIATION),
        ("", ScannerKind.ASSOCIATION),
    ],
)
def test_a_scanner_is_known_by_its_name(name: str, kind: ScannerKind) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([Target("InstanceIds", ("*",))], True),
        ([Target("InstanceIds", (NODE,))], True),
        ([Target("InstanceIds", ("i-0fedcba9876543210",))], False),
        ([Target("tag:Role", ("db", "web"))], True),
        ([Target("tag:Role", ("db",))], False),
        ([Target("tag:Nothing", ("web",))], False),
        ([Target("tag-key", ("Patch",))], True),
        ([Target("tag:Role", ("web",)), Target("tag-key", ("Missing",))], False),
        ([Target("resource-groups:Name", ("web-servers",))], False),
        ([], False),
    ],
)
def test_values_are_alternatives_and_targets_must_all_fit(targets: list[Target], expected: bool) -> None:
    assert reaches((tuple(targets),), NODE, TAGS) is expected


def test_one_of_the_alternatives_of_a_window_is_enough() -> None:
    web, db = Target("tag:Role", ("web",)), Target("tag:Role", ("db",))
    assert reaches(((db,), (web,)), NODE, TAGS)
    assert not reaches((), NODE, TAGS)


def test_only_aws_knows_the_members_of_a_resource_group() -> None:
    assert is_told_by_aws(((Target("resource-groups:Name", ("web-servers",)),),))
    assert not is_told_by_aws(((Target("tag:Role", ("web",)),),))
