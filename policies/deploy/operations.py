"""The stack set operations of one step: decided once, recorded, then done one after another.

A step keeps them as JSON in `Step.operations`; the first one goes by `Step.operation_id`, which is recorded before it
is used. So after a crash or a lost answer CloudFormation can be asked whether that very operation was begun.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from policies.aws.stack_instances import InstanceFact, Where, units_of
from policies.domain.resources import StackInstances
from policies.domain.status import BROKEN, InstanceStatus
from policies.plan.changes import Action, Change
from policies.plan.places import Located, blocks

ANYWHERE = Where(regions=())
"""Not narrowed to any place."""
NAMESPACE = uuid.UUID("0b5f2f6e-4a57-5d0c-9f53-0d6d3f2f6b1e")


class Kind(StrEnum):
    """What an operation does. RELEASE: take places out of the set and leave their stacks behind. MEND: whatever of it
    failed is to be found out and done again.
    """

    CREATE = "create"
    DELETE = "delete"
    RELEASE = "release"
    UPDATE_SET = "update-set"
    REDEPLOY = "redeploy"
    MEND = "mend"


@dataclass(frozen=True)
class SetOperation:
    """One operation over some places; `mends` is the kind of the operation that MEND repeats ("" when it had ended)."""

    kind: Kind
    where: Where = ANYWHERE
    mends: Kind | None = None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> SetOperation:
        """The operation that `to_dict` stored."""
        where = Where(**{name: tuple(values) for name, values in stored["where"].items()})
        return cls(Kind(stored["kind"]), where, Kind(stored["mends"]) if stored["mends"] else None)


def first_operation_id(configuration_id: str, deployment_id: int, number: int) -> str:
    """The operation id with which a step begins."""
    return str(uuid.uuid5(NAMESPACE, f"{configuration_id}/{deployment_id}/{number}"))


def next_operation_id(operation_id: str) -> str:
    """The id of the operation after this one."""
    return str(uuid.uuid5(NAMESPACE, operation_id))


def to_deploy(wanted: StackInstances, was: StackInstances | None, shared: tuple[str, ...] = ()) -> list[SetOperation]:
    """What leads from the places as they were to the places as wanted, touching no place that stays.

    But for those of `shared`: accounts that lie in a unit that goes and in one that stays, as units hold units. The
    removal of the one takes them out of the set, and so they are deployed to again.
    """
    if was is None:
        return [SetOperation(Kind.CREATE, _where(wanted, wanted.regions))]
    if was.unit_ids and was.account_ids:  # what a removal that failed has left
        return [*to_remove(was), *to_deploy(wanted, None)]
    kept = tuple(region for region in was.regions if region in wanted.regions)
    left = tuple(region for region in was.regions if region not in wanted.regions)
    new = tuple(region for region in wanted.regions if region not in was.regions)
    steps = [
        (Kind.DELETE, _where(was, left)),
        (Kind.DELETE, _without(was, wanted, kept)),
        (Kind.CREATE, Where(kept, wanted.unit_ids, shared) if shared else ANYWHERE),
        (Kind.CREATE, _without(wanted, was, kept)),
        (Kind.CREATE, _where(wanted, new)),
    ]
    return [SetOperation(kind, where) for kind, where in steps if where.regions and _names_someone(where)]


def to_remove(was: StackInstances) -> list[SetOperation]:
    """What removes every place."""
    return [SetOperation(Kind.DELETE, _where(was, was.regions))]


def to_release(removal: SetOperation, instances: Iterable[InstanceFact]) -> list[SetOperation]:
    """What a removal leaves to do: the places of suspended accounts, which it passes over, would hold the set for ever.

    Nothing reaches such an account, and what is in it ends with it. That StackSets lets go of its places once their
    stacks are retained is UNVERIFIED; if it does not, the removal of the set fails and says what to do.
    """
    skipped = [one for one in instances if one.status == InstanceStatus.SKIPPED and _covers(removal.where, one)]
    return [SetOperation(Kind.RELEASE, where) for where in rectangles(skipped, removal.where.unit_ids)]


def to_mend_places(action: Action, places: StackInstances) -> list[SetOperation]:
    """What makes the stacks of some places right again: deployed again, or removed and made anew.

    A stack whose template is as it was is not updated, whatever was done to its resources: those are made anew.
    """
    where = _where(places, places.regions)
    if action is Action.REDEPLOY:
        return [SetOperation(Kind.REDEPLOY, where)]
    return [SetOperation(Kind.DELETE, where), SetOperation(Kind.CREATE, where)]


def has_ended(operations: list[dict[str, Any]] | None) -> bool:
    """Whether the first operation of a step that failed has ended, and is to be mended now.

    Else AWS refused to begin it or to tell of it. It may have been begun, so it keeps its id, to be found again by it.
    """
    return not operations or operations[0]["kind"] == Kind.MEND


def to_retry(operations: list[dict[str, Any]] | None, only: Iterable[Located] = ()) -> list[dict[str, Any]] | None:
    """The operations of a step that is tried again: the first one mended, or all places when all had ended.

    `only` narrows what is mended to some places.
    """
    if operations is None:
        return None
    failed = SetOperation.from_dict(operations[0]) if operations else SetOperation(Kind.MEND)
    mends = failed.mends if failed.kind == Kind.MEND else failed.kind
    wheres = rectangles(only, failed.where.unit_ids) or [failed.where]
    return [*(SetOperation(Kind.MEND, where, mends).to_dict() for where in wheres), *operations[1:]]


def to_mend(mend: SetOperation, instances: Iterable[InstanceFact], change: Change) -> list[SetOperation]:
    """The operations that touch only the places which are not as they should be; those that `change` leaves go.

    When none is found, the operation to mend was never begun and is done as it was.
    """
    broken = [one for one in instances if is_broken(one) and _covers(mend.where, one)]
    if not broken:
        return [SetOperation(mend.mends, mend.where)] if mend.mends else []
    kind = mend.mends if mend.mends in (Kind.DELETE, Kind.RELEASE) else Kind.REDEPLOY
    gone = [one for one in broken if _leaves(change, one)]
    kept = [one for one in broken if not _leaves(change, one)]
    return [*_mends_of(Kind.DELETE, gone, mend.where), *_mends_of(kind, kept, mend.where)]


def _mends_of(kind: Kind, some: list[InstanceFact], mended: Where) -> list[SetOperation]:
    """A service-managed set wants units beside the accounts."""
    return [SetOperation(kind, where) for where in rectangles(some, mended.unit_ids or units_of(some))]


def _leaves(change: Change, one: InstanceFact) -> bool:
    """Whether a change of places leaves the one where this instance is."""
    was, wanted = change.was, change.resource
    if not isinstance(was, StackInstances) or not isinstance(wanted, StackInstances):
        return False
    regions, units = set(was.regions) - set(wanted.regions), set(was.unit_ids) - set(wanted.unit_ids)
    return one.region in regions or one.unit_id in units


def is_broken(instance: InstanceFact) -> bool:
    """Whether a stack instance failed, was cancelled or never got its turn."""
    return instance.status in BROKEN


def rectangles(places: Iterable[Located], unit_ids: tuple[str, ...]) -> list[Where]:
    """The fewest blocks that hold these places and no other."""
    return [Where(regions, unit_ids, accounts) for accounts, regions in blocks(places)]


def _where(places: StackInstances, regions: tuple[str, ...]) -> Where:
    return Where(regions, places.unit_ids, places.account_ids)


def _without(places: StackInstances, others: StackInstances, regions: tuple[str, ...]) -> Where:
    units = tuple(unit for unit in places.unit_ids if unit not in others.unit_ids)
    accounts = tuple(account for account in places.account_ids if account not in others.account_ids)
    return Where(regions, units, accounts)


def _names_someone(where: Where) -> bool:
    return bool(where.unit_ids or where.account_ids)


def _covers(where: Where, instance: InstanceFact) -> bool:
    in_region = not where.regions or instance.region in where.regions
    return in_region and (not where.account_ids or instance.account_id in where.account_ids)
