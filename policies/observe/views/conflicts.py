"""The page of conflicts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.observe.conflicts import find_rivals, find_shared
from policies.observe.reports import read_freshness


@requires(Role.VIEWER)
@require_safe
def conflict_list(request: HttpRequest) -> HttpResponse:
    """Who patches or scans the same nodes, and what to do about it."""
    context = {"shared": find_shared(), "rivals": find_rivals(), "freshness": read_freshness()}
    return render(request, "observe/conflict_list.html", context)
