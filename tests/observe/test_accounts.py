"""The list of accounts and Regions: narrowed, sorted and paged by its address, the same in the file."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import Account, OrganizationalUnit, Shard
from policies.observe.views.accounts import PLACES_PER_PAGE
from tests.observe.test_pages import NOW, page

pytestmark = pytest.mark.django_db

ROOT, WORK, SHOPS = "r-root", "ou-root-work0001", "ou-root-shops001"


@pytest.fixture
def places() -> None:
    """Three accounts in two units, in two Regions; one account-Region fails, one was never read, one has nodes."""
    where = {"Bank": f"{ROOT}/{WORK}", "Shop": f"{ROOT}/{WORK}/{SHOPS}", "Alone": ROOT}
    for number, (name, path) in enumerate(where.items()):
        account = Account.objects.create(
            account_id=f"{number}" * 12, name=name, unit_id=path.rsplit("/", 1)[-1], unit_path=path, seen_at=NOW
        )
        for region in ("us-east-1", "eu-west-1"):
            Shard.objects.create(
                account=account, region=region, status="fresh", collected_at=NOW - timedelta(hours=number)
            )
    Shard.objects.filter(account__name="Shop", region="eu-west-1").update(status="failed")
    Shard.objects.filter(account__name="Alone", region="us-east-1").update(status="never", collected_at=None)
    Shard.objects.filter(account__name="Bank", region="us-east-1").update(node_count=3)


def listed(client: Client, query: str) -> list[str]:
    """The account-Regions of the file."""
    rows = json.loads(client.get(f"{reverse('account_list')}?{query}&format=json").getvalue())
    return [f"{row['account']} {row['region'][:2]}" for row in rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alone eu", "Alone us", "Bank eu", "Bank us", "Shop eu", "Shop us"]),
        ("account=ho", ["Shop eu", "Shop us"]),
        ("account=000000000000", ["Bank eu", "Bank us"]),
        (f"unit={SHOPS}", ["Shop eu", "Shop us"]),
        (f"unit={WORK}&region=us-east-1", ["Bank us", "Shop us"]),
        ("status=failed", ["Shop eu"]),
        ("status=never", ["Alone us"]),
        ("status=%00&region=nowhere", []),
        ("status=nonsense&account=Bank", ["Bank eu", "Bank us"]),
        ("sort=-account&region=us-east-1", ["Shop us", "Bank us", "Alone us"]),
        ("sort=region&account=a", ["Alone eu", "Bank eu", "Alone us", "Bank us"]),
        ("sort=-nodes&region=us-east-1", ["Bank us", "Shop us", "Alone us"]),
        ("sort=read&region=us-east-1", ["Alone us", "Shop us", "Bank us"]),
        ("sort=-read&region=us-east-1", ["Bank us", "Shop us", "Alone us"]),
        ("sort=status&account=Shop", ["Shop eu", "Shop us"]),
    ],
)
def test_the_address_narrows_and_sorts_the_list(
    query: str, expected: list[str], places: None, as_viewer: Client
) -> None:
    assert listed(as_viewer, query) == expected


def test_the_filter_stays_in_the_page_and_can_be_cleared(places: None, as_viewer: Client) -> None:
    told = page(as_viewer, "account_list", query=f"?unit={SHOPS}&account=zzz&sort=-read")

    assert f'<option value="{SHOPS}" selected>{SHOPS}</option>' in told
    assert 'value="zzz"' in told
    assert '<input type="hidden" name="sort" value="-read">' in told
    assert "No matching accounts or Regions" in told
    assert f'href="{reverse("account_list")}">Clear filters' in told


def test_the_units_that_accounts_are_in_and_those_above_can_be_chosen(places: None, as_viewer: Client) -> None:
    told = page(as_viewer, "account_list")

    assert offered(told) == [(unit, unit) for unit in sorted((SHOPS, WORK, ROOT))]


def test_units_are_called_by_their_names_once_these_were_read(places: None, as_viewer: Client) -> None:
    paths = {
        SHOPS: ("Shops & stalls", f"{ROOT}/{WORK}/{SHOPS}"),
        WORK: ("Work", f"{ROOT}/{WORK}"),
        ROOT: ("Root", ROOT),
    }
    for unit, (name, path) in paths.items():
        OrganizationalUnit.objects.create(unit_id=unit, name=name, path=path)

    told = page(as_viewer, "account_list")

    assert offered(told) == [(ROOT, "Root"), (WORK, "Work"), (SHOPS, "Work / Shops &amp; stalls")]


def offered(told: str) -> list[tuple[str, str]]:
    """The units of the filter with their words."""
    field = told.partition('name="unit"')[2].partition("</select>")[0]
    return re.findall(r'<option value="([^"]+)"[^>]*>([^<]*)</option>', field)


def test_the_list_has_pages_that_keep_the_filter(places: None, as_viewer: Client) -> None:
    bank = Account.objects.get(name="Bank")
    Shard.objects.bulk_create([Shard(account=bank, region=f"region-{n:02}") for n in range(PLACES_PER_PAGE)])

    told = page(as_viewer, "account_list", query="?account=Bank&page=2")

    assert told.count('<th scope="row"') == 2
    assert "?account=Bank&amp;page=1" in told


@pytest.mark.parametrize("sort", ["account", "region"])
def test_an_account_is_refreshed_from_its_first_row_alone(sort: str, places: None, as_operator: Client) -> None:
    told = page(as_operator, "account_list", query=f"?sort={sort}")

    assert told.count("Refresh account") == 3
