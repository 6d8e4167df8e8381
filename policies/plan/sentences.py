"""Each change of a plan in one sentence, as the review page shows it."""

from __future__ import annotations

from policies.domain.resources import (
    OVERRIDE_FILE,
    Baseline,
    Bucket,
    OverrideFile,
    Resource,
    StackInstances,
    StackSet,
)
from policies.domain.sentence import N_, Sentence, counted
from policies.plan.access_template import gives_access
from policies.plan.changes import Action

BUCKET = {
    Action.CREATE: N_("Create the S3 bucket %(name)s in %(region)s, private, encrypted and versioned."),
    Action.UPDATE: N_("Change the settings of the S3 bucket %(name)s."),
    Action.DELETE: N_("Delete the S3 bucket %(name)s with all its objects and their versions."),
}
FILE = {
    Action.CREATE: N_("Write the patch baselines to %(file)s in the bucket %(name)s."),
    Action.UPDATE: N_("Write the changed patch baselines to %(file)s in the bucket %(name)s."),
    Action.DELETE: N_("Delete %(file)s with all its versions from the bucket %(name)s."),
}
STACK_SET = {
    Action.CREATE: N_("Create the CloudFormation stack set %(name)s."),
    Action.UPDATE: N_("Change the CloudFormation stack set %(name)s, and its stacks wherever it is deployed."),
    Action.DELETE: N_("Delete the CloudFormation stack set %(name)s."),
}
GIVES_NO_MORE_ACCESS = N_(
    "Change the CloudFormation stack set %(name)s, and its stacks wherever it is deployed. It gives nodes no more "
    "access: their roles keep the policy's tag and what was attached until the policy is deleted."
)

PLACES = {
    Action.CREATE: N_("Deploy %(name)s to %(places)s in %(regions)s."),
    Action.REDEPLOY: N_("Deploy %(name)s again to %(places)s in %(regions)s."),
    Action.REPLACE: N_("Remove the stacks of %(name)s from %(places)s in %(regions)s, and make them anew."),
    Action.DELETE: N_("Remove the stacks of %(name)s from %(places)s in %(regions)s."),
}
BASELINE = N_("Create the patch baseline %(name)s from the saved copy of its rules, in place of %(gone)s.")


def say_change(action: Action, resource: Resource, was: Resource | None) -> Sentence:
    """What will be made, changed or removed. `was` matters for a change of places or of a stack set."""
    if isinstance(resource, Bucket):
        return Sentence(BUCKET[action], {"name": resource.name, "region": resource.region})
    if isinstance(resource, OverrideFile):
        return Sentence(FILE[action], {"file": OVERRIDE_FILE, "name": resource.bucket})
    if isinstance(resource, Baseline):
        return Sentence(BASELINE, {"name": resource.name, "gone": resource.replaces})
    if isinstance(resource, StackSet):
        stops = isinstance(was, StackSet) and gives_access(was.template) and not gives_access(resource.template)
        return Sentence(GIVES_NO_MORE_ACCESS if stops else STACK_SET[action], {"name": resource.name})
    if action is Action.UPDATE and isinstance(was, StackInstances):
        return _say_move(was, resource)
    return _say_places(action, resource)


def _say_places(action: Action, places: StackInstances) -> Sentence:
    values = {"name": places.stack_set, "places": _where(places), "regions": places.regions}
    return Sentence(PLACES[action], values)


def _say_move(was: StackInstances, wanted: StackInstances) -> Sentence:
    """An edit that only adds or only removes says so; any other tells where the stacks will be."""
    values = {"name": wanted.stack_set, "places": _where(wanted), "regions": wanted.regions}
    before, after = _pairs(was), _pairs(wanted)
    if before <= after:
        return Sentence(N_("Extend %(name)s: deployed to %(places)s in %(regions)s."), values)
    if after <= before:
        return Sentence(N_("Withdraw %(name)s from some places: it stays in %(places)s in %(regions)s."), values)
    return Sentence(N_("Move %(name)s: deployed to %(places)s in %(regions)s, and removed elsewhere."), values)


def _pairs(places: StackInstances) -> set[tuple[str, str]]:
    return {(place, region) for place in (*places.unit_ids, *places.account_ids) for region in places.regions}


def _where(places: StackInstances) -> Sentence:
    """The accounts, which may be some of the units'; else the units."""
    if not places.account_ids and any(unit_id.startswith("r-") for unit_id in places.unit_ids):
        return Sentence(N_("the entire organization"))
    if not places.account_ids:
        return counted(
            "the unit %(ids)s",
            "%(count)s units (%(ids)s)",
            len(places.unit_ids),
            {"ids": places.unit_ids},
        )
    return counted(
        "the account %(ids)s",
        "%(count)s accounts (%(ids)s)",
        len(places.account_ids),
        {"ids": places.account_ids},
    )
