"""Seven steps from nothing to a deployment; wrong answers are told beside their field, and nothing typed is lost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.aws.baselines import list_baselines, predefined
from policies.aws.connect import Aws
from policies.aws.errors import TemporaryProblem
from policies.models import Deployment, Draft, Policy
from policies.wizard.draft import begin_draft
from policies.wizard.facts import Facts
from policies.wizard.forms import BaselinesForm
from policies.wizard.previews import PREVIEWS, previews_of
from policies.wizard.steps import QUESTIONS, STEPS
from policies.wizard.views import asked

pytestmark = pytest.mark.django_db

ANSWERS: dict[str, dict[str, object]] = {
    "name": {"name": "Weekly patching"},
    "schedule": {
        "operation": "ScanAndInstall", "scan_kind": "recommended", "install_kind": "recommended", "install_wait": "on",
        "reboot": "on",
    },
    "baselines": {"baseline_kind": "default"},
    "logs": {},
    "targets": {"account_scope": "organization", "node_scope": "Tags", "tag_key": "Patch", "tag_value": "true"},
    "rate": {"concurrency": "10%", "error_threshold": "2%", "attach_iam": "on"},
}  # fmt: skip


@pytest.fixture
def draft(administrator: User) -> Draft:
    """A draft that has no answer yet."""
    return begin_draft(administrator, timezone.now(), lambda: "abcde")


def address(draft: Draft, slug: str) -> str:
    return reverse("draft_step", args=[draft.pk, slug])


def answer(client: Client, draft: Draft, slug: str, **changes: object) -> HttpResponse:
    """Send a step with good answers, changed."""
    return client.post(address(draft, slug), {**ANSWERS[slug], **changes})  # type: ignore[return-value]


def answer_all(client: Client, draft: Draft) -> None:
    for step in QUESTIONS:
        assert answer(client, draft, step.slug).status_code == 302


def test_a_new_draft_begins_at_the_first_step(as_administrator: Client, administrator: User) -> None:
    told = as_administrator.get(reverse("draft_new"))

    assert told["Location"] == address(administrator.drafts.get(), "name")


def test_good_answers_lead_from_step_to_step_and_create_deploys_them(as_administrator: Client, draft: Draft) -> None:
    answer_all(as_administrator, draft)

    told = as_administrator.post(reverse("draft_create", args=[draft.pk]))

    policy = Policy.objects.get()
    assert told["Location"] == reverse("policy", args=[policy.configuration_id])
    assert policy.configuration_id == "abcde"
    assert policy.asked.targets.tag_key == "Patch"
    assert policy.deployments.get().steps.count() == 7


def test_a_second_create_finds_what_the_first_one_made(as_administrator: Client, draft: Draft) -> None:
    answer_all(as_administrator, draft)

    answers = [as_administrator.post(reverse("draft_create", args=[draft.pk])) for _ in range(2)]

    assert answers[0]["Location"] == answers[1]["Location"]
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize("slug", [step.slug for step in STEPS])
def test_each_screen_opens_with_its_fragments_waiting_and_filled(
    slug: str, as_administrator: Client, draft: Draft
) -> None:
    answer_all(as_administrator, draft)

    assert as_administrator.get(address(draft, slug)).status_code == 200
    assert as_administrator.get(address(draft, slug) + "?filled").status_code == 200


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_each_screen_opens_filled_before_it_has_an_answer(number: int, as_administrator: Client, draft: Draft) -> None:
    for step in QUESTIONS[:number]:
        answer(as_administrator, draft, step.slug)
    asks = [reverse("draft_preview", args=[draft.pk, p.name]) for p in previews_of(QUESTIONS[number])]

    for url in (address(draft, QUESTIONS[number].slug) + "?filled", *asks):
        assert as_administrator.get(url).status_code == 200


def test_the_table_of_baselines_begins_with_the_predefined_ones_however_aws_orders_them(aws: Aws) -> None:
    known = list_baselines(aws)[::-1]
    form = BaselinesForm({}, Facts(lambda: aws, timezone.now()))

    first = {row.operating_system: row.field.field.widget.choices[0][0] for row in form.rows(known)}

    assert first == {choice.operating_system: choice.baseline_id for choice in predefined(known)}


def test_a_step_ahead_of_the_answers_leads_back(as_administrator: Client, draft: Draft) -> None:
    assert as_administrator.get(address(draft, "review"))["Location"] == address(draft, "name")


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("name", {"name": ""}, "name"),
    ("name", {"name": "x" * 121}, "name"),
    ("name", {"name": "<script>"}, "name"),
    ("name", {"name": "a\x00b"}, "name"),
    ("schedule", {"operation": "Format"}, "operation"),
    ("schedule", {"scan_kind": "cron", "scan_cron": "0 1 * * *"}, "scan_cron"),
    ("schedule", {"scan_kind": "cron", "scan_cron": ""}, "scan_cron"),
    ("schedule", {"install_kind": "daily", "install_time": "25:61"}, "install_time"),
    ("baselines", {"baseline_kind": "custom", "baseline_UBUNTU": "pb-00000000000000000"}, "baseline_UBUNTU"),
    ("logs", {"write_logs": "on", "log_bucket": ""}, "log_bucket"),
    ("logs", {"write_logs": "on", "log_bucket": "No Such Bucket"}, "log_bucket"),
    ("logs", {"write_logs": "on", "log_bucket": "nobody-has-this-bucket"}, "log_bucket"),
    ("targets", {"account_scope": "units", "regions": "us-east-1"}, "unit_ids"),
    ("targets", {"account_scope": "units", "unit_ids": "ou-none-00000000", "regions": "us-east-1"}, "unit_ids"),
    ("targets", {"account_scope": "units", "unit_ids": "ou-demo-workload", "regions": []}, "regions"),
    ("targets", {"tag_key": ""}, "tag_key"),
    ("targets", {"node_scope": "ResourceGroups", "resource_group": "web"}, "node_scope"),
    ("targets", {"node_scope": "InstanceIds", "instance_ids": "mi-0123456789abcdef0"}, "instance_ids"),
    ("rate", {"concurrency": "0"}, "concurrency"),
    ("rate", {"concurrency": ""}, "concurrency"),
    ("rate", {"error_threshold": "101%"}, "error_threshold"),
    ("rate", {"error_threshold": "9" * 400}, "error_threshold"),
]


@pytest.mark.parametrize(("slug", "changes", "field"), WRONG)
def test_a_wrong_answer_is_told_beside_its_field_and_in_the_summary(
    slug: str, changes: dict[str, object], field: str, as_administrator: Client, draft: Draft
) -> None:
    told = answer(as_administrator, draft, slug, **changes)
    page = told.content.decode()

    assert told.status_code == 422
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}_error"' in page or slug == "baselines"


@pytest.mark.parametrize(("slug", "changes", "field"), [w for w in WRONG if isinstance(w[1].get(w[2]), str)])
def test_what_was_typed_stays(
    slug: str, changes: dict[str, object], field: str, as_administrator: Client, draft: Draft
) -> None:
    answer(as_administrator, draft, slug, **changes)

    draft.refresh_from_db()
    assert draft.answers[slug][field] == [str(changes[field]).replace("\x00", "\ufffd")]


def test_previous_keeps_a_wrong_answer_without_complaint(as_administrator: Client, draft: Draft) -> None:
    answer(as_administrator, draft, "name")

    told = answer(as_administrator, draft, "schedule", scan_kind="cron", scan_cron="nonsense", go="previous")

    assert told["Location"] == address(draft, "name")
    assert "nonsense" in as_administrator.get(address(draft, "schedule")).content.decode()


def test_schedules_that_meet_are_doubted_at_the_review(as_administrator: Client, draft: Draft) -> None:
    answer_all(as_administrator, draft)
    answer(as_administrator, draft, "schedule", install_kind="daily", install_time="01:00")

    told = as_administrator.get(address(draft, "review")).content.decode()

    assert "within two minutes" in told


def test_create_with_a_wrong_step_names_it_and_deploys_nothing(as_administrator: Client, draft: Draft) -> None:
    answer_all(as_administrator, draft)
    answer(as_administrator, draft, "rate", concurrency="0")

    told = as_administrator.post(reverse("draft_create", args=[draft.pk]))

    assert told.status_code == 422
    assert address(draft, "rate") in told.content.decode()
    assert not Policy.objects.exists()


@pytest.mark.parametrize("name", ["draft_create", "draft_discard"])
def test_the_draft_of_another_person_is_not_found(name: str, as_administrator: Client, draft: Draft) -> None:
    draft.owner = User.objects.create_user("someone-else")
    draft.save()

    assert as_administrator.get(address(draft, "name")).status_code == 404
    assert answer(as_administrator, draft, "name").status_code == 404
    assert as_administrator.post(reverse(name, args=[draft.pk])).status_code == 404


@pytest.mark.parametrize("pk", [0, 999, 10**30])
def test_a_draft_that_never_was_is_not_found(pk: int, as_administrator: Client) -> None:
    assert as_administrator.get(f"/drafts/{pk}/name/").status_code == 404


def test_operators_make_no_drafts(as_operator: Client) -> None:
    assert as_operator.get(reverse("draft_new")).status_code == 403


@pytest.mark.parametrize("name", [preview.name for preview in PREVIEWS])
def test_a_fragment_says_what_aws_said_when_it_does_not_answer(
    name: str, as_administrator: Client, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_all(as_administrator, draft)

    def refuse() -> Aws:
        raise TemporaryProblem("ssm:DescribePatchBaselines", "ThrottlingException", "Rate exceeded")

    monkeypatch.setattr(asked, "connection", refuse)
    url = reverse("draft_preview", args=[draft.pk, name])

    assert as_administrator.post(f"{url}?again&system=UBUNTU").status_code == 200


@pytest.mark.parametrize(("attached", "is_told"), [("on", False), ("", True)])
def test_the_review_tells_when_nodes_are_given_no_access(
    attached: str, is_told: bool, as_administrator: Client, draft: Draft
) -> None:
    answer_all(as_administrator, draft)
    answer(as_administrator, draft, "rate", attach_iam=attached)

    told = as_administrator.get(address(draft, "review")).content.decode()

    assert ("No IAM policies are added to instance profiles" in told) is is_told
