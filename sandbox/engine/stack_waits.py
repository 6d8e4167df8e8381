"""WaitForSuccessTimeoutSeconds of an AWS::SSM::Association: its stack goes on when the association has succeeded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.engine.resource_kind import Made
from sandbox.engine.stacks import Awaited

if TYPE_CHECKING:
    from sandbox.engine.world import World

PROPERTY = "WaitForSuccessTimeoutSeconds"
NO_SUCCESS = "The association did not show Success in time"


def awaited_of(world: World, logical_id: str, made: Made) -> Awaited | None:
    """What the stack waits for now that it has made or changed a resource; None for nothing."""
    if PROPERTY not in made.properties:
        return None
    seconds = timedelta(seconds=int(made.properties[PROPERTY]))
    return Awaited(made.physical_id, logical_id, world.now() + seconds)


def has_succeeded(world: World, awaited: Awaited) -> bool:
    """Whether the association's newest execution ended well."""
    association = world.associations.all.get(awaited.association_id)
    return association is not None and association.status == "Success"
