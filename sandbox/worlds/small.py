"""The demo's organization: a management account, six members in three units, three Regions, 120 nodes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sandbox.engine.clock import Clock
from sandbox.engine.fleet import CORE_POLICY, SYSTEMS, Fleet, Node
from sandbox.engine.organization import STACK_SETS_PRINCIPAL, Account, Organization, Unit
from sandbox.engine.trust import InstanceProfile, Principal, Role
from sandbox.engine.world import World
from sandbox.operations.ssm_baselines import create_patch_baseline
from sandbox.registry import Call

MANAGEMENT = "111122223333"
REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")
EXTERNAL_ID = "patchportal-demo"
ROOT = "r-demo"
UNITS = (
    ("ou-demo-infra001", "Infrastructure", ROOT),
    ("ou-demo-workload", "Workloads", ROOT),
    ("ou-demo-prod0001", "Production", "ou-demo-workload"),
)
ACCOUNTS = (
    (MANAGEMENT, "Example Management", ROOT, 6),
    ("222233334444", "Shared Services", "ou-demo-infra001", 14),
    ("333344445555", "Network", "ou-demo-infra001", 8),
    ("444455556666", "Sandbox Team", "ou-demo-workload", 14),
    ("555566667777", "Shop Production", "ou-demo-prod0001", 36),
    ("666677778888", "Billing Production", "ou-demo-prod0001", 24),
    ("777788889999", "Analytics Production", "ou-demo-prod0001", 18),
)
DUTIES = ("web", "api", "db", "batch", "cache", "queue")
SETUP_ROLES = (
    ("AWS-QuickSetup-PatchPolicy-LocalAdministrationRole", "cloudformation.amazonaws.com"),
    ("AWS-QuickSetup-PatchPolicy-LocalExecutionRole", "administration"),
)


def small(at: datetime, speed: float = 0.0) -> World:
    """The world as it stands at a moment, its clock running at a speed; always the same for the same moment."""
    organization = Organization("o-demoorg001", ROOT, MANAGEMENT, regions=REGIONS)
    organization.trusted_services[STACK_SETS_PRINCIPAL] = at
    organization.units = {ROOT: Unit(ROOT, "Root"), **{i: Unit(i, n, p) for i, n, p in UNITS}}
    world = World(Clock(at, speed), organization, Fleet(), seed=7)
    for account_id, name, parent_id, nodes in ACCOUNTS:
        organization.accounts[account_id] = Account(account_id, name, parent_id, at - timedelta(days=400))
        _make_roles(world, account_id, at)
        _make_nodes(world, account_id, name, nodes, at)
    world.account(MANAGEMENT).alias = "example-management"
    _make_troubles(world)
    _make_groups(world)
    _make_baselines(world)
    return world


def stock(world: World) -> None:
    """What the small world has in S3; called once its storage stands."""
    for region in REGIONS:
        world.storage.create_bucket(MANAGEMENT, f"example-patch-logs-{region}", region)
    world.storage.create_bucket(MANAGEMENT, "example-company-reports", REGIONS[0])


def _make_roles(world: World, account_id: str, at: datetime) -> None:
    account = world.account(account_id)
    born = at - timedelta(days=300)

    def add(name: str, trust: dict[str, object], attached: tuple[str, ...] = ()) -> None:
        role_id = "AROA" + world.uuid("role", account_id, name).replace("-", "")[:17].upper()
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", **trust}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        account.roles[name] = Role(name, role_id, born, document, attached=list(attached))

    ec2: dict[str, object] = {"Principal": {"Service": "ec2.amazonaws.com"}}
    add("app-server", ec2, (CORE_POLICY,))
    add("legacy-server", ec2)
    add("hybrid-server", {"Principal": {"Service": "ssm.amazonaws.com"}}, (CORE_POLICY,))
    for name, service in SETUP_ROLES:
        trusted = {"Service": service} if "." in service else {"AWS": f"arn:aws:iam::{account_id}:root"}
        add(name, {"Principal": trusted})
    if account_id != MANAGEMENT:
        from_management: dict[str, object] = {"Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}}
        add("OrganizationAccountAccessRole", from_management, ("arn:aws:iam::aws:policy/AdministratorAccess",))
        portal: dict[str, object] = {
            "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
        add("PatchPortal-ReadOnly", portal)
    for name in ("app-server", "legacy-server"):
        profile_id = "AIPA" + world.uuid("profile", account_id, name).replace("-", "")[:17].upper()
        account.profiles[name] = InstanceProfile(name, profile_id, born, role_name=name)


def _make_nodes(world: World, account_id: str, account_name: str, count: int, at: datetime) -> None:
    source = random.Random(f"nodes:{account_id}")  # noqa: S311 - simulation
    systems = list(SYSTEMS)
    for number in range(count):
        region = source.choices(REGIONS, weights=(5, 3, 2))[0]
        launched = at - timedelta(days=source.randint(20, 200))
        duty, system = DUTIES[number % len(DUTIES)], systems[source.randrange(len(systems))]
        name = f"{account_name.split()[0].lower()}-{duty}-{number + 1:02d}"
        is_hybrid = number % 17 == 16
        tags = {"Name": name, "Environment": _environment(account_name), "Role": duty}
        if number % 8 != 7:
            tags["Patch"] = "true"
        digits = f"{source.getrandbits(68):017x}"
        world.fleet.add(
            Node(
                f"mi-{digits}" if is_hybrid else f"i-{digits}", account_id, region, name, system, launched, tags,
                profile_name="" if is_hybrid else ("legacy-server" if number % 9 == 4 else "app-server"),
                service_role="hybrid-server" if is_hybrid else "",
                patched_until=at - timedelta(days=source.randint(9, 45)),
            )
        )  # fmt: skip


def _environment(account_name: str) -> str:
    return "production" if "Production" in account_name else "staging" if "Sandbox" in account_name else "shared"


def _make_troubles(world: World) -> None:
    """A few nodes that no patch policy can help by itself, each for a reason that is met in the field."""
    nodes = [n for n in world.fleet.nodes.values() if not n.is_hybrid]
    nodes[11].trouble = "No space left on device"
    nodes[47].trouble = "Could not get lock /var/lib/dpkg/lock-frontend"
    for node in (nodes[20], nodes[70], nodes[95]):
        node.profile_name = ""
    nodes[33].state = "stopped"


def _make_groups(world: World) -> None:
    for account_id, _, _, _ in ACCOUNTS:
        for region in REGIONS:
            world.groups[account_id, region] = {"web-servers": {"tags": {"Role": ["web"]}}}


def _make_baselines(world: World) -> None:
    call = Call(principal=Principal(MANAGEMENT), region=REGIONS[0], service="ssm", action="CreatePatchBaseline")
    for name, system, days in (("company-ubuntu", "UBUNTU", 3), ("company-windows", "WINDOWS", 5)):
        is_windows = system == "WINDOWS"
        filters = [{"Key": "PRODUCT", "Values": ["*"]}] + (
            [{"Key": "CLASSIFICATION", "Values": ["CriticalUpdates", "SecurityUpdates", "Updates"]}]
            if is_windows
            else [{"Key": "PRIORITY", "Values": ["Required", "Important", "Standard"]}]
        )
        rule = {
            "PatchFilterGroup": {"PatchFilters": filters},
            "ComplianceLevel": "CRITICAL",
            "ApproveAfterDays": days,
        }
        create_patch_baseline(
            world,
            call,
            {
                "Name": name,
                "OperatingSystem": system,
                "Description": f"Approved after {days} days for the whole company",
                "ApprovalRules": {"PatchRules": [rule]},
            },
        )
