"""The verbs over the versions of a policy's file: go back to one, and make a deleted baseline anew from one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from policies.deploy.baselines import last_good, rules_in, saved_rules
from policies.deploy.finish import place_of_policy
from policies.deploy.hold import BEING_WRITTEN, hold_sync
from policies.deploy.start import CannotStart, begin, tell
from policies.domain.baselines import to_override
from policies.domain.canonical import canonical
from policies.domain.resources import Baseline, OverrideFile
from policies.domain.sentence import N_
from policies.domain.spec import BaselineChoice
from policies.models import Deployment, OverrideVersion, Policy, Verb, What
from policies.plan.changes import Plan
from policies.plan.desired import make_override_file
from policies.plan.diff import make_plan


def plan_roll_back(policy: Policy, version: OverrideVersion) -> Plan:
    """What going back to a version would change; an empty plan when nodes follow those rules already.

    Operating systems that the policy has taken up since keep their rules: without them their nodes would fail (163).
    """
    then, now = rules_in(version), saved_rules(policy)
    systems = (choice.operating_system for choice in policy.asked.baselines)
    rules = [found for system in systems if (found := then.get(system) or now.get(system))]
    live = policy.override_versions.first()
    if live is None or not rules:
        raise CannotStart(N_("The override file has not been written yet."))
    wanted = make_override_file(place_of_policy(policy), policy.configuration_id, rules)
    return make_plan((wanted,), (OverrideFile(wanted.bucket, wanted.region, live.body, live.digest),))


def roll_back(policy: Policy, version: OverrideVersion, reason: str, by: str, now: datetime) -> Deployment:
    """Write an earlier version again, and hold it: else the next sync would undo it.

    Raises CannotStart when nodes follow that version already, or while a deployment is under way or a sync writes.
    """
    plan = plan_roll_back(policy, version)
    if plan.is_empty:
        raise CannotStart(N_("Nodes follow the rules of this version already."))
    with transaction.atomic():
        tell(policy, What.ROLL_BACK_FILE, by, now, after={"digest": version.digest, "reason": reason})
        if hold_sync(policy, reason, None, by, now) is None:
            raise CannotStart(BEING_WRITTEN)
        return begin(policy, Verb.ROLL_BACK, plan, by, now)


def missing_choice(policy: Policy, operating_system: str) -> BaselineChoice | None:
    """The deleted baseline of an operating system."""
    gone = (BaselineChoice(**choice) for choice in policy.missing_baselines)
    return next((choice for choice in gone if choice.operating_system == operating_system), None)


def recreate_baseline(policy: Policy, operating_system: str, by: str, now: datetime) -> Deployment:
    """Make a deleted baseline anew from the rules that the file has kept, and use it where the deleted one was used.

    Raises CannotStart when it is not missing or while a deployment is under way; BaselineGone when no file has it.
    """
    gone = missing_choice(policy, operating_system)
    if gone is None:
        raise CannotStart(N_("No baseline of this operating system is missing any more."))
    rules = last_good(saved_rules(policy), gone)
    wanted = Baseline(
        gone.name, policy.home_region, gone.operating_system, canonical(to_override(rules)), gone.baseline_id
    )
    with transaction.atomic():
        tell(policy, What.RECREATE_BASELINE, by, now, before=policy.missing_baselines)
        return begin(policy, Verb.RECREATE, make_plan((wanted,), ()), by, now)
