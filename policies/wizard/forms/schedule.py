"""Step 2: what is done, and when. A schedule is the recommended one, a common one, or an expression."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from policies.domain import schedule
from policies.domain.problem import Problem
from policies.domain.problems import check_first_runs_apart, check_schedule, check_schedules_apart, check_wait
from policies.domain.schedule import DayKind, Days, Recurrence
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import RECOMMENDED_INSTALL, RECOMMENDED_SCAN, Operation, PolicySpec, Schedule
from policies.wizard.forms.base import ON, WRONG_CHOICE, StepForm
from policies.wizard.forms.schedule_fields import (
    LAST,
    NEEDS,
    NTHS,
    PARTS,
    WEEKDAYS,
    ClockField,
    ExpressionField,
    KindField,
    OneOfField,
    ScheduleKind,
    WeekdaysField,
)

RECOMMENDED = {"scan": RECOMMENDED_SCAN, "install": RECOMMENDED_INSTALL}
RECOMMENDED_TIMES = {"scan": "01:00", "install": "02:00"}
NOT_GIVEN = {
    "time": Sentence(N_("Enter a time from 00:00 to 23:59, such as 02:30.")),
    "weekdays": Sentence(N_("Choose at least one day of the week.")),
    "nth": Sentence(N_("Choose one of the options.")),
    "weekday": Sentence(N_("Choose one of the options.")),
    "cron": Sentence(N_("CRON expression is required.")),
}
KINDS = {
    DayKind.EVERY: ScheduleKind.DAILY,
    DayKind.WEEKDAYS: ScheduleKind.WEEKLY,
    DayKind.NTH_WEEKDAY: ScheduleKind.MONTHLY,
    DayKind.LAST_WEEKDAY: ScheduleKind.MONTHLY,
}


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
    scan_weekdays = WeekdaysField(_("Scan on"))
    scan_nth = OneOfField(_("Scan in the month"), NTHS)
    scan_weekday = OneOfField(_("Scan weekday"), WEEKDAYS)
    scan_time = ClockField(_("Scan time (UTC)"), RECOMMENDED_TIMES["scan"])
    scan_cron = ExpressionField(_("Scan CRON expression"), RECOMMENDED_SCAN)
    scan_wait = forms.BooleanField(label=_("Wait to scan targets until first CRON interval"), required=False)
    install_kind = KindField(_("Installation schedule"))
    install_weekdays = WeekdaysField(_("Install on"))
    install_nth = OneOfField(_("Install in the month"), NTHS)
    install_weekday = OneOfField(_("Installation weekday"), WEEKDAYS)
    install_time = ClockField(_("Installation time (UTC)"), RECOMMENDED_TIMES["install"])
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
        """The expression that "scan" or "install" stands for; "" while a field is empty or wrong."""
        kind = self.given(f"{purpose}_kind")
        if kind == ScheduleKind.CRON:
            return self.given(f"{purpose}_cron")
        if kind not in KINDS.values():
            return RECOMMENDED[purpose]
        at, days = self.cleaned_data.get(f"{purpose}_time"), self._days(purpose)
        return Recurrence(at, days).expression if at and days else ""

    def expression_field(self, purpose: str) -> str:
        """The field that decides the schedule."""
        needed = NEEDS[ScheduleKind(self.given(f"{purpose}_kind"))]
        return f"{purpose}_{needed[0] if needed else 'kind'}"

    def with_scan_copied(self) -> dict[str, list[str]]:
        """The answers with the scan's schedule as the installation's too; as they are while the scan has none."""
        answers = {name: list(values) for name, values in (self.answers or {}).items()}
        if not self.expression("scan"):
            return answers
        copied = Schedule(self.expression("scan"), self.cleaned_data["install_wait"])
        return {**answers, **_answers_of("install", copied)}

    def _days(self, purpose: str) -> Days | None:
        """The days of a common schedule; None while they are not chosen."""
        kind = self.given(f"{purpose}_kind")
        if kind == ScheduleKind.DAILY:
            return Days(DayKind.EVERY)
        if kind == ScheduleKind.WEEKLY:
            chosen = tuple(sorted(int(day) for day in self.cleaned_data.get(f"{purpose}_weekdays") or ()))
            return Days(DayKind.WEEKDAYS, chosen) if chosen else None
        nth, weekday = self.given(f"{purpose}_nth"), self.given(f"{purpose}_weekday")
        if not nth or not weekday:
            return None
        if nth == LAST:
            return Days(DayKind.LAST_WEEKDAY, (int(weekday),))
        return Days(DayKind.NTH_WEEKDAY, (int(weekday),), int(nth))

    def _purposes(self) -> tuple[str, ...]:
        return ("scan", "install") if self.installs else ("scan",)

    def _forget_what_does_not_count(self) -> None:
        """Errors of fields that the chosen kinds do not use."""
        for purpose in ("scan", "install"):
            counts = purpose in self._purposes()
            kind = self.given(f"{purpose}_kind")
            read = NEEDS[ScheduleKind(kind)] if counts and kind else ()
            for part in PARTS:
                if part not in read:
                    self.errors.pop(f"{purpose}_{part}", None)
            if not counts:
                self.errors.pop(f"{purpose}_kind", None)

    def _check_one(self, purpose: str) -> Iterable[Problem]:
        if f"{purpose}_kind" in self.errors:
            return
        needed = NEEDS[ScheduleKind(self.given(f"{purpose}_kind"))]
        missing = [part for part in needed if not self.cleaned_data.get(f"{purpose}_{part}")]
        yield from (Problem(f"{purpose}_{part}", NOT_GIVEN[part]) for part in missing)
        if missing:
            return
        expression = self.expression(purpose)
        yield from check_schedule(expression, self.expression_field(purpose))
        yield from check_wait(Schedule(expression, self.cleaned_data[f"{purpose}_wait"]), f"{purpose}_wait")

    def _check_both(self) -> Iterable[Problem]:
        scan, install = self._schedule("scan"), self._schedule("install")
        yield from check_schedules_apart(scan.expression, install.expression, self.expression_field("install"))
        yield from check_first_runs_apart(scan, install)

    def _schedule(self, purpose: str) -> Schedule:
        parsed = schedule.parse(self.expression(purpose))
        return Schedule(parsed.expression, self.cleaned_data[f"{purpose}_wait"])


def _answers_of(purpose: str, asked: Schedule) -> dict[str, list[str]]:
    """One schedule's answers: a common one opens in its own fields, any other as an expression."""
    answers = {
        f"{purpose}_kind": [str(ScheduleKind.CRON)],
        f"{purpose}_cron": [asked.expression],
        f"{purpose}_time": [RECOMMENDED_TIMES[purpose]],
    }
    recurrence = schedule.recurrence_of(asked.expression)
    if asked.expression == RECOMMENDED[purpose]:
        answers[f"{purpose}_kind"] = [str(ScheduleKind.RECOMMENDED)]
    elif recurrence:
        answers |= {f"{purpose}_{part}": values for part, values in _answers_for(recurrence).items()}
    return {**answers, **({f"{purpose}_wait": [ON]} if asked.wait_for_first_interval else {})}


def _answers_for(recurrence: Recurrence) -> dict[str, list[str]]:
    days = recurrence.days
    kind = KINDS[days.kind]
    answers = {"kind": [str(kind)], "time": [f"{recurrence.at:%H:%M}"]}
    weekdays = [str(number) for number in days.weekdays]
    if kind == ScheduleKind.WEEKLY:
        return {**answers, "weekdays": weekdays}
    if kind == ScheduleKind.MONTHLY:
        return {**answers, "nth": [str(days.nth or LAST)], "weekday": weekdays}
    return answers
