"""Which nodes of a policy its page lists: a filter that lives in the URL."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Value
from django.db.models.functions import Lower
from django.http import QueryDict

from policies.domain.status import PolicyStatus
from policies.models import Policy
from policies.models.compliance import NodePolicyQuerySet
from policies.models.failures import FailureGroup
from policies.observe.filters import read_fields


@dataclass(frozen=True)
class PairFilter:
    """Each field narrows the nodes when it is not ""; `failure` is the key of one that they have in common."""

    search: str = ""
    status: str = ""
    failure: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> PairFilter:
        """The filter in a URL; a status that there is not is left out."""
        told = read_fields(cls, query)
        return cls(**{**told, "status": told["status"] if told["status"] in list(PolicyStatus) else ""})

    @property
    def is_empty(self) -> bool:
        return self == PairFilter()

    def apply(self, policy: Policy, group: FailureGroup | None) -> NodePolicyQuerySet:
        """Those of the policy's living nodes that pass. `group`: the failure; None when nothing fails like that."""
        rows: NodePolicyQuerySet = policy.nodes.living()
        if self.failure:
            rows = group.apply(rows) if group else rows.none()
        if self.search:
            rows = rows.filter(node__search_text__contains=Lower(Value(self.search)))  # folded as the column is
        return rows.filter(status=self.status) if self.status else rows
