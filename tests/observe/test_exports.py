"""Every list is given as CSV and as JSON: the same rows in the order of the screen, or there is a reason."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from html import escape, unescape

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import Policy
from policies.observe.exports import every_page as every_page_of_aws
from tests.every_page import Shown, every_page
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db

LINK = re.compile(r'href="(\?[^"]*format=(?:csv|json)[^"]*)"')
WITHOUT = {
    "dashboard": "tiles, each of whose numbers opens its list; its days are a file once there are two of them",
    "node": "the newest of its changes, whose list is linked, and of its results",
    "alerts": "the newest messages, and the addresses of people",
    "run": "how far one order is in each account",
    "policy_version_newest": "a comparison of two files, which S3 keeps",
    "policy_roll_back": "as policy_version_newest",
}
"""Pages with a table that is no list to be taken away, and why."""
SHOWN_BY = {
    "policy_list": "configuration_id",
    "policy_accounts": "account_id",
    "policy_access": "account_id",
    "policy_preflight": "instance_id",
    "policy_nodes": "name",
    "policy_runs": "account_id",
    "policy_association": "execution_id",
    "policy_execution": "instance_id",
    "policy_deployments": "id",
    "policy_baselines": "s3_version",
    "policy_history": "by",
    "node_list": "instance_id",
    "node_patches": "state",
    "account_list": "account_id",
    "flip_list": "name",
}
"""A column of each list that a row of its screen shows as it is."""


def asks_aws_or_person(shown: Shown) -> bool:
    """The wizard's pages are questions, and the help is text."""
    return shown.address.startswith(("/drafts/", "/help/"))


def test_every_page_with_a_table_gives_it_as_a_file_or_has_a_reason(
    as_administrator: Client, lived_in: LivedIn
) -> None:
    lists, without, wrong = set(), set(), {}
    for shown in every_page(as_administrator, lived_in):
        html = "" if asks_aws_or_person(shown) else as_administrator.get(shown.address).content.decode()
        links = [unescape(link) for link in LINK.findall(html)]
        if not links and "<table" in html:
            without.add(shown.name)
        if shown.name in SHOWN_BY:
            lists.add(shown.name)
            as_csv, as_json = ([*read(as_administrator, shown.address + link)] for link in links)
            if not same_rows(as_csv, as_json, html, SHOWN_BY[shown.name]):
                wrong[shown.name] = links

    assert lists == set(SHOWN_BY)
    assert without == set(WITHOUT)
    assert wrong == {}


def read(client: Client, address: str) -> list[dict[str, object]]:
    """The rows of a file."""
    answer = client.get(address)
    assert answer.streaming, address
    text = answer.getvalue().decode()
    return json.loads(text) if "format=json" in address else list(csv.DictReader(text.splitlines(keepends=True)))


def same_rows(as_csv: list[dict[str, object]], as_json: list[dict[str, object]], html: str, name: str) -> bool:
    """Whether both files have rows, the same ones, and one of the page's tables shows them from the first on."""
    values = [escape(str(row[name])) for row in as_json]
    tables = [table.split("<tr")[1:] for table in html.split("<tbody")[1:]]
    return (
        bool(values)
        and [str(row[name]) for row in as_csv] == [str(row[name]) for row in as_json]
        and any(
            len(rows) <= len(values) and all(value in row for row, value in zip(rows, values, strict=False))
            for rows in tables
        )
    )


def test_a_list_that_aws_turns_is_read_to_its_end() -> None:
    pages = {"": ("a", "b"), "1": (), "2": ("c",)}
    tokens = {"": "1", "1": "2", "2": ""}

    def read(token: str) -> AwsPageOfTexts:
        return AwsPageOfTexts(pages[token], tokens[token])

    assert list(every_page_of_aws(read(""), read)) == ["a", "b", "c"]


@dataclass(frozen=True)
class AwsPageOfTexts:
    """A page of a list that AWS turns."""

    rows: tuple[str, ...]
    next_token: str


def test_what_aws_refuses_is_told_on_the_page_instead_of_in_a_file(as_viewer: Client, lived_in: LivedIn) -> None:
    told = as_viewer.get(reverse("node_patches", args=[lived_in.node.pk]), {"format": "csv", "token": "nonsense"})

    assert "AWS did not answer" in told.content.decode()


def test_a_difference_is_a_file_too(as_viewer: Client, lived_in: LivedIn) -> None:
    [change] = read(as_viewer, reverse("policy_drift", args=["prod1"]) + "?format=json")

    assert (change["action"], change["kind"]) == ("update", "bucket")
    assert Policy.objects.get(configuration_id="prod1").bucket in str(change["sentence"])
