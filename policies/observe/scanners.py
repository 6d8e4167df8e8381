"""What else scans in an account-Region, how much of it is known, and what must be read (tracing.py reads it).

A result names the command that made it; who sent that, the scanners' own runs tell. They are read when there is a
result of a command that is of no policy's run, no further back than it. Maintenance windows are looked through once an
hour, and after a result that may be of one that was made since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from policies.aws.associations import ScannerFact
from policies.aws.windows import WindowFact
from policies.domain.scanners import LATEST_START, RUN_BY_COMMAND, WINDOW, kind_of, may_have_sent

WINDOWS_LAST = timedelta(hours=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Unsigned:
    """A command that made newest results of nodes, and that nobody is known for; from the first of them to the last."""

    command_id: str
    execution_type: str
    started_at: datetime
    ended_at: datetime

    def with_another(self, other: Unsigned) -> Unsigned:
        """With another result of the same command."""
        began, ended = min(self.started_at, other.started_at), max(self.ended_at, other.ended_at)
        return replace(self, started_at=began, ended_at=ended)


@dataclass(frozen=True)
class Scanner:
    """A scanner, the commands that it is known to have sent, by run, and those that its runs were searched for.

    A key of `sent_by` is a run's id; of a window's run that goes on, RUN/TASK.
    """

    fact: ScannerFact
    sent_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sought: frozenset[str] = frozenset()

    @property
    def is_window(self) -> bool:
        return self.fact.document == WINDOW

    @property
    def sent(self) -> frozenset[str]:
        """The ids of its commands."""
        return frozenset(command_id for ids in self.sent_by.values() for command_id in ids)

    def cases(self, unsigned: Iterable[Unsigned]) -> tuple[Unsigned, ...]:
        """Those commands that may be its own."""
        return tuple(each for each in unsigned if self._may_have_sent(each))

    def _may_have_sent(self, command: Unsigned) -> bool:
        """By the kind of its results, and by when an association last ran; a window's list does not tell."""
        if not may_have_sent(kind_of(self.fact.name, self.fact.document), command.execution_type):
            return False
        ran_at = self.fact.last_run_at
        return self.is_window or (ran_at is not None and command.started_at <= ran_at + LATEST_START)


@dataclass(frozen=True)
class Scanners:
    """What scans by its id, when the windows were listed, and those that were not looked into since."""

    all: Mapping[str, Scanner] = field(default_factory=dict)
    listed_at: datetime = LONG_AGO
    left: tuple[WindowFact, ...] = ()

    def with_associations(self, told: Iterable[ScannerFact]) -> Scanners:
        """With these associations alone beside the windows."""
        standing = {i: scanner for i, scanner in self.all.items() if scanner.is_window}
        known = {f.association_id: self.all.get(f.association_id, Scanner(f)) for f in told}
        return self.of({**standing, **{f.association_id: replace(known[f.association_id], fact=f) for f in told}})

    def of(self, scanners: Mapping[str, Scanner]) -> Scanners:
        """With these instead."""
        return replace(self, all=scanners)

    def has_old_windows(self, unsigned: Iterable[Unsigned], now: datetime) -> bool:
        """Whether to list them again: an hour is over, or one that was made since may have made a result."""
        results = [each.ended_at for each in unsigned if each.execution_type == RUN_BY_COMMAND]
        newest = max((at for at in results if at <= now), default=LONG_AGO)  # a clock that is ahead tells nothing
        return now - self.listed_at >= WINDOWS_LAST or newest > self.listed_at

    def suspects(self, unsigned: Iterable[Unsigned]) -> list[Scanner]:
        """Those whose runs may tell who sent a command of which that is not known; the least searched first."""
        signed = {command_id for scanner in self.all.values() for command_id in scanner.sent}
        doubtful = [each for each in unsigned if each.command_id not in signed]
        found = [s for s in self.all.values() if any(c.command_id not in s.sought for c in s.cases(doubtful))]
        return sorted(found, key=lambda scanner: len(scanner.sought))

    @property
    def searched(self) -> object:
        """How far they are known; the same after a reading that found out nothing."""
        return self.listed_at, self.left, {i: (scanner.sent_by, scanner.sought) for i, scanner in self.all.items()}

    def is_behind(self, unsigned: Iterable[Unsigned], now: datetime) -> bool:
        """Whether there is something to read."""
        return bool(self.left) or self.has_old_windows(unsigned, now) or bool(self.suspects(unsigned))
