"""A random baseline id out of a run's log in S3 leads to baseline, version, policy and run in one search."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws.connect import connection
from policies.domain.search import read_search
from policies.models import Scan
from policies.observe.search import find
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db

LOGS = "example-patch-logs-us-east-1"


def read_logs() -> dict[str, str]:
    """The outputs that runs left in S3, by the baseline id that each tells."""
    s3 = connection().client("s3", "us-east-1")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=LOGS)["Contents"] if found["Key"].endswith("stdout")]
    outputs = [s3.get_object(Bucket=LOGS, Key=key)["Body"].read().decode() for key in keys]
    return {match[1]: output for output in outputs for match in re.finditer(r"BaselineId: (pb-\w+)", output)}


def test_a_baseline_id_from_a_log_in_s3_leads_to_everything(lived_in: LivedIn, as_viewer: Client) -> None:
    logs = read_logs()
    baseline_id = min(logs.keys() & set(Scan.objects.values_list("baseline_id", flat=True)))

    for text in (baseline_id, f"BaselineId: {baseline_id}", logs[baseline_id]):
        [trace] = [each for each in find(read_search(text)).traces if each.scan.baseline_id == baseline_id]
        assert trace.scan.policy == lived_in.policy
        assert trace.scan.run
        assert trace.scan.run.command_id == trace.scan.execution_id
        assert trace.scan.version
        assert trace.scan.version.policy == lived_in.policy
        assert trace.baseline
        assert trace.baseline.operating_system == trace.scan.node.operating_system
        page = as_viewer.post(reverse("search"), {"q": text}).content.decode()
        for said in (baseline_id, lived_in.policy.name, trace.scan.run.execution_id, trace.baseline.name):
            assert said in page


def test_the_search_says_when_it_knows_nothing_and_finds_the_rest(lived_in: LivedIn, as_viewer: Client) -> None:
    assert "Nothing found" in as_viewer.get(reverse("search"), {"q": "pb-0000000000000000f"}).content.decode()
    for text in (lived_in.node.instance_id, lived_in.node.shard.account_id, lived_in.policy.name):
        assert not find(read_search(text)).is_empty
