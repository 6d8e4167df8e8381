"""The common schedules: from what people choose to an expression, and back."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.schedule import DayKind, Days, Recurrence, describe, parse, recurrence_of
from policies.domain.spec import RECOMMENDED_INSTALL, RECOMMENDED_SCAN

times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
weekday = st.tuples(st.integers(1, 7))
days = st.one_of(
    st.just(Days(DayKind.EVERY)),
    st.sets(st.integers(1, 7), min_size=1, max_size=6).map(lambda each: Days(DayKind.WEEKDAYS, tuple(sorted(each)))),
    st.builds(Days, st.just(DayKind.NTH_WEEKDAY), weekday, st.integers(1, 5)),
    st.builds(Days, st.just(DayKind.LAST_WEEKDAY), weekday),
)


@given(st.builds(Recurrence, times, days))
def test_what_was_chosen_is_accepted_as_it_is_and_comes_back(chosen: Recurrence) -> None:
    assert parse(chosen.expression).expression == chosen.expression
    assert recurrence_of(chosen.expression) == chosen


@pytest.mark.parametrize(
    ("at", "chosen", "expression", "words"),
    [
        (time(1), Days(DayKind.EVERY), RECOMMENDED_SCAN, "At 01:00 UTC every day"),
        (time(2), Days(DayKind.WEEKDAYS, (1,)), RECOMMENDED_INSTALL, "At 02:00 UTC every Sunday"),
        (time(23, 5), Days(DayKind.WEEKDAYS, (2, 4)), "cron(5 23 ? * MON,WED *)",
         "At 23:05 UTC every Monday and Wednesday"),
        (time(2), Days(DayKind.NTH_WEEKDAY, (3,), 2), "cron(0 2 ? * TUE#2 *)",
         "At 02:00 UTC on the second Tuesday of each month"),
        (time(2), Days(DayKind.NTH_WEEKDAY, (7,), 5), "cron(0 2 ? * SAT#5 *)",
         "At 02:00 UTC on the fifth Saturday of each month, in months that have it"),
        (time(2), Days(DayKind.LAST_WEEKDAY, (6,)), "cron(0 2 ? * FRIL *)",
         "At 02:00 UTC on the last Friday of each month"),
    ],
)  # fmt: skip
def test_the_expression_says_what_was_chosen(at: time, chosen: Days, expression: str, words: str) -> None:
    assert Recurrence(at, chosen).expression == expression
    assert str(describe(parse(expression))) == words


def test_seven_days_of_the_week_are_every_day() -> None:
    assert Recurrence(time(1), Days(DayKind.WEEKDAYS, tuple(range(1, 8)))).expression == RECOMMENDED_SCAN


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 1,2 * * ? *)", "cron(0 1 * * ? 2027)", "cron(0 1 1 * ? *)", "rate(1 day)", "daily", "",
        "cron(0 1 ? * * *)",
    ],
)  # fmt: skip
def test_other_expressions_are_left_to_the_free_field(expression: str) -> None:
    assert recurrence_of(expression) is None
