"""How executions go: so many nodes at a time, until too many fail; nodes that are away, reboot or end in the middle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.engine.executions import Execution, Order, Status, TargetResult
from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect
from tests.sandbox.state_manager import REGION, associate, association_of, let_pass, managed

NO_FILE = {"Operation": ["Scan"], "BaselineOverride": ["s3://no-such-bucket/baseline_overrides.json"]}
LOGS = "example-patch-logs-us-east-1"


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


def newest(world: World, association_id: str) -> Execution:
    return association_of(world, association_id).executions[-1]


def some_run(most: str, errors: str, total: int = 7) -> Execution:
    names = [f"i-{n}" for n in range(total)]
    run = Execution("e", MEMBER, REGION, Order("d", max_concurrency=most, max_errors=errors), None)  # type: ignore[arg-type]
    run.results, run.waiting = {n: TargetResult(n) for n in names}, list(names)
    return run


@pytest.mark.parametrize(
    ("most", "begun"), [("3", 3), ("50%", 3), ("1%", 1), ("100%", 7), ("1", 1), ("5000", 7), ("99%", 6)]
)
def test_so_many_begin_at_once(most: str, begun: int) -> None:
    assert len(some_run(most, "100%").take_next()) == begun


@pytest.mark.parametrize(("errors", "stops_at"), [("0", 1), ("1", 2), ("0%", 1), ("30%", 3), ("50%", 4), ("100%", 8)])
def test_error_n_plus_one_is_one_too_many(errors: str, stops_at: int) -> None:
    run = some_run("100%", errors)
    failed = 0
    for name in run.take_next():
        if run.has_too_many_errors:
            break
        failed += 1
        run.settle(TargetResult(name, Status.FAILED))
    assert failed + (0 if run.has_too_many_errors else 1) == stops_at


def test_nodes_take_turns_and_each_that_ends_makes_room(ssm: Any, world: World) -> None:
    made = associate(ssm, MaxConcurrency="2", MaxErrors="100%")
    let_pass(world, seconds=30)
    run = newest(world, made)
    assert run.counts() == {"InProgress": 2, "Pending": len(managed(world)) - 2}
    let_pass(world, hours=2)
    assert run.counts() == {"Success": len(managed(world))}


def test_with_too_many_errors_the_rest_is_not_sent_and_those_sent_go_on(ssm: Any, world: World) -> None:
    made = associate(ssm, Parameters=NO_FILE, MaxConcurrency="3", MaxErrors="1")
    let_pass(world, hours=1)
    told = ssm.describe_association_execution_targets(AssociationId=made, ExecutionId=newest(world, made).execution_id)[
        "AssociationExecutionTargets"
    ]
    outcomes = [t["DetailedStatus"] for t in told]
    assert 2 <= outcomes.count("Failed") <= 4  # at the second error two more may be on their way
    assert outcomes.count("Terminated") == len(managed(world)) - outcomes.count("Failed")
    assert {t["Status"] for t in told} == {"Failed"}


def test_a_run_that_goes_on_times_out_where_the_next_begins(ssm: Any, world: World) -> None:
    made = associate(ssm, MaxConcurrency="1")
    let_pass(world, minutes=6)
    ssm.start_associations_once(AssociationIds=[made])
    let_pass(world, seconds=1)
    first, second = association_of(world, made).executions
    assert first.is_over
    assert "TimedOut" in first.counts()
    assert not second.is_over
    let_pass(world, hours=2)
    assert second.counts() == {"Success": len(managed(world))}


def test_a_node_out_of_contact_is_waited_for_then_given_up(ssm: Any, world: World) -> None:
    lost = managed(world)[0]
    world.fleet.set_contact(lost.instance_id, "ConnectionLost", world.now())
    made = associate(ssm, MaxErrors="0")
    let_pass(world, minutes=5)
    assert newest(world, made).results[lost.instance_id].outcome == Status.DELAYED
    let_pass(world, minutes=6)
    run = newest(world, made)
    assert (run.results[lost.instance_id].status, run.results[lost.instance_id].outcome) == (
        "TimedOut", Status.DELIVERY_TIMED_OUT)  # fmt: skip
    assert run.status == "TimedOut"
    assert Status.TERMINATED not in {r.outcome for r in run.results.values()}  # no error by MaxErrors
    assert lost.instance_id not in world.fleet.reports


def test_a_node_that_comes_back_in_time_takes_the_command(ssm: Any, world: World) -> None:
    lost = managed(world)[0]
    world.fleet.set_contact(lost.instance_id, "ConnectionLost", world.now())
    made = associate(ssm)
    let_pass(world, minutes=5)
    world.fleet.set_contact(lost.instance_id, "Online", world.now())
    world.timeline.at(world.now(), "node changed", lost.instance_id)
    let_pass(world, minutes=5)
    assert newest(world, made).results[lost.instance_id].outcome == Status.SUCCESS


def test_a_stopped_node_that_returns_runs_what_it_missed_a_new_one_what_it_never_ran(ssm: Any, world: World) -> None:
    away, late = managed(world)[:2]
    made = associate(ssm, ScheduleExpression="rate(1 day)")
    waiting = associate(ssm, ScheduleExpression="cron(0 13 * * ? *)", ApplyOnlyAtCronInterval=True)
    late.state = "stopped"
    let_pass(world, minutes=5)
    away.state = "stopped"
    let_pass(world, days=1, hours=2)
    for node in (away, late):
        node.state = "running"
        world.timeline.at(world.now(), "node changed", node.instance_id)
    let_pass(world, minutes=5)
    latest = association_of(world, made).latest
    assert {latest[n.instance_id].outcome for n in (away, late)} == {Status.SUCCESS}
    assert all(latest[n.instance_id].at > world.now() - timedelta(minutes=5) for n in (away, late))  # type: ignore[operator]
    assert away.instance_id not in association_of(world, waiting).latest

    before = len(association_of(world, made).executions)
    world.timeline.at(world.now(), "node changed", away.instance_id)
    let_pass(world, minutes=5)
    assert len(association_of(world, made).executions) == before  # it has missed nothing since


def test_one_that_ends_or_is_lost_in_the_middle_never_tells_and_did_nothing(ssm: Any, world: World) -> None:
    ended, lost = managed(world)[:2]
    made = associate(ssm)
    let_pass(world, seconds=25)
    world.fleet.set_state(ended.instance_id, "terminated", world.now())
    world.fleet.set_contact(lost.instance_id, "ConnectionLost", world.now())
    let_pass(world, minutes=10)
    run = newest(world, made)
    assert {run.results[n.instance_id].outcome for n in (ended, lost)} == {Status.IN_PROGRESS}
    let_pass(world, hours=2)
    assert {run.results[n.instance_id].outcome for n in (ended, lost)} == {Status.EXECUTION_TIMED_OUT}
    assert lost.instance_id not in world.fleet.reports


def test_one_that_is_gone_when_the_command_comes_is_undeliverable(ssm: Any, world: World) -> None:
    gone = managed(world)[0]
    made = associate(ssm)
    let_pass(world, seconds=5)
    world.fleet.set_state(gone.instance_id, "terminated", world.now())
    let_pass(world, minutes=5)
    result = newest(world, made).results[gone.instance_id]
    assert (result.status, result.outcome) == ("Failed", Status.UNDELIVERABLE)


def test_a_node_that_reboots_for_its_patches_is_away_and_takes_what_comes_when_it_is_back(
    ssm: Any, world: World
) -> None:
    world.clock.advance(timedelta(days=30))  # patches have come out
    associate(ssm, Parameters={"Operation": ["Install"]})
    let_pass(world, minutes=7)
    rebooting = [n for n in managed_or_away(world) if n.away_until and n.away_until > world.now()]
    assert rebooting
    made = associate(ssm, Name="AWS-RunShellScript", Parameters={"commands": ["true"]},
                     Targets=[{"Key": "InstanceIds", "Values": [n.instance_id for n in rebooting]}])  # fmt: skip
    let_pass(world, minutes=5)
    outcomes = {newest(world, made).results[n.instance_id].outcome for n in rebooting}
    assert outcomes <= {Status.SUCCESS, Status.INVALID_PLATFORM}


def managed_or_away(world: World) -> list[Any]:
    return list(world.fleet.within(MEMBER, REGION))


def test_two_runs_at_nearly_the_same_time_disturb_each_other_two_that_keep_apart_do_not(ssm: Any, world: World) -> None:
    node = managed(world)[0]
    only = [{"Key": "InstanceIds", "Values": [node.instance_id]}]
    first = associate(ssm, Targets=only)
    let_pass(world, seconds=30)
    second = associate(ssm, Targets=only)
    let_pass(world, minutes=30)
    third = associate(ssm, Targets=only)
    let_pass(world, minutes=30)
    results = [association_of(world, made).latest[node.instance_id] for made in (first, second, third)]
    assert sorted(r.exit_code or 0 for r in results) == [0, 0, 156]
    assert results[2].exit_code == 0


def test_a_node_s_twenty_first_association_fails_there(ssm: Any, world: World) -> None:
    node = managed(world)[0]
    only = [{"Key": "InstanceIds", "Values": [node.instance_id]}]
    made = [
        associate(ssm, Name="AWS-GatherSoftwareInventory", Parameters={}, Targets=only, AssociationName=f"Number-{n}")
        for n in range(21)
    ]
    let_pass(world, minutes=5)
    assert {association_of(world, a).latest[node.instance_id].outcome for a in made[:20]} == {Status.SUCCESS}
    told = ssm.describe_instance_associations_status(InstanceId=node.instance_id)["InstanceAssociationStatusInfos"]
    assert [t["AssociationName"] for t in told if "AssociationLimitExceeded" in t.get("ExecutionSummary", "")] == [
        "Number-20"
    ]


def allow_logs(world: World, client: Connect) -> None:
    """The node's role may write logs, and the bucket of the management account takes them."""
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:PutObject",'
        f'"Resource":"arn:aws:s3:::{LOGS}/*","Condition":{{"StringEquals":{{"aws:PrincipalOrgID":"o-demoorg001"}}}}}}]}}'
    )
    client("s3", MANAGEMENT).put_bucket_policy(Bucket=LOGS, Policy=policy)
    for role in world.account(MEMBER).roles.values():
        role.inline["logs"] = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}  # fmt: skip


