"""What targets match, counted from what was read of the small world, with every doubt that there is about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from policies.aws.connect import Aws
from policies.aws.organization import AccountFact, Organization
from policies.domain.doubts import DoubtKind
from policies.domain.scanners import ScannerKind
from policies.domain.spec import AccountScope, NodeScope, Targets
from policies.domain.status import Findings
from policies.models import Account, Draft, Node, NodeCompliance, NodePolicy, Policy, Scan, Shard
from policies.observe.collect import collect_organization, collect_shard
from policies.wizard.doubts import Found, find_doubts, find_uncounted
from policies.wizard.draft import begin_draft
from policies.wizard.matching import find_matches
from sandbox.engine.scanners import add_maintenance_window
from sandbox.wire import Sandbox
from tests.specs import some_spec
from tests.worlds import MANAGEMENT, MEMBER, open_sandbox, rows_of_a_module, sign_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")
EVERYTHING = Targets(AccountScope.ORGANIZATION, REGIONS, NodeScope.ALL)
SCREEN = {"account_scope": "organization", "node_scope": "*"}


@pytest.fixture(scope="module", autouse=True)
def rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The whole world, read once for all tests."""

    def read() -> None:
        aws = sign_in(open_sandbox())
        for shard_id in collect_organization(aws, NOW):
            collect_shard(shard_id, aws, NOW)

    yield from rows_of_a_module(django_db_blocker, read)


@pytest.fixture
def read(aws: Aws) -> Aws:
    """The whole world, read, and a connection to one that is just the same."""
    return aws


@pytest.fixture
def draft(administrator: User) -> Draft:
    return begin_draft(administrator, timezone.now(), lambda: "abcde")


def make_policy(name: str) -> Policy:
    return Policy.objects.create(
        configuration_id=name[:5], name=name, spec=some_spec().to_dict(), account_id=MANAGEMENT,
        home_region="us-east-1", created_at=timezone.now(), created_by="administrator",
    )  # fmt: skip


def doubts_about(targets: Targets, policy: Policy | None = None) -> dict[DoubtKind, Found]:
    return {found.doubt.kind: found for found in find_doubts(find_matches(targets, MANAGEMENT), policy)}


def schedule_scanner(aws: Aws, name: str, targets: list[dict[str, object]]) -> None:
    """Another association that patches, in the member account's home Region, and a new reading."""
    aws.in_account(MEMBER).client("ssm").create_association(
        Name="AWS-RunPatchBaseline", AssociationName=name, Targets=targets, Parameters={"Operation": ["Scan"]},
        ScheduleExpression="cron(0 3 * * ? *)",
    )  # fmt: skip
    collect_shard(Shard.objects.get(account_id=MEMBER, region="us-east-1").pk, aws, NOW)


def test_everything_matches_every_living_node_of_each_account_and_region(read: Aws) -> None:
    matches = find_matches(EVERYTHING, MANAGEMENT)

    assert len(matches.nodes) == matches.managed == Node.objects.filter(gone_at=None).count()
    assert len(matches.accounts) == 7
    assert sum(count for _, count in matches.by_shard) == sum(count for _, count in matches.by_region)
    assert sum(count for _, count in matches.by_account) == len(matches.nodes)
    assert matches.outside == ()


def test_a_unit_covers_the_units_below_it_and_the_rest_is_seen_as_outside(read: Aws) -> None:
    matches = find_matches(replace(EVERYTHING, account_scope=AccountScope.UNITS, unit_ids=("ou-demo-workload",)), "")

    assert {a.name for a in matches.accounts} == {
        "Sandbox Team", "Shop Production", "Billing Production", "Analytics Production",
    }  # fmt: skip
    assert {a.name for a in matches.outside} == {"Example Management", "Shared Services", "Network"}


def test_nodes_under_another_policy_are_named_but_not_those_of_the_edited_one(read: Aws) -> None:
    policy = make_policy("other")
    node = Node.objects.all()[0]
    NodePolicy.objects.create(node=node, policy=policy)

    assert doubts_about(EVERYTHING)[DoubtKind.OTHER_POLICY].nodes == (node.pk,)
    assert DoubtKind.OTHER_POLICY not in doubts_about(EVERYTHING, policy)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AWS-QuickSetup-SSMHostMgmt-ScanForPatches-q4bkg", DoubtKind.HOST_MANAGEMENT),
        ("AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-q4bkg", DoubtKind.FOREIGN_POLICY),
        ("nightly-scan", DoubtKind.ASSOCIATION),
    ],
)
def test_another_scanner_is_named_with_the_nodes_that_it_reaches(read: Aws, name: str, kind: DoubtKind) -> None:
    schedule_scanner(read, name, [{"Key": "tag:Role", "Values": ["web"]}])

    found = doubts_about(EVERYTHING)[kind]

    here = Node.objects.filter(shard__account_id=MEMBER, shard__region="us-east-1", gone_at=None)
    assert set(found.nodes) == {node.pk for node in here if node.tags.get("Role") == "web"}
    assert found.doubt.name == name


