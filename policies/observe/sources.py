"""Who made a result: one of the portal's policies with its run and file version, or another scanner (aws-facts 7.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from policies.aws.compliance import SourceFact
from policies.domain.scanners import RUN_BY_POLICY, ScannerKind, kind_of, unknown_sender
from policies.models import OverrideVersion, Run, Shard
from policies.observe.scanner_rows import scanner_of


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

    def __init__(self, shard: Shard, commands: Collection[str]) -> None:
        self._runs = {run.command_id: run for run in Run.objects.filter(shard=shard, command_id__in=set(commands))}
        self._has_policies = shard.associations.exists()
        self._senders = {sent: other for other in shard.other_scanners.all() for sent in scanner_of(other).sent}
        policies = {run.policy_id for run in self._runs.values()}
        self._versions = list(OverrideVersion.objects.filter(policy__in=policies, live_at__isnull=False).defer("body"))

    def author_of(self, source: SourceFact, started_at: datetime) -> Author:
        """Who made a result that began then."""
        run = self._runs.get(source.execution_id) if source.execution_id else None
        if run:
            version = self._version_at(run.policy_id, started_at)
            return Author(ScannerKind.POLICY, "", run.policy_id, run.pk, version)
        sender = self._senders.get(source.execution_id)
        if sender:
            return Author(kind_of(sender.name, sender.document), str(sender))
        if source.kind == RUN_BY_POLICY and self._has_policies:
            return Author(ScannerKind.POLICY)
        return Author(unknown_sender(source.kind))

    def _version_at(self, policy_id: int, at: datetime) -> int | None:
        """The file that nodes read at a moment of AWS's clock; versions come the newest first."""
        live = (v.pk for v in self._versions if v.policy_id == policy_id and v.live_at and v.live_at <= at)
        return next(live, None)
