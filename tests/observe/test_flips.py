"""The list of changes of status: filtered by its address, turned by rows, the same as a file, linked where it helps."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from policies.domain.ledger import FlipCause
from policies.models import Account, Flip, Node, Policy, Scan, Shard
from policies.observe.views.flips import FLIPS_PER_PAGE
from tests.observe.reading import make_policy
from tests.observe.test_pages import NOW, page

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SHOP, BANK = "555566667777", "666677778888"
RUN = "239e49f1-f4a7-4784-a598-99389e041a7d"


def node_of(account_id: str, name: str) -> Node:
    account = Account.objects.create(account_id=account_id, name=name, is_active=True, seen_at=NOW)
    shard = Shard.objects.create(account=account, region="us-east-1", observed_at=NOW)
    return Node.objects.create(shard=shard, instance_id=f"i-{name}", name=f"web-{name}", seen_at=NOW)


def flip(node: Node, cause: str, days_ago: int, policy: Policy | None = None, **values: object) -> Flip:
    at = NOW - days_ago * DAY
    return Flip.objects.create(
        node=node, cause=cause, policy=policy, happened_at=at, seen_at=at,
        **{"kind": "findings", "before": "up_to_date", "after": "missing", **values},
    )  # fmt: skip


@pytest.fixture
def flips() -> list[Flip]:
    """A change for each thing to filter by, the newest first."""
    shop, bank, policy = node_of(SHOP, "Shop"), node_of(BANK, "Bank"), make_policy()
    scan = Scan.objects.create(
        node=bank, source="patch-now", scanner="-Patch <now>", patch_group="<blue>", findings="missing",
        baseline_id="pb-1", started_at=NOW, ended_at=NOW, seen_at=NOW,
    )  # fmt: skip
    failed = {"kind": "policy", "before": "compliant", "after": "non_compliant", "exit_code": 156, "execution_id": RUN}
    return [
        flip(bank, FlipCause.OVERWRITTEN, 0, scan=scan),
        flip(shop, FlipCause.RUN_FAILED, 1, policy, **failed),
        flip(shop, FlipCause.UNEXPLAINED, 2),
        flip(shop, FlipCause.NODE_LOST, 3, kind="presence", before="present", after="gone"),
    ]


def told(client: Client, query: str) -> list[str]:
    """The causes of the file for a filter."""
    answer = client.get(f"{reverse('flip_list')}?{query}&format=json")
    return [row["cause"] for row in json.loads(answer.getvalue())]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [0, 1, 2, 3]),
        ("cause=unexplained", [2]),
        ("kind=presence", [3]),
        ("policy=abcde", [1]),
        (f"account={BANK}", [0]),
        ("account=sho", [1, 2, 3]),
        ("since=2026-11-22", [0, 1]),
        ("until=2026-11-21", [2, 3]),
        ("since=2026-11-22&until=2026-11-22", [1]),
        ("cause=%00&kind=x&since=yesterday&until=2026-13-01&node=x", [0, 1, 2, 3]),
        ("node=99999999999999999999", [0, 1, 2, 3]),
    ],
)
def test_the_address_narrows_the_list(query: str, numbers: list[int], flips: list[Flip], as_viewer: Client) -> None:
    assert told(as_viewer, query) == [flips[number].cause for number in numbers]


@pytest.mark.parametrize("query", ["until=9999-12-31", "since=0001-01-01&until=9999-12-31"])
def test_a_day_at_the_end_of_time_is_a_day(query: str, flips: list[Flip], as_viewer: Client) -> None:
    assert len(told(as_viewer, query)) == len(flips)


def test_a_change_is_told_with_its_cause_and_source(flips: list[Flip], as_viewer: Client) -> None:
    shown = page(as_viewer, "flip_list")

    for words in ("web-Bank", "Another scanner or policy wrote over the result, by its own patch baseline.",
                  "Patch now", "pb-1", "A run of the policy failed. Exit code 156", "Not managed",
                  "2026-11-23 12:00 UTC"):  # fmt: skip
        assert words in shown
    assert '<span class="id">pb-1</span>' in shown
    assert f'<span class="id-long">{RUN}</span>' in shown
    assert '<span translate="no">&lt;blue&gt;</span>' in shown
    assert "Patch <now>" not in shown
    assert "?cause=unexplained" in shown


def test_a_nodes_page_leads_to_all_of_its_changes_and_the_dashboard_to_everybodys(
    flips: list[Flip], as_viewer: Client
) -> None:
    node = flips[0].node
    address = f"{reverse('flip_list')}?node={node.pk}"

    assert address in page(as_viewer, "node", node.pk)
    assert reverse("flip_list") in page(as_viewer, "dashboard")
    assert told(as_viewer, f"node={node.pk}") == [flips[0].cause]
    assert "Only those of this node:" in as_viewer.get(address).content.decode()


def test_the_list_has_pages_in_the_order_of_the_file(flips: list[Flip], as_viewer: Client) -> None:
    node = flips[0].node
    Flip.objects.bulk_create(
        [Flip(node=node, kind="findings", before="missing", after="failed", cause=FlipCause.INSTALL_FAILED,
              happened_at=NOW, seen_at=NOW - DAY) for _ in range(FLIPS_PER_PAGE)]
    )  # fmt: skip
    last = Flip.objects.order_by("-seen_at", "-pk")[FLIPS_PER_PAGE - 1]

    first, second = page(as_viewer, "flip_list"), page(as_viewer, "flip_list", query=f"?after={last.pk}")

    assert f"after={last.pk}" in first
    assert (first.count('<th scope="row"'), second.count('<th scope="row"')) == (FLIPS_PER_PAGE, 4)
    assert len(told(as_viewer, "")) == FLIPS_PER_PAGE + 4


def test_the_csv_tells_the_same_and_runs_nothing(flips: list[Flip], as_viewer: Client) -> None:
    answer = as_viewer.get(reverse("flip_list"), {"format": "csv"})

    rows = list(csv.DictReader(answer.getvalue().decode().splitlines()))

    assert [row["cause"] for row in rows] == [each.cause for each in flips]
    assert rows[0]["scanner"] == "'-Patch <now>"
    assert (rows[1]["policy"], rows[1]["exit_code"]) == ("abcde", "156")
