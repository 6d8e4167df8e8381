"""What is in order on each node and what is not: of its patches, of the associations on it, and of custom types.

Everything is counted when it is asked for; a summary that is not shown costs nothing but its place in the list.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.engine.associations import Association
from sandbox.engine.executions import TargetResult
from sandbox.engine.fleet import Node
from sandbox.engine.reports import LEVELS, CustomReport, Report

if TYPE_CHECKING:
    from sandbox.engine.world import World

COMPLIANT, NON_COMPLIANT = "COMPLIANT", "NON_COMPLIANT"

Counts = tuple[int, ...]
"""How many of each level, as LEVELS lists them."""
AssociationResult = tuple[Association, TargetResult]


class Summary(NamedTuple):
    """One compliance type of one node, with what it is counted from."""

    node: Node
    kind: str
    told: Report | CustomReport | list[AssociationResult]

    def counts(self) -> tuple[Counts, Counts]:
        """What is in order, and what is not."""
        if isinstance(self.told, Report):
            return self.told.compliant, self.told.wrong_counts
        if isinstance(self.told, CustomReport):
            return _count(tuple([(item["Status"], item["Severity"]) for item in self.told.items]))
        return _count(tuple([(status_of(result), severity_of(association)) for association, result in self.told]))

    @property
    def status(self) -> str:
        return NON_COMPLIANT if any(self.counts()[1]) else COMPLIANT

    @property
    def severity(self) -> str:
        """The highest level of what is not in order."""
        return highest(self.counts()[1])

    def execution(self, now: datetime) -> dict[str, Any]:
        """Of a patch report its own run; of associations the moment that their state was captured at."""
        if isinstance(self.told, Report):
            return execution_of(self.told)
        return dict(self.told.summary) if isinstance(self.told, CustomReport) else {"ExecutionTime": now}


@functools.lru_cache(maxsize=4096)
def _count(judged: tuple[tuple[str, str], ...]) -> tuple[Counts, Counts]:
    """How many (status, level) are COMPLIANT and how many are not, by level; most nodes have the same."""
    good, bad = dict.fromkeys(LEVELS, 0), dict.fromkeys(LEVELS, 0)
    for status, level in judged:
        (good if status == COMPLIANT else bad)[level] += 1
    return tuple(good.values()), tuple(bad.values())


@functools.lru_cache(maxsize=4096)
def highest(counts: Counts) -> str:
    """The highest level of which there is any."""
    return next((level for level, count in zip(LEVELS, counts, strict=True) if count), "UNSPECIFIED")


def execution_of(report: Report) -> dict[str, Any]:
    """ExecutionSummary of a node's patches."""
    return {"ExecutionTime": report.ended_at, "ExecutionId": report.execution_id,
            "ExecutionType": report.execution_type}  # fmt: skip


def status_of(result: TargetResult) -> str:
    """SyncCompliance AUTO: a run that ended well is compliant (aws-facts 4.6)."""
    return COMPLIANT if result.status == "Success" else NON_COMPLIANT


def severity_of(association: Association) -> str:
    """The level that an association counts with."""
    return str(association.facts.get("ComplianceSeverity") or "UNSPECIFIED")


def summaries(world: World, account_id: str, region: str) -> Iterator[Summary]:
    """One for each node of an account and Region and compliance type that it has."""
    return _summaries_of(world, world.fleet.within(account_id, region), _synced(world, account_id, region))


def summaries_of(world: World, node: Node) -> Iterator[Summary]:
    """Those of one node."""
    return _summaries_of(world, [node], _synced(world, node.account_id, node.region))


def _synced(world: World, account_id: str, region: str) -> list[Association]:
    """The associations that write compliance; with SyncCompliance MANUAL only PutComplianceItems does."""
    return [a for a in world.associations.within(account_id, region) if a.facts.get("SyncCompliance") != "MANUAL"]


def _summaries_of(world: World, nodes: Iterable[Node], synced: list[Association]) -> Iterator[Summary]:
    reports, custom = world.fleet.reports, world.fleet.custom
    for node in nodes:
        name = node.instance_id
        if name in reports:
            yield Summary(node, "Patch", reports[name])
        if ended := [(a, r) for a in synced if (r := a.latest.get(name)) and r.at and r.is_over]:
            yield Summary(node, "Association", ended)
        if name in custom:
            yield from (Summary(node, kind, told) for kind, told in custom[name].items())
