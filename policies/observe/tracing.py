"""Reads other scanners as far as the purse goes: what maintenance windows do, and which commands a scanner sent.

What is not paid for is left for the next reading; each reading gets further.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from policies.aws import runs, windows
from policies.aws.associations import ScannerFact
from policies.aws.connect import Aws
from policies.domain.pace import Purse
from policies.domain.scanners import WINDOW, Reach, is_near
from policies.observe.refusals import Refusals, unless_gone
from policies.observe.scanners import Scanner, Scanners, Unsigned

SentBy = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Tracing:
    """Reads one account and Region, at one moment of AWS's clock. Raises AwsProblem."""

    aws: Aws
    region: str
    purse: Purse
    refusals: Refusals
    now: datetime

    def read(self, known: Scanners, unsigned: tuple[Unsigned, ...]) -> Scanners:
        """What is known afterwards. Runs are read once every window is known that may have run, or none may be read."""
        scanners = self.refusals.spare(lambda: self._look_through_windows(self._list_windows(known, unsigned)), known)
        if not self.refusals.told and (scanners.left or scanners.has_old_windows(unsigned, self.now)):
            return scanners
        traced = {s.fact.association_id: self._trace(s, s.cases(unsigned)) for s in scanners.suspects(unsigned)}
        return scanners.of({**scanners.all, **traced})

    def _list_windows(self, scanners: Scanners, unsigned: tuple[Unsigned, ...]) -> Scanners:
        is_due = not scanners.left and scanners.has_old_windows(unsigned, self.now)
        if not is_due or not self.purse.pay(1):
            return scanners
        listed = windows.list_windows(self.aws, self.region)
        ids = {window.window_id for window in listed}
        standing = {i: scanner for i, scanner in scanners.all.items() if not scanner.is_window or i in ids}
        return Scanners(standing, self.now, listed)

    def _look_through_windows(self, scanners: Scanners) -> Scanners:
        found, left = dict(scanners.all), list(scanners.left)
        while left and self.purse.pay(2):
            fact = self._window(left.pop(0))
            known = found.pop(fact.association_id, Scanner(fact))
            if fact.reach:
                found[fact.association_id] = replace(known, fact=fact)
        return replace(scanners, all=found, left=tuple(left))

    def _window(self, told: windows.WindowFact) -> ScannerFact:
        """A window as a scanner; one that does not patch, or is gone, reaches nothing."""
        reach: Reach = unless_gone(lambda: self._reach(told.window_id), ())
        return ScannerFact(told.window_id, told.name, WINDOW, told.schedule, reach, None)

    def _reach(self, window_id: str) -> Reach:
        named = windows.list_task_targets(self.aws, self.region, window_id)
        return windows.resolve_targets(self.aws, self.region, window_id, named) if named else ()

    def _trace(self, scanner: Scanner, cases: tuple[Unsigned, ...]) -> Scanner:
        """Read its runs of about the time of the cases; those of a scanner that is gone cannot be found any more."""
        gone = replace(scanner, sought=scanner.sought | {case.command_id for case in cases})
        return self.refusals.spare(lambda: unless_gone(lambda: self._search(scanner, cases), gone), scanner)

    def _search(self, scanner: Scanner, cases: tuple[Unsigned, ...]) -> Scanner:
        """The cases count as sought when all of what may tell was paid for."""
        if not self.purse.pay(1):
            return scanner
        near = [run for run in self._list_runs(scanner) if any(is_near(run.began_at, c.started_at) for c in cases)]
        ids = {run.run_id for run in near}
        sent_by = {key: sent for key, sent in scanner.sent_by.items() if key.partition("/")[0] in ids}
        is_paid = all(self._read_run(scanner, run, sent_by) for run in near if run.run_id not in sent_by)
        sought = frozenset(case.command_id for case in cases) if is_paid else scanner.sought
        return replace(scanner, sent_by=sent_by, sought=sought)

    def _list_runs(self, scanner: Scanner) -> tuple[windows.ScannerRun, ...]:
        if scanner.is_window:
            return windows.list_window_runs(self.aws, self.region, scanner.fact.association_id)
        executions = runs.list_executions(self.aws, self.region, scanner.fact.association_id)
        return tuple(windows.ScannerRun(e.execution_id, e.created_at, is_over=True) for e in executions)

    def _read_run(self, scanner: Scanner, run: windows.ScannerRun, sent_by: SentBy) -> bool:
        """Add what the run sent; False when the purse did not go so far. One that sent nothing yet is read again."""
        if not self.purse.pay(1):
            return False
        if scanner.is_window:
            return self._read_tasks(run, sent_by)
        page = runs.read_results(self.aws, self.region, scanner.fact.association_id, run.run_id)
        sent_by |= _told(run.run_id, (row.command_id for row in page.rows))
        return True

    def _read_tasks(self, run: windows.ScannerRun, sent_by: SentBy) -> bool:
        for task_id in windows.list_task_runs(self.aws, self.region, run.run_id):
            key = f"{run.run_id}/{task_id}"
            if key in sent_by:
                continue
            if not self.purse.pay(1):
                return False
            sent_by |= _told(key, windows.list_task_commands(self.aws, self.region, run.run_id, task_id))
        if run.is_over:
            sent_by[run.run_id] = ()
        return True


def _told(key: str, command_ids: Iterable[str]) -> SentBy:
    found = tuple(sorted({command_id for command_id in command_ids if command_id}))
    return {key: found} if found else {}
