"""The wizard in front of the small world in process."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from policies.aws.baselines import list_baselines, predefined
from policies.aws.connect import Aws
from policies.deploy.start import create_policy
from policies.deploy.tasks import run_deployment
from policies.domain.spec import RECOMMENDED_INSTALL, AccountScope, NodeScope, Operation, Schedule, Targets
from policies.models import Policy
from policies.wizard.views import asked
from sandbox.wire import Sandbox
from tests.specs import some_spec
from tests.worlds import BEGIN, open_sandbox, sign_in


@pytest.fixture
def sandbox() -> Sandbox:
    """The small world."""
    return open_sandbox()


@pytest.fixture(autouse=True)
def aws(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The portal's connection as the management account, which the views use; no worker is woken."""
    cache.clear()
    connected = sign_in(sandbox)
    monkeypatch.setattr(asked, "connection", lambda: connected)
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)
    return connected


@pytest.fixture
def policy(db: None, aws: Aws) -> Policy:
    """A deployed policy for one unit in one Region, by AWS's own baselines, as the wizard would have made it."""
    spec = some_spec(
        operation=Operation.SCAN_AND_INSTALL,
        install=Schedule(RECOMMENDED_INSTALL, wait_for_first_interval=True),
        reboot_if_needed=True,
        uses_custom_baselines=False,
        baselines=predefined(list_baselines(aws)),
        targets=Targets(AccountScope.UNITS, ("us-east-1",), NodeScope.ALL, unit_ids=("ou-demo-workload",)),
    )
    made = create_policy(spec, "ann", aws, BEGIN, lambda: "abcde").policy
    made.deployments.update(status="succeeded")
    return made
