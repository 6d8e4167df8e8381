"""Reads one account-Region from AWS: everything that the rows of a shard are made from, and nothing is written.

A reading of n nodes costs at most 3 x ceil(n/50) + 4 calls, unless there are more than 150 associations, whose list
alone takes as many. Nodes, patch states and associations are always read; who wrote the states when one is new, tags
when a node is new or they are old, a policy's results when its association ran, what an association is set to once for
each of its versions, other scanners when they or who made a result must be found out. What does not fit into the calls
is left for the next reading, which comes at once (`is_behind`).

Without nodes, patch states with who wrote them, and associations there is no reading. All else is spared where AWS
denies it, and asked again at the next turn (`refused`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policies.aws.associations import PatchAssociations, ScannerFact, list_patch_associations
from policies.aws.compliance import PatchStateFact, SourceFact, list_patch_states, list_sources
from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem
from policies.aws.nodes import NodeFact, list_nodes, read_tags, with_tags
from policies.domain.pace import Purse, pages
from policies.observe.refusals import Refusals
from policies.observe.run_reading import KnownRuns, RunFacts, RunReading
from policies.observe.scanners import Scanners, Unsigned
from policies.observe.tracing import Tracing

Tags = Mapping[str, Mapping[str, str]]
"""The tags of nodes by instance id."""


@dataclass(frozen=True)
class Known:
    """What is stored of a shard. `tags` of each living node by id; `runs` by association id.

    `unsigned`: commands that made results and are nobody's; `unread`: executions passed over that may have sent one.
    """

    tags: Tags = field(default_factory=dict)
    tags_are_old: bool = True
    scanned_at: Mapping[str, datetime | None] = field(default_factory=dict)
    runs: Mapping[str, KnownRuns] = field(default_factory=dict)
    scanners: Scanners = field(default_factory=Scanners)
    unsigned: tuple[Unsigned, ...] = ()
    unread: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ShardFacts:
    """One account-Region at one moment of AWS's clock. `sources` only when a state is new."""

    observed_at: datetime
    nodes: tuple[NodeFact, ...]
    states: Mapping[str, PatchStateFact]
    sources: Mapping[str, SourceFact]
    runs: tuple[RunFacts, ...]
    scanners: Scanners
    tags_were_read: bool
    tags_are_behind: bool
    refused: tuple[PermanentProblem, ...]

    @property
    def is_behind(self) -> bool:
        """Whether something did not fit."""
        return self.tags_are_behind or any(run.is_behind or run.owed or not run.settings for run in self.runs)

    @property
    def is_moving(self) -> bool:
        """Whether a run is under way."""
        return any(run.association.status == "Pending" and run.association.last_run_at for run in self.runs)

    def is_further_than(self, known: Known) -> bool:
        """Whether the next reading has less to pay for, as this one found out something that stays known."""
        searched = {run.association.association_id: run.searched for run in self.runs}
        before = {association_id: runs.searched for association_id, runs in known.runs.items()}
        is_searched = (self.scanners.searched, searched) != (known.scanners.searched, before)
        return is_searched or self.tags_were_read or bool(self.sources)


def read_shard(aws: Aws, region: str, known: Known, configuration_ids: Collection[str]) -> ShardFacts:
    """Read the connection's account in a Region; raises AwsProblem.

    Runs of other configurations than ours are passed over: their associations are other scanners.
    """
    nodes, refusals = list_nodes(aws, region), Refusals()
    states = {s.instance_id: s for s in list_patch_states(aws, region, [n.instance_id for n in nodes])}
    associations = list_patch_associations(aws, region)
    purse = _fill_purse(len(nodes), associations)
    is_new = any(known.scanned_at.get(i) != state.ended_at for i, state in states.items())
    sources = list_sources(aws, region) if is_new and purse.pay(pages(len(states))) else {}
    wants_tags = bool(nodes) and (known.tags_are_old or any(n.instance_id not in known.tags for n in nodes))
    reads_tags = wants_tags and purse.pay(pages(len(nodes)))
    told = _read_tags(aws, region, nodes, refusals) if reads_tags else None
    tags = known.tags if told is None else told
    ours = [a for a in associations.of_policies if a.configuration_id in configuration_ids]
    runs = RunReading(aws, region, purse, refusals).read(ours, known.runs, known.unread)
    scanners = known.scanners.with_associations(_others(associations, configuration_ids))
    tracing = Tracing(aws, region, purse, refusals, aws.now())
    return ShardFacts(
        observed_at=aws.now(),
        nodes=tuple(with_tags(n, tags.get(n.instance_id, {})) for n in nodes),
        states=states,
        sources=sources,
        runs=runs,
        scanners=tracing.read(scanners, known.unsigned) if nodes else scanners,
        tags_were_read=told is not None,
        tags_are_behind=wants_tags and told is None,
        refused=tuple(refusals.told.values()),
    )


def _read_tags(aws: Aws, region: str, nodes: Collection[NodeFact], refusals: Refusals) -> Tags | None:
    """None where AWS denies it."""
    told: Tags | None = refusals.spare(lambda: read_tags(aws, region, [n.instance_id for n in nodes]), None)
    return told


def _fill_purse(nodes: int, associations: PatchAssociations) -> Purse:
    """What is left after the lists. However many associations there are, the results of one can still be read."""
    listed = max([nodes, *(sum(a.counts.values()) for a in associations.of_policies)])
    purse = Purse.for_nodes(listed)
    purse.pay(2 * pages(nodes) if nodes else 1)
    purse.left = max(purse.left - pages(associations.count), 1 + pages(listed))
    return purse


def _others(associations: PatchAssociations, configuration_ids: Collection[str]) -> tuple[ScannerFact, ...]:
    own = {a.association_id for a in associations.of_policies if a.configuration_id in configuration_ids}
    return tuple(s for s in associations.scanners if s.association_id not in own)
