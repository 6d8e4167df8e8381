"""Lists that AWS tells: who is signed in, baselines, resource groups."""

from __future__ import annotations

from policies.aws.baselines import BaselineGone
from policies.domain.baseline_words import describe_baseline
from policies.domain.spec import AccountScope
from policies.models import Policy
from policies.shell import remember_caller
from policies.wizard.forms import BaselinesForm, TargetsForm
from policies.wizard.previews.look import Context, Look


def find_identity(look: Look) -> Context:
    """Who is signed in to AWS."""
    caller = look.facts.caller()
    remember_caller(caller.account_id, caller.alias, caller.is_management)
    return {"caller": caller}


def find_baselines(look: Look) -> Context:
    """The table of operating systems with the baselines to choose from, and how many policies use each."""
    rows, used_by = look.form_as(BaselinesForm).rows(look.facts.baselines()), _policies_by_baseline()
    return {"rows": rows, "uses": {row.chosen_id: len(used_by.get(row.chosen_id, ())) for row in rows}}


def find_baseline_rules(look: Look) -> Context:
    """The rules of the baseline that is chosen for one operating system (`system`)."""
    system = look.wanted.get("system", "")
    row = next(
        (r for r in look.form_as(BaselinesForm).rows(look.facts.baselines()) if r.operating_system == system), None
    )
    if row is None:
        raise LookupError(system)
    used_by = _policies_by_baseline().get(row.chosen_id, ())
    try:
        return {"row": row, "used_by": used_by, "described": describe_baseline(look.facts.baseline(row.chosen_id))}
    except BaselineGone:
        return {"row": row, "used_by": used_by, "described": None}


def _policies_by_baseline() -> dict[str, list[Policy]]:
    """The policies that use each baseline, by its id."""
    used_by: dict[str, list[Policy]] = {}
    for policy in Policy.objects.living():
        for choice in policy.asked.baselines:
            used_by.setdefault(choice.baseline_id, []).append(policy)
    return used_by


def find_groups(look: Look) -> Context:
    """The resource groups of the current account in the chosen Regions."""
    form = look.form_as(TargetsForm)
    targets = form.targets_or_none()
    if targets is None or targets.account_scope is not AccountScope.ACCOUNT:
        return {"is_offered": False}
    groups = look.facts.groups(targets.regions)
    regions_of: dict[str, list[str]] = {}
    for group in groups:
        regions_of.setdefault(group.name, []).append(group.region)
    return {"is_offered": True, "groups": sorted(regions_of.items()), "chosen": targets.resource_group}
