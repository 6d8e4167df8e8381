"""The common schedules as people choose them: daily, weekly, or a weekday of the month, at one time of UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from policies.domain.cron import Cron, parse
from policies.domain.cron_days import DayKind, Days, name_weekdays
from policies.domain.cron_fields import WEEKDAYS, ScheduleError


@dataclass(frozen=True)
class Recurrence:
    """A time of UTC, to the minute, on days of any kind but days of the month."""

    at: time
    days: Days

    @property
    def expression(self) -> str:
        """The cron expression that says so; a week of seven days is every day."""
        clock = f"{self.at.minute} {self.at.hour}"
        if self.days.kind is DayKind.EVERY or len(self.days.weekdays) == len(WEEKDAYS.values):
            return f"cron({clock} * * ? *)"
        return f"cron({clock} ? * {name_weekdays(self.days)} *)"


def recurrence_of(expression: str) -> Recurrence | None:
    """The recurrence that makes exactly this expression, or None.

    Another way of writing the same days is None too: choosing nothing else would otherwise change what is deployed.
    """
    try:
        parsed = parse(expression)
    except ScheduleError:
        return None
    if not isinstance(parsed, Cron) or len(parsed.times) > 1 or parsed.days.kind is DayKind.MONTH_DAYS:
        return None
    found = Recurrence(time(parsed.hours[0], parsed.minutes[0]), parsed.days)
    return found if parsed.expression == found.expression else None
