"""Which nodes of a policy its page lists: a filter that lives in the URL."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from policies.domain.status import PolicyStatus
from policies.models import Policy
from policies.models.compliance import NodePolicyQuerySet
from policies.models.failures import FailureGroup
from policies.observe.filters import read_fields, search_where


@dataclass(frozen=True)
class PairFilter:
    """Each field narrows the nodes when it is not ""; `failure` is the key of one that they have in common."""

    search: str = ""
    status: str = ""
    failure: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> PairFilter:
        """The filter in a URL; a status that there is not is left out."""
        return cls(**read_fields(cls, query, {"status": list(PolicyStatus)}))

    @property
    def is_empty(self) -> bool:
        return self == PairFilter()

    def apply(self, policy: Policy, group: FailureGroup | None) -> NodePolicyQuerySet:
        """Those of the policy's living nodes that pass. `group`: the failure; None when nothing fails like that."""
        rows: NodePolicyQuerySet = policy.nodes.living()
        if self.failure:
            rows = group.apply(rows) if group else rows.none()
        if self.search:
            rows = rows.filter(search_where(self.search, "node__"))
        return rows.filter(status=self.status) if self.status else rows
