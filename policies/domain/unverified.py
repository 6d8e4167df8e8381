"""What the portal assumes of AWS without a source that settles it, and how a canary's flight over an account judges it.

docs/real-aws.md tells the same to people; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SUCCESS = "Success"


class Verdict(StrEnum):
    """What a flight says of an assumption. OPEN: it could not tell."""

    HOLDS = "holds"
    DIFFERS = "differs"
    OPEN = "open"


@dataclass(frozen=True)
class Observed:
    """What was seen of a canary: a scan policy for one tag in one Region of the account.

    `scans` and `access`: State Manager's word for each node's run of the scan and of the automation that gives access;
    `said`: what failed runs said; `missing`: the patches that each node reported as missing since the canary began;
    `kinds`: ExecutionType of those nodes' compliance; `refusals`: why stack instances failed; `left`: what its removal
    left in AWS.
    """

    deployed: str = ""
    refusals: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()
    scans: Mapping[str, str] = field(default_factory=dict)
    access: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()


Judged = tuple[Verdict, str]
Judge = Callable[[Observed], Judged]


@dataclass(frozen=True)
class Fact:
    """An assumption: `otherwise` is what to do when it does not hold, `where` the code that depends on it."""

    slug: str
    assumed: str
    otherwise: str
    where: str
    judge: Judge

    def settled_by(self) -> str:
        """How it is settled, in a sentence."""
        return (self.judge.__doc__ or "").strip()


def _deployment_policy(seen: Observed) -> Judged:
    """The canary's stack is deployed by the execution role."""
    if seen.refusals:
        return Verdict.DIFFERS, seen.refusals[0]
    if seen.deployed == "succeeded":
        return Verdict.HOLDS, "the stack was deployed"
    return Verdict.OPEN, "nothing was deployed"


def _names(seen: Observed) -> Judged:
    """The canary's associations are looked for by their names."""
    if seen.associations:
        return Verdict.HOLDS, ", ".join(seen.associations)
    return Verdict.OPEN if seen.deployed != "succeeded" else Verdict.DIFFERS, "no association of the policy was found"


def _automation(seen: Observed) -> Judged:
    """The runs of the canary's automation are read, node by node."""
    return _by_runs(seen.access, "the automation")


def _association_id(seen: Observed) -> Judged:
    """The canary's associations give no AssociationId; their runs are read, node by node."""
    return _by_runs(seen.scans, "the scan")


def _role_tag(seen: Observed) -> Judged:
    """A scan of the canary ends well, or fails for want of access to the file."""
    refused = [said for said in seen.said if "exit code 160" in said or "AccessDenied" in said]
    if refused:
        return Verdict.DIFFERS, refused[0]
    return _by_runs({node: word for node, word in seen.scans.items() if word == SUCCESS}, "the scan")


def _compliance(seen: Observed) -> Judged:
    """Patch states newer than the canary are looked for on the nodes that it scanned."""
    scanned = {node for node, word in seen.scans.items() if word == SUCCESS}
    if not scanned:
        return Verdict.OPEN, "no scan ended well"
    silent = sorted(scanned - set(seen.missing))
    return (Verdict.DIFFERS, f"no patch state of {silent[0]}") if silent else (Verdict.HOLDS, "every node reported")


def _missing(seen: Observed) -> Judged:
    """The run of a node that misses patches is read."""
    words = {seen.scans[node] for node, count in seen.missing.items() if count and node in seen.scans}
    if not words:
        return Verdict.OPEN, "no node misses a patch"
    return (Verdict.HOLDS if words == {SUCCESS} else Verdict.DIFFERS), f"their runs are {', '.join(sorted(words))}"


def _kind(seen: Observed) -> Judged:
    """ExecutionType of the compliance that the canary wrote is read."""
    if not seen.kinds:
        return Verdict.OPEN, "no compliance was written"
    return (Verdict.HOLDS if seen.kinds == {"PatchPolicy"} else Verdict.DIFFERS), ", ".join(sorted(seen.kinds))


def _skipped(seen: Observed) -> Judged:
    """A skipped run of the canary is told; AWS decides whether there is one."""
    nodes = [node for node, word in seen.scans.items() if word == "Skipped"]
    return Verdict.OPEN, f"skipped on {nodes[0]}: see how its console shows it" if nodes else "no run was skipped"


def _all_nodes(_: Observed) -> Judged:
    """The canary targets a tag: a policy for all nodes of a test account settles it."""
    return Verdict.OPEN, "the canary targets a tag"


def _withdrawal(_: Observed) -> Judged:
    """The canary's removal runs it: see in IAM that the roles of its nodes have lost the tag QSConfigId-<id>."""
    return Verdict.OPEN, "see whether the roles of the nodes still carry the tag"


def _cron(_: Observed) -> Judged:
    """The canary has the recommended schedule: an association of your own with L or W settles it."""
    return Verdict.OPEN, "the canary has the recommended schedule"


def _patch_now(_: Observed) -> Judged:
    """The canary presses no button: Patch now in the console, then the page of a node, settles it."""
    return Verdict.OPEN, "the canary does not press Patch now"


def _endpoint(_: Observed) -> Judged:
    """The canary does not look at networks: a policy over two Regions, one behind a gateway endpoint, settles it."""
    return Verdict.OPEN, "the canary does not look at networks"


def _activation(_: Observed) -> Judged:
    """The canary activates nothing: the button of the onboarding page settles it."""
    return Verdict.OPEN, "the canary activates nothing"


def _run_now(_: Observed) -> Judged:
    """The canary runs nothing at once: a run on a chosen node, and whose findings it then shows, settles it."""
    return Verdict.OPEN, "the canary runs nothing at once"


