"""A row's id as an address or a form brings it."""

from __future__ import annotations

LONGEST_KEY = 18
"""Digits that every database takes for an id."""


def read_key(text: str) -> int | None:
    """The id of a row; None for a text that can be none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY else None
