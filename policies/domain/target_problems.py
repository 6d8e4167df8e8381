"""What is wrong with the targets of a policy: accounts, Regions, nodes (aws-facts 4.2, 9, 10)."""

from __future__ import annotations

import re
from collections.abc import Collection

from policies.domain.problem import Problem, Problems, is_plain
from policies.domain.sentence import N_, Sentence, counted
from policies.domain.spec import AccountScope, NodeScope, Targets
from policies.domain.targets import REGIONS

UNIT_ID = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
MOST_UNITS = 50
"""DeploymentTargets takes this many units in one operation."""
INSTANCE_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
MOST_INSTANCES = 50
"""An association's target takes this many values."""
TAG_KEY = re.compile(r"[\w .:/=@-]{1,128}")
"""Target.Key of an association: letters, digits, spaces and _ . : / = @ - (a plus sign, which tags allow, is not)."""
LONGEST_TAG_VALUE = 256
LONGEST_KEY_WITH_VALUE = 128 - len("tag:")
"""CloudFormation takes 128 characters for the key of a target, of which a tag with a value takes four (its schema of
AWS::SSM::Association; CreateAssociation itself would take more)."""
GROUP_NAME = re.compile(r"[A-Za-z0-9_.-]{1,300}")


def check_targets(
    targets: Targets,
    known_units: Collection[str] | None = None,
    known_regions: Collection[str] | None = None,
    *,
    is_management: bool = True,
) -> Problems:
    """Accounts, Regions and nodes. `known_regions` are those enabled; `is_management`: an organization can be named."""
    return (
        *_check_accounts(targets, known_units, is_management),
        *_check_regions(targets.regions, known_regions),
        *_check_nodes(targets),
    )


def _check_accounts(targets: Targets, known_units: Collection[str] | None, is_management: bool) -> Problems:
    if targets.account_scope is AccountScope.ACCOUNT:
        return ()
    if not is_management:
        return _one("account_scope", N_("Only the organization's management account can target other accounts. Choose "
                                        "Current account."))  # fmt: skip
    if targets.account_scope is AccountScope.ORGANIZATION:
        return ()
    return _check_units(targets.unit_ids, known_units)


def _check_units(unit_ids: tuple[str, ...], known_units: Collection[str] | None) -> Problems:
    if not unit_ids:
        return _one("unit_ids", N_("Choose at least one organizational unit."))
    if any(unit_id.startswith("r-") for unit_id in unit_ids):
        return _one("unit_ids", N_("The root is not a unit. Choose Entire organization to target every account."))
    if len(unit_ids) > MOST_UNITS:
        return _too_many("unit_ids", N_("Choose at most %(limit)s organizational units."), MOST_UNITS)
    unknown = [u for u in unit_ids if not UNIT_ID.fullmatch(u) or (known_units is not None and u not in known_units)]
    if not unknown:
        return ()
    return (
        Problem(
            "unit_ids",
            counted(
                "This organizational unit is not in the organization: %(units)s. Choose units from the tree.",
                "These organizational units are not in the organization: %(units)s. Choose units from the tree.",
                len(unknown),
                {"units": tuple(unknown)},
            ),
        ),
    )


def _check_regions(regions: tuple[str, ...], known_regions: Collection[str] | None) -> Problems:
    if not regions:
        return _one("regions", N_("Choose at least one Region."))
    unsupported = tuple(region for region in regions if region not in REGIONS)
    if unsupported:
        return (_regions_problem(N_("Patch policies are not supported in %(regions)s."), unsupported),)
    disabled = tuple(region for region in regions if known_regions is not None and region not in known_regions)
    if disabled:
        not_enabled = N_("Not enabled for this account: %(regions)s. Enable or leave out.")
        return (_regions_problem(not_enabled, disabled),)
    return ()


def _regions_problem(words: str, regions: tuple[str, ...]) -> Problem:
    return Problem("regions", Sentence(words, {"regions": regions}))


def _check_nodes(targets: Targets) -> Problems:
    if targets.node_scope is NodeScope.RESOURCE_GROUP:
        return _check_group(targets)
    if targets.node_scope is NodeScope.TAG:
        return _check_tag(targets.tag_key, targets.tag_value)
    if targets.node_scope is NodeScope.MANUAL:
        return _check_instances(targets.instance_ids)
    return ()


def _check_group(targets: Targets) -> Problems:
    if targets.account_scope is not AccountScope.ACCOUNT:
        return _one("node_scope", N_("A resource group can be chosen for the current account only. Choose another way "
                                     "to target nodes."))  # fmt: skip
    if not targets.resource_group:
        return _one("resource_group", N_("Resource group is required."))
    if not GROUP_NAME.fullmatch(targets.resource_group):
        return _one("resource_group", N_("Enter the name of a resource group: letters, digits, periods, underscores "
                                         "and hyphens."))  # fmt: skip
    return ()


def _check_tag(key: str, value: str) -> Problems:
    """An empty value is allowed: the tag's mere presence makes a node a target."""
    if not key.strip():
        return _one("tag_key", N_("Tag key is required."))
    found: list[Problem] = []
    if not TAG_KEY.fullmatch(key):
        found += _one("tag_key", N_("Enter 1 to 128 characters: letters, digits, spaces and _ . : / = @ -"))
    if value and len(key) > LONGEST_KEY_WITH_VALUE:
        too_long = N_("Beside a value the key may have at most %(limit)s characters. Leave the value empty, or choose "
                      "another tag.")  # fmt: skip
        found += _too_many("tag_key", too_long, LONGEST_KEY_WITH_VALUE)
    if len(value) > LONGEST_TAG_VALUE or not is_plain(value):
        accepted = N_("Enter a tag value of at most %(limit)s printable characters, without {{.")
        found += _too_many("tag_value", accepted, LONGEST_TAG_VALUE)
    return tuple(found)


def _check_instances(instance_ids: tuple[str, ...]) -> Problems:
    if not instance_ids:
        return _one("instance_ids", N_("Choose at least one instance."))
    if len(instance_ids) > MOST_INSTANCES:
        return _too_many("instance_ids", N_("Choose at most %(limit)s instances, or target a tag."), MOST_INSTANCES)
    wrong = tuple(instance_id for instance_id in instance_ids if not INSTANCE_ID.fullmatch(instance_id))
    if wrong:
        only_ec2 = N_("Only EC2 instances can be chosen one by one (i-...). Not an instance id: %(ids)s.")
        return (Problem("instance_ids", Sentence(only_ec2, {"ids": wrong})),)
    return ()


def _one(field: str, words: str) -> Problems:
    return (Problem(field, Sentence(words)),)


def _too_many(field: str, words: str, limit: int) -> Problems:
    return (Problem(field, Sentence(words, {"limit": limit})),)
