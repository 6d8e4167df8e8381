"""Sentences for people, made by pure code and translated at the door that shows them.

The pure rooms know no Django: they mark the English words with N_ (or `counted`) and hand over a Sentence; the template
filter `say` looks the words up in the reader's language and fills the values in. A value may be a Sentence itself (a
weekday) or a tuple of them (several weekdays), so that a translator never meets half a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def N_(words: str) -> str:  # noqa: N802 - the usual name of a "translate later" mark
    """Mark a literal for the catalogue and return it unchanged."""
    return words


Translate = Callable[[str], str]
TranslateMany = Callable[[str, str, int], str]

BETWEEN = N_(", ")
"""What stands between the members of a list."""


def _english_many(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@dataclass(frozen=True)
class Sentence:
    """English words with %(name)s places and their values; `many` is the plural form for `values["count"]`."""

    words: str
    values: Mapping[str, object] = field(default_factory=dict)
    many: str = ""

    def __str__(self) -> str:
        """The English sentence, for logs and tests."""
        return self.say(str, _english_many)

    def say(self, translate: Translate, translate_many: TranslateMany) -> str:
        """The sentence in the language of the two look-ups (gettext and ngettext), its values filled in."""
        words = translate(self.words)
        if self.many:
            words = translate_many(self.words, self.many, int(str(self.values["count"])))
        if not self.values:
            return words
        return words % {name: _say_value(v, translate, translate_many) for name, v in self.values.items()}

    def to_dict(self) -> dict[str, object]:
        """A JSON-ready form; values become strings, numbers, or stored sentences."""
        values = {name: _store_value(value) for name, value in self.values.items()}
        return {"words": self.words, "values": values, "many": self.many}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Sentence:
        """The sentence that `to_dict` stored."""
        values = stored.get("values")
        return cls(
            words=str(stored["words"]),
            values={n: _read_value(v) for n, v in values.items()} if isinstance(values, Mapping) else {},
            many=str(stored.get("many", "")),
        )


def counted(one: str, many: str, count: int, values: Mapping[str, object] | None = None) -> Sentence:
    """A sentence about `count` things, %(count)s in its words; marks both forms (extraction keyword `counted:1,2`)."""
    return Sentence(one, {**(values or {}), "count": count}, many)


def listed(members: tuple[object, ...]) -> object:
    """Several things as one value: "a", "a and b", "a, b and c". Needs at least one member."""
    if len(members) == 1:
        return members[0]
    return Sentence(N_("%(others)s and %(last)s"), {"others": members[:-1], "last": members[-1]})


def _say_value(value: object, translate: Translate, translate_many: TranslateMany) -> object:
    if isinstance(value, Sentence):
        return value.say(translate, translate_many)
    if isinstance(value, tuple):
        return translate(BETWEEN).join(str(_say_value(v, translate, translate_many)) for v in value)
    return value


def _store_value(value: object) -> object:
    if isinstance(value, Sentence):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_store_value(member) for member in value]
    return value if isinstance(value, int | float) else str(value)


def _read_value(stored: object) -> object:
    if isinstance(stored, Mapping):
        return Sentence.from_dict(stored)
    if isinstance(stored, list):
        return tuple(_read_value(member) for member in stored)
    return stored
