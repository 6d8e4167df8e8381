"""Parts of the fleet beside one another: each number is as long as the list that it opens."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from policies.models import Account, Node, NodePolicy
from policies.observe.comparison import By, compare
from policies.observe.filters import NodeFilter
from tests.observe.reading import NOW, make_policy

pytestmark = pytest.mark.django_db

FILTERS = ("", "region=us-east-1", "findings=missing", "policy=abcde", "tag=Patch", "cover=none", "search=i-0")


def listed(query: str) -> int:
    return NodeFilter.read(QueryDict(query.removeprefix("?"))).apply(Node.objects.living(), NOW).count()


@pytest.mark.parametrize("query", FILTERS)
@pytest.mark.parametrize("by", By)
def test_every_group_is_as_long_as_its_list(by: By, query: str, fleet: None) -> None:
    groups = compare(NodeFilter.read(QueryDict(query)), by, "Patch", NOW)

    told = {group.key: (group.nodes, group.counts["recent"]) for group in groups if group.query}
    there = {group.key: group.query for group in groups if group.query}
    assert told == {key: (listed(where), listed(f"{where}&scanned=day")) for key, where in there.items()}
    assert groups
    assert all(group.nodes == sum(group.findings.values()) for group in groups)
    assert [group.nodes for group in groups] == sorted((group.nodes for group in groups), reverse=True)


def test_the_groups_of_what_each_node_has_once_are_the_fleet(fleet: None) -> None:
    whole = Node.objects.living().count()

    told = {by: sum(group.nodes for group in compare(NodeFilter(), by, "Patch", NOW)) for by in By}

    assert {by for by, count in told.items() if count == whole} >= {By.ACCOUNT, By.REGION, By.SYSTEM, By.TAG}
    assert told[By.UNIT] > whole  # a unit counts with those below it


def test_below_a_unit_only_units_below_it_are_compared(fleet: None) -> None:
    path = max(Account.objects.values_list("unit_path", flat=True), key=len).split("/")

    groups = compare(NodeFilter(unit=path[1]), By.UNIT, "", NOW)

    assert path[1] in {group.key for group in groups}
    assert all(group.name for group in groups)
    assert path[0] not in {group.key for group in groups}


def test_nodes_under_two_policies_lead_to_both(fleet: None) -> None:
    other = make_policy("fghij")
    for node in Node.objects.filter(policies__policy__configuration_id="abcde")[:2]:
        NodePolicy.objects.create(node=node, policy=other)

    told = {group.key: group for group in compare(NodeFilter(policy="abcde"), By.POLICY, "", NOW)}

    assert set(told) == {"abcde", "fghij"}
    assert (told["fghij"].nodes, told["fghij"].query) == (2, "?policy=abcde&beside=fghij")
    assert (told["fghij"].name, listed(told["fghij"].query)) == ("fghij", 2)


def test_a_group_that_no_filter_can_say_has_no_list(fleet: None) -> None:
    told = {group.key: group.query for group in compare(NodeFilter(tag="Name"), By.TAG, "Patch", NOW)}

    assert set(told.values()) == {""}


def test_an_empty_value_is_not_a_missing_tag(fleet: None) -> None:
    node = Node.objects.living().filter(tags__has_key="Patch").earliest("pk")
    Node.objects.filter(pk=node.pk).update(tags={**node.tags, "Patch": ""})

    told = {group.key: group for group in compare(NodeFilter(), By.TAG, "Patch", NOW)}

    assert told[""].nodes == listed(told[""].query) == 1
    assert told[None].nodes == listed(told[None].query) > 1


@pytest.mark.parametrize("key", ["2024", "-1", "a.b c", "キー", "%s"])
def test_any_tag_is_compared_and_found_by_its_value(key: str, fleet: None) -> None:
    """A key made of digits is no place in a list."""
    node = Node.objects.living().earliest("pk")
    Node.objects.filter(pk=node.pk).update(tags={key: "7"})

    told = {group.key: group for group in compare(NodeFilter(), By.TAG, key, NOW)}

    assert told["7"].nodes == 1
    assert list(NodeFilter(tag=f"{key}=7").apply(Node.objects.living(), NOW)) == [node]
    assert list(NodeFilter(tag=key).apply(Node.objects.living(), NOW)) == [node]


def test_nodes_without_a_tag_are_found(fleet: None) -> None:
    without = listed("tag=!Patch")

    assert 0 < without == Node.objects.living().count() - listed("tag=Patch")


def test_the_page_and_its_files_have_the_same_rows(fleet: None, as_viewer: Client) -> None:
    asked = {"by": "tag", "tag_key": "Patch", "sort": "-nodes"}

    page = as_viewer.get(reverse("comparison"), asked)
    rows = json.loads(as_viewer.get(reverse("comparison"), {**asked, "format": "json"}).getvalue())

    assert [row["key"] for row in rows] == [group.key for group, _ in page.context["rows"]]
    assert "Without this tag" in page.content.decode()
    assert "Patch findings of Without this tag" in page.content.decode()
    where = urlencode({"tag": "!Patch"})
    assert f'href="{reverse("node_list")}?{where}"' in page.content.decode()


def test_before_a_tag_is_named_the_page_asks_for_it_and_counts_nothing(fleet: None, as_viewer: Client) -> None:
    page = as_viewer.get(reverse("comparison"), {"by": "tag"}).content.decode()

    assert "Which tag?" in page
    assert "(0)" not in page
    assert "format=csv" not in page


def test_to_clear_the_filters_keeps_what_is_compared(fleet: None, as_viewer: Client) -> None:
    asked = {"by": "tag", "tag_key": "Patch & more", "region": "us-east-1", "sort": "name"}

    page = as_viewer.get(reverse("comparison"), asked).content.decode()

    assert 'href="?by=tag&amp;tag_key=Patch+%26+more&amp;sort=name">Clear filters' in page
