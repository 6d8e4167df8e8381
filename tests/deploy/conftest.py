"""Deployments worked on by hand, against the small world in process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from policies.aws.baselines import list_baselines, predefined
from policies.aws.connect import Aws
from policies.deploy import start
from policies.deploy.run import run_next_step
from policies.deploy.tasks import run_deployment
from policies.domain.spec import PolicySpec
from policies.models import Deployment
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.specs import some_spec
from tests.worlds import open_sandbox, sign_in

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST_LOOKS = 200

Work = Callable[[Deployment], Deployment]


@pytest.fixture
def sandbox() -> Sandbox:
    """The small world."""
    return open_sandbox()


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    """What happens behind the door."""
    return sandbox.world


@pytest.fixture
def aws(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The portal as the management account; no worker is woken."""
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)
    return sign_in(sandbox)


@pytest.fixture
def spec(aws: Aws) -> PolicySpec:
    """A policy for the organization with AWS's own baselines."""
    return some_spec(uses_custom_baselines=False, baselines=predefined(list_baselines(aws)))


@pytest.fixture
def made(db: None, spec: PolicySpec, aws: Aws) -> Deployment:
    """The deployment that makes the policy, not yet begun."""
    return start.create_policy(spec, "ann", aws, NOW, lambda: "abcde")


@pytest.fixture
def work(aws: Aws, world: World) -> Work:
    """Work on a deployment until nobody has anything to do for it; each look comes a minute later, there as here."""

    def to_the_end(deployment: Deployment) -> Deployment:
        step = deployment.next_step()
        now = max(NOW, deployment.requested_at, (step and step.next_try_at) or NOW)
        for _ in range(MOST_LOOKS):
            now += timedelta(minutes=1)
            world.clock.advance(timedelta(minutes=1))
            if run_next_step(deployment.pk, aws, now) is None:
                deployment.refresh_from_db()
                return deployment
        raise AssertionError("the deployment does not end")

    return to_the_end
