"""Lists to choose from: searched, turned page by page, kept while others are sought, also without a script."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.aws.connect import Aws
from policies.aws.errors import TemporaryProblem
from policies.models import Account, Draft, Node, Policy, Shard
from policies.wizard.draft import begin_draft
from policies.wizard.facts import SECONDS_REMEMBERED, Facts
from policies.wizard.previews.look import MOST_SHOWN
from policies.wizard.views import asked
from tests.worlds import BEGIN

pytestmark = pytest.mark.django_db

BUCKETS = ["example-patch-logs-ap-northeast-1", "example-patch-logs-eu-west-1", "example-patch-logs-us-east-1"]


@pytest.fixture
def draft(administrator: User) -> Draft:
    """A draft whose first steps are answered."""
    draft = begin_draft(administrator, timezone.now(), lambda: "abcde")
    draft.answers = {slug: {} for slug in ("name", "schedule", "baselines", "logs")}
    draft.save()
    return draft


@pytest.fixture
def nodes(db: None) -> list[Node]:
    """More instances than a page has, each with a tag of its own."""
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=BEGIN)
    shard = Shard.objects.create(account=account, region="us-east-1")
    rows = [
        Node(shard=shard, instance_id=f"i-{n:017}", name=f"web-{n:03}", tags={"Rank": f"r{n}"}, seen_at=BEGIN)
        for n in range(MOST_SHOWN + 5)
    ]
    return Node.objects.bulk_create(rows)


def ask(client: Client, draft: Draft, name: str, **sent: object) -> dict[str, object]:
    return client.post(reverse("draft_preview", args=[draft.pk, name]), sent).context["preview"]  # type: ignore[no-any-return]


def names(told: dict[str, object]) -> list[str]:
    return [node.name for node in told["page"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("WEB-007", ["web-007"]),
        (f"i-{7:017}", ["web-007"]),
        ("Rank = R7", ["web-007"]),
        ("rank=r7", []),
        ("Rank=none", []),
        ("nothing", []),
        ("'=\"", []),
    ],
)
def test_nodes_are_found_by_name_id_and_tag(
    words: str, found: list[str], as_administrator: Client, draft: Draft, nodes: list[Node]
) -> None:
    assert names(ask(as_administrator, draft, "nodes", node_search=words)) == found


def test_a_tag_key_finds_every_node_that_has_it(as_administrator: Client, draft: Draft, nodes: list[Node]) -> None:
    told = ask(as_administrator, draft, "nodes", node_search="Rank", node_page="2")

    assert names(told) == [node.name for node in nodes[MOST_SHOWN:]]


def test_chosen_nodes_stay_whatever_is_sought(as_administrator: Client, draft: Draft, nodes: list[Node]) -> None:
    picked = [nodes[3].instance_id, nodes[54].instance_id, "i-0unknown"]
    told = ask(as_administrator, draft, "nodes", node_search="web-007", instance_ids=picked)

    assert (told["chosen"], told["unknown"]) == ([nodes[3], nodes[54]], ["i-0unknown"])
    assert names(told) == ["web-007"]


def test_without_a_script_a_search_keeps_the_answers_and_comes_back_to_the_list(
    as_administrator: Client, draft: Draft, nodes: list[Node]
) -> None:
    url = reverse("draft_step", args=[draft.pk, "targets"])
    sent = {"node_scope": "InstanceIds", "instance_ids": nodes[3].instance_id, "node_search": "Rank", "node_page": "2"}
    back = as_administrator.post(f"{url}?stay", sent)
    told = as_administrator.get(back["Location"]).context["previews"]["nodes"]

    assert back["Location"] == f"{url}?filled&node_search=Rank&node_page=2"
    assert told["chosen"] == [nodes[3]]
    assert names(told) == [node.name for node in nodes[MOST_SHOWN + 1 :]]


def test_buckets_are_found_by_name_with_their_region(as_administrator: Client, draft: Draft) -> None:
    told = ask(as_administrator, draft, "buckets", write_logs="on", bucket_search="PATCH-LOGS")

    assert [bucket.name for bucket in told["page"]] == BUCKETS  # type: ignore[attr-defined]
    assert [bucket.region for bucket in told["page"]] == ["ap-northeast-1", "eu-west-1", "us-east-1"]  # type: ignore[attr-defined]


def test_the_pressed_button_of_a_bucket_is_the_answer(as_administrator: Client, draft: Draft) -> None:
    url = reverse("draft_step", args=[draft.pk, "logs"])
    back = as_administrator.post(f"{url}?stay", {"write_logs": "on", "log_bucket": ["", BUCKETS[0]]})

    assert back["Location"] == url
    assert f'value="{BUCKETS[0]}"' in as_administrator.get(url).content.decode()


def test_a_baseline_tells_which_policies_use_it(as_administrator: Client, draft: Draft, policy: Policy) -> None:
    chosen = next(choice for choice in policy.asked.baselines if choice.operating_system == "UBUNTU")

    assert ask(as_administrator, draft, "baselines")["uses"][chosen.baseline_id] == 1  # type: ignore[index]
    assert ask(as_administrator, draft, "baseline-rules", system="UBUNTU")["used_by"] == [policy]


def test_without_a_script_rules_are_read_on_the_page(as_administrator: Client, draft: Draft) -> None:
    url = reverse("draft_step", args=[draft.pk, "baselines"])
    back = as_administrator.post(f"{url}?stay", {"baseline_kind": "custom", "system": "UBUNTU"})

    assert "Approval rule 1" in as_administrator.get(back["Location"]).content.decode()


def test_the_rules_of_a_system_that_there_is_not_are_not_found(as_administrator: Client, draft: Draft) -> None:
    url = reverse("draft_step", args=[draft.pk, "baselines"])

    assert as_administrator.get(f"{url}?filled&system=BEOS").status_code == 404


def test_an_organization_is_walked_once_and_says_when(aws: Aws) -> None:
    calls_made: list[str] = []
    aws.session.events.register(
        "provide-client-params.organizations.*", lambda model, **_: calls_made.append(model.name)
    )
    later = timedelta(seconds=SECONDS_REMEMBERED // 2)

    def facts_at(moment: datetime, is_asked_again: bool = False) -> Facts:
        return Facts(lambda: aws, moment, is_asked_again)

    first, second, third = facts_at(BEGIN), facts_at(BEGIN + later), facts_at(BEGIN + later, is_asked_again=True)
    walked = first.organization()
    calls = len(calls_made)
    assert "ListAccountsForParent" in calls_made

    assert second.organization() == walked
    assert (len(calls_made), second.as_of) == (calls, BEGIN)
    assert third.organization() == walked
    assert (len(calls_made), third.as_of) == (2 * calls, BEGIN + later)


@pytest.mark.parametrize(("scope", "is_offered"), [("account", True), ("organization", False)])
def test_resource_groups_are_offered_for_a_single_account(
    scope: str, is_offered: bool, as_administrator: Client, draft: Draft
) -> None:
    told = ask(
        as_administrator, draft, "groups", account_scope=scope, region_kind="current", node_scope="ResourceGroups"
    )

    assert told["is_offered"] is is_offered
    assert told.get("groups", []) == ([("web-servers", ["us-east-1"])] if is_offered else [])


def test_tag_keys_are_offered_and_the_values_of_the_one_that_is_typed(
    as_administrator: Client, draft: Draft, nodes: list[Node]
) -> None:
    assert (ask(as_administrator, draft, "tags")["keys"], ask(as_administrator, draft, "tags")["values"]) == (
        ["Rank"],
        [],
    )
    told = ask(as_administrator, draft, "tags", tag_key="Rank")
    assert told["values"] == sorted(f"r{n}" for n in range(len(nodes)))


@pytest.mark.parametrize("name", ["identity", "baselines", "buckets", "places", "groups"])
def test_a_list_that_aws_does_not_tell_says_so_in_its_place_with_a_retry(
    name: str, as_administrator: Client, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Aws:
        raise TemporaryProblem("ssm:DescribePatchBaselines", "ThrottlingException", "Rate exceeded")

    monkeypatch.setattr(asked, "connection", refuse)
    url = reverse("draft_preview", args=[draft.pk, name])
    told = as_administrator.post(url, {"account_scope": "account", "node_scope": "ResourceGroups"}).content.decode()

    assert "Rate exceeded" in told
    assert f'hx-post="{url}?again"' in told