def keys(client: Connect) -> list[str]:
    listed = client("s3", MANAGEMENT).list_objects_v2(Bucket=LOGS, Prefix="runs/")
    return [entry["Key"] for entry in listed.get("Contents", [])]


def log_to(client: Connect, ssm: Any, world: World, node_id: str, **more: Any) -> str:
    location = {"OutputS3BucketName": LOGS, "OutputS3KeyPrefix": "runs/", "OutputS3Region": REGION}
    made = associate(ssm, Targets=[{"Key": "InstanceIds", "Values": [node_id]}],
                     OutputLocation={"S3Location": location}, **more)  # fmt: skip
    let_pass(world, minutes=5)
    return made


def test_output_is_laid_out_by_command_and_holds_both_streams(ssm: Any, client: Connect, world: World) -> None:
    allow_logs(world, client)
    node = managed(world)[0]
    made = log_to(client, ssm, world, node.instance_id, Parameters=NO_FILE)
    command = newest(world, made).command_id
    step = "awsrunPowerShellScript/PatchWindows" if node.system.platform_type == "Windows" else (
        "awsrunShellScript/PatchLinux")  # fmt: skip
    place = f"runs/{command}/{node.instance_id}/{step}"
    assert keys(client) == [f"{place}/stderr", f"{place}/stdout"]
    body = client("s3", MANAGEMENT).get_object(Bucket=LOGS, Key=f"{place}/stderr")["Body"].read()
    assert body == b"failed to run commands: exit status 162"
    told = ssm.describe_instance_associations_status(InstanceId=node.instance_id)["InstanceAssociationStatusInfos"][0]
    assert told["OutputUrl"]["S3OutputUrl"]["OutputUrl"].endswith(place)
    assert told["ErrorCode"] == "162"


