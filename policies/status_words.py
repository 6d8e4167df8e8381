"""A status as people see it, out of the one component that has all words, icons and colours; drawn once and kept."""

from __future__ import annotations

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MOST_KEPT = 1_000
"""Of what is drawn once. There are fewer than that of ours in all languages; AWS may add its own."""


def draw_status(status: str, kind: str = "", plain: bool = False) -> SafeString:
    """Icon, word and colour of a status in the reader's language; `plain`: the word alone. `kind`: see status.html."""
    return drawn(str(status), kind, plain, get_language())


@lru_cache(MOST_KEPT)
def drawn(status: str, kind: str, plain: bool, _language: str | None) -> SafeString:
    """The same, kept for each language."""
    context = {"status": status, "kind": kind, "plain": plain}
    return SafeString(render_to_string("components/status.html", context).strip())


class StatusWords(dict[str, SafeString]):
    """Each status of a kind as draw_status draws it, for a long table: the reader's language is asked for once."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self._kind, self._language = kind, get_language()

    def __missing__(self, status: str) -> SafeString:
        """Of a status that this table did not show yet."""
        self[status] = drawn(status, self._kind, False, self._language)
        return self[status]
