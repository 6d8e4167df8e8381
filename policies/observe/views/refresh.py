"""Reading now what somebody asks for, and how far that is."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from policies.access import Role, requires
from policies.observe.refreshing import Asked, Reading, Scope, ask_reading
from policies.shell import way_back

log = logging.getLogger(__name__)


@requires(Role.OPERATOR)
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Read a policy's, an account's or a node's account-Regions now, or all; then back to the page that asked."""
    scope = Scope.read(request.POST)
    try:
        asked = ask_reading(scope, timezone.now())
    except OperationalError:
        log.exception("a reading could not be queued")
        messages.error(request, _("The workers cannot be reached. What is shown is what was last read."))
    else:
        log.info("%s asked to read %s", request.user.get_username(), scope)
        _tell(request, scope, asked)
    return HttpResponseRedirect(way_back(request))


def _tell(request: HttpRequest, scope: Scope, asked: Asked) -> None:
    if scope == Scope():
        messages.info(request, _("Every account and Region is being read again."), extra_tags="in-progress")
    elif asked.queued:
        told = ngettext(
            "%(count)d account and Region is being read again.",
            "%(count)d accounts and Regions are being read again.",
            asked.queued,
        )
        messages.info(request, told % {"count": asked.queued}, extra_tags="in-progress")
    elif asked.already:
        messages.info(request, _("It is being read already."), extra_tags="in-progress")
    else:
        messages.warning(request, _("No account and Region of it is known yet."))


@requires(Role.VIEWER)
@require_safe
def refresh_progress(request: HttpRequest) -> HttpResponse:
    """How far a reading is; the fragment asks for itself again until everything that was asked for has been read."""
    return render(request, "observe/_reading.html", {"reading": Reading(Scope.read(request.GET))})
