"""A random baseline id out of a run's log in S3 leads to baseline, version, policy and run in one search."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws.connect import connection
from policies.domain.scanners import WINDOW
from policies.domain.search import read_search
from policies.domain.spec import BaselineChoice
from policies.models import Account, Node, Policy, Run, Scan, Shard
from policies.observe.search import MOST, Standing, find
from tests.lived_in import LivedIn
from tests.observe.reading import NOW, make_policy

pytestmark = pytest.mark.django_db

LOGS = "example-patch-logs-us-east-1"
SHORT = "pb-0123456789abcdef0"
ARN = f"arn:aws:ssm:us-east-1:075727635805:patchbaseline/{SHORT}"


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
        association = lived_in.policy.associations.get(association_id=trace.scan.run.association_id)
        place = (association.pk, trace.scan.run.execution_id, trace.scan.node.instance_id)
        output = reverse("policy_run_output", args=[lived_in.policy.configuration_id, *place])
        for said in (baseline_id, lived_in.policy.name, output, trace.baseline.name):
            assert said in page


def test_the_search_says_when_it_knows_nothing_and_finds_the_rest(lived_in: LivedIn, as_viewer: Client) -> None:
    assert "Nothing found" in as_viewer.get(reverse("search"), {"q": "pb-0000000000000000f"}).content.decode()
    [run] = as_viewer.get(reverse("search"), {"q": Run.objects.all()[0].execution_id}).context["found"].runs
    association = lived_in.policy.associations.get(association_id=run.association_id)
    execution = reverse("policy_execution", args=[run.policy.configuration_id, association.pk, run.execution_id])
    assert execution in as_viewer.get(reverse("search"), {"q": run.execution_id}).content.decode()
    for text in (lived_in.node.instance_id, lived_in.node.shard.account_id, lived_in.policy.name):
        assert not find(read_search(text)).is_empty


@pytest.mark.parametrize("kept", [SHORT, ARN])
@pytest.mark.parametrize("text", [SHORT, ARN])
def test_a_baseline_is_found_by_its_id_and_by_its_arn_whichever_was_kept(kept: str, text: str) -> None:
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=NOW)
    shard = Shard.objects.create(account=account, region="us-east-1")
    node = Node.objects.create(shard=shard, instance_id="i-0c0ffee0c0ffee00", seen_at=NOW)
    result = {"node": node, "source": "command", "findings": "missing"}
    moments = {"started_at": NOW, "ended_at": NOW, "seen_at": NOW}
    scan = Scan.objects.create(baseline_id=kept, snapshot_id="a", **result, **moments)
    Scan.objects.create(baseline_id="pb-0000000000000000f", snapshot_id="b", **result, **moments)
    policy = make_policy()
    chosen = BaselineChoice("UBUNTU", kept, "Our Ubuntu rules", True)
    Policy.objects.update(spec=replace(policy.asked, baselines=(chosen,)).to_dict())

    found = find(read_search(text))

    assert [trace.scan for trace in found.traces] == [scan]
    assert [(each.choice, each.policies) for each in found.baselines] == [(chosen, (policy,))]


def test_a_baseline_of_a_policy_is_found_by_its_name(as_viewer: Client) -> None:
    policy = make_policy()
    chosen = BaselineChoice("UBUNTU", SHORT, "Our Ubuntu rules", True)
    Policy.objects.update(spec=replace(policy.asked, baselines=(chosen,)).to_dict())

    told = as_viewer.get(reverse("search"), {"q": "ubuntu RULES"}).content.decode()

    assert "Our Ubuntu rules" in told
    assert reverse("policy_baselines", args=[policy.configuration_id]) in told
    assert "Nothing found" in as_viewer.get(reverse("search"), {"q": "other rules"}).content.decode()


def test_what_stands_is_found_by_its_id_and_by_a_part_of_its_name(lived_in: LivedIn, as_viewer: Client) -> None:
    """An association of a policy leads to its runs; another scanner, a window too, to where it stands."""
    association = lived_in.policy.associations.filter(purpose="scan").earliest("pk")
    add = association.shard.other_scanners.create
    add(association_id="mw-0c0ffee0c0ffee000", name="nightly-patching", document=WINDOW)
    place = reverse("policy_association", args=[association.policy.configuration_id, association.pk])

    [first, *_] = find(read_search(association.association_id)).named
    assert first == association
    assert place in as_viewer.get(reverse("search"), {"q": association.association_id}).content.decode()
    for text in ("mw-0c0ffee0c0ffee000", "NIGHTLY"):
        assert find(read_search(text)).scanners == (Standing("nightly-patching", WINDOW, 1),)
    told = as_viewer.get(reverse("search"), {"q": "nightly"}).content.decode()
    assert "Maintenance window" in told
    assert reverse("account_list") + "?scanner=nightly-patching" in told


def test_a_policy_is_found_by_its_buckets_and_after_its_deletion(lived_in: LivedIn, as_viewer: Client) -> None:
    policy = lived_in.policy
    for text in (LOGS, "patch-logs", f"arn:aws:s3:::{LOGS}/x", policy.bucket, policy.configuration_id.upper()):
        assert policy in find(read_search(text)).policies
    Policy.objects.filter(pk=policy.pk).update(deleted_at=NOW)
    told = as_viewer.get(reverse("search"), {"q": policy.configuration_id}).content.decode()
    assert reverse("policy", args=[policy.configuration_id]) in told
    assert "Deleted" in told


def test_a_part_of_an_id_is_enough_and_ids_come_before_names(lived_in: LivedIn) -> None:
    node = lived_in.node
    Node.objects.exclude(pk=node.pk).update(name=f"not {node.instance_id}")

    assert node in find(read_search(node.instance_id[:11])).nodes
    assert find(read_search(node.instance_id)).nodes == (node,)


def test_nothing_known_says_for_how_long_results_are_kept(as_viewer: Client) -> None:
    for text in ("pb-0000000000000000f", "<script>alert(1)</script>\0%00' OR 1=1 --", "x" * 10_000):
        told = as_viewer.post(reverse("search"), {"q": text}).content.decode()
        assert "is kept for 90 days" in told
        assert "<script>alert" not in told


def test_the_command_of_a_run_at_once_leads_to_it(lived_in: LivedIn, as_viewer: Client) -> None:
    command_id = "b982770e-3447-4eb5-afb1-97e4796608fe"
    lived_in.order.parts.create(number=99, account_id="111122223333", region="us-east-1", command_id=command_id)
    told = as_viewer.get(reverse("search"), {"q": f"patching/{command_id}/i-0/stdout"}).content.decode()
    assert reverse("run", args=[lived_in.order.pk]) in told


def test_of_many_things_the_search_says_that_it_shows_some(lived_in: LivedIn, as_viewer: Client) -> None:
    shard = lived_in.node.shard
    Node.objects.bulk_create(
        Node(shard=shard, instance_id=f"i-{n:08}", name=f"many-{n}", seen_at=NOW) for n in range(MOST)
    )

    assert "At most 50 of a kind are shown." in as_viewer.get(reverse("search"), {"q": "many-"}).content.decode()
    assert "of a kind are shown" not in as_viewer.get(reverse("search"), {"q": "many-49"}).content.decode()
