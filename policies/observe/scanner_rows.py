"""Other scanners as rows: what is known of a shard's before a reading, and what is kept after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policies.aws.associations import ScannerFact
from policies.aws.windows import WindowFact
from policies.domain.scanners import is_near
from policies.models import OtherScanner, Run, Shard
from policies.observe.rows import change, save
from policies.observe.scanners import LONG_AGO, Scanner, Scanners, Unsigned

REACHED = ("Success", "Failed")
RESULT = [
    f"compliance__scan__{name}"
    for name in ("policy", "scanner", "execution_id", "execution_type", "started_at", "seen_at", "ended_at")
]
FIELDS = ("name", "document", "schedule", "alternatives", "last_run_at", "commands", "sought")


def known_scanners(shard: Shard) -> Scanners:
    """What is stored of the scanners of a shard."""
    found = {other.association_id: scanner_of(other) for other in shard.other_scanners.all()}
    left = tuple(WindowFact(*told) for told in shard.windows_left)
    return Scanners(found, shard.windows_listed_at or LONG_AGO, left)


def scanner_of(row: OtherScanner) -> Scanner:
    """A row as data."""
    fact = ScannerFact(row.association_id, row.name, row.document, row.schedule, row.reach, row.last_run_at)
    return Scanner(fact, {run: tuple(ids) for run, ids in row.commands.items()}, frozenset(row.sought))


def find_unsigned(shard: Shard) -> tuple[Unsigned, ...]:
    """The commands that made the newest results of living nodes, and of which it is not known who sent them.

    Nodes have their own clocks: none has begun after its result was seen. Every node's result is looked at here: the
    database would look through all results that are nobody's, those of other shards too.
    """
    found: dict[tuple[str, str], Unsigned] = {}
    for policy_id, scanner, *told in shard.nodes.filter(gone_at=None).order_by().values_list(*RESULT):
        command_id, kind, started_at, seen_at, ended_at = told
        if command_id and not (policy_id or scanner):
            new = Unsigned(command_id, kind, min(started_at, seen_at), ended_at)
            found[command_id, kind] = found.get((command_id, kind), new).with_another(new)
    return tuple(found[key] for key in sorted(found))


def find_unread(shard: Shard, unsigned: Sequence[Unsigned]) -> dict[str, dict[str, str]]:
    """Executions of our associations that were passed over and may have sent one of the commands, by association.

    With a status that some of its nodes have and that shows that they got the command.
    """
    found: dict[str, dict[str, str]] = {}
    if unsigned:
        runs = Run.objects.filter(shard=shard, command_id="").order_by()
        for run in runs.only("association_id", "execution_id", "counts", "created_at"):
            status = next((word for word in REACHED if run.counts.get(word)), "")
            if status and any(is_near(run.created_at, each.started_at) for each in unsigned):
                found.setdefault(run.association_id, {})[run.execution_id] = status
    return found


def store_scanners(shard: Shard, scanners: Scanners) -> frozenset[str]:
    """The scanners, windows among them; the commands of which it was not known before who sent them."""
    known = {row.association_id: row for row in shard.other_scanners.all()}
    signed = {sent for row in known.values() for sent in scanner_of(row).sent}
    new, changed = [], []
    for scanner in scanners.all.values():
        row = known.pop(scanner.fact.association_id, None)
        values = _values(scanner)
        if row is None:
            new.append(OtherScanner(shard=shard, association_id=scanner.fact.association_id, **values))
        elif change(row, values):
            changed.append(row)
    save(OtherScanner, new, changed, FIELDS)
    OtherScanner.objects.filter(pk__in=[row.pk for row in known.values()]).delete()
    return frozenset(sent for scanner in scanners.all.values() for sent in scanner.sent if sent not in signed)


def _values(scanner: Scanner) -> dict[str, Any]:
    fact = scanner.fact
    return {
        "name": fact.name,
        "document": fact.document,
        "schedule": fact.schedule,
        "alternatives": [[[target.key, list(target.values)] for target in targets] for targets in fact.reach],
        "last_run_at": fact.last_run_at,
        "commands": {run: list(ids) for run, ids in scanner.sent_by.items()},
        "sought": sorted(scanner.sought),
    }
