"""What a preview looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator

from policies.domain.spec import LogStorage, Targets
from policies.models import Draft
from policies.wizard.draft import form_of, is_answered
from policies.wizard.facts import Facts
from policies.wizard.forms import LogsForm, StepForm, TargetsForm
from policies.wizard.steps import LOGS, TARGETS

Context = dict[str, Any]
AnyForm = TypeVar("AnyForm", bound=StepForm)

MOST_SHOWN = 50
"""Lines of a list that is searched rather than read, or of a page of it."""
MOST_OFFERED = 500
"""Names that a box offers while someone types into it."""


@dataclass(frozen=True)
class Look:
    """The draft, its step's form with the newest answers (None at the review), AWS, the words of a search, our time,
    and the zone of the viewer's clock while it is known.
    """

    draft: Draft
    form: StepForm | None
    facts: Facts
    wanted: Mapping[str, str]
    now: datetime
    zone: tzinfo | None = None

    def form_as(self, kind: type[AnyForm]) -> AnyForm:
        """The form, checked, known to be of a kind."""
        if not isinstance(self.form, kind):
            raise TypeError(f"this preview belongs beside {kind.__name__}")
        self.form.is_valid()
        return self.form

    def search(self, name: str) -> str:
        """The words of a search box, without the spaces around them."""
        return self.wanted.get(name, "").strip()

    def page(self, rows: Any, name: str) -> Page[Any]:
        """The page of a long list that was asked for; the first or the last for a number that there is not."""
        return Paginator(rows, MOST_SHOWN).get_page(self.wanted.get(name))


def saved_targets(look: Look) -> Targets | None:
    """The targets as last saved, right or wrong; None while that step was not answered or its scopes are not known."""
    form = form_of(look.draft, TARGETS, look.facts)
    if not is_answered(look.draft, TARGETS) or not isinstance(form, TargetsForm):
        return None
    return form.targets_or_none()


def saved_logs(look: Look) -> LogStorage | None:
    """The log bucket as last saved, its Region left out because only AWS knows it; None without one."""
    form = form_of(look.draft, LOGS, look.facts)
    if not is_answered(look.draft, LOGS) or not isinstance(form, LogsForm):
        return None
    form.is_valid()
    return LogStorage(form.given("log_bucket"), "", form.given("log_prefix")) if form.writes else None
