"""Which account-Regions a page lists: a filter that lives in the URL."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from policies.domain.status import ShardStatus
from policies.models import Account, OtherScanner, Shard
from policies.observe.filters import NodeFilter, read_fields


@dataclass(frozen=True)
class ShardFilter:
    """Each field narrows the account-Regions when it is not ""; `account` and `unit` as in NodeFilter.

    `document` leaves those where another scanner of the name `scanner` runs it.
    """

    account: str = ""
    unit: str = ""
    region: str = ""
    status: str = ""
    scanner: str = ""
    document: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> ShardFilter:
        """The filter in a URL; a status that there is not is left out."""
        return cls(**read_fields(cls, query, {"status": list(ShardStatus)}))

    @property
    def is_empty(self) -> bool:
        return self == ShardFilter()

    def apply(self, shards: QuerySet[Shard]) -> QuerySet[Shard]:
        """Those of the account-Regions that pass."""
        where = NodeFilter(account=self.account, unit=self.unit).account_where("account__")
        exact = {"region": self.region, "status": self.status}
        if self.document:
            there = OtherScanner.objects.filter(shard=OuterRef("pk"), name=self.scanner, document=self.document)
            shards = shards.filter(Exists(there))
        return shards.filter(where, **{name: value for name, value in exact.items() if value})


def units_and_regions(shards: QuerySet[Shard]) -> tuple[set[str], list[str]]:
    """Ids and names to choose from, in two queries."""
    paths = Account.objects.filter(is_active=True).order_by().values_list("unit_path", flat=True).distinct()
    regions = shards.order_by("region").values_list("region", flat=True).distinct()
    units = {unit for path in paths for unit in path.split("/") if unit}
    return units, list(regions)
