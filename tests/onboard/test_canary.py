"""The canary over the small world: it judges what it saw, and is gone in the end, whatever happens on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from policies.aws import connect
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem, PermanentProblem, TemporaryProblem
from policies.domain.unverified import FACTS, Verdict
from policies.models import Policy
from policies.onboard.canary import Flight, Pace, canary_spec, fly, patiently
from policies.onboard.report import write_report
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.worlds import MANAGEMENT, open_sandbox

pytestmark = pytest.mark.django_db
SECONDS = 3600


@pytest.fixture
def sandbox() -> Sandbox:
    """The small world, which is set up."""
    return open_sandbox()


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    """What happens behind the door."""
    return sandbox.world


def pace(world: World, interrupt_at: int = 0) -> Pace:
    """The sandbox's clock; the wait of this number is ended by Ctrl-C."""
    waits: Iterator[int] = iter(range(1, 10_000))

    def wait(seconds: float) -> None:
        world.clock.advance(timedelta(seconds=max(1, seconds)))
        if next(waits) == interrupt_at:
            raise KeyboardInterrupt

    return Pace(world.now, wait, SECONDS)


def flight(aws: Aws, world: World, interrupt_at: int = 0) -> Flight:
    """A canary for the web servers of the management account."""
    spec = canary_spec("canary", aws, "us-east-1", "Patch", "true")
    return fly(spec, "ann", aws, pace(world, interrupt_at))


def verdicts(flown: Flight) -> dict[str, Verdict]:
    return {fact.slug: fact.judge(flown.seen)[0] for fact in FACTS}


def test_a_canary_sees_what_the_sandbox_does_and_is_gone(aws: Aws, world: World) -> None:
    flown = flight(aws, world)

    assert flown.ended == ""
    assert flown.seen.scans
    told = verdicts(flown)
    assert {slug for slug, verdict in told.items() if verdict == Verdict.HOLDS} >= {
        "deployment-policy", "association-names", "automation-boundary", "association-id", "role-tag",
        "compliance-from-override", "execution-type",
    }  # fmt: skip
    assert Verdict.DIFFERS not in told.values()
    assert gone(flown, world)


def gone(flown: Flight, world: World) -> bool:
    """Whether neither the portal nor AWS has anything of it."""
    sets = [name for account, _, name in world.stack_sets.sets if account == MANAGEMENT]
    return flown.is_clean and sets == [] and not Policy.objects.living().exists()


@pytest.mark.parametrize("interrupt_at", [1, 2, 4])
def test_ctrl_c_on_its_way_leaves_nothing(aws: Aws, world: World, interrupt_at: int) -> None:
    flown = flight(aws, world, interrupt_at)

    assert flown.ended == "KeyboardInterrupt"
    assert gone(flown, world)


def test_a_refused_stack_is_a_fact_that_does_not_hold_and_what_cannot_be_removed_is_told(
    aws: Aws, world: World
) -> None:
    world.account(MANAGEMENT).roles["AWS-QuickSetup-PatchPolicy-LocalExecutionRole"].attached = []
    world.enforces_iam = True

    flown = flight(aws, world)

    assert verdicts(flown)["deployment-policy"] == Verdict.DIFFERS
    assert "Left in AWS" in write_report(flown, MANAGEMENT, world.now())


def test_a_busy_aws_is_asked_again_and_a_refusal_is_not(world: World) -> None:
    told: list[AwsProblem] = [
        PermanentProblem("ssm:X", "AccessDenied", ""),
        TemporaryProblem("ssm:X", "Throttling", ""),
    ]

    def ask() -> None:
        raise told.pop()

    with pytest.raises(PermanentProblem):
        patiently(ask, pace(world))

    assert told == []


def test_the_report_tells_each_fact_and_escapes_what_aws_said(aws: Aws, world: World) -> None:
    flown = flight(aws, world)

    told = write_report(flown, MANAGEMENT, world.now())

    assert told.count("\n| ") == len(FACTS) + 1
    assert all(fact.assumed in told for fact in FACTS)
    assert "nothing of it is left in AWS" in told


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, world: World) -> Callable[[str], None]:
    """Set what the person at the terminal types; time passes in the sandbox."""
    monkeypatch.setattr("time.sleep", lambda seconds: world.clock.advance(timedelta(seconds=seconds or 1)))
    monkeypatch.setattr("django.utils.timezone.now", world.now)
    return lambda text: monkeypatch.setattr("builtins.input", lambda _prompt: text)


def test_without_consent_nothing_is_done(typed: Callable[[str], None], sandbox: Sandbox) -> None:
    typed("yes")

    with pytest.raises(CommandError, match="no consent"):
        call_command("doctor", "--canary", "Patch=true")

    assert not Policy.objects.exists()
    assert [e.action for e in sandbox.log.entries if e.action.startswith(("Create", "Put"))] == []


def test_with_consent_a_report_is_kept(typed: Callable[[str], None], tmp_path: Path) -> None:
    typed(MANAGEMENT)
    kept = tmp_path / "report.md"

    call_command("doctor", "--canary", "Patch=true", "--report", str(kept))

    assert kept.read_text().startswith(f"# Canary over account {MANAGEMENT}")


def test_without_a_connection_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Aws:
        raise PermanentProblem("sts:GetCallerIdentity", "NoCredentials", "no credentials")

    monkeypatch.setattr(connect, "connect", refuse)
    connect.connection.cache_clear()

    with pytest.raises(CommandError, match="no credentials"):
        call_command("doctor", "--canary", "Patch=true", "--yes")
