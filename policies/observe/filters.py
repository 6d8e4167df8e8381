"""Which nodes a page speaks of: filters that live in the URL, the same for every tile, list and export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from policies.domain.status import Findings, PolicyStatus
from policies.models import Node

MOST_LETTERS = 200
# How long ago a node was last scanned, by AWS's clock.
AGES = ("day", "week", "longer", "never")
# Under how many policies a node is.
COVERS = ("none", "one", "several")


@dataclass(frozen=True)
class NodeFilter:
    """Each field narrows the nodes when it is not ""."""

    search: str = ""
    account: str = ""
    region: str = ""
    operating_system: str = ""
    policy: str = ""
    status: str = ""
    findings: str = ""
    scanned: str = ""
    cover: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> NodeFilter:
        """The filter in a URL; what is not one of a field's values is left out."""
        told = {field.name: query.get(field.name, "").strip()[:MOST_LETTERS] for field in fields(cls)}
        told = {name: value.replace("\0", "") for name, value in told.items()}
        for name, values in CHOICES.items():
            if told[name] not in values:
                told[name] = ""
        return cls(**told)

    @property
    def is_empty(self) -> bool:
        return self == NodeFilter()

    def query(self, **changes: str) -> str:
        """This filter with changes, as a query string with its question mark; "" when nothing is filtered."""
        wanted = replace(self, **changes)
        pairs = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{text}" if text else ""

    def apply(self, nodes: QuerySet[Node], as_of: datetime) -> QuerySet[Node]:
        """Those of the nodes that pass."""
        return nodes.filter(self._where(as_of)).distinct() if self._joins else nodes.filter(self._where(as_of))

    @property
    def _joins(self) -> bool:
        return bool(self.policy or self.status)

    def _where(self, as_of: datetime) -> Q:
        where = Q()
        if self.search:
            where &= Q(name__icontains=self.search) | Q(instance_id__icontains=self.search)
        if self.account:
            where &= Q(shard__account_id=self.account)
        if self.region:
            where &= Q(shard__region=self.region)
        if self.operating_system:
            where &= Q(operating_system=self.operating_system)
        if self.findings:
            where &= Q(compliance__findings=self.findings)
        if self.policy or self.status:
            where &= _policy_where(self.policy, self.status)
        if self.scanned:
            where &= scanned_where(self.scanned, as_of)
        if self.cover:
            where &= _cover_where(self.cover)
        return where


CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": ("", *PolicyStatus),
    "findings": ("", *Findings),
    "scanned": ("", *AGES),
    "cover": ("", *COVERS),
}


def _policy_where(policy: str, status: str) -> Q:
    """Both conditions speak of the same row of the node under that policy."""
    wanted: dict[str, str] = {}
    if policy:
        wanted["policies__policy__configuration_id"] = policy
    if status:
        wanted["policies__status"] = status
    return Q(**wanted)


def scanned_where(age: str, as_of: datetime) -> Q:
    """The condition of one of AGES at a moment of AWS's clock."""
    day, week = as_of - timedelta(days=1), as_of - timedelta(days=7)
    if age == "day":
        return Q(compliance__scanned_at__gte=day)
    if age == "week":
        return Q(compliance__scanned_at__lt=day, compliance__scanned_at__gte=week)
    if age == "longer":
        return Q(compliance__scanned_at__lt=week)
    return Q(compliance__scanned_at=None)


def _cover_where(cover: str) -> Q:
    counted = Node.objects.annotate(covers=Count("policies"))
    if cover == "none":
        return Q(policies=None)
    if cover == "one":
        return Q(pk__in=counted.filter(covers=1).values("pk"))
    return Q(pk__in=counted.filter(covers__gt=1).values("pk"))
