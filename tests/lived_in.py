"""A portal that has been used for some days: policies in several states, nodes that were scanned, drafts half way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from policies.aws.baselines import list_baselines, predefined
from policies.aws.connect import Aws
from policies.aws.organization import place_of, who
from policies.deploy.drift import check_drift
from policies.deploy.hold import hold_sync
from policies.deploy.ordering import order_run
from policies.deploy.run import run_next_step
from policies.deploy.start import create_policy, edit_policy
from policies.deploy.sync import sync_policy
from policies.domain import iam
from policies.domain.spec import (
    RECOMMENDED_INSTALL,
    RECOMMENDED_SCAN,
    AccountScope,
    BaselineChoice,
    LogStorage,
    NodeScope,
    Operation,
    PolicySpec,
    RateControl,
    Schedule,
    Targets,
)
from policies.models import Channel, Deployment, Draft, Flip, Node, PatchOperation, Policy, RunOrder
from policies.observe.alerts import watch
from policies.observe.collect import collect_organization, collect_shard
from policies.observe.tallies import tally_fleet
from policies.wizard.draft import answers_for, begin_draft
from sandbox.engine.world import World
from tests.specs import some_spec

REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")
MINUTE = timedelta(minutes=1)
ANSWERED, PICKED, WRONG, EDITED, OVERTAKEN, EMPTY = "answered", "picked", "wrong", "edited", "overtaken", "empty"
"""The drafts that there are, by what is the matter with each."""


@dataclass(frozen=True)
class LivedIn:
    """What stands in the portal, for addresses: a deployed policy, its deployment, a node under it with one of its
    runs, a scan that someone ordered, drafts.
    """

    policy: Policy
    deployment: Deployment
    node: Node
    order: RunOrder
    drafts: dict[str, Draft]

    @property
    def run(self) -> dict[str, object]:
        """One of the node's runs, by the parts of its address."""
        association = self.policy.associations.get(shard=self.node.shard, purpose="scan")
        execution_id = next(iter(association.executions))
        return {"association": association.pk, "execution_id": execution_id, "instance_id": self.node.instance_id}


def live_in(aws: Aws, world: World, owner: User) -> LivedIn:
    """Let the portal do what its people and workers would do in a day. Takes some seconds."""
    asked = weekly(aws)
    _open_log_bucket(asked, aws)
    policy = _deploy(create_policy(asked, "ann", aws, world.now(), lambda: "abcde"), aws, world)
    production = replace(asked, name="production-scans", operation=Operation.SCAN, install=None, targets=in_units())
    held = _deploy(create_policy(production, "bob", aws, world.now(), lambda: "prod1"), aws, world)
    _spoil(
        _deploy(
            create_policy(replace(production, name="tokyo-scans"), "bob", aws, world.now(), lambda: "tokyo"), aws, world
        )
    )
    hold_sync(held, "CHG-2041", None, "olga", world.now())
    _change_baseline(asked, aws)
    for each in (policy, held):
        sync_policy(each, "ann", aws, world.now())
    aws.client("s3").delete_bucket_policy(Bucket=held.bucket)
    check_drift(held, aws, world.now())
    world.clock.advance(timedelta(days=1))
    world.tick()
    for shard_id in collect_organization(aws, world.now()):
        collect_shard(shard_id, aws, world.now())
    Channel.objects.create(kind="webhook", address="https://hooks.example/", created_by="ann", created_at=world.now())
    watch(world.now())
    tally_fleet()
    drafts = dict(_drafts(policy, owner, aws, world.now()))
    node = Node.objects.filter(policies__policy=policy, compliance__missing__gt=0).first()
    if node is None:
        raise LookupError("no node under the policy misses a patch")
    _tell_flip(node)
    order = order_run(policy, PatchOperation.SCAN, None, UUID(int=1), "olga", world.now())
    return LivedIn(policy, policy.deployments.earliest("pk"), node, order, drafts)


def _tell_flip(node: Node) -> None:
    """The node's newest result is told as one that wrote over another."""
    scan = node.scans.latest("pk")
    Flip.objects.create(
        node=node, kind="findings", before="up_to_date", after="missing", cause="overwritten", policy=scan.policy,
        scan=scan, execution_id=scan.execution_id, happened_at=scan.ended_at, seen_at=scan.seen_at,
    )  # fmt: skip


