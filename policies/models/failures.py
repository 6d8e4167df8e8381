"""Nodes that failed a policy's runs, grouped by what is one failure: an exit code, or a reason without its places."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Case, CharField, Count, Value, When

from policies.domain.exit_codes import Explanation, explain_ending
from policies.domain.signatures import signature_of, strip_places
from policies.domain.status import PolicyStatus
from policies.models.compliance import NodePolicyQuerySet
from policies.models.policy import Policy


@dataclass
class FailureGroup:
    """One failure over all accounts. `key` names it in URLs; `reasons` are State Manager's words where no code is."""

    key: str
    exit_code: int | None
    nodes: int = 0
    accounts: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)

    @property
    def explanation(self) -> Explanation | None:
        """Cause and remedy, where they are known."""
        return explain_ending(self.exit_code, self.reason)

    @property
    def reason(self) -> str:
        """What AWS said, without places: hostile text."""
        return strip_places(min(self.reasons, default=""))

    def apply(self, rows: NodePolicyQuerySet) -> NodePolicyQuerySet:
        """Those of a policy's rows that failed like this."""
        rows = rows.filter(status=PolicyStatus.NON_COMPLIANT, exit_code=self.exit_code)
        return rows if self.exit_code is not None else rows.filter(detail__in=self.reasons)


def group_failures(policy: Policy) -> tuple[FailureGroup, ...]:
    """The failures of a policy, the most frequent first: one query, a row for each account and reason."""
    failed = policy.nodes.living().filter(status=PolicyStatus.NON_COMPLIANT)
    reason = Case(When(exit_code=None, then="detail"), default=Value(""), output_field=CharField())
    told = failed.order_by().annotate(reason=reason).values_list("exit_code", "reason", "node__shard__account_id")
    groups: dict[str, FailureGroup] = {}
    for code, words, account_id, count in told.annotate(count=Count("pk")):
        key = str(code) if code is not None else signature_of(words) or "0"
        group = groups.setdefault(key, FailureGroup(key, code))
        group.accounts.add(account_id)
        group.reasons.add(words)
        group.nodes += count
    return tuple(sorted(groups.values(), key=lambda group: (-group.nodes, group.key)))


def find_group(policy: Policy, key: str) -> FailureGroup | None:
    """The failure with a key; None when nothing fails like that any more."""
    return next((group for group in group_failures(policy) if group.key == key), None)
