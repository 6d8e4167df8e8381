"""Which expressions associations take, and what is said about the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.cron import Cron, Rate
from policies.domain.schedule import ScheduleError, next_runs, parse
from tests.domain.schedules import cron_expressions

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def complaint(expression: str) -> str:
    """What is said about an expression that is refused."""
    with pytest.raises(ScheduleError) as refused:
        parse(expression)
    return str(refused.value.sentence)


@pytest.mark.parametrize(
    ("expression", "emitted"),
    [
        ("cron(0 */30 * * * ? *)", "cron(*/30 * * * ? *)"),
        ("cron(0/30 * * * ? *)", "cron(0/30 * * * ? *)"),
        ("cron(0 0/1 * * ? *)", "cron(0 0/1 * * ? *)"),
        ("cron(15 13 ? * * *)", "cron(15 13 ? * * *)"),
        ("cron(15 13 ? * MON *)", "cron(15 13 ? * MON *)"),
        ("cron(0 2 ? * SUN *)", "cron(0 2 ? * SUN *)"),
        ("cron(30 23 ? * TUE#3 *)", "cron(30 23 ? * TUE#3 *)"),
        ("rate(30 minutes)", "rate(30 minutes)"),
        ("rate(1 day)", "rate(1 day)"),
        ("rate(7 days)", "rate(7 days)"),
        ("  CRON( 0  2 ? * sun * ) ", "cron(0 2 ? * SUN *)"),
        ("Rate(12 Hours)", "rate(12 hours)"),
    ],
)
def test_what_aws_gives_as_an_example_is_accepted(expression: str, emitted: str) -> None:
    assert parse(expression).expression == emitted


@pytest.mark.parametrize(
    ("numbered", "named"),
    [("1", "SUN"), ("7", "SAT"), ("3L", "TUEL"), ("3#2", "TUE#2"), ("L", "SAT"), ("2-6", "MON,TUE,WED,THU,FRI")],
)
def test_weekdays_are_emitted_by_name_because_aws_and_the_agent_number_them_differently(
    numbered: str, named: str
) -> None:
    assert parse(f"cron(0 2 ? * {numbered} *)").expression == f"cron(0 2 ? * {named} *)"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cron(0/10 * * * ? *)", "at least 30 minutes apart"),
        ("cron(* * * * ? *)", "at least 30 minutes apart"),
        ("cron(0,29 2 * * ? *)", "at least 30 minutes apart"),
        ("cron(50 0-23/23 * * ? *)", ""),
        ("cron(10,50 0,23 * * ? *)", "The last run of a day and the first of the next"),
        ("rate(10 minutes)", "at least 30 minutes and less than 31 days"),
        ("rate(29 minutes)", "at least 30 minutes and less than 31 days"),
        ("rate(31 days)", "at least 30 minutes and less than 31 days"),
        ("rate(0 minutes)", "at least 30 minutes and less than 31 days"),
        ("rate(1 days)", "enter rate(1 day)"),
        ("rate(2 day)", "enter rate(2 days)"),
        ("rate(1.5 hours)", "whole number"),
        ("rate(2 weeks)", "whole number"),
        ("cron(0 2 * * * *)", "exactly one of day of month and day of week"),
        ("cron(0 2 ? * ? *)", "exactly one of day of month and day of week"),
        ("cron(0 2 ? 1,7 SUN *)", "months"),
        ("cron(0 2 ? JAN SUN *)", "months"),
        ("cron(15 0 2 ? * SUN *)", "Seconds can only be 0"),
        ("cron(0 2 ? * 0 *)", "SUN to SAT"),
        ("cron(0 2 ? * 8 *)", "SUN to SAT"),
        ("cron(0 2 ? * SUN#6 *)", "SUN#1 to SUN#5"),
        ("cron(0 2 ? * SUN#0 *)", "SUN#1 to SUN#5"),
        ("cron(0 2 ? * MON-FRI#2 *)", "SUN to SAT"),
        ("cron(0 2 ? * SUN)", "Enter six fields"),
        ("cron()", "Enter six fields"),
        ("cron(0 2 L * ? *)", "L and W are not supported"),
        ("cron(0 2 15W * ? *)", "L and W are not supported"),
        ("cron(60 2 * * ? *)", "minutes from 0 to 59"),
        ("cron(0 24 * * ? *)", "hours from 0 to 23"),
        ("cron(0 2 0 * ? *)", "days of the month from 1 to 31"),
        ("cron(0 2 32 * ? *)", "days of the month from 1 to 31"),
        ("cron(0 2 * * ? 1969)", "years from 1970 to 2199"),
        ("cron(0 2 * * ? 2200)", "years from 1970 to 2199"),
        ("cron(0 2-1 * * ? *)", "A range counts upwards"),
        ("cron(0 2 ? * FRI-MON *)", "FRI comes after MON"),
        ("cron(0 2/0 * * ? *)", "hours from 0 to 23"),
        ("cron(0 2, * * ? *)", "hours from 0 to 23"),
        ("cron(0 *-5 * * ? *)", "hours from 0 to 23"),
        ("cron(0 -1 * * ? *)", "hours from 0 to 23"),
        ("at(2026-01-01T00:00:00)", "at(...) is not accepted"),
        ("0 2 * * ? *", "six fields in parentheses"),
        ("cron(0 2 * * ? *", "six fields in parentheses"),
        ("", "six fields in parentheses"),
        (f"cron({'0' * 260} 2 * * ? *)", "at most 256 characters"),
    ],
)
def test_what_is_refused_is_told_what_would_be_accepted(expression: str, said: str) -> None:
    assert said in complaint(expression) if said else parse(expression)


@given(st.text(max_size=40) | st.text("cron(0123456789 *?,-/L#W)SUNrate days", max_size=40))
def test_any_text_is_either_read_or_refused_with_a_sentence(text: str) -> None:
    said = "."
    try:
        parse(text)
    except ScheduleError as refused:
        said = str(refused.sentence)

    assert said.endswith((".", ")"))


@given(cron_expressions)
def test_what_is_emitted_reads_as_the_same_schedule(expression: str) -> None:
    read = parse(expression)

    assert parse(read.expression) == read


@given(cron_expressions)
def test_runs_are_never_less_than_30_minutes_apart(expression: str) -> None:
    runs = next_runs(parse(expression), BEGIN, 60)

    assert all(later - earlier >= timedelta(minutes=30) for earlier, later in pairwise(runs))


@given(st.integers(0, 10**6 - 1), st.sampled_from(["minute", "hour", "day"]))
def test_rates_from_30_minutes_to_less_than_31_days_are_accepted_and_no_others(count: int, unit: str) -> None:
    rate = Rate(count, unit)

    is_accepted = timedelta(minutes=30) <= rate.interval < timedelta(days=31)
    if is_accepted:
        assert parse(rate.expression) == rate
    else:
        assert "at least 30 minutes" in complaint(rate.expression)


def test_days_that_are_never_neighbours_may_run_around_midnight() -> None:
    assert isinstance(parse("cron(10,50 0,23 ? * SUN *)"), Cron)
    assert isinstance(parse("cron(10,50 0,23 1,15 * ? *)"), Cron)
    assert "next" in complaint("cron(10,50 0,23 ? * SUN,MON *)")
    assert "next" in complaint("cron(10,50 0,23 1,31 * ? *)")
