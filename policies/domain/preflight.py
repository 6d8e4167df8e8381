"""Whether a node can do what a patch policy asks of it: one check after the other, from its state to S3.

Pure: observe/preflight.py hands in what AWS told. The checks are those of the source page's two cases, an own instance
profile and a VPC endpoint for S3 (aws-facts 11.3, 11.4), and of the log bucket (11.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policies.domain import iam, naming
from policies.domain.grants import allows
from policies.domain.node_access import Check, Document, Light, NodeAccess, Outcome, RoleAccess, Wanted, judge
from policies.domain.s3_access import check_bucket, check_endpoints, check_logs
from policies.domain.sentence import N_

OLDEST_AGENT = (2, 2, 45)
"""Agents before it fetch packages from a bucket that nothing else needs (aws-facts 11.4)."""
WITHOUT_OVERRIDE = frozenset({"AMAZON_LINUX", "AMAZON_LINUX_2022", "RASPBIAN"})
"""Runs end with exit code 166 there: systems without a predefined baseline of today (aws-facts 6.2); UNVERIFIED."""
RUNNING, ONLINE = "running", "Online"
SAME_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
"""How AWSQuickSetupPatchPolicyBaselineAccess limits itself beside the caller's own account (aws-facts 8.3)."""
NOEXEC = 126
"""The exit code of a run on a node that lets no program run in the agent's folder; no call tells it beforehand."""


def check_node(node: NodeAccess, wanted: Wanted) -> tuple[Outcome, ...]:
    """Every check that can be made of the node, in the order of Check."""
    return (
        _state(node),
        *_role(node, wanted),
        *(_managed(node, wanted) if node.ping_status else ()),
        *_execution(node),
        check_bucket(node, wanted),
        *check_endpoints(node, wanted),
        *check_logs(node, wanted),
    )


def first_obstacle(outcomes: Iterable[Outcome]) -> Outcome | None:
    """What stops the node first: the first red light, else the first doubt."""
    ordered = sorted(outcomes, key=lambda outcome: list(Check).index(outcome.check))
    for light in (Light.BAD, Light.DOUBT):
        for outcome in ordered:
            if outcome.light is light:
                return outcome
    return None


def _state(node: NodeAccess) -> Outcome:
    return judge(Check.STATE, node.state in (RUNNING, ""), N_("The instance is %(state)s."), state=node.state)


def _role(node: NodeAccess, wanted: Wanted) -> Iterable[Outcome]:
    yield judge(Check.ROLE, node.role is not None, N_("The node has no role to work with."))
    if node.role is None:
        return
    key, value = naming.role_tag(wanted.configuration_id)
    role, name = node.role, node.role.name
    is_core = iam.CORE_POLICY in role.attached or _allows(role, "ssm:UpdateInstanceInformation", "*")
    lacks = N_("The role %(role)s lacks the policy %(policy)s.")
    yield judge(Check.CORE_POLICY, is_core, lacks, role=name, policy=iam.CORE_POLICY)
    is_tagged = role.tags.get(key) == value
    yield judge(Check.ROLE_TAG, is_tagged, N_("The role %(role)s lacks the tag %(tag)s."), role=name, tag=key)
    may_read = _allows(role, "s3:GetObject", wanted.file)
    yield judge(Check.FILE_READ, may_read, N_("The role %(role)s may not read the override file."), role=name)


def _allows(role: RoleAccess, action: str, resource: str) -> bool:
    return any(allows(_among_ourselves(document), action, resource) for document in role.documents)


def _among_ourselves(document: Document) -> Document:
    """Without the condition that caller and bucket belong to one organization: a policy reaches no others."""
    statements = document.get("Statement", ())
    told = [statements] if isinstance(statements, Mapping) else statements
    return {"Statement": [{**s, "Condition": {}} if s.get("Condition") == SAME_ORGANIZATION else s for s in told]}


def _managed(node: NodeAccess, wanted: Wanted) -> Iterable[Outcome]:
    """What Systems Manager tells of a node that it manages."""
    yield judge(Check.CONTACT, node.ping_status == ONLINE, N_("Systems Manager has lost contact with the node."))
    is_new = _version(node.agent_version) >= OLDEST_AGENT
    old = N_("SSM Agent %(version)s is out of date.")
    yield judge(Check.AGENT, is_new, old, Light.DOUBT, version=node.agent_version)
    system = node.operating_system
    takes = system not in WITHOUT_OVERRIDE
    yield judge(Check.SYSTEM, takes, N_("The node's operating system cannot be patched with an override file."))
    if takes:
        has_rules = not system or system in wanted.systems
        yield judge(Check.RULES, has_rules, N_("The policy has no patch baseline for the node's operating system."))


def _execution(node: NodeAccess) -> Iterable[Outcome]:
    """Told by a run alone."""
    if node.exit_code is not None:
        words = N_(
            "The last run ended with exit code 126: the node lets no program run in the agent's folder. Mount the file "
            "system of /var/lib/amazon without noexec."
        )
        yield judge(Check.EXECUTION, node.exit_code != NOEXEC, words)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
