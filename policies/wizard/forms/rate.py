"""Step 6: how many nodes at a time, how many may fail, and what nodes' roles are given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from policies.domain.problem import Problem
from policies.domain.problems import check_access, check_rate
from policies.domain.spec import PolicySpec, RateControl
from policies.wizard.forms.base import ON, StepForm

DEFAULT = RateControl()


class RateForm(StepForm):
    """Each a number or a percentage, by the patterns of the API."""

    concurrency = forms.CharField(
        label=_("Concurrency"),
        initial=DEFAULT.concurrency,
        error_messages={"required": _("Concurrency is required.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    error_threshold = forms.CharField(
        label=_("Error threshold"),
        initial=DEFAULT.error_threshold,
        error_messages={"required": _("Error threshold is required.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    attach_iam = forms.BooleanField(
        label=_("Add required IAM policies to existing instance profiles attached to your instances"), required=False
    )

    def problems(self) -> Iterable[Problem]:
        """The API's patterns, an empty field having been told already; and whether nodes go without access anew."""
        concurrency, threshold = self.given("concurrency"), self.given("error_threshold")
        yield from (problem for problem in check_rate(concurrency, threshold) if self.given(problem.field))
        if self.policy is None or self.policy.asked.attach_iam:
            yield from check_access(attaches=bool(self.given("attach_iam")))

    def parts(self) -> dict[str, Any]:
        return {
            "rate": RateControl(self.given("concurrency"), self.given("error_threshold")),
            "attach_iam": self.cleaned_data["attach_iam"],
        }

    @staticmethod
    def answers_for(spec: PolicySpec) -> dict[str, list[str]]:
        rate = {"concurrency": [spec.rate.concurrency], "error_threshold": [spec.rate.error_threshold]}
        return {**rate, **({"attach_iam": [ON]} if spec.attach_iam else {})}
