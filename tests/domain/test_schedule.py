"""When a schedule runs, checked against another library's reading of cron; and whether two schedules meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, islice

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.domain.cron import Cron
from policies.domain.schedule import is_documented, meets, next_runs, parse, runs_between
from tests.domain.schedules import NAMES, cron_expressions, few_runs

BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST_RUNS = 28 * 366 * 2
moments = st.datetimes(datetime(2026, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))


def runs_of(expression: str, after: datetime, count: int) -> list[datetime]:
    """The runs by the other library: it counts weekdays from 0 = Sunday, has no years, and knows the last by number."""
    parsed = parse(expression)
    assert isinstance(parsed, Cron)
    minute, hour, day, _, weekday, _ = parsed.expression[5:-1].split()
    if weekday.endswith("L"):
        weekday = f"{NAMES.index(weekday[:-1])}L"
    told = CronSim(f"{minute} {hour} {day} * {weekday}".replace("?", "*"), after)
    last = datetime(max(parsed.years) + 1, 1, 1, tzinfo=UTC)
    found: list[datetime] = []
    for run in told:
        if run >= last or len(found) == count:
            break
        if run.year in parsed.years:
            found.append(run)
    return found


@given(cron_expressions, moments)
def test_the_next_runs_are_those_that_another_library_finds(expression: str, after: datetime) -> None:
    assert list(next_runs(parse(expression), after, 25)) == runs_of(expression, after, 25)


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("cron(0 1 * * ? *)", ["2026-11-24T01:00", "2026-11-25T01:00"]),
        ("cron(0 2 ? * SUN *)", ["2026-11-29T02:00", "2026-12-06T02:00"]),
        ("cron(0 2 ? * TUE#2 *)", ["2026-12-08T02:00", "2027-01-12T02:00"]),
        ("cron(0 2 ? * SUN#5 *)", ["2026-11-29T02:00", "2027-01-31T02:00"]),
        ("cron(0 2 ? * 3L *)", ["2026-11-24T02:00", "2026-12-29T02:00"]),
        ("cron(30 12 31 * ? *)", ["2026-12-31T12:30", "2027-01-31T12:30"]),
        ("cron(0 12,13 * * ? 2026)", ["2026-11-23T13:00", "2026-11-24T12:00"]),
        ("rate(12 hours)", ["2026-11-24T00:00", "2026-11-24T12:00"]),
        ("rate(30 days)", ["2026-12-23T12:00", "2027-01-22T12:00"]),
        ("cron(0 1 * * ? 2025)", []),
    ],
)
def test_the_next_runs_come_after_the_moment_that_is_given(expression: str, runs: list[str]) -> None:
    told = next_runs(parse(expression), BEGIN, 2)

    assert [run.isoformat(timespec="minutes") for run in told] == [f"{run}+00:00" for run in runs]


def test_runs_are_told_in_utc_wherever_the_question_comes_from() -> None:
    tokyo = BEGIN.astimezone(timezone(timedelta(hours=9)))

    assert next_runs(parse("cron(0 1 * * ? *)"), tokyo) == next_runs(parse("cron(0 1 * * ? *)"), BEGIN)
    assert {run.tzinfo for run in next_runs(parse("rate(1 day)"), tokyo)} == {UTC}


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_runs(parse("rate(1 day)"), datetime(2026, 1, 1))


def test_runs_end_with_the_last_year() -> None:
    told = next_runs(parse("cron(0 2 31 * ? 2026)"), BEGIN)

    assert [run.date().isoformat() for run in told] == ["2026-12-31"]


@pytest.mark.parametrize(
    ("scan", "install", "collide"),
    [
        ("cron(0 1 * * ? *)", "cron(0 2 ? * SUN *)", False),
        ("cron(0 2 * * ? *)", "cron(0 2 ? * SUN *)", True),
        ("cron(58 1 * * ? *)", "cron(0 2 ? * SUN *)", True),
        ("cron(57 1 * * ? *)", "cron(0 2 ? * SUN *)", False),
        ("cron(2 2 * * ? *)", "cron(0 2 ? * SUN *)", True),
        ("cron(3 2 * * ? *)", "cron(0 2 ? * SUN *)", False),
        ("cron(0 2 ? * MON *)", "cron(0 2 ? * SUN *)", False),
        ("cron(59 23 ? * SAT *)", "cron(0 0 ? * SUN *)", True),
        ("cron(0 0 ? * SUN *)", "cron(59 23 ? * SAT *)", True),
        ("cron(59 23 ? * SUN *)", "cron(0 0 ? * SUN *)", False),
        ("cron(0 2 15 * ? *)", "cron(0 2 ? * SUN *)", True),
        ("cron(0 2 ? * TUE#1 *)", "cron(0 2 8 * ? *)", False),
        ("cron(0 2 ? * FRIL *)", "cron(0 2 22 * ? *)", True),
        ("cron(0 2 * * ? 2027)", "cron(0 2 ? * SUN 2028)", False),
        ("cron(59 23 * * ? 2027)", "cron(0 0 * * ? 2028)", True),
        ("rate(1 day)", "rate(7 days)", True),
        ("rate(1 day)", "cron(0 2 ? * SUN *)", False),
        ("cron(0 2 ? * SUN *)", "rate(1 day)", False),
    ],
)
def test_schedules_meet_when_runs_are_within_two_minutes(scan: str, install: str, collide: bool) -> None:
    assert meets(parse(scan), parse(install)) is collide


@given(few_runs, few_runs)
@settings(max_examples=40)
def test_schedules_meet_exactly_when_some_of_their_runs_do(scan: str, install: str) -> None:
    begin = datetime(2025, 12, 31, tzinfo=UTC)
    end = begin + timedelta(days=28 * 366)
    ours, theirs = ({run for run in next_runs(parse(each), begin, MOST_RUNS) if run < end} for each in (scan, install))

    close = chain.from_iterable((run + timedelta(minutes=m) for m in range(-2, 3)) for run in ours)
    assert meets(parse(scan), parse(install)) is (not theirs.isdisjoint(close))


@given(cron_expressions, cron_expressions)
@settings(max_examples=30)
def test_it_does_not_matter_which_of_the_two_is_asked_about(one: str, other: str) -> None:
    assert meets(parse(one), parse(other)) is meets(parse(other), parse(one))


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0/30 * * * ? *)", "cron(0 * * * ? *)", "cron(0 0/2 * * ? *)", "cron(0 0/4 * * ? *)",
        "cron(15 1/8 * * ? *)", "cron(0 0/12 * * ? *)", "cron(0 1 * * ? *)", "cron(0 2 ? * SUN *)",
        "cron(0 2 ? * TUE#2 *)", "cron(0 2 ? * 3L *)", "rate(45 minutes)", "rate(30 days)",
    ],
)  # fmt: skip
def test_cadences_that_aws_lists_are_known(expression: str) -> None:
    assert is_documented(parse(expression))


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 0/3 * * ? *)", "cron(0 0/5 * * ? *)", "cron(0 1,2 * * ? *)", "cron(0 8-18 * * ? *)",
        "cron(0 2 ? * MON,WED *)", "cron(0 2 ? * MON-FRI *)", "cron(0 2 1 * ? *)", "cron(0 2,14 ? * SUN *)",
    ],
)  # fmt: skip
def test_other_cadences_are_not_listed(expression: str) -> None:
    assert not is_documented(parse(expression))


def test_asking_for_no_runs_gives_none() -> None:
    assert list(islice(next_runs(parse("rate(1 day)"), BEGIN, 0), 1)) == []


def test_runs_between_two_moments_are_those_from_the_first_on_and_before_the_second() -> None:
    daily = parse("cron(0 1 * * ? *)")
    at = datetime(2026, 11, 23, 1, tzinfo=UTC)

    assert runs_between(daily, at, at + timedelta(days=2)) == (at, at + timedelta(days=1))
    assert runs_between(daily, at, at) == ()
    assert runs_between(parse("rate(1 day)"), at, at + timedelta(days=2)) == ()
