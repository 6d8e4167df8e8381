"""The newest requests that the sandbox served: who asked what, and what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

KEPT = 2000
FILTERS = ("service", "action", "account", "region", "caller", "code", "fault")


@dataclass(slots=True)
class Entry:
    """One request. `at` is the sandbox's time; `code` is "" when it went well; `fault` names one that
    struck, `seconds` is how long it held the answer back.
    """

    number: int
    at: datetime
    service: str
    action: str = ""
    account: str = ""
    region: str = ""
    caller: str = ""
    status: int = 0
    code: str = ""
    milliseconds: float = 0.0
    fault: str = ""
    seconds: float = 0.0

    def tell(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {**asdict(self), "at": self.at.isoformat(), "milliseconds": round(self.milliseconds, 2)}


@dataclass
class RequestLog:
    """Bounded; the oldest are forgotten."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, entry: Entry) -> None:
        """Remember a request."""
        self.entries.append(entry)

    def newest(self, wanted: Mapping[str, str], limit: int) -> list[Entry]:
        """The newest entries first that have all these values; `failed` is "true" for those with an error code.

        Raises ValueError for a filter that there is not.
        """
        unknown = sorted(set(wanted) - {*FILTERS, "failed"})
        if unknown:
            raise ValueError(f"no filter is called {', '.join(unknown)}")
        found: list[Entry] = []
        for entry in self._matching(dict(wanted)):
            if len(found) == limit:
                break
            found.append(entry)
        return found

    def _matching(self, wanted: dict[str, str]) -> Iterator[Entry]:
        failed = wanted.pop("failed", "") == "true"
        for entry in reversed(self.entries):
            if all(getattr(entry, name) == value for name, value in wanted.items()) and (entry.code or not failed):
                yield entry
