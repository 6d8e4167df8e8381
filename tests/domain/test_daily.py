"""Every day at a time: the simplest schedule, and back."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.schedule import daily, parse, time_of_day
from policies.domain.spec import RECOMMENDED_INSTALL, RECOMMENDED_SCAN

minutes_of_the_day = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(minutes_of_the_day)
def test_a_daily_schedule_is_accepted_as_it_is_and_gives_its_time_back(at: time) -> None:
    expression = daily(at)

    assert parse(expression).expression == expression
    assert time_of_day(expression) == at


def test_the_recommended_scan_is_daily() -> None:
    assert daily(time(1)) == RECOMMENDED_SCAN


@pytest.mark.parametrize(
    "expression",
    [RECOMMENDED_INSTALL, "cron(0 1,2 * * ? *)", "cron(0 1 * * ? 2027)", "cron(0 1 1 * ? *)", "rate(1 day)", "daily"],
)
def test_other_schedules_are_not_daily_at_a_time(expression: str) -> None:
    assert time_of_day(expression) is None
