"""docs/real-aws.md, the canary's list and the marks in the code tell the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policies.domain.unverified import FACTS, Fact, Observed, Verdict

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "real-aws.md").read_text()


def test_the_document_has_a_section_for_each_fact_and_no_other() -> None:
    assert re.findall(r"^## (\S+)$", DOCUMENT, re.M) == [fact.slug for fact in FACTS]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.slug)
def test_a_section_says_what_the_canary_says(fact: Fact) -> None:
    section = DOCUMENT.split(f"## {fact.slug}\n")[1].split("\n## ")[0]

    assert f"**Assumed.** {fact.assumed}\n" in section
    assert f"**If not.** {fact.otherwise}\n" in section
    assert f"**Settled by.** {fact.settled_by()}\n" in section
    assert f"`{fact.where}`" in section
    assert (ROOT / fact.where).exists()


def test_each_mark_in_the_code_has_its_fact() -> None:
    marked = {str(p.relative_to(ROOT)) for p in (ROOT / "policies").rglob("*.py") if "UNVERIFIED" in p.read_text()}

    assert marked - {fact.where for fact in FACTS} == set()


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.slug)
def test_what_was_not_seen_is_not_judged(fact: Fact) -> None:
    assert fact.judge(Observed())[0] == Verdict.OPEN


JUDGED: list[tuple[str, Observed, Verdict]] = [
    ("deployment-policy", Observed(deployed="failed", refusals=("not authorized to perform: iam:X",)), Verdict.DIFFERS),
    ("association-names", Observed(deployed="succeeded"), Verdict.DIFFERS),
    ("automation-boundary", Observed(access={"i-1": "Success", "i-2": "Failed"}), Verdict.DIFFERS),
    ("association-id", Observed(scans={"i-1": "Success"}), Verdict.HOLDS),
    ("association-id", Observed(scans={"i-1": "Skipped"}), Verdict.OPEN),
    ("role-tag", Observed(scans={"i-1": "Failed"}, said=("exit code 160: denied",)), Verdict.DIFFERS),
    ("compliance-from-override", Observed(scans={"i-1": "Success"}), Verdict.DIFFERS),
    ("compliance-from-override", Observed(scans={"i-1": "Success"}, missing={"i-1": 0}), Verdict.HOLDS),
    ("scan-succeeds-despite-missing", Observed(scans={"i-1": "Failed"}, missing={"i-1": 3}), Verdict.DIFFERS),
    ("scan-succeeds-despite-missing", Observed(scans={"i-1": "Success"}, missing={"i-1": 3}), Verdict.HOLDS),
    ("execution-type", Observed(kinds=frozenset({"Command"})), Verdict.DIFFERS),
    ("skipped-runs", Observed(scans={"i-1": "Skipped"}), Verdict.OPEN),
]


@pytest.mark.parametrize(("slug", "seen", "verdict"), JUDGED)
def test_what_was_seen_is_judged(slug: str, seen: Observed, verdict: Verdict) -> None:
    [fact] = [fact for fact in FACTS if fact.slug == slug]

    assert fact.judge(seen)[0] == verdict
