"""What every screen's form has in common: rules come from domain/problems, facts from AWS, answers stay as typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.forms.boundfield import BoundField
from django.utils.choices import flatten_choices
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from policies.domain.problem import Problem
from policies.domain.sentence import Sentence
from policies.domain.spec import PolicySpec
from policies.models import Policy
from policies.wizard.facts import Facts

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Answers = Mapping[str, list[str]]
"""A screen's fields as typed; a field that was not sent (an empty checkbox) is missing."""

ON = "on"
"""What a browser sends for a ticked checkbox without a value."""
WRONG_CHOICE: Mapping[str, StrOrPromise] = {
    "required": gettext_lazy("Choose one of the options."),
    "invalid_choice": gettext_lazy("Choose one of the options."),
}
"""Error messages of a field with options."""


class StepField(BoundField):
    """A field that knows what the policy being edited has in its place."""

    form: StepForm

    @property
    def is_changed(self) -> bool:
        """Whether the answer differs from the policy's. A text that did not count in the policy is no change of it."""
        if self.form.answers is None or (self.name not in self.form.saved and not self._is_tick):
            return False
        return bool(self.form.saved) and self._words(self.form.saved) != self._words(self.form.answers)

    @property
    def before(self) -> str:
        """The policy's answer, as people read it."""
        if self._is_tick:
            return _("Yes") if self.form.saved.get(self.name) else _("No")
        words = self._words(self.form.saved)
        choices: Any = getattr(self.field, "choices", None) or getattr(self.field.widget, "choices", ())
        offered: Iterable[tuple[Any, Any]] = flatten_choices(choices)
        named = {str(value): str(label) for value, label in offered}
        return ", ".join(sorted(named.get(word, word) for word in words)) or "-"

    @property
    def _is_tick(self) -> bool:
        return isinstance(self.field, forms.BooleanField)

    def _words(self, answers: Answers) -> set[str]:
        return {value.strip() for value in answers.get(self.name, []) if value.strip()}


class StepForm(forms.Form):
    """One screen. `policy` is the one being edited; `warnings` are doubts that do not block, known after is_valid()."""

    use_required_attribute = False
    bound_field_class = StepField

    def __init__(self, answers: Answers | None, facts: Facts, policy: Policy | None = None) -> None:
        self.answers = answers
        data = None if answers is None else MultiValueDict({name: list(values) for name, values in answers.items()})
        super().__init__(data, label_suffix="")
        self.facts = facts
        self.policy = policy
        self.warnings: list[Problem] = []
        self.prepare()

    def prepare(self) -> None:
        """Offer what only this request knows, such as choices."""

    @cached_property
    def saved(self) -> Answers:
        """The answers that led to the policy being edited; empty for a new one."""
        return self.answers_for(self.policy.asked) if self.policy else {}

    @property
    def is_changed(self) -> bool:
        """Whether any field differs from the policy being edited."""
        return any(isinstance(field, StepField) and field.is_changed for field in self)

    @classmethod
    def later_fields(cls) -> tuple[str, ...]:
        """Names of fields that `prepare` adds."""
        return ()

    def problems(self) -> Iterable[Problem]:
        """What the rules say about the cleaned fields."""
        return ()

    def parts(self) -> dict[str, Any]:
        """The fields of PolicySpec that this screen decides. Only for a valid form."""
        raise NotImplementedError

    @staticmethod
    def answers_for(spec: PolicySpec) -> dict[str, list[str]]:
        """The answers that would have led to this spec."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Put each problem beside its field, unless the field already has one."""
        for problem in self.problems():
            if problem.is_warning:
                self.warnings.append(problem)
            elif problem.field not in self.errors:
                self.add_error(problem.field if problem.field in self.fields else None, speak(problem.sentence))
        return self.cleaned_data

    def typed(self, name: str) -> list[str]:
        """A field's answers as typed, or its defaults on a screen that was never answered."""
        if self.answers is not None:
            return self.answers.get(name, [])
        initial = self.get_initial_for_field(self.fields[name], name)
        return [str(value) for value in initial] if isinstance(initial, list) else [str(initial or "")]

    def as_shown(self) -> Self:
        """The form with what its page shows: an unanswered one has its defaults, as a browser would send them."""
        if self.answers is not None:
            return self
        return type(self)({name: self.typed(name) for name in self.fields}, self.facts, self.policy)

    def given(self, name: str) -> str:
        """A cleaned text; "" when the field is empty or did not pass its own check."""
        return str(self.cleaned_data.get(name) or "")


def speak(sentence: Sentence) -> str:
    """The sentence in the reader's language."""
    return sentence.say(_, ngettext)
