"""The days on which a cron expression runs: its day-of-month and day-of-week fields, one of which is ?."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policies.domain.cron_fields import DAYS, WEEKDAYS, ScheduleError, read_values
from policies.domain.sentence import N_, Sentence

NTH_WEEKDAY = re.compile(r"(\w+)#([0-9]{1,3})")
LAST_WEEKDAY = re.compile(r"(\w+)L")
EXAMPLE = "cron(0 2 ? * SUN *)"


class DayKind(StrEnum):
    """How a cron expression chooses its days."""

    EVERY = "every"
    WEEKDAYS = "weekdays"
    NTH_WEEKDAY = "nth_weekday"
    LAST_WEEKDAY = "last_weekday"
    MONTH_DAYS = "month_days"


@dataclass(frozen=True)
class Days:
    """The days of a cron expression: `weekdays` (1 = Sunday), `nth` of the month, or `month_days`, by its kind."""

    kind: DayKind
    weekdays: tuple[int, ...] = ()
    nth: int = 0
    month_days: tuple[int, ...] = ()

    def include(self, day: date) -> bool:
        """Whether the schedule runs on this day."""
        if self.kind is DayKind.EVERY:
            return True
        if self.kind is DayKind.MONTH_DAYS:
            return day.day in self.month_days
        if day.isoweekday() % 7 + 1 not in self.weekdays:
            return False
        if self.kind is DayKind.NTH_WEEKDAY:
            return (day.day - 1) // 7 + 1 == self.nth
        if self.kind is DayKind.LAST_WEEKDAY:
            return day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        return True

    @property
    def has_neighbours(self) -> bool:
        """Whether two days in a row can be chosen."""
        if self.kind is DayKind.EVERY:
            return True
        if self.kind is DayKind.MONTH_DAYS:
            chosen = set(self.month_days)
            return any(day + 1 in chosen for day in chosen) or (1 in chosen and bool(chosen & {28, 29, 30, 31}))
        return self.kind is DayKind.WEEKDAYS and any(day % 7 + 1 in self.weekdays for day in self.weekdays)


def name_weekdays(days: Days) -> str:
    """The day-of-week field for these days, "" without weekdays.

    Weekdays are emitted by name, because AWS counts them from 1 and the node's agent from 0 (aws-facts 5.2).
    """
    names = [WEEKDAYS.names[number - 1] for number in days.weekdays]
    if days.kind is DayKind.NTH_WEEKDAY:
        return f"{names[0]}#{days.nth}"
    if days.kind is DayKind.LAST_WEEKDAY:
        return f"{names[0]}L"
    return ",".join(names)


def read_days(day: str, weekday: str) -> Days:
    """What the two fields choose. Raises ScheduleError."""
    if (day == "?") == (weekday == "?"):
        raise ScheduleError(
            Sentence(
                N_("Enter ? in exactly one of day of month and day of week, for example %(example)s."),
                {"example": EXAMPLE},
            )
        )
    if weekday == "?":
        return _read_month_days(day)
    return _read_weekdays(weekday)


def _read_month_days(day: str) -> Days:
    if "L" in day or "W" in day:
        # Not listed for associations; whether State Manager takes them is UNVERIFIED (aws-facts 5.2).
        raise ScheduleError(
            Sentence(
                N_(
                    "L and W are not supported in the day of month. Enter days from 1 to 31, or a last weekday in the "
                    "day of week, for example %(example)s."
                ),
                {"example": "cron(0 2 ? * SUNL *)"},
            )
        )
    month_days = read_values(day, DAYS)
    if len(month_days) == len(DAYS.values):
        return Days(DayKind.EVERY)
    return Days(DayKind.MONTH_DAYS, month_days=month_days)


def _read_weekdays(weekday: str) -> Days:
    if found := NTH_WEEKDAY.fullmatch(weekday):
        nth = int(found[2])
        if not 1 <= nth <= 5:
            raise ScheduleError(
                Sentence(N_("A month has a first to a fifth weekday: enter %(weekday)s#1 to %(weekday)s#5."),
                         {"weekday": found[1]})
            )  # fmt: skip
        return Days(DayKind.NTH_WEEKDAY, read_values(found[1], WEEKDAYS), nth)
    if found := LAST_WEEKDAY.fullmatch(weekday):
        return Days(DayKind.LAST_WEEKDAY, read_values(found[1], WEEKDAYS))
    # A bare L is the last day of the week, which begins with Sunday.
    weekdays = (7,) if weekday == "L" else read_values(weekday, WEEKDAYS)
    if len(weekdays) == len(WEEKDAYS.values):
        return Days(DayKind.EVERY)
    return Days(DayKind.WEEKDAYS, weekdays)
