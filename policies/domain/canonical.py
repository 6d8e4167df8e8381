"""One way to write a document as JSON, so that equal documents are equal strings; and the hash of a text."""

from __future__ import annotations

import hashlib
import json


def canonical(document: object) -> str:
    """The document as JSON: keys in order, no spaces, every character as itself."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def readable(document: object) -> str:
    """The document as JSON for people: indented, keys in the order in which they were written."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of the text as UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
