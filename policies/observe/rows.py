"""Writes rows in bulk, and only what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """Set the values; whether any of them was another before."""
    different = [name for name, value in values.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, values[name])
    return bool(different)
