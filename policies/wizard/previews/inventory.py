"""Offered from the inventory: tags to choose from, and nodes to pick."""

from __future__ import annotations

from django.core.cache import cache
from django.db.models import Q, QuerySet

from policies.models import Node
from policies.models.tags import TagValue
from policies.wizard.facts import SECONDS_REMEMBERED
from policies.wizard.forms import TargetsForm
from policies.wizard.forms.targets import split_values
from policies.wizard.previews.look import MOST_OFFERED, MOST_SHOWN, Context, Look

TAGS_KEY = "wizard:tags"
EC2 = "i-"
"""How the id of an EC2 instance begins."""


def find_tags(look: Look) -> Context:
    """Tag keys of the fleet, and the values of the key that was typed."""
    tags = _known_tags()
    key = look.form_as(TargetsForm).typed("tag_key")
    values = tags.get(key[-1] if key else "", ())
    return {"keys": sorted(tags)[:MOST_OFFERED], "values": sorted(values)[:MOST_OFFERED]}


def find_nodes(look: Look) -> Context:
    """EC2 nodes to pick from, a page of them, by name, id, tag key or key=value; those picked already stay in sight."""
    words = look.search("node_search")
    picked = {word for value in look.form_as(TargetsForm).typed("instance_ids") for word in split_values(value)}
    nodes = Node.objects.living().filter(instance_id__startswith=EC2).select_related("shard__account")
    chosen = list(nodes.filter(instance_id__in=[word for word in picked if word.startswith(EC2)]))
    unknown = sorted(picked - {node.instance_id for node in chosen})
    others = _matching(nodes.exclude(pk__in=[node.pk for node in chosen]), words)
    return {
        "chosen": chosen,
        "unknown": unknown[:MOST_SHOWN],
        "more_unknown": unknown[MOST_SHOWN:],
        "page": look.page(others, "node_page"),
        "search": words,
    }


def _matching(nodes: QuerySet[Node], words: str) -> QuerySet[Node]:
    key, is_tag, value = (part.strip() for part in words.partition("="))
    if is_tag:
        return nodes.annotate(tag=TagValue(key)).filter(tag__icontains=value)
    if not words:
        return nodes
    return nodes.filter(Q(name__icontains=words) | Q(instance_id__icontains=words) | Q(tags__has_key=words))


def _known_tags() -> dict[str, set[str]]:
    """Every tag key of the living nodes with its values, remembered for a minute."""
    known: dict[str, set[str]] | None = cache.get(TAGS_KEY)
    if known is None:
        known = {}
        for tags in Node.objects.living().values_list("tags", flat=True).iterator():
            for key, value in tags.items():
                known.setdefault(key, set()).add(value)
        cache.set(TAGS_KEY, known, SECONDS_REMEMBERED)
    return known
