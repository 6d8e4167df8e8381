"""What templates need beyond Django's own: sentences, icons, numbers, moments, controls, stacked bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from django import template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.template.defaultfilters import date as date_filter
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from policies.domain.sentence import Sentence
from policies.help.topic import Topic
from policies.help.topics import TOPICS
from policies.status_words import MOST_KEPT, draw_status

register = template.Library()

SHORTEST_MONTH = timedelta(days=28)
UNITS = (timedelta(weeks=1), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))
YEAR = datetime(2000, 1, 1, tzinfo=UTC)
register.simple_tag(draw_status, name="status")


@register.simple_tag
def rows(name: str, **context: object) -> SafeString:
    """The rows of a table by the template of that name in templates/rows, which sees what is given here alone."""
    return SafeString(render_to_string(f"{name}.html", context, using="rows"))


@register.filter
def say(told: Sentence | Mapping[str, object] | str | None) -> str:
    """The sentence (or its stored form, or plain words) in the reader's language; "" for None."""
    if told is None:
        return ""
    if isinstance(told, str):
        return _(told) if told else ""
    sentence = told if isinstance(told, Sentence) else Sentence.from_dict(told)
    return sentence.say(_, ngettext)


@register.filter
def words(told: Sentence | str) -> str:
    """A sentence in the reader's language, or somebody's own text as it is; a hyphen for nothing."""
    return say(told) if isinstance(told, Sentence) else told or "-"


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """One symbol of static/img/icons.svg. Silent to screen readers unless it has a label; `extra` is a CSS class."""
    return _symbol(name, str(label), extra)


@lru_cache(MOST_KEPT)
def _symbol(name: str, label: str, extra: str) -> SafeString:
    """The same, drawn once and kept."""
    place = f"{static('img/icons.svg')}#{name}"
    kind = f"icon {extra}".strip()
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', kind, label, place)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', kind, place)


@register.filter
def number(value: float | None, decimals: int = 0) -> str:
    """A number in the reader's way of writing, thousands grouped; a hyphen for None."""
    if value is None:
        return "-"
    return number_format(value, decimal_pos=decimals, force_grouping=True)


@register.filter
def percent(part: float | None, whole: float | None) -> str:
    """`part` of `whole` as a whole percentage, which says neither 0% of some nor 100% of less than all.

    A hyphen when there is nothing to divide by.
    """
    if part is None or not whole:
        return "-"
    share = 100 * part / whole
    if 0 < share < 1:
        return "<1%"
    return ">99%" if 99 < share < 100 else f"{number(round(share))}%"


@register.simple_tag
def moment(at: datetime | Literal[""] | None) -> SafeString | str:
    """A time for people: in UTC as written by the server, in the viewer's zone once the script has run.

    A hyphen for None and for "", which is what a template has for something that is not there.
    """
    if not at:
        return "-"
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" data-local>{} UTC</time>', utc.isoformat(timespec="seconds"), f"{utc:%Y-%m-%d %H:%M}"
    )


@register.filter
def ago(at: datetime | Literal[""] | None, now: datetime | None = None) -> str:
    """How long before or after `now` (default: our clock), in one unit: "3 hours ago", "in 2 days"; a hyphen for None.

    Give AWS's clock as `now` for AWS's moments.
    """
    if not at:
        return "-"
    passed = (now or timezone.now()) - at
    age, is_past = abs(passed), passed > timedelta()
    if age < UNITS[-1]:
        return _("just now")
    if age >= SHORTEST_MONTH:
        begin, end = sorted((at, at + passed))
        return _before_or_after(timesince(begin, end, depth=1), is_past)
    unit = next(unit for unit in UNITS if age >= unit)
    return _said(age // unit * unit, is_past, get_language())


@lru_cache(MOST_KEPT)
def _said(age: timedelta, is_past: bool, _language: str | None) -> str:
    """A whole number of a unit in words, kept for each language: a long list says the same few again and again."""
    return _before_or_after(timesince(YEAR, YEAR + age, depth=1), is_past)


def _before_or_after(time: str, is_past: bool) -> str:
    return (_("%(time)s ago") if is_past else _("in %(time)s")) % {"time": time}


@register.filter
def day(at: datetime | None) -> str:
    """The date in the reader's way of writing; a hyphen for None."""
    return date_filter(at, "DATE_FORMAT") if at else "-"


@register.filter
def wall_clock(at: datetime) -> str:
    """A moment as the clock of its own zone shows it, with the weekday in the reader's language."""
    return date_filter(at.replace(tzinfo=None), "D Y-m-d H:i")


@register.filter
def lookup(mapping: Mapping[str, Any] | None, key: object) -> Any:
    """`mapping[key]`, or "" when either is missing."""
    return (mapping or {}).get(str(key), "")


@register.filter
def newest_first(things: Iterable[Any]) -> list[Any]:
    """The things in the opposite order."""
    return list(things)[::-1]


@register.filter
def page_numbers(page: Page[Any]) -> Iterable[int | str]:
    """The numbers to offer under a list, long gaps elided."""
    return page.paginator.get_elided_page_range(page.number)


@register.inclusion_tag("components/info.html")
def info(slug: str) -> dict[str, Topic]:
    """The Info link to a topic of the help, beside the heading that the topic explains."""
    return {"topic": TOPICS[slug]}


@register.simple_tag
def control(field: BoundField, description: str = "", constraint: str = "") -> SafeString:
    """The field's widget, described by the texts that components/field.html puts around it."""
    described_by = describers(field, description, constraint)
    return field.as_widget(attrs={"aria-describedby": described_by} if described_by else None)


@register.simple_tag
def describers(field: BoundField, description: str = "", constraint: str = "") -> str:
    """The ids of the texts that describe a field, in reading order, for aria-describedby."""
    parts = {"description": description, "constraint": constraint, "error": field.errors}
    return " ".join(f"{field.auto_id}_{name}" for name, text in parts.items() if text)


@dataclass(frozen=True)
class BarPart:
    """One part of a stacked bar: `tone` picks its colour, `x` and `width` are percentages."""

    tone: str
    word: str
    count: int
    x: float
    width: float
    url: str


@register.inclusion_tag("components/bar.html")
def bar(parts: Iterable[Mapping[str, Any]], label: str) -> dict[str, Any]:
    """A stacked bar with its legend. Each part is {tone, word, count, url (optional)}, in the order to be drawn."""
    given = [part for part in parts if part["count"]]
    total = sum(part["count"] for part in given)
    drawn, x = [], 0.0
    for part in given:
        width = 100 * part["count"] / total
        url = part.get("url", "")
        drawn.append(BarPart(part["tone"], part["word"], part["count"], round(x, 3), round(width, 3), url))
        x += width
    return {"parts": drawn, "total": total, "label": label}
