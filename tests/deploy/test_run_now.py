"""Run now: what is confirmed runs once in each account and Region, whatever gets lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from policies.aws.connect import Aws
from policies.aws.errors import AmbiguousProblem, TemporaryProblem
from policies.deploy import run_order as running
from policies.deploy import start
from policies.deploy.ordering import Part, _parts, find_reach, operations_of, order_run
from policies.deploy.tasks import run_order
from policies.domain.spec import RECOMMENDED_INSTALL, Operation, PolicySpec, Schedule
from policies.domain.status import DeploymentStatus, StepStatus
from policies.models import Account, Node, PatchOperation, Policy, RunOrder, RunPart, Shard, What
from policies.models.claimed import LEASE
from policies.observe.collect import collect_organization, collect_shard
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.deploy.conftest import NOW, Work
from tests.worlds import MANAGEMENT, MEMBER, sign_in

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=6)
TOKEN = UUID(int=7)
SCAN = PatchOperation.SCAN

Run = Callable[[RunOrder], RunOrder]


@pytest.fixture
def policy(spec: PolicySpec, work: Work, aws: Aws, world: World, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """A policy that installs, deployed, the nodes of two accounts read; no worker is woken."""
    monkeypatch.setattr(run_order, "delay", lambda _id: None)
    asked = replace(spec, operation=Operation.SCAN_AND_INSTALL, install=Schedule(RECOMMENDED_INSTALL, True))
    policy = work(start.create_policy(asked, "ann", aws, NOW, lambda: "abcde")).policy
    world.clock.advance(timedelta(hours=2))
    collect_organization(aws, LATER)
    for shard in Shard.objects.filter(region="us-east-1", account_id__in=(MANAGEMENT, MEMBER)):
        collect_shard(shard.pk, aws, LATER)
    return policy


@pytest.fixture
def run(aws: Aws, world: World) -> Run:
    """Work on an order until it is closed; time passes there as here."""

    def to_the_end(order: RunOrder) -> RunOrder:
        now = LATER
        for _ in range(500):
            following = running.run_next_part(order.pk, aws, now)
            if following is None:
                order.refresh_from_db()
                return order
            now += timedelta(seconds=following.after_seconds)
            world.clock.advance(timedelta(seconds=following.after_seconds))
        raise AssertionError("the order does not end")

    return to_the_end


def commands(aws: Aws) -> list[dict[str, Any]]:
    """The commands that an account got from the portal."""
    told = aws.client("ssm", "us-east-1").list_commands()["Commands"]
    return [each for each in told if each["Comment"].startswith("PatchPortal")]


def executions(sandbox: Sandbox, policy: Policy) -> int:
    """Scans of the member account that ran."""
    row = policy.associations.get(purpose="scan", shard__account_id=MEMBER)
    told = sign_in(sandbox, MEMBER).client("ssm").describe_association_executions(AssociationId=row.association_id)
    return len(told["AssociationExecutions"])


def test_all_nodes_are_scanned_once_in_every_account(policy: Policy, run: Run, sandbox: Sandbox) -> None:
    before = executions(sandbox, policy)
    order = order_run(policy, SCAN, None, TOKEN, "olga", LATER)

    run(order)

    assert (order.accounts, order.parts.count()) == (2, 2)
    assert order.nodes == policy.nodes.filter(node__gone_at=None).count()
    assert order.status in (DeploymentStatus.SUCCEEDED, DeploymentStatus.PARTIAL)
    assert set(order.parts.values_list("status", flat=True)) <= {StepStatus.SUCCEEDED, StepStatus.PARTIAL}
    assert sum(sum(part.counts.values()) for part in order.parts.all()) >= order.nodes
    assert executions(sandbox, policy) == before + 1
    assert policy.events.get(verb=What.RUN_NOW).by == "olga"


def test_chosen_nodes_get_a_command_with_the_policys_settings(policy: Policy, run: Run, sandbox: Sandbox) -> None:
    node = Node.objects.filter(policies__policy=policy, shard__account_id=MEMBER).first()
    assert node
    order = run(order_run(policy, PatchOperation.INSTALL, [node.pk], TOKEN, "olga", LATER))

    [command] = commands(sign_in(sandbox, MEMBER))
    assert (order.nodes, order.accounts, order.selects) == (1, 1, True)
    assert command["InstanceIds"] == [node.instance_id]
    assert command["Parameters"]["BaselineOverride"] == [f"s3://{policy.bucket}/baseline_overrides.json"]
    assert (command["Parameters"]["Operation"], command["Parameters"]["RebootOption"]) == (["Install"], ["NoReboot"])
    assert sum(order.parts.get().counts.values()) == 1


def test_the_same_confirmation_twice_is_one_order(policy: Policy) -> None:
    first = order_run(policy, SCAN, None, TOKEN, "olga", LATER)

    assert order_run(policy, SCAN, None, TOKEN, "olga", LATER) == first
    assert RunOrder.objects.count() == 1


def test_what_the_policy_does_not_do_is_refused(policy: Policy) -> None:
    policy.spec = {**policy.spec, "install": None}

    assert operations_of(policy) == (SCAN,)
    with pytest.raises(start.CannotStart, match="scans only"):
        order_run(policy, PatchOperation.INSTALL, None, TOKEN, "olga", LATER)


def test_nodes_that_are_not_under_the_policy_are_not_reached(policy: Policy) -> None:
    with pytest.raises(start.CannotStart, match="no node"):
        order_run(policy, SCAN, [999_999], TOKEN, "olga", LATER)


def test_an_account_that_left_is_not_reached(policy: Policy) -> None:
    before = find_reach(policy, SCAN, None)
    Account.objects.filter(account_id=MEMBER).update(is_active=False)

    reach = find_reach(policy, SCAN, None)

    assert {part.account_id for part in before.parts} - {part.account_id for part in reach.parts} == {MEMBER}
    assert 0 < reach.nodes < before.nodes
    gone = Node.objects.filter(shard__account_id=MEMBER, policies__policy=policy).values_list("pk", flat=True)
    assert gone
    assert find_reach(policy, SCAN, list(gone)).parts == ()


def lose_once(monkeypatch: pytest.MonkeyPatch, name: str, problem: BaseException, after: bool) -> None:
    """Let a request fail once, before or after its effect."""
    door: Callable[..., Any] = getattr(running, name)
    raised: list[bool] = []

    def once(*args: Any, **kwargs: Any) -> Any:
        if raised:
            return door(*args, **kwargs)
        raised.append(True)
        if after:
            door(*args, **kwargs)
        raise problem

    monkeypatch.setattr(running, name, once)


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_scans_once(
    after: bool, policy: Policy, run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_run(policy, SCAN, None, TOKEN, "olga", LATER)
    order.parts.exclude(account_id=MEMBER).delete()
    before = executions(sandbox, policy)
    lost = AmbiguousProblem("ssm:StartAssociationsOnce", "ReadTimeoutError", "no answer")
    lose_once(monkeypatch, "start_associations", lost, after)

    run(order)

    assert executions(sandbox, policy) == before + 1
    assert order.parts.get().begun_at


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_sends_one_command(
    after: bool, policy: Policy, run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node.objects.filter(policies__policy=policy, shard__account_id=MEMBER).first()
    assert node
    lost = AmbiguousProblem("ssm:SendCommand", "ReadTimeoutError", "no answer")
    lose_once(monkeypatch, "send_command", lost, after)

    run(order_run(policy, SCAN, [node.pk], TOKEN, "olga", LATER))

    assert len(commands(sign_in(sandbox, MEMBER))) == 1


def test_a_worker_that_died_after_the_request_is_followed_by_one_that_looks(
    policy: Policy, run: Run, sandbox: Sandbox, aws: Aws, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_run(policy, SCAN, None, TOKEN, "olga", LATER)
    order.parts.exclude(account_id=MEMBER).delete()
    before = executions(sandbox, policy)
    lose_once(monkeypatch, "start_associations", KeyboardInterrupt(), after=True)
    with pytest.raises(KeyboardInterrupt):
        running.run_next_part(order.pk, aws, LATER - LEASE)
    world.clock.advance(LEASE)

    assert running.find_neglected(LATER) == [order.pk]
    run(order)
    assert executions(sandbox, policy) == before + 1


def test_throttling_is_waited_out(policy: Policy, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_once(monkeypatch, "start_associations", TemporaryProblem("ssm", "ThrottlingException", "slow"), after=False)
    order = order_run(policy, SCAN, None, TOKEN, "olga", LATER)

    run(order)

    assert not order.parts.filter(status=StepStatus.FAILED).exists()


def test_an_account_without_the_role_fails_alone_and_says_why(policy: Policy, run: Run, world: World) -> None:
    del world.account(MEMBER).roles[settings.AWS_RUN_ROLE_NAME]

    order = run(order_run(policy, SCAN, None, TOKEN, "olga", LATER))

    failed = order.parts.get(status=StepStatus.FAILED)
    assert (order.status, failed.account_id, failed.aws_code) == (DeploymentStatus.PARTIAL, MEMBER, "AccessDenied")
    assert failed.remedy


def test_one_of_two_workers_gets_a_part(policy: Policy) -> None:
    order_run(policy, SCAN, None, TOKEN, "olga", LATER)
    mine, yours = RunPart.objects.all()[0], RunPart.objects.all()[0]

    assert (mine.claim(LATER), yours.claim(LATER)) == (True, False)


def test_a_request_takes_fifty_nodes() -> None:
    rows = [("1", "us-east-1", f"i-{number:03}") for number in range(101)]

    parts = list(_parts(rows, "instances", 50))

    assert [len(part.instances) for part in parts] == [50, 50, 1]
    assert parts[2] == Part("1", "us-east-1", instances=("i-100",))


def test_the_page_names_what_it_reaches_and_orders_what_it_named(
    policy: Policy, as_operator: Client, as_viewer: Client
) -> None:
    page = reverse("policy_run", args=["abcde"])
    reach = find_reach(policy, SCAN, None)
    told = as_operator.get(page).content.decode()

    assert f"Scan {reach.nodes} nodes" in told
    assert f"Install on {reach.nodes} nodes" in told
    assert "rebooted" in told
    assert as_viewer.get(page).status_code == 403
    confirmed = {"operation": "Scan", "token": str(TOKEN), "shown": reach.nodes}
    for wrong in ({"operation": "Erase"}, {"token": "x"}, {"shown": reach.nodes + 1}, {"node": "0", "shown": 0}):
        assert as_operator.post(page, {**confirmed, **wrong}).status_code == 422
    assert not RunOrder.objects.exists()
    begun = [as_operator.post(page, confirmed).headers["Location"] for _ in range(2)]
    assert begun == [reverse("run", args=[RunOrder.objects.get().pk])] * 2


def test_the_run_is_followed_on_its_page_until_it_has_ended(policy: Policy, run: Run, as_viewer: Client) -> None:
    order = order_run(policy, SCAN, None, TOKEN, "olga", LATER)
    page, fragment = reverse("run", args=[order.pk]), reverse("run_progress", args=[order.pk])

    assert "every 5s" in as_viewer.get(fragment).content.decode()
    run(order)
    told = as_viewer.get(page).content.decode()
    assert "every 5s" not in told
    assert "2 of 2 requests have ended" in told
    assert reverse("policy_nodes", args=["abcde"]) in told


def test_nodes_are_chosen_on_their_tab(policy: Policy, as_operator: Client, as_viewer: Client) -> None:
    nodes = [row.node_id for row in policy.nodes.all()[:2]]
    told = as_operator.get(reverse("policy_nodes", args=["abcde"])).content.decode()

    assert f'name="node" value="{nodes[0]}"' in told
    assert 'name="node"' not in as_viewer.get(reverse("policy_nodes", args=["abcde"])).content.decode()
    confirming = as_operator.get(reverse("policy_run", args=["abcde"]), {"node": nodes}).content.decode()
    assert "Scan 2 nodes" in confirming
