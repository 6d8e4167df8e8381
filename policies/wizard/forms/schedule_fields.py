"""The fields that tell one schedule: its kind, and what each kind needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.domain.schedule import WEEKDAY_NAMES
from policies.wizard.forms.base import WRONG_CHOICE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_EXPRESSION = 256
LAST = "L"
"""The last of a month's weekdays, beside the first to the fifth."""


class ScheduleKind(models.TextChoices):
    """Where an expression comes from."""

    RECOMMENDED = "recommended", _("Use recommended defaults")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly, on a weekday")
    CRON = "cron", _("Custom CRON expression")


NEEDS = {
    ScheduleKind.RECOMMENDED: (),
    ScheduleKind.DAILY: ("time",),
    ScheduleKind.WEEKLY: ("weekdays", "time"),
    ScheduleKind.MONTHLY: ("nth", "weekday", "time"),
    ScheduleKind.CRON: ("cron",),
}
"""The fields that each kind reads, without the purpose before their names; the first stands for the schedule."""
PARTS = ("time", "weekdays", "nth", "weekday", "cron")
WEEKDAYS = [(str(number), _(name)) for number, name in enumerate(WEEKDAY_NAMES, 1)]
NTHS = [
    ("1", _("First")), ("2", _("Second")), ("3", _("Third")), ("4", _("Fourth")), ("5", _("Fifth")), (LAST, _("Last")),
]  # fmt: skip


class KindField(forms.ChoiceField):
    """Recommended, one of the common schedules, or an expression."""

    def __init__(self, label: StrOrPromise) -> None:
        super().__init__(
            label=label,
            choices=ScheduleKind.choices,
            widget=forms.RadioSelect,
            initial=ScheduleKind.RECOMMENDED,
            error_messages=WRONG_CHOICE,
        )


class ClockField(forms.TimeField):
    """A time of day in UTC, typed as hh:mm."""

    def __init__(self, label: StrOrPromise, initial: str) -> None:
        super().__init__(
            label=label,
            initial=initial,
            required=False,
            input_formats=["%H:%M"],
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": "hh:mm"}),
            error_messages={"invalid": _("Enter a time from 00:00 to 23:59, such as 02:30.")},
        )


class WeekdaysField(forms.MultipleChoiceField):
    """Any days of the week, by AWS's numbers."""

    def __init__(self, label: StrOrPromise) -> None:
        super().__init__(
            label=label,
            choices=WEEKDAYS,
            initial=["1"],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages=WRONG_CHOICE,
        )


class OneOfField(forms.ChoiceField):
    """One choice of a short list, the first to begin with."""

    def __init__(self, label: StrOrPromise, choices: Sequence[tuple[str, StrOrPromise]]) -> None:
        super().__init__(
            label=label, choices=choices, initial=choices[0][0], required=False, error_messages=WRONG_CHOICE
        )


class ExpressionField(forms.CharField):
    """A cron or rate expression as typed."""

    def __init__(self, label: StrOrPromise, initial: str) -> None:
        super().__init__(
            label=label,
            initial=initial,
            required=False,
            max_length=LONGEST_EXPRESSION,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": False}),
        )
