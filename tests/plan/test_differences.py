"""How two resources differ, in lines for people."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.domain.canonical import canonical, digest
from policies.domain.resources import Bucket, OverrideFile, PermissionModel, StackInstances, StackSet
from policies.plan.differences import describe_differences

BUCKET = Bucket("b", "us-east-1", '{"Version":"1"}', {"QuickSetupID": "abcde"}, "log", 90)
FILE = OverrideFile("b", "us-east-1", '[{"OperatingSystem":"UBUNTU"}]', digest('[{"OperatingSystem":"UBUNTU"}]'))
SET = StackSet("s", "us-east-1", '{"Resources":{"A":1}}', PermissionModel.SELF_MANAGED, {}, False, "arn:role", "Run")
PLACES = StackInstances("s", "us-east-1", ("eu-west-1", "us-east-1"), unit_ids=("ou-1", "ou-2"))


@pytest.mark.parametrize("resource", [BUCKET, FILE, SET, PLACES])
def test_equal_resources_do_not_differ(resource: Any) -> None:
    assert describe_differences(resource, replace(resource)) == ()


@pytest.mark.parametrize(
    ("was", "wanted", "lines"),
    [
        (BUCKET, replace(BUCKET, log_bucket=""), ("- log_bucket: log", "+ log_bucket: -")),
        (
            replace(BUCKET, expire_noncurrent_days=None),
            BUCKET,
            ("- expire_noncurrent_days: -", "+ expire_noncurrent_days: 90"),
        ),
        (BUCKET, replace(BUCKET, policy='{"Version":"2"}'), ('- policy: "Version": "1"', '+ policy: "Version": "2"')),
        (
            replace(BUCKET, policy=""),
            BUCKET,
            ('- policy: ""', "+ policy: {", '+ policy: "Version": "1"', "+ policy: }"),
        ),
        (SET, replace(SET, auto_deployment=True), ("- auto_deployment: False", "+ auto_deployment: True")),
        (SET, replace(SET, template='{"Resources":{"A":2}}'), ('- template: "A": 1', '+ template: "A": 2')),
        (
            PLACES,
            replace(PLACES, regions=("us-east-1", "us-west-2"), unit_ids=("ou-2",)),
            ("- regions: eu-west-1", "+ regions: us-west-2", "- unit_ids: ou-1"),
        ),
    ],
)
def test_each_fact_that_differs_is_told(was: Any, wanted: Any, lines: tuple[str, ...]) -> None:
    assert describe_differences(was, wanted) == lines


def test_the_order_of_regions_is_no_difference() -> None:
    assert describe_differences(PLACES, replace(PLACES, regions=PLACES.regions[::-1])) == ()


def test_how_a_document_is_written_is_no_difference() -> None:
    spaced = json.dumps(json.loads(SET.template), indent=4)

    assert describe_differences(replace(SET, template=spaced), SET) == ()


def test_a_policy_that_is_no_json_is_told_as_it_is() -> None:
    assert describe_differences(replace(BUCKET, policy="nonsense"), BUCKET)[0] == '- policy: "nonsense"'


def test_tags_of_others_are_left_alone_and_ours_are_put_right() -> None:
    was = replace(BUCKET, tags={"CostCenter": "7", "QuickSetupID": "other"})

    assert describe_differences(was, BUCKET) == ("- tags: QuickSetupID=other", "+ tags: QuickSetupID=abcde")
    assert describe_differences(replace(BUCKET, tags={}), BUCKET) == ("+ tags: QuickSetupID=abcde",)
    assert describe_differences(replace(BUCKET, tags={**BUCKET.tags, "CostCenter": "7"}), BUCKET) == ()


def test_the_hash_decides_about_the_file_whose_content_cannot_be_read_back() -> None:
    changed = replace(FILE, body='[{"OperatingSystem":"DEBIAN"}]', digest="new")

    assert describe_differences(replace(FILE, body=""), FILE) == ()
    assert describe_differences(replace(FILE, body=""), changed) == (f"- digest: {FILE.digest}", "+ digest: new")
    assert describe_differences(FILE, changed) == (
        f"- digest: {FILE.digest}",
        "+ digest: new",
        '- body: "OperatingSystem": "UBUNTU"',
        '+ body: "OperatingSystem": "DEBIAN"',
    )


documents = st.recursive(
    st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(documents, documents)
def test_documents_that_say_something_else_always_differ_in_a_line(one: object, other: object) -> None:
    lines = describe_differences(replace(BUCKET, policy=canonical(one)), replace(BUCKET, policy=canonical(other)))

    assert bool(lines) == (one != other)
    assert all(line[:10] in ("- policy: ", "+ policy: ") for line in lines)
