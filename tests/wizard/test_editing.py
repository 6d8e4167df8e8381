"""An edit is shown as what it changes; of two edits of one policy none is lost, and a copy is a policy of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.aws.connect import Aws
from policies.deploy.start import edit_policy
from policies.domain.spec import NodeScope, PolicySpec, RateControl
from policies.domain.spec_parts import find_changes, merge
from policies.models import Account, Deployment, Draft, Node, OrganizationalUnit, Policy, Shard
from policies.models.policy import LONGEST_NAME
from policies.wizard.draft import begin_copy, begin_draft
from tests.worlds import BEGIN, MEMBER

pytestmark = pytest.mark.django_db

TAGGED = {
    "account_scope": "units", "unit_ids": "ou-demo-workload", "regions": "us-east-1",
    "node_scope": "Tags", "tag_key": "Patch", "tag_value": "true",
}  # fmt: skip


def edit(owner: User, policy: Policy) -> Draft:
    """A draft of an edit, begun now."""
    policy.refresh_from_db()
    return begin_draft(owner, timezone.now(), lambda: "zzzzz", policy)


def step(draft: Draft, slug: str) -> str:
    return reverse("draft_step", args=[draft.pk, slug])


def page(client: Client, address: str) -> str:
    told = client.get(address)
    assert told.status_code == 200
    return told.content.decode()


def change(client: Client, draft: Draft, slug: str, **answers: object) -> None:
    assert client.post(step(draft, slug), answers).status_code == 302


def save(client: Client, draft: Draft) -> str:
    """Where Update leads."""
    told = client.post(reverse("draft_create", args=[draft.pk]))
    assert told.status_code == 302
    return told["Location"]


@pytest.fixture
def bob(db: None) -> User:
    """Another administrator."""
    person = User.objects.create_user("bob")
    person.groups.add(Group.objects.get_or_create(name="administrator")[0])
    return person


@pytest.fixture
def as_bob(bob: User) -> Client:
    """The other administrator's client."""
    client = Client()
    client.force_login(bob)
    return client


