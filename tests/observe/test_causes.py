"""Each cause of a change is produced in the sandbox, and the ledger tells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from policies.domain.ledger import FlipCause, FlipKind
from policies.models import Flip
from sandbox.engine.patches import PACKAGES
from sandbox.engine.reports import PatchState
from sandbox.engine.scanners import add_own_association
from tests.observe.reading import REGION
from tests.observe.scene import BUCKET, Scene
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db


def scanned(scene: Scene, *delays: int) -> Scene:
    """The policy has scanned by such a file, and the portal has read that."""
    scene.write_file(*delays)
    scene.scan()
    scene.settle()
    return scene


def first_scan(scene: Scene) -> None:
    scene.settle()
    scene.write_file(0)
    scene.scan()


def overwritten(scene: Scene) -> None:
    scanned(scene)
    scene.wait()
    add_own_association(scene.world, MEMBER, REGION)
    scene.wait(minutes=30)


def written_back(scene: Scene) -> None:
    overwritten(scene)
    scene.settle()
    scene.scan()


def baseline_changed(scene: Scene) -> None:
    scanned(scene)
    scene.write_file(0)
    scene.scan()


def install_ran(scene: Scene) -> None:
    scanned(scene, 0).install()


def install_failed(scene: Scene) -> None:
    scanned(scene, 0)
    for node in scene.nodes():
        node.unpatchable = tuple(PACKAGES)
    scene.install()


def reboot_pending(scene: Scene) -> None:
    scanned(scene, 0).install(RebootOption="NoReboot")


def rebooted(scene: Scene) -> None:
    reboot_pending(scene)
    scene.settle()
    for node in scene.nodes():
        node.reboot(scene.world.now())
    scene.scan()


def up_to_date(scene: Scene, *delays: int) -> None:
    """Everything is installed; then weeks pass in which patches come, and the policy scans again."""
    scanned(scene, *delays).install()
    scene.settle()
    for association in scene.world.associations.within(MEMBER, REGION):
        scene.ssm().delete_association(AssociationId=association.association_id)
    scene.association_id = ""
    scene.wait(days=30)
    scene.scan()


def new_patch(scene: Scene) -> None:
    up_to_date(scene, 0)


def delay_over(scene: Scene) -> None:
    up_to_date(scene, 7)


def newly_approved(scene: Scene) -> None:
    up_to_date(scene, 0, 7)


def replaced(scene: Scene) -> None:
    """Windows offers the newest update alone: Microsoft's monthly one takes the place of last month's."""
    for node in scene.nodes():
        node.operating_system = "WINDOWS"
    scene.write_file(5, what=("MSRC_SEVERITY", "Important"))
    scene.scan()
    scene.settle()
    scene.wait(days=16)


def changed_by_hand(scene: Scene) -> None:
    scanned(scene, 0)
    for node in scene.nodes():
        report = scene.world.fleet.reports[node.instance_id]
        node.installed.update(dict.fromkeys(report.missing, scene.world.now()))
    scene.scan()


def result_lost(scene: Scene) -> None:
    scanned(scene, 0)
    scene.world.fleet.reports.clear()


def unexplained(scene: Scene) -> None:
    """What was missing is called failed all at once, though nothing was installed."""
    scanned(scene, 0)
    for instance_id, report in scene.world.fleet.reports.items():
        failed = tuple(replace(finding, state=PatchState.FAILED) for finding in report.findings)
        later = report.ended_at + timedelta(hours=1)
        scene.world.fleet.reports[instance_id] = replace(report, findings=failed, ended_at=later)


def run_failed(scene: Scene) -> None:
    scanned(scene, 0)
    scene.aws.client("s3").delete_object(Bucket=BUCKET, Key="baseline_overrides.json")
    scene.scan()


def run_succeeded(scene: Scene) -> None:
    run_failed(scene)
    scene.settle()
    scene.write_file(0)
    scene.scan()


def run_began(scene: Scene) -> None:
    scanned(scene, 0)
    scene.ssm().start_associations_once(AssociationIds=[scene.association_id])


def run_unreached(scene: Scene) -> None:
    scanned(scene, 0)
    scene.ssm().start_associations_once(AssociationIds=[scene.association_id])
    for node in scene.nodes():
        scene.world.fleet.set_contact(node.instance_id, "ConnectionLost", scene.world.now())
    scene.wait(hours=3)


def association_gone(scene: Scene) -> None:
    """The policy is edited from installing to scanning: what failed there counts no more."""
    scanned(scene, 0)
    for node in scene.nodes():
        node.unpatchable = tuple(PACKAGES)
    scene.install()
    scene.settle()
    for association in scene.world.associations.within(MEMBER, REGION):
        if association.association_id != scene.association_id:
            scene.ssm().delete_association(AssociationId=association.association_id)
    scene.wait()


def node_lost(scene: Scene) -> None:
    scene.settle()
    for node in scene.nodes():
        scene.world.fleet.set_state(node.instance_id, "stopped", scene.world.now())


def node_back(scene: Scene) -> None:
    node_lost(scene)
    scene.settle()
    for node in scene.nodes():
        scene.world.fleet.set_state(node.instance_id, "running", scene.world.now())


STORIES: dict[FlipCause, Callable[[Scene], None]] = {
    FlipCause.FIRST_SCAN: first_scan,
    FlipCause.OVERWRITTEN: overwritten,
    FlipCause.WRITTEN_BACK: written_back,
    FlipCause.BASELINE_CHANGED: baseline_changed,
    FlipCause.INSTALL_RAN: install_ran,
    FlipCause.INSTALL_FAILED: install_failed,
    FlipCause.REBOOT_PENDING: reboot_pending,
    FlipCause.REBOOTED: rebooted,
    FlipCause.NEW_PATCH: new_patch,
    FlipCause.DELAY_OVER: delay_over,
    FlipCause.NEWLY_APPROVED: newly_approved,
    FlipCause.REPLACED: replaced,
    FlipCause.CHANGED_BY_HAND: changed_by_hand,
    FlipCause.RESULT_LOST: result_lost,
    FlipCause.UNEXPLAINED: unexplained,
    FlipCause.RUN_BEGAN: run_began,
    FlipCause.RUN_SUCCEEDED: run_succeeded,
    FlipCause.RUN_FAILED: run_failed,
    FlipCause.RUN_UNREACHED: run_unreached,
    FlipCause.ASSOCIATION_GONE: association_gone,
    FlipCause.NODE_LOST: node_lost,
    FlipCause.NODE_BACK: node_back,
}
"""How each cause comes about; the closed list has no cause without a story."""
OF_POLICY = (
    FlipCause.RUN_BEGAN, FlipCause.RUN_SUCCEEDED, FlipCause.RUN_FAILED, FlipCause.RUN_UNREACHED,
    FlipCause.ASSOCIATION_GONE,
)  # fmt: skip


def kind_of_flip(cause: FlipCause) -> FlipKind:
    if cause in OF_POLICY:
        return FlipKind.POLICY
    return FlipKind.PRESENCE if cause in (FlipCause.NODE_LOST, FlipCause.NODE_BACK) else FlipKind.FINDINGS


@pytest.mark.parametrize("cause", FlipCause)
def test_every_cause_is_brought_about_and_told(scene: Scene, cause: FlipCause) -> None:
    STORIES[cause](scene)
    known = set(Flip.objects.values_list("pk", flat=True))
    scene.settle()
    flips = Flip.objects.exclude(pk__in=known).filter(kind=kind_of_flip(cause))
    assert {flip.cause for flip in flips} == {cause}
    assert flips.count() <= len(scene.nodes())
    for flip in flips:
        assert flip.before != flip.after
        shows_a_result = flip.kind == FlipKind.FINDINGS and cause is not FlipCause.RESULT_LOST
        assert (flip.scan is not None) == shows_a_result
