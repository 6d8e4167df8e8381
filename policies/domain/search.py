"""What a search text names: ids are picked out of whatever was pasted, a word, a line of a log or a whole output."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 200_000
MOST_OF_A_KIND = 50
BASELINE = re.compile(r"\bpb-[0-9a-zA-Z]{4,64}\b")
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
NODE = re.compile(r"\b(?:i|mi)-[0-9a-f]{8,17}\b")
ACCOUNT = re.compile(r"(?<![\w-])\d{12}(?![\w])")
CONFIGURATION = re.compile(
    r"quicksetup-patchpolicy-\d{12}-([a-z0-9]{5})\b|PatchPolicy-\w+-(?:TA|MA|LA)-([a-z0-9]{5})\b", re.I
)


@dataclass(frozen=True)
class Wanted:
    """The ids in a text. `runs` are ids of executions, commands, snapshots and associations, which look alike.

    `words` is the text itself where it names nothing, for names.
    """

    baselines: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    words: str = ""

    @property
    def is_empty(self) -> bool:
        return self == Wanted()


def read_search(text: str) -> Wanted:
    """Pick the ids out of a text, each once; what is too long is cut."""
    cut = text[:LONGEST].replace("\0", "")
    wanted = Wanted(
        baselines=_found(BASELINE, cut),
        runs=_found(UUID, cut.lower()),
        nodes=_found(NODE, cut),
        accounts=_found(ACCOUNT, cut),
        configurations=_found(CONFIGURATION, cut),
    )
    return wanted if not wanted.is_empty else Wanted(words=" ".join(cut.split())[:200])


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    named = ("".join(match.groups("")) or match[0] for match in pattern.finditer(text))
    return tuple(dict.fromkeys(named))[:MOST_OF_A_KIND]
