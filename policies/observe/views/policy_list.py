"""The list of policies, with the drafts that the person has not finished."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires, role_of
from policies.models import Draft
from policies.observe import columns, exports, reports
from policies.observe.policy_rows import CHOICES, PolicyFilter, read_rows, sort_rows

POLICIES_PER_PAGE = 25


@requires(Role.VIEWER)
@require_safe
def policy_list(request: HttpRequest) -> HttpResponseBase:
    """Every policy with its deployment, what its nodes say, its next run: filtered, sorted, in pages; or as a file."""
    freshness, wanted = reports.read_freshness(), PolicyFilter.read(request.GET)
    rows = read_rows(freshness.reckoned_at)
    sort = request.GET.get("sort", "name")
    found = sort_rows((row for row in rows if wanted.passes(row)), sort)
    if exports.is_wanted(request):
        return exports.export(request, "patch-policies", columns.POLICIES, found)
    context = {
        "freshness": freshness,
        "wanted": wanted,
        "options": CHOICES,
        "sort": sort,
        "total": len(rows),
        "page": Paginator(found, POLICIES_PER_PAGE).get_page(request.GET.get("page")),
        "drafts": _unfinished(request),
    }
    return render(request, "observe/policy_list.html", context)


def _unfinished(request: HttpRequest) -> list[Draft]:
    """The person's own drafts; one who may not go on with them is not shown them."""
    if not isinstance(request.user, User) or role_of(request.user) != Role.ADMINISTRATOR:
        return []
    return list(Draft.objects.unfinished(request.user))
