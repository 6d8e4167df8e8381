"""What a page or a press asks to run at once, read from a query or a form: whatever else stands there is left out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict

from policies.deploy.ordering import Chosen
from policies.models import PatchOperation, Policy
from policies.models.failures import find_group
from policies.models.keys import read_key

MOST_CHOSEN = 1000


@dataclass(frozen=True)
class WantedRun:
    """What was chosen, the operation, how many nodes were shown, and the press's token.

    Chosen are nodes, or the failure that they have in common, by its key; neither: all of the policy.
    """

    node_ids: tuple[int, ...] = ()
    failure: str = ""
    operation: PatchOperation | None = None
    shown: str = ""
    token: UUID | None = None

    def choose(self, policy: Policy) -> Chosen | None:
        """Ids of the chosen nodes, none when nothing fails like that any more; None: all of the policy."""
        if not self.failure:
            return self.node_ids or None
        group = find_group(policy, self.failure)
        return group.apply(policy.nodes.living()).order_by().values_list("node", flat=True) if group else ()

    @classmethod
    def read(cls, query: QueryDict) -> WantedRun:
        """The wish in a query or a form."""
        given = [key for one in query.getlist("node") if (key := read_key(one)) is not None]
        operation = query.get("operation", "")
        return cls(
            tuple(dict.fromkeys(given[:MOST_CHOSEN])),
            query.get("failure", ""),
            PatchOperation(operation) if operation in PatchOperation.values else None,
            query.get("shown", ""),
            _read_token(query.get("token", "")),
        )


def _read_token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
