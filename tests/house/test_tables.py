"""Numbers stand at the right, and so do the headings over them."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
LABEL = r'\{% translate "([^"]+)" %\}'
NUMBER = re.compile(rf'<td class="number[^"]*" data-label="{LABEL}"')
HEADING = re.compile(rf'<th scope="col"([^>]*)>(?:<a [^>]*>)?{LABEL}')
TEMPLATES = {
    str(path.relative_to(settings.BASE_DIR)): path.read_text() for path in settings.BASE_DIR.glob("templates/**/*.html")
}


@pytest.mark.parametrize("name", [name for name, text in TEMPLATES.items() if NUMBER.search(text)])
def test_a_heading_stands_over_its_numbers(name: str) -> None:
    for table in TABLE.findall(TEMPLATES[name]):
        numbers = set(NUMBER.findall(table))

        assert [label for kind, label in HEADING.findall(table) if label in numbers and "number" not in kind] == []
