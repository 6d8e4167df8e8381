"""What must exist in AWS for a policy: the spec turned into resources, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Sequence

from policies.domain import naming
from policies.domain.baselines import BaselineRules, override_body
from policies.domain.canonical import canonical, digest
from policies.domain.iam import access_log_bucket_policy, bucket_policy
from policies.domain.resources import (
    Bucket,
    OverrideFile,
    PermissionModel,
    Place,
    Resource,
    StackInstances,
    StackSet,
)
from policies.domain.spec import AccountScope, PolicySpec
from policies.plan.template import make_template

EXPIRE_OLD_VERSIONS_DAYS = 90
ARCHIVE_LOGS_DAYS, EXPIRE_LOGS_DAYS = 90, 3653
"""What becomes of the access log (aws-facts 8.1)."""


def make_desired(
    spec: PolicySpec,
    place: Place,
    configuration_id: str,
    baselines: Sequence[BaselineRules],
    management_in_scope: bool,
) -> tuple[Resource, ...]:
    """The policy's resources in creation order; the file comes before the associations that read it.

    `baselines`: one for each operating system. `management_in_scope`: whether the management account is a target, which
    service-managed stack sets never reach; only asked for UNITS. Raises ValueError for a spec that does not fit the
    place (no organization or root), for an empty baselines, or two baselines for one operating system.
    """
    if not baselines:
        raise ValueError("a policy needs a baseline: an override file without one fails on every node")
    return (
        _access_log_bucket(place, configuration_id),
        _override_bucket(spec, place, configuration_id),
        make_override_file(place, configuration_id, baselines),
        *_stack_sets(spec, place, configuration_id, management_in_scope),
    )


def make_override_file(place: Place, configuration_id: str, baselines: Sequence[BaselineRules]) -> OverrideFile:
    """The override file alone: what the hourly sync compares and writes."""
    body = override_body(baselines)
    bucket = naming.override_bucket(place.account_id, configuration_id)
    return OverrideFile(bucket, place.home_region, body, digest(body))


def _access_log_bucket(place: Place, configuration_id: str) -> Bucket:
    return Bucket(
        name=naming.access_log_bucket(place.account_id, configuration_id),
        region=place.home_region,
        policy=canonical(access_log_bucket_policy(place, configuration_id)),
        tags=naming.resource_tags(configuration_id),
        expire_noncurrent_days=EXPIRE_OLD_VERSIONS_DAYS,
        archive_days=ARCHIVE_LOGS_DAYS,
        expire_days=EXPIRE_LOGS_DAYS,
    )


def _override_bucket(spec: PolicySpec, place: Place, configuration_id: str) -> Bucket:
    return Bucket(
        name=naming.override_bucket(place.account_id, configuration_id),
        region=place.home_region,
        policy=canonical(bucket_policy(place, configuration_id, spec.targets)),
        tags=naming.resource_tags(configuration_id),
        log_bucket=naming.access_log_bucket(place.account_id, configuration_id),
        expire_noncurrent_days=EXPIRE_OLD_VERSIONS_DAYS,
    )


def _stack_sets(
    spec: PolicySpec, place: Place, configuration_id: str, management_in_scope: bool
) -> tuple[Resource, ...]:
    """The stack sets, then where each is deployed."""
    regions = tuple(sorted(spec.targets.regions))
    sets: list[StackSet] = []
    instances: list[StackInstances] = []
    for kind in _kinds(spec.targets.account_scope, management_in_scope):
        made = _stack_set(spec, place, configuration_id, kind)
        sets.append(made)
        if kind == "TA":
            instances.append(StackInstances(made.name, place.home_region, regions, unit_ids=_unit_ids(spec, place)))
        else:
            instances.append(StackInstances(made.name, place.home_region, regions, account_ids=(place.account_id,)))
    return (*sets, *instances)


def _kinds(scope: AccountScope, management_in_scope: bool) -> tuple[str, ...]:
    if scope is AccountScope.ACCOUNT:
        return ("LA",)
    if scope is AccountScope.ORGANIZATION or management_in_scope:
        return ("TA", "MA")
    return ("TA",)


def _unit_ids(spec: PolicySpec, place: Place) -> tuple[str, ...]:
    if spec.targets.account_scope is AccountScope.UNITS:
        return tuple(sorted(spec.targets.unit_ids))
    if not place.root_id:
        raise ValueError("the entire organization is targeted by its root, which only the management account knows")
    return (place.root_id,)


def _stack_set(spec: PolicySpec, place: Place, configuration_id: str, kind: str) -> StackSet:
    is_service_managed = kind == "TA"
    administration = f"arn:{place.partition}:iam::{place.account_id}:role/{naming.ADMINISTRATION_ROLE}"
    return StackSet(
        name=naming.stack_set(kind, configuration_id),
        region=place.home_region,
        template=make_template(spec, place, configuration_id, kind),
        permission_model=PermissionModel.SERVICE_MANAGED if is_service_managed else PermissionModel.SELF_MANAGED,
        tags=naming.resource_tags(configuration_id),
        auto_deployment=is_service_managed,
        administration_role_arn="" if is_service_managed else administration,
        execution_role_name="" if is_service_managed else naming.EXECUTION_ROLE,
    )
