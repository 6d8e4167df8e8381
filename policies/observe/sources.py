"""Who made a result: one of the portal's policies with its run and file version, or another scanner (aws-facts 7.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from policies.aws.compliance import SourceFact
from policies.domain.scanners import RUN_BY_POLICY, ScannerKind, Seen, kind_of, reaches, who_ran
from policies.models import Node, OverrideVersion, Run, Shard


@dataclass(frozen=True)
class Author:
    """Who made a result. The ids are None where they are not known or there is no such thing."""

    kind: ScannerKind
    name: str = ""
    policy_id: int | None = None
    run_id: int | None = None
    version_id: int | None = None


class Sources:
    """What is known of who runs in a shard, loaded once for the results of one reading."""

    def __init__(self, shard: Shard, commands: Sequence[str]) -> None:
        self._runs = {run.command_id: run for run in Run.objects.filter(shard=shard, command_id__in=set(commands))}
        self._has_policies = shard.associations.exists()
        self._others = list(shard.other_scanners.all())
        policies = {run.policy_id for run in self._runs.values()}
        self._versions = list(OverrideVersion.objects.filter(policy__in=policies, live_at__isnull=False).defer("body"))

    def author_of(self, node: Node, source: SourceFact, started_at: datetime) -> Author:
        """Who made a result of a node that began then."""
        run = self._runs.get(source.execution_id) if source.execution_id else None
        if run:
            version = self._version_at(run.policy_id, started_at)
            return Author(ScannerKind.POLICY, "", run.policy_id, run.pk, version)
        if source.kind == RUN_BY_POLICY and self._has_policies:
            return Author(ScannerKind.POLICY)
        seen = [
            Seen(kind_of(other.name, other.document), str(other), other.last_run_at)
            for other in self._others
            if reaches(other.reach, node.instance_id, node.tags)
        ]
        kind, name = who_ran(source.kind, started_at, seen)
        return Author(kind, name)

    def _version_at(self, policy_id: int, at: datetime) -> int | None:
        """The file that nodes read at a moment of AWS's clock; versions come the newest first."""
        live = (v.pk for v in self._versions if v.policy_id == policy_id and v.live_at and v.live_at <= at)
        return next(live, None)
