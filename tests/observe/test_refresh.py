"""What somebody asks to be read is read at once, that and nothing else, and once however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from policies.aws.connect import Aws
from policies.models import Account, AssociationState, Node, Shard, StackInstanceState
from policies.observe import tasks
from policies.observe.collect import CLAIM_LASTS, choose_due, collect_organization, collect_shard
from policies.observe.refreshing import Asked, Reading, Scope, ask_reading, find_requested
from sandbox.engine.world import World
from tests.observe.reading import make_policy
from tests.observe.test_pages import NOW, page
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db

REGIONS = ("eu-west-1", "us-east-1")
SHOP, BANK, LEFT = "555566667777", "666677778888", "777788889999"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """What workers were asked to do."""
    asked: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args=(): asked.append((name, list(args))))
    return asked


@pytest.fixture
def places(db: None) -> dict[tuple[str, str], Shard]:
    """Two accounts and one that left, in two Regions, read an hour ago; a node and a policy in one of them each."""
    for account_id in (SHOP, BANK, LEFT):
        Account.objects.create(account_id=account_id, name=account_id, is_active=account_id != LEFT, seen_at=NOW)
    made = {
        (account_id, region): Shard.objects.create(
            account_id=account_id, region=region, status="fresh", due_at=LATER, observed_at=NOW, collected_at=NOW
        )
        for account_id in (SHOP, BANK, LEFT)
        for region in REGIONS
    }
    Node.objects.create(shard=made[SHOP, "eu-west-1"], instance_id="i-1", name="web", seen_at=NOW)
    policy = make_policy()
    StackInstanceState.objects.create(
        policy=policy, stack_set="TA", account_id=BANK, region="us-east-1", status="succeeded", seen_at=NOW
    )
    AssociationState.objects.create(
        policy=policy, shard=made[SHOP, "us-east-1"], association_id="a-1", name="Scan", purpose="scan"
    )
    return made


def node_id() -> str:
    """The only node's."""
    return str(Node.objects.get().pk)


def requested() -> set[tuple[str, str]]:
    """The places that are marked."""
    return set(Shard.objects.exclude(requested_at=None).values_list("account_id", "region"))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (lambda: Scope(policy="abcde"), {(BANK, "us-east-1"), (SHOP, "us-east-1")}),
        (lambda: Scope(account=SHOP), {(SHOP, "eu-west-1"), (SHOP, "us-east-1")}),
        (lambda: Scope(node=node_id()), {(SHOP, "eu-west-1")}),
        (lambda: Scope(), {(a, r) for a in (SHOP, BANK) for r in REGIONS}),
        (lambda: Scope(policy="zzzzz"), set()),
        (lambda: Scope(account=LEFT), set()),
        (lambda: Scope(node="x"), set()),
    ],
)
def test_a_scope_reaches_its_own_places_and_no_others(
    scope: Callable[[], Scope], expected: set[tuple[str, str]], places: object, sent: object
) -> None:
    assert ask_reading(scope(), NOW) == Asked(len(expected), 0)
    assert requested() == expected


