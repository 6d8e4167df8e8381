"""The cockpit of a policy's override file: bring it up to date on demand."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from policies.access import Role, requires
from policies.deploy.tasks import sync_policy
from policies.models import Policy

log = logging.getLogger(__name__)


@requires(Role.OPERATOR)
@require_POST
def policy_sync(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Ask a worker to bring the policy's override file up to date."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    try:
        sync_policy.delay(policy.pk, request.user.get_username())
    except OperationalError:
        log.exception("sync of policy %s could not be queued", policy.pk)
        messages.error(request, _("The workers cannot be reached. The hourly sync does it when they are back."))
    else:
        messages.info(request, _("Reading the baselines and bringing the override file up to date."))
    return redirect("policy", configuration_id=configuration_id)
