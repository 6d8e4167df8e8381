"""What is older than is kept is forgotten, and nothing else; every table is pruned or has a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models
from pytest_django import Settings

from policies.domain.alerts import AlertKind
from policies.domain.search import read_search
from policies.models import (
    Account,
    Alert,
    Channel,
    Delivery,
    Draft,
    Flip,
    Node,
    NodeCompliance,
    Policy,
    Run,
    RunOrder,
    RunPart,
    Scan,
    Shard,
    Tally,
)
from policies.observe import pruning, tasks
from policies.observe.pruning import forget_old
from policies.observe.search import find
from tests.observe.reading import make_policy
from tests.observe.test_pages import NOW, account

pytestmark = pytest.mark.django_db

SEEN = NOW + timedelta(days=400)
"""The newest reading by AWS's clock, which is far ahead of ours here."""
DAY = timedelta(days=1)
KEPT = 90 * DAY
PRUNED = {
    Tally, Flip, Scan, Run, Node, Account, RunPart, RunOrder, Delivery, Alert, Draft, Session,
}  # fmt: skip
WITH_OTHERS = {
    "Shard": "goes with its account",
    "OrganizationalUnit": "goes when AWS no longer tells it",
    "AssociationState": "goes when AWS no longer tells it, and with its account",
    "OtherScanner": "goes when AWS no longer tells it, and with its account",
    "NodePolicy": "goes with its node",
    "NodeCompliance": "goes with its node",
    "MissingPatch": "goes with its node, and when the node's patches are read again",
    "StackInstanceState": "goes when its policy is deleted",
    "Delivery_alerts": "goes with the message",
    "DriftReport": "one for each policy",
    "SyncHold": "one for each policy",
}
KEPT_FOR_EVER = {
    "Policy": "what people asked for",
    "Deployment": "what was done for it",
    "Step": "what was done for it",
    "Event": "who did what: append-only",
    "OverrideVersion": "which rules were in force when; S3 forgets them",
    "SavedView": "people delete theirs",
    "Channel": "people delete theirs",
}
OF_PEOPLE = {"User", "Group", "Permission", "ContentType", "Group_permissions", "User_groups", "User_user_permissions"}
"""Django's own, as many as there are people, roles and models."""


@pytest.fixture
def shard() -> Shard:
    """An account-Region that was read just now."""
    return Shard.objects.create(account=account(), region="us-east-1", status="fresh", observed_at=SEEN)


@pytest.fixture
def node(shard: Shard) -> Node:
    """A node in it."""
    return Node.objects.create(shard=shard, instance_id="i-1", name="web", seen_at=SEEN)


def run_at(shard: Shard, policy: Policy, at: datetime, name: str) -> Run:
    return Run.objects.create(
        policy=policy, shard=shard, association_id="a-1", purpose="scan", execution_id=name, created_at=at
    )


def scan_at(node: Node, at: datetime, run: Run | None = None, baseline_id: str = "") -> Scan:
    return Scan.objects.create(
        node=node, source="policy", findings="missing", started_at=at, ended_at=at, seen_at=at, run=run,
        policy=run.policy if run else None, baseline_id=baseline_id,
    )  # fmt: skip


def flip_at(node: Node, at: datetime) -> Flip:
    return Flip.objects.create(
        node=node,
        kind="findings",
        before="missing",
        after="up_to_date",
        cause="install-ran",
        happened_at=at,
        seen_at=at,
    )


def test_what_aws_dates_is_forgotten_by_aws_s_clock(node: Node, shard: Shard) -> None:
    policy, old, young = make_policy(), SEEN - KEPT - DAY, SEEN - KEPT + DAY
    kept: list[models.Model] = [node]
    for at in (old, young):
        run = run_at(shard, policy, at, f"{at}")
        gone = Node.objects.create(shard=shard, instance_id=f"i-{at}", seen_at=at, gone_at=at)
        kept += [run, scan_at(node, at, run), flip_at(node, at), scan_at(gone, at), gone]
    young_ones = [node, *kept[6:]]

    forgotten = forget_old(NOW)

    assert forgotten == {"Flip": 1, "Scan": 2, "Run": 1, "Node": 1}
    assert [row for row in kept if type(row)._default_manager.filter(pk=row.pk).exists()] == young_ones
    assert forget_old(NOW) == {}


def test_while_nothing_is_read_nothing_of_it_is_forgotten(node: Node) -> None:
    flip_at(node, SEEN - KEPT + DAY)

    assert forget_old(SEEN + 10 * KEPT) == {}


