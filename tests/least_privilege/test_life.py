"""The printed policies: all that the portal needs to live, and nothing that it does not need."""

from __future__ import annotations

import pytest
from botocore.model import OperationModel
from django.conf import settings

from policies.aws.errors import AwsProblem
from policies.domain.canonical import canonical
from policies.management.commands.print_iam_policy import member_policy, portal_policy
from sandbox import enforcement, storage_guard
from sandbox.engine import authorization
from sandbox.engine.authorization import Verdict
from sandbox.engine.conditions import Context
from sandbox.engine.trust import Principal
from sandbox.engine.world import World
from tests.least_privilege.life import ROLE, Failed, actions_of, begin, live, without

pytestmark = pytest.mark.django_db
TOKENS = {"ClientRequestToken", "ClientToken", "IdempotencyToken", "OperationId"}
"""By which AWS knows a change that is asked for a second time."""
MOST_CHARACTERS = 6144
"""Of a customer managed policy, white space apart (IAM quotas)."""


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The actions that were asked about, by role."""
    found: dict[str, set[str]] = {ROLE: set(), settings.AWS_READ_ROLE_NAME: set()}

    def note(world: World, principal: Principal, action: str, resource: str, context: Context) -> Verdict:
        found.setdefault(principal.role_name, set()).add(action)
        return authorization.judge(world, principal, action, resource, context)

    for door in (enforcement, storage_guard):
        monkeypatch.setattr(door, "judge", note)
    return found


def test_the_portal_lives_by_what_is_printed_and_needs_every_action_of_it(judged: dict[str, set[str]]) -> None:
    live(begin(portal_policy(), member_policy()))

    why = "give it its place in life.py, or take it out of the door's PERMISSIONS"
    assert set(actions_of(portal_policy())) == judged[ROLE], why
    assert set(actions_of(member_policy())) == judged[settings.AWS_READ_ROLE_NAME], why


def test_each_change_that_takes_a_token_carries_one() -> None:
    life = begin(portal_policy(), member_policy())
    carrying: set[str] = set()
    lacking: set[str] = set()

    def note(params: dict[str, object], model: OperationModel, **_: object) -> None:
        taken = TOKENS & set(model.input_shape.members if model.input_shape else ())
        if taken and not model.name.startswith(("Describe", "List")):
            (carrying if taken & set(params) else lacking).add(model.name)

    # Asked before botocore makes up a token of its own, which would be another one at the next try.
    life.aws.session.events.register("provide-client-params", note)
    live(life)

    assert lacking == set()
    assert carrying >= {"CreateStackSet", "CreateStackInstances", "UpdateStackSet", "DeleteStackInstances"}


def test_without_an_action_it_fails_and_names_the_action(lacking: tuple[str, str]) -> None:
    whose, action = lacking
    portal, member = portal_policy(), member_policy()
    life = begin(
        without(portal, action) if whose == "portal" else portal,
        without(member, action) if whose == "member" else member,
    )

    with pytest.raises((Failed, AwsProblem), match=action):
        live(life)


@pytest.mark.parametrize("document", [portal_policy(), member_policy()], ids=["portal", "member"])
def test_a_printed_policy_fits_in_one_managed_policy(document: dict[str, object]) -> None:
    assert len(canonical(document)) <= MOST_CHARACTERS
