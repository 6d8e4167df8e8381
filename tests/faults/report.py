"""The fault matrix as a page: docs/faults.md, written by `make faults` and by nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.faults.matrix import REPEATED, STRIKES, Verdict
from tests.faults.rows import COUNTERS, GENERATED, TOLD_ON_THE_WAY
from tests.inventory import LOGS, TOMBSTONES

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
STAGES = ("create", "edit", "delete")
COLUMNS = (*map(str, STRIKES), *(f"{strike}, repeated" for strike in REPEATED))

HEAD = """\
# Faults

Written by `make faults`, which creates, edits and deletes a policy of an organization on the sandbox, once for each of
their calls to AWS and each fault that can strike it. A case is good when AWS and the portal's rows are in the end as
they are when nothing strikes; after *access-denied*, when the failure also named the refused action and Retry went on
once the right was granted. *repeated*: botocore asks a second time by itself for what was done already. Under each verb
stand its cases, under each fault the good ones of all.

"""
"""What stands above the figures."""


def write_report(verdicts: Sequence[Verdict], step: int, minutes: float) -> str:
    """The page: how many cases of how many were good, by call and fault, and what is not compared."""
    good = sum(not verdict.differences for verdict in verdicts)
    which = f"cases, one in {step} of all" if step > 1 else "cases"
    told = f"{good} of {len(verdicts)} {which}, in {minutes:.0f} minutes.\n\n"
    return HEAD + told + _table(verdicts) + _not_compared()


def _table(verdicts: Iterable[Verdict]) -> str:
    """A row for each call: the cases of each verb, and the good ones of all by fault."""
    tried, good, verbs = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for verdict in verdicts:
        case = verdict.case
        at = case.call, f"{case.strike}, repeated" if case.is_repeating else str(case.strike)
        tried[at] += 1
        good[at] += not verdict.differences
        verbs[case.call, case.stage] += 1
    lines = [_line("call", *STAGES, *COLUMNS), _line(*["---"] * (1 + len(STAGES) + len(COLUMNS)))]
    for call in sorted({call for call, _ in tried}):
        cells = [f"{good[at]}/{tried[at]}" if tried[at := (call, column)] else "" for column in COLUMNS]
        lines.append(_line(call.replace(".", ":"), *(str(verbs[call, stage]) for stage in STAGES), *cells))
    return "".join(lines)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _not_compared() -> str:
    """Everything that may differ between a case and the undisturbed run, from the lists by which they are compared."""
    rows = ", ".join(sorted(COUNTERS | GENERATED))
    events = ", ".join(sorted(TOLD_ON_THE_WAY))
    return (
        "\n## What is not compared\n\n"
        f"In the portal's rows: moments; {rows}; and in the history the events {events}.\n\n"
        "In AWS: moments and generated ids, and\n\n" + _listed(LOGS) + _listed(TOMBSTONES) + "\n"
        "After a deletion everything else is to the byte as it was before the creation: generated ids and moments too\n"
        "(`tests/faults/test_deletion.py`).\n"
    )


def _listed(told: Mapping[str, str]) -> str:
    return "".join(f"* {words}\n" for words in told.values())
