"""The hourly sync of the override file: changed, held, rolled back, and with a baseline that was deleted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies.aws.baselines import BaselineGone
from policies.aws.connect import Aws
from policies.aws.errors import TemporaryProblem
from policies.aws.override_file import put_override_file
from policies.deploy import hold, start, sync, versions
from policies.deploy.baselines import Gathered, gather
from policies.deploy.run import run_next_step
from policies.domain.canonical import canonical
from policies.domain.resources import OverrideFile
from policies.domain.spec import PolicySpec
from policies.domain.status import DeploymentStatus
from policies.models import Cause, Policy, SyncHold, Verb, What
from policies.models.policy import WRITING_LASTS
from tests.deploy.cockpit import (
    approve_after,
    choosing,
    days_in_force,
    delete_baseline,
    make_baseline,
    only_the_file,
)
from tests.deploy.conftest import NOW, Work

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def baseline_id(aws: Aws) -> str:
    """The account's own baseline, which approves after 7 days."""
    return make_baseline(aws)


@pytest.fixture
def policy(spec: PolicySpec, baseline_id: str, work: Work, aws: Aws) -> Policy:
    """A policy that uses it, its file written; its stack sets, which no sync looks at, are left out."""
    return work(
        only_the_file(start.create_policy(choosing(spec, baseline_id), "ann", aws, NOW, lambda: "abcde"))
    ).policy


def live_digest(policy: Policy, aws: Aws) -> str:
    """The digest that the object in the bucket carries."""
    told = aws.client("s3").get_object_tagging(Bucket=policy.bucket, Key="baseline_overrides.json")["TagSet"]
    return str(next(tag["Value"] for tag in told if tag["Key"] == "ContentSHA256"))


def synced(policy: Policy, aws: Aws, by: str = "") -> Policy:
    sync.sync_policy(policy, by, aws, LATER)
    policy.refresh_from_db()
    return policy


def test_a_changed_baseline_goes_live_and_tells_who_and_for_how_many(
    policy: Policy, baseline_id: str, aws: Aws
) -> None:
    approve_after(aws, baseline_id, 14)

    synced(policy, aws, by="olga")

    newest, first = policy.override_versions.all()
    assert (days_in_force(policy), newest.cause, newest.by, newest.nodes) == (14, Cause.SYNC, "olga", 0)
    assert (first.cause, first.by, newest.before) == (Cause.CREATE, "ann", first)
    assert live_digest(policy, aws) == newest.digest
    assert policy.events.filter(verb=What.SYNC_FILE, by="olga").count() == 1


def test_nothing_is_written_while_nothing_differs(policy: Policy, aws: Aws) -> None:
    synced(policy, aws)

    assert policy.override_versions.count() == 1
    assert policy.synced_at == LATER


def test_the_timetable_comes_once_an_hour_and_a_person_whenever(policy: Policy, aws: Aws) -> None:
    assert sync.find_due(NOW) == [policy.pk]
    synced(policy, aws)

    assert sync.find_due(LATER + timedelta(minutes=59)) == []
    sync.sync_policy(policy, "", aws, LATER + timedelta(minutes=1))
    policy.refresh_from_db()
    assert policy.synced_at == LATER
    sync.sync_policy(policy, "olga", aws, LATER + timedelta(minutes=1))
    policy.refresh_from_db()
    assert policy.synced_at == LATER + timedelta(minutes=1)


def test_after_days_of_standing_still_the_first_look_finds_it_due(policy: Policy, aws: Aws) -> None:
    synced(policy, aws)

    assert sync.find_due(LATER + timedelta(days=3)) == [policy.pk]


def test_the_file_is_the_deployments_while_one_is_under_way(
    policy: Policy, baseline_id: str, spec: PolicySpec, aws: Aws
) -> None:
    start.delete_policy(policy, "ann", aws, NOW)
    approve_after(aws, baseline_id, 14)

    assert sync.find_due(LATER) == []
    assert synced(policy, aws).override_versions.count() == 1


