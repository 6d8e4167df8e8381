"""Accounts by Regions: how many nodes lack something in each. Out of the shards' own counts, which readings keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from policies.domain.status import LACKING, Findings
from policies.models import Account, Node, Shard
from policies.observe.filters import NodeFilter, findings_where

PLACE_FIELDS = ("account", "unit", "region")
"""The fields of a filter that a shard's own counts can follow; for others its nodes are counted."""
Counts = tuple[int, int, int]
"""Nodes, those of them that lack something, and those never scanned."""
NONE: Counts = (0, 0, 0)


@dataclass(frozen=True)
class Cell:
    """One account-Region. `shade`: 0 to 4 by the share of nodes that lack something; `unscanned`: never scanned."""

    account_id: str
    region: str
    status: str
    nodes: int
    lacking: int
    unscanned: int

    @property
    def is_unknown(self) -> bool:
        """Whether no scan has told anything of its nodes."""
        return 0 < self.nodes == self.unscanned

    @property
    def shade(self) -> int:
        return -(-4 * self.lacking // self.nodes) if self.nodes else 0


@dataclass(frozen=True)
class HeatMap:
    """A row for each account, with a cell for each Region or None."""

    regions: tuple[str, ...]
    rows: tuple[tuple[Account, tuple[Cell | None, ...]], ...]

    @property
    def cells(self) -> Iterator[tuple[Account, Cell]]:
        """Those that there are, row by row."""
        return ((account, cell) for account, cells in self.rows for cell in cells if cell)


def accounts_by_need(wanted: NodeFilter) -> QuerySet[Account]:
    """The active accounts that the filter leaves, those with most nodes that lack something first."""
    accounts = Account.objects.filter(wanted.account_where(), is_active=True)
    here = Q(shards__region=wanted.region) if wanted.region else None
    need = Coalesce(Sum("shards__lacking_count", filter=here), 0)
    return accounts.annotate(need=need).order_by("-need", "name", "pk")


def read_heat_map(accounts: Iterable[Account], wanted: NodeFilter, as_of: datetime) -> HeatMap:
    """The row of each of these accounts, in one query, or in two when nodes have to be counted."""
    rows = list(accounts)
    shards = Shard.objects.filter(account__in=rows).order_by("region")
    if wanted.region:
        shards = shards.filter(region=wanted.region)
    counts = _counts(shards, wanted, as_of)
    cells = {
        (account_id, region): Cell(account_id, region, status, *(told if counts is None else counts.get(pk, NONE)))
        for pk, account_id, region, status, *told in shards.values_list(
            "pk", "account_id", "region", "status", "node_count", "lacking_count", "unscanned_count"
        )
    }
    regions = tuple(sorted({region for _, region in cells}))
    return HeatMap(regions, tuple((a, tuple(cells.get((a.pk, region)) for region in regions)) for a in rows))


def _counts(shards: QuerySet[Shard], wanted: NodeFilter, as_of: datetime) -> Mapping[int, Counts] | None:
    """The counts by shard, for a filter that the shards' own counts cannot follow."""
    if replace(wanted, **dict.fromkeys(PLACE_FIELDS, "")).is_empty:
        return None
    nodes = wanted.apply(Node.objects.living(), as_of).filter(shard__in=shards.order_by()).order_by().values("shard_id")
    counted = nodes.annotate(
        all=Count("pk"),
        lacking=Count("pk", filter=Q(compliance__findings__in=LACKING)),
        unscanned=Count("pk", filter=findings_where(Findings.NEVER_SCANNED)),
    )
    return {pk: (n, m, k) for pk, n, m, k in counted.values_list("shard_id", "all", "lacking", "unscanned")}
