"""The rules that a policy's override file is made of: its baselines as they are, or as they were last written.

A custom baseline that was deleted never takes its operating system out of the file: the last good object stays, and
the policy says that the baseline is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.aws.baselines import BaselineGone, read_baseline
from policies.aws.connect import Aws
from policies.domain.baselines import BaselineRules, rules_from_override
from policies.domain.spec import BaselineChoice
from policies.models import OverrideVersion, Policy, SyncHold

Rules = tuple[BaselineRules, ...]


@dataclass(frozen=True)
class Gathered:
    """The baselines of a policy as they are, or as they last were, and the choices that are gone."""

    baselines: Rules
    missing: tuple[BaselineChoice, ...]


def gather(policy: Policy, aws: Aws, heeds_hold: bool = False) -> Gathered:
    """Read every baseline of the policy. Raises BaselineGone for one that is gone and that no file has held.

    With `heeds_hold` a held policy has the rules that nodes follow, whatever its baselines say by now.
    """
    kept: list[BaselineRules] = []
    missing: list[BaselineChoice] = []
    saved, held = saved_rules(policy), _held_rules(policy) if heeds_hold else {}
    for choice in policy.asked.baselines:
        try:
            kept.append(held.get(choice.baseline_id) or read_baseline(aws, choice.baseline_id))
        except BaselineGone:
            missing.append(choice)
            kept.append(last_good(saved, choice))
    return Gathered(tuple(kept), tuple(missing))


def read_choices(choices: Iterable[BaselineChoice], policy: Policy | None, aws: Aws) -> Rules:
    """The rules of what someone chooses now, for a new policy or an edit of `policy`. Raises BaselineGone.

    While the policy's file is held, a choice that stays keeps the rules that nodes follow.
    """
    held = _held_rules(policy) if policy else {}
    return tuple(held.get(choice.baseline_id) or read_baseline(aws, choice.baseline_id) for choice in choices)


def saved_rules(policy: Policy) -> dict[str, BaselineRules]:
    """The rules of the newest file by operating system."""
    newest = policy.override_versions.first()
    return rules_in(newest) if newest else {}


def rules_in(version: OverrideVersion) -> dict[str, BaselineRules]:
    """The rules of one version of the file by operating system."""
    return {element["OperatingSystem"]: rules_from_override(element) for element in json.loads(version.body)}


def last_good(saved: Mapping[str, BaselineRules], choice: BaselineChoice) -> BaselineRules:
    """The saved rules for a choice; raises BaselineGone when there are none."""
    if choice.operating_system not in saved:
        message = f"{choice.baseline_id} is gone, and no file has held its rules for {choice.operating_system}"
        raise BaselineGone("ssm:GetPatchBaseline", "DoesNotExistException", message)
    return saved[choice.operating_system]


def _held_rules(policy: Policy) -> dict[str, BaselineRules]:
    """The rules in force by the id of the baseline that they came from; none unless the file is held."""
    if not SyncHold.objects.filter(policy=policy).exists():
        return {}
    saved = saved_rules(policy)
    return {c.baseline_id: saved[c.operating_system] for c in policy.asked.baselines if c.operating_system in saved}
