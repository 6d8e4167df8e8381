"""What starts from a policy's comparison with AWS: compare now, deploy what differs."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from policies.access import Role, requires
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.deploy.repair import deploy_difference
from policies.deploy.start import CannotStart
from policies.deploy.tasks import check_drift
from policies.deploy.views.saying import say
from policies.models import Policy

log = logging.getLogger(__name__)


@requires(Role.OPERATOR)
@require_POST
def policy_compare(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Ask a worker to compare AWS with what should stand there."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    try:
        check_drift.delay(policy.pk)
    except OperationalError:
        log.exception("comparison of policy %s could not be queued", policy.pk)
        messages.error(request, _("The workers cannot be reached. The next comparison follows when they are back."))
    else:
        messages.info(request, _("Comparing what stands in AWS with what should."), extra_tags="in-progress")
    return redirect("policy_drift", configuration_id=configuration_id)


@requires(Role.OPERATOR)
@require_POST
def policy_repair(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Deploy the difference that was shown, if AWS still differs in that way."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    by, shown = request.user.get_username(), request.POST.get("shown", "")
    try:
        begun = deploy_difference(policy, shown, by, connection(), timezone.now())
    except CannotStart as refusal:
        messages.error(request, say(refusal))
    except AwsProblem as problem:
        messages.error(request, _("AWS did not answer as needed. %(told)s") % {"told": str(problem)})
    else:
        return redirect("deployment", pk=begun.pk)
    return redirect("policy_drift", configuration_id=configuration_id)
