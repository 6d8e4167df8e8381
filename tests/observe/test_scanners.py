"""Each other scanner of AWS is made in the sandbox, writes over what a policy found, and is told for what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from policies.domain.scanners import WINDOW, ScannerKind
from policies.models import OtherScanner, Scan, Shard
from policies.observe.conflicts import find_rivals
from sandbox.engine.scanners import (
    EVERY_NODE,
    add_host_management,
    add_maintenance_window,
    add_own_association,
    patch_now,
)
from tests.observe.reading import REGION, associate
from tests.observe.scene import BUCKET, Scene
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db

FOREIGN = "AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-other"
LIST = "https://s3.us-east-1.amazonaws.com/" + BUCKET + "/list.yaml"


class Told(NamedTuple):
    """What a result must be told to be: who made it, under which name, by which kind of run."""

    kind: ScannerKind
    name: str
    execution_type: str = "Command"


def policy_run(scene: Scene) -> None:
    scene.scan()


def foreign_policy(scene: Scene) -> None:
    file = f"s3://{BUCKET}/baseline_overrides.json"
    make(scene, FOREIGN, Parameters={"Operation": ["Scan"], "BaselineOverride": [file]})


def other_association(scene: Scene) -> None:
    add_own_association(scene.world, MEMBER, REGION)


def association_document(scene: Scene) -> None:
    make(scene, "scan-by-association", Name="AWS-RunPatchBaselineAssociation")


def host_management(scene: Scene) -> None:
    add_host_management(scene.world, MEMBER, REGION)


def press_patch_now(scene: Scene) -> None:
    patch_now(scene.world, MEMBER, REGION)


def scheduled_reboot(scene: Scene) -> None:
    make(scene, "AWS-PatchRebootAssociation")


def window(scene: Scene) -> None:
    add_maintenance_window(scene.world, MEMBER, REGION, schedule="rate(1 hour)")


def run_command(scene: Scene, **parameters: str) -> None:
    given = {name: [value] for name, value in parameters.items()}
    scene.ssm().send_command(
        DocumentName="AWS-RunPatchBaseline", Targets=list(EVERY_NODE), Parameters={"Operation": ["Scan"], **given}
    )


def install_list(scene: Scene) -> None:
    body = b"patches:\n- id: '*'\n  title: nothing-has-this-title\n"
    scene.aws.client("s3").put_object(Bucket=BUCKET, Key="list.yaml", Body=body)
    run_command(scene, InstallOverrideList=LIST)


def patch_group(scene: Scene) -> None:
    for node in scene.nodes():
        node.tags["Patch Group"] = "blue"
    run_command(scene)


def make(scene: Scene, name: str, **facts: Any) -> None:
    """Somebody's association with every node."""
    scene.ssm().create_association(**{
        "Name": "AWS-RunPatchBaseline", "AssociationName": name, "Targets": list(EVERY_NODE),
        "Parameters": {"Operation": ["Scan"]}, **facts,
    })  # fmt: skip


STORIES: dict[Callable[[Scene], None], Told] = {
    policy_run: Told(ScannerKind.POLICY, "", "PatchPolicy"),
    foreign_policy: Told(ScannerKind.PATCH_POLICY, "AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-other", "PatchPolicy"),
    other_association: Told(ScannerKind.ASSOCIATION, "patch-scan-by-hand"),
    association_document: Told(ScannerKind.ASSOCIATION, "scan-by-association"),
    host_management: Told(ScannerKind.HOST_MANAGEMENT, "AWS-QuickSetup-SSMHostMgmt-ScanForPatches-h7x2k"),
    press_patch_now: Told(ScannerKind.PATCH_NOW, "AWS-PatchNowAssociation"),
    scheduled_reboot: Told(ScannerKind.PATCH_NOW, "AWS-PatchRebootAssociation"),
    window: Told(ScannerKind.MAINTENANCE_WINDOW, "nightly-patching"),
    run_command: Told(ScannerKind.COMMAND, ""),
    install_list: Told(ScannerKind.COMMAND, ""),
    patch_group: Told(ScannerKind.COMMAND, ""),
}
"""Each signal and each scanner that AWS has (aws-facts 7.2), with what its results are told to be."""


def scanned(scene: Scene) -> Scene:
    """The policy has scanned, and the portal has read that."""
    scene.write_file(0)
    scene.scan()
    scene.settle()
    return scene


def newest(scene: Scene) -> set[Told]:
    """Whose the newest result of each node is told to be."""
    scene.settle()
    ids = [node.instance_id for node in scene.nodes()]
    last = [Scan.objects.filter(node__instance_id=i).latest("ended_at") for i in ids]
    return {Told(ScannerKind(scan.source), scan.scanner, scan.execution_type) for scan in last}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_each_scanner_is_told_for_what_it_is(scene: Scene, story: Callable[[Scene], None]) -> None:
    scanned(scene).wait()
    before = set(Scan.objects.values_list("execution_id", flat=True))

    story(scene)
    scene.wait(minutes=70)

    assert newest(scene) == {STORIES[story]}
    assert Scan.objects.exclude(execution_id__in=before).exists()


def test_what_else_tells_of_another_method_is_kept(scene: Scene) -> None:
    """Patch groups and install override lists are never a policy's; a baseline that AWS knows is not, either."""
    scanned(scene).wait()
    patch_group(scene)
    scene.wait(minutes=30)
    install_list(scene)
    scene.wait(minutes=30)
    scene.settle()
    scan = Scan.objects.latest("ended_at")
    known = {b["BaselineId"] for b in scene.ssm().describe_patch_baselines()["BaselineIdentities"]}
    assert (scan.patch_group, scan.install_list, scan.baseline_id in known) == ("blue", LIST, True)
    assert not known & set(Scan.objects.filter(source=ScannerKind.POLICY).values_list("baseline_id", flat=True))