def test_a_maintenance_window_is_named_with_the_nodes_that_it_reaches(read: Aws, sandbox: Sandbox) -> None:
    add_maintenance_window(sandbox.world, MEMBER, "us-east-1")
    shard = Shard.objects.get(account_id=MEMBER, region="us-east-1")
    sandbox.world.clock.advance(timedelta(hours=2))
    for _ in range(2):
        collect_shard(shard.pk, read, NOW)

    found = doubts_about(EVERYTHING)[DoubtKind.MAINTENANCE_WINDOW]

    assert found.doubt.name == "nightly-patching"
    assert set(found.nodes) == set(shard.nodes.values_list("pk", flat=True))


def test_a_scanner_of_a_resource_group_is_told_although_its_nodes_are_not_known(read: Aws) -> None:
    schedule_scanner(read, "group-scan", [{"Key": "resource-groups:Name", "Values": ["web-servers"]}])

    found = doubts_about(EVERYTHING)[DoubtKind.GROUP_SCANNER]

    assert [(shard.account_id, shard.region) for shard in found.shards] == [(MEMBER, "us-east-1")]


def test_a_scanner_that_went_is_forgotten_at_the_next_reading(read: Aws) -> None:
    schedule_scanner(read, "nightly-scan", [{"Key": "InstanceIds", "Values": ["*"]}])
    ssm = read.in_account(MEMBER).client("ssm")
    ssm.delete_association(AssociationId=ssm.list_associations()["Associations"][0]["AssociationId"])
    collect_shard(Shard.objects.get(account_id=MEMBER, region="us-east-1").pk, read, NOW)

    assert DoubtKind.ASSOCIATION not in doubts_about(EVERYTHING)


def test_nodes_that_lack_something_are_told_each_for_its_reason(read: Aws) -> None:
    offline, unknown, commanded, denied = Node.objects.filter(instance_id__startswith="i-")[:4]
    Node.objects.filter(pk=offline.pk).update(ping_status="ConnectionLost")
    Node.objects.filter(pk=unknown.pk).update(operating_system="")
    scan = Scan.objects.create(node=commanded, source=ScannerKind.COMMAND, findings=Findings.MISSING, started_at=NOW,
                               ended_at=NOW, seen_at=NOW)  # fmt: skip
    NodeCompliance.objects.filter(node=commanded).update(scan=scan)
    NodePolicy.objects.create(node=denied, policy=make_policy("other"), exit_code=160)
    hybrid = Node.objects.filter(instance_id__startswith="mi-")[0]
    Node.objects.filter(pk=hybrid.pk).update(role="")

    doubts = doubts_about(EVERYTHING)

    assert offline.pk in doubts[DoubtKind.OFFLINE].nodes
    assert doubts[DoubtKind.NO_SYSTEM].nodes == (unknown.pk,)
    assert doubts[DoubtKind.COMMAND].nodes == (commanded.pk,)
    assert doubts[DoubtKind.NO_ACCESS].nodes == (denied.pk,)
    assert doubts[DoubtKind.NO_ROLE].nodes == (hybrid.pk,)


def test_what_was_not_read_or_failed_is_told_apart(read: Aws) -> None:
    first, second, third = Shard.objects.all()[:3]
    Shard.objects.filter(pk=first.pk).update(status="never", observed_at=None)
    Shard.objects.filter(pk=second.pk).update(status="failed")
    Shard.objects.filter(pk=third.pk).update(status="partial")

    doubts = doubts_about(EVERYTHING)

    assert [s.pk for s in doubts[DoubtKind.NEVER_READ].shards] == [first.pk]
    assert [s.pk for s in doubts[DoubtKind.STALE].shards] == [second.pk]
    assert [s.pk for s in doubts[DoubtKind.PARTLY_READ].shards] == [third.pk]


def test_regions_that_are_off_and_accounts_that_are_new_are_told_as_not_counted(read: Aws) -> None:
    targets = replace(EVERYTHING, regions=("us-east-1", "sa-east-1"))
    new = AccountFact("999900001111", "Newcomer", "r-demo", "r-demo", is_management=False, is_active=True)

    found = find_uncounted(targets, find_matches(targets, MANAGEMENT), Organization((), (new,)), ["us-east-1"])

    assert [(f.doubt.kind, f.doubt.name) for f in found] == [
        (DoubtKind.REGION_OFF, "sa-east-1"),
        (DoubtKind.NEW_ACCOUNT, "Newcomer"),
    ]
    assert find_uncounted(targets, find_matches(targets, MANAGEMENT), None, None) == ()


