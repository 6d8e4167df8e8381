"""What is counted beforehand says the same as the nodes, for each filter that names one part of the fleet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from policies.aws.connect import Aws
from policies.domain.status import LACKING
from policies.models import Account, Node, NodeCompliance, Part, Shard, Tally
from policies.models.inventory import NodeQuerySet
from policies.observe.collect import collect_shard
from policies.observe.filters import MISSING_FOR, NodeFilter
from policies.observe.heat_map import read_heat_map
from policies.observe.pruning import forget_old
from policies.observe.tallies import (
    DAYS_KEPT,
    Numbers,
    count_list,
    count_nodes,
    newest,
    read_numbers,
    read_trend,
    tally_fleet,
)
from tests.observe.reading import NOW

pytestmark = pytest.mark.django_db


def live(query: str) -> Numbers:
    """What the nodes themselves say."""
    wanted, last = NodeFilter.read(QueryDict(query)), newest()
    assert last is not None
    return count_nodes(wanted.apply(Node.objects.living(), last.as_of), last.as_of, wanted.policy)


def counted(query: str) -> Numbers:
    """What was counted beforehand."""
    last = newest()
    assert last is not None
    wanted = NodeFilter.read(QueryDict(query))
    return read_numbers(wanted, last, last.as_of, read_trend(wanted))


def test_each_part_of_the_fleet_is_counted_as_its_nodes_are(fleet: None) -> None:
    assert tally_fleet()

    parts = list(Tally.objects.exclude(part=Part.ALL).exclude(part=Part.UNIT).values_list("part", "key"))

    assert {part for part, _ in parts} == set(Part) - {Part.ALL, Part.UNIT}
    queries = ["", *(f"{part}={key}" for part, key in parts)]
    assert {query: counted(query) for query in queries} == {query: live(query) for query in queries}
    assert counted("").missing > 0


def test_a_unit_counts_with_the_units_below_it(fleet: None) -> None:
    tally_fleet()
    units = {unit for path in Account.objects.values_list("unit_path", flat=True) for unit in path.split("/") if unit}

    assert len(units) > 2
    assert {unit: counted(f"unit={unit}") for unit in units} == {unit: live(f"unit={unit}") for unit in units}


@pytest.mark.parametrize("where", ["", "region=us-east-1", "policy=abcde", "operating_system=AMAZON_LINUX_2023"])
@pytest.mark.parametrize(
    "how", ["", "findings=missing", "severity=security", "missing_for=7", "scanned=day", "cover=none"]
)
def test_a_list_is_as_long_as_it_was_counted(where: str, how: str, fleet: None) -> None:
    tally_fleet()
    last = newest()
    assert last is not None
    wanted = NodeFilter.read(QueryDict(f"{where}&{how}"))

    assert count_list(wanted, last) == wanted.apply(Node.objects.living(), last.as_of).count()


@pytest.mark.parametrize(
    "query",
    [
        "search=web",
        "tag=Role",
        "status=pending",
        "cover=one",
        "cover=any",
        "scanner=policy",
        "findings=failed&cover=none",
    ],
)
def test_what_no_tally_holds_is_left_to_the_list_itself(query: str, fleet: None) -> None:
    tally_fleet()

    assert count_list(NodeFilter.read(QueryDict(query)), newest()) is None


def test_the_list_of_a_unit_has_the_nodes_of_those_below_it(fleet: None) -> None:
    tally_fleet()
    last = newest()
    assert last is not None

    told = {unit: count_list(NodeFilter(unit=unit), last) for unit in last.keys["unit"]}

    assert told == {unit: NodeFilter(unit=unit).apply(Node.objects.living(), last.as_of).count() for unit in told}
    assert len(told) > 1


def test_every_account_and_region_has_its_nodes_counted(fleet: None) -> None:
    told = {shard.pk: (shard.node_count, shard.lacking_count, shard.unscanned_count) for shard in Shard.objects.all()}

    nodes = {pk: Node.objects.living().filter(shard=pk) for pk in told}
    lacking = {pk: of.filter(compliance__findings__in=LACKING).count() for pk, of in nodes.items()}
    unscanned = {pk: of.filter(compliance__findings="never_scanned").count() for pk, of in nodes.items()}
    assert told == {pk: (of.count(), lacking[pk], unscanned[pk]) for pk, of in nodes.items()}
    assert any(lacking.values())


def test_the_heat_map_counts_nodes_one_by_one_as_readings_count_them(fleet: None) -> None:
    accounts = Account.objects.all()

    assert read_heat_map(accounts, NodeFilter(search="i-"), NOW) == read_heat_map(accounts, NodeFilter(), NOW)


def test_every_node_stands_once_in_the_ages_and_once_in_the_findings(fleet: None) -> None:
    tally_fleet()

    told = counted("")

    assert told.nodes == Node.objects.living().count() > 0
    assert told.day + told.week + told.longer + told.never == told.nodes
    assert sum(told.findings.values()) == told.nodes


def test_counting_twice_changes_nothing_and_a_day_has_one_tally(fleet: None) -> None:
    first = tally_fleet()
    told = list(Tally.objects.values_list("part", "key", "nodes"))

    assert (first, tally_fleet()) == (True, False)
    assert list(Tally.objects.values_list("part", "key", "nodes")) == told


def test_a_reading_that_is_stored_after_a_count_is_counted_though_aws_told_it_before(fleet: None, aws: Aws) -> None:
    tally_fleet()
    shard = Shard.objects.filter(node_count__gt=0).earliest("observed_at")
    shard.nodes.all().delete()
    assert collect_shard(shard.pk, aws, NOW)
    Shard.objects.filter(pk=shard.pk).update(observed_at=shard.observed_at)
    Tally.objects.update(nodes=0)

    assert (tally_fleet(), tally_fleet()) == (True, False)
    assert counted("") == live("")


def test_nodes_that_are_stored_while_it_counts_do_not_stop_a_count(
    fleet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their pairs with policies are met, and they themselves at the next count."""
    monkeypatch.setattr(NodeQuerySet, "living", lambda nodes: nodes.none())
    assert tally_fleet()


