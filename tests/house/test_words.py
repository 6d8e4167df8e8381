"""The repository speaks of the product alone: no machine's paths, no registry's address, no keys."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINARY = {".png", ".mo", ".ico", ".woff2"}
UNWANTED = {
    "a path of one machine": r"/(?:work|root|home/[a-z]+|Users/[a-z]+)/",
    "a registry's address": r"https?://[\w.-]*(?:pypi\.org|pythonhosted\.org|npmjs\.org)",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
}
KEYS_OF_THE_SANDBOX = re.compile(r"\bAKIADHPWNEH[A-Z2-7]{9}\b")


def tracked() -> list[Path]:
    """Every file under version control."""
    told = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in told.stdout.splitlines()]


@pytest.mark.parametrize("what", UNWANTED)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in tracked():
        if path.suffix in BINARY or path == Path(__file__) or not path.exists():
            continue
        text = KEYS_OF_THE_SANDBOX.sub("", path.read_text())
        found += [f"{path.relative_to(ROOT)}: {hit}" for hit in re.findall(UNWANTED[what], text)]

    assert found == []
