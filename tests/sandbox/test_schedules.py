"""When Systems Manager takes a schedule, and when it is due by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.engine.schedules import WINDOW, BadSchedule, Schedule

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


def due(expression: str, offset_days: int = 0, after: datetime = MONDAY) -> str:
    found = Schedule(expression, MONDAY, offset_days=offset_days).next_after(after)
    return found.isoformat(timespec="minutes")[:16] if found else "never"


@pytest.mark.parametrize(
    ("expression", "moment"),
    [
        ("cron(0 1 * * ? *)", "2026-11-24T01:00"),
        ("cron(0 2 ? * SUN *)", "2026-11-29T02:00"),
        ("cron(0 2 ? * 1 *)", "2026-11-29T02:00"),
        ("cron(30 23 ? * TUE#3 *)", "2026-12-15T23:30"),
        ("cron(0 0 ? * 3L *)", "2026-11-24T00:00"),  # the last Tuesday
        ("cron(0 0 ? * MON-FRI *)", "2026-11-24T00:00"),
        ("cron(0 */30 * * * ? *)", "2026-11-23T12:30"),  # with seconds
        ("cron(0/30 * * * ? *)", "2026-11-23T12:30"),
        ("cron(15 13 ? * * *)", "2026-11-23T13:15"),
        ("cron(0 1 * * ? 2027)", "2027-01-01T01:00"),
        ("cron(0 1 * * ? 2020)", "never"),
        ("rate(30 minutes)", "2026-11-23T12:30"),
        ("rate(7 days)", "2026-11-30T12:00"),
        ("at(2026-12-24T20:15:00)", "2026-12-24T20:15"),
        ("at(2020-12-24T20:15:00)", "never"),
    ],
)
def test_what_associations_may_be_scheduled_by(expression: str, moment: str) -> None:
    assert due(expression) == moment


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0/10 * * * ? *)", "cron(0,10 3 * * ? *)", "rate(10 minutes)", "rate(1 days)", "rate(2 day)",
        "rate(31 days)", "rate(0 days)", "cron(0 2 * * * *)", "cron(0 2 ? * ? *)", "cron(0 2 ? 1,7 SUN *)",
        "cron(15 0 2 ? * SUN *)", "cron(0 2 ? * 0 *)", "cron(0 2 ? * 8 *)", "cron(0 2 ? * SUN#6 *)",
        "cron(0 2 ? * SUN)", "cron(0 2 L * ? *)", "cron(0 2 15W * ? *)", "cron(0 1 * * ? 1969)", "cron(0 1 * * ? x)",
        "at(tomorrow)", "cron(0 1 * * ? *", "every day", "rate(99999999999999999999 days)", "cron(61 1 * * ? *)",
    ],
)  # fmt: skip
def test_what_associations_may_not_be_scheduled_by(expression: str) -> None:
    with pytest.raises(BadSchedule):
        Schedule(expression, MONDAY).check()


def test_a_rate_is_counted_from_when_the_thing_was_made() -> None:
    assert due("rate(1 day)", after=MONDAY + timedelta(days=3, hours=5)) == "2026-11-27T12:00"


def test_an_offset_is_days_after_the_tick_and_a_tick_that_was_past_is_not_made_up_for() -> None:
    patch_tuesday = "cron(0 2 ? * TUE#2 *)"
    assert due(patch_tuesday, offset_days=3) == "2026-12-11T02:00"
    between = datetime(2026, 12, 9, tzinfo=UTC)  # the tick of the 8th came after the thing was made
    assert due(patch_tuesday, offset_days=3, after=between) == "2026-12-11T02:00"
    made_between = Schedule(patch_tuesday, between, offset_days=3)
    assert made_between.next_after(between) == datetime(2027, 1, 15, 2, tzinfo=UTC)


def window(expression: str, timezone: str = "UTC", after: datetime = MONDAY) -> str:
    found = Schedule(expression, MONDAY, WINDOW, timezone=timezone).next_after(after)
    return found.isoformat(timespec="minutes")[:16] if found else "never"


def test_a_window_knows_months_last_days_and_short_steps() -> None:
    assert window("cron(0 2 L * ? *)") == "2026-11-30T02:00"
    assert window("cron(0 2 1 JAN ? *)") == "2027-01-01T02:00"
    assert window("rate(5 minutes)") == "2026-11-23T12:05"
    with pytest.raises(BadSchedule, match="more often"):
        window("cron(0/2 * * * ? *)")


def test_a_window_lives_in_its_time_zone_also_when_summer_ends() -> None:
    assert window("cron(0 3 * * ? *)", "Asia/Tokyo") == "2026-11-23T18:00"
    assert window("cron(0 3 * * ? *)", "Europe/Berlin") == "2026-11-24T02:00"
    assert window("cron(0 3 * * ? *)", "Europe/Berlin", datetime(2027, 6, 1, tzinfo=UTC)) == "2027-06-01T01:00"
    with pytest.raises(BadSchedule, match="time zone"):
        window("cron(0 3 * * ? *)", "Mars/Olympus")
