"""Whatever happens to a fleet, in whatever order: after a reading the portal shows what the sandbox knows.

Every node, its findings, counts, statuses and source, every tally, the dashboard, and which nodes are gone. More
sequences than the usual few, each time others: `EXAMPLES=500 pytest tests/observe/test_truth.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from policies.access import Role
from policies.models import Flip, Node, Part, Shard, Tally
from policies.observe.collect import collect_organization, collect_shard
from policies.observe.reports import count_policies
from policies.observe.tallies import tally_fleet
from tests.conftest import EXAMPLES
from tests.observe.fleet_machine import FleetMachine, Place, places
from tests.observe.truth import SHOWN, Known, count, read_truth, unit_of

USUAL_EXAMPLES = 6
MOST_READINGS = 20
LOOK_EVERY = 7


class Truth(FleetMachine):
    """The fleet, and a portal that reads it from time to time."""

    def __init__(self) -> None:
        super().__init__()
        self.rows_of_example = transaction.atomic()
        self.rows_of_example.__enter__()
        self.steps = 0
        self.known: dict[str, Known] = {}
        self.viewer = Client()
        person = User.objects.create(username="viewer")
        person.groups.add(Group.objects.get_or_create(name=Role.VIEWER)[0])
        self.viewer.force_login(person)

    def teardown(self) -> None:
        """Nothing is left for the next example."""
        transaction.set_rollback(True)
        self.rows_of_example.__exit__(None, None, None)

    @rule(place=places)
    def read_once(self, place: Place) -> None:
        """One reading of one place, which may not get to the end of it."""
        collect_organization(self.aws, self.world.now())
        shard = Shard.objects.get(account_id=place[0], region=place[1])
        assert collect_shard(shard.pk, self.aws, self.world.now())

    @invariant()
    def look(self) -> None:
        """Now and then, whatever happens."""
        self.steps += 1
        if self.steps % LOOK_EVERY == 0:
            self.read_and_compare()

    @rule()
    def read_and_compare(self) -> None:
        self.let_time_pass(timedelta(seconds=1))  # two counts of one moment are one
        self.read_everything()
        truth = read_truth(self)
        self.known |= truth
        as_of = self.tally()
        self.compare_nodes(truth)
        self.compare_tallies(truth, as_of)
        self.compare_pages(truth, as_of)

    def read_everything(self) -> None:
        """Every place, until nothing is left to read."""
        left = collect_organization(self.aws, self.world.now())
        for _ in range(MOST_READINGS):
            for shard_id in left:
                assert collect_shard(shard_id, self.aws, self.world.now())
            assert set(Shard.objects.values_list("error_message", flat=True)) == {""}
            left = tuple(Shard.objects.filter(is_behind=True).values_list("pk", flat=True))
            if not left:
                return
        raise AssertionError("a shard is behind for ever")

    def tally(self) -> datetime:
        """Count the fleet; the moment that ages are reckoned from."""
        cache.clear()
        assert tally_fleet()
        return Tally.objects.filter(part=Part.ALL).latest("on").as_of

    def compare_nodes(self, truth: dict[str, Known]) -> None:
        living = {node.instance_id: node for node in Node.objects.filter(gone_at=None)}
        gone = set(Node.objects.exclude(gone_at=None).values_list("instance_id", flat=True))
        assert set(living) == set(truth)
        assert set(self.known) - set(truth) <= gone
        for name, node in truth.items():
            assert shown(living[name]) == known(node)
            self.compare_flips(living[name])

    def compare_flips(self, node: Node) -> None:
        """The newest change of each status leads to what is so now."""
        now = {"findings": node.compliance.findings, "presence": "present"}
        now |= {under.policy.configuration_id: under.status for under in node.policies.all()}
        newest = {flip.policy.configuration_id if flip.policy and flip.kind == "policy" else flip.kind: flip.after
                  for flip in Flip.objects.filter(node=node).order_by("seen_at", "pk")}  # fmt: skip
        assert {kind: now[kind] for kind in newest} == newest

    def compare_tallies(self, truth: dict[str, Known], as_of: datetime) -> None:
        parts: dict[tuple[str, str], list[Known]] = {(Part.ALL, ""): list(truth.values())}
        for node in truth.values():
            for part in self.parts_of(node):
                parts.setdefault(part, []).append(node)
        told = {(row.part, row.key): {name: getattr(row, name) for name in SHOWN}
                for row in Tally.objects.filter(on=as_of.date())}  # fmt: skip
        assert told == {
            (part, key): count(nodes, as_of, key if part == Part.POLICY else "") for (part, key), nodes in parts.items()
        }

    def parts_of(self, node: Known) -> list[tuple[str, str]]:
        """The parts of the fleet that a node counts in, beside the whole."""
        unit = unit_of(self.world, node.account_id)
        places = [(Part.ACCOUNT, node.account_id), (Part.UNIT, unit), (Part.REGION, node.region)]
        return [*places, (Part.SYSTEM, node.operating_system), *((Part.POLICY, name) for name in node.statuses)]

    def compare_pages(self, truth: dict[str, Known], as_of: datetime) -> None:
        page = self.viewer.get(reverse("dashboard")).context
        whole = count(truth.values(), as_of)
        assert {name: getattr(page["told"], name) for name in SHOWN} == whole
        cells = {(cell.account_id, cell.region): (cell.nodes, cell.lacking, cell.unscanned)
                 for _, row in page["heat_map"].rows for cell in row if cell and cell.nodes}  # fmt: skip
        assert cells == heat(truth)
        assert [n.compliance.missing for n in page["top_nodes"]] == most_missing(truth)
        for name, policy in self.policies.items():
            statuses = [node.statuses[name] for node in truth.values() if name in node.statuses]
            assert count_policies([policy])[policy.pk].nodes == {s: statuses.count(s) for s in set(statuses)}


def shown(node: Node) -> dict[str, Any]:
    """What the portal shows of a node."""
    row, scan = node.compliance, node.compliance.scan
    return {
        "place": (node.shard.account_id, node.shard.region, node.operating_system),
        "findings": row.findings,
        "counts": (row.missing, row.failed, row.pending_reboot, row.rejected),
        "lacks": (row.critical, row.security, row.other),
        "scanned_at": row.scanned_at,
        "source": (scan.source, scan.policy.configuration_id if scan.policy else scan.scanner) if scan else None,
        "statuses": {under.policy.configuration_id: under.status for under in node.policies.all()},
    }


def known(node: Known) -> dict[str, Any]:
    """The same of what the sandbox knows."""
    return {
        "place": (node.account_id, node.region, node.operating_system),
        "findings": node.findings,
        "counts": node.counts,
        "lacks": node.lacks,
        "scanned_at": node.scanned_at,
        "source": node.source,
        "statuses": node.statuses,
    }


def heat(truth: dict[str, Known]) -> dict[Place, tuple[int, int, int]]:
    """Of each place with nodes: how many, how many lack something, and how many were never scanned."""
    found: dict[Place, tuple[int, int, int]] = {}
    for node in truth.values():
        nodes, wanting, unscanned = found.get((node.account_id, node.region), (0, 0, 0))
        is_unscanned = node.findings == "never_scanned"
        lacks = not is_unscanned and node.findings != "up_to_date"
        found[node.account_id, node.region] = (nodes + 1, wanting + lacks, unscanned + is_unscanned)
    return found


def most_missing(truth: dict[str, Known]) -> list[int]:
    """How much those miss that miss most."""
    return sorted((node.counts[0] for node in truth.values() if node.counts[0]), reverse=True)[:8]


@pytest.mark.django_db
def test_the_portal_shows_what_the_sandbox_knows() -> None:
    run_state_machine_as_test(
        Truth,
        settings=settings(
            max_examples=EXAMPLES or USUAL_EXAMPLES, stateful_step_count=30, suppress_health_check=list(HealthCheck)
        ),
    )
