"""Policies that share nodes, and scanners that wrote over what policies found."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.domain.scanners import ScannerKind
from policies.domain.status import Findings
from policies.models import Account, Node, NodeCompliance, NodePolicy, OtherScanner, Scan, Shard
from tests.observe.reading import NOW, REGION, make_policy
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db

HOST_MANAGEMENT = "AWS-QuickSetup-SSMHostMgmt-ScanForPatches-h7x2k"


@pytest.fixture
def overwritten(db: None) -> None:
    """A node under two policies, abcde and fghij, that Host Management scanned last."""
    account = Account.objects.create(account_id=MEMBER, name="member", seen_at=timezone.now())
    shard = Shard.objects.create(account=account, region=REGION)
    one, other = make_policy("abcde"), make_policy("fghij")
    node = Node.objects.create(shard=shard, instance_id="i-0c0ffee0c0ffee00", seen_at=NOW)
    for policy in (one, other):
        NodePolicy.objects.create(node=node, policy=policy)
    scan = Scan.objects.create(
        node=node, source=ScannerKind.HOST_MANAGEMENT, scanner=HOST_MANAGEMENT, findings=Findings.MISSING,
        started_at=NOW, ended_at=NOW, seen_at=NOW,
    )  # fmt: skip
    NodeCompliance.objects.create(node=node, findings=Findings.MISSING, scan=scan, scanned_at=NOW)
    OtherScanner.objects.create(
        shard=shard, association_id="a", name=HOST_MANAGEMENT, document="AWS-RunPatchBaselineAssociation"
    )


def test_before_anything_was_read_no_conflict_is_ruled_out(as_viewer: Client) -> None:
    told = as_viewer.get(reverse("conflict_list")).content.decode()

    assert told.count("No account has been read yet") == 2
    assert "No other scanner was found" not in told


def test_policies_that_share_nodes_and_other_scanners_are_listed(overwritten: None, as_viewer: Client) -> None:
    page = as_viewer.get(reverse("conflict_list"))

    assert [(str(pair.one), str(pair.other), pair.nodes) for pair in page.context["shared"]] == [("abcde", "fghij", 1)]
    [rival] = page.context["rivals"]
    told = (rival.kind, rival.name, rival.shards, rival.overwritten)
    assert told == (ScannerKind.HOST_MANAGEMENT, HOST_MANAGEMENT, 1, 1)
    assert HOST_MANAGEMENT in page.content.decode()
    there = {"scanner": HOST_MANAGEMENT, "document": rival.document}
    assert urlencode(there).replace("&", "&amp;") in page.content.decode()
    accounts = reverse("account_list")
    assert len(as_viewer.get(accounts, there).context["page"]) == 1
    assert len(as_viewer.get(accounts, {**there, "scanner": "other"}).context["page"]) == 0
    assert f'href="{reverse("node_list")}?scanner={quote(rival.sought)}&amp;cover=any">1</a>' in page.content.decode()
    assert 'href="{}?policy=abcde&amp;beside=fghij">1</a>'.format(reverse("node_list")) in page.content.decode()
    policies, scanners = (
        json.loads(as_viewer.get(reverse("conflict_list"), {"format": "json", "list": name}).getvalue())
        for name in ("policies", "scanners")
    )
    assert [(row["policy"], row["other_policy"], row["nodes"]) for row in policies] == [("abcde", "fghij", 1)]
    assert [(row["kind"], row["overwritten"]) for row in scanners] == [("host-management", 1)]
    assert page.content.decode().count("format=csv&amp;list=") == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("scanner=host-management", 1),
        (f"scanner=host-management:{HOST_MANAGEMENT}&cover=any", 1),
        ("scanner=host-management:another", 0),
        ("scanner=policy", 0),
        ("scanner=nobody", 1),  # not one of the kinds: left out
        ("scanner=host-management&cover=none", 0),
        ("policy=abcde&beside=fghij", 1),
        ("policy=abcde&beside=other", 0),
    ],
)
def test_the_nodes_of_a_conflict_are_listed(query: str, found: int, overwritten: None, as_viewer: Client) -> None:
    page = as_viewer.get(f"{reverse('node_list')}?{query}")

    assert len(page.context["page"].rows) == found


def test_a_scanner_with_a_name_is_chosen_in_its_field(overwritten: None, as_viewer: Client) -> None:
    page = as_viewer.get(reverse("node_list"), {"scanner": f"host-management:{HOST_MANAGEMENT}"}).content.decode()

    assert f'<option value="host-management:{HOST_MANAGEMENT}" selected>Host Management: {HOST_MANAGEMENT}<' in page
    assert 'name="beside"' not in page
