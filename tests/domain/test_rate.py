"""Rate control in numbers: each account and Region counts its own nodes."""

from __future__ import annotations

import pytest

from policies.domain.spec import RateControl
from policies.domain.targets import Wave, explain_rate, is_in_units, wave_of


@pytest.mark.parametrize(
    ("concurrency", "threshold", "nodes", "wave"),
    [
        ("10%", "2%", 430, Wave(430, 43, 9)),
        ("10%", "2%", 4, Wave(4, 1, 1)),
        ("50", "0", 10, Wave(10, 10, 1)),
        ("5", "100%", 10, Wave(10, 5, 0)),
        ("1", "10", 10, Wave(10, 1, 0)),
    ],
)
def test_a_wave_counts_the_nodes_of_one_association(concurrency: str, threshold: str, nodes: int, wave: Wave) -> None:
    assert wave_of(RateControl(concurrency, threshold), nodes) == wave


def test_one_place_is_told_as_one_run() -> None:
    told = str(explain_rate(RateControl("10%", "2%"), [430]))

    assert told == "10% of 430 nodes: 43 at a time; stops at error number 9."


def test_several_places_are_added_up_because_each_counts_on_its_own() -> None:
    told = str(explain_rate(RateControl("10%", "2%"), [20, 5, 5, 0]))

    assert told == "30 nodes in 3 accounts and Regions, each on its own: at most 4 at a time in all."


def test_nothing_that_matches_has_nothing_to_count() -> None:
    assert "nothing to count" in str(explain_rate(RateControl(), []))


def test_an_account_lies_in_a_unit_and_in_those_above_it() -> None:
    path = "r-demo/ou-demo-workload/ou-demo-prod0001"

    assert is_in_units(path, ["ou-demo-workload"])
    assert is_in_units(path, ["ou-demo-prod0001"])
    assert not is_in_units(path, ["ou-demo-infra001"])
    assert not is_in_units("", [])
