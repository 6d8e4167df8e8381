"""Sentences for people, made by pure code and translated at the door that shows them.

The pure rooms know no Django: they mark the English words with N_ and hand over a Sentence; the template filter `say`
looks the words up in the reader's language and fills the values in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(words: str) -> str:  # noqa: N802 - the usual name of a "translate later" mark
    """Mark a literal for the catalogue and return it unchanged."""
    return words


@dataclass(frozen=True)
class Sentence:
    """English words with %(name)s places and their values; `many` is the plural form for `values["count"]`."""

    words: str
    values: Mapping[str, object] = field(default_factory=dict)
    many: str = ""

    def __str__(self) -> str:
        """The English sentence, for logs and tests."""
        words = self.many if self.many and self.values.get("count") != 1 else self.words
        return words % dict(self.values) if self.values else words

    def to_dict(self) -> dict[str, object]:
        """A JSON-ready form; values become strings or numbers."""
        values = {name: v if isinstance(v, int | float) else str(v) for name, v in self.values.items()}
        return {"words": self.words, "values": values, "many": self.many}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Sentence:
        """The sentence that `to_dict` stored."""
        values = stored.get("values")
        return cls(
            words=str(stored["words"]),
            values=dict(values) if isinstance(values, Mapping) else {},
            many=str(stored.get("many", "")),
        )
