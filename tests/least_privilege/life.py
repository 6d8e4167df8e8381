"""The portal's whole life on a sandbox that enforces IAM, with no more rights than the policies it prints.

A feature that asks AWS for something new gets its place in `live`: an action that no part of this life needs may not be
printed, and one that it needs must be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from policies.aws import access, organization
from policies.aws.actual import read_actual
from policies.aws.baselines import list_baselines, predefined
from policies.aws.connect import Aws
from policies.aws.patches import list_patches
from policies.deploy import resume, start, versions
from policies.deploy.ordering import order_run
from policies.deploy.run import run_next_step
from policies.deploy.run_order import run_next_part
from policies.deploy.sync import sync_policy
from policies.domain import naming
from policies.domain.spec import AccountScope, LogStorage, PolicySpec, Schedule
from policies.domain.status import DeploymentStatus
from policies.management.commands.print_iam_policy import runner_policy
from policies.models import AssociationState, Deployment, Node, PatchOperation, Policy, Shard
from policies.observe import runs
from policies.observe.collect import collect_organization, collect_shard
from policies.observe.preflight import read_preflight
from policies.onboard.checks import look
from policies.onboard.prepare import STEPS, prepare
from sandbox.engine.scanners import add_maintenance_window
from sandbox.engine.trust import Principal, Role
from sandbox.operations.sts import open_session
from sandbox.wire import Sandbox
from sandbox.worlds import read_world, stock
from tests.deploy.cockpit import choosing, delete_baseline, make_baseline
from tests.specs import some_spec
from tests.worlds import BEGIN, MANAGEMENT, MEMBER, sign_in

ROLE = "PatchPortal"
REGION = "us-east-1"
OTHER_MEMBER = "222233334444"
ORGANIZATION = Path(__file__).with_name("organization.toml")
LOGS = LogStorage("example-patch-logs", REGION, "patching")
EMPTY_UNIT = "ou-leas-empty001"
TEMPLATE = '{"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}'
MOST_LOOKS = 200

Document = dict[str, Any]


class Failed(Exception):
    """A part of the life did not succeed; the message is what the portal tells its people."""


@dataclass
class Life:
    """The portal signed in as its role, on a sandbox whose clock it moves."""

    sandbox: Sandbox
    aws: Aws
    now: datetime = BEGIN

    def pass_time(self, time: timedelta) -> None:
        """Later, there as here."""
        self.now += time
        self.sandbox.world.clock.advance(time)

    def work(self, deployment: Deployment, ending: DeploymentStatus = DeploymentStatus.SUCCEEDED) -> Policy:
        """Work on a deployment to its end; raises Failed when it ends another way."""
        for _ in range(MOST_LOOKS):
            self.pass_time(timedelta(minutes=1))
            if run_next_step(deployment.pk, self.aws, self.now) is None:
                break
        deployment.refresh_from_db()
        if deployment.status != ending:
            raise Failed("; ".join(step.aws_message for step in deployment.steps.all() if step.aws_message))
        return deployment.policy


def begin(portal: Document, member: Document) -> Life:
    """The organization beside this file; the portal's role and the members' read roles have these policies alone."""
    served = Sandbox(read_world(ORGANIZATION, BEGIN), strict_answers=True)
    stock(served.world)
    world = served.world
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole"}]}
    world.account(MANAGEMENT).roles[ROLE] = Role(ROLE, "AROAPATCHPORTAL", BEGIN, trust, inline={"Printed": portal})
    for account_id in world.organization.accounts:
        reader = world.account(account_id).roles.get(settings.AWS_READ_ROLE_NAME)
        if reader:
            reader.inline, reader.attached = {"Printed": member}, []
        runner = world.account(account_id).roles.get(settings.AWS_RUN_ROLE_NAME)
        if runner:
            runner.inline = {"Printed": runner_policy()}
    world.enforces_iam = True
    key = open_session(world, Principal(MANAGEMENT, ROLE, "portal"))
    return Life(served, sign_in(served, key=key))


def live(life: Life) -> None:
    """All that the portal does, one after the other; raises Failed or AwsProblem at the first thing that fails."""
    _make_ready(life)
    _look_round(life)
    _look_at_an_empty_unit(life)
    spec = some_spec(uses_custom_baselines=False, baselines=predefined(list_baselines(life.aws)), logs=LOGS)
    policy = _create(life, spec)
    _collect(life)
    _sync(life, policy)
    _run_now(life, policy)
    wider = replace(spec, targets=replace(spec.targets, regions=(REGION, "eu-west-1")))
    _stop_and_go_on(life, start.edit_policy(policy, wider, "ann", life.aws, life.now))
    policy.refresh_from_db()
    later = replace(spec, scan=Schedule("cron(0 3 * * ? *)", wait_for_first_interval=False))
    life.work(start.edit_policy(policy, later, "ann", life.aws, life.now))
    policy.refresh_from_db()
    life.work(start.delete_policy(policy, "ann", life.aws, life.now))
    alone = replace(spec, name="Alone", targets=replace(spec.targets, account_scope=AccountScope.ACCOUNT))
    made = _lose_a_baseline(life, alone)
    life.work(start.delete_policy(made, "ann", life.aws, life.now))


def _make_ready(life: Life) -> None:
    """Onboarding: what is missing at first is made by the page's buttons, and then every check is fine."""
    world = life.sandbox.world
    world.organization.trusted_services.clear()
    for name in (naming.ADMINISTRATION_ROLE, naming.EXECUTION_ROLE):
        del world.account(MANAGEMENT).roles[name]
    for name in (settings.AWS_READ_ROLE_NAME, settings.AWS_RUN_ROLE_NAME):
        del world.account(OTHER_MEMBER).roles[name]
    for slug in STEPS:
        prepare(slug, "ann", life.aws, life.now)
        life.pass_time(timedelta(minutes=10))
    for finding in look(life.aws, most_accounts=9).findings:
        if not finding.is_fine:
            raise Failed(f"{finding.check.title}: {finding.told}")


