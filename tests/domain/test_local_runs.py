"""Runs on the viewer's clock, and where that clock is changed between two of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from policies.domain.local_runs import runs_on_clock
from policies.domain.schedule import next_runs, parse


def told(expression: str, zone: str, since: datetime, count: int = 3) -> list[tuple[str, str]]:
    """The runs on a clock, and what is said about changes of it."""
    runs = runs_on_clock(next_runs(parse(expression), since, count), ZoneInfo(zone), since)
    return [(f"{run.local:%Y-%m-%d %H:%M}", str(run.change or "")) for run in runs]


def test_a_run_in_a_zone_without_daylight_saving_stays_at_its_hour() -> None:
    assert told("cron(0 2 ? * SUN *)", "Asia/Tokyo", datetime(2026, 11, 25, tzinfo=UTC), 2) == [
        ("2026-11-29 11:00", ""),
        ("2026-12-06 11:00", ""),
    ]


def test_the_run_after_clocks_went_forward_says_so() -> None:
    assert told("cron(0 2 ? * SUN *)", "Europe/Berlin", datetime(2027, 3, 15, tzinfo=UTC)) == [
        ("2027-03-21 03:00", ""),
        ("2027-03-28 04:00", "Daylight saving: clocks go forward by 60 minutes before this run."),
        ("2027-04-04 04:00", ""),
    ]


def test_the_run_after_clocks_went_back_says_so_by_how_much() -> None:
    assert told("cron(0 20 ? * SAT *)", "Australia/Lord_Howe", datetime(2027, 4, 1, tzinfo=UTC), 2) == [
        ("2027-04-04 06:30", "Daylight saving: clocks go back by 30 minutes before this run."),
        ("2027-04-11 06:30", ""),
    ]


def test_the_first_run_is_compared_with_now() -> None:
    first = told("cron(0 2 ? * SUN *)", "America/New_York", datetime(2026, 10, 31, 12, tzinfo=UTC), 2)

    assert [bool(change) for _, change in first] == [False, True]
    assert told("cron(0 2 ? * MON *)", "America/New_York", datetime(2026, 10, 31, 12, tzinfo=UTC), 1)[0][1]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))
def test_every_change_is_told_once(since: datetime) -> None:
    zone = ZoneInfo("Europe/London")
    runs = runs_on_clock(next_runs(parse("cron(0 12 * * ? *)"), since, 400), zone, since)

    start = since.astimezone(zone).utcoffset() or timedelta(0)
    assert start + sum((run.shift for run in runs), timedelta(0)) == runs[-1].local.utcoffset()
    assert 2 <= sum(run.change is not None for run in runs) <= 3