def test_what_is_asked_for_is_queued_once(places: object, sent: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[int] = []
    monkeypatch.setattr(tasks.collect_shard, "delay", queued.append)

    first = ask_reading(Scope(account=SHOP), NOW)
    again = ask_reading(Scope(policy="abcde"), NOW + timedelta(seconds=1))
    for at in (NOW, NOW + timedelta(seconds=1)):
        tasks.collect_requested(at.isoformat())

    assert (first, again) == (Asked(2, 0), Asked(1, 1))
    assert len(queued) == len(set(queued)) == 3


def test_what_is_being_read_is_not_queued(places: dict[tuple[str, str], Shard], sent: object) -> None:
    Shard.objects.filter(pk=places[SHOP, "eu-west-1"].pk).update(claimed_at=NOW - timedelta(minutes=1))

    assert ask_reading(Scope(account=SHOP), NOW) == Asked(1, 1)


def test_the_timetable_leaves_what_is_queued_and_finds_what_the_queue_lost(
    places: dict[tuple[str, str], Shard], sent: object
) -> None:
    ids = [shard.pk for shard in places.values()]
    ask_reading(Scope(node=node_id()), NOW)
    shard = places[SHOP, "eu-west-1"].pk
    Shard.objects.filter(pk=shard).update(due_at=NOW)

    assert choose_due(ids, NOW + timedelta(minutes=1)) == ()
    assert choose_due(ids, NOW + CLAIM_LASTS) == (shard,)
    assert ask_reading(Scope(node=node_id()), NOW + 2 * CLAIM_LASTS) == Asked(1, 0)


def test_a_queue_that_cannot_be_reached_leaves_no_mark(
    places: object, as_operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", refuse)

    told = as_operator.post(reverse("refresh"), {"account": SHOP, "next": "/accounts/"}, follow=True)

    assert "The workers cannot be reached" in told.content.decode()
    assert requested() == set()


def pressed(client: Client, **values: str) -> str:
    """The page of accounts after a press of the button."""
    return client.post(reverse("refresh"), {**values, "next": "/accounts/"}, follow=True).content.decode()


def test_the_button_tells_what_was_queued(places: object, sent: object, as_operator: Client) -> None:
    assert "2 accounts and Regions are being read again." in pressed(as_operator, account=SHOP)
    assert "It is being read already." in pressed(as_operator, node=node_id())
    assert "No account and Region of it is known yet." in pressed(as_operator, policy="zzzzz")


def test_each_page_has_the_button_for_its_own(places: object, as_operator: Client, as_viewer: Client) -> None:
    wanted = {
        ("policy", "abcde"): 'name="policy" value="abcde"',
        ("node", node_id()): f'name="node" value="{node_id()}"',
        ("account_list",): f'name="account" value="{SHOP}"',
    }

    assert {where: field in page(as_operator, *where) for where, field in wanted.items()} == dict.fromkeys(wanted, True)
    assert {where: field in page(as_viewer, *where) for where, field in wanted.items()} == dict.fromkeys(wanted, False)


@pytest.fixture
def progress(as_viewer: Client) -> Callable[[str], str]:
    """The fragment of a scope, as the page asks for it."""
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/nodes/1/"}
    return lambda query: as_viewer.get(f"{reverse('refresh_progress')}?{query}", headers=headers).content.decode()


def test_the_progress_asks_for_itself_until_everything_was_read(
    places: dict[tuple[str, str], Shard], sent: object, progress: Callable[[str], str]
) -> None:
    ask_reading(Scope(account=SHOP), NOW)
    assert "2 accounts and Regions are being read" in progress(f"account={SHOP}")
    assert 'hx-trigger="every 2s"' in progress(f"account={SHOP}")
    assert f"refresh/progress/?account={SHOP}" in progress(f"account={SHOP}")

    Shard.objects.update(requested_at=None)

    told = progress(f"account={SHOP}")
    assert "hx-trigger" not in told
    assert "2026-11-23 12:00 UTC" in told
    assert 'href="/nodes/1/"' in told


def test_a_reading_answers_the_request_also_where_aws_refuses(aws: Aws, world: World, sent: object) -> None:
    ids = collect_organization(aws, NOW)
    ask_reading(Scope(), NOW)
    del world.account(MEMBER).roles["PatchPortal-ReadOnly"]

    for shard_id in ids[1:]:
        collect_shard(shard_id, aws, NOW)

    assert Shard.objects.filter(status="failed").count() == 3
    assert Reading(Scope()).waiting == 1
    assert find_requested(NOW) == ids[:1]


def test_a_reading_that_is_asked_for_reads_tags_anew(aws: Aws, world: World, sent: object) -> None:
    """They change seldom, and the timetable reads them once an hour."""
    collect_organization(aws, NOW)
    shard = Shard.objects.get(account_id=MEMBER, region="us-east-1")
    collect_shard(shard.pk, aws, NOW)
    for node in world.fleet.within(MEMBER, shard.region):
        node.tags["Team"] = "web"
    ask_reading(Scope(account=MEMBER), NOW)

    collect_shard(shard.pk, aws, NOW)

    assert {node.tags.get("Team") for node in shard.nodes.all()} == {"web"}
