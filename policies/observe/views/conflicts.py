"""The page of conflicts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.observe import columns, exports
from policies.observe.conflicts import find_rivals, find_shared
from policies.observe.reports import read_freshness


@requires(Role.VIEWER)
@require_safe
def conflict_list(request: HttpRequest) -> HttpResponseBase:
    """Who patches or scans the same nodes, and what to do about it; or one of the two lists (`list`) as a file."""
    if exports.is_wanted(request):
        if request.GET.get("list") == "scanners":
            return exports.export(request, "other-scanners", columns.RIVALS, find_rivals())
        return exports.export(request, "policies-that-share-nodes", columns.SHARED, find_shared())
    context = {"shared": find_shared(), "rivals": find_rivals(), "freshness": read_freshness()}
    return render(request, "observe/conflict_list.html", context)
