"""A reading goes on without what AWS denies of it, or what is gone by then, and says what it could not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from policies.aws import runs
from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem
from policies.domain.scanners import RUN_BY_COMMAND
from policies.management.commands.print_iam_policy import member_policy
from policies.models import AssociationState, Node, NodeCompliance, NodePolicy, OtherScanner, Shard
from policies.observe import run_reading
from policies.observe.collect import collect_organization, collect_shard
from policies.observe.scanners import Scanners, Unsigned
from sandbox.engine.scanners import add_maintenance_window
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.observe.reading import MOST_READINGS, NOW, REGION, associate, make_policy, settle
from tests.observe.scene import Scene
from tests.observe.test_pages import page
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db
WINDOWS = [action for action in member_policy()["Statement"][0]["Action"] if "MaintenanceWindow" in action]
RESULTS = "ssm:DescribeAssociationExecutionTargets"
RUNS = ["ssm:DescribeAssociationExecutions", "ssm:ListCommandInvocations"]


def deny(world: World, *actions: str) -> None:
    """The member's read role is of an older rollout, which did not know these actions yet."""
    statement = member_policy()["Statement"][0]
    kept = {**statement, "Action": [action for action in statement["Action"] if action not in actions]}
    role = world.account(MEMBER).roles[settings.AWS_READ_ROLE_NAME]
    role.inline, role.attached = {"Printed": {"Version": "2012-10-17", "Statement": [kept]}}, []
    world.enforces_iam = True


def read(aws: Aws) -> Shard:
    """The readings of the member's home Region that come at once, one after the other."""
    collect_organization(aws, NOW)
    for _ in range(MOST_READINGS):
        shard = Shard.objects.get(account_id=MEMBER, region=REGION)
        assert collect_shard(shard.pk, aws, NOW)
        shard.refresh_from_db()
        if not shard.is_behind:
            break
    return shard


def test_a_role_that_may_not_look_into_windows_still_tells_nodes_and_findings(aws: Aws, world: World) -> None:
    make_policy()
    associate(aws, world)
    add_maintenance_window(world, MEMBER, REGION, schedule="rate(1 hour)")
    deny(world, *WINDOWS)

    shard = read(aws)

    assert (shard.status, shard.failures, shard.collected_at) == ("partial", 0, NOW)
    assert "ssm:DescribeMaintenanceWindows" in shard.error_message
    assert NodeCompliance.objects.filter(node__shard=shard).exclude(scan=None).count() == shard.node_count > 0
    assert NodePolicy.objects.exists()


def test_what_is_denied_is_asked_again_at_the_next_turn_and_read_once_it_is_allowed(aws: Aws, world: World) -> None:
    add_maintenance_window(world, MEMBER, REGION, schedule="rate(1 hour)")
    world.clock.advance(timedelta(hours=2))
    deny(world, *WINDOWS)
    assert not read(aws).is_behind
    deny(world)

    assert settle(aws).status == "fresh"
    assert OtherScanner.objects.exists()


@pytest.mark.parametrize(
    ("action", "kept"),
    [
        ("tag:GetResources", Node.objects.exclude(tags={})),
        ("ssm:DescribeAssociation", AssociationState.objects.exclude(settings={})),
        ("ssm:DescribeAssociationExecutions", NodePolicy.objects.all()),
        ("ssm:ListCommandInvocations", NodePolicy.objects.filter(exit_code=162)),
    ],
)
def test_each_detail_that_is_denied_is_named_and_made_up_for_later(
    aws: Aws, world: World, action: str, kept: Any
) -> None:
    make_policy()
    associate(aws, world, BaselineOverride="s3://no-such-bucket/baseline_overrides.json")
    deny(world, action)
    for _ in range(3):
        shard = read(aws)
    assert (shard.status, shard.is_behind) == ("partial", False)
    assert shard.error_message.startswith(f"{action}: ")
    assert not kept.all().exists()

    deny(world)
    for _ in range(3):
        shard = read(aws)

    assert (shard.status, shard.error_code, shard.error_message) == ("fresh", "", "")
    assert kept.all().exists()


def test_without_nodes_or_associations_there_is_no_reading(aws: Aws, world: World) -> None:
    deny(world, "ssm:ListAssociations")

    shard = read(aws)

    assert (shard.status, shard.collected_at) == ("failed", None)
    assert "ssm:ListAssociations" in shard.error_message


