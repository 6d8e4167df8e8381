"""Places of a stack set that are not as they should be: what mends each, in as few operations as can be."""

from __future__ import annotations

from policies.domain.resources import StackInstances
from policies.plan.changes import Action
from policies.plan.places import Amiss, mend_places

PLACES = StackInstances("s", "us-east-1", ("us-east-1", "eu-west-1"), unit_ids=("ou-1",))


def amiss(account_id: str, region: str, action: Action = Action.REPLACE, line: str = "- scan: missing") -> Amiss:
    return Amiss(account_id, region, action, (line,))


def test_places_join_into_blocks_and_equal_lines_are_counted() -> None:
    found = [amiss(account, region) for account in ("1", "2") for region in PLACES.regions]

    [change] = mend_places(PLACES, found)

    assert change.resource == StackInstances("s", "us-east-1", ("eu-west-1", "us-east-1"), ("ou-1",), ("1", "2"))
    assert change.differences == ("- scan: missing (4)",)
    assert str(change.sentence) == (
        "Remove the stacks of s from 2 accounts (1, 2) in eu-west-1, us-east-1, and make them anew."
    )


def test_a_block_never_takes_a_place_that_is_well() -> None:
    found = [amiss("1", "us-east-1"), amiss("2", "us-east-1"), amiss("1", "eu-west-1")]

    told = [change.resource for change in mend_places(PLACES, found)]

    assert [(each.account_ids, each.regions) for each in told if isinstance(each, StackInstances)] == [
        (("1",), ("eu-west-1",)),
        (("1", "2"), ("us-east-1",)),
    ]


def test_each_action_is_a_change_of_its_own() -> None:
    found = [
        amiss("1", "us-east-1"),
        amiss("2", "us-east-1", Action.REDEPLOY, "- failed: no"),
        Amiss("3", "us-east-1", Action.CREATE, ()),
    ]

    assert [change.action for change in mend_places(PLACES, found)] == [
        Action.CREATE,
        Action.REDEPLOY,
        Action.REPLACE,
    ]
