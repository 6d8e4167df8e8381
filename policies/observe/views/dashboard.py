"""The dashboard: the whole organization in numbers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.models import Policy, Shard
from policies.observe import charts, exports, reports, tallies, trends
from policies.observe.filters import NodeFilter
from policies.observe.views.filter_fields import choices_of_parts
from policies.observe.views.saved import views_for

MOST_BANNERS = 5
HEAT_ROWS = 12
DAY_COLUMNS: exports.Columns = {"day": lambda day: day[0]} | {
    name: lambda day, name=name: getattr(day[1], name) for name in tallies.NAMES
}


@requires(Role.VIEWER)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """The whole organization in numbers, each of which opens its list; or the days that are kept as a file."""
    freshness, wanted, last = reports.read_freshness(), NodeFilter.read(request.GET), tallies.newest()
    days = tallies.read_trend(wanted)
    if exports.is_wanted(request):
        return exports.export(request, "days", DAY_COLUMNS, days)
    at = freshness.reckoned_at
    told = tallies.read_numbers(wanted, last, at, days)
    accounts = list(tallies.accounts_by_need(wanted, last)[:HEAT_ROWS])
    context = {
        "freshness": freshness,
        "unreadable": reports.count_unreadable(),
        "any_place": freshness.as_of is not None or Shard.objects.exists(),
        "counted_at": last.as_of if last and wanted.part else freshness.as_of,
        "wanted": wanted,
        "choices": choices_of_parts(last),
        **views_for(request, "dashboard"),
        "told": told,
        "trend": trends.draw_trend(days, wanted),
        "severities": charts.draw_severities(told, wanted),
        "slices": charts.draw_donut(told.findings, wanted),
        "status_parts": charts.bar_parts(told.statuses),
        "heat_map": reports.read_heat_map(accounts, wanted, at),
        "top_nodes": reports.top_nodes(wanted, at),
        "missing_baselines": Policy.objects.living().exclude(missing_baselines=[])[:MOST_BANNERS],
    }
    return render(request, _page_or_fragment(request, "dashboard"), context)


def _page_or_fragment(request: HttpRequest, name: str) -> str:
    """The fragment alone when htmx asks for it by its id, else the page that includes it."""
    asked = request.headers.get("HX-Target") == name
    return f"observe/_{name}.html" if asked else f"observe/{name}.html"
