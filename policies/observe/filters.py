"""Which nodes a page speaks of: filters that live in the URL, the same for every tile, list and export."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.http import QueryDict

from policies.domain.scanners import ScannerKind
from policies.domain.status import Findings, PolicyStatus
from policies.models import Node, NodePolicy, Part
from policies.models.tags import TagValue

MOST_LETTERS = 200
# How long ago a node was last scanned, by AWS's clock.
AGES = ("day", "week", "longer", "never")
# Under how many policies a node is.
COVERS = ("none", "one", "several", "any")
# Of patches that a node lacks, as AWS counts them.
SEVERITIES = ("critical", "security", "other")
# Since how many days a node lacks patches: from the first, and before the second.
MISSING_FOR: Mapping[str, tuple[int, int | None]] = {
    "7": (0, 8), "14": (8, 15), "30": (15, 31), "60": (31, 61), "90": (61, 91), "longer": (91, None),
}  # fmt: skip
ACCOUNT_ID = re.compile(r"[0-9]{12}")


def read_text(query: QueryDict, name: str) -> str:
    """What a URL says for a name, as far as rows can have it; "" for nothing."""
    return query.get(name, "").replace("\0", "").strip()[:MOST_LETTERS]


def read_fields(
    filter_class: type[Any], query: QueryDict, choices: Mapping[str, Collection[str]] | None = None
) -> dict[str, str]:
    """What a URL says for each field of a filter, a dataclass of texts; "" for what it does not say.

    `choices`: the values that there are of some fields; any other is left out.
    """
    names = [field.name for field in fields(filter_class)]
    told = {name: read_text(query, name) for name in names}
    return told | {name: "" for name, values in (choices or {}).items() if told[name] not in values}


@dataclass(frozen=True)
class NodeFilter:
    """Each field narrows the nodes when it is not "".

    `account` is an account's id or a part of its name, `unit` a unit whose accounts count with those of the units below
    it, `tag` a key, key=value, or !key for nodes without it; `severity` of at least one patch that the node lacks.
    `scanner`: who scanned it last, one of ScannerKind, or kind:name. `beside`: another policy that it is under as well.
    """

    search: str = ""
    account: str = ""
    unit: str = ""
    region: str = ""
    operating_system: str = ""
    policy: str = ""
    tag: str = ""
    status: str = ""
    findings: str = ""
    severity: str = ""
    missing_for: str = ""
    scanned: str = ""
    scanner: str = ""
    cover: str = ""
    beside: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> NodeFilter:
        """The filter in a URL; what is not one of a field's values is left out."""
        told = read_fields(cls, query, CHOICES)
        kind, _, _ = told["scanner"].partition(":")
        return cls(**told | ({} if kind in set(ScannerKind) else {"scanner": ""}))

    @property
    def is_empty(self) -> bool:
        return self == NodeFilter()

    def query(self, **changes: str) -> str:
        """This filter with changes, as a query string with its question mark; "" when nothing is filtered."""
        wanted = replace(self, **changes)
        pairs = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{text}" if text else ""

    @property
    def part(self) -> Part | None:
        """The part of the fleet that is counted beforehand and that this filter leaves; None when there is none."""
        named = [field.name for field in fields(self) if getattr(self, field.name)]
        if not named:
            return Part.ALL
        if len(named) > 1 or named[0] not in Part.values or (self.account and not ACCOUNT_ID.fullmatch(self.account)):
            return None
        return Part(named[0])

    def apply(self, nodes: QuerySet[Node], as_of: datetime) -> QuerySet[Node]:
        """Those of the nodes that pass, each once."""
        return nodes.filter(self._where_it_is() & self._how_it_stands(as_of))

    def account_where(self, at: str = "") -> Q:
        """The condition on accounts, or on what leads to them by `at`."""
        where = Q()
        if self.account:
            is_id = ACCOUNT_ID.fullmatch(self.account)
            where &= Q(**{f"{at}account_id" if is_id else f"{at}name__icontains": self.account})
        if self.unit:
            where &= in_unit(self.unit, at)
        return where

    def _where_it_is(self) -> Q:
        where = Q()
        if self.search:
            where &= search_where(self.search)
        if self.account or self.unit:
            where &= self.account_where("shard__account__")
        if self.region:
            where &= Q(shard__region=self.region)
        if self.operating_system:
            where &= Q(operating_system=self.operating_system)
        if self.tag:
            where &= _tag_where(self.tag)
        return where

    def _how_it_stands(self, as_of: datetime) -> Q:
        where = Q()
        if self.findings:
            where &= findings_where(self.findings)
        if self.severity:
            where &= Q(**{f"compliance__{self.severity}__gt": 0})
        if self.missing_for:
            where &= missing_for_where(self.missing_for, as_of)
        if self.policy or self.status:
            where &= _policy_where(self.policy, self.status)
        if self.scanned:
            where &= scanned_where(self.scanned, as_of)
        if self.scanner:
            where &= _scanner_where(self.scanner)
        if self.cover:
            where &= cover_where(self.cover)
        if self.beside:
            where &= _policy_where(self.beside, "")
        return where


CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": tuple(PolicyStatus),
    "findings": tuple(Findings),
    "severity": SEVERITIES,
    "missing_for": tuple(MISSING_FOR),
    "scanned": AGES,
    "cover": COVERS,
}


def search_where(text: str, at: str = "") -> Q:
    """The condition on nodes, or on what leads to them by `at`, to have a text in their name or id, in any case."""
    return Q(**{f"{at}search_text__contains": Lower(Value(text))})  # folded as the column is


def in_unit(unit: str, at: str = "") -> Q:
    """The condition on accounts, or on what leads to them by `at`, to be in a unit or in one below it."""
    return Q(**{f"{at}unit_path__endswith": unit}) | Q(**{f"{at}unit_path__contains": f"{unit}/"})


def _tag_where(tag: str) -> Q:
    if tag.startswith("!"):
        return ~Q(tags__has_key=tag[1:])
    key, has_value, value = tag.partition("=")
    return Q(Exact(TagValue(key), value)) if has_value else Q(tags__has_key=key)


def findings_where(findings: str) -> Q:
    """The condition of one of Findings; a node that has no patch state was never scanned."""
    where = Q(compliance__findings=findings)
    return where | Q(compliance=None) if findings == Findings.NEVER_SCANNED else where


def _policy_where(policy: str, status: str) -> Q:
    """Both conditions speak of the same row of the node under that policy."""
    rows = NodePolicy.objects.filter(policy__configuration_id=policy) if policy else NodePolicy.objects.all()
    return Q(pk__in=(rows.filter(status=status) if status else rows).order_by().values("node"))


def missing_for_where(days: str, as_of: datetime) -> Q:
    """The condition of one of MISSING_FOR at a moment of AWS's clock, by the node's own scans."""
    first, end = MISSING_FOR[days]
    where = Q(compliance__missing_since__lte=as_of - timedelta(days=first)) if first else Q()
    return where & Q(compliance__missing_since__gt=as_of - timedelta(days=end)) if end else where


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


def scanner_value(kind: ScannerKind, name: str) -> str:
    """The value of NodeFilter.scanner for one scanner; without a name for results that name none."""
    return f"{kind}:{name}"


def _scanner_where(scanner: str) -> Q:
    kind, has_name, name = scanner.partition(":")
    where = Q(compliance__scan__source=kind)
    return where & Q(compliance__scan__scanner=name) if has_name else where


def cover_where(cover: str) -> Q:
    """The condition of one of COVERS."""
    under = NodePolicy.objects.filter(node=OuterRef("pk")).order_by()
    several = Exists(under.filter(node__policies__policy__gt=F("policy")))
    if cover == "none":
        return Q(~Exists(under))
    if cover == "several":
        return Q(several)
    return Q(Exists(under)) if cover == "any" else Q(Exists(under)) & Q(~several)
