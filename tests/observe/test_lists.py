"""Lists turned by rows, and lists as files: every row once, in the order of the screen."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import Account, Node, NodeCompliance, Shard
from policies.observe.views.node_list import NODES_PER_PAGE, SORTS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNT = 2 * NODES_PER_PAGE + 7
SHOWN = re.compile(r'<span class="quiet id">([^<]+)</span>')

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet() -> None:
    """Nodes with names and counts alike, some never scanned, one without a patch state."""
    account = Account.objects.create(account_id="555566667777", name="Shop", is_active=True, seen_at=NOW)
    shards = [
        Shard.objects.create(account=account, region=region, observed_at=NOW, node_count=count)
        for region, count in (("eu-west-1", COUNT // 2 + 1), ("us-east-1", COUNT // 2))
    ]
    nodes = [
        Node(shard=shards[i % 2], instance_id=f"i-{i:03}", name=f"web-{i % 4}", operating_system="UBUNTU", seen_at=NOW)
        for i in range(COUNT)
    ]
    Node.objects.bulk_create(nodes)
    states = [
        NodeCompliance(
            node=node, missing=i % 3, findings="missing", scanned_at=None if i % 5 == 0 else NOW - timedelta(i % 7)
        )
        for i, node in enumerate(nodes[1:])
    ]
    NodeCompliance.objects.bulk_create(states)


def walk(client: Client, query: str, turn: str) -> list[list[str]]:
    """The instance ids of each page, by following the links."""
    pages, address = [], f"{reverse('node_list')}?{query}"
    while address:
        text = client.get(address).content.decode()
        pages.append(SHOWN.findall(text))
        link = re.search(rf'<a href="([^"]+)" rel="{turn}"', text)
        address = reverse("node_list") + link[1].replace("&amp;", "&") if link else ""
    return pages


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_the_pages_hold_every_node_once_in_the_order_of_the_file(sort: str, fleet: None, as_viewer: Client) -> None:
    told = as_viewer.get(reverse("node_list"), {"sort": sort, "format": "json"}).getvalue()

    pages = walk(as_viewer, f"sort={sort}", "next")

    assert [len(page) for page in pages] == [NODES_PER_PAGE, NODES_PER_PAGE, 7]
    assert [node for page in pages for node in page] == [row["instance_id"] for row in json.loads(told)]
    assert len({node for page in pages for node in page}) == COUNT


@pytest.mark.parametrize("sort", ["name", "-scanned"])
def test_turning_back_shows_the_same_pages(sort: str, fleet: None, as_viewer: Client) -> None:
    forwards = walk(as_viewer, f"sort={sort}", "next")
    last = Node.objects.get(instance_id=forwards[-1][0])

    backwards = walk(as_viewer, f"sort={sort}&before={last.pk}", "prev")

    assert backwards == forwards[-2::-1]


def test_to_sort_by_another_column_leads_back_to_the_first_page(fleet: None, as_viewer: Client) -> None:
    second = walk(as_viewer, "region=us-east-1&sort=name", "next")[1][0]
    row = Node.objects.get(instance_id=second)

    told = as_viewer.get(reverse("node_list"), {"region": "us-east-1", "after": str(row.pk)}).content.decode()

    assert 'href="?region=us-east-1&amp;sort=account"' in told
    assert 'href="?region=us-east-1&amp;sort=-name"' in told


def test_filters_keep_the_order_and_what_is_not_among_their_options(fleet: None, as_viewer: Client) -> None:
    text = as_viewer.get(reverse("node_list"), {"sort": "-missing", "policy": "<gone>"}).content.decode()

    assert '<input type="hidden" name="sort" value="-missing">' in text
    assert '<option value="&lt;gone&gt;" selected>&lt;gone&gt;</option>' in text


def test_names_are_found_in_any_case_and_shown_as_they_are_and_harmless(fleet: None, as_viewer: Client) -> None:
    Node.objects.filter(instance_id="i-000").update(name="<b>Über")

    told = as_viewer.get(reverse("node_list"), {"search": "<B>Ü"}).content.decode()

    assert SHOWN.findall(told) == ["i-000"]
    assert ">&lt;b&gt;Über</a>" in told
    assert "Never scanned" in told


def test_a_place_that_is_gone_begins_the_list_anew(fleet: None, as_viewer: Client) -> None:
    [first, *_] = walk(as_viewer, "", "next")

    for place in ("999999", "x", "9" * 30, ""):
        assert SHOWN.findall(as_viewer.get(reverse("node_list"), {"after": place}).content.decode()) == first


def test_the_two_files_tell_the_same(fleet: None, as_viewer: Client) -> None:
    wanted = {"sort": "-missing", "region": "us-east-1"}
    as_csv = as_viewer.get(reverse("node_list"), {**wanted, "format": "csv"})
    as_json = as_viewer.get(reverse("node_list"), {**wanted, "format": "json"})

    rows = list(csv.DictReader(as_csv.getvalue().decode().splitlines()))

    assert [row["instance_id"] for row in rows] == [row["instance_id"] for row in json.loads(as_json.getvalue())]
    assert {row["region"] for row in rows} == {"us-east-1"}
    assert as_csv["Content-Disposition"] == 'attachment; filename="nodes.csv"'
    assert as_csv.streaming


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1"])
def test_a_spreadsheet_runs_nothing_of_what_a_node_is_called(name: str, fleet: None, as_viewer: Client) -> None:
    Node.objects.filter(instance_id="i-000").update(name=name)

    told = as_viewer.get(reverse("node_list"), {"format": "csv", "search": "i-000"}).getvalue().decode()

    [_, row] = csv.reader(told.splitlines(keepends=True))
    assert row[1] == f"'{name}"


def test_a_list_without_rows_is_an_empty_file(as_viewer: Client) -> None:
    assert json.loads(as_viewer.get(reverse("node_list"), {"format": "json"}).getvalue()) == []
    assert json.loads(as_viewer.get(reverse("account_list"), {"format": "json"}).getvalue()) == []


def test_accounts_and_regions_are_told_with_their_nodes(fleet: None, as_viewer: Client) -> None:
    told = json.loads(as_viewer.get(reverse("account_list"), {"format": "json"}).getvalue())

    assert [(row["region"], row["nodes"]) for row in told] == [("eu-west-1", COUNT // 2 + 1), ("us-east-1", COUNT // 2)]