def test_a_new_account_outside_the_chosen_units_is_not_missed(read: Aws) -> None:
    targets = replace(EVERYTHING, account_scope=AccountScope.UNITS, unit_ids=("ou-demo-workload",))
    new = AccountFact("999900001111", "Newcomer", "r-demo", "r-demo", is_management=False, is_active=True)

    assert find_uncounted(targets, find_matches(targets, MANAGEMENT), Organization((), (new,)), REGIONS) == ()


@pytest.mark.parametrize("name", ["nodes", "accounts", "regions", "outside"])
def test_each_figure_opens_its_list_in_place_and_as_a_page(
    name: str, read: Aws, as_administrator: Client, draft: Draft
) -> None:
    in_place = as_administrator.post(reverse("draft_preview", args=[draft.pk, "matched"]) + f"?list={name}", SCREEN)
    page = as_administrator.get(reverse("draft_matched", args=[draft.pk]) + f"?list={name}")

    assert in_place.status_code == page.status_code == 200
    assert 'id="matched-title"' in in_place.content.decode()
    assert "<html" in page.content.decode()


def test_the_list_of_nodes_has_every_node_once_over_its_pages(
    read: Aws, as_administrator: Client, draft: Draft
) -> None:
    url = reverse("draft_preview", args=[draft.pk, "matched"])
    pages = [as_administrator.post(f"{url}?list=nodes&page={n}", SCREEN).context["preview"]["page"] for n in (1, 2, 3)]

    assert [node for page in pages for node in page] == list(Node.objects.filter(gone_at=None))


def test_a_list_that_is_not_is_not_found(read: Aws, as_administrator: Client, draft: Draft) -> None:
    assert as_administrator.post(
        reverse("draft_preview", args=[draft.pk, "matched"]) + "?list=nonsense", SCREEN
    ).status_code == 404  # fmt: skip
    as_administrator.post(reverse("draft_step", args=[draft.pk, "targets"]), SCREEN)
    assert as_administrator.get(reverse("draft_matched", args=[draft.pk]) + "?list=nonsense").status_code == 404


def test_the_pages_of_lists_are_the_owners_alone(as_administrator: Client, draft: Draft) -> None:
    draft.owner = User.objects.create_user("someone-else")
    draft.save()

    assert as_administrator.get(reverse("draft_matched", args=[draft.pk])).status_code == 404


def test_doubts_stand_on_the_targets_step_and_at_the_review(read: Aws, as_administrator: Client, draft: Draft) -> None:
    schedule_scanner(read, "nightly-scan", [{"Key": "InstanceIds", "Values": ["*"]}])
    on_step = as_administrator.post(reverse("draft_preview", args=[draft.pk, "matches"]), SCREEN).content.decode()
    as_administrator.post(reverse("draft_step", args=[draft.pk, "targets"]), SCREEN)
    at_review = as_administrator.post(reverse("draft_preview", args=[draft.pk, "doubts"])).content.decode()

    assert "patched by another association: nightly-scan" in on_step
    assert "patched by another association: nightly-scan" in at_review


def test_the_inventory_alone_is_asked_again_while_people_type(
    read: Aws, as_administrator: Client, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One preview asks AWS at most once a minute who is signed in, what is enabled, and who is in the organization."""
    url = reverse("draft_preview", args=[draft.pk, "matches"])
    as_administrator.post(url, SCREEN)
    asked: list[str] = []
    monkeypatch.setattr(Aws, "client", lambda _self, service, *_a, **_k: asked.append(service))

    as_administrator.post(url, SCREEN)

    assert asked == []


def test_rate_control_is_told_for_each_account_and_region(read: Aws, as_administrator: Client, draft: Draft) -> None:
    as_administrator.post(reverse("draft_step", args=[draft.pk, "targets"]), SCREEN)

    told = as_administrator.post(
        reverse("draft_preview", args=[draft.pk, "rate-in-numbers"]), {"concurrency": "50%", "error_threshold": "0"}
    ).context["preview"]

    largest = told["waves"][0]
    here = Node.objects.filter(shard=largest.shard, gone_at=None).count()
    assert (largest.wave.nodes, largest.wave.at_once, largest.wave.stops_at) == (here, here // 2, 1)
    assert Account.objects.count() == 7
