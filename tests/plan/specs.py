"""A policy to begin with, the choices that can be made in it, and its template as CloudFormation fills it in."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from policies.domain.baselines import ApprovalRule, BaselineRules, PatchFilter
from policies.domain.resources import Place
from policies.domain.spec import (
    RECOMMENDED_INSTALL,
    RECOMMENDED_SCAN,
    AccountScope,
    BaselineChoice,
    LogStorage,
    NodeScope,
    Operation,
    PolicySpec,
    RateControl,
    Schedule,
    Targets,
)
from sandbox.engine.template import Scope, in_order
from sandbox.engine.template_text import parse

ACCOUNT, REGION, ID = "111122223333", "ap-northeast-1", "abcde"
PLACE = Place(ACCOUNT, "us-east-1", "o-demoorg001", "r-demo")
LONE = Place(ACCOUNT, "us-east-1")
UNITS = ("ou-demo-workload1", "ou-demo-infra0001")
LOGS = LogStorage("example-logs", "eu-west-1", "patching")
EVERY_NODE = Targets(AccountScope.ORGANIZATION, ("us-east-1", "eu-west-1"), NodeScope.ALL)
NODE_CHOICES = {
    "all nodes": EVERY_NODE,
    "a resource group": replace(
        EVERY_NODE, account_scope=AccountScope.ACCOUNT, node_scope=NodeScope.RESOURCE_GROUP, resource_group="web"
    ),
    "a tag": replace(EVERY_NODE, node_scope=NodeScope.TAG, tag_key="Patch Group", tag_value="web"),
    "a tag with any value": replace(EVERY_NODE, node_scope=NodeScope.TAG, tag_key="Patch Group"),
    "instances": replace(
        EVERY_NODE, node_scope=NodeScope.MANUAL, instance_ids=tuple(f"i-{number:017x}" for number in range(50))
    ),
}
UBUNTU = BaselineRules(
    "pb-0123456789abcdef0",
    "our-ubuntu",
    "UBUNTU",
    rules=(ApprovalRule((PatchFilter("PRIORITY", ("Required", "Important")),), "HIGH", 0),),
)
WINDOWS = BaselineRules(
    "pb-0123456789abcdef1",
    "our-windows",
    "WINDOWS",
    rules=(ApprovalRule((PatchFilter("CLASSIFICATION", ("SecurityUpdates",)),), "CRITICAL", 7),),
)


def make_spec(targets: Targets = EVERY_NODE, **choices: Any) -> PolicySpec:
    """Scan and install with the recommended schedules, no logs, nothing attached; `choices` say what is different."""
    usual = PolicySpec(
        name="Weekly",
        operation=Operation.SCAN_AND_INSTALL,
        scan=Schedule(RECOMMENDED_SCAN, wait_for_first_interval=False),
        install=Schedule(RECOMMENDED_INSTALL, wait_for_first_interval=True),
        reboot_if_needed=True,
        uses_custom_baselines=True,
        baselines=(BaselineChoice("UBUNTU", UBUNTU.baseline_id, UBUNTU.name, is_custom=True),),
        logs=None,
        targets=targets,
        rate=RateControl(),
        attach_iam=False,
    )
    return replace(usual, **choices)


def scan_only(targets: Targets = EVERY_NODE, **choices: Any) -> PolicySpec:
    """The same, without an installation."""
    return make_spec(targets, **{"operation": Operation.SCAN, "install": None, **choices})


def every_combination() -> dict[str, PolicySpec]:
    """Each operation with each choice of nodes, with and without logs, with and without attached policies."""
    made = {}
    for (nodes, targets), installs, logs, attaches in product(
        NODE_CHOICES.items(), (False, True), (None, LOGS), (False, True)
    ):
        words = [
            "install" if installs else "scan",
            nodes,
            "logs" if logs else "no logs",
            "attach" if attaches else "no access",
        ]
        make = make_spec if installs else scan_only
        made[", ".join(words)] = make(targets, logs=logs, attach_iam=attaches)
    return made


def filled(template: str, account_id: str = ACCOUNT, region: str = REGION) -> dict[str, dict[str, Any]]:
    """The template's resources by logical name, as CloudFormation makes them in an account and Region: in order,
    every function worked out."""
    parsed = parse(template)
    names = {name: parameter["Default"] for name, parameter in parsed.get("Parameters", {}).items()}
    names |= {"AWS::AccountId": account_id, "AWS::Region": region, "AWS::Partition": "aws"}
    scope = Scope(parsed, names)
    made = {}
    for name in in_order(parsed, scope):
        made[name] = scope.fill(parsed["Resources"][name])
        properties = made[name]["Properties"]
        scope.references[name] = properties.get("RoleName") or properties["Name"]
        scope.attributes[f"{name}.Arn"] = f"arn:aws:iam::{account_id}:role/{scope.references[name]}"
    return made
