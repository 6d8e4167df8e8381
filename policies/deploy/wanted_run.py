"""What a page or a press asks to run at once, read from a query or a form: whatever else stands there is left out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict

from policies.models import PatchOperation

MOST_CHOSEN = 1000
LONGEST_ID = 18


@dataclass(frozen=True)
class WantedRun:
    """The chosen nodes (none: all of the policy), the operation, how many nodes were shown, and the press's token."""

    node_ids: tuple[int, ...] = ()
    operation: PatchOperation | None = None
    shown: str = ""
    token: UUID | None = None

    @classmethod
    def read(cls, query: QueryDict) -> WantedRun:
        """The wish in a query or a form."""
        given = [one for one in query.getlist("node") if one.isdecimal() and len(one) <= LONGEST_ID]
        operation = query.get("operation", "")
        return cls(
            tuple(dict.fromkeys(int(one) for one in given[:MOST_CHOSEN])),
            PatchOperation(operation) if operation in PatchOperation.values else None,
            query.get("shown", ""),
            _read_token(query.get("token", "")),
        )


def _read_token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
