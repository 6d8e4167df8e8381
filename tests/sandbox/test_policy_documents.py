"""What policy documents say: explicit denies, wildcards, conditions, variables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.engine.conditions import NEGATED, OPERATORS, conditions_hold, is_operator
from sandbox.engine.policy_documents import decide, parse_document

OBJECT = "arn:aws:s3:::bucket/file.json"


def says(*statements: dict[str, Any], action: str = "s3:GetObject", context: dict[str, list[str]] | None = None) -> Any:
    return decide([{"Statement": list(statements)}], action, OBJECT, context or {})


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **more}


def test_what_nobody_allows_is_neither_allowed_nor_denied() -> None:
    assert says(allow(Action="s3:PutObject")) is None


@pytest.mark.parametrize("action", ["s3:GetObject", "S3:getobject", "s3:Get*", "s3:GetObjec?", "*"])
def test_actions_match_in_any_case_and_by_wildcards(action: str) -> None:
    assert says(allow(Action=action)) is True


def test_a_deny_wins_wherever_it_stands() -> None:
    deny = allow(Effect="Deny", Resource=OBJECT)
    assert says(allow(), deny) is False
    assert says(deny, allow()) is False


def test_a_deny_of_all_but_some_actions_denies_the_others() -> None:
    deny = {"Effect": "Deny", "NotAction": "s3:PutObject", "Resource": "*"}
    assert says(allow(), deny) is False
    assert says(allow(Action="s3:PutObject"), deny, action="s3:PutObject") is True


def test_a_deny_of_all_but_some_resources_denies_the_others() -> None:
    assert says(allow(), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}) is False


def test_a_variable_stands_for_the_callers_value() -> None:
    own = allow(Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}})
    assert says(own, context={"aws:principalaccount": ["1"], "aws:resourceaccount": ["1"]}) is True
    assert says(own, context={"aws:principalaccount": ["2"], "aws:resourceaccount": ["1"]}) is None
    assert says(own, context={"aws:resourceaccount": ["1"]}) is None


def test_organization_paths_match_the_unit_and_those_below() -> None:
    condition = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/*/ou-prod/*"]}}
    for path, within in (("o-1/r-1/ou-prod/", True), ("o-1/r-1/ou-a/ou-prod/ou-b/", True), ("o-1/r-1/ou-a/", False)):
        assert conditions_hold(condition, {"aws:principalorgpaths": [path]}) is within


@pytest.mark.parametrize(
    ("operator", "present", "wanted", "holds"),
    [
        ("StringEqualsIgnoreCase", ["A"], "a", True),
        ("StringNotEquals", None, "a", True),
        ("StringEqualsIfExists", None, "a", True),
        ("StringEquals", None, "a", False),
        ("ForAllValues:StringEquals", None, "a", True),
        ("ForAllValues:StringEquals", ["a", "b"], "a", False),
        ("ForAnyValue:StringNotEquals", ["a", "b"], "a", True),
        ("StringNotLike", ["abc"], "a*", False),
        ("ArnLike", ["arn:aws:iam::1:role/x"], "arn:aws:iam::*:role/*", True),
        ("Bool", ["true"], "True", True),
        ("NumericLessThan", ["9"], "10", True),
        ("DateGreaterThan", ["2026-11-24T00:00:00+00:00"], "2026-11-23T00:00:00Z", True),
        ("IpAddress", ["10.1.2.3"], "10.0.0.0/8", True),
        ("NotIpAddress", ["10.1.2.3"], "10.0.0.0/8", False),
        ("Null", None, "true", True),
        ("Null", ["x"], "true", False),
    ],
)
def test_operators_hold_as_the_reference_says(
    operator: str, present: list[str] | None, wanted: str, holds: bool
) -> None:
    context = {} if present is None else {"key": present}
    assert conditions_hold({operator: {"Key": wanted}}, context) is holds


@given(value=st.text(max_size=6), wanted=st.lists(st.text(max_size=6), min_size=1, max_size=3))
def test_a_negated_operator_is_the_opposite_for_one_value(value: str, wanted: list[str]) -> None:
    for negated, plain in (("StringNotEquals", "StringEquals"), ("StringNotLike", "StringLike")):
        context = {"key": [value]}
        assert conditions_hold({negated: {"key": wanted}}, context) != conditions_hold(
            {plain: {"key": wanted}}, context
        )


def test_every_operator_is_known_with_its_prefix_and_suffix() -> None:
    for name in (*OPERATORS, *NEGATED):
        assert is_operator(name)
        assert is_operator(f"ForAnyValue:{name}IfExists")
    assert not is_operator("StringAlmostEquals")


GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({**GOOD, "Effect": "Maybe"}, "Effect"),
        ({"Effect": "Allow", "Resource": "*"}, "Action"),
        ({**GOOD, "NotAction": "s3:PutObject"}, "Action"),
        ({"Effect": "Allow", "Action": "s3:GetObject"}, "Resource"),
        ({**GOOD, "Principal": "*"}, "prohibited field Principal"),
        ({**GOOD, "Actions": []}, "Unknown field Actions"),
        ({**GOOD, "Condition": {"StringIs": {"a": "b"}}}, "Invalid Condition type : StringIs"),
    ],
)
def test_a_document_that_iam_would_refuse_is_refused(statement: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Statement": []}', '{"Version": "2026", "Statement": [{}]}'])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|Statement|version"):
        parse_document(text)
