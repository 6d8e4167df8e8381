"""The exit codes of AWS-RunPatchBaseline, each with its cause and what to try (aws-facts 3.2).

And Run Command's words for runs that ended without an exit code (aws-facts 4.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policies.domain.sentence import N_, Sentence


@dataclass(frozen=True)
class Explanation:
    """Why a run ended as it did, and what to try."""

    cause: Sentence
    remedy: Sentence


READ_OUTPUT = Sentence(N_("Look into the run's output, mend what it names, and run the policy again."))
OPEN_FILE = Sentence(
    N_("Give the node's role s3:GetObject on the policy's bucket and the tag that carries the configuration ID.")
)
REACH_AWS = Sentence(N_("Check that the node reaches Systems Manager and S3, by the internet or by VPC endpoints."))
ATTACH_CORE = Sentence(N_("Attach AmazonSSMManagedInstanceCore to the node's role."))
SYNC_FILE = Sentence(N_("Sync the policy's baselines, so that the override file is written anew."))
CHOOSE_BASELINE = Sentence(
    N_("Choose a patch baseline for this operating system in the policy, or leave the node out of its targets.")
)
LEAVE_OUT = Sentence(N_("Leave the node out of the policy's targets."))
FREE_DISK = Sentence(N_("Free disk space on the node and check its file system, then run the policy again."))
ALLOW_PROGRAMS = Sentence(N_("Mount the file system of /var/lib/amazon without noexec, then run the policy again."))
OPEN_METADATA = Sentence(N_("Let the node reach its instance metadata at 169.254.169.254, then run the policy again."))
DEPLOY_AGAIN = Sentence(N_("Deploy the policy again, so that its association is as the policy says."))
WAIT_FOR_REBOOT = Sentence(N_("Nothing to do: the agent runs the document again after the reboot."))


def _allow(action: str) -> Sentence:
    return Sentence(N_("Let the node's role use %(action)s, then run the policy again."), {"action": action})


def _explain(cause: str, remedy: Sentence, **values: object) -> Explanation:
    return Explanation(Sentence(cause, values), remedy)


WENT_WRONG = N_("The node could not use %(action)s.")
ANSWERED_ERROR = N_("AWS answered %(action)s with an error.")
DENIED = N_("The node's role may not use %(action)s.")


def _asking(first: int, action: str, grant: Sentence) -> dict[int, Explanation]:
    """Three codes in a row: the call went wrong on the node, AWS answered with an error, AWS denied access."""
    return {
        first: _explain(WENT_WRONG, REACH_AWS, action=action),
        first + 1: _explain(ANSWERED_ERROR, REACH_AWS, action=action),
        first + 2: _explain(DENIED, grant, action=action),
    }


EXIT_CODES: Mapping[int, Explanation] = {
    1: _explain(N_("The installation or the scan failed on the node."), READ_OUTPUT),
    2: _explain(N_("Something that patching needs is missing on the node."), READ_OUTPUT),
    126: _explain(N_("The node does not let programs run in the agent's folder (noexec)."), ALLOW_PROGRAMS),
    **_asking(130, "ssm:ListAssociations", ATTACH_CORE),
    **_asking(133, "ssm:GetPatchBaseline", _allow("ssm:GetPatchBaseline")),
    **_asking(136, "ssm:DescribePatchBaselines", _allow("ssm:DescribePatchBaselines")),
    **_asking(139, "tag:GetResources", _allow("tag:GetResources")),
    142: _explain(N_("The patch baseline of the association could not be determined."), READ_OUTPUT),
    **_asking(143, "ssm:GetDeployablePatchSnapshotForInstance", ATTACH_CORE),
    146: _explain(N_("Patch Manager does not support the node's operating system."), LEAVE_OUT),
    147: _explain(N_("The patch snapshot could not be saved on the node."), FREE_DISK),
    148: _explain(N_("The node could not read its instance metadata."), OPEN_METADATA),
    149: _explain(N_("The node could not report its inventory (ssm:PutInventory)."), ATTACH_CORE),
    150: _explain(N_("The patch snapshot is not valid."), READ_OUTPUT),
    151: _explain(N_("The node's uptime could not be read, or the patching program arrived damaged."), READ_OUTPUT),
    152: _explain(
        N_("A configuration file of patching is wrong on the node, or the program could not be unpacked."), READ_OUTPUT
    ),
    153: _explain(N_("The tags that shall choose the patch baseline (BaselineTags) are wrong."), DEPLOY_AGAIN),
    154: _explain(N_("A folder for the patching program could not be made on the node."), FREE_DISK),
    155: _explain(N_("The patching program could not be unpacked on the node."), FREE_DISK),
    156: _explain(N_("The patching program could not be downloaded or loaded on the node."), REACH_AWS),
    160: _explain(N_("The node's role may not read the override file."), OPEN_FILE),
    161: _explain(N_("The override file is not valid."), SYNC_FILE),
    162: _explain(N_("The override file could not be downloaded."), REACH_AWS),
    163: _explain(N_("The override file has no baseline for the node's operating system."), CHOOSE_BASELINE),
    165: _explain(N_("The override file has more than one baseline for the node's operating system."), SYNC_FILE),
    166: _explain(N_("The node's operating system cannot be patched with an override file."), LEAVE_OUT),
    167: _explain(N_("The run has both an override file and a list of patches (InstallOverrideList)."), DEPLOY_AGAIN),
    # Seen where S3 answered HeadObject with 403; AWS does not document it.
    170: _explain(N_("The node's role may not read the override file."), OPEN_FILE),
    194: _explain(N_("The node reboots before the run goes on."), WAIT_FOR_REBOOT),
    195: _explain(N_("The node was rebooted, and some patches failed."), READ_OUTPUT),
    196: _explain(N_("The node was rebooted, and something that patching needs is missing."), READ_OUTPUT),
}
REACH_NODE = Sentence(N_("Check that the node runs, that its SSM Agent is online, then run the policy again."))
ENDINGS: Mapping[str, Explanation] = {
    "Terminated": _explain(
        N_("The run did not get to this node: more nodes had failed before it than the error threshold allows."),
        Sentence(N_("Mend the other failures or raise the error threshold, then run the policy again.")),
    ),
    "DeliveryTimedOut": _explain(N_("The node did not take the run in time."), REACH_NODE),
    "Undeliverable": _explain(
        N_("The run could not be delivered: the node is not there or does not answer."), REACH_NODE
    ),
    "ExecutionTimedOut": _explain(N_("The run took longer than it may."), READ_OUTPUT),
    "Cancelled": _explain(
        N_("Somebody cancelled the run before it ended."), Sentence(N_("Run the policy again on the node."))
    ),
    "InvalidPlatform": _explain(N_("The run's document is not for the node's platform."), LEAVE_OUT),
    "AccessDenied": _explain(N_("The run was not allowed to start on the node."), ATTACH_CORE),
}
UNKNOWN = _explain(N_("The run ended with an exit code that is not known."), READ_OUTPUT)


def explain_exit(code: int) -> Explanation:
    """The cause and the remedy of an exit code above 0."""
    return EXIT_CODES.get(code, UNKNOWN)


def explain_ending(exit_code: int | None, detail: str) -> Explanation | None:
    """Why a node's run failed: by its exit code, else by Run Command's word for it; None for what says nothing.

    Run Command tells -1 for a node that has no exit code.
    """
    return explain_exit(exit_code) if exit_code and exit_code > 0 else ENDINGS.get(detail)
