"""When a policy runs: reading an expression, saying it in words, its next runs, and whether two schedules collide.

The only door to what the house knows of cron; `cron.py` takes expressions apart, `schedule_words.py` finds the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise

from policies.domain.cron import Cron, DayKind, ParsedSchedule, Rate, parse
from policies.domain.cron_fields import ScheduleError
from policies.domain.schedule_words import describe

__all__ = [
    "COLLISION", "Cron", "ParsedSchedule", "Rate", "ScheduleError",
    "daily", "describe", "is_documented", "meets", "min_gap", "next_runs", "parse", "time_of_day",
]  # fmt: skip

COLLISION = timedelta(minutes=2)
"""Two runs on a node within about two minutes fail without a helpful message (aws-facts 3.1)."""
CYCLE = [date(2024, 1, 1) + timedelta(days=n) for n in range(4 * 365 + 1)]
"""Four years with their leap day: every pairing of weekday and day of month occurs."""
DOCUMENTED_GAPS = {timedelta(minutes=30), *(timedelta(hours=h) for h in (1, 2, 4, 8, 12, 24))}


def daily(at: time) -> str:
    """The expression for every day at a time of UTC, to the minute."""
    return f"cron({at.minute} {at.hour} * * ? *)"


def time_of_day(expression: str) -> time | None:
    """The time of an expression that `daily` could have made, or None."""
    try:
        parsed = parse(expression)
    except ScheduleError:
        return None
    if isinstance(parsed, Rate) or len(parsed.times) > 1:
        return None
    at = time(parsed.hours[0], parsed.minutes[0])
    return at if parsed.expression == daily(at) else None


def next_runs(parsed: ParsedSchedule, after: datetime, count: int = 10) -> tuple[datetime, ...]:
    """The next runs after a moment (exclusive), in UTC; fewer, or none, when the years run out.

    A rate is counted from `after`, as if it were deployed then. Raises ValueError for a naive moment.
    """
    if after.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    begin = after.astimezone(UTC)
    if isinstance(parsed, Rate):
        return tuple(begin + n * parsed.interval for n in range(1, count + 1))
    return tuple(islice(_runs(parsed, begin), count))


def min_gap(parsed: ParsedSchedule) -> timedelta:
    """The shortest time between two runs, over four years and whatever the years field says."""
    if isinstance(parsed, Rate):
        return parsed.interval
    times = parsed.times
    days = [day for day in CYCLE if parsed.days.include(day)]
    between_days = min(later - earlier for earlier, later in pairwise(days))
    return min([between_days - times[-1] + times[0], *(later - earlier for earlier, later in pairwise(times))])


def meets(scan: ParsedSchedule, install: ParsedSchedule) -> bool:
    """Whether runs of the two come within two minutes of each other.

    Two rates begin together at the deployment. A rate against a cron expression cannot be told before: False.
    """
    if isinstance(scan, Rate) or isinstance(install, Rate):
        return isinstance(scan, Rate) and isinstance(install, Rate)
    if not set(scan.years) & set(install.years):
        return False
    shifts = {
        shift
        for shift in (-1, 0, 1)
        for one in scan.times
        for other in install.times
        if abs(timedelta(days=shift) + other - one) <= COLLISION
    }
    return any(_share_a_day(scan, install, timedelta(days=shift)) for shift in shifts)


def is_documented(parsed: ParsedSchedule) -> bool:
    """Whether AWS lists this cadence for associations: every 30 minutes, 1, 2, 4, 8 or 12 hours, daily, weekly, the
    n-th or last weekday of the month (aws-facts 5.2). State Manager is known to take others too, but may refuse them.
    """
    if isinstance(parsed, Rate):
        return True
    if parsed.days.kind is DayKind.EVERY:
        runs = next_runs(parsed, datetime(parsed.years[0], 1, 1, tzinfo=UTC), len(parsed.times) + 1)
        gaps = {later - earlier for earlier, later in pairwise(runs)}
        return len(gaps) == 1 and gaps <= DOCUMENTED_GAPS
    return len(parsed.times) == 1 and len(parsed.days.weekdays) == 1


def _share_a_day(scan: Cron, install: Cron, shift: timedelta) -> bool:
    return any(scan.days.include(day) and install.days.include(day + shift) for day in CYCLE)


def _runs(cron: Cron, begin: datetime) -> Iterator[datetime]:
    for day in _days(cron, begin.date()):
        midnight = datetime.combine(day, time(0), tzinfo=UTC)
        yield from (midnight + since for since in cron.times if midnight + since > begin)


def _days(cron: Cron, begin: date) -> Iterator[date]:
    """The days that the schedule chooses, from a day on."""
    for year in cron.years:
        day = max(begin, date(year, 1, 1))
        while day.year == year:
            if cron.days.include(day):
                yield day
            day += timedelta(days=1)
