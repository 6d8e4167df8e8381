"""The dashboard: the whole organization in numbers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.models import Policy, Shard
from policies.observe import exports, reports, tallies
from policies.observe.figures import draw_figures
from policies.observe.filters import NodeFilter
from policies.observe.views.filter_fields import choices_of_parts
from policies.observe.views.saved import views_for

MOST_BANNERS = 5
DAY_COLUMNS: exports.Columns = {"day": lambda day: day[0]} | {
    name: lambda day, name=name: getattr(day[1], name) for name in tallies.NAMES
}


@requires(Role.VIEWER)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """The whole organization in numbers, each of which opens its list; or the days that are kept as a file."""
    freshness, wanted, last = reports.read_freshness(), NodeFilter.read(request.GET), tallies.newest()
    if exports.is_wanted(request):
        return exports.export(request, "days", DAY_COLUMNS, tallies.read_trend(wanted))
    any_place = freshness.as_of is not None or Shard.objects.exists()
    context = {
        "unreadable": reports.count_unreadable(),
        "wanted": wanted,
        "choices": choices_of_parts(last),
        **views_for(request, "dashboard"),
        "figures": draw_figures(wanted, last, freshness.reckoned_at) if any_place else "",
        "missing_baselines": Policy.objects.living().exclude(missing_baselines=[])[:MOST_BANNERS],
    }
    return render(request, _page_or_fragment(request, "dashboard"), context)


def _page_or_fragment(request: HttpRequest, name: str) -> str:
    """The fragment alone when htmx asks for it by its id, else the page that includes it."""
    asked = request.headers.get("HX-Target") == name
    return f"observe/_{name}.html" if asked else f"observe/{name}.html"
