"""What differs between two versions of the override file, told by operating system, rule and setting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

from policies.domain.baseline_words import Described, Facts, describe_baseline
from policies.domain.baselines import rules_from_override
from policies.domain.sentence import Sentence


class Kind(StrEnum):
    """What became of an operating system."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class FactChange:
    """A setting before and after, "" where it was not or is not. `rule`: 1 for the first approval rule, 0 for none."""

    rule: int
    name: str
    before: Sentence | str
    after: Sentence | str


@dataclass(frozen=True)
class SystemChange:
    """The settings of one operating system that differ."""

    operating_system: str
    kind: Kind
    facts: tuple[FactChange, ...]


def compare_files(before: str, after: str) -> tuple[SystemChange, ...]:
    """The operating systems that differ, in order. Both texts are override files; "" is one that says nothing."""
    old, new = describe_file(before), describe_file(after)
    systems = sorted(system for system in old | new if old.get(system) != new.get(system))
    return tuple(_compare_system(system, old.get(system), new.get(system)) for system in systems)


def describe_file(body: str) -> dict[str, Described]:
    """The rules in an override file by operating system."""
    elements = json.loads(body) if body else []
    return {element["OperatingSystem"]: describe_baseline(rules_from_override(element)) for element in elements}


def _compare_system(system: str, old: Described | None, new: Described | None) -> SystemChange:
    kind = Kind.ADDED if old is None else Kind.REMOVED if new is None else Kind.CHANGED
    before, after = old or EMPTY, new or EMPTY
    facts = [*_compare_rules(before.rules, after.rules), *_compare_facts(0, before.facts, after.facts)]
    return SystemChange(system, kind, tuple(facts))


def _compare_rules(before: tuple[Facts, ...], after: tuple[Facts, ...]) -> Iterator[FactChange]:
    """Rules that stayed are passed over, wherever they moved to; the others are set side by side in their order."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, _keys(before), _keys(after), autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = zip_longest(range(i1, i2), range(j1, j2))
        for i, j in pairs:
            number = (j if j is not None else i) + 1
            yield from _compare_facts(number, before[i] if i is not None else (), after[j] if j is not None else ())


def _keys(rules: tuple[Facts, ...]) -> list[str]:
    return [repr(rule) for rule in rules]


def _compare_facts(rule: int, before: Facts, after: Facts) -> Iterator[FactChange]:
    old, new = {fact.name: fact.value for fact in before}, {fact.name: fact.value for fact in after}
    for name in dict.fromkeys([*old, *new]):
        if old.get(name, "") != new.get(name, ""):
            yield FactChange(rule, name, old.get(name, ""), new.get(name, ""))


EMPTY = Described("", "", (), ())
