"""Things by id that are found by their account and Region too, without looking at all the others."""

from __future__ import annotations

from collections import UserDict
from typing import Protocol, TypeVar

Place = tuple[str, str]
"""An account and a Region."""


class Located(Protocol):
    """What lies in one account and Region, and never moves."""

    account_id: str
    region: str


Thing = TypeVar("Thing", bound=Located)


class ByPlace(UserDict[str, Thing]):
    """A dictionary of located things that also knows what lies where; both in the order of their coming."""

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[Place, dict[str, Thing]] = {}

    def __setitem__(self, name: str, thing: Thing) -> None:
        super().__setitem__(name, thing)
        self._places.setdefault((thing.account_id, thing.region), {})[name] = thing

    def __delitem__(self, name: str) -> None:
        thing = self.data[name]
        super().__delitem__(name)
        del self._places[thing.account_id, thing.region][name]

    def within(self, account_id: str, region: str) -> list[Thing]:
        """What lies in one account and Region, oldest first."""
        return list(self._places.get((account_id, region), {}).values())