def weekly(aws: Aws) -> PolicySpec:
    """Installs weekly over the whole organization, with a log bucket, one custom baseline and a node tag."""
    facts = list_baselines(aws)
    ubuntu = next(fact for fact in facts if fact.name == "company-ubuntu")
    chosen = {choice.operating_system: choice for choice in predefined(facts)}
    chosen["UBUNTU"] = BaselineChoice("UBUNTU", ubuntu.baseline_id, ubuntu.name, is_custom=True)
    return some_spec(
        name="weekly-patching",
        operation=Operation.SCAN_AND_INSTALL,
        scan=Schedule(RECOMMENDED_SCAN, wait_for_first_interval=False),
        install=Schedule(RECOMMENDED_INSTALL, wait_for_first_interval=True),
        reboot_if_needed=True,
        baselines=tuple(chosen.values()),
        logs=LogStorage("example-patch-logs-us-east-1", "us-east-1", "patching"),
        targets=Targets(AccountScope.ORGANIZATION, REGIONS, NodeScope.ALL),
        rate=RateControl("10%", "5"),
    )


def in_units() -> Targets:
    """The web servers of one unit, in two Regions."""
    return Targets(
        AccountScope.UNITS, REGIONS[::2], NodeScope.TAG,
        unit_ids=("ou-demo-prod0001",), tag_key="Role", tag_value="web",
    )  # fmt: skip


def _open_log_bucket(asked: PolicySpec, aws: Aws) -> None:
    """Let the nodes write their logs, by the policy that the wizard shows."""
    if asked.logs:
        wanted = iam.log_bucket_policy(place_of(who(aws), aws.region), asked.logs, asked.targets)
        aws.client("s3").put_bucket_policy(Bucket=asked.logs.bucket, Policy=json.dumps(wanted))


def _change_baseline(asked: PolicySpec, aws: Aws) -> None:
    """Somebody rejects a patch, so that files differ from what they were."""
    [ours] = (choice for choice in asked.baselines if choice.is_custom)
    aws.client("ssm").update_patch_baseline(BaselineId=ours.baseline_id, RejectedPatches=["snapd*"])


def _deploy(deployment: Deployment, aws: Aws, world: World) -> Policy:
    """Work on a deployment as a worker would, until nothing is left to do."""
    while run_next_step(deployment.pk, aws, world.now()):
        world.clock.advance(MINUTE)
    return deployment.policy


def _spoil(policy: Policy) -> None:
    """A deployment that AWS refused half way, and a baseline that somebody deleted."""
    deployment = policy.deployments.earliest("pk")
    step = deployment.steps.last()
    if step is None:
        raise LookupError("a deployment without steps")
    refused = "User is not authorized to perform: cloudformation:CreateStackInstances"
    deployment.steps.filter(pk=step.pk).update(status="failed", aws_code="AccessDenied", aws_message=refused)
    policy.deployments.update(status="failed")
    gone = {"operating_system": "UBUNTU", "baseline_id": "pb-0a1", "name": "company-ubuntu-2025", "is_custom": True}
    Policy.objects.filter(pk=policy.pk).update(missing_baselines=[gone])


def _drafts(policy: Policy, owner: User, aws: Aws, now: datetime) -> Iterator[tuple[str, Draft]]:
    answers = answers_for(replace(policy.asked, name="nightly-scans", targets=in_units()))
    yield ANSWERED, _draft(owner, now, "nexta", answers)
    picked = {**answers["targets"], "node_scope": ["InstanceIds"], "instance_ids": [some_instance()]}
    yield PICKED, _draft(owner, now, "nextf", {**answers, "targets": picked})
    wrong = {step: {name: [""] for name in given} for step, given in answers.items()}
    yield WRONG, _draft(owner, now, "nextb", wrong | {"logs": {"write_logs": ["on"], "log_bucket": ["No bucket"]}})
    # One without answers is forgotten a day after, by the clock of the workers.
    yield EMPTY, _draft(owner, timezone.now(), "nextc", {})
    change = {"rate": {**answers_for(policy.asked)["rate"], "concurrency": ["25%"]}}
    edit = begin_draft(owner, now, lambda: "nextd", policy)
    yield OVERTAKEN, _answer(edit, edit.answers | change)
    edit_policy(policy, replace(policy.asked, rate=RateControl("50%", "2%")), "bob", aws, now)
    edit = begin_draft(owner, now, lambda: "nexte", policy)
    yield EDITED, _answer(edit, edit.answers | change | {"targets": answers["targets"]})


def some_instance() -> str:
    """An EC2 instance that the portal knows."""
    return Node.objects.filter(instance_id__startswith="i-").values_list("instance_id", flat=True)[0]


def _draft(owner: User, now: datetime, configuration_id: str, answers: dict[str, dict[str, list[str]]]) -> Draft:
    return _answer(begin_draft(owner, now, lambda: configuration_id), answers)


def _answer(draft: Draft, answers: dict[str, dict[str, list[str]]]) -> Draft:
    draft.answers = answers
    draft.save()
    return draft
