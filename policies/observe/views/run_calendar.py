"""The calendar of runs: what ran, and what will run."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.aws.associations import PATCHING
from policies.domain.schedule import describe
from policies.models import Policy
from policies.observe import columns, exports, reports
from policies.observe.run_calendar import CalendarFilter, Entry, Window, read_calendar

DAYS = 7
FURTHEST = timedelta(days=366)
"""From today, backwards and forwards."""
DAYS_BEFORE = 1
TIMES_SHOWN = 3


@requires(Role.VIEWER)
@require_safe
def run_calendar(request: HttpRequest) -> HttpResponseBase:
    """A week of runs from a day on (`from`), yesterday if none is asked for; or the same as a file."""
    as_of = reports.read_freshness().as_of or timezone.now()
    wanted = CalendarFilter.read(request.GET)
    window = Window(_read_day(request.GET.get("from", ""), as_of.date()), DAYS, as_of)
    entries = read_calendar(wanted, window)
    if exports.is_wanted(request):
        return exports.export(request, f"runs-from-{window.first}", columns.CALENDAR, entries)
    context = {
        "as_of": as_of,
        "wanted": wanted,
        "window": window,
        "today": as_of.date(),
        "before": window.first - timedelta(days=DAYS),
        "after": window.first + timedelta(days=DAYS),
        "days": [(day, [_told(entry) for entry in group]) for day, group in groupby(entries, key=attrgetter("day"))],
        "policies": Policy.objects.living().only("configuration_id", "name"),
        "operations": PATCHING,
    }
    return render(request, "observe/run_calendar.html", context)


def _read_day(text: str, today: date) -> date:
    """The day of a URL; yesterday for what is no day, and for one that is out of reach."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today - timedelta(days=DAYS_BEFORE)
    return min(max(day, today - FURTHEST), today + FURTHEST)


def _told(entry: Entry) -> dict[str, Any]:
    """An entry with the times that are shown, how many more there are, and its rate in words."""
    times = (entry.began_at,) if entry.began_at else entry.planned[:TIMES_SHOWN]
    more = 0 if entry.began_at else len(entry.planned) - len(times)
    return {"entry": entry, "times": times, "more": more, "rate": describe(entry.rate) if entry.rate else None}
