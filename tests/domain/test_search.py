"""What is picked out of a search text."""

from __future__ import annotations

from policies.domain.search import Wanted, read_search

SNAPSHOT = "b982770e-3447-4eb5-afb1-97e4796608fe"


def test_a_line_of_a_log_names_its_baseline() -> None:
    assert read_search("BaselineId: pb-0fc7357e2c1744261\n") == Wanted(baselines=("pb-0fc7357e2c1744261",))


def test_every_kind_of_id_is_found_once() -> None:
    text = (
        f"pb-0fc7357e2c1744261 SnapshotId: {SNAPSHOT.upper()} on i-0c0ffee0c0ffee00 and mi-0c0ffee0c0ffee000 of "
        f"555566667777, s3://aws-quicksetup-patchpolicy-111122223333-abcde/baseline_overrides.json {SNAPSHOT}"
    )
    wanted = read_search(text)
    assert wanted.baselines == ("pb-0fc7357e2c1744261",)
    assert wanted.runs == (SNAPSHOT,)
    assert wanted.nodes == ("i-0c0ffee0c0ffee00", "mi-0c0ffee0c0ffee000")
    assert wanted.configurations == ("abcde",)
    assert "555566667777" in wanted.accounts
    assert wanted.words == ""


def test_what_names_nothing_is_words() -> None:
    assert read_search("  web \0 server ") == Wanted(words="web server")
    assert read_search(" ").is_empty
