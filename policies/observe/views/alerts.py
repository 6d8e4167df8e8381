"""The page of alerts: what holds now, whom it is told, how the messages went, and a test button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from policies.access import Role, requires
from policies.domain.alerts import WORDS, AlertKind
from policies.domain.sentence import Sentence
from policies.models import Alert, Channel, Delivery
from policies.observe.alert_forms import ChannelForm
from policies.observe.alerts import place_of, queue_test
from policies.observe.deliver import try_once

SHOWN = 20


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    """The page; posting adds a channel."""
    form = ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.created_by, form.instance.created_at = request.user.get_username(), timezone.now()
        form.save()
        messages.success(request, _("%(address)s is told of alerts from now on.") % {"address": form.instance})
        return redirect("alerts")
    holding = Alert.objects.filter(ended_at=None)
    context = {
        "form": form,
        "holding": [
            (alert, place_of(alert), Sentence(WORDS[AlertKind(alert.kind)], alert.values)) for alert in holding[:SHOWN]
        ],
        "count": holding.count(),
        "channels": Channel.objects.all(),
        "deliveries": Delivery.objects.select_related("channel").prefetch_related("alerts")[:SHOWN],
    }
    return render(request, "observe/alerts.html", context)


@requires(Role.ADMINISTRATOR)
@require_POST
def alert_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test message at once and say how it went."""
    delivery = queue_test(get_object_or_404(Channel, pk=pk), timezone.now())
    try_once(delivery.pk, timezone.now())
    delivery.refresh_from_db()
    if delivery.sent_at:
        messages.success(request, _("The test message was sent to %(address)s.") % {"address": delivery.channel})
    else:
        messages.error(request, _("The test message failed: %(error)s") % {"error": delivery.error})
    return redirect("alerts")


@requires(Role.ADMINISTRATOR)
@require_POST
def alert_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell this channel nothing any more."""
    channel = get_object_or_404(Channel, pk=pk)
    channel.delete()
    messages.success(request, _("%(address)s is no longer told of alerts.") % {"address": channel})
    return redirect("alerts")