def test_a_reboot_that_runs_another_document_is_a_scanner_all_the_same(scene: Scene) -> None:
    make(scene, "AWS-PatchRebootAssociation", Name="AWS-RunShellScript", Parameters={"commands": ["reboot"]})
    scene.settle()
    assert [rival.kind for rival in find_rivals()] == [ScannerKind.PATCH_NOW]


def test_a_command_is_its_senders_although_another_scanner_ran_just_before(scene: Scene) -> None:
    """It goes by the command that a result names, not by the time."""
    scanned(scene).wait()
    add_own_association(scene.world, MEMBER, REGION)
    scene.wait(minutes=30)
    run_command(scene)
    scene.wait(minutes=30)
    assert newest(scene) == {Told(ScannerKind.COMMAND, "")}


def test_a_run_that_had_only_begun_when_its_scanner_was_traced_is_traced_again(scene: Scene) -> None:
    scanned(scene).wait()
    run_command(scene)
    scene.wait()
    add_own_association(scene.world, MEMBER, REGION)
    assert newest(scene) == {Told(ScannerKind.COMMAND, "")}
    scene.wait()
    assert newest(scene) == {Told(ScannerKind.ASSOCIATION, "patch-scan-by-hand")}


def test_results_of_runs_that_lie_back_are_traced_too(scene: Scene) -> None:
    """One node misses the newest run: its result is of the one before."""
    scanned(scene).wait()
    add_maintenance_window(scene.world, MEMBER, REGION, schedule="rate(2 hours)")
    scene.wait(hours=2, minutes=30)
    away = scene.nodes()[0]
    scene.world.fleet.set_contact(away.instance_id, "ConnectionLost", scene.world.now())
    scene.wait(hours=2)
    assert newest(scene) == {Told(ScannerKind.MAINTENANCE_WINDOW, "nightly-patching")}


def test_windows_are_known_with_what_they_reach(scene: Scene) -> None:
    """A target that the window has, one that only its task names; a window that does not patch is none."""
    ssm = scene.ssm()
    settings = {"Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1, "AllowUnassociatedTargets": True}
    quiet = ssm.create_maintenance_window(Name="quiet", **settings)["WindowId"]
    loud = ssm.create_maintenance_window(Name="loud", **settings)["WindowId"]
    web = [{"Key": "tag:Role", "Values": ["web"]}]
    target = ssm.register_target_with_maintenance_window(WindowId=loud, ResourceType="INSTANCE", Targets=web)
    ssm.register_target_with_maintenance_window(WindowId=loud, ResourceType="INSTANCE", Targets=list(EVERY_NODE))
    task = {"TaskType": "RUN_COMMAND", "MaxConcurrency": "1", "MaxErrors": "1"}
    named = [{"Key": "WindowTargetIds", "Values": [target["WindowTargetId"]]},
             {"Key": "InstanceIds", "Values": ["i-0123456789abcdef0"]}]  # fmt: skip
    ssm.register_task_with_maintenance_window(WindowId=loud, TaskArn="AWS-RunPatchBaseline", Targets=named, **task,
        TaskInvocationParameters={"RunCommand": {"Parameters": {"Operation": ["Scan"]}}})  # fmt: skip
    ssm.register_task_with_maintenance_window(WindowId=quiet, TaskArn="AWS-RunShellScript", Targets=named[1:], **task,
        TaskInvocationParameters={"RunCommand": {"Parameters": {"commands": ["true"]}}})  # fmt: skip

    scene.settle()

    [row] = OtherScanner.objects.filter(document=WINDOW)
    assert (row.name, row.schedule) == ("loud", "rate(1 day)")
    assert row.alternatives == [[["tag:Role", ["web"]]], [["InstanceIds", ["i-0123456789abcdef0"]]]]


def test_a_window_that_went_is_forgotten_within_the_hour(scene: Scene) -> None:
    window_id = add_maintenance_window(scene.world, MEMBER, REGION)
    scene.settle()
    assert OtherScanner.objects.filter(document=WINDOW).count() == 1
    scene.ssm().delete_maintenance_window(WindowId=window_id)
    scene.settle()
    assert OtherScanner.objects.filter(document=WINDOW).count() == 1
    scene.wait(hours=1, minutes=1)
    scene.settle()
    assert not OtherScanner.objects.exists()


def test_many_windows_are_looked_through_in_as_many_readings_as_the_limit_allows(scene: Scene) -> None:
    for _ in range(3):
        add_maintenance_window(scene.world, MEMBER, REGION, schedule="rate(3 hours)")
    associate(scene.aws, scene.world)
    scene.settle()
    assert OtherScanner.objects.filter(document=WINDOW).count() == 3
    assert Shard.objects.get(account_id=MEMBER, region=REGION).windows_left == []
    scene.wait(hours=3)
    assert newest(scene) == {Told(ScannerKind.MAINTENANCE_WINDOW, "nightly-patching")}


def test_a_reading_that_spent_its_calls_elsewhere_is_not_the_last(scene: Scene) -> None:
    """The second one asks for windows and settings, and too little is left to read a scanner's runs."""
    scene.write_file(0)
    add_own_association(scene.world, MEMBER, REGION)
    make(scene, "AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-abcde")
    patch_now(scene.world, MEMBER, REGION)
    scene.wait()
    assert Told(ScannerKind.PATCH_NOW, "AWS-PatchNowAssociation") in newest(scene)
    assert Told(ScannerKind.COMMAND, "") not in newest(scene)
