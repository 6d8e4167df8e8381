"""Alerts, whom they are sent to, and every attempt to send them."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.domain.alerts import AlertKind


def new_secret() -> str:
    """A secret for signing, 256 bits of it."""
    return secrets.token_urlsafe(32)


class Channel(models.Model):
    """Whom alerts are sent to: a mail address, or the URL of a webhook whose messages are signed with `secret`."""

    class Kind(models.TextChoices):
        """How a message travels."""

        MAIL = "mail", _("Mail")
        WEBHOOK = "webhook", _("Webhook")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = models.CharField(max_length=500)
    secret = models.CharField(max_length=64, default=new_secret)
    language = models.CharField(max_length=8, default="en")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "address"]
        constraints = [models.UniqueConstraint(fields=["kind", "address"], name="channel_once")]

    def __str__(self) -> str:
        return self.address


class Alert(models.Model):
    """A condition that holds (`ended_at` None) or held. `key` names the condition; `values` fill the kind's words."""

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=200)
    values = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(ended_at=None), name="alert_once_while_it_holds"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=list(AlertKind)), name="alert_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.key


class Delivery(models.Model):
    """One message to one channel: a digest of all alerts that began since the one before, or a test without any.

    Sent when `sent_at` is set, given up when neither that nor `due_at` is.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    alerts = models.ManyToManyField(Alert, related_name="deliveries")
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            # The task that sends looks for what is due.
            models.Index(fields=["due_at"], name="delivery_due"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.made_at}"
