"""Brings the Japanese catalogue up to date with the code: new words in, old words out, compiled.

Written with Babel, because a fresh machine has no GNU gettext. `--check` changes nothing and fails when something is
missing, fuzzy or not compiled.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

FOLDER = settings.BASE_DIR / "policies" / "locale" / "ja" / "LC_MESSAGES"
PO, MO = FOLDER / "django.po", FOLDER / "django.mo"
CODE = ("policies", "patchportal")
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "N_": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "counted": (1, 2), "npgettext": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
}  # fmt: skip


SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    """Extract, merge, compile."""

    help = "Update (or check) the Japanese catalogue"

    def add_arguments(self, parser: CommandParser) -> None:
        """--check looks without writing."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *_: Any, check: bool, **__: Any) -> None:
        """Raises CommandError when --check finds the catalogue behind the code."""
        catalogue = read_catalogue()
        wanted = extract_messages()
        if check:
            complaints = complaints_about(catalogue, wanted)
            if complaints:
                raise CommandError("\n".join(complaints))
            return
        merged = merge(catalogue, wanted)
        with PO.open("wb") as file:
            write_po(
                file, merged, width=120, sort_output=True, omit_header=False, no_location=True, ignore_obsolete=True
            )
        MO.write_bytes(compile_catalogue(read_catalogue()))
        missing = [m.id for m in messages_of(merged) if not is_translated(m)]
        self.stdout.write(f"{len(list(messages_of(merged)))} messages, {len(missing)} without Japanese")


def read_catalogue() -> Catalog:
    """The catalogue as it is stored, or an empty one."""
    if not PO.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        return new_catalogue()
    with PO.open("rb") as file:
        return read_po(file, locale="ja", domain="django")


def new_catalogue() -> Catalog:
    """An empty catalogue. Its header always carries the same moment, so that the same words make the same file."""
    return Catalog(
        locale="ja",
        domain="django",
        header_comment="# Japanese of PatchPortal. Written by `make messages`; translate in place.",
        project="PatchPortal",
        version="1",
        creation_date=SOME_MOMENT,
        revision_date=SOME_MOMENT,
        charset="utf-8",
        fuzzy=False,
    )


def extract_messages() -> Catalog:
    """Every message in code and templates."""
    catalogue = new_catalogue()
    for path in _sources():
        text = path.read_text()
        if path.suffix == ".html":
            text = _as_calls(templatize(text, origin=str(path)))
        found = extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"})
        for _line, message, _comments, context in found:
            catalogue.add(message, context=context, flags=("python-format",) if _is_format(message) else ())
    return catalogue


def _sources() -> Iterator[Path]:
    for folder in CODE:
        yield from sorted(p for p in (settings.BASE_DIR / folder).rglob("*.py") if "migrations" not in p.parts)
    yield from sorted((settings.BASE_DIR / "templates").rglob("*.html"))


def _as_calls(text: str) -> str:
    """Only the gettext calls out of what Django makes of a template; the rest of it is not Python."""
    call = re.compile(
        r"""\b(?:gettext|ngettext|pgettext|npgettext|_)\((?:[^()'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")*\)""", re.S
    )
    return "\n".join(found.replace("\n", " ") for found in call.findall(text))


def _is_format(message: Any) -> bool:
    texts = message if isinstance(message, tuple) else (message,)
    return any(re.search(r"%\(\w+\)", text) for text in texts)


def merge(catalogue: Catalog, wanted: Catalog) -> Catalog:
    """The wanted messages with the translations that are known; the rest is forgotten."""
    merged = new_catalogue()
    for message in messages_of(wanted):
        known = catalogue.get(message.id, message.context)
        string = known.string if known and not known.fuzzy else None
        merged.add(message.id, string, flags=message.flags, context=message.context)
    return merged


def messages_of(catalogue: Catalog) -> Iterator[Message]:
    """The messages without the header."""
    return (message for message in catalogue if message.id)


def is_translated(message: Message) -> bool:
    """Whether it has Japanese (one form: Japanese has no plural)."""
    string = message.string
    return bool(string) and all(string if isinstance(string, tuple | list) else [string])


def compile_catalogue(catalogue: Catalog) -> bytes:
    """The catalogue as Django reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def complaints_about(catalogue: Catalog, wanted: Catalog) -> list[str]:
    """What keeps the catalogue from being current, a line each."""
    missing = [m.id for m in messages_of(wanted) if not _has(catalogue, m)]
    stale = [m.id for m in messages_of(catalogue) if wanted.get(m.id, m.context) is None]
    complaints = [f"without Japanese: {text!r}" for text in missing] + [f"no longer used: {text!r}" for text in stale]
    if not MO.exists() or MO.read_bytes() != compile_catalogue(catalogue):
        complaints.append("django.mo is not what django.po compiles to: run `make messages`")
    return complaints


def _has(catalogue: Catalog, message: Message) -> bool:
    known = catalogue.get(message.id, message.context)
    return known is not None and not known.fuzzy and is_translated(known)
