"""What is typed before something is removed for good."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies.models import Policy

ASCII_WORD = "delete"
"""Taken in every language: an input method may be in the way of one's own word for it."""


class DeleteForm(forms.Form):
    """A confirmation: the policy's name where it reaches a whole organization, the word "delete" where it does not."""

    typed = forms.CharField(
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type the confirmation.")},
    )

    def __init__(self, policy: Policy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy
        self.fields["typed"].label = _("Policy name") if policy.is_organizational else _("Confirmation")

    @property
    def expected(self) -> str:
        """What is to be typed, in the reader's language."""
        return self.policy.name if self.policy.is_organizational else _("delete")

    def clean_typed(self) -> str:
        """Refuse anything but the very name; of the word, any case and width will do."""
        typed: str = self.cleaned_data["typed"]
        if self.policy.is_organizational:
            is_right = typed == self.policy.name
        else:
            is_right = _folded(typed) in (_folded(self.expected), ASCII_WORD)
        if not is_right:
            raise forms.ValidationError(_("Type %(expected)s to delete this policy.") % {"expected": self.expected})
        return typed


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
