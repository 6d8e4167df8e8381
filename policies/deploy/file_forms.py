"""Why a policy's file is held or rolled back, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST_REASON = 500


class ReasonForm(forms.Form):
    """The reason that others will read."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        help_text=gettext_lazy("Others read it beside the banner and in the history."),
        error_messages={"required": gettext_lazy("Reason is required.")},
    )


class HoldForm(ReasonForm):
    """A reason, and the moment at which the hold ends by itself; without one it holds until it is released."""

    until = forms.DateTimeField(
        label=gettext_lazy("Until (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Left empty, it holds until someone releases it."),
        error_messages={"invalid": gettext_lazy("Enter a valid date and time.")},
    )

    def __init__(self, now: datetime, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_until(self) -> datetime | None:
        """Refuse a moment that is past."""
        until: datetime | None = self.cleaned_data["until"]
        if until and until <= self.now:
            raise forms.ValidationError(_("Choose a moment that is still to come."))
        return until
