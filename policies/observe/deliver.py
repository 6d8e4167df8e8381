"""Sends the messages that are due, one attempt each, and records how it went."""

from __future__ import annotations

import json
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext, ngettext

from policies.domain.alerts import MOST_LINES, WORDS, AlertKind, wait_after
from policies.domain.sentence import Sentence
from policies.models import Alert, Channel, Delivery
from policies.observe.alerts import place_of
from policies.observe.webhook import WebhookFailed, post

AT_A_TIME = 20
CLAIM_LASTS = timedelta(minutes=5)
"""A worker that dies while it sends leaves the message due again after it."""


def send_due(now: datetime) -> int:
    """Try every message that is due; how many were tried."""
    due = Delivery.objects.filter(sent_at=None, due_at__lte=now).order_by("due_at")[:AT_A_TIME]
    return sum(try_once(delivery.pk, now) for delivery in due)


def try_once(delivery_id: int, now: datetime) -> bool:
    """One attempt; False when another worker has it or it is no longer due."""
    mine = Delivery.objects.filter(pk=delivery_id, sent_at=None, due_at__lte=now)
    if not mine.update(due_at=now + CLAIM_LASTS):
        return False
    delivery = Delivery.objects.select_related("channel").get(pk=delivery_id)
    delivery.attempts += 1
    try:
        _send(delivery, now)
    except (WebhookFailed, OSError, smtplib.SMTPException, ValueError) as error:
        wait = wait_after(delivery.attempts)
        delivery.error, delivery.due_at = str(error)[:500], now + wait if wait else None
    else:
        delivery.error, delivery.due_at, delivery.sent_at = "", None, now
    delivery.save(update_fields=["attempts", "error", "due_at", "sent_at"])
    return True


def _send(delivery: Delivery, now: datetime) -> None:
    channel, alerts = delivery.channel, list(delivery.alerts.order_by("kind", "pk"))
    with translation.override(channel.language):
        if channel.kind == Channel.Kind.MAIL:
            send_mail(_subject(len(alerts)), _mail(alerts), None, [channel.address])
        else:
            body = json.dumps({"id": delivery.pk, **_body(alerts)}, ensure_ascii=False).encode()
            post(channel.address, channel.secret, body, now, settings.WEBHOOKS_ANYWHERE)


def _mail(alerts: list[Alert]) -> str:
    """Each alert with the moment since when it holds, and the address of its page; a test has its subject alone."""
    lines = [_item(alert) for alert in alerts[:MOST_LINES]]
    left = len(alerts) - len(lines)
    if left:
        lines.append(ngettext("%(count)s more.", "%(count)s more.", left) % {"count": left})
    return "\n".join(lines or [_subject(0)])


def _item(alert: Alert) -> str:
    line = f"- {_line(alert)} ({alert.began_at:%Y-%m-%d %H:%M} UTC)"
    return f"{line}\n  {_url(alert)}" if settings.PUBLIC_ORIGIN else line


def _url(alert: Alert) -> str:
    """The address of the page that shows what an alert speaks of; a path while the portal's own address is not set."""
    return f"{settings.PUBLIC_ORIGIN}{place_of(alert)}"


def _body(alerts: list[Alert]) -> dict[str, object]:
    """What a webhook is told."""
    named = alerts[:MOST_LINES]
    return {
        "subject": _subject(len(alerts)),
        "alerts": [_told(each) for each in named],
        "more": len(alerts) - len(named),
    }


def _subject(count: int) -> str:
    if not count:
        return gettext("PatchPortal: a test message")
    return ngettext("PatchPortal: %(count)s alert", "PatchPortal: %(count)s alerts", count) % {"count": count}


def _line(alert: Alert) -> str:
    """On one line, whatever people and AWS wrote into its values."""
    return " ".join(Sentence(WORDS[AlertKind(alert.kind)], alert.values).say(gettext, ngettext).split())


def _told(alert: Alert) -> dict[str, object]:
    return {
        "kind": alert.kind,
        "text": _line(alert),
        "url": _url(alert),
        "began_at": alert.began_at.isoformat(),
        **alert.values,
    }