def test_an_edit_begins_with_the_answers_of_the_policy_and_nothing_marked(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    told = as_administrator.get(reverse("policy_edit", args=[policy.configuration_id]))

    draft = administrator.drafts.get(policy=policy)
    assert told["Location"] == step(draft, "review")
    review = page(as_administrator, step(draft, "review"))
    assert "Nothing is changed" in review
    assert 'id="plan"' not in review
    assert "field-changed" not in "".join(page(as_administrator, step(draft, s) + "?filled") for s in draft.answers)


def test_saving_an_unchanged_edit_is_said_and_deploys_nothing(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    where = save(as_administrator, edit(administrator, policy))

    policy.refresh_from_db()
    assert where == reverse("policy", args=[policy.configuration_id])
    assert "Nothing was changed" in page(as_administrator, where)
    assert (policy.version, policy.deployments.count()) == (1, 1)


def test_a_changed_field_is_marked_with_what_it_was_and_its_step_in_the_list(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    draft = edit(administrator, policy)
    change(as_administrator, draft, "rate", concurrency="25%", error_threshold="2%", attach_iam="on")

    told = page(as_administrator, step(draft, "rate"))

    assert told.count("field-changed") == 1
    assert "<del>10%</del>" in told
    assert 'class="badge">Changed' in page(as_administrator, step(draft, "name"))


def test_a_box_that_was_unticked_is_marked(as_administrator: Client, administrator: User, policy: Policy) -> None:
    draft = edit(administrator, policy)
    change(as_administrator, draft, "rate", concurrency="10%", error_threshold="2%")

    assert "<del>Yes</del>" in page(as_administrator, step(draft, "rate"))


@pytest.mark.parametrize(("attached", "is_told"), [(True, True), (False, False)])
def test_an_edit_warns_of_access_that_it_takes_away_and_not_of_what_was_so(
    attached: bool, is_told: bool, as_administrator: Client, administrator: User, policy: Policy
) -> None:
    Policy.objects.filter(pk=policy.pk).update(spec=replace(policy.asked, attach_iam=attached).to_dict())
    draft = edit(administrator, policy)

    change(as_administrator, draft, "rate", concurrency="10%", error_threshold="2%")

    assert ("No IAM policies are added" in page(as_administrator, step(draft, "review"))) is is_told


def test_the_review_shows_each_change_before_and_after(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    draft = edit(administrator, policy)
    change(as_administrator, draft, "targets", **TAGGED)

    told = page(as_administrator, step(draft, "review"))

    assert "<del>All managed nodes</del>" in told
    assert "<ins>Nodes tagged Patch = true</ins>" in told
    assert told.count("table-changes") == 1


def test_units_are_reviewed_and_shown_by_their_names(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    for unit, name, path in (("r-demo", "Root", "r-demo"), ("ou-demo-workload", "<Work>", "r-demo/ou-demo-workload")):
        OrganizationalUnit.objects.create(unit_id=unit, name=name, path=path)
    draft = edit(administrator, policy)
    change(as_administrator, draft, "targets", **TAGGED)
    assert "&lt;Work&gt; (ou-demo-workload)" in page(as_administrator, step(draft, "review"))

    assert "&lt;Work&gt; (ou-demo-workload)" in page(as_administrator, save(as_administrator, draft))


def test_the_effect_names_the_nodes_that_leave_and_the_next_runs(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    account = Account.objects.create(
        account_id=MEMBER, name="Shop", unit_path="r-demo/ou-demo-workload", is_active=True, seen_at=BEGIN
    )
    shard = Shard.objects.create(account=account, region="us-east-1", status="fresh", observed_at=BEGIN)
    for name, tags in (("stays", {"Patch": "true"}), ("leaves", {})):
        Node.objects.create(shard=shard, instance_id=f"i-{name}", name=name, tags=tags, seen_at=BEGIN)
    draft = edit(administrator, policy)
    change(as_administrator, draft, "targets", **TAGGED)
    change(
        as_administrator, draft, "schedule", operation="ScanAndInstall", scan_kind="cron",
        scan_cron="cron(0 5 * * ? *)", install_kind="recommended", install_wait="on", reboot="on",
    )  # fmt: skip

    told = as_administrator.post(reverse("draft_preview", args=[draft.pk, "effect"])).content.decode()

    assert ">leaves<" in told
    assert ">stays<" not in told
    assert "2026-11-24 01:00 UTC" in told
    assert "2026-11-24 05:00 UTC" in told
    assert "as before" in told


@pytest.fixture
def overtaken(administrator: User, bob: User, policy: Policy, aws: Aws, as_administrator: Client) -> Draft:
    """A draft of ours with 25 %, while bob has meanwhile saved 50 % and a name."""
    draft = edit(administrator, policy)
    change(as_administrator, draft, "rate", concurrency="25%", error_threshold="5%", attach_iam="on")
    theirs = replace(policy.asked, name="Bob's choice".replace("'", ""), rate=RateControl("50%", "2%"))
    edit_policy(policy, theirs, "bob", aws, BEGIN)
    Deployment.objects.update(status="succeeded")
    return draft


def test_the_second_of_two_edits_is_told_whose_change_came_between_and_overwrites_nothing(
    as_administrator: Client, overtaken: Draft, policy: Policy
) -> None:
    where = save(as_administrator, overtaken)

    told = page(as_administrator, where)
    policy.refresh_from_db()
    assert where == reverse("draft_compare", args=[overtaken.pk])
    assert "Edited by bob" in told
    assert "2026-11-23 12:00 UTC" in told
    assert [told.count(f"<td class=\"anywhere\" data-label=\"{column}\">{value}</td>") for column, value in (
        ("When you began", "10%"), ("Theirs", "50%"), ("Yours", "25%")
    )] == [1, 1, 1]  # fmt: skip
    assert policy.asked.rate.concurrency == "50%"


def test_a_step_tells_of_the_other_edit_once_it_is_known(as_administrator: Client, overtaken: Draft) -> None:
    told = page(as_administrator, step(overtaken, "name"))

    assert "Edited by bob" in told
    assert reverse("draft_compare", args=[overtaken.pk]) in told


def choose(client: Client, draft: Draft, version: int, **choices: str) -> int:
    parts = {f"part_{name}": choice for name, choice in choices.items()}
    return client.post(reverse("draft_compare", args=[draft.pk]), {"version": version, **parts}).status_code


def test_mine_is_kept_on_top_of_theirs_where_chosen(as_administrator: Client, overtaken: Draft, policy: Policy) -> None:
    assert choose(as_administrator, overtaken, 2, name="theirs", concurrency="mine") == 302
    save(as_administrator, overtaken)

    policy.refresh_from_db()
    assert (policy.asked.name, policy.asked.rate) == ("Bobs choice", RateControl("25%", "5%"))
    assert policy.version == 3


def test_theirs_is_taken_over_where_chosen(as_administrator: Client, overtaken: Draft, policy: Policy) -> None:
    choose(as_administrator, overtaken, 2, name="mine", concurrency="theirs")
    save(as_administrator, overtaken)

    policy.refresh_from_db()
    assert (policy.asked.name, policy.asked.rate) == ("Weekly patching", RateControl("50%", "5%"))


def test_a_third_edit_while_one_compares_is_shown_before_anything_is_merged(
    as_administrator: Client, overtaken: Draft, policy: Policy, aws: Aws
) -> None:
    policy.refresh_from_db()
    edit_policy(policy, replace(policy.asked, name="Third"), "cem", aws, BEGIN)

    told = as_administrator.post(reverse("draft_compare", args=[overtaken.pk]), {"version": 2})

    overtaken.refresh_from_db()
    assert told.status_code == 422
    assert "Edited by cem" in told.content.decode()
    assert overtaken.policy_version == 1


def test_a_step_that_needs_a_correction_is_kept_as_typed(as_administrator: Client, overtaken: Draft) -> None:
    as_administrator.post(step(overtaken, "rate"), {"concurrency": "nonsense", "error_threshold": "5%"})

    assert "need a correction" in page(as_administrator, reverse("draft_compare", args=[overtaken.pk]))
    choose(as_administrator, overtaken, 2, name="theirs", concurrency="mine")

    overtaken.refresh_from_db()
    assert overtaken.answers["rate"]["concurrency"] == ["nonsense"]
    assert overtaken.answers["name"] == {"name": ["Bobs choice"]}


def test_a_comparison_without_a_change_leads_to_the_review(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    draft = edit(administrator, policy)

    told = as_administrator.get(reverse("draft_compare", args=[draft.pk]))

    assert told["Location"] == step(draft, "review")


def test_the_comparison_of_another_person_is_not_found(as_bob: Client, overtaken: Draft) -> None:
    assert as_bob.get(reverse("draft_compare", args=[overtaken.pk])).status_code == 404


def test_a_copy_has_every_answer_but_a_name_and_an_id_of_its_own(
    as_administrator: Client, administrator: User, policy: Policy
) -> None:
    told = as_administrator.get(reverse("policy_copy", args=[policy.configuration_id]))

    draft = administrator.drafts.get()
    assert told["Location"] == step(draft, "name")
    assert draft.policy is None
    assert draft.configuration_id != policy.configuration_id
    assert save(as_administrator, draft) == reverse("policy", args=[draft.configuration_id])
    made = Policy.objects.get(configuration_id=draft.configuration_id)
    assert made.asked == replace(policy.asked, name="Copy of Weekly patching")


@pytest.mark.parametrize("name", ["Weekly patching", "x" * 120])
def test_a_second_copy_gets_another_name_that_fits(name: str, administrator: User, policy: Policy) -> None:
    def copy() -> str:
        draft = begin_copy(administrator, timezone.now(), lambda: "zzzzz", policy)
        return str(draft.answers["name"]["name"][0])

    policy.name = name
    first = copy()
    Policy.objects.filter(pk=policy.pk).update(name=first)

    second = copy()
    assert first != second
    assert second.endswith(" 2")
    assert max(len(first), len(second)) <= LONGEST_NAME


def test_operators_copy_nothing(as_operator: Client, policy: Policy) -> None:
    assert as_operator.get(reverse("policy_copy", args=[policy.configuration_id])).status_code == 403


def test_a_scope_that_changes_takes_its_words_along(policy: Policy) -> None:
    mine = replace(
        policy.asked,
        targets=replace(policy.asked.targets, node_scope=NodeScope.TAG, tag_key="Patch"),
    )
    merged: PolicySpec = merge(policy.asked, mine, {"nodes"})

    assert merged == mine
    assert [c.part.name for c in find_changes(policy.asked, mine)] == ["nodes"]


def test_an_edit_of_a_policy_that_was_deleted_meanwhile_leads_to_what_is_left_of_it(
    as_administrator: Client, overtaken: Draft, policy: Policy, administrator: User
) -> None:
    Policy.objects.update(deleted_at=timezone.now(), version=1)

    told = as_administrator.post(reverse("draft_create", args=[overtaken.pk]), follow=True)

    assert told.redirect_chain[-1][0] == reverse("policy", args=[policy.configuration_id])
    assert "This policy was deleted" in told.content.decode()
    assert not Draft.objects.unfinished(administrator).exists()
