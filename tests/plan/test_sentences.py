"""Each change in a sentence, as the review page shows it."""

from __future__ import annotations

import pytest

from policies.domain.resources import Bucket, OverrideFile, PermissionModel, Resource, StackInstances, StackSet
from policies.plan.changes import Action
from policies.plan.sentences import say_change

BUCKET = Bucket("b", "us-east-1", "{}", {})
FILE = OverrideFile("b", "us-east-1", "[]", "digest")
SET = StackSet("s", "us-east-1", "{}", PermissionModel.SERVICE_MANAGED, {})


def places(*regions: str, units: tuple[str, ...] = (), accounts: tuple[str, ...] = ()) -> StackInstances:
    return StackInstances("s", "us-east-1", regions, units, accounts)


def test_a_set_that_gives_no_more_access_says_what_roles_keep() -> None:
    gave = StackSet("s", "us-east-1", '{"Resources":{"AutomationRole":{}}}', PermissionModel.SERVICE_MANAGED, {})

    assert "their roles keep" in str(say_change(Action.UPDATE, SET, gave))
    assert "their roles keep" not in str(say_change(Action.UPDATE, gave, gave))


@pytest.mark.parametrize(
    ("action", "resource", "sentence"),
    [
        (Action.CREATE, BUCKET, "Create the S3 bucket b in us-east-1, private, encrypted and versioned."),
        (Action.UPDATE, BUCKET, "Change the settings of the S3 bucket b."),
        (Action.DELETE, BUCKET, "Delete the S3 bucket b with all its objects and their versions."),
        (Action.CREATE, FILE, "Write the patch baselines to baseline_overrides.json in the bucket b."),
        (Action.UPDATE, FILE, "Write the changed patch baselines to baseline_overrides.json in the bucket b."),
        (Action.DELETE, FILE, "Delete baseline_overrides.json with all its versions from the bucket b."),
        (Action.CREATE, SET, "Create the CloudFormation stack set s."),
        (Action.UPDATE, SET, "Change the CloudFormation stack set s, and its stacks wherever it is deployed."),
        (Action.DELETE, SET, "Delete the CloudFormation stack set s."),
        (
            Action.CREATE,
            places("eu-west-1", "us-east-1", units=("r-demo",)),
            "Deploy s to the entire organization in eu-west-1, us-east-1.",
        ),
        (Action.CREATE, places("eu-west-1", units=("ou-1",)), "Deploy s to the unit ou-1 in eu-west-1."),
        (
            Action.CREATE,
            places("eu-west-1", units=("ou-1", "ou-2")),
            "Deploy s to 2 units (ou-1, ou-2) in eu-west-1.",
        ),
        (
            Action.DELETE,
            places("eu-west-1", accounts=("111122223333",)),
            "Remove the stacks of s from the account 111122223333 in eu-west-1.",
        ),
    ],
)
def test_each_change_is_a_sentence(action: Action, resource: Resource, sentence: str) -> None:
    assert str(say_change(action, resource, None)) == sentence


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (places("a", "b", "c", units=("ou-1", "ou-2")), "Extend s: deployed to 2 units (ou-1, ou-2) in a, b, c."),
        (places("a", units=("ou-1", "ou-2")), "Withdraw s from some places: it stays in 2 units (ou-1, ou-2) in a."),
        (places("a", "c", units=("ou-1", "ou-2")),
         "Move s: deployed to 2 units (ou-1, ou-2) in a, c, and removed elsewhere."),
    ],
)  # fmt: skip
def test_an_edit_says_whether_places_come_or_go(wanted: StackInstances, sentence: str) -> None:
    was = places("a", "b", units=("ou-1", "ou-2"))

    assert str(say_change(Action.UPDATE, wanted, was)) == sentence
