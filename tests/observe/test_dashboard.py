"""The dashboard's charts, the days as a file, views with names, and that no page asks the database often."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies.domain.status import PolicyStatus
from policies.models import Account, Cause, OverrideVersion, SavedView, Shard, Tally
from policies.observe.charts import bar_parts
from policies.observe.filters import NodeFilter
from policies.observe.tallies import Numbers
from policies.observe.trends import HEIGHT, WIDTH, draw_trend, read_changes
from tests.every_page import every_page
from tests.lived_in import LivedIn
from tests.observe.reading import make_policy
from tests.observe.test_pages import NOW, account

MOST_QUERIES = 15
FIRST = date(2026, 9, 1)

pytestmark = pytest.mark.django_db


def keep(days: int) -> None:
    """Tallies of some days, a node more on each."""
    Shard.objects.create(account=account(), region="us-east-1", status="fresh", observed_at=NOW)
    for number in range(days):
        on = NOW.date() - timedelta(days=days - 1 - number)
        Tally.objects.create(on=on, part="all", as_of=NOW, nodes=number + 1, missing=number + 1, critical=number)


def test_the_areas_of_a_trend_stand_on_one_another_up_to_the_top() -> None:
    days = [(FIRST, Numbers(nodes=4, up_to_date=3, missing=1)), (FIRST + timedelta(9), Numbers(nodes=2, missing=2))]

    trend = draw_trend(days, NodeFilter())

    assert trend is not None
    drawn = {str(area.status): area.path for area in trend.areas}
    assert drawn["up_to_date"] == f"M0.0,40.0 L{WIDTH}.0,160.0 L{WIDTH}.0,160.0 L0.0,160.0 Z"
    assert drawn["missing"] == f"M0.0,0.0 L{WIDTH}.0,80.0 L{WIDTH}.0,160.0 L0.0,40.0 Z"
    assert (trend.top, HEIGHT) == (4, 160)


@pytest.mark.parametrize(
    "days", [[], [(FIRST, Numbers(nodes=1))], [(FIRST, Numbers()), (FIRST + timedelta(1), Numbers())]]
)
def test_nothing_is_drawn_of_less_than_two_days_or_no_node(days: list[tuple[date, Numbers]]) -> None:
    assert draw_trend(days, NodeFilter()) is None


def test_the_trend_has_its_numbers_as_a_table_and_as_a_file(as_viewer: Client) -> None:
    keep(15)

    told = as_viewer.get(reverse("dashboard")).content.decode()
    days = json.loads(as_viewer.get(reverse("dashboard"), {"format": "json"}).getvalue())

    assert told.count("trend-area") == 5
    assert [row["nodes"] for row in days] == list(range(1, 16))
    assert days[-1] == {"day": "2026-11-23", **days[-1], "missing": 15, "critical": 14, "up_to_date": 0}


def test_the_trend_marks_the_days_on_which_baselines_changed(as_viewer: Client) -> None:
    keep(15)
    one, other = make_policy("abcde"), make_policy("fghij")
    for policy, days in ((one, 2), (one, 2), (other, 14), (other, 15)):
        OverrideVersion.objects.create(
            policy=policy, body="[]", digest="0", cause=Cause.SYNC, written_at=NOW, live_at=NOW - timedelta(days=days)
        )

    told = [as_viewer.get(reverse("dashboard"), asked).content.decode() for asked in ({}, {"policy": "abcde"})]

    assert re.findall(r'trend-mark" x1="([0-9.]+)"', told[0]) == ["0.0", f"{WIDTH * 12 / 14:.1f}"]
    assert "The lines mark 3 changes of patch baselines" in told[0]
    first = one.override_versions.first()
    assert first is not None
    assert f'href="{reverse("policy_version", args=["abcde", first.pk])}">abcde</a>' in told[0]
    assert "trend-mark" not in told[1]  # no day was counted of that policy


def test_a_chart_names_its_newest_changes_and_counts_the_others() -> None:
    days = [(FIRST, Numbers(nodes=1)), (FIRST + timedelta(2), Numbers(nodes=1))]
    trend = draw_trend(days, NodeFilter(), tuple(OverrideVersion(live_at=NOW) for _ in range(7)))

    assert trend is not None
    assert (len(trend.named_changes), trend.unnamed_changes) == (5, 2)


def test_a_chart_of_a_policy_marks_its_own_changes() -> None:
    days = [(FIRST, Numbers(nodes=1)), (FIRST + timedelta(2), Numbers(nodes=1))]
    at = datetime.combine(FIRST, time(23, 59), UTC)
    for name in ("abcde", "fghij"):
        OverrideVersion.objects.create(
            policy=make_policy(name), body="[]", digest=name, cause=Cause.SYNC, written_at=NOW, live_at=at
        )

    assert [each.digest for each in read_changes(days, NodeFilter(policy="fghij"))] == ["fghij"]
    assert len(read_changes(days, NodeFilter())) == 2
    assert read_changes(days[1:], NodeFilter()) == ()


def test_the_newest_change_of_a_chart_is_named_first() -> None:
    days = [(FIRST, Numbers(nodes=1)), (FIRST + timedelta(2), Numbers(nodes=1))]
    policy, at = make_policy(), datetime.combine(FIRST, time(12), UTC)
    for hours in (3, 30, 1):
        OverrideVersion.objects.create(
            policy=policy, body="[]", digest=str(hours), cause=Cause.SYNC, written_at=NOW,
            live_at=at + timedelta(hours=hours),
        )  # fmt: skip

    assert [each.digest for each in read_changes(days, NodeFilter())] == ["30", "3", "1"]


def test_a_severity_opens_the_list_of_its_nodes(as_viewer: Client) -> None:
    keep(2)

    assert reverse("node_list") + "?severity=critical" in as_viewer.get(reverse("dashboard")).content.decode()


@pytest.fixture
def places() -> None:
    """Four accounts in two Regions, with nodes, findings and nodes never scanned in some."""
    for number, (nodes, lacking, unscanned) in enumerate([(4, 1, 2), (9, 9, 0), (0, 0, 0), (12, 0, 12)]):
        held = Account.objects.create(account_id=f"{number:012}", name=f"Account {number}", seen_at=NOW)
        counts = {"node_count": nodes, "lacking_count": lacking, "unscanned_count": unscanned}
        Shard.objects.create(account=held, region="eu-west-1", observed_at=NOW, **counts)
        Shard.objects.create(account=held, region="us-east-1", observed_at=NOW, status="failed")


def test_accounts_stand_by_need_and_each_cell_opens_its_nodes(places: None, as_viewer: Client) -> None:
    told = as_viewer.get(reverse("heat_map")).content.decode()

    assert re.findall(r">(Account \d)</a>", told) == ["Account 1", "Account 0", "Account 2", "Account 3"]
    assert re.findall(r'<td class="heat-(\w+)"><a id="(h-[^"]+-eu-west-1)"', told) == [
        ("4", "h-000000000001-eu-west-1"), ("1", "h-000000000000-eu-west-1"), ("unknown", "h-000000000003-eu-west-1"),
    ]  # fmt: skip
    assert "/nodes/?account=000000000001&amp;region=eu-west-1" in told
    assert 'aria-label="Account 1, eu-west-1: 9 of 9 nodes with findings"' in told
    assert told.count("(Not readable)") == 4


def test_a_cell_tells_nodes_never_scanned_from_nodes_without_findings(places: None, as_viewer: Client) -> None:
    told = as_viewer.get(reverse("heat_map")).content.decode()

    assert 'aria-label="Account 0, eu-west-1: 1 of 4 nodes with findings (2 never scanned)"' in told
    assert 'aria-label="Account 3, eu-west-1: none of 12 nodes scanned yet"' in told
    assert "<span>1/4 <small>?2</small></span>" in told
    assert "<span>?/12</span>" in told


def test_the_map_keeps_its_filter_and_is_a_file_too(places: None, as_viewer: Client) -> None:
    wanted = {"account": "Account 0", "region": "eu-west-1"}
    told = as_viewer.get(reverse("heat_map"), wanted).content.decode()
    rows = json.loads(as_viewer.get(reverse("heat_map"), {**wanted, "format": "json"}).getvalue())

    assert "/nodes/?account=000000000000&amp;region=eu-west-1" in told
    assert [(row["account"], row["nodes"], row["nodes_with_findings"], row["nodes_never_scanned"]) for row in rows] == [
        ("Account 0", 4, 1, 2)
    ]


def save(client: Client, **values: str) -> str:
    """Save a view; the address that its person is led to."""
    given = {"page": "node_list", "query": "?findings=missing", "name": "Missing", **values}
    return client.post(reverse("view_save"), given)["Location"]


def test_a_view_is_saved_with_its_filters_and_opens_them(as_viewer: Client) -> None:
    assert save(as_viewer) == "/nodes/?findings=missing"

    assert 'href="/nodes/?findings=missing">Missing</a>' in as_viewer.get(reverse("node_list")).content.decode()
    assert "Missing</a>" not in as_viewer.get(reverse("dashboard")).content.decode()


def test_the_same_name_again_replaces_the_filters(as_viewer: Client) -> None:
    save(as_viewer)
    save(as_viewer, query="?findings=failed")

    assert [view.query for view in SavedView.objects.all()] == ["findings=failed"]


def test_others_see_a_view_only_when_it_is_shared_and_nobody_else_deletes_it(
    as_viewer: Client, as_operator: Client
) -> None:
    save(as_viewer, name="My own")
    save(as_viewer, name="For all", shared="on")

    told = as_operator.get(reverse("node_list")).content.decode()
    shared = SavedView.objects.get(is_shared=True)

    assert "For all" in told
    assert shared.owner.username in told
    assert "My own" not in told
    assert as_operator.post(reverse("view_delete", args=[shared.pk])).status_code == 404
    here = {"next": "/nodes/?findings=failed"}
    assert as_viewer.post(reverse("view_delete", args=[shared.pk]), here)["Location"] == here["next"]
    assert [view.name for view in SavedView.objects.all()] == ["My own"]


@pytest.mark.parametrize(
    ("values", "location"),
    [
        ({"name": " "}, "/nodes/?findings=missing"),
        ({"page": "https://evil.example"}, "/?findings=missing"),
        ({"query": "?findings=nonsense&next=//evil.example"}, "/nodes/"),
    ],
)
def test_what_is_strange_is_left_out(values: dict[str, str], location: str, as_viewer: Client) -> None:
    assert save(as_viewer, **values) == location


def test_filters_that_are_too_long_to_be_kept_are_not_lost(as_viewer: Client) -> None:
    long = "?" + urlencode({"search": "鯖" * 200, "account": "店" * 200})

    assert save(as_viewer, query=long) == "/nodes/" + long
    assert not SavedView.objects.exists()
    assert "too long to be saved" in as_viewer.get(reverse("node_list")).content.decode()


def test_no_page_asks_the_database_more_than_fifteen_times(as_administrator: Client, lived_in: LivedIn) -> None:
    asked: dict[str, int] = {}
    for shown in every_page(as_administrator, lived_in):
        with CaptureQueriesContext(connection) as queries:
            as_administrator.get(shown.address)
        asked[shown.name] = len(queries)

    assert len(asked) > 120
    assert {name: count for name, count in asked.items() if count > MOST_QUERIES} == {}


def test_each_part_of_a_bar_opens_the_list_of_its_status() -> None:
    parts = bar_parts({PolicyStatus.COMPLIANT: 3, PolicyStatus.NON_COMPLIANT: 1}, "/nodes/?region=eu-west-1&status=")

    assert [(part["count"], part["url"]) for part in parts] == [
        (1, "/nodes/?region=eu-west-1&status=non_compliant"), (3, "/nodes/?region=eu-west-1&status=compliant"),
    ]  # fmt: skip


def test_an_operator_reads_everything_again_from_the_dashboard(as_operator: Client, places: None) -> None:
    assert f'action="{reverse("refresh")}"' in as_operator.get(reverse("dashboard")).content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "No account has been read yet"),
        ({"by": "tag"}, "Which tag?"),
        ({"by": "nothing", "tag_key": "a\0b", "sort": "nothing"}, "No account has been read yet"),
        ({"region": "us-east-1"}, "No matching nodes"),
    ],
)
def test_where_there_is_nothing_to_compare_the_page_says_why(
    asked: dict[str, str], said: str, as_viewer: Client
) -> None:
    page = as_viewer.get(reverse("comparison"), asked)

    assert page.status_code == 200
    assert said in page.content.decode()
