"""What is picked out of a search text."""

from __future__ import annotations

import json

import pytest

from policies.domain.search import LONGEST, Wanted, read_search

SNAPSHOT = "b982770e-3447-4eb5-afb1-97e4796608fe"
BASELINE, NODE, ACCOUNT = "pb-0fc7357e2c1744261", "i-0c0ffee0c0ffee00", "555566667777"
LOG = f"\x1b[1;31mBaselineId: \x1b[0;33m{BASELINE}\x1b[0m\nSnapshotId: {SNAPSHOT}.\n\x1b[K{NODE}"


def test_a_line_of_a_log_names_its_baseline() -> None:
    assert read_search(f"BaselineId: {BASELINE}\n").baselines == (BASELINE,)


def test_every_kind_of_id_is_found_once() -> None:
    text = (
        f"{BASELINE} SnapshotId: {SNAPSHOT.upper()} on {NODE} and mi-0c0ffee0c0ffee000 of "
        f"{ACCOUNT}, s3://aws-quicksetup-patchpolicy-111122223333-abcde/baseline_overrides.json {SNAPSHOT} "
        "by mw-0c0ffee0c0ffee000"
    )
    wanted = read_search(text)
    assert wanted.baselines == (BASELINE,)
    assert wanted.runs == (SNAPSHOT,)
    assert wanted.nodes == (NODE, "mi-0c0ffee0c0ffee000")
    assert wanted.windows == ("mw-0c0ffee0c0ffee000",)
    assert wanted.configurations == ("abcde",)
    assert ACCOUNT in wanted.accounts


@pytest.mark.parametrize(
    "text",
    [
        LOG,
        LOG.replace("\x1b", "^["),
        LOG.replace("\x1b", ""),
        json.dumps({"log": LOG, "level": "INFO"}),
        json.dumps(json.dumps({"log": LOG})),
        f"'{BASELINE}',\"{SNAPSHOT}\"({NODE})...",
        f"https://console.aws.amazon.com/x?b=arn%3Aaws%3Assm%3A%3A1%3Apatchbaseline%2F{BASELINE}%2F{SNAPSHOT}%2F{NODE}",
        f"baseline_{BASELINE}_of_{NODE}_{SNAPSHOT}",
        f"｢ｐｂ－０{BASELINE[4:]}｣、{SNAPSHOT}。{NODE}を",
        f"{'x' * 10_000} {BASELINE} {SNAPSHOT} {NODE} {'y' * LONGEST}",
    ],
)
def test_ids_are_found_however_a_log_was_copied(text: str) -> None:
    wanted = read_search(text)
    assert (wanted.baselines, wanted.runs, wanted.nodes) == ((BASELINE,), (SNAPSHOT,), (NODE,))


@pytest.mark.parametrize(
    "name",
    [
        "aws-quicksetup-patchpolicy-111122223333-abcde",
        "aws-quicksetup-patchpolicy-access-log-111122223333-abcde",
        "StackSet-AWS-QuickSetup-PatchPolicy-TA-abcde-0a1b",
        "AWS-QuickSetup-PatchPolicy-ScanForPatches-LA-abcde",
        "QSConfigId-abcde",
        "arn:aws:iam::111122223333:role/AWS-QuickSetup-AutomationRole-ap-northeast-1-abcde",
    ],
)
def test_whatever_is_named_after_a_policy_leads_to_it(name: str) -> None:
    assert read_search(f'"{name}"').configurations == ("abcde",)


@pytest.mark.parametrize(
    "place",
    [
        "s3://patch-logs/web/abcde",
        "arn:aws:s3:::patch-logs/*",
        "https://patch-logs.s3.us-east-1.amazonaws.com/web",
        "https://s3.us-east-1.amazonaws.com/patch-logs/web",
    ],
)
def test_a_bucket_is_found_in_every_kind_of_address(place: str) -> None:
    assert read_search(place).buckets == ("patch-logs",)


def test_an_account_is_found_as_the_console_writes_it() -> None:
    assert read_search("5555-6666-7777").accounts == (ACCOUNT,)


def test_what_is_short_may_be_a_name() -> None:
    assert read_search("  web \0 server ") == Wanted(words="web server")
    assert read_search(BASELINE[:9]).words == BASELINE[:9]
    assert read_search("x" * 1000).words == ""
    assert read_search(" ").is_empty
