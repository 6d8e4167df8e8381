"""The verbs: create, edit, delete, undo. Each writes its rows in one transaction and then wakes a worker.

Nothing is changed in AWS here; AWS is only looked at, to make the plan.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from policies.aws.actual import read_actual
from policies.aws.connect import Aws
from policies.aws.organization import place_of, who
from policies.deploy.baselines import read_choices
from policies.deploy.finish import add_steps, place_of_policy
from policies.deploy.scope import management_in_scope
from policies.deploy.tasks import run_deployment
from policies.domain.resources import Place, Resource
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import PolicySpec
from policies.models import Deployment, Draft, Event, Policy, Verb, What
from policies.plan.changes import Plan
from policies.plan.desired import make_desired
from policies.plan.diff import make_plan
from policies.plan.withdrawal import make_removal

PREVIEW_ID = "xxxxx"
"""Stands for the configuration id in the review of a policy that has none yet."""
ALPHABET = string.ascii_lowercase + string.digits


class CannotStart(Exception):
    """A verb was refused; `sentence` says why and what would help."""

    def __init__(self, words: str, **values: object) -> None:
        self.sentence = Sentence(words, values)
        super().__init__(str(self.sentence))


class Overtaken(CannotStart):
    """The policy is no longer as it was when the edit began."""

    def __init__(self) -> None:
        super().__init__(N_("The policy was edited or deleted in the meantime. Begin the edit again."))


class DraftUsed(CannotStart):
    """Another request has deployed the draft already: a button that was pressed twice."""

    def __init__(self) -> None:
        super().__init__(N_("The policy exists already, or its configuration ID is in use in the account."))


def random_id() -> str:
    """A configuration id by chance: five lower-case letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(5))


def review(spec: PolicySpec, policy: Policy | None, aws: Aws, configuration_id: str = PREVIEW_ID) -> Plan:
    """What creating the policy (or editing `policy`) would change in AWS. Only looks.

    Raises AwsProblem, BaselineGone, and CannotStart when the portal is signed in to another account.
    """
    if policy is None:
        return make_plan(_desired(spec, _place(aws, aws.region), configuration_id, aws), ())
    _check_account(policy, aws)
    actual = read_actual(aws, place_of_policy(policy), policy.configuration_id)
    return make_plan(_desired(spec, _place(aws, policy.home_region), policy.configuration_id, aws, policy), actual)


def create_policy(
    spec: PolicySpec, by: str, aws: Aws, now: datetime, new_id: Callable[[], str], draft: Draft | None = None
) -> Deployment:
    """A new policy and the deployment that makes it, in one go with the end of the draft that it comes from.

    Raises as `review`, CannotStart when name or id is taken, and DraftUsed when the draft has ended already.
    """
    place = _place(aws, aws.region)
    configuration_id = _free_id(new_id, place, aws)
    plan = make_plan(_desired(spec, place, configuration_id, aws), ())
    try:
        with transaction.atomic():
            _finish(draft, now)
            policy = Policy.objects.create(
                configuration_id=configuration_id,
                name=spec.name,
                spec=spec.to_dict(),
                account_id=place.account_id,
                home_region=place.home_region,
                organization_id=place.organization_id,
                root_id=place.root_id,
                created_at=now,
                created_by=by,
            )
            tell(policy, What.CREATE_POLICY, by, now, after=policy.spec)
            return begin(policy, Verb.CREATE, plan, by, now)
    except IntegrityError as error:
        raise CannotStart(N_("A policy named %(name)s exists already. Choose another name."), name=spec.name) from error


def edit_policy(
    policy: Policy,
    spec: PolicySpec,
    by: str,
    aws: Aws,
    now: datetime,
    draft: Draft | None = None,
    undoes: Deployment | None = None,
) -> Deployment:
    """Change what was asked for and begin the deployment of the difference, in one go with the end of the draft.

    `policy` must be as it was when the edit began: raises Overtaken when someone else has edited it since, CannotStart
    when a deployment is under way or the name is taken, DraftUsed when the draft has ended already; else as `review`.
    """
    plan = review(spec, policy, aws)
    try:
        with transaction.atomic():
            _finish(draft, now)
            facts = {"name": spec.name, "spec": spec.to_dict(), "version": policy.version + 1}
            if not Policy.objects.living().filter(pk=policy.pk, version=policy.version).update(**facts):
                raise Overtaken
            verb = What.UNDO_DEPLOYMENT if undoes else What.EDIT_POLICY
            tell(policy, verb, by, now, before=policy.spec, after=facts["spec"])
            deployment = begin(policy, Verb.UPDATE, plan, by, now, undoes)
    except IntegrityError as error:
        raise CannotStart(N_("A policy named %(name)s exists already. Choose another name."), name=spec.name) from error
    policy.refresh_from_db()
    return deployment


