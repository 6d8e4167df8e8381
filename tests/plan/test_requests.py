"""What the portal accepts, AWS's own models of its requests accept too: types, lengths, patterns and sizes."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any, cast

import botocore.session
import pytest
from botocore.model import Shape
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings

from policies.aws.connect import Aws
from policies.aws.stack_sets import create_stack_set
from policies.domain.resources import Bucket, StackInstances, StackSet
from policies.domain.spec import AccountScope, NodeScope, PolicySpec, Targets
from policies.domain.targets import REGIONS
from policies.plan.desired import make_desired
from policies.plan.template import LARGEST, make_template
from sandbox.validation import check_request
from tests.domain.strategies import accepted
from tests.plan.specs import EVERY_NODE, ID, PLACE, UBUNTU, every_combination, filled, make_spec

LARGEST_BUCKET_POLICY = 20 * 1024
LARGEST_ROLE_POLICY = 10_240
LONGEST_PARAMETER = 255
"""Characters of an association's parameter value in CloudFormation (aws-facts 3.1)."""
LONGEST_REGION = "ap-southeast-1"

Request = dict[str, Any]


@cache
def input_of(service: str, operation: str) -> Shape:
    """botocore's model of an operation's request."""
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    assert shape
    return cast(Shape, shape)


def refusals(service: str, operation: str, request: Request) -> list[str]:
    """Why botocore would not send the request, or AWS not take it by what its model says."""
    shape = input_of(service, operation)
    unsent = ParamValidator().validate(request, shape)
    return [unsent.generate_report()] if unsent.has_errors() else check_request(request, shape)


def requests_of(resource: Request) -> list[tuple[str, str, Request]]:
    """The requests by which CloudFormation makes a resource of the template."""
    facts = resource["Properties"]
    if resource["Type"] == "AWS::SSM::Association":
        return [("ssm", "CreateAssociation", facts)]
    if resource["Type"] == "AWS::SSM::Document":
        told = {name: facts[name] for name in ("Name", "DocumentType", "DocumentFormat", "TargetType")}
        return [("ssm", "CreateDocument", {**told, "Content": json.dumps(facts["Content"])})]
    return _role_requests(facts)


def _role_requests(facts: Request) -> list[tuple[str, str, Request]]:
    role = {
        **{name: facts[name] for name in ("RoleName", "Description", "PermissionsBoundary", "Tags")},
        "AssumeRolePolicyDocument": json.dumps(facts["AssumeRolePolicyDocument"]),
    }
    policies = [
        {"RoleName": facts["RoleName"], **policy, "PolicyDocument": json.dumps(policy["PolicyDocument"])}
        for policy in facts["Policies"]
    ]
    return [("iam", "CreateRole", role), *(("iam", "PutRolePolicy", policy) for policy in policies)]


class Recorder:
    """Takes the place of the connection, and keeps the request that would have been sent."""

    def __init__(self) -> None:
        self.request: Request = {}

    def client(self, *_wanted: object) -> Recorder:
        return self

    def create_stack_set(self, **request: Any) -> None:
        self.request = request


def _made(spec: PolicySpec) -> tuple[Any, ...]:
    return make_desired(spec, PLACE, ID, [UBUNTU], management_in_scope=True)


@given(accepted)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_what_the_rules_accept_makes_associations_that_aws_accepts(spec: PolicySpec) -> None:
    made = filled(make_template(spec, PLACE, ID, "TA"), region=LONGEST_REGION)

    asked = [request for resource in made.values() for request in requests_of(resource)]
    assert [refusal for request in asked for refusal in refusals(*request)] == []


@pytest.mark.parametrize("spec", every_combination().values(), ids=every_combination().keys())
def test_every_combination_makes_requests_that_aws_accepts(spec: PolicySpec) -> None:
    for resource in filled(make_template(spec, PLACE, ID, "TA")).values():
        for request in requests_of(resource):
            assert refusals(*request) == []


def test_refusals_are_noticed() -> None:
    association = filled(make_template(make_spec(), PLACE, ID, "TA"))["ScanForPatches"]["Properties"]

    assert refusals("ssm", "CreateAssociation", {**association, "MaxErrors": "101%"})
    assert refusals("ssm", "CreateAssociation", {**association, "MaxErrors": 2})
    assert refusals("ssm", "CreateAssociation", {**association, "Targets": association["Targets"] * 6})


def test_parameters_of_an_association_are_short_enough_for_cloudformation() -> None:
    for resource in filled(make_template(make_spec(), PLACE, ID, "TA")).values():
        values = [value for given in resource["Properties"]["Parameters"].values() for value in given]
        assert all(1 <= len(value) <= LONGEST_PARAMETER for value in values)


def test_the_automations_role_keeps_to_the_limits_of_iam() -> None:
    role = filled(make_template(make_spec(attach_iam=True), PLACE, ID, "TA"), region=LONGEST_REGION)["AutomationRole"]

    inline = "".join(json.dumps(policy["PolicyDocument"]) for policy in role["Properties"]["Policies"])
    assert len(inline) <= LARGEST_ROLE_POLICY


@pytest.mark.parametrize("scope", AccountScope)
def test_stack_sets_are_requests_that_cloudformation_accepts(scope: AccountScope) -> None:
    targets = replace(EVERY_NODE, account_scope=scope, unit_ids=("ou-demo-infra0001",))

    for stack_set in [r for r in _made(make_spec(targets, attach_iam=True)) if isinstance(r, StackSet)]:
        aws = Recorder()
        create_stack_set(cast(Aws, aws), stack_set, "token")
        assert aws.request["StackSetName"] == stack_set.name
        assert refusals("cloudformation", "CreateStackSet", aws.request) == []
        assert len(aws.request["TemplateBody"].encode()) <= LARGEST


def test_instances_of_a_stack_set_are_a_request_that_cloudformation_accepts() -> None:
    for places in [r for r in _made(make_spec()) if isinstance(r, StackInstances)]:
        where: Request = {"Regions": list(places.regions)}
        if places.unit_ids:
            where["DeploymentTargets"] = {"OrganizationalUnitIds": list(places.unit_ids)}
        else:
            where["Accounts"] = list(places.account_ids)
        assert refusals("cloudformation", "CreateStackInstances", {"StackSetName": places.stack_set, **where}) == []


def test_the_largest_bucket_policy_is_one_that_s3_takes() -> None:
    units = tuple(f"ou-{'z' * 32}-{number:032x}" for number in range(50))
    place = replace(PLACE, organization_id="o-" + "z" * 32)
    spec = make_spec(Targets(AccountScope.UNITS, REGIONS, NodeScope.ALL, unit_ids=units))

    buckets = [r for r in make_desired(spec, place, ID, [UBUNTU], False) if isinstance(r, Bucket)]
    assert len(buckets) == 2
    for bucket in buckets:
        assert refusals("s3", "PutBucketPolicy", {"Bucket": bucket.name, "Policy": bucket.policy}) == []
        assert len(bucket.policy.encode()) <= LARGEST_BUCKET_POLICY
