"""Parts of the fleet beside one another."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.domain.status import Findings
from policies.models import Node
from policies.observe import charts, exports, reports, tallies
from policies.observe.comparison import MOST_GROUPS, SORTS, By, Group, compare
from policies.observe.filters import NodeFilter, read_text
from policies.observe.views.filter_fields import choices_of_parts

GROUPS_PER_PAGE = 50
NODES_ASKED = 500
"""Of so many nodes the tag keys are offered."""
BYS = [(By.UNIT, gettext_lazy("Organizational unit")), (By.ACCOUNT, gettext_lazy("Account")),
       (By.REGION, gettext_lazy("Region")), (By.SYSTEM, gettext_lazy("Operating system")),
       (By.POLICY, gettext_lazy("Patch policy")), (By.TAG, gettext_lazy("Tag"))]  # fmt: skip
NAMELESS = {By.POLICY: gettext_lazy("Under no policy"), By.TAG: gettext_lazy("Without this tag")}
"""What a group is called whose nodes lack what the others have."""
COLUMNS: exports.Columns = {
    "key": lambda group: group.key,
    "name": lambda group: group.name,
    "nodes": lambda group: group.nodes,
    "nodes_with_findings": lambda group: group.wanting,
    "scanned_in_24_hours": lambda group: group.counts["recent"],
    "nodes_that_miss_critical": lambda group: group.counts["critical"],
    "nodes_that_miss_security": lambda group: group.counts["security"],
    "nodes_that_miss_other": lambda group: group.counts["other"],
} | {name: lambda group, name=name: group.counts[name] for name in Findings}


@requires(Role.VIEWER)
@require_safe
def comparison(request: HttpRequest) -> HttpResponseBase:
    """The nodes that a filter leaves by what `by` names, sorted, in pages; or all groups as a file."""
    wanted, last = NodeFilter.read(request.GET), tallies.newest()
    by, tag_key, sort = _read_by(request.GET), read_text(request.GET, "tag_key"), request.GET.get("sort", "-wanting")
    as_of = last.as_of if last else reports.read_freshness().as_of
    is_asked = bool(tag_key) or by is not By.TAG
    groups = _sorted(compare(wanted, by, tag_key, as_of or timezone.now()) if is_asked else [], sort)
    if exports.is_wanted(request):
        return exports.export(request, f"nodes-by-{by}", COLUMNS, groups)
    page = Paginator(groups, GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "as_of": as_of,
        "wanted": wanted,
        "choices": choices_of_parts(last),
        "by": by,
        "by_word": dict(BYS)[by],
        "bys": BYS,
        "tag_key": tag_key,
        "tag_keys": _tag_keys(),
        "is_asked": is_asked,
        "sort": sort,
        "unfiltered": f"?{urlencode({'by': by, 'tag_key': tag_key, 'sort': sort})}",
        "page": page,
        "rows": [(group, _bar(group)) for group in page],
        "nameless": NAMELESS.get(by, "-"),
        "is_cut": len(groups) == MOST_GROUPS,
    }
    return render(request, "observe/comparison.html", context)


def _read_by(query: QueryDict) -> By:
    asked = query.get("by", "")
    return By(asked) if asked in set(By) else By.UNIT


def _sorted(groups: list[Group], sort: str) -> list[Group]:
    """In the order by the name of one of SORTS, downwards after a hyphen; equals stay the largest first."""
    told = SORTS.get(sort.removeprefix("-"), SORTS["wanting"])
    return sorted(groups, key=told, reverse=sort.startswith("-"))


def _bar(group: Group) -> list[dict[str, Any]]:
    """Its findings, each with the list of its nodes."""
    nodes = f"{reverse('node_list')}{group.query}&findings=" if group.query else ""
    return charts.bar_parts(group.findings, nodes, "findings")


def _tag_keys() -> list[str]:
    """Some of the keys that nodes have."""
    tags = Node.objects.living().order_by("pk").values_list("tags", flat=True)[:NODES_ASKED]
    return sorted({key for each in tags for key in each})
