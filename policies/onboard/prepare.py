"""The one-click steps of onboarding. Each is recorded before it begins and after it ended; each looks, then makes true.

So a step that was interrupted is done again by the same click, whatever of it stands in AWS already.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.groundwork import activate_stack_sets, ensure_role
from policies.aws.organization import place_of, who
from policies.aws.stack_instances import Where, create_instances
from policies.aws.stack_sets import create_stack_set, read_stack_set, update_stack_set
from policies.domain.resources import Place
from policies.models import Event, What
from policies.onboard.remedies import local_roles, member_roles
from policies.plan.groundwork import observer_instances, observer_set

NAMESPACE = uuid.UUID("5d0f9a52-1c0b-5f0e-8f6e-3a7c2d1b9e40")


@dataclass(frozen=True)
class Click:
    """What a step has at hand: the connection, where the portal lives, and a token that this click alone has."""

    aws: Aws
    place: Place
    token: str


def prepare(slug: str, by: str, aws: Aws, now: datetime) -> None:
    """Do the step of this check. Raises AwsProblem when AWS refuses it, KeyError for a check that has none."""
    step = STEPS[slug]
    begun = _tell(What.PREPARATION_BEGUN, slug, by, now)
    try:
        step(Click(aws, place_of(who(aws), aws.region), str(uuid.uuid5(NAMESPACE, str(begun.pk)))))
    except AwsProblem as problem:
        _tell(What.PREPARATION_FAILED, slug, by, now, str(problem))
        raise
    _tell(What.PREPARATION_DONE, slug, by, now)


def _activate(click: Click) -> None:
    activate_stack_sets(click.aws)


def _make_local_roles(click: Click) -> None:
    for role in local_roles(click.place):
        ensure_role(click.aws, role)


def _deploy_observer(click: Click) -> None:
    """Begins it; CloudFormation goes on by itself, and the check tells how far it is."""
    wanted = observer_set(click.place, member_roles(click.place))
    found = read_stack_set(click.aws, wanted.name, wanted.region)
    if found is None:
        create_stack_set(click.aws, wanted, click.token)
    elif found.resource != wanted:
        update_stack_set(click.aws, wanted, click.token)
        return
    places = observer_instances(click.place)
    where = Where(places.regions, places.unit_ids)
    create_instances(click.aws, wanted.name, wanted.region, where, click.token)


def _tell(what: What, slug: str, by: str, now: datetime, told: str = "") -> Event:
    return Event.objects.create(at=now, by=by, verb=what, after={"step": slug, "told": told})


STEPS: dict[str, Callable[[Click], None]] = {
    "trusted-access": _activate,
    "stack-sets": _activate,
    "local-roles": _make_local_roles,
    "observer": _deploy_observer,
}
"""By the slug of the check that each of them mends."""