def _look_round(life: Life) -> None:
    """What the start page and the wizard ask."""
    organization.read_organization(life.aws)
    organization.list_regions(life.aws)
    for bucket in access.list_buckets(life.aws):
        access.check_log_bucket(life.aws, bucket.name)
    for group in access.list_resource_groups(life.aws, (REGION,)):
        access.list_group_nodes(life.aws, group.region, group.name)


def _look_at_an_empty_unit(life: Life) -> None:
    """What stands of a policy over a unit that no account has joined yet."""
    cfn, name = sign_in(life.sandbox).client("cloudformation"), naming.stack_set("TA", "empty")
    automatic = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    cfn.create_stack_set(
        StackSetName=name, TemplateBody=TEMPLATE, PermissionModel="SERVICE_MANAGED", AutoDeployment=automatic
    )
    units = {"OrganizationalUnitIds": [EMPTY_UNIT]}
    cfn.create_stack_instances(StackSetName=name, DeploymentTargets=units, Regions=[REGION])
    read_actual(life.aws, organization.place_of(organization.who(life.aws), REGION), "empty")


def _create(life: Life, spec: PolicySpec) -> Policy:
    """In one account a role stands in the way at first; once it is gone, what failed is tried again."""
    roles = life.sandbox.world.account(MEMBER).roles
    name = naming.automation_role(REGION, "abcde")
    roles[name] = replace(roles["app-server"], name=name)
    deployment = start.create_policy(spec, "ann", life.aws, life.now, lambda: "abcde")
    life.work(deployment, DeploymentStatus.PARTIAL)
    del roles[name]
    resume.retry(deployment, "ann", life.now)
    return life.work(deployment)


def _stop_and_go_on(life: Life, deployment: Deployment) -> None:
    """Stopped while its first operation runs."""
    run_next_step(deployment.pk, life.aws, life.now)
    resume.stop(deployment, "ann", life.now)
    run_next_step(deployment.pk, life.aws, life.now)
    life.work(deployment, DeploymentStatus.STOPPED)
    resume.go_on(deployment, "ann", life.now)
    life.work(deployment)


