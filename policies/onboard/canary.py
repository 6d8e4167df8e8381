"""The canary: a scan policy for one tag in one Region of the account, deployed, watched, and removed whatever happens.

What it saw is held against `domain/unverified.py`. Nothing here sleeps: the clock and the wait are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from policies.aws import associations, runs
from policies.aws.actual import read_actual
from policies.aws.associations import AssociationFact, Purpose
from policies.aws.baselines import default_choices
from policies.aws.compliance import list_patch_states, list_sources
from policies.aws.connect import Aws
from policies.aws.errors import AmbiguousProblem, AwsProblem, TemporaryProblem
from policies.deploy import start
from policies.deploy.finish import place_of_policy
from policies.deploy.run import run_next_step
from policies.domain.spec import (
    RECOMMENDED_SCAN,
    AccountScope,
    NodeScope,
    Operation,
    PolicySpec,
    RateControl,
    Schedule,
    Targets,
)
from policies.domain.status import DeploymentStatus
from policies.domain.unverified import Observed
from policies.models import Deployment, Policy

Told = TypeVar("Told")

LOOK_SECONDS = 15
"""Between two looks at a run or a deployment that goes on."""
UNENDED = {"", "Pending", "InProgress"}


@dataclass(frozen=True)
class Pace:
    """What time it is, how to let some seconds pass, and how many seconds to watch a run or a deployment at most."""

    now: Callable[[], datetime]
    wait: Callable[[float], None]
    most_seconds: int


@dataclass(frozen=True)
class Flight:
    """What came of it. `ended` says why it ended early, "" when it did not."""

    policy: Policy | None
    seen: Observed
    ended: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing of it is left in AWS."""
        return not self.seen.left


def canary_spec(name: str, aws: Aws, region: str, tag_key: str, tag_value: str) -> PolicySpec:
    """Scans with AWS's own baselines, at once and then daily, and lets the automation give the nodes access."""
    targets = Targets(AccountScope.ACCOUNT, (region,), NodeScope.TAG, tag_key=tag_key, tag_value=tag_value)
    return PolicySpec(
        name=name,
        operation=Operation.SCAN,
        scan=Schedule(RECOMMENDED_SCAN, wait_for_first_interval=False),
        install=None,
        reboot_if_needed=False,
        uses_custom_baselines=False,
        baselines=default_choices(aws),
        logs=None,
        targets=targets,
        rate=RateControl("50%", "100%"),
        attach_iam=True,
    )


def fly(spec: PolicySpec, by: str, aws: Aws, pace: Pace) -> Flight:
    """Deploy, watch, remove. Ctrl-C and what AWS refuses end it early, and it is removed all the same."""
    policy, seen, ended = None, Observed(), ""
    try:
        begun = patiently(lambda: start.create_policy(spec, by, aws, pace.now(), start.random_id), pace)
        policy = begun.policy
        seen = _deployed(_drive(begun, aws, pace), seen)
        seen = _watch(policy, begun.requested_at, seen, aws, pace)
    except (AwsProblem, KeyboardInterrupt, start.CannotStart) as error:
        ended = str(error) or type(error).__name__
    finally:
        left = _remove(policy, by, aws, pace) if policy else ()
    return Flight(policy, replace(seen, left=left), ended)


def _drive(deployment: Deployment, aws: Aws, pace: Pace) -> Deployment:
    """Work on a deployment to its end, beside workers that may do so too."""
    waited = 0
    while waited < pace.most_seconds:
        following = run_next_step(deployment.pk, aws, pace.now())
        deployment.refresh_from_db()
        if not deployment.is_open:
            break
        seconds = following.after_seconds if following else LOOK_SECONDS
        pace.wait(seconds)
        waited += seconds
    return deployment


def _deployed(deployment: Deployment, seen: Observed) -> Observed:
    reasons = deployment.policy.stack_instances.exclude(reason="").values_list("reason", flat=True)
    said = [*reasons, *deployment.steps.exclude(aws_message="").values_list("aws_message", flat=True)]
    refusals = () if deployment.status == DeploymentStatus.SUCCEEDED else tuple(said)
    return replace(seen, deployed=str(deployment.status), refusals=refusals)


def _watch(policy: Policy, since: datetime, seen: Observed, aws: Aws, pace: Pace) -> Observed:
    """Look until every run of the scan has ended and been reported, or the time is up."""
    waited = 0
    while True:
        seen = patiently(partial(_look, policy, since, seen, aws), pace)
        is_over = bool(seen.scans) and not UNENDED & {*seen.scans.values(), *seen.access.values()}
        if is_over or waited >= pace.most_seconds:
            return seen
        pace.wait(LOOK_SECONDS)
        waited += LOOK_SECONDS


def _look(policy: Policy, since: datetime, seen: Observed, aws: Aws) -> Observed:
    [region] = policy.asked.targets.regions
    told = associations.list_patch_associations(aws, region).of_policies
    own = [one for one in told if one.configuration_id == policy.configuration_id]
    scans = _results(aws, region, (one for one in own if one.purpose is Purpose.SCAN))
    access = _results(aws, region, (one for one in own if one.purpose is Purpose.ACCESS))
    states = list_patch_states(aws, region, sorted(scans))
    sources = list_sources(aws, region)
    fresh = {state.instance_id: state.missing for state in states if state.ended_at >= since}
    return replace(
        seen,
        associations=tuple(sorted(one.name for one in own)),
        scans={node: result.status for node, result in scans.items()},
        access={node: result.status for node, result in access.items()},
        said=_failures(aws, region, scans.values()),
        missing=fresh,
        kinds=frozenset(sources[node].kind for node in fresh if node in sources),
    )


def _results(aws: Aws, region: str, own: Iterable[AssociationFact]) -> dict[str, runs.ResultFact]:
    """How each node fared, by the newest execution of each association."""
    found: dict[str, runs.ResultFact] = {}
    for one in own:
        for execution in runs.list_executions(aws, region, one.association_id)[:1]:
            results = runs.list_results(aws, region, one.association_id, execution.execution_id)
            found |= {result.instance_id: result for result in results}
    return found


def _failures(aws: Aws, region: str, results: Iterable[runs.ResultFact]) -> tuple[str, ...]:
    """What the nodes said that failed, their exit code first."""
    commands = {result.command_id for result in results if result.status == "Failed" and result.command_id}
    told = (fact for command in sorted(commands) for fact in runs.list_failures(aws, region, command))
    return tuple(f"exit code {fact.exit_code}: {fact.summary}" for fact in told)


def _remove(policy: Policy, by: str, aws: Aws, pace: Pace) -> tuple[str, ...]:
    """Let what is under way come to its end, delete, and tell what is left, or why that could not be told."""
    place = place_of_policy(policy)
    try:
        for deployment in policy.deployments.all():
            _drive(deployment, aws, pace)
        _drive(patiently(lambda: start.delete_policy(policy, by, aws, pace.now()), pace), aws, pace)
        left = patiently(lambda: read_actual(aws, place, policy.configuration_id), pace)
    except (AwsProblem, start.CannotStart) as problem:
        return (str(problem),)
    return tuple(resource.key for resource in left)


def patiently(ask: Callable[[], Told], pace: Pace) -> Told:
    """What it answers, asked again while AWS is merely busy."""
    for _ in range(pace.most_seconds // LOOK_SECONDS):
        try:
            return ask()
        except (TemporaryProblem, AmbiguousProblem):
            pace.wait(LOOK_SECONDS)
    return ask()