@pytest.mark.parametrize("old", ["agent", "world"])
def test_agents_that_poll_lay_it_out_by_node_and_association(ssm: Any, client: Connect, world: World, old: str) -> None:
    allow_logs(world, client)
    node = managed(world)[0]
    if old == "agent":
        node.agent_version = "2.3.1319.0"
    else:
        world.agents_poll = True
    made = log_to(client, ssm, world, node.instance_id)
    (key,) = keys(client)
    assert key.startswith(f"runs/{node.instance_id}/{made}/2026-11-23T12-00-20.000Z/awsrun")


def test_a_log_that_may_not_be_written_costs_the_log_alone_and_is_told(ssm: Any, client: Connect, world: World) -> None:
    node = managed(world)[0]
    made = log_to(client, ssm, world, node.instance_id)
    result = association_of(world, made).latest[node.instance_id]
    assert result.outcome == Status.SUCCESS
    assert "could not be written to example-patch-logs-us-east-1: AccessDenied" in result.detail
    assert keys(client) == []


def test_a_run_is_seen_by_run_command_too(ssm: Any, world: World) -> None:
    made = associate(ssm)
    let_pass(world, minutes=5)
    node = managed(world)[0].instance_id
    target = ssm.describe_association_execution_targets(
        AssociationId=made, ExecutionId=newest(world, made).execution_id,
        Filters=[{"Key": "ResourceId", "Value": node}],
    )["AssociationExecutionTargets"][0]  # fmt: skip
    assert target["OutputSource"]["OutputSourceType"] == "RunCommand"
    told = ssm.get_command_invocation(CommandId=target["OutputSource"]["OutputSourceId"], InstanceId=node)
    assert told["Status"] == "Success"
    assert "OperationType: Scan" in told["StandardOutputContent"]


def test_compliance_is_written_unless_it_is_manual(ssm: Any, world: World) -> None:
    def of_associations() -> set[tuple[str, str]]:
        asked = [{"Key": "ComplianceType", "Values": ["Association"], "Type": "EQUAL"}]
        told = ssm.list_resource_compliance_summaries(Filters=asked)["ResourceComplianceSummaryItems"]
        return {(t["Status"], t["OverallSeverity"]) for t in told}

    associate(ssm, Parameters=NO_FILE, ComplianceSeverity="HIGH", SyncCompliance="MANUAL", MaxErrors="100%")
    let_pass(world, minutes=30)
    assert of_associations() == set()
    associate(ssm, Parameters=NO_FILE, ComplianceSeverity="HIGH", MaxErrors="100%")
    let_pass(world, minutes=30)
    assert of_associations() == {("NON_COMPLIANT", "HIGH")}
