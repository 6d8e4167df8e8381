"""What differs between what must exist and what does, and in which order it is mended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.domain.resources import Bucket, OverrideFile, Resource, StackInstances, StackSet
from policies.domain.spec import AccountScope, RateControl, Targets
from policies.plan.changes import Action, Plan
from policies.plan.desired import make_desired
from policies.plan.diff import make_plan
from tests.plan.specs import ACCOUNT, EVERY_NODE, ID, PLACE, UBUNTU, UNITS, WINDOWS, make_spec

OF_UNITS = replace(EVERY_NODE, account_scope=AccountScope.UNITS, unit_ids=UNITS)
OF_ACCOUNT = replace(EVERY_NODE, account_scope=AccountScope.ACCOUNT)
TA, MA, LA = (f"AWS-QuickSetup-PatchPolicy-{kind}-{ID}" for kind in ("TA", "MA", "LA"))
BUCKET, LOG_BUCKET = (f"aws-quicksetup-patchpolicy-{log}{ACCOUNT}-{ID}" for log in ("", "access-log-"))


def desired(targets: Targets = EVERY_NODE, management_in_scope: bool = False, **choices: object) -> list[Resource]:
    return list(make_desired(make_spec(targets, **choices), PLACE, ID, [UBUNTU], management_in_scope))


def as_read_back(resources: list[Resource]) -> list[Resource]:
    """What AWS tells of them: the file's content is not among it."""
    return [replace(r, body="") if isinstance(r, OverrideFile) else r for r in resources]


def steps(plan: Plan) -> list[tuple[Action, str]]:
    return [(change.action, change.resource.key) for change in plan.changes]


@pytest.mark.parametrize("targets", [EVERY_NODE, OF_UNITS, OF_ACCOUNT])
def test_nothing_is_done_when_everything_is_as_it_should_be(targets: Targets) -> None:
    assert make_plan(desired(targets), as_read_back(desired(targets))).is_empty


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_in_which_things_were_read_does_not_matter(chance: object) -> None:
    read = as_read_back(desired())
    chance.shuffle(read)  # type: ignore[attr-defined]

    assert make_plan(desired(), read).is_empty
    assert steps(make_plan((), read)) != []
    assert [key.split("/")[0] for _, key in steps(make_plan((), read))] == [
        "stack-instances", "stack-instances", "stack-set", "stack-set", "file", "bucket", "bucket",
    ]  # fmt: skip


def test_a_new_policy_is_made_in_the_order_in_which_its_parts_need_each_other() -> None:
    assert steps(make_plan(desired()[::-1], ())) == [
        (Action.CREATE, f"bucket/{LOG_BUCKET}"),
        (Action.CREATE, f"bucket/{BUCKET}"),
        (Action.CREATE, f"file/{BUCKET}/baseline_overrides.json"),
        (Action.CREATE, f"stack-set/{MA}"),
        (Action.CREATE, f"stack-set/{TA}"),
        (Action.CREATE, f"stack-instances/{MA}"),
        (Action.CREATE, f"stack-instances/{TA}"),
    ]


def test_a_policy_is_removed_in_the_opposite_order() -> None:
    plan = make_plan((), as_read_back(desired()))

    assert steps(plan) == [
        (Action.DELETE, f"stack-instances/{MA}"),
        (Action.DELETE, f"stack-instances/{TA}"),
        (Action.DELETE, f"stack-set/{MA}"),
        (Action.DELETE, f"stack-set/{TA}"),
        (Action.DELETE, f"file/{BUCKET}/baseline_overrides.json"),
        (Action.DELETE, f"bucket/{BUCKET}"),
        (Action.DELETE, f"bucket/{LOG_BUCKET}"),
    ]
    assert all(change.was == change.resource and change.differences == () for change in plan.changes)


def test_removing_takes_up_where_it_was_left() -> None:
    left = [r for r in as_read_back(desired()) if isinstance(r, Bucket)]

    assert steps(make_plan((), left)) == [(Action.DELETE, f"bucket/{BUCKET}"), (Action.DELETE, f"bucket/{LOG_BUCKET}")]
    assert make_plan((), ()).is_empty