def _collect(life: Life) -> None:
    """Once the nodes have been scanned, of which one fails; then a maintenance window writes over what was found."""
    for account_id in (MANAGEMENT, MEMBER):
        add_maintenance_window(life.sandbox.world, account_id, REGION, schedule="rate(1 hour)")
    life.pass_time(timedelta(minutes=30))
    _read(life)
    life.pass_time(timedelta(minutes=40))
    _read(life)
    _open_runs(life)
    _look_at_nodes(life)


def _read(life: Life) -> None:
    """Every account and Region, until nothing is left to read."""
    left = collect_organization(life.aws, life.now)
    while left:
        for shard_id in left:
            collect_shard(shard_id, life.aws, life.now)
        for shard in Shard.objects.exclude(error_message=""):
            raise Failed(shard.error_message)
        left = tuple(Shard.objects.filter(is_behind=True).values_list("pk", flat=True))


def _look_at_nodes(life: Life) -> None:
    """The patches of each node, and its access; the roles have a policy of their own beside those of AWS."""
    allowed = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
    for node in Node.objects.select_related("shard__account"):
        life.sandbox.world.account(node.shard.account_id).roles["app-server"].inline["Logs"] = allowed
        member = life.aws.in_account(node.shard.account_id)
        list_patches(member, node.shard.region, node.instance_id)
        read_preflight(Policy.objects.get(configuration_id="abcde"), node.shard, life.aws, node.instance_id)


def _open_runs(life: Life) -> None:
    """The runs of the scans, down to what a node wrote."""
    storage = sign_in(life.sandbox).client("s3")
    for association in AssociationState.objects.filter(purpose="scan"):
        folder = f"patching/abcde/{association.shard.account_id}/{REGION}"
        for run in runs.read_runs(association, life.aws):
            for row in runs.read_nodes(association, run.execution_id, life.aws, "", "").rows:
                key = f"{folder}/{row.told.command_id}/{row.told.instance_id}/stdout"
                storage.put_object(Bucket=LOGS.bucket, Key=key, Body=b"Done")
                runs.read_output(association, run.execution_id, row.told.instance_id, row.node, life.aws)


def _run_now(life: Life, policy: Policy) -> None:
    """A scan of all nodes, and one of those that were chosen."""
    everywhere = order_run(policy, PatchOperation.SCAN, None, UUID(int=1), "olga", life.now)
    chosen = list(Node.objects.filter(policies__policy=policy).values_list("pk", flat=True))
    for order in (everywhere, order_run(policy, PatchOperation.SCAN, chosen, UUID(int=2), "olga", life.now)):
        while run_next_part(order.pk, life.aws, life.now):
            life.pass_time(timedelta(seconds=20))
        for part in order.parts.exclude(aws_message=""):
            raise Failed(part.aws_message)


def _sync(life: Life, policy: Policy) -> None:
    sync_policy(policy, "ann", life.aws, life.now)
    policy.refresh_from_db()
    if policy.sync_error:
        raise Failed(policy.sync_error)


def _lose_a_baseline(life: Life, spec: PolicySpec) -> Policy:
    """A policy whose own baseline somebody deletes, and which the portal makes anew."""
    administrator = sign_in(life.sandbox)
    baseline_id = make_baseline(administrator)
    asked = choosing(spec, baseline_id)
    policy = life.work(start.create_policy(asked, "ann", life.aws, life.now, lambda: "alone"))
    delete_baseline(administrator, baseline_id)
    _sync(life, policy)
    life.work(versions.recreate_baseline(policy, "AMAZON_LINUX_2023", "ann", life.now))
    return policy


def without(document: Document, action: str) -> Document:
    """The policy without one action; statements that would be left empty go."""
    kept = [{**s, "Action": [a for a in s["Action"] if a != action]} for s in document["Statement"]]
    return {**document, "Statement": [statement for statement in kept if statement["Action"]]}


def actions_of(document: Document) -> list[str]:
    """Every action that a policy allows."""
    return sorted({action for statement in document["Statement"] for action in statement["Action"]})