def _no_override(_: Observed) -> Judged:
    """The canary scans what carries its tag: a policy over a node of such a system settles it, by its exit code."""
    return Verdict.OPEN, "the canary does not choose nodes by their system"


def _suspended(_: Observed) -> Judged:
    """The canary suspends no account: the deletion of a policy after an account was closed settles it."""
    return Verdict.OPEN, "the canary suspends no account"


def _by_runs(words: Mapping[str, str], what: str) -> Judged:
    """Holds when every run ended well, differs when one failed, and is open while there is none."""
    if not words:
        return Verdict.OPEN, f"no run of {what} ended on a node"
    bad = {node: word for node, word in words.items() if word != SUCCESS}
    if bad:
        node, word = next(iter(bad.items()))
        return Verdict.DIFFERS if word == "Failed" else Verdict.OPEN, f"{what} on {node}: {word}"
    return Verdict.HOLDS, f"{what} ended well on {len(words)} of {len(words)} nodes"


FACTS = (
    Fact(
        "deployment-policy",
        "AWSQuickSetupPatchPolicyDeploymentRolePolicy lets the execution role make what the template holds.",
        "Attach a policy of your own to AWS-QuickSetup-PatchPolicy-LocalExecutionRole that allows what AWS names.",
        "policies/domain/roles.py",
        _deployment_policy,
    ),
    Fact(
        "association-names",
        "AWS accepts and keeps the names of the associations; only that of the scan is known to be Quick Setup's own.",
        "Nothing in AWS depends on the names: change them in policies/domain/naming.py.",
        "policies/domain/naming.py",
        _names,
    ),
    Fact(
        "automation-boundary",
        "The boundary and the tag QuickSetupManagerID let the automation attach the two policies and tag node roles.",
        "Switch the option off in step 6 and add policies and tag by hand; the step shows both, ready to copy.",
        "policies/plan/access_template.py",
        _automation,
    ),
    Fact(
        "all-nodes-automation",
        "InstanceIds * means all nodes for a runbook too, and resource-groups:Name a group.",
        "Target nodes by a tag, or switch the option off in step 6 and add policies and tag by hand.",
        "policies/plan/access_template.py",
        _all_nodes,
    ),
    Fact(
        "withdrawal-waits",
        "CloudFormation waits for a runbook's run as for a command's (WaitForSuccessTimeoutSeconds).",
        "Delete a policy only once the runs of its withdrawal have ended, or take tag and policies off roles by hand.",
        "policies/plan/withdrawal.py",
        _withdrawal,
    ),
    Fact(
        "association-id",
        "State Manager passes AssociationId to AWS-RunPatchBaseline by itself.",
        "Add the parameter AssociationId to the associations in policies/plan/template.py.",
        "policies/plan/template.py",
        _association_id,
    ),
    Fact(
        "role-tag",
        "A node reads the override file when its role, not its instance profile, carries QSConfigId-<id>.",
        "Run command and CloudTrail name the principal that was refused; tag that one.",
        "policies/domain/iam.py",
        _role_tag,
    ),
    Fact(
        "compliance-from-override",
        "A node takes the file in a bucket named aws-quicksetup-patchpolicy-... for a patch policy's and reports.",
        "Deploy the policy with Quick Setup itself, by the settings that its page exports.",
        "policies/domain/naming.py",
        _compliance,
    ),
    Fact(
        "scan-succeeds-despite-missing",
        "A scan that finds missing patches succeeds, so that a node can be Compliant and miss patches.",
        "Nothing breaks: status and findings are two columns. Nodes that miss patches are then Non-compliant as well.",
        "policies/domain/compliance.py",
        _missing,
    ),
    Fact(
        "execution-type",
        "Compliance that a policy's run wrote has the ExecutionType PatchPolicy.",
        "The pages name the run's kind as AWS tells it; other scanners are then found by their associations alone.",
        "policies/aws/compliance.py",
        _kind,
    ),
    Fact(
        "skipped-runs",
        "A skipped run counts as one that has not ended.",
        "Change policy_status_of in policies/domain/compliance.py.",
        "policies/domain/compliance.py",
        _skipped,
    ),
    Fact(
        "cron-l-and-w",
        "State Manager refuses L and W as the day of a month.",
        "Nobody is harmed by the refusal: name weekdays, or a day by its number.",
        "policies/domain/cron_days.py",
        _cron,
    ),
    Fact(
        "patch-now-name",
        "Patch now's own association is named AWS-PatchNowAssociation.",
        "Such runs are then told as another association's.",
        "policies/domain/scanners.py",
        _patch_now,
    ),
    Fact(
        "endpoint-in-another-region",
        "An S3 gateway endpoint carries no traffic to a bucket in another Region.",
        "The file is then read more easily than assumed. If it holds, give such nodes another way to S3.",
        "policies/domain/iam.py",
        _endpoint,
    ),
    Fact(
        "activation-rights",
        "ActivateOrganizationsAccess needs no right beside its own.",
        "An administrator of the management account runs the command that the onboarding page shows.",
        "policies/aws/groundwork.py",
        _activation,
    ),
    Fact(
        "run-now-on-nodes",
        "Run Command with the policy's AssociationId writes findings as the policy's own runs do.",
        "Nothing is told of what such a run found, until the policy's next scan.",
        "policies/deploy/run_order.py",
        _run_now,
    ),
    Fact(
        "systems-without-override",
        "Systems without a predefined baseline of today take no override and end with exit code 166.",
        "The access check then warns of nodes that are patched well: take the system out of the list.",
        "policies/domain/preflight.py",
        _no_override,
    ),
    Fact(
        "suspended-accounts",
        "StackSets lets go of the places of a suspended account when their stacks are retained.",
        "The deletion fails at the stack set: wait until AWS has closed the account, then retry.",
        "policies/deploy/operations.py",
        _suspended,
    ),
)
