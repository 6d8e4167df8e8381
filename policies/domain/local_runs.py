"""Runs on a clock that people read: AWS keeps UTC, so where clocks are changed a run moves to another hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from policies.domain.sentence import Sentence, counted

NO_CHANGE = timedelta(0)


@dataclass(frozen=True)
class LocalRun:
    """A run in UTC and in a zone; `shift` is how far the zone's clocks went forward since the run before."""

    at: datetime
    local: datetime
    shift: timedelta

    @property
    def change(self) -> Sentence | None:
        """What happened to the clocks, in words; None while nothing did."""
        minutes = int(abs(self.shift).total_seconds()) // 60
        if self.shift > NO_CHANGE:
            return counted(
                "Daylight saving: clocks go forward by %(count)s minute before this run.",
                "Daylight saving: clocks go forward by %(count)s minutes before this run.",
                minutes,
            )
        if self.shift < NO_CHANGE:
            return counted(
                "Daylight saving: clocks go back by %(count)s minute before this run.",
                "Daylight saving: clocks go back by %(count)s minutes before this run.",
                minutes,
            )
        return None


def runs_on_clock(runs: Iterable[datetime], zone: tzinfo, since: datetime) -> tuple[LocalRun, ...]:
    """The runs in a zone; the first is compared with the clocks of the moment `since`. All moments are aware."""
    moments = [since, *runs]
    return tuple(
        LocalRun(at, at.astimezone(zone), _offset(at, zone) - _offset(before, zone)) for before, at in pairwise(moments)
    )


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or NO_CHANGE
