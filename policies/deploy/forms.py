"""What is typed before something is removed for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies.models import Policy


class DeleteForm(forms.Form):
    """The policy's name, typed to confirm its deletion."""

    typed_name = forms.CharField(
        label=gettext_lazy("Policy name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, policy: Policy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy

    def clean_typed_name(self) -> str:
        """Refuse anything but the very name."""
        typed: str = self.cleaned_data["typed_name"]
        if typed != self.policy.name:
            raise forms.ValidationError(_("Type %(name)s to delete this policy.") % {"name": self.policy.name})
        return typed
