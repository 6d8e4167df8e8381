"""One field of a cron expression: its range, its names, and the values that lists, ranges and steps stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policies.domain.sentence import N_, Sentence

PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/([0-9]{1,4}))?")


class ScheduleError(ValueError):
    """A schedule that State Manager would refuse; `sentence` says what would be accepted."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class CronField:
    """A field's values, the sentence for a wrong one, and the names that stand for values (the first for the first)."""

    values: range
    accepted: Sentence
    names: tuple[str, ...] = ()


MINUTES = CronField(range(60), Sentence(N_("Enter minutes from 0 to 59, with , - * or /.")))
HOURS = CronField(range(24), Sentence(N_("Enter hours from 0 to 23, with , - * or /.")))
DAYS = CronField(range(1, 32), Sentence(N_("Enter days of the month from 1 to 31, with , - * / or ?.")))
WEEKDAYS = CronField(
    range(1, 8),
    Sentence(N_("Enter days of the week from SUN to SAT, or 1 (Sunday) to 7, with , - * / ? L or #.")),
    ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
)
YEARS = CronField(range(1970, 2200), Sentence(N_("Enter years from 1970 to 2199, with , - * or /.")))


def read_values(text: str, field: CronField) -> tuple[int, ...]:
    """The values that a field's text stands for, in order. Raises ScheduleError with what the field accepts."""
    chosen: set[int] = set()
    for part in text.split(","):
        chosen.update(_read_part(part, field))
    return tuple(sorted(chosen))


def _read_part(part: str, field: CronField) -> range:
    found = PART.fullmatch(part)
    if not found:
        raise ScheduleError(field.accepted)
    first, last, step = found.groups()
    if step and not 1 <= int(step) <= len(field.values):
        raise ScheduleError(field.accepted)
    if first == "*" and last:
        raise ScheduleError(field.accepted)
    begin = field.values[0] if first == "*" else _read_number(first, field)
    end = _read_end(begin, first, last, step, field)
    return range(begin, end + 1, int(step or 1))


def _read_end(begin: int, first: str, last: str | None, step: str | None, field: CronField) -> int:
    """The last value of a part: a lone number stands for itself, but `5/15` goes on to the field's end."""
    if not last:
        return field.values[-1] if first == "*" or step else begin
    end = _read_number(last, field)
    if end < begin:
        raise ScheduleError(
            Sentence(
                N_("A range counts upwards: %(first)s comes after %(last)s. List the values instead."),
                {"first": first, "last": last},
            )
        )
    return end


def _read_number(text: str, field: CronField) -> int:
    if text in field.names:
        return field.values[field.names.index(text)]
    if not (text.isascii() and text.isdecimal()) or len(text) > 4 or int(text) not in field.values:
        raise ScheduleError(field.accepted)
    return int(text)
