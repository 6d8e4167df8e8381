"""How often a shard is read and what a reading may cost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.domain.pace import LONGEST_BACKOFF, Purse, next_attempt, next_reading, pages

TURN = timedelta(minutes=5)


def test_a_shard_where_something_moves_is_read_at_every_turn() -> None:
    assert next_reading(TURN, nodes=3, is_moving=True) == timedelta(0)


def test_a_quiet_shard_is_read_seldom_and_an_empty_one_more_seldom() -> None:
    quiet, empty = (next_reading(TURN, nodes=nodes, is_moving=False) for nodes in (3, 0))
    assert timedelta(0) < quiet < empty


def test_a_shard_that_fails_is_tried_at_doubled_intervals_up_to_an_hour() -> None:
    waits = [next_attempt(TURN, failures) for failures in (1, 2, 3, 4, 5, 1000)]
    assert waits == [TURN, 2 * TURN, 4 * TURN, 8 * TURN, LONGEST_BACKOFF, LONGEST_BACKOFF]


@pytest.mark.parametrize(("nodes", "calls"), [(0, 4), (1, 7), (50, 7), (51, 10), (1000, 64)])
def test_a_purse_holds_three_calls_a_page_and_four(nodes: int, calls: int) -> None:
    assert Purse.for_nodes(nodes).left == calls


def test_a_purse_pays_what_it_has_and_nothing_more() -> None:
    purse = Purse(3)
    assert purse.pay(2)
    assert not purse.pay(2)
    assert purse.left == 1


def test_a_list_of_none_is_one_page() -> None:
    assert [pages(n) for n in (0, 1, 50, 51)] == [1, 1, 1, 2]
