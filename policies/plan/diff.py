"""What differs between what must exist and what does: the same plan reviews, deploys, and finds drift.

Order: baselines, buckets, the file, stack sets and their instances are made and changed in that order, so that no
association runs before its file. What goes is removed in the opposite order, and stacks that go before
any are made: those that follow them in the same account (MA after LA) take the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from policies.domain.resources import Baseline, Bucket, OverrideFile, Resource, StackInstances, StackSet
from policies.plan.changes import Action, Change, Plan
from policies.plan.differences import describe_differences
from policies.plan.sentences import say_change

CREATION_ORDER: tuple[type[Resource], ...] = (Baseline, Bucket, OverrideFile, StackSet, StackInstances)


def make_plan(desired: Sequence[Resource], actual: Sequence[Resource]) -> Plan:
    """The changes that turn `actual` into `desired`; an empty plan when nothing differs.

    Resources are the same when their keys are. Tags that others added are left alone. `make_plan((), actual)` removes
    everything.
    """
    standing = {resource.key: resource for resource in actual}
    wanted = {resource.key for resource in desired}
    made = [change for resource in _in_order(desired) for change in _make(resource, standing.get(resource.key))]
    doomed = [resource for resource in actual if resource.key not in wanted]
    gone = [_change(Action.DELETE, resource) for resource in reversed(_in_order(doomed))]
    stacks = [change for change in gone if isinstance(change.resource, StackSet | StackInstances)]
    return Plan((*stacks, *made, *gone[len(stacks) :]))


def _make(resource: Resource, was: Resource | None) -> list[Change]:
    if was is None:
        return [_change(Action.CREATE, resource)]
    differences = describe_differences(was, resource)
    if not differences:
        return []
    return [
        Change(Action.UPDATE, _keep_tags(was, resource), say_change(Action.UPDATE, resource, was), differences, was)
    ]


def _keep_tags(was: Resource, resource: Resource) -> Resource:
    """S3 and CloudFormation take all tags at once, so those that others added are given back to them."""
    if isinstance(was, Bucket | StackSet) and isinstance(resource, Bucket | StackSet):
        return replace(resource, tags={**was.tags, **resource.tags})
    return resource


def _change(action: Action, resource: Resource) -> Change:
    was = resource if action is Action.DELETE else None
    return Change(action, resource, say_change(action, resource, was), was=was)


def _in_order(resources: Iterable[Resource]) -> list[Resource]:
    """By kind; a bucket that takes another's log before that other; else as given."""
    return sorted(resources, key=lambda one: (CREATION_ORDER.index(type(one)), bool(getattr(one, "log_bucket", ""))))
