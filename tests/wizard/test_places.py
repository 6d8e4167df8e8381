"""Who is signed in and what may be targeted, told in words; the tree and the Regions keep what was typed in sight."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.aws.connect import Aws
from policies.models import Draft
from policies.wizard.draft import begin_draft
from policies.wizard.previews.places import RegionRow, UnitRow
from policies.wizard.views import asked
from sandbox.wire import Sandbox
from tests.worlds import MANAGEMENT, MEMBER, leave_organization, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(administrator: User) -> Draft:
    """A draft that has no answer yet."""
    return begin_draft(administrator, timezone.now(), lambda: "abcde")


def fragment(client: Client, draft: Draft, name: str, **answers: object) -> str:
    return client.post(reverse("draft_preview", args=[draft.pk, name]), answers).content.decode()


def be(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, account_id: str) -> None:
    """Sign the portal in to another account."""
    cache.clear()
    connected = sign_in(sandbox, account_id)
    monkeypatch.setattr(asked, "connection", lambda: connected)


def test_the_management_account_may_target_everything(as_administrator: Client, draft: Draft) -> None:
    told = fragment(as_administrator, draft, "identity")

    assert MANAGEMENT in told
    assert "example-management" in told
    assert "the entire organization, chosen OUs, or this account alone" in told


def test_a_member_is_told_whose_credentials_are_needed(
    as_administrator: Client, draft: Draft, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    be(sandbox, monkeypatch, MEMBER)

    told = fragment(as_administrator, draft, "identity")

    assert "This is a member account" in told
    assert f"management account {MANAGEMENT}" in told


def test_a_delegated_administrator_is_told_that_it_is_not_enough(
    as_administrator: Client, draft: Draft, aws: Aws, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("organizations").register_delegated_administrator(
        AccountId=MEMBER, ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com"
    )
    be(sandbox, monkeypatch, MEMBER)

    told = fragment(as_administrator, draft, "identity")

    assert "delegated administrator (member.org.stacksets.cloudformation.amazonaws.com)" in told


def test_a_lone_account_is_told_that_there_are_no_others(
    as_administrator: Client, draft: Draft, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_organization(sandbox.world, MEMBER)
    be(sandbox, monkeypatch, MEMBER)

    assert "in no organization" in fragment(as_administrator, draft, "identity")


def test_the_tree_nests_units_with_their_accounts_and_opens_to_what_is_chosen(
    as_administrator: Client, draft: Draft
) -> None:
    url = reverse("draft_preview", args=[draft.pk, "places"])
    told = as_administrator.post(url, {"unit_ids": ["ou-demo-prod0001", "ou-gone-12345678"]}).context["preview"]

    units: tuple[UnitRow, ...] = told["units"]
    rows = {row.unit.name: row for row in units}
    assert set(rows) == {"Infrastructure", "Workloads"}
    assert (rows["Workloads"].account_count, rows["Workloads"].is_open, rows["Workloads"].is_chosen) == (4, True, False)
    [production] = rows["Workloads"].children
    assert (production.is_chosen, len(production.accounts)) == (True, 3)
    assert told["unknown_units"] == ["ou-gone-12345678"]
    assert [account.account_id for account in told["at_root"]] == [MANAGEMENT]


def test_every_supported_region_is_told_with_its_state_and_a_strange_one_stays(
    as_administrator: Client, draft: Draft
) -> None:
    url = reverse("draft_preview", args=[draft.pk, "places"])
    told = as_administrator.post(url, {"regions": ["us-east-1", "af-south-1"]}).context["preview"]

    regions: list[RegionRow] = told["regions"]
    assert len(regions) == 16
    assert {row.name for row in regions if row.is_enabled} == {"us-east-1", "eu-west-1", "ap-northeast-1"}
    assert [row.name for row in regions if row.is_chosen] == ["us-east-1"]
    assert told["unknown_regions"] == ["af-south-1"]


def test_without_the_box_nodes_access_is_ready_to_copy_in_both_forms_and_for_endpoints(
    as_administrator: Client, draft: Draft
) -> None:
    as_administrator.post(
        reverse("draft_step", args=[draft.pk, "targets"]),
        {"account_scope": "units", "unit_ids": "ou-demo-workload", "regions": ["us-east-1", "eu-west-1"],
         "node_scope": "*"},
    )  # fmt: skip
    told = as_administrator.post(reverse("draft_preview", args=[draft.pk, "node-access"]), {}).context["preview"]

    assert f"aws-quicksetup-patchpolicy-{MANAGEMENT}-abcde/*" in told["own_policy"]
    assert "aws-quicksetup-patchpolicy-*" in told["all_policy"]
    assert told["tag_command"].endswith("--tags Key=QSConfigId-abcde,Value=abcde")
    assert [region for region, _, _ in told["endpoint_policies"]] == ["us-east-1", "eu-west-1"]
    assert all("aws-quicksetup-patchpolicy-*/*" in every for _, _, every in told["endpoint_policies"])
    assert told["log_policy"] == ""


def test_nodes_that_write_logs_need_a_policy_for_the_bucket_whatever_the_box(
    as_administrator: Client, draft: Draft
) -> None:
    bucket = {"write_logs": "on", "log_bucket": "example-patch-logs-us-east-1", "log_prefix": "nightly"}
    as_administrator.post(reverse("draft_step", args=[draft.pk, "logs"]), bucket)

    told = fragment(as_administrator, draft, "node-access", attach_iam="on")

    assert "arn:aws:s3:::example-patch-logs-us-east-1/nightly/*" in told
