"""The pre-flight of one policy in one account and Region: asks AWS, judges each node, and hands over the remedies.

Read when somebody opens it; nothing is stored. Raises AwsProblem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from policies.aws import access, organization, reach
from policies.aws.connect import Aws
from policies.aws.nodes import NodeFact, list_nodes
from policies.domain.node_access import EndpointAccess, Light, NodeAccess, Outcome, RoleAccess, Wanted
from policies.domain.preflight import check_node, first_obstacle
from policies.domain.spec import LogStorage
from policies.domain.status import PolicyStatus
from policies.models import NodePolicy, Policy, Shard
from policies.plan.access_remedies import Remedy, remedies_of


@dataclass(frozen=True)
class Advice:
    """One check of a node, and the ways to mend it."""

    outcome: Outcome
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True)
class Preflight:
    """A node with all its checks; `obstacle` is what stops it first, None when nothing does."""

    node: NodeAccess
    advice: tuple[Advice, ...]
    obstacle: Outcome | None

    @property
    def light(self) -> Light:
        """The worst of its lights."""
        return self.obstacle.light if self.obstacle else Light.GOOD


def read_preflight(policy: Policy, shard: Shard, aws: Aws, instance_id: str = "") -> tuple[Preflight, ...]:
    """Every EC2 instance and managed node of an account-Region, or the one that is named; those that fail first."""
    wanted = read_wanted(policy, aws)
    nodes = _read_nodes(shard, aws.in_account(shard.account_id), wanted, instance_id)
    codes = _exit_codes(policy, shard)
    found = [_judge(replace(node, exit_code=codes.get(node.instance_id)), wanted) for node in nodes]
    worst = list(Light)
    return tuple(sorted(found, key=lambda one: (-worst.index(one.light), one.node.name, one.node.instance_id)))


def read_wanted(policy: Policy, aws: Aws) -> Wanted:
    """What the policy asks of its nodes, with its bucket policy as it stands in S3."""
    place = organization.place_of(organization.who(aws), policy.home_region)
    return Wanted(
        place=place,
        configuration_id=policy.configuration_id,
        targets=policy.asked.targets,
        systems=frozenset(choice.operating_system for choice in policy.asked.baselines),
        bucket_policy=access.check_log_bucket(aws, policy.bucket).policy or {},
        logs=policy.asked.logs,
        log_policy=_log_policy(policy.asked.logs, aws),
    )


def _log_policy(logs: LogStorage | None, aws: Aws) -> Mapping[str, Any] | None:
    try:
        return access.check_log_bucket(aws, logs.bucket).policy if logs else None
    except access.BucketGone:
        return None


def _exit_codes(policy: Policy, shard: Shard) -> dict[str, int]:
    """Of the newest run of each node by the policy, 0 where it succeeded; left out where that is not known."""
    rows = NodePolicy.objects.filter(policy=policy, node__shard=shard).values_list(
        "node__instance_id", "status", "exit_code"
    )
    codes = {i: 0 if status == PolicyStatus.COMPLIANT else code for i, status, code in rows}
    return {instance_id: code for instance_id, code in codes.items() if code is not None}


def _judge(node: NodeAccess, wanted: Wanted) -> Preflight:
    outcomes = check_node(node, wanted)
    advice = tuple(Advice(outcome, remedies_of(outcome, node, wanted)) for outcome in outcomes)
    return Preflight(node, advice, first_obstacle(outcomes))


def _read_nodes(shard: Shard, aws: Aws, wanted: Wanted, instance_id: str) -> list[NodeAccess]:
    managed = {fact.instance_id: fact for fact in list_nodes(aws, shard.region)}
    instances = {fact.instance_id: fact for fact in reach.list_instances(aws, shard.region, instance_id)}
    ids = [instance_id] if instance_id else sorted({*managed, *instances})
    roles, endpoints = _Roles(aws, {}), reach.list_endpoints(aws, shard.region)
    path = f"{wanted.place.organization_id}/{shard.account.unit_path}/"
    found = []
    for each in ids:
        instance, fact = instances.get(each), managed.get(each)
        if instance or fact:
            role = roles.of_profile(instance.profile) if instance else roles.named(fact.role if fact else "")
            near = _near(endpoints, instance) if instance else ()
            found.append(_node(each, shard, path, instance, fact, role, near))
    return found


def _near(endpoints: Iterable[EndpointAccess], instance: reach.InstanceFact) -> tuple[EndpointAccess, ...]:
    """The endpoints of the instance's own VPC."""
    return tuple(endpoint for endpoint in endpoints if instance.vpc_id in ("", endpoint.vpc_id))


def _node(
    instance_id: str,
    shard: Shard,
    path: str,
    instance: reach.InstanceFact | None,
    fact: NodeFact | None,
    role: RoleAccess | None,
    endpoints: tuple[EndpointAccess, ...],
) -> NodeAccess:
    return NodeAccess(
        instance_id=instance_id,
        name=(fact.name if fact else "") or (instance.name if instance else ""),
        account_id=shard.account_id,
        account_path=path,
        region=shard.region,
        state=instance.state if instance else "",
        ping_status=fact.ping_status if fact else "",
        agent_version=fact.agent_version if fact else "",
        operating_system=fact.operating_system if fact else "",
        role=role,
        endpoints=endpoints,
    )


@dataclass(frozen=True)
class _Roles:
    """The roles of one account, each read once."""

    aws: Aws
    read: dict[str, RoleAccess | None]

    def named(self, name: str) -> RoleAccess | None:
        """A role by its name, with or without its path; None for no name."""
        name = name.rsplit("/", 1)[-1]
        if name and name not in self.read:
            self.read[name] = reach.read_role(self.aws, name)
        return self.read.get(name)

    def of_profile(self, profile: str) -> RoleAccess | None:
        """The role in an instance profile."""
        return self.named(reach.role_of_profile(self.aws, profile)) if profile else None
