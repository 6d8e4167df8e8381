"""When associations and maintenance windows are due: cron, rate and at expressions as Systems Manager reads them.

Two sets of rules (aws-facts 5.2): associations know neither months nor L and W of the month, need half an hour between
two runs and live in UTC; windows know all of it, in a time zone. cronsim does the counting.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
UNITS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86_400, "days": 86_400}
FIRST_YEAR, LAST_YEAR = 1970, 2199
COMPARED_TICKS = 60
MOST_TICKS = 20_000  # of a cron that names its years, before it counts as never due again


class BadSchedule(ValueError):
    """Systems Manager would refuse the expression; the message says why."""


@dataclass(frozen=True)
class Rules:
    """What one kind of thing may be scheduled by."""

    shortest: timedelta
    longest_rate: timedelta
    has_months: bool
    has_month_letters: bool
    may_have_seconds: bool


ASSOCIATION = Rules(timedelta(minutes=30), timedelta(days=31), False, False, True)
WINDOW = Rules(timedelta(minutes=5), timedelta(days=366), True, True, False)


@dataclass(frozen=True)
class Schedule:
    """An expression with what belongs to it. A rate is counted from `anchor`, when the thing was made."""

    expression: str
    anchor: datetime
    rules: Rules = ASSOCIATION
    offset_days: int = 0
    timezone: str = "UTC"

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due moment after another, in UTC; None when there is none. Raises BadSchedule."""
        kind, _, inside = self.expression.removesuffix(")").partition("(")
        if not self.expression.endswith(")") or kind not in ("cron", "rate", "at"):
            raise BadSchedule(f"{self.expression} is no cron, rate or at expression")
        if kind == "at":
            due = _read_at(inside, _zone(self.timezone))
            return due if due > moment else None
        if kind == "rate":
            step = _read_rate(inside, self.rules)
            return self.anchor + ((moment - self.anchor) // step + 1) * step
        return self._next_cron(inside, moment)

    def check(self) -> None:
        """Raises BadSchedule for what Systems Manager would refuse."""
        self.next_after(self.anchor)

    def _next_cron(self, inside: str, moment: datetime) -> datetime | None:
        """An offset moves each tick by days; a tick that was past when the thing was made is not made up for."""
        offset = timedelta(days=self.offset_days)
        after = max(moment - offset, self.anchor) if offset else moment
        _check_cadence(inside, self.rules)
        ticks = _ticks(_read_cron(inside, self.rules), after.astimezone(_zone(self.timezone)))
        found = next(ticks, None)
        return found.astimezone(UTC) + offset if found else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSchedule(f"{name} is no time zone") from error


def _read_at(inside: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.strptime(inside, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except ValueError as error:
        raise BadSchedule(f"at({inside}) is no moment") from error


def _read_rate(inside: str, rules: Rules) -> timedelta:
    number, _, unit = inside.partition(" ")
    if not (number.isascii() and number.isdecimal()) or unit not in UNITS or len(number) > 6:
        raise BadSchedule(f"rate({inside}) is no rate")
    if (int(number) == 1) == unit.endswith("s"):
        raise BadSchedule(f"rate({inside}): the unit is singular for 1 alone")
    step = timedelta(seconds=int(number) * UNITS[unit])
    if not rules.shortest <= step < rules.longest_rate:
        raise BadSchedule(f"rate({inside}) is too short or too long")
    return step


@dataclass(frozen=True)
class _Cron:
    five: str
    years: frozenset[int] | None


@functools.lru_cache(maxsize=4096)
def _read_cron(inside: str, rules: Rules) -> _Cron:
    fields = inside.upper().split()
    if len(fields) == 7 and fields[0] == "0" and rules.may_have_seconds:
        fields = fields[1:]
    if len(fields) != 6:
        raise BadSchedule(f"cron({inside}) needs six fields")
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise BadSchedule(f"cron({inside}): one of day of month and day of week is ?")
    if month != "*" and not rules.has_months:
        raise BadSchedule(f"cron({inside}): months are not honoured")
    if not rules.has_month_letters and any(letter in day for letter in "LW"):
        raise BadSchedule(f"cron({inside}): L and W of the month are not supported")
    five = f"{minute} {hour} {day.replace('?', '*')} {month} {_weekdays(weekday)}"
    return _Cron(five, _read_years(year))


def _ticks(cron: _Cron, after: datetime) -> Iterator[datetime]:
    try:
        for tick in islice(CronSim(cron.five, after), MOST_TICKS):
            if cron.years and tick.year > max(cron.years):
                return
            if cron.years is None or tick.year in cron.years:
                yield tick
    except CronSimError as error:
        raise BadSchedule(f"{cron.five}: {error}") from error


@functools.lru_cache(maxsize=4096)
def _check_cadence(inside: str, rules: Rules) -> None:
    cron = _Cron(_read_cron(inside, rules).five, None)
    somewhen = list(islice(_ticks(cron, datetime(2026, 1, 1, tzinfo=UTC)), COMPARED_TICKS))
    if any(later - earlier < rules.shortest for earlier, later in pairwise(somewhen)):
        raise BadSchedule(f"cron({inside}) runs more often than every {rules.shortest}")


def _read_years(value: str) -> frozenset[int] | None:
    """The years of the last field; None for all of them."""
    if value == "*":
        return None
    years: set[int] = set()
    try:
        for part in value.split(","):
            span, _, step = part.partition("/")
            first, _, last = span.replace("*", str(FIRST_YEAR)).partition("-")
            end = int(last) if last else (LAST_YEAR if step else int(first))
            years.update(range(int(first), end + 1, int(step or 1)))
    except ValueError as error:
        raise BadSchedule(f"{value} names no years") from error
    if not years or min(years) < FIRST_YEAR or max(years) > LAST_YEAR:
        raise BadSchedule(f"{value}: years are {FIRST_YEAR} to {LAST_YEAR}")
    return frozenset(years)


def _weekdays(value: str) -> str:
    """AWS counts weekdays from 1 = Sunday, cron from 0 = Sunday; names are the same. Everything becomes a number."""
    told = value.replace("?", "*")
    for number, name in enumerate(WEEKDAYS):
        told = told.replace(name, str(number + 1))
    return ",".join(_weekday(part) for part in told.split(","))


def _weekday(part: str) -> str:
    """One day, span, n-th day (3#2) or last day (3L); what follows # or / is a count and stays as it is."""
    mark = next((m for m in "#/" if m in part), "")
    days, _, count = part.partition(mark) if mark else (part, "", "")
    shifted = "".join(_shift(character) for character in days)
    return f"{shifted}{mark}{count}"


def _shift(character: str) -> str:
    if not character.isdecimal():
        return character
    if not 1 <= int(character) <= 7:
        raise BadSchedule(f"{character} is no weekday: 1 is Sunday, 7 is Saturday")
    return str(int(character) - 1)
