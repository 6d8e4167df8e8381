"""Makes a World of a TOML file: units, accounts, roles, nodes, groups, buckets and baselines as they are declared.

`also` names files beside it: their lists come first, their tables hold where this file says nothing itself. `[crowd]`
tells what is made from the seed (crowds.py). The files are data: reading one runs nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.engine.clock import Clock
from sandbox.engine.endpoints import Endpoint
from sandbox.engine.fleet import Fleet, Node
from sandbox.engine.organization import STACK_SETS_PRINCIPAL, Account, Organization, Unit
from sandbox.engine.trust import InstanceProfile, Principal, Role
from sandbox.engine.world import World
from sandbox.operations.ssm_baselines import create_patch_baseline
from sandbox.registry import Call
from sandbox.worlds.crowds import Crowd, add_accounts, add_nodes, leave_unseen

Declared = Mapping[str, Any]

FOUNDED = timedelta(days=400)
"""How long before the world's beginning its accounts joined."""
ROLES_MADE = timedelta(days=300)
AWS_POLICY = "arn:aws:iam::aws:policy/"


def read_world(path: Path, at: datetime, speed: float = 0.0) -> World:
    """The world of a file as it stands at a moment, its clock running at a speed; the same for the same moment.

    Raises ValueError for a file that is not TOML, KeyError or TypeError for one that does not declare a world.
    """
    told = _read(path)
    organization = told["organization"]
    world = World(Clock(at, speed), _found(organization, at), Fleet(), seed=organization.get("seed", 1))
    world.organization.units |= {u["id"]: _unit(u, world.organization.root_id) for u in told.get("units", [])}
    for account in told["accounts"]:
        _join(world, account)
    crowd = Crowd(**told["crowd"]) if "crowd" in told else None
    if crowd:
        add_accounts(world, crowd, FOUNDED)
    _settle(world, told)
    if crowd and crowd.sizes:
        leave_unseen(world, crowd)
    elif crowd:
        add_nodes(world, crowd, {a["id"]: a.get("nodes", 0) for a in told["accounts"]})
    for node in told.get("nodes", []):
        world.fleet.add(_node(world, node))
    for endpoint in told.get("endpoints", []):
        _add_endpoint(world, endpoint)
    _trouble(world, told.get("troubles", []))
    return world


def stock(world: World) -> None:
    """Make the buckets that the world's file declares; called once its storage stands. A second time does nothing."""
    declared, world.declared_buckets = world.declared_buckets, ()
    for bucket in declared:
        owner = bucket.get("account", world.organization.management_id)
        world.storage.create_bucket(owner, bucket["name"], bucket["region"], bucket.get("policy", ""))
        for key, body in bucket.get("objects", {}).items():
            world.storage.add_object(bucket["name"], key, body.encode())


def _read(path: Path) -> dict[str, Any]:
    told = tomllib.loads(path.read_text())
    for name in reversed(told.pop("also", [])):
        for key, value in _read(path.parent / name).items():
            told[key] = value + told.get(key, []) if isinstance(value, list) else {**value, **told.get(key, {})}
    return told


def _found(told: Declared, at: datetime) -> Organization:
    found = Organization(told["id"], told["root"], told["management"], regions=tuple(told["regions"]))
    found.units[found.root_id] = Unit(found.root_id, "Root")
    if told.get("trusted_access"):
        found.trusted_services[STACK_SETS_PRINCIPAL] = at
    return found


def _unit(told: Declared, root_id: str) -> Unit:
    return Unit(told["id"], told["name"], told.get("parent", root_id))


def _join(world: World, told: Declared) -> None:
    organization, account_id = world.organization, told["id"]
    unit_id, status = told.get("unit", organization.root_id), told.get("status", "ACTIVE")
    organization.accounts[account_id] = Account(account_id, told["name"], unit_id, world.now() - FOUNDED, status)
    world.account(account_id).alias = told.get("alias", "")


def _settle(world: World, told: Declared) -> None:
    """What every account has, and what only the management account has."""
    for account_id in world.organization.accounts:
        for role in told.get("roles", []):
            _add_role(world, account_id, role)
        for group in told.get("groups", []):
            for region in world.organization.regions:
                world.groups.setdefault((account_id, region), {})[group["name"]] = {"tags": dict(group["tags"])}
    for missing in told.get("missing_roles", []):
        del world.account(missing["account"]).roles[missing["name"]]
    world.declared_buckets = tuple(told.get("buckets", []))
    principal, home = Principal(world.organization.management_id), world.organization.regions[0]
    for baseline in told.get("baselines", []):
        create_patch_baseline(world, Call(principal, home, "ssm", "CreatePatchBaseline"), dict(baseline))


def _add_role(world: World, account_id: str, told: Declared) -> None:
    """A role that trusts the management account is of no use within it."""
    management = world.organization.management_id
    if (told["trusts"] == "management" and account_id == management) or account_id not in told.get(
        "accounts", [account_id]
    ):
        return
    name, account, born = told["name"], world.account(account_id), world.now() - ROLES_MADE
    attached = [AWS_POLICY + policy for policy in told.get("attached", [])]
    document = {"Version": "2012-10-17", "Statement": [_trust(told, account_id, management)]}
    account.roles[name] = Role(name, _unique("AROA", world, account_id, name), born, document, attached=attached,
                               tags=dict(told.get("tags", {})), inline=dict(told.get("inline", {})))  # fmt: skip
    if told.get("profile"):
        profile_id = _unique("AIPA", world, account_id, name)
        account.profiles[name] = InstanceProfile(name, profile_id, born, role_name=name)


def _trust(told: Declared, account_id: str, management_id: str) -> dict[str, Any]:
    accounts = {"account": account_id, "management": management_id}
    trusted = told["trusts"]
    principal = {"AWS": f"arn:aws:iam::{accounts[trusted]}:root"} if trusted in accounts else {"Service": trusted}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    if "external_id" in told:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": told["external_id"]}}
    return statement


def _unique(prefix: str, world: World, account_id: str, name: str) -> str:
    kind = {"AROA": "role", "AIPA": "profile"}[prefix]
    return prefix + world.uuid(kind, account_id, name).replace("-", "")[:17].upper()


def _node(world: World, told: Declared) -> Node:
    """A declared node; `launched_days_ago` and `patched_days_ago` count back from the world's beginning."""
    facts = dict(told)
    launched = world.now() - timedelta(days=facts.pop("launched_days_ago", 60))
    patched = world.now() - timedelta(days=facts.pop("patched_days_ago", 30))
    tags = facts.pop("tags", {"Name": facts["name"]})
    return Node(launched_at=launched, patched_until=patched, tags=tags, **facts)


def _add_endpoint(world: World, told: Declared) -> None:
    facts = {key: value for key, value in told.items() if key not in ("account", "region")}
    world.fleet.endpoints[told["account"], told["region"]] = Endpoint(created_at=world.now() - ROLES_MADE, **facts)


def _trouble(world: World, told: list[Declared]) -> None:
    """Change a few of the nodes that were made from the seed."""
    nodes = [n for n in world.fleet.nodes.values() if not n.is_hybrid]
    for trouble in told:
        for name, value in trouble.items():
            if name != "node":
                setattr(nodes[trouble["node"]], name, value)