def test_the_list_says_what_was_denied_and_what_to_do(as_viewer: Client, aws: Aws, world: World) -> None:
    deny(world, *WINDOWS)
    read(aws)

    told = page(as_viewer, "account_list", query="?status=partial")

    assert "Read in part" in told
    assert "ssm:DescribeMaintenanceWindows" in told
    assert "Bring the portal&#x27;s read-only role in the account up to date" in told


def test_a_window_that_goes_before_it_was_looked_into_holds_nothing_up(aws: Aws, sandbox: Sandbox) -> None:
    world = sandbox.world
    add_maintenance_window(world, MEMBER, REGION, schedule="rate(1 hour)")
    world.clock.advance(timedelta(hours=2))
    shard = settle(aws)
    Shard.objects.filter(pk=shard.pk).update(windows_left=[["mw-0123456789abcdef0", "gone", "rate(1 hour)"]])

    shard = settle(aws)

    assert shard.windows_left == []


def test_an_execution_whose_results_aws_has_forgotten_holds_no_other_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.scan()
    scene.scan()
    newer, older = runs.list_executions(scene.aws.in_account(MEMBER), REGION, scene.association_id)
    read_results = runs.list_results

    def forget(aws: Aws, region: str, association_id: str, execution_id: str) -> tuple[runs.ResultFact, ...]:
        if execution_id == newer.execution_id:
            raise PermanentProblem(RESULTS, "AssociationExecutionDoesNotExist", "")
        return read_results(aws, region, association_id, execution_id)

    monkeypatch.setattr(runs, "list_results", forget)

    scene.settle()

    assert {row.results["scan"]["execution_id"] for row in NodePolicy.objects.all()} == {older.execution_id}


def test_what_aws_lists_but_does_not_tell_is_asked_again_at_the_next_turn(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.scan()

    def forget(*_: object) -> None:
        raise PermanentProblem("ssm:DescribeAssociation", "AssociationDoesNotExist", "")

    monkeypatch.setattr(run_reading, "read_settings", forget)

    shard = scene.settle()

    assert (shard.due_at or NOW) > NOW
    monkeypatch.undo()
    scene.settle()
    assert not AssociationState.objects.filter(settings={}).exists()


@pytest.mark.parametrize(("ended", "is_old"), [(-1, False), (1, True), (3, False)])
def test_windows_are_listed_again_for_a_result_since_then_but_not_for_one_to_come(ended: int, is_old: bool) -> None:
    told = Unsigned("c-1", RUN_BY_COMMAND, NOW, NOW + timedelta(seconds=ended))

    assert Scanners(listed_at=NOW).has_old_windows([told], NOW + timedelta(seconds=2)) is is_old


def test_a_node_whose_clock_is_ahead_does_not_have_windows_listed_for_ever(aws: Aws, sandbox: Sandbox) -> None:
    world = sandbox.world
    add_maintenance_window(world, MEMBER, REGION, schedule="rate(1 hour)")
    world.clock.advance(timedelta(hours=1, minutes=30))
    world.tick()
    ahead = timedelta(hours=3)
    for key, report in world.fleet.reports.items():
        world.fleet.reports[key] = replace(report, ended_at=report.ended_at + ahead)
    assert world.fleet.reports

    settle(aws)

    assert OtherScanner.objects.exclude(commands={}).exists()


def test_what_nodes_said_of_an_older_failure_is_kept_though_a_newer_one_tells(aws: Aws, world: World) -> None:
    """It is allowed to be read after an installation that did not reach the nodes, and told when that is gone."""
    make_policy()
    associate(aws, world, BaselineOverride="s3://no-such-bucket/baseline_overrides.json")
    for node in list(world.fleet.within(MEMBER, REGION)):
        world.fleet.set_contact(node.instance_id, "ConnectionLost", world.now())
    install = associate(aws, world, "InstallPatches", Operation="Install")
    deny(world, "ssm:ListCommandInvocations")
    assert [read(aws).status for _ in range(2)] == ["partial"] * 2
    deny(world)
    assert read(aws).status == "fresh"
    world.enforces_iam = False
    aws.in_account(MEMBER).client("ssm").delete_association(AssociationId=install)

    read(aws)

    assert set(NodePolicy.objects.values_list("status", "exit_code")) == {("non_compliant", 162)}
