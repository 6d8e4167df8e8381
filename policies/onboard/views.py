"""The onboarding page: what must stand in AWS, how it stands, and a button for what the portal can make itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from policies.access import Role, requires
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.models import Event, What
from policies.onboard.checks import TITLES, Finding, Report, look, unreachable
from policies.onboard.prepare import STEPS, prepare
from policies.onboard.remedies import Remedy, remedies_for

MOST_ACCOUNTS = 25
"""How many member accounts the page tries while somebody waits; the doctor tries all."""
EVENTS_SHOWN = 10
PREPARATIONS = (What.PREPARATION_BEGUN, What.PREPARATION_DONE, What.PREPARATION_FAILED)


@dataclass(frozen=True)
class Row:
    """A finding, what mends it, and whether a button does."""

    finding: Finding
    remedies: tuple[Remedy, ...]
    has_button: bool


@requires(Role.ADMINISTRATOR)
@require_safe
def onboarding(request: HttpRequest) -> HttpResponse:
    """Every check as it stands now."""
    report = _look()
    context = {"rows": [_row(finding, report) for finding in report.findings], "events": _events(), "report": report}
    return render(request, "onboard/onboarding.html", context)


@requires(Role.ADMINISTRATOR)
@require_POST
def onboarding_step(request: HttpRequest, slug: str) -> HttpResponse:
    """Make what a check asks for."""
    if slug not in STEPS:
        raise Http404
    title = _(TITLES[slug])
    try:
        prepare(slug, request.user.get_username(), connection(), timezone.now())
    except AwsProblem as problem:
        messages.error(request, _("%(title)s: AWS refused it. %(told)s") % {"title": title, "told": str(problem)})
    else:
        messages.success(request, _("%(title)s: done, or under way in AWS.") % {"title": title})
    return redirect("onboarding")


def _look() -> Report:
    try:
        return look(connection(), MOST_ACCOUNTS)
    except AwsProblem as problem:
        return unreachable(problem)


def _row(finding: Finding, report: Report) -> Row:
    slug = finding.check.slug
    return Row(finding, remedies_for(slug, report.place), has_button=slug in STEPS and not finding.is_fine)


def _events() -> list[tuple[Event, str, str]]:
    """The newest steps, each with the English title of its check and what AWS said."""
    newest = Event.objects.filter(verb__in=PREPARATIONS)[:EVENTS_SHOWN]
    told = ((event, event.after or {}) for event in newest)
    return [(event, TITLES[after["step"]], after["told"]) for event, after in told]
