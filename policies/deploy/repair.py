"""The verb that deploys what differs, as the comparison found it, and nothing else."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from policies.aws.connect import Aws
from policies.deploy.drift import digest_of, find_drift, record_drift
from policies.deploy.start import CannotStart, begin, tell
from policies.domain.sentence import N_
from policies.models import Deployment, Policy, Verb, What


def deploy_difference(policy: Policy, shown: str, by: str, aws: Aws, now: datetime) -> Deployment:
    """Begin the deployment of what differs now. `shown` is the digest of the difference that the person looked at.

    Raises AwsProblem, and CannotStart when AWS differs in another way by now or while a deployment is under way.
    """
    plan, unread = find_drift(policy, aws)
    record_drift(policy, plan, unread, now)
    if plan.is_empty:
        raise CannotStart(N_("Nothing differs any more."))
    if digest_of(plan) != shown:
        raise CannotStart(N_("What differs has changed since it was shown. Look at it again."))
    with transaction.atomic():
        tell(policy, What.REPAIR_POLICY, by, now, after={"digest": shown})
        return begin(policy, Verb.REPAIR, plan, by, now)
