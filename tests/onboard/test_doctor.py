"""`manage.py doctor`: the same findings in a shell, with an exit code, and nothing changed."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from policies.aws import connect
from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem
from sandbox.wire import Sandbox
from tests.worlds import open_sandbox, sign_in

pytestmark = pytest.mark.django_db
READS = ("Describe", "Get", "List", "Assume", "Simulate")


def test_where_something_lacks_it_says_so_and_exits_with_1(
    capsys: pytest.CaptureFixture[str], aws: Aws, sandbox: Sandbox
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")

    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert told["ready"] is False
    lacking = {check["check"] for check in told["checks"] if check["status"] == "lacking"}
    assert lacking == {"trusted-access", "stack-sets", "local-roles", "observer"}
    assert [e.action for e in sandbox.log.entries if not e.action.startswith(READS)] == []


def test_where_all_is_ready_it_ends_well(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ready = sign_in(open_sandbox())
    monkeypatch.setattr(connect, "connect", lambda: ready)

    call_command("doctor", "--accounts", "2")

    told = capsys.readouterr().out
    assert "READY    StackSets activated: CloudFormation StackSets may deploy to the organization." in told
    assert "LACKING" not in told


def test_without_credentials_it_says_what_aws_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Aws:
        raise PermanentProblem("sts:GetCallerIdentity", "NoCredentials", "Unable to locate credentials")

    monkeypatch.setattr(connect, "connect", refuse)

    with pytest.raises(SystemExit):
        call_command("doctor")

    assert "Unable to locate credentials" in capsys.readouterr().out
