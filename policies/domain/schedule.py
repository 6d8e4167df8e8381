"""When a policy runs: reading an expression, saying it in words, its next runs, and whether two schedules collide.

The only door to what the house knows of cron; `cron.py` takes expressions apart, `schedule_words.py` finds the words,
`recurrence.py` makes the common expressions.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile

from policies.domain.cron import Cron, ParsedSchedule, Rate, parse
from policies.domain.cron_days import DayKind, Days
from policies.domain.cron_fields import ScheduleError
from policies.domain.recurrence import Recurrence, recurrence_of
from policies.domain.schedule_words import WEEKDAY_NAMES, describe

__all__ = [
    "COLLISION", "WEEKDAY_NAMES", "Cron", "DayKind", "Days", "ParsedSchedule", "Rate", "Recurrence", "ScheduleError",
    "describe", "is_documented", "meets", "next_runs", "parse", "recurrence_of",
    "runs_between",
]  # fmt: skip

COLLISION = timedelta(minutes=2)
"""Two runs on a node within about two minutes fail without a helpful message (aws-facts 3.1)."""
CYCLE_YEARS = 28
"""After so many years the weekdays fall on the same dates again (until 2100)."""
DOCUMENTED_GAPS = {timedelta(minutes=30), *(timedelta(hours=h) for h in (1, 2, 4, 8, 12, 24))}


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


def runs_between(parsed: ParsedSchedule, begin: datetime, end: datetime) -> tuple[datetime, ...]:
    """The runs from one moment on and before another, in UTC; none of a rate, which is counted from its deployment."""
    if isinstance(parsed, Rate):
        return ()
    return tuple(takewhile(lambda run: run < end, _runs(parsed, begin - timedelta(microseconds=1))))


def meets(scan: ParsedSchedule, install: ParsedSchedule) -> bool:
    """Whether runs of the two come within two minutes of each other.

    Two rates begin together at the deployment. A rate against a cron expression cannot be told before: False.
    """
    if isinstance(scan, Rate) or isinstance(install, Rate):
        return isinstance(scan, Rate) and isinstance(install, Rate)
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
    """Whether the installation runs, so many days later, on a day of the scan's."""
    theirs = frozenset(install.years)
    years = [year for year in scan.years if theirs & {year - 1, year, year + 1}][:CYCLE_YEARS]
    days = (day + shift for year in years for day in _days_of(scan, year))
    return any(day.year in theirs and install.days.include(day) for day in days)


def _runs(cron: Cron, begin: datetime) -> Iterator[datetime]:
    days = (day for year in cron.years if year >= begin.year for day in _days_of(cron, year))
    for day in days:
        midnight = datetime.combine(day, time(0), tzinfo=UTC)
        yield from (midnight + since for since in cron.times if midnight + since > begin)


def _days_of(cron: Cron, year: int) -> Iterator[date]:
    """The days of a year that the schedule chooses, whether or not the year is one of its own."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range(366 if isleap(year) else 365))
    return (day for day in days if cron.days.include(day))
