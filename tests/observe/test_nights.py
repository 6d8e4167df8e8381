"""What a night brings to a fleet, and what the ledger tells of it in the morning."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from policies.domain.ledger import FlipCause, FlipKind
from policies.domain.scanners import ScannerKind
from policies.domain.status import Findings, PolicyStatus
from policies.models import Flip, NodeCompliance, RunOrder, RunPart, Scan, Shard
from policies.observe.ledger import attribute
from policies.observe.pruning import forget_old
from sandbox.engine.patches import PACKAGES
from sandbox.engine.scanners import add_host_management, add_maintenance_window, add_own_association
from tests.observe.reading import NOW, REGION
from tests.observe.scene import BUCKET, FILE, Scene
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db

AHEAD = timedelta(hours=3)


def scanned(scene: Scene, *delays: int) -> Scene:
    """The policy has scanned by such a file, and the portal has read that."""
    scene.write_file(*delays)
    scene.scan()
    scene.settle()
    return scene


def causes(scene: Scene) -> set[str]:
    """Why findings changed, of the changes that one more reading finds."""
    known = set(Flip.objects.values_list("pk", flat=True))
    scene.settle()
    return set(Flip.objects.exclude(pk__in=known).filter(kind=FlipKind.FINDINGS).values_list("cause", flat=True))


def run_at_once(scene: Scene, operation: str, **more: str) -> None:
    """An operator lets the policy run on both nodes, as the portal does that."""
    scene.wait()
    at, ids = scene.world.now(), [node.instance_id for node in scene.nodes()]
    order = RunOrder.objects.create(
        policy=scene.policy, token=UUID(int=1), operation=operation, selects=True, nodes=2, accounts=1,
        requested_by="olga", requested_at=at,
    )  # fmt: skip
    parameters = {"Operation": operation, "BaselineOverride": FILE, "RebootOption": "RebootIfNeeded", **more}
    sent = scene.ssm().send_command(
        DocumentName="AWS-RunPatchBaseline", InstanceIds=ids, Parameters={k: [v] for k, v in parameters.items()}
    )
    RunPart.objects.create(
        order=order, number=1, account_id=MEMBER, region=REGION, instances=ids, asked_at=at,
        command_id=sent["Command"]["CommandId"],
    )  # fmt: skip
    scene.wait(minutes=30)


def test_what_an_operator_let_install_at_once_was_not_done_by_hand(scene: Scene) -> None:
    """Where such a run reports no result, the policy's next scan sees what it did."""
    scanned(scene, 0)
    run_at_once(scene, "Install")
    assert causes(scene) == set()
    scene.scan()
    assert causes(scene) == {FlipCause.INSTALL_RAN}


def test_what_an_operator_let_scan_at_once_is_the_policys_by_the_file_of_that_moment(scene: Scene) -> None:
    scanned(scene)
    version = scene.write_file(0)
    run_at_once(scene, "Scan", AssociationId=scene.association_id)
    assert causes(scene) == {FlipCause.BASELINE_CHANGED}
    newest = {
        (row.scan.policy, row.scan.version) for row in NodeCompliance.objects.filter(node__gone_at=None) if row.scan
    }
    assert newest == {(scene.policy, version)}


def test_what_a_run_did_whose_answer_was_lost_is_the_policys_once_its_command_is_found(scene: Scene) -> None:
    scanned(scene)
    run_at_once(scene, "Scan", AssociationId=scene.association_id)
    sent = RunPart.objects.get().command_id
    RunPart.objects.update(command_id="")
    scene.settle()
    RunPart.objects.update(command_id=sent)
    scene.settle()
    assert {row.scan.policy for row in NodeCompliance.objects.all() if row.scan} == {scene.policy}


@pytest.mark.parametrize(
    ("unpatchable", "cause"), [((), FlipCause.INSTALL_RAN), (tuple(PACKAGES), FlipCause.INSTALL_FAILED)]
)
def test_an_installation_minutes_before_a_scan_is_told_though_its_result_was_written_over(
    scene: Scene, unpatchable: tuple[str, ...], cause: FlipCause
) -> None:
    scanned(scene, 0)
    for node in scene.nodes():
        node.unpatchable = unpatchable
    scene.install()
    scene.scan()
    assert causes(scene) == {cause}


def test_scanners_with_the_same_baseline_do_not_write_over_each_other(scene: Scene) -> None:
    """Host Management and an association of somebody's use the account's default baseline: a new patch is new."""
    for node in scene.nodes():
        node.patched_until = scene.world.now()
    add_host_management(scene.world, MEMBER, REGION)
    scene.wait(minutes=30)
    scene.settle()
    scene.wait(days=40)
    add_own_association(scene.world, MEMBER, REGION)
    scene.wait(minutes=30)
    told = causes(scene)
    assert {scan.source for scan in Scan.objects.order_by("-ended_at")[:2]} == {ScannerKind.ASSOCIATION}
    assert told == {FlipCause.NEWLY_APPROVED}


