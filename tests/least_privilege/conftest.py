"""`--every-action` takes away each action in turn, and counts in the last line; without it a few are taken away."""

from __future__ import annotations

import sys

import pytest

from policies.deploy.tasks import run_deployment
from policies.management.commands.print_iam_policy import member_policy, portal_policy
from tests.least_privilege.life import actions_of

Case = tuple[str, str]

CASES: list[Case] = [
    *(("portal", action) for action in actions_of(portal_policy())),
    *(("member", action) for action in actions_of(member_policy())),
]
SAMPLE: list[Case] = [
    ("portal", "account:ListRegions"),
    ("portal", "s3:PutObjectTagging"),
    ("portal", "cloudformation:TagResource"),
    ("member", "tag:GetResources"),
]
named: list[str] = []
"""The tests of single actions that passed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """For `make least-privilege`."""
    parser.addoption("--every-action", action="store_true", help="take away each action of the printed policies")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The actions that are taken away."""
    if "lacking" in metafunc.fixturenames:
        cases = CASES if metafunc.config.getoption("--every-action", default=False) else SAMPLE
        metafunc.parametrize("lacking", cases, ids=[" ".join(case) for case in cases])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what passed."""
    if report.when == "call" and report.passed and "test_without_an_action" in report.nodeid:
        named.append(report.nodeid)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of all."""
    if config.getoption("--every-action", default=False) and not hasattr(config, "workerinput"):
        sys.stdout.write(f"least privilege: {len(named)} of {len(CASES)}\n")


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests work on deployments by hand."""
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)
