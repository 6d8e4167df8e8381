"""The wizard in front of the small world in process."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from policies.aws.connect import Aws
from policies.deploy.tasks import run_deployment
from policies.wizard.views import asked
from sandbox.wire import Sandbox
from tests.worlds import open_sandbox, sign_in


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
