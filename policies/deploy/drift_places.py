"""What is amiss in the places of one stack set, by CloudFormation's word and by what was last read of associations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.aws.connect import Aws
from policies.aws.organization import list_accounts
from policies.aws.stack_instances import InstanceFact, read_instances
from policies.deploy.operations import is_broken
from policies.domain.resources import StackInstances
from policies.domain.status import InstanceStatus, ShardStatus
from policies.models import AssociationState, Policy, Shard
from policies.plan.changes import Action
from policies.plan.places import Amiss, Association, associations_in, compare_associations, targets_of

Key = tuple[str, str]


@dataclass(frozen=True)
class Places:
    """Where a stack set should be deployed, and the template that its stacks should have."""

    places: StackInstances
    template: str


@dataclass(frozen=True)
class Found:
    """What is amiss; `unread` places have a stack whose associations were not read since the last deployment."""

    wanted: Places
    amiss: tuple[Amiss, ...]
    unread: int


def find_amiss(policy: Policy, wanted: Places, aws: Aws) -> Found:
    """Compare every place of a stack set that stands. Raises AwsProblem."""
    there = {(one.account_id, one.region): one for one in read_instances(aws, wanted.places.stack_set, aws.region)}
    missing = [Amiss(*key, Action.CREATE, ()) for key in sorted(_expected(wanted.places, aws) - there.keys())]
    broken = [_broken(one) for one in there.values() if _is_wrong(one)]
    wrong = {(each.account_id, each.region) for each in broken}
    well = [key for key, one in there.items() if one.status == InstanceStatus.SUCCEEDED and key not in wrong]
    known = _read_associations(policy)
    astray = [found for key in well if key in known and (found := _astray(key, wanted, known[key]))]
    return Found(wanted, (*missing, *broken, *astray), sum(key not in known for key in well))


def _expected(places: StackInstances, aws: Aws) -> set[Key]:
    """The accounts that CloudFormation deploys to, by Regions: of units, all active ones but the management account."""
    accounts: Iterable[str] = places.account_ids
    if places.unit_ids:
        units = set(places.unit_ids)
        members = (one for one in list_accounts(aws) if one.is_active and not one.is_management)
        accounts = [one.account_id for one in members if units & set(one.unit_path.split("/"))]
    return {(account_id, region) for account_id in accounts for region in places.regions}


def _is_wrong(one: InstanceFact) -> bool:
    """Failed, or left behind by an update; one that CloudFormation is at right now is neither."""
    return is_broken(one) or (one.status == InstanceStatus.SUCCEEDED and not one.is_current)


def _broken(one: InstanceFact) -> Amiss:
    said = f"{one.status}: {one.reason}" if one.reason else str(one.status)
    return Amiss(one.account_id, one.region, Action.REDEPLOY, (f"- {said}",))


def _astray(key: Key, wanted: Places, found: Mapping[str, Association | None]) -> Amiss | None:
    wrong = compare_associations(associations_in(wanted.template), found)
    return Amiss(*key, Action.REPLACE, wrong) if wrong else None


def _read_associations(policy: Policy) -> dict[Key, dict[str, Association | None]]:
    """The policy's associations by place, where they were read since its last deployment ended."""
    newest = policy.deployments.first()
    ended = newest.finished_at if newest else None
    shards = Shard.objects.filter(status=ShardStatus.FRESH, collected_at__gt=ended) if ended else Shard.objects.none()
    found: dict[Key, dict[str, Association | None]] = {key: {} for key in shards.values_list("account_id", "region")}
    for row in policy.associations.filter(shard__in=shards).select_related("shard"):
        found[row.shard.account_id, row.shard.region][row.name] = _association(row)
    return found


def _association(row: AssociationState) -> Association | None:
    return None if row.schedule is None else Association(row.name, row.schedule, targets_of(row.targets))
