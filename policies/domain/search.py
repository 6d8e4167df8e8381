"""What a search text names: ids are picked out of whatever was pasted, a word, a line of a log or a whole output.

A log comes as it was copied: with a terminal's colours, as a string in JSON, in the address of a console's page.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

LONGEST = 200_000
LONGEST_NAME = 200
MOST_OF_A_KIND = 50
COLOUR = re.compile(r"(?:\x1b|\^\[|\\+(?:u001b|x1b|033|e))?\[[0-9;]*[mK]", re.I)
"""A terminal's colour: as the byte, as tools write it out, or with its first letter lost on the way."""
ESCAPED = re.compile(r"\\+[nrt\"'/]")
"""The end of a line, a tab or a quote within a string of JSON, however often it was quoted."""
BEGIN, END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
BASELINE = re.compile(rf"{BEGIN}pb-[0-9a-zA-Z]{{4,64}}{END}")
UUID = re.compile(rf"{BEGIN}[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}{END}")
NODE = re.compile(rf"{BEGIN}(?:i|mi)-[0-9a-f]{{8,17}}{END}")
ACCOUNT = re.compile(r"(?<![\w-])(?:\d{12}|\d{4}-\d{4}-\d{4})(?![\w])")
"""Twelve digits, or as AWS's console writes them."""
WINDOW = re.compile(rf"{BEGIN}mw-[0-9a-f]{{17}}{END}")
BUCKET = re.compile(
    r"(?:s3://|:s3:::|https?://s3[.-][a-z0-9.-]*amazonaws\.com/)([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
    r"|https?://([a-z0-9][a-z0-9.-]{1,61}?)\.s3[.-]"
)
CONFIGURATION = re.compile(
    r"(?:quicksetup-patchpolicy-(?:access-log-)?\d{12}|patchpolicy-(?:\w+-)?(?:ta|ma|la)|qsconfigid"
    rf"|quicksetup-automationrole-[a-z0-9-]+?\d)-([a-z0-9]{{5}}){END}"
)
"""Whatever is named after a configuration id (domain/naming.py), in small letters."""


@dataclass(frozen=True)
class Wanted:
    """The ids in a text. `runs` are ids of executions, commands, snapshots and associations, which look alike.

    `words` is the text where it is short enough for a name, which may be just what looks like an id.
    """

    baselines: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()
    words: str = ""

    @property
    def is_empty(self) -> bool:
        return self == Wanted()


def read_search(text: str) -> Wanted:
    """Pick the ids out of a text, each once; what is too long is cut."""
    cut = text[:LONGEST].replace("\0", "")
    plain = _plain(cut)
    small, words = plain.lower(), " ".join(cut.split())
    return Wanted(
        baselines=_found(BASELINE, plain),
        runs=_found(UUID, small),
        nodes=_found(NODE, small),
        accounts=tuple(each.replace("-", "") for each in _found(ACCOUNT, plain)),
        windows=_found(WINDOW, small),
        buckets=_found(BUCKET, small),
        configurations=_found(CONFIGURATION, small),
        words=words if len(words) <= LONGEST_NAME else "",
    )


def fold(text: str) -> str:
    """A name for comparing: in any case, in letters of any width."""
    return unicodedata.normalize("NFKC", text).casefold()


def _plain(text: str) -> str:
    """Without what stands around ids in logs; letters of full width, which Japanese keyboards write, as usual ones."""
    usual = unicodedata.normalize("NFKC", text)
    return unquote(ESCAPED.sub(" ", COLOUR.sub(" ", usual)))


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    named = ("".join(match.groups("")) or match[0] for match in pattern.finditer(text))
    return tuple(dict.fromkeys(named))[:MOST_OF_A_KIND]
