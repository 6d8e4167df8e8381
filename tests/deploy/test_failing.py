"""Account-Regions that fail are told by cause, and a retry touches nothing but what failed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from policies.aws.connect import Aws
from policies.deploy import resume
from policies.deploy.progress import FailureGroup, read_progress
from policies.domain.iam import automation_trust
from policies.domain.signatures import signature_of
from policies.domain.status import DeploymentStatus, InstanceStatus, StepStatus
from policies.models import Deployment, Policy, StackInstanceState
from sandbox.wire import Sandbox
from tests.deploy.conftest import NOW, Work
from tests.worlds import sign_in

pytestmark = pytest.mark.django_db

TARGETS = "AWS-QuickSetup-PatchPolicy-TA-abcde"
LATER = NOW + timedelta(days=1)
FIRST, SECOND = "444455556666", "555566667777"
TRUST = json.dumps(automation_trust(FIRST, "aws"))
DOCUMENT = "QuickSetup-AttachIAMToEc2Nodes-abcde"


def take_name(sandbox: Sandbox, account_id: str, name: str = DOCUMENT) -> None:
    """Let something else have a name in the account that the policy's stack needs."""
    content = (
        '{"schemaVersion": "0.3", "mainSteps": [{"name": "x", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}]}'
    )
    ssm = sign_in(sandbox, account_id).client("ssm", "us-east-1")
    ssm.create_document(Name=name, Content=content, DocumentType="Automation")


def free_name(sandbox: Sandbox, account_id: str, name: str = DOCUMENT) -> None:
    sign_in(sandbox, account_id).client("ssm", "us-east-1").delete_document(Name=name)


def places_of_newest(aws: Aws) -> set[str]:
    """The accounts that the stack set's newest operation worked on."""
    told = aws.client("cloudformation")
    newest = told.list_stack_set_operations(StackSetName=TARGETS)["Summaries"][0]["OperationId"]
    results = told.list_stack_set_operation_results(StackSetName=TARGETS, OperationId=newest)["Summaries"]
    return {result["Account"] for result in results}


def groups(deployment: Deployment) -> list[FailureGroup]:
    return [group for told in read_progress(deployment).steps for group in told.failures]


@pytest.fixture
def failed(made: Deployment, work: Work, sandbox: Sandbox) -> Deployment:
    """A creation in which two accounts failed alike and one otherwise."""
    take_name(sandbox, FIRST)
    take_name(sandbox, SECOND)
    role = "AWS-QuickSetup-AutomationRole-us-east-1-abcde"
    sign_in(sandbox, "666677778888").client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    return work(made)


def test_equal_failures_are_one_line_with_a_count_and_a_remedy(failed: Deployment) -> None:
    told = groups(failed)

    assert failed.status == DeploymentStatus.PARTIAL
    assert [(group.places, group.accounts) for group in told] == [(2, 2), (1, 1)]
    assert [row.account_id for row in told[0].examples] == [FIRST, SECOND]
    assert "already exists" in told[0].reason
    assert "Remove it there" in str(told[0].remedy)
    assert failed.steps.get(number=6).failed_instances == 3


def test_a_retry_touches_only_what_failed(failed: Deployment, work: Work, sandbox: Sandbox, aws: Aws) -> None:
    free_name(sandbox, FIRST)

    resume.retry(failed, "ann", LATER)

    assert work(failed).status == DeploymentStatus.PARTIAL
    assert places_of_newest(aws) == {FIRST, SECOND, "666677778888"}
    assert failed.steps.get(number=6).failed_instances == 2


def test_one_cause_is_retried_alone_and_the_others_stay_told(
    failed: Deployment, work: Work, sandbox: Sandbox, aws: Aws
) -> None:
    free_name(sandbox, FIRST)
    free_name(sandbox, SECOND)

    resume.retry(failed, "ann", LATER, signature=groups(failed)[0].signature)

    assert work(failed).status == DeploymentStatus.PARTIAL
    assert places_of_newest(aws) == {FIRST, SECOND}
    assert [group.places for group in groups(failed)] == [1]


def test_a_signature_that_nothing_has_retries_nothing(failed: Deployment, work: Work, aws: Aws) -> None:
    resume.retry(failed, "ann", LATER, signature="0" * 16)

    assert work(failed).status == DeploymentStatus.PARTIAL
    assert len(aws.client("cloudformation").list_stack_set_operations(StackSetName=TARGETS)["Summaries"]) == 1


def test_the_page_offers_a_retry_for_each_cause_and_a_list(failed: Deployment, as_operator: Client) -> None:
    group = groups(failed)[0]

    page = as_operator.get(reverse("deployment", args=[failed.pk])).content.decode()
    answer = as_operator.post(reverse("deployment_retry", args=[failed.pk]), {"signature": group.signature})

    assert f"?status=failed&amp;signature={group.signature}" in page
    assert "2 account-Regions" in page
    assert answer.status_code == 302
    assert failed.steps.get(number=6).status == StepStatus.WAITING


def add_places(policy: Policy, count: int) -> None:
    """So many account-Regions, every third of them failed for one of five causes."""
    reasons = [f"Limit {number} exceeded" for number in range(5)]
    StackInstanceState.objects.bulk_create(
        StackInstanceState(
            policy=policy, stack_set=TARGETS, account_id=f"{900000000000 + number}", region="us-east-1",
            status=InstanceStatus.SUCCEEDED if number % 3 else InstanceStatus.FAILED,
            reason="" if number % 3 else reasons[number % 5],
            signature="" if number % 3 else signature_of(reasons[number % 5]), seen_at=timezone.now(),
        )
        for number in range(count)
    )  # fmt: skip


@pytest.mark.parametrize("count", [10, 3000])
def test_progress_takes_as_many_queries_for_thousands_as_for_ten(
    count: int, made: Deployment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add_places(made.policy, count)

    with django_assert_num_queries(5):
        told = read_progress(made)

    assert sum(told.steps[5].counts.values()) == count
    assert max(len(group.examples) for group in told.steps[5].failures) <= 5


def test_the_list_takes_as_many_queries_for_thousands_as_for_ten(made: Deployment, as_viewer: Client) -> None:
    address = reverse("policy_accounts", args=["abcde"])

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            as_viewer.get(address, {"status": "failed"})
        return len(asked)

    add_places(made.policy, 10)
    few = count_queries()
    made.policy.stack_instances.all().delete()
    add_places(made.policy, 3000)

    assert count_queries() == few


def test_the_list_is_narrowed_by_account_region_status_and_cause(made: Deployment, as_viewer: Client) -> None:
    add_places(made.policy, 60)
    address = reverse("policy_accounts", args=["abcde"])
    signature = signature_of("Limit 0 exceeded")

    def shown(**wanted: str) -> int:
        page = as_viewer.get(address, wanted).context["page"]
        return int(page.paginator.count)

    assert [shown(), shown(status="failed"), shown(status="nonsense")] == [60, 20, 60]
    assert [shown(signature=signature), shown(signature=signature, account="900000000015")] == [4, 1]
    assert [shown(region="us-east-1"), shown(region="eu-west-1"), shown(account="\0")] == [60, 0, 60]
    told = as_viewer.get(address, {"signature": signature}).content.decode()
    assert "Only those that failed like this:" in told
