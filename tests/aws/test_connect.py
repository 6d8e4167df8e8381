"""Connections to member accounts: kept while they are used, and never so many that a process runs out of sockets."""

from __future__ import annotations

import pytest

from policies.aws import connect
from policies.aws.connect import Aws
from sandbox.engine.world import World
from tests.worlds import MANAGEMENT


def test_a_process_keeps_the_accounts_that_it_used_last(
    aws: Aws, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "MOST_MEMBERS", 2)
    one, two, three = [each for each in world.organization.accounts if each != MANAGEMENT][:3]
    first, second = aws.in_account(one), aws.in_account(two)
    assert aws.in_account(one) is first

    aws.in_account(three)

    assert aws.in_account(one) is first
    assert aws.in_account(two) is not second
