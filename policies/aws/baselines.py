"""Patch baselines of the account's home Region: AWS's predefined ones and the account's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem, PermanentProblem, asking
from policies.domain.baselines import BaselineRules, rules_from_override
from policies.domain.resources import Baseline
from policies.domain.spec import BaselineChoice

PERMISSIONS = {"ssm:CreatePatchBaseline", "ssm:DescribePatchBaselines", "ssm:GetPatchBaseline"}

BASELINES_A_PAGE = 100
GONE = {"DoesNotExistException", "InvalidResourceId"}
OWNED_BY_AWS = "arn:"
"""AWS names its own baselines by full ARN and an account's by bare id (aws-facts 6.3)."""


class BaselineGone(AwsProblem):
    """No baseline has this id any more."""


@dataclass(frozen=True)
class BaselineFact:
    """One line of the list of baselines. `is_default`: the account uses it where nothing else is said."""

    baseline_id: str
    name: str
    operating_system: str
    description: str
    is_default: bool
    is_custom: bool


def list_baselines(aws: Aws) -> tuple[BaselineFact, ...]:
    """Every baseline of the home Region by operating system and name, AWS's own before custom ones."""
    with asking("ssm:DescribePatchBaselines"):
        paginator = aws.client("ssm").get_paginator("describe_patch_baselines")
        pages = paginator.paginate(PaginationConfig={"PageSize": BASELINES_A_PAGE})
        found = [_fact(identity) for page in pages for identity in page["BaselineIdentities"]]
    return tuple(sorted(found, key=lambda fact: (fact.operating_system, fact.is_custom, fact.name)))


def read_baseline(aws: Aws, baseline_id: str) -> BaselineRules:
    """A baseline's rules; raises BaselineGone when it does not exist."""
    try:
        with asking("ssm:GetPatchBaseline"):
            return rules_from_override(aws.client("ssm").get_patch_baseline(BaselineId=baseline_id), baseline_id)
    except PermanentProblem as problem:
        if problem.code in GONE:
            raise BaselineGone(problem.action, problem.code, problem.message) from problem
        raise


def create_baseline(aws: Aws, wanted: Baseline, token: str) -> str:
    """Make the baseline and return its id; the same token again returns the id of the first time."""
    rules = {name: value for name, value in json.loads(wanted.rules).items() if value != []}
    with asking("ssm:CreatePatchBaseline"):
        answer = aws.client("ssm", wanted.region).create_patch_baseline(Name=wanted.name, ClientToken=token, **rules)
    return str(answer["BaselineId"])


def default_choices(aws: Aws) -> tuple[BaselineChoice, ...]:
    """AWS's predefined baseline of each operating system that has one."""
    return predefined(list_baselines(aws))


def predefined(facts: tuple[BaselineFact, ...]) -> tuple[BaselineChoice, ...]:
    """AWS's predefined baseline of each operating system, out of a whole list.

    Windows has three; by name the general one, AWS-DefaultPatchBaseline, comes first (aws-facts 6.2).
    """
    first: dict[str, BaselineFact] = {}
    for fact in facts:
        if not fact.is_custom:
            first.setdefault(fact.operating_system, fact)
    return tuple(BaselineChoice(system, fact.baseline_id, fact.name, False) for system, fact in first.items())


def _fact(identity: dict[str, Any]) -> BaselineFact:
    return BaselineFact(
        baseline_id=identity["BaselineId"],
        name=identity["BaselineName"],
        operating_system=identity["OperatingSystem"],
        description=identity.get("BaselineDescription", ""),
        is_default=identity["DefaultBaseline"],
        is_custom=not identity["BaselineId"].startswith(OWNED_BY_AWS),
    )
