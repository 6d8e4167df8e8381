"""Reads what the associations of policies did since they were last read: executions, results, what failed nodes said.

Each as far as the purse goes; what does not fit is left for the next reading.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from policies.aws import runs
from policies.aws.associations import VERSION, AssociationFact, Purpose, read_settings
from policies.aws.connect import Aws
from policies.aws.runs import ExecutionFact, FailureFact, ResultFact
from policies.domain.compliance import association_status_of
from policies.domain.pace import Purse, pages
from policies.observe.refusals import Refusals, unless_gone

FAILED = "Failed"


Owed = tuple[str, int]
"""Failures of an execution that are still to be read: its command, and how many nodes failed."""


@dataclass(frozen=True)
class KnownRuns:
    """What is stored of an association: how it stood, and the fingerprints of executions already read."""

    status: str
    counts: Mapping[str, int]
    last_run_at: datetime | None
    executions: Mapping[str, str]
    is_behind: bool
    owed: Mapping[str, Owed] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def is_settled(self, told: AssociationFact) -> bool:
        """Whether nothing happened since: the overview changes whenever one of the targets does."""
        told_status = association_status_of(told.status)
        now = (told_status, told.counts, told.last_run_at)
        return not self.is_behind and (self.status, self.counts, self.last_run_at) == now

    @property
    def searched(self) -> object:
        """How far its runs are known; compare with that of RunFacts."""
        return self.executions, self.owed, self.settings


@dataclass(frozen=True)
class NodeResult:
    """How a node fared in an execution."""

    result: ResultFact
    execution: ExecutionFact


@dataclass(frozen=True)
class RunFacts:
    """An association, executions seen now (with their command, where read), and the newest result of each node.

    `failures`: what nodes said, by execution; `owed`: whose failures did not fit. `settings`: what the association is
    set to, {} when that did not fit.
    """

    association: AssociationFact
    fingerprints: Mapping[str, str]
    executions: tuple[ExecutionFact, ...] = ()
    commands: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, NodeResult] = field(default_factory=dict)
    failures: Mapping[str, tuple[FailureFact, ...]] = field(default_factory=dict)
    owed: Mapping[str, Owed] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_behind: bool = False

    @property
    def searched(self) -> object:
        """How far its runs are known; the same as before after a reading that found out nothing."""
        return self.fingerprints, self.owed, self.settings


@dataclass(frozen=True)
class RunReading:
    """Reads one account and Region. Raises AwsProblem, but for what AWS denies: that is left, and told as refused."""

    aws: Aws
    region: str
    purse: Purse
    refusals: Refusals

    def read(
        self,
        wanted: Collection[AssociationFact],
        known: Mapping[str, KnownRuns],
        unread: Mapping[str, Mapping[str, str]],
    ) -> tuple[RunFacts, ...]:
        """The runs of these associations, those that waited first; `unread` as in Known."""
        waiting = {i for i, told in known.items() if told.is_behind}
        wanted = sorted(wanted, key=lambda a: a.association_id not in waiting)
        found = [self._read(a, known.get(a.association_id)) for a in wanted]
        found = [self._with_commands(run, unread.get(run.association.association_id, {})) for run in found]
        return tuple(self._with_settings(run, known.get(run.association.association_id)) for run in found)

    def _read(self, association: AssociationFact, known: KnownRuns | None) -> RunFacts:
        """Its new results, then what failed nodes said. One that is gone is left: the next list does without it."""
        left = RunFacts(association, known.executions if known else {}, is_behind=True)
        run = self.refusals.spare(lambda: self._read_executions(association, known), left)
        owed = {**(known.owed if known else {}), **run.owed}
        return self.refusals.spare(lambda: self._with_failures(run, owed), replace(run, owed=owed))

    def _with_failures(self, run: RunFacts, owed: Mapping[str, Owed]) -> RunFacts:
        paid = {execution_id: told for execution_id, told in owed.items() if self.purse.pay(pages(told[1]))}
        said = {i: self._list_failures(command) for i, (command, _) in paid.items()}
        return replace(run, failures=said, owed={i: told for i, told in owed.items() if i not in paid})

    def _list_failures(self, command: str) -> tuple[FailureFact, ...]:
        """Run Command forgets after a while what it sent."""
        said: tuple[FailureFact, ...] = unless_gone(lambda: runs.list_failures(self.aws, self.region, command), ())
        return said

    def _read_executions(self, association: AssociationFact, known: KnownRuns | None) -> RunFacts:
        seen = known.executions if known else {}
        is_settled = known is not None and known.is_settled(association)
        if association.purpose is Purpose.ACCESS or association.last_run_at is None or is_settled:
            return RunFacts(association, seen)
        if self.purse.left < 1 + pages(sum(association.counts.values())):
            return RunFacts(association, seen, is_behind=True)
        self.purse.pay(1)
        executions = runs.list_executions(self.aws, self.region, association.association_id)
        return self._read_results(association, executions, seen)

    def _read_results(
        self, association: AssociationFact, executions: tuple[ExecutionFact, ...], seen: Mapping[str, str]
    ) -> RunFacts:
        """The newest execution first: what it says of a node wins. What does not fit is left.

        Executions older than those that told of every target are passed over: they say nothing of how a node stands.
        """
        results: dict[str, NodeResult] = {}
        commands: dict[str, str] = {}
        owed: dict[str, Owed] = {}
        read = {e.execution_id: e.fingerprint for e in executions if seen.get(e.execution_id) == e.fingerprint}
        for execution in (e for e in executions if e.execution_id not in read):
            if len(results) >= sum(association.counts.values()):
                read[execution.execution_id] = execution.fingerprint
                continue
            if not self.purse.pay(pages(sum(execution.counts.values()))):
                break
            read[execution.execution_id] = execution.fingerprint
            told = self._list_results(association, execution)
            results = {result.instance_id: NodeResult(result, execution) for result in told} | results
            command = next((result.command_id for result in told if result.command_id), "")
            if command:
                commands[execution.execution_id] = command
                owed |= _owed(execution, command)
        behind = len(read) < len(executions)
        return RunFacts(association, read, executions, commands, results, owed=owed, is_behind=behind)

    def _list_results(self, association: AssociationFact, execution: ExecutionFact) -> tuple[ResultFact, ...]:
        """State Manager may have forgotten what it still lists."""
        ids = (association.association_id, execution.execution_id)
        told: tuple[ResultFact, ...] = unless_gone(lambda: runs.list_results(self.aws, self.region, *ids), ())
        return told

    def _with_commands(self, run: RunFacts, unread: Mapping[str, str]) -> RunFacts:
        """Which commands carried executions that were passed over: a node with a status by which it got one tells."""
        left = {i: status for i, status in unread.items() if i not in run.commands}
        found = {i: self._read_command(run.association, i, status) for i, status in left.items() if self.purse.pay(1)}
        return replace(run, commands={**run.commands, **{i: command for i, command in found.items() if command}})

    def _read_command(self, association: AssociationFact, execution_id: str, status: str) -> str:
        told = (association.association_id, execution_id, status)
        page = self.refusals.spare(lambda: runs.read_results(self.aws, self.region, *told), runs.ResultPage((), ""))
        return next((row.command_id for row in page.rows if row.command_id), "")

    def _with_settings(self, run: RunFacts, known: KnownRuns | None) -> RunFacts:
        """They are read after all results, which people wait for."""
        if known and known.settings.get(VERSION) == run.association.version:
            return replace(run, settings=known.settings)
        if not self.purse.pay(1):
            return run
        settings: dict[str, Any] = self.refusals.spare(
            lambda: read_settings(self.aws, self.region, run.association), {}
        )
        return replace(run, settings=settings)


def _owed(execution: ExecutionFact, command: str) -> dict[str, Owed]:
    failed = execution.counts.get(FAILED, 0)
    return {execution.execution_id: (command, failed)} if failed else {}
