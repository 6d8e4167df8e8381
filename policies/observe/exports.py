"""Lists as files: `?format=csv` or `?format=json` on a list's own address gives all of its rows, filtered and in order.

Written row by row, so that the longest list needs no memory. Names of columns and values are for programs: they are not
translated.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
CHUNK = 1_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet would run (OWASP, "CSV Injection")."""

Columns = Mapping[str, Callable[[Any], Any]]


class AwsPage(Protocol):
    """A page of a list that AWS turns; `next_token` leads to the next, "" at the end."""

    @property
    def rows(self) -> Iterable[Any]: ...

    @property
    def next_token(self) -> str: ...


class _Echo:
    """A file for csv.writer that gives each line back."""

    def write(self, text: str, /) -> str:
        return text


def is_wanted(request: HttpRequest) -> bool:
    """Whether the address asks for a file instead of a page."""
    return request.GET.get("format") in TYPES


def export(request: HttpRequest, name: str, columns: Columns, rows: Iterable[Any]) -> StreamingHttpResponse:
    """The rows as the file that the address asks for; `columns` say how each is told. Streamed."""
    kind = request.GET["format"]
    told = ({column: tell(row) for column, tell in columns.items()} for row in _each(rows))
    lines = _csv(list(columns), told) if kind == "csv" else _json(told)
    answer = StreamingHttpResponse(lines, content_type=TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def every_page(first: AwsPage, read: Callable[[str], AwsPage]) -> Iterator[Any]:
    """The rows of a page of AWS's and of those that follow it, each of which is asked for when its turn comes."""
    page = first
    yield from page.rows
    while page.next_token:
        page = read(page.next_token)
        yield from page.rows


def _each(rows: Iterable[Any]) -> Iterator[Any]:
    return rows.iterator(CHUNK) if isinstance(rows, QuerySet) else iter(rows)


def _csv(columns: list[str], told: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield str(writer.writerow(columns))
    for row in told:
        yield str(writer.writerow([_harmless(value) for value in row.values()]))


def _harmless(value: Any) -> Any:
    """The value, as a text that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = " ".join(str(one) for one in value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _json(told: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """An array with an object on each line."""
    between = "[\n"
    for row in told:
        yield between + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"
