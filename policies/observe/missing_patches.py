"""Which patches are missed most, by the nodes whose patches somebody opened: AWS tells them one node at a time.

What was read of a node counts until its next scan; how many nodes were read is told beside the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F

from policies.aws.patches import PatchPage
from policies.models import MissingPatch, Node, NodeCompliance
from policies.observe.filters import NodeFilter
from policies.observe.rows import fit

TOP = 8
MISSING = "Missing"


def keep_missing(node: Node, page: PatchPage, state: str) -> None:
    """Remember a node's missing patches out of the first page of its patches that are not compliant, or in `state`.

    A list of several pages is let be.
    """
    newest = NodeCompliance.objects.filter(node=node, scanned_at__isnull=False)
    if page.next_token or state not in ("", MISSING) or not newest.exclude(patches_of=F("scanned_at")).exists():
        return
    missing = [patch for patch in page.rows if patch.state == MISSING]
    rows = [
        MissingPatch(node=node, **fit(MissingPatch, {"title": patch.title or patch.kb_id, "kb_id": patch.kb_id,
                                                     "severity": patch.severity}))
        for patch in missing
    ]  # fmt: skip
    with transaction.atomic():
        node.missing_patches.all().delete()
        MissingPatch.objects.bulk_create(rows)
        newest.update(patches_of=F("scanned_at"))


@dataclass(frozen=True)
class TopPatch:
    """A patch, and how many of the nodes that were read miss it."""

    title: str
    kb_id: str
    severity: str
    nodes: int


@dataclass(frozen=True)
class TopPatches:
    """Those missed most, by `read` nodes of the `lacking` that miss patches."""

    rows: tuple[TopPatch, ...]
    read: int
    lacking: int


def top_missing(wanted: NodeFilter, as_of: datetime, lacking: int) -> TopPatches:
    """Of the nodes that the filter leaves, of which so many are `lacking` patches."""
    nodes = wanted.apply(Node.objects.living(), as_of)
    read = nodes.filter(compliance__missing__gt=0, compliance__patches_of=F("compliance__scanned_at")).order_by()
    kinds = MissingPatch.objects.filter(node__in=read.values("pk")).order_by().values("title", "kb_id", "severity")
    counted = kinds.annotate(nodes=Count("node", distinct=True)).order_by("-nodes", "title")
    told = counted.values_list("title", "kb_id", "severity", "nodes")[:TOP]
    return TopPatches(tuple(TopPatch(*row) for row in told), read.count(), lacking)
