"""Policy abcde over two nodes of the sandbox: what a story of the ledger needs to be told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from policies.aws.connect import Aws
from policies.domain.canonical import digest
from policies.models import OverrideVersion, Policy, Shard
from sandbox.engine.fleet import Node as MachineNode
from sandbox.engine.patching import is_managed
from sandbox.engine.world import World
from tests.observe.reading import REGION, associate, make_policy, settle
from tests.worlds import MANAGEMENT, MEMBER

BUCKET = f"aws-quicksetup-patchpolicy-{MANAGEMENT}-abcde"
EVERYTHING = ("PRODUCT", "*")
FILE = f"s3://{BUCKET}/baseline_overrides.json"


@dataclass
class Scene:
    """The sandbox, the portal's connection to it, and policy abcde with its scan's association."""

    aws: Aws
    world: World
    policy: Policy
    association_id: str = ""

    def ssm(self) -> Any:
        return self.aws.in_account(MEMBER).client("ssm")

    def write_file(self, *delays: int, what: tuple[str, str] = EVERYTHING) -> OverrideVersion:
        """A file whose rules approve everything, or one kind, after so many days; without a rule nothing."""
        systems = sorted({node.operating_system for node in self.nodes()})
        body = json.dumps([element(system, delays, what) for system in systems])
        self.aws.client("s3").put_object(Bucket=BUCKET, Key="baseline_overrides.json", Body=body.encode())
        return OverrideVersion.objects.create(
            policy=self.policy, body=body, digest=digest(body), object_version=str(OverrideVersion.objects.count()),
            cause="sync", written_at=self.world.now(), live_at=self.world.now(),
        )  # fmt: skip

    def scan(self) -> None:
        """Let the policy's association scan."""
        self.wait()
        if self.association_id:
            self.ssm().start_associations_once(AssociationIds=[self.association_id])
            self.wait(minutes=30)
        else:
            self.association_id = associate(self.aws, self.world, BaselineOverride=FILE)

    def wait(self, **time: float) -> None:
        """Long enough for runs not to collide, or as told."""
        self.world.clock.advance(timedelta(**time) if time else timedelta(minutes=10))
        self.world.tick()
        self.aws.client("sts").get_caller_identity()  # the connection hears what time it is, and renews its keys

    def install(self, **parameters: str) -> None:
        """An association of the policy installs, once."""
        self.wait()
        associate(self.aws, self.world, "InstallPatches", Operation="Install", BaselineOverride=FILE, **parameters)

    def nodes(self) -> list[MachineNode]:
        return list(self.world.fleet.within(MEMBER, REGION))

    def settle(self) -> Shard:
        return settle(self.aws)


def element(system: str, delays: tuple[int, ...], what: tuple[str, str] = EVERYTHING) -> dict[str, Any]:
    """A baseline that approves everything, or what a key and its value say, each rule after so many days."""
    filters = {"PatchFilters": [{"Key": what[0], "Values": [what[1]]}]}
    rules = [{"PatchFilterGroup": filters, "ApproveAfterDays": days, "EnableNonSecurity": True} for days in delays]
    return {"OperatingSystem": system, "ApprovalRules": {"PatchRules": rules}}


def set_scene(aws: Aws, world: World) -> Scene:
    """Two managed Linux nodes that may read the policy's file, which is not written yet."""
    managed = [n for n in world.fleet.within(MEMBER, REGION) if is_managed(world, n)]
    kept = [n for n in managed if n.operating_system.startswith("AMAZON_LINUX")][:2]
    assert kept
    for node in list(world.fleet.nodes.values()):
        if node not in kept:
            del world.fleet.nodes[node.instance_id]
    let_everyone_read(aws, world)
    return Scene(aws, world, make_policy())


def let_everyone_read(aws: Aws, world: World) -> None:
    """The policy's bucket, which each node of the organization may read."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    own = {"StringEquals": {"aws:PrincipalOrgID": world.organization.organization_id}}
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*",
                "Condition": own}  # fmt: skip
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everyone]}))
    for account_id in world.organization.accounts:
        for role in world.account(account_id).roles.values():
            role.attached.append("arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess")
