"""The worker is killed in the middle of a deployment and started again: nothing is lost, nothing is made twice.

A real Celery worker on a real Redis, the sandbox served on loopback, SQLite in a file.
"""

from __future__ import annotations

import signal

from tests.journeys.stage import Stage, kill, wait_until


def test_a_killed_worker_costs_nothing_but_time(stage: Stage) -> None:
    worker = stage.start_worker()
    stage.create_policy()
    # The stacks are being made: the longest step, in its middle.
    wait_until(lambda: stage.ask("select status from policies_step where number = 6") == ["running"])

    kill(worker, signal.SIGKILL)
    assert stage.ask("select status from policies_deployment") == ["running"]
    stage.start_worker()

    wait_until(lambda: stage.ask("select status from policies_deployment") != ["running"])
    assert stage.ask("select status from policies_deployment") == ["succeeded"]
    told = stage.aws("cloudformation")
    names = sorted(each["StackSetName"] for each in told.list_stack_sets(Status="ACTIVE")["Summaries"])
    assert names == ["AWS-QuickSetup-PatchPolicy-MA-abcde", "AWS-QuickSetup-PatchPolicy-TA-abcde"]
    for name in names:
        done = told.list_stack_set_operations(StackSetName=name)["Summaries"]
        assert [each["Action"] for each in done] == ["CREATE"]
    bucket = "aws-quicksetup-patchpolicy-111122223333-abcde"
    assert len(stage.aws("s3").list_object_versions(Bucket=bucket)["Versions"]) == 1
