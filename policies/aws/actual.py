"""What of a policy exists in AWS right now, in the words of the plan, so that it can be compared with what should."""

from __future__ import annotations

from policies.aws.bucket_facts import read_bucket
from policies.aws.connect import Aws
from policies.aws.override_file import read_override_file
from policies.aws.stack_instances import read_awaiting_regions, read_instances, units_of
from policies.aws.stack_sets import StoredSet, read_stack_set
from policies.aws.storage import bucket_exists
from policies.domain import naming
from policies.domain.resources import OverrideFile, Place, Resource, StackInstances

STACK_SET_KINDS = ("TA", "MA", "LA")


def read_actual(aws: Aws, place: Place, configuration_id: str) -> tuple[Resource, ...]:
    """The policy's resources as they stand, in the order in which they were made; () when nothing is left.

    The override file's body cannot be read back (aws-facts 2.6): it is "" and the digest speaks for it.
    """
    names = (
        naming.access_log_bucket(place.account_id, configuration_id),
        naming.override_bucket(place.account_id, configuration_id),
    )
    found: list[Resource] = []
    for name in names:
        if bucket_exists(aws, name, place.home_region):
            found.append(read_bucket(aws, name, place.home_region))
    found += _read_file(aws, names[1], place.home_region)
    stored = _read_sets(aws, place.home_region, configuration_id)
    found += [one.resource for one in stored]
    found += [place for one in stored for place in _read_places(aws, one)]
    return tuple(found)


def _read_file(aws: Aws, bucket: str, region: str) -> list[OverrideFile]:
    found = read_override_file(aws, bucket, region)
    return [OverrideFile(bucket, region, body="", digest=found.digest)] if found else []


def _read_sets(aws: Aws, region: str, configuration_id: str) -> list[StoredSet]:
    names = (naming.stack_set(kind, configuration_id) for kind in STACK_SET_KINDS)
    return [found for name in names if (found := read_stack_set(aws, name, region))]


def _read_places(aws: Aws, stored: StoredSet) -> list[StackInstances]:
    name, region = stored.resource.name, stored.resource.region
    instances = list(read_instances(aws, name, region))
    regions = tuple(sorted({one.region for one in instances}))
    if stored.unit_ids:
        # Units without an account have no instances, and yet the set is deployed to them.
        regions = regions or read_awaiting_regions(aws, name, region)
        return [StackInstances(name, region, regions, unit_ids=stored.unit_ids)]
    if not instances:
        return []
    # A removal that failed leaves accounts behind in units that the set is not deployed to any more.
    accounts = tuple(sorted({one.account_id for one in instances}))
    return [StackInstances(name, region, regions, units_of(instances), accounts)]
