"""The list of policies: what stands in a row, narrowed and sorted by its address, and how little it asks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from policies.domain.spec import Operation, Schedule
from policies.models import Account, AssociationState, Deployment, Draft, Event, Node, NodePolicy, Policy, Shard
from tests.observe.test_pages import NOW, page
from tests.specs import some_spec

pytestmark = pytest.mark.django_db

INSTALLS = some_spec(
    operation=Operation.SCAN_AND_INSTALL, install=Schedule("cron(0 2 ? * SUN *)", wait_for_first_interval=True)
)


def make(number: int, name: str = "", spec: object = None, status: str = "succeeded") -> Policy:
    """A policy with a deployment, a change by its maker, an association and a node that is compliant or not."""
    made = some_spec() if spec is None else spec
    policy = Policy.objects.create(
        configuration_id=f"p{number:04}", name=name or f"Policy {number:02}", spec=made.to_dict(),  # type: ignore[attr-defined]
        account_id="111122223333", home_region="us-east-1", created_at=NOW, created_by="ann",
    )  # fmt: skip
    Deployment.objects.create(
        policy=policy, verb="create", status=status, plan={"changes": []}, requested_by="ann", requested_at=NOW
    )
    Event.objects.create(policy=policy, at=NOW + timedelta(minutes=number), by=f"maker-{number}", verb="edit_policy")
    return policy


def put_node(policy: Policy, status: str) -> None:
    """A node under the policy, and an association."""
    account = Account.objects.get_or_create(account_id="555566667777", defaults={"name": "Shop", "seen_at": NOW})[0]
    shard = Shard.objects.get_or_create(account=account, region="us-east-1", defaults={"observed_at": NOW})[0]
    node = Node.objects.create(shard=shard, instance_id=f"i-{policy.pk}-{status}", name="web", seen_at=NOW)
    NodePolicy.objects.create(node=node, policy=policy, status=status)
    AssociationState.objects.create(
        policy=policy, shard=shard, association_id=f"a-{node.pk}", name="Scan", purpose="scan", status="failed"
    )


def listed(client: Client, query: str = "") -> list[str]:
    """The ids of the policies in the order of the page."""
    told = page(client, "policy_list", query=query)
    return [part.split("/")[0] for part in told.split('scope="row"')[1:] for part in [part.split("/policies/")[1]]]


def test_a_row_says_where_the_policy_stands_in_words(as_viewer: Client) -> None:
    put_node(make(1, spec=INSTALLS, status="partial"), "non_compliant")

    told = page(as_viewer, "policy_list")

    for words in ("Partly succeeded", "Failed", "Non-compliant", "1 of 1", "Scan and install", "Entire organization",
                  "2026-11-24 01:00 UTC", "maker-1"):  # fmt: skip
        assert words in told


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("?search=ALPHA", ["p0001"]),
        ("?search=p0002", ["p0002"]),
        ("?status=failed", ["p0002"]),
        ("?compliance=non_compliant", ["p0003"]),
        ("?operation=ScanAndInstall", ["p0003"]),
        ("?status=failed&operation=ScanAndInstall", []),
        ("?status=nonsense", ["p0001", "p0002", "p0003"]),
    ],
)
def test_the_address_narrows_the_list(query: str, ids: list[str], as_viewer: Client) -> None:
    make(1, "Alpha")
    make(2, "Beta", status="failed")
    put_node(make(3, "Gamma", spec=INSTALLS), "non_compliant")

    assert listed(as_viewer, query) == ids


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("name", ["p0003", "p0002", "p0001"]),
        ("-name", ["p0001", "p0002", "p0003"]),
        ("status", ["p0003", "p0001", "p0002"]),
        ("next", ["p0002", "p0003", "p0001"]),
        ("changed", ["p0001", "p0002", "p0003"]),
        ("operation", ["p0003", "p0002", "p0001"]),
        ("%00", ["p0003", "p0002", "p0001"]),
    ],
)
def test_the_address_sorts_the_list_and_rows_alike_stay_by_name(sort: str, ids: list[str], as_viewer: Client) -> None:
    put_node(make(1, "Gamma"), "compliant")
    make(2, "beta", spec=replace(some_spec(), scan=Schedule("cron(0 23 * * ? *)", wait_for_first_interval=False)),
         status="failed")  # fmt: skip
    make(3, "Alpha")

    assert listed(as_viewer, f"?sort={sort}") == ids


def test_above_25_policies_the_list_has_pages_and_tells_the_whole_count(as_viewer: Client) -> None:
    for number in range(27):
        make(number)

    assert "(27)" in page(as_viewer, "policy_list")
    assert len(listed(as_viewer)) == 25
    assert listed(as_viewer, "?page=2") == ["p0025", "p0026"]
    assert "(1/27)" in page(as_viewer, "policy_list", query="?search=p0003")


def test_nothing_that_matches_can_be_cleared(as_viewer: Client) -> None:
    make(1)

    told = page(as_viewer, "policy_list", query="?search=zzz")

    assert "No matching patch policies" in told
    assert f'href="{reverse("policy_list")}">Clear filters' in told


def test_an_empty_list_leads_administrators_to_the_wizard(as_administrator: Client, as_viewer: Client) -> None:
    assert page(as_administrator, "policy_list").count(reverse("draft_new")) == 2
    assert reverse("draft_new") not in page(as_viewer, "policy_list")


def test_only_administrators_are_offered_what_changes_a_policy(as_administrator: Client, as_operator: Client) -> None:
    policy = make(1)
    verbs = [reverse(name, args=[policy.configuration_id]) for name in ("policy_edit", "policy_copy", "policy_delete")]

    mine, theirs = page(as_administrator, "policy_list"), page(as_operator, "policy_list")

    assert [verb in mine for verb in verbs] == [True] * 3
    assert [verb in theirs for verb in verbs] == [False] * 3


def test_a_policy_that_is_being_removed_offers_nothing_else(as_administrator: Client) -> None:
    policy = make(1)
    Deployment.objects.create(
        policy=policy, verb="delete", status="running", plan={"changes": []}, requested_by="ann",
        requested_at=NOW + timedelta(days=1),
    )  # fmt: skip

    told = page(as_administrator, "policy_list")

    assert reverse("policy_edit", args=[policy.configuration_id]) not in told
    assert "In progress" in told


def test_my_unfinished_drafts_can_be_continued_and_discarded_from_the_list(
    as_administrator: Client, administrator: User
) -> None:
    mine = Draft.objects.create(
        owner=administrator, configuration_id="abcde", answers={"name": {"name": ["Half done"]}},
        created_at=timezone.now(), changed_at=timezone.now(),
    )  # fmt: skip
    someone = User.objects.create_user("someone-else")
    Draft.objects.create(
        owner=someone, configuration_id="bcdef", answers={"name": {"name": ["Not mine"]}},
        created_at=timezone.now(), changed_at=timezone.now(),
    )  # fmt: skip

    told = page(as_administrator, "policy_list")
    assert "Half done" in told
    assert "Not mine" not in told
    assert reverse("draft_step", args=[mine.pk, "review"]) in told

    where = as_administrator.post(reverse("draft_discard", args=[mine.pk]), {"next": reverse("policy_list")})
    assert where["Location"] == reverse("policy_list")
    assert "Half done" not in page(as_administrator, "policy_list")


def test_hostile_names_in_the_list_are_text(as_administrator: Client) -> None:
    make(1, "<script>alert(1)</script>")

    assert "<script>alert" not in page(as_administrator, "policy_list")


@pytest.mark.parametrize("count", [1, 60])
def test_the_list_asks_the_database_a_constant_number_of_questions(
    count: int, as_administrator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        put_node(make(number), "compliant")

    with django_assert_max_num_queries(13):
        page(as_administrator, "policy_list")


def test_the_settings_can_be_kept_as_a_file(as_viewer: Client) -> None:
    policy = make(1)

    told = as_viewer.get(reverse("policy_export", args=[policy.configuration_id]))

    assert told["Content-Disposition"] == 'attachment; filename="patch-policy-p0001.json"'
    assert json.loads(told.content)["settings"] == json.loads(json.dumps(policy.spec))
    assert as_viewer.get(reverse("policy_export", args=["zzzzz"])).status_code == 404