def delete_policy(policy: Policy, by: str, aws: Aws, now: datetime, undoes: Deployment | None = None) -> Deployment:
    """Begin to remove everything that the policy has in AWS. Raises CannotStart while a deployment is under way."""
    plan = _review_deletion(policy, aws)
    with transaction.atomic():
        tell(policy, What.UNDO_DEPLOYMENT if undoes else What.DELETE_POLICY, by, now, before=policy.spec)
        return begin(policy, Verb.DELETE, plan, by, now, undoes)


def review_undo(deployment: Deployment, aws: Aws) -> Plan:
    """What leads from how AWS stands now back to how it should be before the deployment. Only looks.

    Raises as `review`, and CannotStart when the deployment reached its aim or another one followed it.
    """
    _check_undo(deployment)
    if deployment.spec_before is None:
        return _review_deletion(deployment.policy, aws)
    return review(PolicySpec.from_dict(deployment.spec_before), deployment.policy, aws)


def undo(deployment: Deployment, by: str, aws: Aws, now: datetime) -> Deployment:
    """Begin the deployment that leads back to what was asked for before. Raises as `review_undo` and `edit_policy`."""
    _check_undo(deployment)
    if deployment.spec_before is None:
        return delete_policy(deployment.policy, by, aws, now, undoes=deployment)
    before = PolicySpec.from_dict(deployment.spec_before)
    return edit_policy(deployment.policy, before, by, aws, now, undoes=deployment)


def _check_undo(deployment: Deployment) -> None:
    if not deployment.can_be_undone:
        raise CannotStart(N_("This deployment cannot be undone: it reached its aim, or another one followed it."))


def _review_deletion(policy: Policy, aws: Aws) -> Plan:
    _check_account(policy, aws)
    return make_removal(read_actual(aws, place_of_policy(policy), policy.configuration_id), policy.gave_access)


def _desired(
    spec: PolicySpec, place: Place, configuration_id: str, aws: Aws, policy: Policy | None = None
) -> tuple[Resource, ...]:
    baselines = read_choices(spec.baselines, policy, aws)
    return make_desired(spec, place, configuration_id, baselines, management_in_scope(spec.targets, aws))


def _place(aws: Aws, home_region: str) -> Place:
    return place_of(who(aws), home_region)


def _check_account(policy: Policy, aws: Aws) -> None:
    if aws.account_id != policy.account_id:
        raise CannotStart(
            N_("The policy lives in account %(theirs)s, and the portal is signed in to %(ours)s."),
            theirs=policy.account_id,
            ours=aws.account_id,
        )


def _free_id(new_id: Callable[[], str], place: Place, aws: Aws) -> str:
    """A configuration id that neither the portal nor this account has used."""
    for _ in range(5):
        candidate = new_id()
        is_known = Policy.objects.filter(configuration_id=candidate).exists()
        if not is_known and not read_actual(aws, place, candidate):
            return candidate
    raise CannotStart(N_("The policy exists already, or its configuration ID is in use in the account."))


def _finish(draft: Draft | None, now: datetime) -> None:
    """End the draft by one conditional UPDATE, so that of two requests one deploys it."""
    if draft and not Draft.objects.filter(pk=draft.pk, finished_at=None).update(finished_at=now):
        raise DraftUsed


def begin(
    policy: Policy, verb: Verb, plan: Plan, by: str, now: datetime, undoes: Deployment | None = None
) -> Deployment:
    """A deployment with a step for each change, for the workers; raises CannotStart while another is under way.

    `policy` still says what was asked for before. There was nothing before a creation, and after a deletion.
    """
    began_from_nothing = verb == Verb.CREATE or (undoes is not None and undoes.verb == Verb.DELETE)
    try:
        with transaction.atomic():
            Policy.objects.locked(policy.pk)  # a sync that may write has said so by now, or sees the deployment
            deployment = Deployment.objects.create(
                policy=policy,
                verb=verb,
                plan=plan.to_dict(),
                spec_before=None if began_from_nothing else policy.spec,
                undoes=undoes,
                requested_by=by,
                requested_at=now,
            )
    except IntegrityError as error:
        raise CannotStart(N_("A deployment of this policy is under way. Wait until it has ended.")) from error
    add_steps(deployment, plan.changes)
    wake(deployment)
    return deployment


def wake(deployment: Deployment) -> None:
    """Queue the work once the rows are committed; without a broker the sweep finds it later."""
    transaction.on_commit(partial(run_deployment.delay, deployment.pk), robust=True)


def tell(policy: Policy, verb: What, by: str, now: datetime, before: Any = None, after: Any = None) -> None:
    """Write down in the history what was asked for, and by whom."""
    Event.objects.create(policy=policy, at=now, by=by, verb=verb, before=before, after=after)
