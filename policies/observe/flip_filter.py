"""Which changes of status a page lists: a filter that lives in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db.models import Q, QuerySet
from django.http import QueryDict

from policies.domain.ledger import FlipCause, FlipKind
from policies.models import Flip
from policies.models.keys import read_key
from policies.observe.filters import NodeFilter, read_fields


@dataclass(frozen=True)
class FlipFilter:
    """Each field narrows the changes when it is not "".

    `account` is an account's id or a part of its name, `policy` a configuration id, `node` a node's key; `since` and
    `until` are the first and the last day, in UTC of AWS's clock, on which they were noticed.
    """

    cause: str = ""
    kind: str = ""
    policy: str = ""
    account: str = ""
    node: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> FlipFilter:
        """The filter in a URL; what is not one of a field's values is left out."""
        told = read_fields(cls, query)
        is_told = {
            "cause": told["cause"] in list(FlipCause),
            "kind": told["kind"] in list(FlipKind),
            "node": read_key(told["node"]) is not None,
            "since": _day(told["since"]) is not None,
            "until": _day(told["until"]) is not None,
        }
        return cls(**{name: value if is_told.get(name, True) else "" for name, value in told.items()})

    @property
    def is_empty(self) -> bool:
        return self == FlipFilter()

    def apply(self, flips: QuerySet[Flip]) -> QuerySet[Flip]:
        """Those of the changes that pass."""
        exact = {"cause": self.cause, "kind": self.kind, "policy__configuration_id": self.policy, "node": self.node}
        where = Q(**{name: value for name, value in exact.items() if value})
        where &= NodeFilter(account=self.account).account_where("node__shard__account__")
        if first := _day(self.since):
            where &= Q(seen_at__gte=first)
        if last := _day(self.until):
            where &= Q(seen_at__lte=datetime.combine(last, time.max, UTC))
        return flips.filter(where)


def _day(text: str) -> datetime | None:
    """The beginning of a day that is written as in 2026-11-23; None for anything else."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None
