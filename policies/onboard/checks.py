"""The checks of onboarding: each looks at AWS and says in a sentence how it stands. Nothing is changed.

The page and `manage.py doctor` show the same findings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.organization import place_of, who
from policies.domain.resources import Place
from policies.domain.sentence import N_, Sentence
from policies.domain.status import CheckStatus
from policies.onboard import questions
from policies.onboard.questions import Answer, Scene


@dataclass(frozen=True)
class Check:
    """One question to AWS: what it is about and why that matters, in English words of the catalogue."""

    slug: str
    title: str
    why: str
    ask: Callable[[Scene], Answer]


@dataclass(frozen=True)
class Finding:
    """How a check came out, and what was found, in a sentence."""

    check: Check
    status: CheckStatus
    told: Sentence

    @property
    def is_fine(self) -> bool:
        return self.status in (CheckStatus.READY, CheckStatus.LIMITED)


@dataclass(frozen=True)
class Report:
    """The findings, and where the portal lives: an empty place when nobody is signed in."""

    findings: tuple[Finding, ...]
    place: Place

    @property
    def is_ready(self) -> bool:
        return all(finding.is_fine for finding in self.findings)


def look(aws: Aws, most_accounts: int) -> Report:
    """Every check in the order in which they build on each other; the first alone when nobody is signed in."""
    try:
        scene = Scene(aws, who(aws), most_accounts)
    except AwsProblem as problem:
        return unreachable(problem)
    return Report(tuple(_find(check, scene) for check in CHECKS), place_of(scene.caller, aws.region))


def unreachable(problem: AwsProblem) -> Report:
    """The report when there is not even a connection."""
    return Report((Finding(CHECKS[0], CheckStatus.LACKING, _said(problem)),), Place("", settings.AWS_HOME_REGION))


def _find(check: Check, scene: Scene) -> Finding:
    try:
        status, told = check.ask(scene)
    except AwsProblem as problem:
        return Finding(check, CheckStatus.UNTOLD, _said(problem))
    return Finding(check, status, told)


def _said(problem: AwsProblem) -> Sentence:
    return Sentence(N_("AWS did not answer as needed. %(told)s"), {"told": str(problem)})


CHECKS = (
    Check(
        "identity",
        N_("Signed in to AWS"),
        N_("Everything is done as this identity. Policies for an organization need its management account."),
        questions.identity,
    ),
    Check(
        "rights",
        N_("Rights of the portal"),
        N_("A deployment that meets a missing right stops there. The portal needs the actions of its policy, no more."),
        questions.rights,
    ),
    Check(
        "home-region",
        N_("Home Region"),
        N_("Buckets and stack sets of all policies lie in this Region; moving them later means making them anew."),
        questions.home_region,
    ),
    Check(
        "trusted-access",
        N_("Trusted access for StackSets"),
        N_("AWS Organizations must trust CloudFormation StackSets before it lets it into member accounts."),
        questions.trusted_access,
    ),
    Check(
        "stack-sets",
        N_("StackSets activated"),
        N_("Stack sets bring the policy's associations to every account, and to those that join later."),
        questions.activation,
    ),
    Check(
        "local-roles",
        N_("Roles for this account"),
        N_(
            "Service-managed stack sets never reach the management account; there CloudFormation takes these two roles."
        ),
        questions.local_roles,
    ),
    Check(
        "observer",
        N_("Read-only role in all accounts"),
        N_("Through this role the portal sees nodes, runs and compliance of member accounts. It can change nothing."),
        questions.observer,
    ),
    Check(
        "nodes",
        N_("Managed nodes"),
        N_("Patch policies reach nodes that Systems Manager manages: the agent runs, and a role lets it in."),
        questions.node_access,
    ),
)
TITLES = {check.slug: check.title for check in CHECKS}
