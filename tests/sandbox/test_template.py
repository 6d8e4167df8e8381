"""Templates as CloudFormation reads them: YAML and JSON, functions, parameters, and what is wrong with one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.engine.errors import AwsError
from sandbox.engine.template import Scope, in_order
from sandbox.engine.template_checks import capabilities_of, check_template
from sandbox.engine.template_parameters import for_references, settle
from sandbox.engine.template_text import check_length, parse

NOTHING_BUT = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


def filled(value: Any, template: dict[str, Any] | None = None, **names: Any) -> Any:
    return Scope(template or {}, names).fill(value)


def refusal(template: Any) -> str:
    with pytest.raises(AwsError) as caught:
        check_template(parse(template if isinstance(template, str) else json.dumps(template)))
    assert caught.value.code == "ValidationError"
    return caught.value.message


def test_yaml_with_short_forms_means_what_json_does() -> None:
    text = """
    AWSTemplateFormatVersion: 2010-09-09
    Conditions: {IsBig: !Not [!Equals [!Ref Size, small]]}
    Resources:
      One:
        Type: AWS::IAM::Role
        Condition: IsBig
        Properties:
          RoleName: !Sub "${Name}-role"
          Path: !GetAtt Two.Arn
          AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: !If [IsBig, [], !Ref "AWS::NoValue"]}
    """
    assert parse(text) == {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Conditions": {"IsBig": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Size"}, "small"]}]}},
        "Resources": {
            "One": {
                "Type": "AWS::IAM::Role",
                "Condition": "IsBig",
                "Properties": {
                    "RoleName": {"Fn::Sub": "${Name}-role"},
                    "Path": {"Fn::GetAtt": ["Two", "Arn"]},
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": {"Fn::If": ["IsBig", [], {"Ref": "AWS::NoValue"}]},
                    },
                },
            }
        },
    }


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, "a-web"),
        ({"Fn::Sub": "${Name} ${!Name} ${AWS::Region}"}, "web ${Name} eu-west-1"),
        ({"Fn::Sub": ["${x}/${Name}", {"x": {"Ref": "Name"}}]}, "web/web"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b,c"]}]}, "b"),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "small"]}, "t3"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
    ],
)
def test_functions_are_worked_out(value: Any, answer: Any) -> None:
    template = {
        "Mappings": {"Sizes": {"eu-west-1": {"small": "t3"}}},
        "Conditions": {
            "Yes": {"Fn::Equals": [{"Ref": "Name"}, "web"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
            "Either": {"Fn::Or": [{"Condition": "No"}, {"Condition": "Yes"}]},
        },
    }
    assert filled(value, template, **{"Name": "web", "AWS::Region": "eu-west-1"}) == answer


@pytest.mark.parametrize(
    "value",
    [{"Fn::Select": [9, ["a"]]}, {"Fn::Join": "x"}, {"Fn::FindInMap": ["A", "B", "C"]}, {"Fn::Transform": {}},
     {"Ref": "Gone"}, {"Fn::GetAtt": ["A", "Arn"]}, {"Fn::If": ["Gone", 1, 2]}, {"Fn::Split": [",", 3]}],
)  # fmt: skip
def test_a_function_that_cannot_be_worked_out_is_a_validation_error(value: Any) -> None:
    with pytest.raises(AwsError, match="ValidationError"):
        filled(value)


def test_conditions_that_ask_each_other_are_refused() -> None:
    template = {"Conditions": {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Condition": "A"}}}
    with pytest.raises(AwsError, match="Circular"):
        Scope(template, {}).holds("A")


def test_resources_come_after_those_they_need() -> None:
    resources = {
        "A": {**NOTHING_BUT, "DependsOn": ["C"]},
        "B": {**NOTHING_BUT, "Properties": {"X": {"Fn::Sub": "${A.Arn} ${!C}"}}},
        "C": NOTHING_BUT,
    }
    template = {"Resources": resources}
    assert in_order(template, Scope(template, {})) == ["C", "A", "B"]


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({}, "At least one Resources member must be defined"),
        ({"Resources": {"A": {"Type": "AWS::No::Thing"}}}, "Unrecognized resource types: [AWS::No::Thing]"),
        ({"Resources": {"A": {}}}, "Every Resources object must contain a Type"),
        ({"Resources": {"A-B": NOTHING_BUT}}, "Resource name A-B is non alphanumeric"),
        ({"Resources": {"A": {**NOTHING_BUT, "Depends": 1}}}, "Invalid template resource property 'Depends'"),
        ({"Resources": {"A": NOTHING_BUT}, "Nonsense": 1}, "Invalid template property or properties [Nonsense]"),
        ({"Resources": {"A": {**NOTHING_BUT, "Properties": {"X": {"Ref": "B"}}}}}, "resource dependencies [B]"),
        ({"Resources": {"A": {**NOTHING_BUT, "Properties": 1}}}, "Properties must be an object"),
        ({"Resources": {"A": NOTHING_BUT}, "Outputs": {"O": {}}}, "Output O must have a Value"),
        ({"Resources": {"A": {**NOTHING_BUT, "DependsOn": "B"}}}, "Unresolved resource dependencies [B]"),
        ({"Resources": {"A": {**NOTHING_BUT, "Condition": "B"}}}, "Unresolved condition dependency B"),
        ({"Resources": {"A": {**NOTHING_BUT, "Properties": {"X": {"Fn::GetAtt": "B.Arn"}}}}}, "undefined resource B"),
        ({"Resources": {"A": {**NOTHING_BUT, "DependsOn": "B"}, "B": {**NOTHING_BUT, "DependsOn": "A"}}}, "Circular"),
        ({"Resources": {f"R{n}": NOTHING_BUT for n in range(501)}}, "Number of resources, 501"),
        ({"Resources": {"A": NOTHING_BUT}, "Parameters": {f"P{n}": {} for n in range(201)}}, "parameters, 201"),
        ("{", "JSON not well-formed"),
        ("a: [", "YAML not well-formed"),
        ("a: &x 1\nb: *x", "YAML aliases are not allowed"),
        ("just text", "unsupported structure"),
    ],
)  # fmt: skip
def test_a_wrong_template_is_refused_in_cloudformations_words(template: Any, told: str) -> None:
    assert told in refusal(template)


def test_a_template_is_as_long_as_its_way_allows() -> None:
    check_length("x" * 51_200)
    check_length("x" * 1_000_000, from_s3=True)
    with pytest.raises(AwsError, match="51200"):
        check_length("x" * 51_201)
    with pytest.raises(AwsError, match="1000000"):
        check_length("x" * 1_000_001, from_s3=True)


PARAMETERS = {
    "Parameters": {
        "Size": {"Type": "String", "Default": "small", "AllowedValues": ["small", "big"]},
        "Count": {"Type": "Number", "Default": 2, "MinValue": 1, "MaxValue": 5},
        "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Code": {"Type": "String", "AllowedPattern": "[a-z]+", "MaxLength": 3, "Default": "abc"},
        "Secret": {"Type": "String", "NoEcho": True, "Default": ""},
    }
}


def test_parameters_take_what_is_given_and_defaults_else() -> None:
    settled = settle(PARAMETERS, [{"ParameterKey": "Size", "ParameterValue": "big"},
                                  {"ParameterKey": "Count", "UsePreviousValue": True}], {"Count": "4"})  # fmt: skip
    assert settled == {"Size": "big", "Count": "4", "Names": "a, b", "Code": "abc", "Secret": ""}
    assert for_references(PARAMETERS, settled)["Names"] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Size", "huge", "must be one of AllowedValues"),
        ("Count", "9", "not greater than 5"),
        ("Count", "0", "not less than 1"),
        ("Count", "many", "must be a number"),
        ("Code", "A1", "must match pattern"),
        ("Code", "abcd", "at most 3 characters"),
        ("Secret", "x" * 4097, "4096 bytes"),
        ("Unknown", "x", "do not exist in the template"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused(name: str, value: str, told: str) -> None:
    with pytest.raises(AwsError, match=told):
        settle(PARAMETERS, [{"ParameterKey": name, "ParameterValue": value}], {})


def test_a_parameter_without_a_default_must_be_given() -> None:
    with pytest.raises(AwsError, match=r"Parameters: \[Name\] must have values"):
        settle({"Parameters": {"Name": {"Type": "String"}}}, [], {})


def test_named_iam_needs_more_than_iam() -> None:
    plain: dict[str, Any] = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {}}}}
    named = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x"}}}}
    assert capabilities_of(plain)[0] == "CAPABILITY_IAM"
    assert capabilities_of(named)[0] == "CAPABILITY_NAMED_IAM"
    assert capabilities_of({"Resources": {"A": NOTHING_BUT}}) == ("", "")


WORDS = ["Ref", "Fn::Sub", "Fn::Join", "Fn::If", "Fn::GetAtt", "Fn::Select", "Type", "Properties", "DependsOn", "A"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=8,
)


def read_and_fill(template: dict[str, Any], value: Any) -> None:
    check_template(template)
    Scope(template, {}).fill(value)


@given(ANYTHING, st.sampled_from(["Properties", "DependsOn", "Condition", "DeletionPolicy", "Type"]))
def test_whatever_stands_in_a_template_it_is_read_or_refused(value: Any, attribute: str) -> None:
    sections = [{"Parameters": value}, {"Conditions": {"A": value}}, {"Outputs": {"A": {"Value": value}}}]
    for section in ({}, *sections):
        with contextlib.suppress(AwsError):
            read_and_fill({"Resources": {"A": {**NOTHING_BUT, attribute: value}}, **section}, value)
