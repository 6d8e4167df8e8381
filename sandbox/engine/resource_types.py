"""The CloudFormation resource types that stacks can make, each by the same operations that a person would call."""

from __future__ import annotations

from sandbox.engine.iam_resources import INSTANCE_PROFILE, MANAGED_POLICY, POLICY
from sandbox.engine.resource_kind import Ask, Made, ResourceType, Wish, fixed
from sandbox.engine.role_resource import ROLE
from sandbox.engine.ssm_resources import ASSOCIATION, DOCUMENT


def _make_handle(_ask: Ask, wish: Wish) -> Made:
    return Made(f"https://cloudformation-waitcondition.s3.amazonaws.com/{wish.name}", {}, wish.properties)


WAIT_CONDITION_HANDLE = ResourceType(
    properties=frozenset(),
    required=frozenset(),
    fixed=fixed(),
    create=_make_handle,
    update=lambda _ask, was, _wish: was,
    delete=lambda _ask, _was: None,
)
"""Nothing at all: what a template holds that only needs to hold something."""

TYPES = {
    "AWS::CloudFormation::WaitConditionHandle": WAIT_CONDITION_HANDLE,
    "AWS::IAM::InstanceProfile": INSTANCE_PROFILE,
    "AWS::IAM::ManagedPolicy": MANAGED_POLICY,
    "AWS::IAM::Policy": POLICY,
    "AWS::IAM::Role": ROLE,
    "AWS::SSM::Association": ASSOCIATION,
    "AWS::SSM::Document": DOCUMENT,
}
