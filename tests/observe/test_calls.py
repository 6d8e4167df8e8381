"""What a reading asks of AWS: at most 3 x ceil(n/50) + 4 calls, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from policies.aws.connect import Aws
from policies.domain.scanners import ScannerKind
from policies.domain.status import PolicyStatus
from policies.models import Node, NodeCompliance, NodePolicy, Run, Shard
from policies.observe import tasks
from policies.observe.collect import choose_due, collect_organization, collect_shard
from sandbox.engine.scanners import SCANNERS, add_maintenance_window
from sandbox.wire import Sandbox
from tests.observe.reading import NOW, REGION, associate, make_policy, settle
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db

DETAILS = {"DescribeInstancePatches", "GetCommandInvocation", "ListComplianceItems"}


def asked(sandbox: Sandbox, since: int) -> list[str]:
    """The actions asked of the member account's home Region after a request's number."""
    return [
        e.action
        for e in sandbox.log.entries
        if e.number > since and (e.account, e.region) == (MEMBER, REGION) and e.service != "sts"
    ]


def newest(sandbox: Sandbox) -> int:
    return sandbox.log.entries[-1].number if sandbox.log.entries else 0


def crowd(sandbox: Sandbox, nodes: int) -> None:
    """More nodes, each like the first that is there."""
    fleet = sandbox.world.fleet
    here = list(fleet.within(MEMBER, REGION))
    for number in range(nodes - len(here)):
        fleet.add(replace(here[0], instance_id=f"i-{number:017x}"))


def read(aws: Aws, sandbox: Sandbox, shard: Shard) -> list[str]:
    """One reading's calls, held to the limit."""
    before = newest(sandbox)
    assert collect_shard(shard.pk, aws, NOW)
    calls = asked(sandbox, before)
    nodes = Node.objects.filter(shard=shard, gone_at=None).count()
    assert len(calls) <= 3 * -(-nodes // 50) + 4, calls
    assert not DETAILS & set(calls)
    return calls


@pytest.mark.parametrize("nodes", [0, 120])
def test_every_reading_keeps_to_the_limit_and_the_last_has_everything(aws: Aws, sandbox: Sandbox, nodes: int) -> None:
    crowd(sandbox, nodes)
    make_policy()
    associate(aws, sandbox.world)
    associate(aws, sandbox.world, "InstallPatches", BaselineOverride="s3://no-such-bucket/baseline_overrides.json")
    collect_organization(aws, NOW)
    shard = Shard.objects.get(account_id=MEMBER, region=REGION)
    for _ in range(5):
        read(aws, sandbox, shard)
        shard.refresh_from_db()
    assert not shard.is_behind
    count = Node.objects.filter(shard=shard).count()
    assert count >= nodes - 10
    assert NodePolicy.objects.filter(status=PolicyStatus.NON_COMPLIANT, exit_code=162).count() == count
    assert NodeCompliance.objects.filter(node__shard=shard).exclude(scan=None).count() == count
    assert set(Run.objects.values_list("purpose", flat=True)) == {"scan", "install"}


@pytest.mark.parametrize("nodes", [0, 70])
def test_other_scanners_are_found_out_within_the_limit(aws: Aws, sandbox: Sandbox, nodes: int) -> None:
    crowd(sandbox, nodes)
    for add in SCANNERS.values():
        add(sandbox.world, MEMBER, REGION)
    add_maintenance_window(sandbox.world, MEMBER, REGION, schedule="rate(1 hour)")
    sandbox.world.clock.advance(timedelta(hours=1, minutes=30))
    collect_organization(aws, NOW)
    shard = Shard.objects.get(account_id=MEMBER, region=REGION)
    readings = 0
    while readings == 0 or shard.is_behind:
        read(aws, sandbox, shard)
        shard.refresh_from_db()
        readings += 1
    assert readings <= 8
    assert NodeCompliance.objects.filter(scan__source=ScannerKind.MAINTENANCE_WINDOW).exists()


def test_a_reading_without_news_asks_three_lists(aws: Aws, sandbox: Sandbox) -> None:
    make_policy()
    associate(aws, sandbox.world)
    shard = settle(aws)
    assert sorted(read(aws, sandbox, shard)) == [
        "DescribeInstanceInformation", "DescribeInstancePatchStates", "ListAssociations",
    ]  # fmt: skip


def test_an_empty_region_costs_two_calls_and_is_read_seldom(aws: Aws, sandbox: Sandbox) -> None:
    ids = collect_organization(aws, NOW)
    sandbox.world.fleet.nodes.clear()
    shard = Shard.objects.get(account_id=MEMBER, region=REGION)
    assert len(read(aws, sandbox, shard)) == 2
    assert shard.pk not in choose_due(ids, NOW + timedelta(minutes=50))
    assert shard.pk in choose_due(ids, NOW + timedelta(minutes=61))


def test_a_shard_that_fails_waits_longer_each_time_and_says_since_when(aws: Aws, sandbox: Sandbox) -> None:
    ids = collect_organization(aws, NOW)
    shard = Shard.objects.get(account_id=MEMBER, region=REGION)
    del sandbox.world.account(MEMBER).roles["PatchPortal-ReadOnly"]
    for minutes in (0, 5):
        collect_shard(shard.pk, aws, NOW + timedelta(minutes=minutes))
    shard.refresh_from_db()
    assert (shard.failures, shard.failing_since) == (2, NOW)
    assert shard.pk not in choose_due(ids, NOW + timedelta(minutes=14))
    assert shard.pk in choose_due(ids, NOW + timedelta(minutes=16))


def test_a_reading_that_fails_is_not_read_on_at_once_though_the_one_before_it_left_something(
    aws: Aws, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect_organization(aws, NOW)
    shard = Shard.objects.get(account_id=MEMBER, region=REGION)
    Shard.objects.filter(pk=shard.pk).update(is_behind=True)
    del sandbox.world.account(MEMBER).roles["PatchPortal-ReadOnly"]
    queued: list[int] = []
    monkeypatch.setattr(tasks, "connection", lambda: aws)
    monkeypatch.setattr(tasks.collect_shard, "delay", queued.append)

    tasks.collect_shard(shard.pk)

    shard.refresh_from_db()
    assert (shard.status, shard.failures, queued) == ("failed", 1, [])


def test_the_shard_that_waited_longest_is_read_first(aws: Aws) -> None:
    ids = sorted(collect_organization(aws, NOW))
    for pk, minutes in zip(ids, range(1, len(ids)), strict=False):
        Shard.objects.filter(pk=pk).update(due_at=NOW - timedelta(minutes=minutes))
    assert choose_due(ids, NOW) == tuple(reversed(ids))
