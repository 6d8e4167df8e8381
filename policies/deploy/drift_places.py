"""What is amiss in the places of one stack set, by CloudFormation's word and by what was last read of associations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Prefetch

from policies.aws.connect import Aws
from policies.aws.organization import list_members
from policies.aws.stack_instances import InstanceFact, read_instances
from policies.deploy.operations import is_broken
from policies.domain.association_facts import DESCRIBED, LISTED, Facts, associations_in, compare_associations, facts_of
from policies.domain.resources import StackInstances
from policies.domain.status import InstanceStatus, ShardStatus
from policies.domain.targets import is_in_units
from policies.models import AssociationState, Policy, Shard
from policies.plan.changes import Action
from policies.plan.places import Amiss

AT_A_TIME = 500
"""Places whose associations are held in memory at once."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Places:
    """Where a stack set should be deployed, and the template that its stacks should have."""

    places: StackInstances
    template: str


@dataclass(frozen=True)
class Found:
    """What is amiss; `unread` places have a stack whose associations were not all read since the last deployment."""

    wanted: Places
    amiss: tuple[Amiss, ...]
    unread: int


def find_amiss(policy: Policy, wanted: Places, aws: Aws) -> Found:
    """Compare every place of a stack set that stands. Raises AwsProblem."""
    there = {
        (one.account_id, one.region): one
        for one in read_instances(aws, wanted.places.stack_set, wanted.places.home_region)
    }
    missing = [Amiss(*key, Action.CREATE, ()) for key in sorted(_expected(wanted.places, aws) - there.keys())]
    broken = [_broken(one) for one in there.values() if _is_wrong(one)]
    wrong = {(each.account_id, each.region) for each in broken}
    well = {key for key, one in there.items() if one.status == InstanceStatus.SUCCEEDED} - wrong
    astray, unread = _compare(policy, wanted.template, well)
    return Found(wanted, (*missing, *broken, *astray), unread)


def _compare(policy: Policy, template: str, places: set[Key]) -> tuple[list[Amiss], int]:
    """The places whose associations differ from the template's, and how many could not be compared in full."""
    wanted, astray, read = associations_in(template), [], 0
    for key, found in _read_associations(policy):
        if key not in places:
            continue
        if lines := compare_associations(wanted, found, *key):
            astray.append(Amiss(*key, Action.REPLACE, lines))
        read += all(len(facts) == len(LISTED + DESCRIBED) for facts in found.values())
    return astray, len(places) - read


def _expected(places: StackInstances, aws: Aws) -> set[Key]:
    """The accounts that CloudFormation deploys to, by Regions: of units, all active ones but the management account."""
    accounts: Iterable[str] = places.account_ids
    if places.unit_ids:
        accounts = [one.account_id for one in list_members(aws) if is_in_units(one.unit_path, places.unit_ids)]
    return {(account_id, region) for account_id in accounts for region in places.regions}


def _is_wrong(one: InstanceFact) -> bool:
    """Failed, or left behind by an update; one that CloudFormation is at right now is neither."""
    return is_broken(one) or (one.status == InstanceStatus.SUCCEEDED and not one.is_current)


def _broken(one: InstanceFact) -> Amiss:
    said = f"{one.status}: {one.reason}" if one.reason else str(one.status)
    return Amiss(one.account_id, one.region, Action.REDEPLOY, (f"- {said}",))


def _read_associations(policy: Policy) -> Iterator[tuple[Key, Mapping[str, Facts]]]:
    """The policy's associations place by place, where they were read since its last deployment ended."""
    newest = policy.deployments.first()
    if newest is None or newest.finished_at is None:
        return
    ours = policy.associations.only("shard_id", "name", "schedule", "targets", "settings")
    shards = Shard.objects.filter(status=ShardStatus.FRESH, collected_at__gt=newest.finished_at)
    with_ours = shards.prefetch_related(Prefetch("associations", ours, to_attr="ours"))
    for shard in with_ours.iterator(AT_A_TIME):
        rows: list[AssociationState] = shard.ours
        yield (shard.account_id, shard.region), {row.name: _facts(row) for row in rows}


def _facts(row: AssociationState) -> Facts:
    """What is known of an association: nothing while its row is from before schedules were kept."""
    if row.schedule is None:
        return {}
    targets = [{"Key": key, "Values": values} for key, values in row.targets]
    told = {"ScheduleExpression": row.schedule, "Targets": targets, **row.settings}
    return facts_of(told, LISTED + DESCRIBED if row.settings else LISTED)
