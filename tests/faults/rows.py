"""The portal's rows as one text: what must be the same whatever went wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model

from policies.models import Deployment, Event, OverrideVersion, Policy, StackInstanceState, Step, What

MODELS: tuple[type[Model], ...] = (Policy, Deployment, Step, StackInstanceState, OverrideVersion, Event)
COUNTERS = {"attempts", "claims"}
"""How often something was tried."""
GENERATED = {"operation_id", "object_version"}
"""Ids that are new with each try."""
TOLD_ON_THE_WAY = {What.DEPLOYMENT_FAILED, What.RETRY_DEPLOYMENT}
"""Events that tell of a failure that was mended. No other row may."""


def tell_rows() -> str:
    """Every row without moments, counters and generated ids."""
    told = {model.__name__: sorted(map(_row, _rows(model)), key=json.dumps) for model in MODELS}
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False)


def _rows(model: type[Model]) -> Iterable[Model]:
    rows = model._default_manager.all()
    return rows.exclude(verb__in=TOLD_ON_THE_WAY) if model is Event else rows


def _row(row: Model) -> dict[str, Any]:
    fields = [field.attname for field in row._meta.concrete_fields]
    is_numbered = isinstance(row, Policy | Deployment | Step)
    names = [name for name in fields if name not in COUNTERS | GENERATED and (is_numbered or name != "id")]
    return {name: _told(getattr(row, name)) for name in names}


def _told(value: Any) -> Any:
    return "(moment)" if isinstance(value, datetime) else value
