"""Writes rows in bulk, and only what changed.

Much of what AWS tells of a node the node itself has said: texts are fitted to their columns, so that no node can have a
whole account-Region refused by the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from django.db import models

BATCH = 500

Row = TypeVar("Row", bound=models.Model)


def save(model: type[Row], new: list[Row], changed: list[Row], fields: Iterable[str]) -> None:
    """Make the new rows, and write these fields of the changed ones, in bulk."""
    model._default_manager.bulk_create(new, batch_size=BATCH)
    if changed:
        model._default_manager.bulk_update(changed, list(fields), batch_size=BATCH)


def change(row: models.Model, values: Mapping[str, Any]) -> bool:
    """Set the values, texts fitted; whether any of them was another before."""
    fitted = fit(type(row), values)
    different = [name for name, value in fitted.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, fitted[name])
    return bool(different)


def fit(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row, texts without NUL, which PostgreSQL refuses, and cut to their columns."""
    longest = _lengths(model)
    return {name: plain(v)[: longest.get(name)] if isinstance(v, str) else v for name, v in values.items()}


def plain(text: str) -> str:
    """A text without NUL, for JSON too."""
    return text.replace("\0", "")


@cache
def _lengths(model: type[models.Model]) -> dict[str, int | None]:
    return {field.name: getattr(field, "max_length", None) for field in model._meta.get_fields()}
