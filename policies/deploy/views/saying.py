"""A refused verb in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from policies.deploy.start import CannotStart


def say(refusal: CannotStart) -> str:
    """Why it was refused and what would help."""
    return refusal.sentence.say(gettext, ngettext)
