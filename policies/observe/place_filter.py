"""Which account-Regions of a policy a page lists: a filter that lives in the URL."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from policies.domain.status import InstanceStatus
from policies.models import Account, StackInstanceState
from policies.observe.filters import read_fields


@dataclass(frozen=True)
class PlaceFilter:
    """Each field narrows the rows when it is not ""; `signature` is of failures that are one failure."""

    account: str = ""
    region: str = ""
    status: str = ""
    signature: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> PlaceFilter:
        """The filter in a URL; a status that there is not is left out."""
        return cls(**read_fields(cls, query, {"status": list(InstanceStatus)}))

    @property
    def is_empty(self) -> bool:
        return self == PlaceFilter()

    def apply(self, rows: QuerySet[StackInstanceState]) -> QuerySet[StackInstanceState]:
        """Those of the rows that pass; an account is found by its id or a part of its name."""
        exact = {name: value for name, value in asdict(self).items() if value and name != "account"}
        rows = rows.filter(**exact)
        if not self.account:
            return rows
        named = Account.objects.filter(name__icontains=self.account).values("account_id")
        return rows.filter(account_id__in=named) | rows.filter(account_id__contains=self.account)
