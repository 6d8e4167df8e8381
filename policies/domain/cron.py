"""Schedules as State Manager's associations take them: cron(...) with six fields, or rate(...). All times are UTC.

The rules are those of associations, which are narrower than a maintenance window's: no months, at least 30 minutes
between runs, seconds only 0 (aws-facts 5; "Reference: Cron and rate expressions for Systems Manager").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from policies.domain.cron_days import EXAMPLE, Days, name_weekdays, read_days
from policies.domain.cron_fields import HOURS, MINUTES, YEARS, ScheduleError, read_values
from policies.domain.sentence import N_, Sentence, counted

SHORTEST = timedelta(minutes=30)
LONGEST_RATE = timedelta(days=31)
LONGEST_TEXT = 256
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
CRON = re.compile(r"cron\(([^()]*)\)", re.IGNORECASE)
RATE = re.compile(r"rate\(([0-9]{1,6}) (minute|hour|day)(s?)\)", re.IGNORECASE)


@dataclass(frozen=True)
class Cron:
    """A cron expression taken apart. `expression` is what is emitted: six fields, weekdays by name."""

    expression: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    years: tuple[int, ...]

    @property
    def times(self) -> tuple[timedelta, ...]:
        """The times of a day, since midnight UTC, in order."""
        return tuple(timedelta(hours=hour, minutes=minute) for hour in self.hours for minute in self.minutes)

    @property
    def is_every_year(self) -> bool:
        return len(self.years) == len(YEARS.values)


@dataclass(frozen=True)
class Rate:
    """A rate expression: every `count` units (minute, hour, day), counted from the deployment."""

    count: int
    unit: str

    @property
    def interval(self) -> timedelta:
        return self.count * UNITS[self.unit]

    @property
    def expression(self) -> str:
        """What is emitted; the unit is singular only for 1."""
        return f"rate({self.count} {self.unit}{'' if self.count == 1 else 's'})"


ParsedSchedule = Cron | Rate


def parse(expression: str) -> ParsedSchedule:
    """The schedule that an expression names.

    Raises ScheduleError, whose sentence says what would be accepted.
    """
    text = " ".join(expression.split())
    if len(text) > LONGEST_TEXT:
        raise ScheduleError(Sentence(N_("Enter at most %(limit)s characters."), {"limit": LONGEST_TEXT}))
    if found := CRON.fullmatch(text):
        return _parse_cron(found[1].upper().split())
    if found := RATE.fullmatch(text):
        return _parse_rate(int(found[1]), found[2].lower(), bool(found[3]))
    raise ScheduleError(_why_neither(text))


def _why_neither(text: str) -> Sentence:
    if text.lower().startswith("at("):
        return Sentence(N_("A policy runs again and again, so at(...) is not accepted. Enter cron(...) or rate(...)."))
    if text.lower().startswith("rate("):
        return Sentence(
            N_("Enter a rate as a whole number and minutes, hours or days, for example %(example)s."),
            {"example": "rate(12 hours)"},
        )
    return Sentence(
        N_("Enter a cron expression with six fields in parentheses, for example %(example)s."), {"example": EXAMPLE}
    )


def _parse_rate(count: int, unit: str, is_plural: bool) -> Rate:
    rate = Rate(count, unit)
    if count and is_plural == (count == 1):
        raise ScheduleError(
            Sentence(
                N_("The unit is singular for 1 and plural otherwise: enter %(expression)s."),
                {"expression": rate.expression},
            )
        )
    if not SHORTEST <= rate.interval < LONGEST_RATE:
        raise ScheduleError(Sentence(N_("Enter a rate of at least 30 minutes and less than 31 days.")))
    return rate


def _parse_cron(fields: list[str]) -> Cron:
    minute, hour, day, weekday, year = _split(fields)
    cron = Cron(
        expression="",
        minutes=read_values(minute, MINUTES),
        hours=read_values(hour, HOURS),
        days=read_days(day, weekday),
        years=read_values(year, YEARS),
    )
    _refuse_too_often(cron)
    named = name_weekdays(cron.days) or ("?" if weekday == "?" else "*")
    emitted = f"cron({minute} {hour} {day} * {named} {year})"
    return Cron(emitted, cron.minutes, cron.hours, cron.days, cron.years)


def _split(fields: list[str]) -> tuple[str, str, str, str, str]:
    """The five fields that associations honour. Raises ScheduleError for a wrong number, seconds or months."""
    if len(fields) == 7:
        if fields[0].strip("0"):
            raise ScheduleError(Sentence(N_("Seconds can only be 0. Leave the field out, or enter 0.")))
        fields = fields[1:]
    if len(fields) != 6:
        raise ScheduleError(
            counted(
                "Enter six fields: minutes, hours, day of month, month, day of week, year, for example %(example)s. "
                "There is %(count)s.",
                "Enter six fields: minutes, hours, day of month, month, day of week, year, for example %(example)s. "
                "There are %(count)s.",
                len(fields),
                {"example": EXAMPLE},
            )
        )
    minute, hour, day, month, weekday, year = fields
    if month != "*":
        raise ScheduleError(Sentence(N_("Associations do not honour months. Enter * for the month.")))
    return minute, hour, day, weekday, year


def _refuse_too_often(cron: Cron) -> None:
    times = cron.times
    if any(later - earlier < SHORTEST for earlier, later in pairwise(times)):
        raise ScheduleError(
            Sentence(
                N_(
                    "Runs must be at least 30 minutes apart. Enter 0/30 in the minutes for every half hour, or a "
                    "single minute."
                )
            )
        )
    around_midnight = timedelta(days=1) - times[-1] + times[0]
    if around_midnight < SHORTEST and cron.days.has_neighbours:
        raise ScheduleError(
            Sentence(N_("The last run of a day and the first of the next must be at least 30 minutes apart."))
        )
