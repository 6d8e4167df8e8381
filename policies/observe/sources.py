"""Who made a result: a policy with its run and file version, or another scanner (aws-facts 7.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from policies.domain.scanners import ScannerKind, kind_of, unknown_sender
from policies.models import OverrideVersion, Run, RunPart, Scan, Shard
from policies.observe.rows import fit
from policies.observe.scanner_rows import scanner_of


@dataclass(frozen=True)
class Author:
    """Who made a result. The ids are None where they are not known or there is no such thing."""

    kind: ScannerKind
    name: str = ""
    policy_id: int | None = None
    run_id: int | None = None
    version_id: int | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """What a result says of it, by the names of Scan's columns."""
        ids = {"policy_id": self.policy_id, "run_id": self.run_id, "version_id": self.version_id}
        return {"source": self.kind, **fit(Scan, {"scanner": self.name}), **ids}


def find_ordered(shard: Shard, commands: Collection[str]) -> frozenset[str]:
    """Those of these commands that the portal sent because somebody asked for it."""
    sent = _parts(shard, commands).values_list("command_id", flat=True) if commands else ()
    return frozenset(sent)


def _parts(shard: Shard, commands: Collection[str]) -> QuerySet[RunPart]:
    return RunPart.objects.filter(account_id=shard.account_id, region=shard.region, command_id__in=set(commands))


class Sources:
    """What is known of who runs in a shard, loaded once for the results of one reading."""

    def __init__(self, shard: Shard, commands: Collection[str]) -> None:
        self._runs = {run.command_id: run for run in Run.objects.filter(shard=shard, command_id__in=set(commands))}
        sent = _parts(shard, commands).select_related("order")
        self._parts = {part.command_id: part for part in sent if part.asked_at}
        self._has_policies = shard.associations.exists()
        self._senders = {sent: other for other in shard.other_scanners.all() for sent in scanner_of(other).sent}
        policies = {run.policy_id for run in self._runs.values()}
        policies |= {part.order.policy_id for part in self._parts.values()}
        self._versions = list(OverrideVersion.objects.filter(policy__in=policies, live_at__isnull=False).defer("body"))

    def author_of(self, scan: Scan) -> Author:
        """Who made a result, by what it tells of itself."""
        run = self._runs.get(scan.execution_id) if scan.execution_id else None
        if run:
            return self._of_policy(scan, run.policy_id, run.created_at, run.pk)
        part = self._parts.get(scan.execution_id)
        if part and part.asked_at:
            return self._of_policy(scan, part.order.policy_id, part.asked_at)
        sender = self._senders.get(scan.execution_id)
        if sender:
            return Author(kind_of(sender.name, sender.document), str(sender))
        kind = unknown_sender(scan.execution_type, scan.patch_group, scan.install_list)
        is_ours = kind is ScannerKind.PATCH_POLICY and self._has_policies
        return Author(ScannerKind.POLICY if is_ours else kind)

    def _of_policy(self, scan: Scan, policy_id: int, began_at: datetime, run_id: int | None = None) -> Author:
        """A node has its own clock, but reads the file not before its run began nor after its result was seen."""
        version_id = self._version_at(policy_id, min(max(scan.started_at, began_at), scan.seen_at))
        return Author(ScannerKind.POLICY, "", policy_id, run_id, version_id)

    def _version_at(self, policy_id: int, at: datetime) -> int | None:
        """The file that nodes read at a moment of AWS's clock; versions come the newest first."""
        live = (v.pk for v in self._versions if v.policy_id == policy_id and v.live_at and v.live_at <= at)
        return next(live, None)