def test_a_clock_that_is_ahead_changes_neither_the_file_nor_who_scanned(scene: Scene) -> None:
    """A file is written after the run that the node dates later, before its run is known; the run began before."""
    first = scene.write_file()
    set_clocks(scene, AHEAD)
    scene.scan()
    scene.settle()
    Scan.objects.update(run=None, version=None, policy=None)
    scene.wait(hours=1)
    scene.write_file(0)
    attribute(Shard.objects.get(account_id=MEMBER, region=REGION), Scan.objects.values_list("execution_id", flat=True))
    assert {scan.version for scan in Scan.objects.all()} == {first}


@pytest.mark.parametrize("ahead", [AHEAD, timedelta(minutes=-10)], ids=["ahead", "behind"])
def test_a_window_is_told_of_a_node_whose_clock_is_wrong(scene: Scene, ahead: timedelta) -> None:
    scanned(scene).wait()
    set_clocks(scene, ahead)
    add_maintenance_window(scene.world, MEMBER, REGION, schedule="rate(1 hour)")
    scene.wait(minutes=70)
    scene.settle()
    newest = NodeCompliance.objects.filter(node__gone_at=None).values_list("scan__source", "scan__scanner")
    assert set(newest) == {(ScannerKind.MAINTENANCE_WINDOW, "nightly-patching")}
    assert all(flip.happened_at <= flip.seen_at for flip in Flip.objects.all())


def set_clocks(scene: Scene, ahead: timedelta) -> None:
    """The nodes' clocks are so far ahead of AWS's, and so are the moments that they will report."""
    for node in scene.nodes():
        node.clock_ahead = ahead


def test_a_node_that_is_registered_anew_begins_without_a_result(scene: Scene) -> None:
    scanned(scene, 0)
    scene.world.fleet.reports.clear()
    assert causes(scene) == {FlipCause.RESULT_LOST}
    row = NodeCompliance.objects.filter(node__gone_at=None)[0]
    assert (row.findings, row.missing, row.baseline_id, row.scanned_at, row.scan) == (
        "never_scanned",
        0,
        "",
        None,
        None,
    )
    scene.scan()
    assert causes(scene) == {FlipCause.FIRST_SCAN}


def test_a_node_that_lost_its_tag_is_no_longer_under_the_policy(scene: Scene) -> None:
    """Tags are read once an hour; no run will tell of a node that none reaches."""
    one, other = scene.nodes()
    one.tags["Patch"] = other.tags["Patch"] = "weekly"
    scene.write_file(0)
    scene.ssm().create_association(
        Name="AWS-RunPatchBaseline", AssociationName="AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-abcde",
        Targets=[{"Key": "tag:Patch", "Values": ["weekly"]}],
        Parameters={"Operation": ["Scan"], "BaselineOverride": [FILE]},
    )  # fmt: skip
    scene.wait(minutes=30)
    scene.settle()
    assert scene.policy.nodes.count() == 2

    one.tags["Patch"] = "never"
    Shard.objects.update(tags_read_at=None)
    scene.settle()

    assert [row.node.instance_id for row in scene.policy.nodes.all()] == [other.instance_id]


def test_a_scan_that_fails_after_an_edit_from_installing_to_scanning_is_told_as_failed(scene: Scene) -> None:
    """One reading finds both that the installation counts no more and that the scan failed."""
    scanned(scene, 0)
    scene.install()
    scene.settle()
    for association in scene.world.associations.within(MEMBER, REGION):
        if association.association_id != scene.association_id:
            scene.ssm().delete_association(AssociationId=association.association_id)
    scene.aws.client("s3").delete_object(Bucket=BUCKET, Key="baseline_overrides.json")
    scene.scan()

    scene.settle()

    newest = Flip.objects.filter(kind=FlipKind.POLICY, after=PolicyStatus.NON_COMPLIANT)
    assert set(newest.values_list("cause", flat=True)) == {FlipCause.RUN_FAILED}


def test_a_change_keeps_its_cause_when_the_result_before_it_is_forgotten(scene: Scene) -> None:
    """Nodes that were not scanned for months were patched by hand; later the policy installs."""
    scanned(scene, 0)
    scene.wait(days=120)
    for node in scene.nodes():
        node.patched_until = scene.world.now()
    scene.scan()
    assert causes(scene) == {FlipCause.CHANGED_BY_HAND}

    forget_old(NOW)
    scene.install()
    scene.settle()

    told = Flip.objects.filter(kind=FlipKind.FINDINGS, before=Findings.MISSING)
    assert set(told.values_list("cause", flat=True)) == {FlipCause.CHANGED_BY_HAND}
