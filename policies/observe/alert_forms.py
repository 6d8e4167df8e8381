"""Whom to tell: a mail address, or a webhook that may be called."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies.models import Channel
from policies.observe.webhook import WebhookFailed, split


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new channel."""

    class Meta:
        """What is typed; the secret is made, not chosen."""

        model = Channel
        fields = ("kind", "address", "language")
        labels = {"address": gettext_lazy("Address")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = Channel.Kind
        self.fields["kind"] = forms.ChoiceField(choices=kinds.choices, label=_("Kind"), initial=kinds.MAIL)
        self.fields["language"] = forms.ChoiceField(choices=settings.LANGUAGES, label=_("Language"))

    def clean(self) -> dict[str, Any]:
        """Judge the address by its kind; what a webhook's name leads to is judged at each message."""
        told = super().clean() or {}
        address = told.get("address")
        try:
            if address and told.get("kind") == Channel.Kind.MAIL:
                validate_email(address)
            elif address:
                split(address, settings.WEBHOOKS_ANYWHERE)
        except forms.ValidationError:
            self.add_error("address", _("Type a mail address."))
        except WebhookFailed:
            self.add_error("address", _("Type an address that begins with https:// and has no password in it."))
        return told
