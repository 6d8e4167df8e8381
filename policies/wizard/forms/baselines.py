"""Step 3: AWS's predefined baseline for every operating system, or one chosen for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies.aws.baselines import BaselineFact, predefined
from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.problem import Problem
from policies.domain.problems import check_baselines
from policies.domain.spec import BaselineChoice, PolicySpec
from policies.wizard.facts import told
from policies.wizard.forms.base import WRONG_CHOICE, StepForm


class BaselineKind(models.TextChoices):
    """PatchBaselineUseDefault of the Quick Setup API."""

    DEFAULT = "default"
    CUSTOM = "custom"


@dataclass(frozen=True)
class BaselineRow:
    """One operating system of the table: its field, and the baseline that is chosen (None when it has gone)."""

    operating_system: str
    field: BoundField
    chosen_id: str
    chosen: BaselineFact | None


class BaselinesForm(StepForm):
    """One field for each operating system that AWS has a baseline for: `baseline_UBUNTU` ..."""

    baseline_kind = forms.ChoiceField(
        label=gettext_lazy("Patch baseline"),
        choices=[
            (BaselineKind.DEFAULT, gettext_lazy("Use recommended defaults")),
            (BaselineKind.CUSTOM, gettext_lazy("Custom patch baseline")),
        ],
        widget=forms.RadioSelect,
        initial=BaselineKind.DEFAULT,
        error_messages=WRONG_CHOICE,
    )

    def prepare(self) -> None:
        for system, name in OPERATING_SYSTEMS.items():
            self.fields[field_of(system)] = forms.CharField(label=name, required=False, max_length=128)

    @classmethod
    def later_fields(cls) -> tuple[str, ...]:
        return tuple(field_of(system) for system in OPERATING_SYSTEMS)

    @property
    def is_custom(self) -> bool:
        """Whether baselines are chosen one by one."""
        return self.given("baseline_kind") == BaselineKind.CUSTOM

    def problems(self) -> Iterable[Problem]:
        """A chosen baseline must exist and be for its operating system; without an answer of AWS the review tells."""
        if not self.is_custom:
            self._forget_choices()
            return ()
        known = told(self.facts.baselines)
        if known is None:
            return ()
        choices = self._chosen(known)
        offered = {(fact.operating_system, fact.baseline_id) for fact in known}
        fitting = {c.baseline_id for c in choices if (c.operating_system, c.baseline_id) in offered}
        return check_baselines(choices, fitting)

    def parts(self) -> dict[str, Any]:
        known = self.facts.baselines()
        choices = self._chosen(known) if self.is_custom else predefined(known)
        return {"uses_custom_baselines": self.is_custom, "baselines": choices}

    @staticmethod
    def answers_for(spec: PolicySpec) -> dict[str, list[str]]:
        kind = BaselineKind.CUSTOM if spec.uses_custom_baselines else BaselineKind.DEFAULT
        chosen = {field_of(choice.operating_system): [choice.baseline_id] for choice in spec.baselines}
        return {"baseline_kind": [str(kind)], **(chosen if spec.uses_custom_baselines else {})}

    def rows(self, known: tuple[BaselineFact, ...]) -> list[BaselineRow]:
        """The table: every operating system that has a baseline, its choices offered, a gone one kept in sight."""
        return [self._row(choice, known) for choice in predefined(known)]

    def _row(self, default: BaselineChoice, known: tuple[BaselineFact, ...]) -> BaselineRow:
        system = default.operating_system
        typed = self.typed(field_of(system))
        chosen_id = (typed[-1] if typed else "") or default.baseline_id
        chosen = next((f for f in known if f.baseline_id == chosen_id), None)
        offered = [(f.baseline_id, _describe(f)) for f in known if f.operating_system == system]
        if chosen is None or chosen.operating_system != system:
            offered.insert(0, (chosen_id, _("%(baseline)s (not available)") % {"baseline": self._name_of(chosen_id)}))
        # A browser takes the first option while none is selected.
        offered.sort(key=lambda option: option[0] != chosen_id)
        field = self.fields[field_of(system)]
        field.widget = forms.Select(choices=offered)
        field.initial = chosen_id
        return BaselineRow(system, self[field_of(system)], chosen_id, chosen)

    def _chosen(self, known: tuple[BaselineFact, ...]) -> tuple[BaselineChoice, ...]:
        facts = {fact.baseline_id: fact for fact in known}
        choices = []
        for default in predefined(known):
            chosen_id = self.given(field_of(default.operating_system)) or default.baseline_id
            fact = facts.get(chosen_id)
            name = fact.name if fact else self._name_of(chosen_id)
            is_custom = fact.is_custom if fact else True
            choices.append(BaselineChoice(default.operating_system, chosen_id, name, is_custom))
        return tuple(choices)

    def _name_of(self, baseline_id: str) -> str:
        """The name that a baseline had when the policy was last saved."""
        saved = self.policy.asked.baselines if self.policy else ()
        return next((choice.name for choice in saved if choice.baseline_id == baseline_id), baseline_id)

    def _forget_choices(self) -> None:
        for system in OPERATING_SYSTEMS:
            self.errors.pop(field_of(system), None)


def field_of(operating_system: str) -> str:
    """The field that chooses an operating system's baseline."""
    return f"baseline_{operating_system}"


def _describe(fact: BaselineFact) -> str:
    return _("%(baseline)s (custom)") % {"baseline": fact.name} if fact.is_custom else fact.name