def test_what_people_asked_for_is_forgotten_by_our_clock(viewer: User) -> None:
    policy, channel = make_policy(), Channel.objects.create(kind="mail", address="a@example.com", created_at=NOW)
    for at in (NOW - KEPT - DAY, NOW - KEPT + DAY):
        order = RunOrder.objects.create(
            policy=policy, token=uuid4(), operation="Scan", selects=False, nodes=1, accounts=1, requested_at=at,
            finished_at=at,
        )  # fmt: skip
        RunPart.objects.create(order=order, number=1)
        alert = Alert.objects.create(kind=AlertKind.SHARD_STALE, key=f"{at}", began_at=at, ended_at=at)
        Delivery.objects.create(channel=channel, made_at=at, sent_at=at).alerts.add(alert)
        Draft.objects.create(owner=viewer, created_at=at, changed_at=at, answers={"name": {"name": ["x"]}})
    Alert.objects.create(kind=AlertKind.SHARD_STALE, key="holds", began_at=NOW - 2 * KEPT)
    Delivery.objects.create(channel=channel, made_at=NOW - 2 * KEPT, due_at=NOW)

    forgotten = forget_old(NOW)

    assert forgotten == {"RunPart": 1, "RunOrder": 1, "Delivery": 1, "Alert": 1, "Draft": 1}
    assert (Alert.objects.count(), Delivery.objects.count(), Draft.objects.count()) == (2, 2, 1)


def test_drafts_of_no_use_go_after_a_day_and_sessions_when_they_end(viewer: User) -> None:
    for at in (NOW - 2 * DAY, NOW - DAY / 2):
        for answers, finished_at in (({}, None), ({"name": {}}, at)):
            Draft.objects.create(owner=viewer, created_at=at, changed_at=at, answers=answers, finished_at=finished_at)
        Session.objects.create(session_key=f"{at}", expire_date=at + DAY)

    assert forget_old(NOW) == {"Draft": 2, "Session": 1}


def test_an_account_that_left_is_forgotten_with_its_nodes(node: Node, shard: Shard) -> None:
    scan_at(node, SEEN)
    left = Account.objects.filter(pk=shard.account_id)
    left.update(is_active=False, seen_at=NOW - KEPT + DAY)
    assert forget_old(NOW) == {}

    left.update(seen_at=NOW - KEPT - DAY)

    assert forget_old(NOW) == {"Node": 1, "Account": 1}
    assert not Shard.objects.exists()


def test_a_nodes_newest_result_stays_with_its_run_and_a_kept_baseline_id_is_found(node: Node, shard: Shard) -> None:
    policy, ids = make_policy(), ["pb-0000000000000000a", "pb-0000000000000000b", "pb-0000000000000000c"]
    for at, baseline_id in zip((SEEN - 3 * KEPT, SEEN - 2 * KEPT, SEEN - KEPT + DAY), ids, strict=True):
        scan_at(node, at, run_at(shard, policy, at, baseline_id), baseline_id)
    NodeCompliance.objects.create(node=node, findings="missing", scan=Scan.objects.get(baseline_id=ids[1]))

    forget_old(NOW)

    found = {each: [trace.scan.run for trace in find(read_search(each)).traces] for each in ids}
    assert found == {ids[0]: [], **{each: [Run.objects.get(execution_id=each)] for each in ids[1:]}}


def test_the_days_can_be_set(node: Node, settings: Settings) -> None:
    settings.KEEP_DAYS = 30
    flip_at(node, SEEN - 31 * DAY)
    flip_at(node, SEEN - 29 * DAY)

    assert forget_old(NOW) == {"Flip": 1}


def test_much_is_forgotten_in_batches_and_the_rest_by_another_task(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(pruning, "BATCH", 2)
    monkeypatch.setattr(pruning, "MOST", 4)
    monkeypatch.setattr(tasks.prune, "delay", lambda: asked.append(True))
    for _ in range(7):
        flip_at(node, SEEN - 2 * KEPT)

    left = []
    for _ in range(3):
        tasks.prune()
        left.append(Flip.objects.count())

    assert left == [3, 0, 0]
    assert asked == [True]


def test_every_table_is_pruned_or_has_a_reason() -> None:
    tables = {model.__name__ for model in apps.get_models(include_auto_created=True)}

    assert tables == {m.__name__ for m in PRUNED} | set(WITH_OTHERS) | set(KEPT_FOR_EVER) | OF_PEOPLE