def test_a_later_count_of_the_same_day_replaces_it(fleet: None) -> None:
    tally_fleet()
    Tally.objects.update(as_of=Tally.objects.earliest("pk").as_of - timedelta(minutes=5), nodes=1)

    tally_fleet()

    assert counted("") == live("")
    assert Tally.objects.filter(part=Part.ALL).count() == 1


def test_two_filters_at_once_are_counted_from_the_nodes(fleet: None) -> None:
    tally_fleet()
    assert counted("region=us-east-1&operating_system=UBUNTU") == live("region=us-east-1&operating_system=UBUNTU")
    assert read_trend(NodeFilter(region="us-east-1", operating_system="UBUNTU")) == []


def test_the_last_ninety_days_are_kept(fleet: None) -> None:
    tally_fleet()
    last = newest()
    assert last is not None
    for days in (1, DAYS_KEPT - 1, DAYS_KEPT, 200):
        Tally.objects.create(on=last.on - timedelta(days=days), part=Part.ALL, as_of=last.as_of, nodes=days)

    forgotten = forget_old(NOW)

    assert forgotten == {"Tally": 2}
    assert [told.nodes for _, told in read_trend(NodeFilter())] == [DAYS_KEPT - 1, 1, last.nodes]
    assert forget_old(NOW) == {}


def test_the_dashboard_shows_what_was_counted_and_says_as_of_when(fleet: None, as_viewer: Client) -> None:
    tally_fleet()
    Tally.objects.filter(part=Part.ALL).update(nodes=4321)

    told = as_viewer.get(reverse("dashboard")).content.decode()

    assert "4,321" in told


@pytest.mark.parametrize(
    ("days", "band"), [(0, "7"), (7, "7"), (8, "14"), (30, "30"), (60, "60"), (90, "90"), (91, "longer")]
)
def test_a_node_stands_in_one_band_of_days_without_its_patches(days: int, band: str, fleet: None) -> None:
    tally_fleet()
    last = newest()
    assert last is not None
    NodeCompliance.objects.filter(missing__gt=0).update(missing_since=last.as_of - timedelta(days=days))
    Tally.objects.all().delete()
    tally_fleet()

    told = {each: getattr(counted(""), f"missing_{each}") for each in MISSING_FOR}

    lacking = NodeCompliance.objects.filter(missing__gt=0, node__in=Node.objects.living()).count()
    assert told == {**dict.fromkeys(MISSING_FOR, 0), band: lacking}
    assert lacking


def test_figures_are_drawn_once_for_each_count_and_language(fleet: None, as_viewer: Client) -> None:
    def shows(number: str, language: str = "en") -> bool:
        return number in as_viewer.get(reverse("dashboard"), headers={"accept-language": language}).content.decode()

    tally_fleet()
    Tally.objects.filter(part=Part.ALL).update(nodes=4321)
    assert shows("4,321")
    Tally.objects.filter(part=Part.ALL).update(nodes=5432)

    assert shows("4,321")
    assert shows("5,432", "ja")
    Tally.objects.update(as_of=F("as_of") + timedelta(minutes=5))
    assert shows("5,432")
