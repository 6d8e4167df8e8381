"""Each version of a file remembers the baselines that its rules come from, also one that goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.aws.connect import Aws
from policies.aws.override_file import put_override_file
from policies.deploy import start, versions
from policies.deploy.recording import record_version
from policies.domain.canonical import digest
from policies.domain.resources import OverrideFile
from policies.domain.spec import PolicySpec
from policies.models import Cause, OverrideVersion, Policy
from tests.deploy.cockpit import choosing, make_baseline, only_the_file
from tests.deploy.conftest import NOW, Work

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SYSTEM = "AMAZON_LINUX_2023"


def chosen(version: OverrideVersion) -> str:
    """Which baseline the version names for the operating system."""
    return next(str(c["baseline_id"]) for c in version.baselines if c["operating_system"] == SYSTEM)


def test_a_rollback_names_the_baselines_that_its_rules_come_from(spec: PolicySpec, aws: Aws, work: Work) -> None:
    first, second = make_baseline(aws, 7), make_baseline(aws, 14)
    policy = work(only_the_file(start.create_policy(choosing(spec, first), "ann", aws, NOW, lambda: "abcde"))).policy
    OverrideVersion.objects.update(written_at=NOW - 2 * DAY)
    early = policy.override_versions.get()
    Policy.objects.update(spec=choosing(spec, second).to_dict())
    policy.refresh_from_db()
    other = early.body.replace('"ApproveAfterDays":7', '"ApproveAfterDays":14')
    file = OverrideFile(policy.bucket, policy.home_region, other, digest(other))
    edited = record_version(policy, file, put_override_file(aws, file), Cause.UPDATE, "bob", NOW - DAY, NOW - DAY)
    assert edited
    assert chosen(edited) == second

    work(versions.roll_back(policy, early, "14 days broke us", "olga", NOW))

    newest = policy.override_versions.first()
    assert newest
    assert (newest.cause, chosen(newest)) == (Cause.ROLL_BACK, first)
    assert len(newest.baselines) == len(policy.asked.baselines)