def test_what_aws_refuses_is_told_and_tried_again_an_hour_later(
    policy: Policy, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise TemporaryProblem("s3:PutObject", "SlowDown", "slow down")

    monkeypatch.setattr(sync, "put_override_file", refuse)
    synced(policy, aws)
    monkeypatch.undo()

    assert policy.sync_error == "s3:PutObject: SlowDown: slow down"
    assert sync.find_due(LATER + timedelta(hours=1)) == [policy.pk]


def test_a_held_file_stays_and_what_waits_is_kept_for_a_review(policy: Policy, baseline_id: str, aws: Aws) -> None:
    hold.hold_sync(policy, "look first", None, "olga", NOW)
    approve_after(aws, baseline_id, 14)

    synced(policy, aws)

    assert days_in_force(policy) == 7
    assert '"ApproveAfterDays":14' in SyncHold.objects.get().waiting


def test_a_hold_that_comes_while_baselines_are_read_is_heeded(
    policy: Policy, baseline_id: str, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold_meanwhile(*args: Any) -> Gathered:
        hold.hold_sync(policy, "look first", None, "olga", LATER)
        return gather(*args)

    approve_after(aws, baseline_id, 14)
    monkeypatch.setattr(sync, "gather", hold_meanwhile)
    synced(policy, aws)

    assert days_in_force(policy) == 7
    assert '"ApproveAfterDays":14' in SyncHold.objects.get().waiting


def test_nobody_holds_a_file_that_is_being_written(
    policy: Policy, baseline_id: str, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[SyncHold | None] = []

    def hold_meanwhile(aws: Aws, file: OverrideFile) -> str:
        held.append(hold.hold_sync(policy, "too late", None, "olga", LATER))
        sync.sync_policy(policy, "olga", aws, LATER)
        return put_override_file(aws, file)

    approve_after(aws, baseline_id, 14)
    monkeypatch.setattr(sync, "put_override_file", hold_meanwhile)
    synced(policy, aws)

    assert (held, days_in_force(policy), policy.override_versions.count()) == ([None], 14, 2)
    assert hold.hold_sync(policy, "now", None, "olga", LATER)


def test_a_sync_that_died_while_it_wrote_is_waited_for_no_longer_than_a_task_lives(policy: Policy) -> None:
    Policy.objects.update(writing_since=NOW)

    assert hold.hold_sync(policy, "look first", None, "olga", NOW + WRITING_LASTS - MINUTE) is None
    assert hold.hold_sync(policy, "look first", None, "olga", NOW + WRITING_LASTS)


def test_a_deployment_writes_the_file_after_the_sync_that_is_writing_it(
    policy: Policy, spec: PolicySpec, aws: Aws, work: Work
) -> None:
    Policy.objects.update(writing_since=NOW + MINUTE)
    deployment = start.edit_policy(policy, spec, "ann", aws, NOW)
    only = deployment.steps.get(change__resource__kind="override_file")
    deployment.steps.exclude(pk=only.pk).delete()

    assert run_next_step(deployment.pk, aws, NOW + MINUTE)
    only.refresh_from_db()
    assert only.aws_code == "SyncIsWriting"
    Policy.objects.update(writing_since=None)
    assert work(deployment).status == DeploymentStatus.SUCCEEDED


def test_a_released_file_is_written_by_the_next_sync(policy: Policy, baseline_id: str, aws: Aws) -> None:
    hold.hold_sync(policy, "look first", None, "olga", NOW)
    approve_after(aws, baseline_id, 14)
    synced(policy, aws)

    assert hold.release_sync(policy, "olga", LATER)
    assert not hold.release_sync(policy, "olga", LATER)
    synced(policy, aws, by="olga")

    assert days_in_force(policy) == 14
    assert policy.events.filter(verb=What.RELEASE_SYNC).count() == 1


def test_a_hold_ends_by_itself_when_its_time_has_come(policy: Policy, baseline_id: str, aws: Aws) -> None:
    hold.hold_sync(policy, "until noon", LATER, "olga", NOW)
    approve_after(aws, baseline_id, 14)

    synced(policy, aws)

    assert days_in_force(policy) == 14
    assert policy.events.get(verb=What.RELEASE_SYNC).by == sync.PORTAL


def test_an_edit_of_a_held_policy_keeps_the_rules_in_force(
    policy: Policy, baseline_id: str, aws: Aws, work: Work
) -> None:
    hold.hold_sync(policy, "look first", None, "olga", NOW)
    approve_after(aws, baseline_id, 14)

    changed = [change.resource for change in start.review(policy.asked, policy, aws).changes]

    assert [each for each in changed if isinstance(each, OverrideFile)] == []


def test_a_rollback_writes_an_earlier_version_and_the_next_sync_leaves_it(
    policy: Policy, baseline_id: str, aws: Aws, work: Work
) -> None:
    approve_after(aws, baseline_id, 14)
    synced(policy, aws)
    first = policy.override_versions.last()
    assert first
    Policy.objects.update(writing_since=LATER)
    with pytest.raises(start.CannotStart, match="being written"):
        versions.roll_back(policy, first, "too early", "olga", LATER)
    Policy.objects.update(writing_since=None)

    done = work(versions.roll_back(policy, first, "14 days broke us", "olga", LATER))
    sync.sync_policy(policy, "", aws, LATER + timedelta(hours=3))

    newest = policy.override_versions.first()
    assert newest
    assert (done.status, done.verb) == (DeploymentStatus.SUCCEEDED, Verb.ROLL_BACK)
    assert (newest.digest, newest.cause, newest.by) == (first.digest, Cause.ROLL_BACK, "olga")
    assert live_digest(policy, aws) == first.digest
    assert '"ApproveAfterDays":14' in SyncHold.objects.get().waiting


def test_a_rollback_keeps_operating_systems_that_came_later(policy: Policy) -> None:
    early = policy.override_versions.get()
    elements = {element["OperatingSystem"]: element for element in json.loads(early.body)}
    del elements["UBUNTU"]
    elements["AMAZON_LINUX_2023"]["RejectedPatches"] = ["kernel*"]
    early.body = canonical([*elements.values(), {**elements["WINDOWS"], "OperatingSystem": "GONE_SINCE"}])

    [change] = versions.plan_roll_back(policy, early).changes

    assert isinstance(change.resource, OverrideFile)
    then = {element["OperatingSystem"]: element for element in json.loads(change.resource.body)}
    assert set(then) == {choice.operating_system for choice in policy.asked.baselines}
    assert then["AMAZON_LINUX_2023"]["RejectedPatches"] == ["kernel*"]


def test_nothing_is_rolled_back_to_what_is_in_force(policy: Policy) -> None:
    live = policy.override_versions.get()

    with pytest.raises(start.CannotStart, match="already"):
        versions.roll_back(policy, live, "why not", "olga", NOW)
    assert not SyncHold.objects.exists()


def test_a_deleted_baseline_keeps_its_rules_in_the_file(policy: Policy, baseline_id: str, aws: Aws) -> None:
    delete_baseline(aws, baseline_id)

    synced(policy, aws)

    assert days_in_force(policy) == 7
    assert [gone["baseline_id"] for gone in policy.missing_baselines] == [baseline_id]
    assert policy.events.filter(verb=What.MISSING_BASELINES).count() == 1


def test_a_deleted_baseline_is_made_anew_with_its_rules_and_used(
    policy: Policy, baseline_id: str, aws: Aws, work: Work
) -> None:
    delete_baseline(aws, baseline_id)
    synced(policy, aws)

    done = work(versions.recreate_baseline(policy, "AMAZON_LINUX_2023", "ann", LATER))
    policy.refresh_from_db()

    chosen = next(c for c in policy.asked.baselines if c.operating_system == "AMAZON_LINUX_2023")
    told = aws.client("ssm").get_patch_baseline(BaselineId=chosen.baseline_id)
    assert done.status == DeploymentStatus.SUCCEEDED
    assert (told["Name"], told["ApprovalRules"]["PatchRules"][0]["ApproveAfterDays"]) == ("Ours", 7)
    assert (policy.missing_baselines, policy.version) == ([], 2)
    sync.sync_policy(policy, "ann", aws, LATER)
    assert policy.override_versions.count() == 1


def test_a_recreation_that_lost_its_worker_makes_one_baseline(
    policy: Policy, baseline_id: str, aws: Aws, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_baseline(aws, baseline_id)
    synced(policy, aws)
    begun = versions.recreate_baseline(policy, "AMAZON_LINUX_2023", "ann", LATER)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("policies.deploy.apply.replace_baseline", die)
        with pytest.raises(KeyboardInterrupt):
            work(begun)
    begun.requested_at = LATER + timedelta(hours=1)

    assert work(begun).status == DeploymentStatus.SUCCEEDED
    own = aws.client("ssm").describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["Self"]}])
    assert [each["BaselineName"] for each in own["BaselineIdentities"]].count("Ours") == 1


def test_every_policy_that_missed_it_uses_the_new_one(
    policy: Policy, spec: PolicySpec, baseline_id: str, aws: Aws, work: Work
) -> None:
    asked = choosing(spec, baseline_id)
    made = start.create_policy(replace(asked, name="Other"), "ann", aws, NOW, lambda: "other")
    other = work(only_the_file(made)).policy
    delete_baseline(aws, baseline_id)
    for each in (policy, other):
        synced(each, aws)

    work(versions.recreate_baseline(policy, "AMAZON_LINUX_2023", "ann", LATER))

    other.refresh_from_db()
    assert other.missing_baselines == []
    assert baseline_id not in {choice.baseline_id for choice in other.asked.baselines}


def test_what_is_not_missing_is_not_made_anew(policy: Policy) -> None:
    with pytest.raises(start.CannotStart, match="missing"):
        versions.recreate_baseline(policy, "AMAZON_LINUX_2023", "ann", NOW)


def test_an_edit_that_chooses_a_deleted_baseline_is_refused(policy: Policy, baseline_id: str, aws: Aws) -> None:
    delete_baseline(aws, baseline_id)

    with pytest.raises(BaselineGone):
        start.review(policy.asked, policy, aws)
