"""The calendar of runs: what ran, what will run, and what did not although it should have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.domain.spec import Schedule
from policies.models import Account, AssociationState, Deployment, Node, NodePolicy, Policy, Run, Shard
from policies.observe.run_calendar import CalendarFilter, State, Window, read_calendar
from tests.observe.reading import NOW, make_policy
from tests.specs import some_spec

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
DAY = timedelta(days=1)
DAILY, SUNDAYS, HALF_HOURS = "cron(0 1 * * ? *)", "cron(0 2 ? * SUN *)", "cron(0/30 * * * ? *)"


@pytest.fixture
def shard() -> Shard:
    """The one account-Region, which was read just now."""
    account = Account.objects.create(account_id="111122223333", name="Shop", seen_at=timezone.now())
    return Shard.objects.create(account=account, region="us-east-1", status="fresh", observed_at=NOW)


def policy_that(scan: str, install: str = "", name: str = "abcde", deployed: datetime = NOW - 9 * DAY) -> Policy:
    """A policy with these schedules, deployed then, which one node is under."""
    policy = make_policy(name)
    schedules = {"scan": Schedule(scan, False), "install": Schedule(install, False) if install else None}
    policy.spec = some_spec(**schedules).to_dict()
    policy.save()
    Deployment.objects.create(
        policy=policy, verb="create", status="succeeded", plan={}, requested_by="ann", requested_at=deployed,
        finished_at=deployed,
    )  # fmt: skip
    shard = Shard.objects.get()
    node, _ = Node.objects.get_or_create(shard=shard, instance_id="i-1", seen_at=NOW)
    NodePolicy.objects.create(node=node, policy=policy)
    return policy


def run(policy: Policy, shard: Shard, at: datetime, status: str = "Success", purpose: str = "scan") -> None:
    Run.objects.create(
        policy=policy, shard=shard, association_id="a", execution_id=str(Run.objects.count()), purpose=purpose,
        status=status, created_at=at,
    )  # fmt: skip


def states(first: date, days: int = 7, **wanted: str) -> dict[tuple[date, str, str], State]:
    entries = read_calendar(CalendarFilter(**wanted), Window(first, days, NOW))
    return {(entry.day, entry.policy.name, entry.purpose): entry.state for entry in entries}


def test_what_ran_what_did_not_and_what_will_run_stand_day_by_day(shard: Shard) -> None:
    policy = policy_that(DAILY, SUNDAYS)
    run(policy, shard, NOW.replace(hour=1, minute=2))

    told = states(TODAY - DAY, 8)

    scans = {day: state for (day, _, purpose), state in told.items() if purpose == "scan"}
    assert scans == {TODAY - DAY: State.MISSED, TODAY: State.RAN} | {
        TODAY + n * DAY: State.PLANNED for n in range(1, 7)
    }
    assert [day.isoweekday() for (day, _, purpose) in told if purpose == "install"] == [7, 7]


def test_accounts_and_regions_are_counted_by_the_status_of_their_runs_which_begin_with_the_first(shard: Shard) -> None:
    policy = policy_that(DAILY)
    other = Shard.objects.create(account=shard.account, region="eu-west-1")
    for minute, place, status in (
        (7, shard, "Failed"),
        (3, shard, "Success"),
        (4, shard, "Success"),
        (5, other, "Success"),
    ):
        run(policy, place, NOW.replace(hour=1, minute=minute), status)
    run(policy, shard, NOW.replace(hour=2), purpose="install")  # of a schedule that it had before

    scan, install = read_calendar(CalendarFilter(), Window(TODAY, 1, NOW))

    assert (scan.runs, scan.began_at) == ({"failed": 1, "success": 2}, NOW.replace(hour=1, minute=3))
    assert (install.state, install.planned) == (State.RAN, ())


@pytest.mark.parametrize(("deployed", "missed"), [(NOW - 2 * DAY, 2), (NOW - timedelta(hours=10), 0)])
def test_nothing_is_missed_that_was_not_deployed_yet(deployed: datetime, missed: int, shard: Shard) -> None:
    policy_that(DAILY, deployed=deployed)

    assert list(states(TODAY - 7 * DAY, 14).values()).count(State.MISSED) == missed


def test_without_a_node_nothing_is_missed(shard: Shard) -> None:
    policy_that(DAILY)
    NodePolicy.objects.all().delete()

    assert states(TODAY - DAY, 3) == {
        (TODAY - DAY, "abcde", "scan"): State.IDLE,
        (TODAY, "abcde", "scan"): State.IDLE,
        (TODAY + DAY, "abcde", "scan"): State.PLANNED,
    }


def test_a_run_that_was_due_just_now_may_still_be_read(shard: Shard) -> None:
    policy_that(f"cron(0 {NOW.hour - 1} * * ? *)")

    assert states(TODAY, 1) == {(TODAY, "abcde", "scan"): State.PLANNED}


def test_a_run_is_not_missed_before_its_own_account_was_read_again(shard: Shard) -> None:
    policy = policy_that(DAILY)
    AssociationState.objects.create(policy=policy, shard=shard, association_id="a", name="a", purpose="scan")
    Shard.objects.update(observed_at=NOW - DAY)

    assert states(TODAY - DAY, 2) == {
        (TODAY - DAY, "abcde", "scan"): State.MISSED,
        (TODAY, "abcde", "scan"): State.PLANNED,
    }


def test_the_times_of_a_rate_are_not_foretold(shard: Shard) -> None:
    policy_that("rate(12 hours)")

    entries = read_calendar(CalendarFilter(), Window(TODAY - DAY, 3, NOW))

    assert [(entry.day, entry.planned, entry.state) for entry in entries] == [
        (TODAY, (), State.PLANNED), (TODAY + DAY, (), State.PLANNED),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {("abcde", "scan"), ("abcde", "install"), ("fghij", "scan")}),
        ({"policy": "fghij"}, {("fghij", "scan")}),
        ({"operation": "install"}, {("abcde", "install")}),
    ],
)
def test_a_filter_narrows_what_ran_and_what_will(
    wanted: Mapping[str, str], found: set[tuple[str, str]], shard: Shard
) -> None:
    one, other = policy_that(DAILY, DAILY), policy_that(DAILY, name="fghij")
    for purpose in ("scan", "install"):
        run(one, shard, NOW, purpose=purpose)
    run(other, shard, NOW)

    assert {key[1:] for key in states(TODAY, 1, **wanted)} == found
    assert {key[1:] for key in states(TODAY + DAY, 1, **wanted)} == found


def test_what_a_deleted_policy_ran_stays_and_nothing_of_it_is_planned(shard: Shard) -> None:
    policy = policy_that(DAILY)
    run(policy, shard, NOW)
    Policy.objects.update(deleted_at=NOW)

    assert states(TODAY - DAY, 3) == {(TODAY, "abcde", "scan"): State.RAN}


def test_the_page_shows_a_week_from_yesterday_and_leads_to_the_next(shard: Shard, as_viewer: Client) -> None:
    policy_that(HALF_HOURS)

    page = as_viewer.get(reverse("calendar"))
    told = page.content.decode()

    assert [day for day, _ in page.context["days"]] == [TODAY + n * DAY for n in range(-1, 6)]
    assert "and 45 more times" in told
    assert f'href="?from={TODAY + 6 * DAY}"' in told
    assert f'<a href="{reverse("node_list")}?policy=abcde">1</a>' in told
    rows = json.loads(as_viewer.get(reverse("calendar"), {"format": "json"}).getvalue())
    assert [(row["day"], row["state"], len(row["planned"])) for row in rows[:3]] == [
        (str(TODAY - DAY), "missed", 48), (str(TODAY), "planned", 48), (str(TODAY + DAY), "planned", 48),
    ]  # fmt: skip


@pytest.mark.parametrize("asked", ["", "nonsense", "9999-12-31", "0001-01-01", "2026-02-30"])
def test_any_day_can_be_asked_for_and_nothing_is_said_so(asked: str, as_viewer: Client) -> None:
    page = as_viewer.get(reverse("calendar"), {"from": asked})

    assert page.status_code == 200
    assert "Nothing ran and nothing is planned in these days" in page.content.decode()


def test_a_filter_without_runs_can_be_cleared(as_viewer: Client) -> None:
    assert "No matching runs" in as_viewer.get(reverse("calendar"), {"operation": "install"}).content.decode()
