"""The roles of onboarding: documents that the checkers pass, in three languages that say the same."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules

from policies.domain.resources import PermissionModel, Place
from policies.domain.roles import Role, administration_role, execution_role, node_role, observer_role, runner_role
from policies.plan.groundwork import (
    block,
    observer_instances,
    observer_set,
    roles_commands,
    roles_template,
    roles_terraform,
)
from tests.domain.policy_lint import complaints, trust_complaints

PLACE = Place("111122223333", "us-east-1", "o-example001", "r-exam")
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:ListAssociations", "Resource": "*"}]}
ROLES = (
    administration_role(PLACE),
    execution_role(PLACE),
    observer_role(PLACE, "Reader", "agreed", READ),
    node_role(PLACE),
    runner_role(PLACE, "Runner", "agreed", READ),
)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_trust_and_policies_pass_the_checker(role: Role) -> None:
    arn = f"arn:aws:iam::111122223333:role/{role.name}"

    assert trust_complaints(role.trust, arn) == []
    assert [said for document in role.inline.values() for said in complaints(document)] == []


def test_the_reader_is_taken_by_the_portal_s_account_with_the_external_id_alone() -> None:
    [statement] = observer_role(PLACE, "Reader", "agreed", READ).trust["Statement"]

    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "agreed"}}


def test_the_observer_goes_to_the_whole_organization_once() -> None:
    made, places = observer_set(PLACE, [ROLES[2]]), observer_instances(PLACE)

    assert made.permission_model == PermissionModel.SERVICE_MANAGED
    assert made.auto_deployment
    assert (places.stack_set, places.regions, places.unit_ids) == (made.name, ("us-east-1",), ("r-exam",))


def test_the_template_passes_cfn_lint() -> None:
    rules = get_rules([], [], ["I", "W", "E"])

    assert lint(json.dumps(roles_template(ROLES)), rules, ["us-east-1"]) == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_commands_make_what_the_template_makes(role: Role) -> None:
    template = roles_template([role])["Resources"]
    words = [shlex.split(line) for line in roles_commands([role]).splitlines()]
    told = [json.loads(text) for line in words for text in line if text.startswith("{")]

    assert told == [role.trust, *role.inline.values()]
    assert sum(line[2] == "create-instance-profile" for line in words) == len(template) - 1


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_terraform_carries_the_same_documents(role: Role) -> None:
    parts = roles_terraform([role]).split("<<JSON\n")[1:]
    told: list[Any] = [json.loads(part.split("\nJSON")[0]) for part in parts]

    assert told == [role.trust, *role.inline.values()]


def test_terraform_leaves_a_policys_own_variables_alone() -> None:
    document = {"Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}}

    written = block("aws_vpc_endpoint_policy", "one", {"policy": document})

    assert '"$${aws:PrincipalOrgID}"' in written
