"""Step 1: the policy's name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from policies.domain.problem import Problem
from policies.domain.problems import check_name
from policies.domain.spec import PolicySpec
from policies.models import Policy
from policies.wizard.forms.base import StepForm


class NameForm(StepForm):
    """1-120 characters as the Quick Setup API allows, and no other living policy's."""

    name = forms.CharField(
        label=_("Configuration name"),
        error_messages={"required": _("Configuration name is required.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def problems(self) -> Iterable[Problem]:
        """The API's rules, and no name twice."""
        name = self.given("name")
        return check_name(name, self._names_of_others(name)) if name else ()

    def parts(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"]}

    @staticmethod
    def answers_for(spec: PolicySpec) -> dict[str, list[str]]:
        return {"name": [spec.name]}

    def _names_of_others(self, name: str) -> Collection[str]:
        same = Policy.objects.living().filter(name=name)
        others = same.exclude(pk=self.policy.pk) if self.policy else same
        return set(others.values_list("name", flat=True))
