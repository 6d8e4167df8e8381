"""Rules that every template keeps: no inline script or style, no unescaped text, fragments that can be swapped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
FRAGMENTS = [path for path in TEMPLATES if path.name.startswith("_")]


def name_of(path: Path) -> str:
    """The template's name as views say it."""
    return str(path.relative_to(ROOT))


def without_remarks(path: Path) -> str:
    """The template without comments and the tags that load libraries."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
    return re.sub(r"{#.*?#}", "", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_nothing_inline_that_the_content_policy_would_stop(path: Path) -> None:
    text = without_remarks(path)

    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\bsrc=)|hx-on", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_nothing_is_marked_as_safe(path: Path) -> None:
    assert re.findall(r"\|\s*safe\b|autoescape off|safeseq", without_remarks(path)) == []


@pytest.mark.parametrize("path", FRAGMENTS, ids=name_of)
def test_a_fragment_has_one_root_with_its_own_name(path: Path) -> None:
    body = re.sub(r"{%.*?%}", "", without_remarks(path), flags=re.S).strip()
    first = re.match(r"<[a-z]+[^>]*?\bid=\"([a-z_-]+)", body)

    assert first is not None
    assert first[1].replace("-", "_") == path.stem.removeprefix("_")
