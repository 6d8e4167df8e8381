"""What the observing pages need: links to filtered lists, and how old a tile is."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from policies.aws.errors import AwsProblem
from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.ledger import TOLD, FlipCause
from policies.domain.remedies import remedy_for_reading
from policies.domain.scanners import SCANNER_WORDS, ScannerKind
from policies.domain.schedule import describe, parse
from policies.domain.sentence import Sentence
from policies.models import Account
from policies.observe.filters import NodeFilter
from policies.templatetags.portal import moment

register = template.Library()

TURNS = ("page", "after", "before")
"""What says in a URL which page of a list is shown."""


@register.simple_tag
def filtered(wanted: NodeFilter, **changes: str) -> str:
    """The address of the node list with this filter, changed."""
    return reverse("node_list") + wanted.query(**changes)


@register.simple_tag
def as_of(at: datetime | None) -> SafeString:
    """The moment of AWS's clock that a tile's numbers speak of."""
    if at is None:
        return format_html('<span class="quiet">{}</span>', _("Not read yet"))
    return format_html('<span class="quiet">{} {}</span>', _("As of"), moment(at))


@register.filter
def system_name(operating_system: str) -> str:
    """The name of an operating system as people write it; AWS's value itself when it is new to us."""
    return OPERATING_SYSTEMS.get(operating_system, operating_system)


@register.filter
def scanner_word(kind: str) -> Sentence:
    """What kind of scanner it is, in words; see domain/scanners.ScannerKind."""
    return SCANNER_WORDS[ScannerKind(kind)]


@register.filter
def last_part(arn: str | None) -> str:
    """The id at the end of a patch baseline's ARN, as which results carry AWS's own; any other id as it is."""
    return (arn or "").rpartition("/")[2]


@register.simple_tag
def remedy_of(problem: AwsProblem, account: Account) -> Sentence | None:
    """What to do when AWS refused to tell something of an account; None where it says that itself, or mends itself.

    A bucket is read by the portal's own role, and may refuse that by its own policy.
    """
    is_of_bucket = problem.action.startswith("s3:")
    return None if is_of_bucket else remedy_for_reading(problem.code, account.is_management)


@register.filter
def cause_words(cause: str) -> Sentence:
    """Why a status changed, in words; see domain/ledger.FlipCause."""
    return TOLD[FlipCause(cause)]


@register.filter
def schedule_words(expression: str) -> Sentence:
    """A schedule that was checked, in words."""
    return describe(parse(expression))


@register.simple_tag
def sort_state(name: str, sort: str) -> SafeString | str:
    """aria-sort of a column's heading; "" for a column that the list is not sorted by."""
    if sort.removeprefix("-") != name:
        return ""
    return format_html(' aria-sort="{}"', "descending" if sort.startswith("-") else "ascending")


@register.simple_tag(takes_context=True)
def sorted_by(context: template.Context, name: str, sort: str) -> str:
    """The query string of the list's first page, sorted by a column; the other way round when it already is."""
    query = context["request"].GET.dict() | {"sort": f"-{name}" if sort == name else name}
    return f"?{urlencode({key: value for key, value in query.items() if key not in TURNS})}"
