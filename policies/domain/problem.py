"""A problem: what the rules of `problems.py` answer with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.domain.sentence import Sentence


@dataclass(frozen=True)
class Problem:
    """Something wrong with a field, or with the form as a whole (field ""). A warning does not block."""

    field: str
    sentence: Sentence
    is_warning: bool = False


Problems = tuple[Problem, ...]


def is_blocked(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems is more than a warning."""
    return any(not problem.is_warning for problem in problems)


def is_plain(text: str) -> bool:
    """Whether a text is printable, and one that CloudFormation takes as it is: {{ begins a dynamic reference there."""
    return text.isprintable() and "{{" not in text
