"""However large the organization, a policy takes the same changing calls; at every limit at once it is deployed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from policies.aws.baselines import list_baselines
from policies.aws.connect import Aws
from policies.deploy import start
from policies.deploy.run import run_next_step
from policies.deploy.tasks import run_deployment
from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.problems import LONGEST_PREFIX
from policies.domain.spec import (
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
from policies.domain.status import DeploymentStatus
from policies.domain.target_problems import LONGEST_KEY_WITH_VALUE
from policies.domain.targets import REGIONS
from policies.models import Deployment
from policies.plan.template import LARGEST
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.deploy.conftest import NOW
from tests.organizations import open_organization
from tests.plan.test_template import complaints
from tests.specs import some_spec
from tests.worlds import sign_in

pytestmark = pytest.mark.django_db

READS = ("Get", "List", "Describe", "Head", "AssumeRole")
MOST_RESOURCES, MOST_PARAMETERS, LONGEST_PARAMETER = 500, 200, 4096
"""Of a CloudFormation template (CloudFormation quotas)."""
LONGEST_BASELINE_NAME, LONGEST_POLICY_NAME = 128, 120


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests work on deployments by hand."""
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)


def work(deployment: Deployment, aws: Aws, world: World) -> Deployment:
    """Work on a deployment to its end, a minute at a time."""
    now = deployment.requested_at
    while run_next_step(deployment.pk, aws, now):
        now += timedelta(minutes=1)
        world.clock.advance(timedelta(minutes=1))
    deployment.refresh_from_db()
    return deployment


def count_changes(aws: Aws) -> Counter[str]:
    """Counts the changing calls that the connection makes from now on."""
    counted: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        if not model.name.startswith(READS):
            counted[model.name] += 1

    aws.session.events.register("before-call", note)
    return counted


def live(served: Sandbox) -> Counter[str]:
    """The changing calls of a policy that is made, edited and deleted."""
    aws = sign_in(served)
    counted = count_changes(aws)
    spec = some_spec(uses_custom_baselines=False, baselines=a_baseline(aws), attach_iam=False)
    policy = work(start.create_policy(spec, "ann", aws, NOW, lambda: "abcde"), aws, served.world).policy
    later = replace(spec, scan=Schedule("cron(0 3 * * ? *)", wait_for_first_interval=False))
    assert work(start.edit_policy(policy, later, "ann", aws, NOW), aws, served.world).status == "succeeded"
    assert work(start.delete_policy(policy, "ann", aws, NOW), aws, served.world).status == "succeeded"
    policy.delete()
    return counted


def a_baseline(aws: Aws) -> tuple[BaselineChoice, ...]:
    """AWS's own baseline of one operating system."""
    found = next(fact for fact in list_baselines(aws) if fact.operating_system == "UBUNTU")
    return (BaselineChoice("UBUNTU", found.baseline_id, found.name, is_custom=False),)


def test_changing_calls_are_as_many_for_two_hundred_accounts_as_for_ten(tmp_path: Path) -> None:
    few = live(open_organization(tmp_path, accounts=10, units=2, regions=("us-east-1",)))
    many = live(open_organization(tmp_path, accounts=200, units=10, regions=("us-east-1",)))

    assert many == few
    assert few["CreateStackSet"] == 2
    assert few.total() < 50


def make_baselines(aws: Aws) -> tuple[BaselineChoice, ...]:
    """A custom baseline for each operating system, their names as long as they may be."""
    made = []
    for system in OPERATING_SYSTEMS:
        name = system.lower().ljust(LONGEST_BASELINE_NAME, "x")
        told = aws.client("ssm").create_patch_baseline(Name=name, OperatingSystem=system, RejectedPatches=["x*"])
        made.append(BaselineChoice(system, told["BaselineId"], name, is_custom=True))
    return tuple(made)


def largest_spec(aws: Aws, world: World) -> PolicySpec:
    """Every choice of a policy at its limit."""
    units = tuple(unit for unit in world.organization.units if unit.startswith("ou-"))
    return PolicySpec(
        name="n" * LONGEST_POLICY_NAME,
        operation=Operation.SCAN_AND_INSTALL,
        scan=Schedule("cron(0 1 ? * MON,TUE,WED,THU,FRI,SAT,SUN *)", wait_for_first_interval=True),
        install=Schedule("cron(30 2 ? * MON,TUE,WED,THU,FRI,SAT,SUN *)", wait_for_first_interval=True),
        reboot_if_needed=True,
        uses_custom_baselines=True,
        baselines=make_baselines(aws),
        logs=LogStorage("b" * 63, "ap-southeast-1", "p" * LONGEST_PREFIX),
        targets=Targets(
            AccountScope.UNITS,
            REGIONS,
            NodeScope.TAG,
            unit_ids=units,
            tag_key="k" * LONGEST_KEY_WITH_VALUE,
            tag_value="v" * 256,
        ),
        rate=RateControl("100%", "100%"),
        attach_iam=True,
    )


def test_a_policy_at_every_limit_is_valid_small_enough_and_deployed(tmp_path: Path) -> None:
    served = open_organization(tmp_path, accounts=3, units=50, regions=REGIONS)
    aws = sign_in(served)
    spec = largest_spec(aws, served.world)

    made = work(start.create_policy(spec, "ann", aws, NOW, lambda: "abcde"), aws, served.world)

    assert (len(OPERATING_SYSTEMS), len(REGIONS), len(spec.targets.unit_ids)) == (15, 16, 50)
    assert made.status == DeploymentStatus.SUCCEEDED
    assert made.policy.stack_instances.filter(status="succeeded").count() == 3 * 16
    template = aws.client("cloudformation").describe_stack_set(StackSetName="AWS-QuickSetup-PatchPolicy-TA-abcde")
    body = template["StackSet"]["TemplateBody"]
    told = json.loads(body)
    assert complaints(body) == []
    assert len(body.encode()) <= LARGEST
    assert len(told["Resources"]) <= MOST_RESOURCES
    assert len(told["Parameters"]) <= MOST_PARAMETERS
    assert max(len(parameter["Default"].encode()) for parameter in told["Parameters"].values()) <= LONGEST_PARAMETER
