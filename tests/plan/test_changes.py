"""A plan comes out of the database as it went in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.resources import Bucket, OverrideFile, PermissionModel, StackInstances, StackSet
from policies.domain.sentence import Sentence, counted
from policies.plan.changes import Action, Change, Plan
from policies.plan.desired import make_desired
from policies.plan.diff import make_plan
from tests.plan.specs import ID, PLACE, UBUNTU, make_spec

words = st.text(max_size=12)
members = st.lists(words, max_size=3).map(tuple)
tags = st.dictionaries(words, words, max_size=3)
resources = st.one_of(
    st.builds(Bucket, words, words, words, tags, words, st.none() | st.integers(1, 90)),
    st.builds(OverrideFile, words, words, words, words),
    st.builds(StackSet, words, words, words, st.sampled_from(PermissionModel), tags, st.booleans(), words, words),
    st.builds(StackInstances, words, words, members, members, members),
)
sentences = st.builds(
    Sentence,
    words,
    st.dictionaries(words, words | st.integers() | members | st.builds(Sentence, words), max_size=3),
) | st.builds(counted, words, words, st.integers(0, 9), st.dictionaries(words, words, max_size=2))
changes = st.builds(Change, st.sampled_from(Action), resources, sentences, members, st.none() | resources)


@given(st.lists(changes, max_size=4).map(lambda made: Plan(tuple(made))))
def test_any_plan_survives_the_database(plan: Plan) -> None:
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@given(changes)
def test_any_step_of_it_does_too(change: Change) -> None:
    assert Change.from_dict(json.loads(json.dumps(change.to_dict()))) == change


def test_a_plan_that_was_stored_still_reads_as_it_did() -> None:
    plan = make_plan(make_desired(make_spec(attach_iam=True), PLACE, ID, [UBUNTU], True), ())

    stored = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert [str(change.sentence) for change in stored.changes] == [str(change.sentence) for change in plan.changes]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"action": "explode"},
        {"resource": {"kind": "castle"}},
        {"resource": {"kind": "bucket", "name": "b"}},
        {"resource": {"kind": "bucket", "name": "b", "region": "r", "policy": "", "tags": {}, "moat": True}},
    ],
)
def test_what_is_no_change_is_refused(broken: dict[str, Any]) -> None:
    stored = Change(Action.CREATE, OverrideFile("b", "r", "[]", "d"), Sentence("Write it.")).to_dict()

    with pytest.raises((KeyError, TypeError, ValueError)):
        Change.from_dict({**stored, **broken} if broken else {})
