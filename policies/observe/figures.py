"""What the dashboard shows of the newest count, drawn once and kept until the next one: many people look at it."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from policies.models import Tally
from policies.observe import charts, heat_map, reports, tallies, trends
from policies.observe.filters import NodeFilter
from policies.observe.missing_patches import top_missing

KEPT_SECONDS = 600
HEAT_ROWS = 12


def draw_figures(wanted: NodeFilter, last: Tally | None, as_of: datetime) -> SafeString:
    """All tiles and charts, in the reader's language; drawn anew each time for a filter that no tally holds."""
    if last is None or wanted.part is None:
        return _draw(wanted, None, as_of)
    name = f"{last.pk} {last.as_of.isoformat()} {get_language()} {wanted.query()}"
    key = f"figures:{sha256(name.encode()).hexdigest()}"
    drawn = cache.get(key)
    if drawn is None:
        drawn = _draw(wanted, last, last.as_of)
        cache.set(key, drawn, KEPT_SECONDS)
    return SafeString(drawn)


def _draw(wanted: NodeFilter, last: Tally | None, as_of: datetime) -> SafeString:
    days = tallies.read_trend(wanted)
    told = tallies.read_numbers(wanted, last, as_of, days)
    ageing = charts.draw_ageing(told, wanted)
    nodes = reverse("node_list") + (f"{query}&" if (query := wanted.query(status="")) else "?")
    context: dict[str, Any] = {
        "wanted": wanted,
        "counted_at": as_of,
        "told": told,
        "days_file": f"{reverse('dashboard')}{wanted.query() or '?'}&format=",
        "trend": trends.draw_trend(days, wanted, trends.read_changes(days, wanted)),
        "severities": charts.draw_severities(told, wanted),
        "ageing": ageing,
        "slices": charts.draw_donut(told.findings, wanted),
        "status_parts": charts.bar_parts(told.statuses, f"{nodes}status="),
        "heat_map": heat_map.read_heat_map(heat_map.accounts_by_need(wanted)[:HEAT_ROWS], wanted, as_of),
        "top_patches": top_missing(wanted, as_of, sum(bar.count for bar in ageing)),
        "top_nodes": reports.top_nodes(wanted, as_of),
    }
    return render_to_string("observe/figures.html", context)