def test_making_takes_up_where_it_was_left() -> None:
    half = [r for r in as_read_back(desired()) if isinstance(r, Bucket | OverrideFile)]

    assert [key.split("/")[0] for _, key in steps(make_plan(desired(), half))] == [
        "stack-set", "stack-set", "stack-instances", "stack-instances",
    ]  # fmt: skip


def test_another_rate_changes_the_stack_sets_and_nothing_else() -> None:
    plan = make_plan(desired(rate=RateControl("25%", "2%")), as_read_back(desired()))

    assert steps(plan) == [(Action.UPDATE, f"stack-set/{TA}"), (Action.UPDATE, f"stack-set/{MA}")]
    assert all(any("25%" in line for line in change.differences) for change in plan.changes)


def test_another_region_changes_where_the_sets_are_deployed_and_nothing_else() -> None:
    wider = replace(EVERY_NODE, regions=("us-east-1", "eu-west-1", "eu-west-2"))

    plan = make_plan(desired(wider), as_read_back(desired()))
    assert [(c.action, c.resource.key, c.differences) for c in plan.changes] == [
        (Action.UPDATE, f"stack-instances/{TA}", ("+ regions: eu-west-2",)),
        (Action.UPDATE, f"stack-instances/{MA}", ("+ regions: eu-west-2",)),
    ]


def test_another_baseline_changes_the_file_and_nothing_else() -> None:
    wanted = make_desired(make_spec(), PLACE, ID, [UBUNTU, WINDOWS], False)

    assert steps(make_plan(wanted, as_read_back(desired()))) == [
        (Action.UPDATE, f"file/{BUCKET}/baseline_overrides.json")
    ]


def test_a_change_knows_what_it_changes() -> None:
    read = as_read_back(desired())

    (change,) = make_plan(make_desired(make_spec(), PLACE, ID, [WINDOWS], False), read).changes
    assert change.was in read


def test_other_units_open_the_file_to_them_before_they_are_deployed_to() -> None:
    other = replace(OF_UNITS, unit_ids=("ou-demo-sandbox01",))

    assert steps(make_plan(desired(other), as_read_back(desired(OF_UNITS)))) == [
        (Action.UPDATE, f"bucket/{BUCKET}"),
        (Action.UPDATE, f"stack-instances/{TA}"),
    ]


@pytest.mark.parametrize(
    ("was", "wanted", "gone", "new"),
    [(EVERY_NODE, OF_ACCOUNT, {TA, MA}, {LA}), (OF_ACCOUNT, EVERY_NODE, {LA}, {TA, MA})],
)
def test_stacks_go_before_those_that_take_their_names_in_the_account(
    was: Targets, wanted: Targets, gone: set[str], new: set[str]
) -> None:
    plan = make_plan(desired(wanted), as_read_back(desired(was)))

    doomed = [c for c in plan.changes if c.action is Action.DELETE]
    made = [c for c in plan.changes if c.action is Action.CREATE]
    assert {c.resource.name for c in doomed if isinstance(c.resource, StackSet)} == gone
    assert {c.resource.stack_set for c in doomed if isinstance(c.resource, StackInstances)} == gone
    assert {c.resource.name for c in made if isinstance(c.resource, StackSet)} == new
    assert plan.changes[: len(doomed)] == tuple(doomed)


def test_the_management_accounts_stack_goes_when_its_unit_does() -> None:
    read = as_read_back(desired(OF_UNITS, management_in_scope=True))

    assert steps(make_plan(desired(OF_UNITS), read)) == [
        (Action.DELETE, f"stack-instances/{MA}"),
        (Action.DELETE, f"stack-set/{MA}"),
    ]


def test_a_change_gives_back_the_tags_that_others_added() -> None:
    theirs = [
        replace(r, tags={**r.tags, "cost-center": "42"}) if isinstance(r, Bucket | StackSet) else r
        for r in as_read_back(desired())
    ]

    changes = make_plan(desired(OF_UNITS, rate=RateControl("5", "1")), theirs).changes
    tagged = [c.resource for c in changes if c.action is Action.UPDATE and isinstance(c.resource, Bucket | StackSet)]

    assert {type(resource) for resource in tagged} == {Bucket, StackSet}
    assert all(resource.tags["cost-center"] == "42" and "QuickSetupID" in resource.tags for resource in tagged)
