"""Step 2: what is done, and when. A schedule is the recommended one, daily at a time, or an expression."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.domain import schedule
from policies.domain.problem import Problem
from policies.domain.problems import check_first_runs_apart, check_schedule, check_schedules_apart, check_wait
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import RECOMMENDED_INSTALL, RECOMMENDED_SCAN, Operation, PolicySpec, Schedule
from policies.wizard.forms.base import ON, WRONG_CHOICE, StepForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RECOMMENDED = {"scan": RECOMMENDED_SCAN, "install": RECOMMENDED_INSTALL}
LONGEST_EXPRESSION = 256
NO_TIME = Sentence(N_("Enter a time from 00:00 to 23:59, such as 02:30."))
NO_EXPRESSION = Sentence(N_("CRON expression is required."))


class ScheduleKind(models.TextChoices):
    """Where an expression comes from."""

    RECOMMENDED = "recommended"
    DAILY = "daily"
    CRON = "cron"


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


class KindField(forms.ChoiceField):
    """Recommended, daily or an expression."""

    def __init__(self, label: StrOrPromise) -> None:
        super().__init__(
            label=label,
            choices=[
                (ScheduleKind.RECOMMENDED, _("Use recommended defaults")),
                (ScheduleKind.DAILY, _("Custom: daily")),
                (ScheduleKind.CRON, _("Custom: CRON expression")),
            ],
            widget=forms.RadioSelect,
            initial=ScheduleKind.RECOMMENDED,
            error_messages=WRONG_CHOICE,
        )


class ScheduleForm(StepForm):
    """Operation, the scan's schedule, and for Scan and install the installation's."""

    operation = forms.ChoiceField(
        label=_("Patch operation"),
        choices=[(Operation.SCAN, _("Scan")), (Operation.SCAN_AND_INSTALL, _("Scan and install"))],
        widget=forms.RadioSelect,
        initial=Operation.SCAN,
        error_messages=WRONG_CHOICE,
    )
    scan_kind = KindField(_("Scanning schedule"))
    scan_time = ClockField(_("Scan time (UTC)"), "01:00")
    scan_cron = ExpressionField(_("Scan CRON expression"), RECOMMENDED_SCAN)
    scan_wait = forms.BooleanField(label=_("Wait to scan targets until first CRON interval"), required=False)
    install_kind = KindField(_("Installation schedule"))
    install_time = ClockField(_("Installation time (UTC)"), "02:00")
    install_cron = ExpressionField(_("Installation CRON expression"), RECOMMENDED_INSTALL)
    install_wait = forms.BooleanField(
        label=_("Wait to install updates until first CRON interval"), required=False, initial=True
    )
    # AWS recommends to reboot, and its document reboots unless told otherwise.
    reboot = forms.BooleanField(label=_("Reboot if needed"), required=False, initial=True)

    @property
    def installs(self) -> bool:
        """Whether patches are installed, as far as the answers tell."""
        return self.given("operation") == Operation.SCAN_AND_INSTALL

    def problems(self) -> Iterable[Problem]:
        """The rules of associations on each schedule that counts, then whether the two collide."""
        self._forget_what_does_not_count()
        for purpose in self._purposes():
            yield from self._check_one(purpose)
        if self.installs and not self.errors:
            yield from self._check_both()

    def parts(self) -> dict[str, Any]:
        return {
            "operation": Operation(self.given("operation")),
            "scan": self._schedule("scan"),
            "install": self._schedule("install") if self.installs else None,
            "reboot_if_needed": self.installs and self.cleaned_data["reboot"],
        }

    @staticmethod
    def answers_for(spec: PolicySpec) -> dict[str, list[str]]:
        answers = {"operation": [str(spec.operation)], **_answers_of("scan", spec.scan)}
        install = spec.install or Schedule(RECOMMENDED_INSTALL, wait_for_first_interval=True)
        reboots = spec.reboot_if_needed or spec.install is None
        return {**answers, **_answers_of("install", install), **({"reboot": [ON]} if reboots else {})}

    def expression(self, purpose: str) -> str:
        """The expression that "scan" or "install" stands for; "" while its field is empty or wrong."""
        kind = self.given(f"{purpose}_kind")
        if kind == ScheduleKind.DAILY:
            at = self.cleaned_data.get(f"{purpose}_time")
            return schedule.daily(at) if at else ""
        return self.given(f"{purpose}_cron") if kind == ScheduleKind.CRON else RECOMMENDED[purpose]

    def expression_field(self, purpose: str) -> str:
        """The field that decides the schedule."""
        kind = self.given(f"{purpose}_kind")
        return {ScheduleKind.DAILY: f"{purpose}_time", ScheduleKind.CRON: f"{purpose}_cron"}.get(
            ScheduleKind(kind), f"{purpose}_kind"
        )

    def _purposes(self) -> tuple[str, ...]:
        return ("scan", "install") if self.installs else ("scan",)

    def _forget_what_does_not_count(self) -> None:
        """Errors of fields that the chosen kinds do not use."""
        for purpose in ("scan", "install"):
            counts = purpose in self._purposes()
            for kind in (ScheduleKind.DAILY, ScheduleKind.CRON):
                name = f"{purpose}_{'time' if kind == ScheduleKind.DAILY else 'cron'}"
                if not counts or self.given(f"{purpose}_kind") != kind:
                    self.errors.pop(name, None)
            if not counts:
                self.errors.pop(f"{purpose}_kind", None)

    def _check_one(self, purpose: str) -> Iterable[Problem]:
        if f"{purpose}_kind" in self.errors:
            return
        field, expression = self.expression_field(purpose), self.expression(purpose)
        if not expression:
            yield Problem(field, NO_TIME if field.endswith("_time") else NO_EXPRESSION)
            return
        yield from check_schedule(expression, field)
        yield from check_wait(Schedule(expression, self.cleaned_data[f"{purpose}_wait"]), f"{purpose}_wait")

    def _check_both(self) -> Iterable[Problem]:
        scan, install = self._schedule("scan"), self._schedule("install")
        yield from check_schedules_apart(scan.expression, install.expression, self.expression_field("install"))
        yield from check_first_runs_apart(scan, install)

    def _schedule(self, purpose: str) -> Schedule:
        parsed = schedule.parse(self.expression(purpose))
        return Schedule(parsed.expression, self.cleaned_data[f"{purpose}_wait"])


def _answers_of(purpose: str, asked: Schedule) -> dict[str, list[str]]:
    answers = {f"{purpose}_kind": [str(ScheduleKind.CRON)], f"{purpose}_cron": [asked.expression]}
    daily_at = schedule.time_of_day(asked.expression)
    if asked.expression == RECOMMENDED[purpose]:
        answers[f"{purpose}_kind"] = [str(ScheduleKind.RECOMMENDED)]
    elif daily_at:
        answers |= {f"{purpose}_kind": [str(ScheduleKind.DAILY)], f"{purpose}_time": [f"{daily_at:%H:%M}"]}
    return {**answers, **({f"{purpose}_wait": [ON]} if asked.wait_for_first_interval else {})}
