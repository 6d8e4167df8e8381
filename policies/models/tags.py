"""The value of a node's tag as the database reads it."""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, TextField, Value
from django.db.models.sql.compiler import SQLCompiler


class TagValue(Func):
    """The value of a tag in the column tags, NULL where there is no such tag.

    Django's key transforms take a key made of digits for a place in a list, and find no tag then.
    """

    function = "jsonb_extract_path_text"
    output_field = TextField()

    def __init__(self, key: str) -> None:
        super().__init__(F("tags"), Value(key))
        self.key = key

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """SQLite wants a path, in which the key is quoted."""
        copy = self.copy()
        copy.set_source_expressions([self.source_expressions[0], Value(f"$.{json.dumps(self.key)}")])
        return copy.as_sql(compiler, connection, function="json_extract", **extra_context)
