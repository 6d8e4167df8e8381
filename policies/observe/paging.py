"""Pages of a long list by the row where the last one ended: as fast at its end as at its beginning.

The row's id stands in the URL (`after` or `before`). When that row is gone the list begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from policies.models.keys import read_key


class Listed(Protocol):
    """A row of a list: a model, or the named values of one, "pk" among them."""

    @property
    def pk(self) -> Any:
        """Its id."""


Row = TypeVar("Row", bound=Listed)

MOST_COUNTED = 1_000
"""A longer list is told as longer than this: to count it to its end would take longer than to show it."""
MAY_BE_EMPTY = ("compliance__", "collected_at")
"""How the names of columns begin that not every row has a value in."""

Order = tuple[tuple[str, ...], bool]
"""Columns, and whether downwards."""


def read_order(asked: str, sorts: Mapping[str, tuple[str, ...]]) -> Order:
    """The order by the name of one of `sorts`, downwards after a hyphen; by the first of them for any other name."""
    return sorts.get(asked.removeprefix("-"), next(iter(sorts.values()))), asked.startswith("-")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list; `before` and `after` are the ids to ask for its neighbours by, None where there is none.

    `counted` is the length of the list, or how far it was counted when it `is_longer`.
    """

    rows: list[Row]
    before: int | None
    after: int | None
    counted: int
    is_longer: bool = False


def order_by(rows: QuerySet[Any, Row], names: tuple[str, ...], down: bool) -> QuerySet[Any, Row]:
    """The rows by these columns and at last by id, all upwards or all down; the empty come before the least."""
    return rows.order_by(*(_clause(name, down) for name in (*names, "pk")))


def read_page(
    listed: QuerySet[Any, Row], sort: Order, query: QueryDict, size: int, told: int | None = None
) -> Page[Row]:
    """The page that the URL asks for, in at most three queries.

    `told`: how long the list is, where that is known.
    """
    (names, down), backwards = sort, "before" in query
    count, listed = (told, listed) if told is not None else _count(listed)
    place = _place(listed, (*names, "pk"), query.get("before") or query.get("after") or "")
    wanted = listed.filter(_beyond(place, down != backwards)) if place else listed
    rows = list(order_by(wanted, names, down != (backwards and bool(place)))[: size + 1])
    is_more, rows = len(rows) > size, rows[:size]
    if backwards and place:
        rows.reverse()
    has_before, has_after = (is_more, True) if backwards and place else (bool(place), is_more)
    if not (has_before or has_after):
        return Page(rows, None, None, len(rows))
    before, after = rows[0].pk if rows and has_before else None, rows[-1].pk if rows and has_after else None
    is_longer = told is None and count > MOST_COUNTED
    return Page(rows, before, after, count - is_longer, is_longer)


def _count(listed: QuerySet[Any, Row]) -> tuple[int, QuerySet[Any, Row]]:
    """How many there are, or one more than MOST_COUNTED; and the same rows, by their ids where these are few."""
    ids = list(listed.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1])
    return len(ids), listed if len(ids) > MOST_COUNTED else listed.filter(pk__in=ids)


def _clause(name: str, down: bool) -> Any:
    if not name.startswith(MAY_BE_EMPTY):
        return F(name).desc() if down else F(name).asc()
    return F(name).desc(nulls_last=True) if down else F(name).asc(nulls_first=True)


def _place(listed: QuerySet[Any], names: tuple[str, ...], pk: str) -> dict[str, Any] | None:
    """The values of the row that the page begins beyond."""
    key = read_key(pk)
    row = None if key is None else listed.order_by().filter(pk=key).values_list(*names).first()
    return dict(zip(names, row, strict=True)) if row else None


def _beyond(place: dict[str, Any], down: bool) -> Q:
    """The rows that follow the place: a later first column, or the same and a later second one, and so on."""
    where = Q(pk__in=[])
    for name, value in reversed(place.items()):
        where = _later(name, value, down) | (Q(**{name: value}) & where)
    first, value = next(iter(place.items()))
    if first.startswith(MAY_BE_EMPTY):
        return where
    return Q(**{f"{first}__{'lte' if down else 'gte'}": value}) & where  # says nothing new; an index understands it


def _later(name: str, value: Any, down: bool) -> Q:
    if value is None:
        return Q(pk__in=[]) if down else Q(**{f"{name}__isnull": False})
    if down:
        later = Q(**{f"{name}__lt": value})
        return later | Q(**{f"{name}__isnull": True}) if name.startswith(MAY_BE_EMPTY) else later
    return Q(**{f"{name}__gt": value})
