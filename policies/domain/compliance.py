"""What the exit codes of AWS-RunPatchBaseline mean, and what to try (aws-facts 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from policies.domain.sentence import N_, Sentence


@dataclass(frozen=True)
class Explanation:
    """Why a run ended as it did, and what to try."""

    cause: Sentence
    remedy: Sentence


RUN_AGAIN = N_("Look into the run's output, mend what it names, and run the policy again.")
OPEN_FILE = N_(
    "Give the node's role s3:GetObject on the policy's bucket and the tag that carries the configuration ID."
)
REACH_AWS = N_("Check that the node reaches Systems Manager and S3, by the internet or by VPC endpoints.")
ASK_RIGHTS = N_("Attach AmazonSSMManagedInstanceCore to the node's role.")
MEND_FILE = N_("Sync the policy's baselines, so that the override file is written anew.")

EXIT_CODES: dict[int, tuple[str, str]] = {
    1: (N_("The installation or the scan failed on the node."), RUN_AGAIN),
    2: (N_("Something that patching needs is missing on the node."), RUN_AGAIN),
    126: (N_("The node does not let programs run in the agent's folder (noexec)."), RUN_AGAIN),
    143: (N_("Systems Manager gave no patch snapshot."), REACH_AWS),
    144: (N_("Systems Manager gave no patch snapshot."), REACH_AWS),
    145: (N_("The node may not ask for its patch snapshot."), ASK_RIGHTS),
    146: (N_("The operating system is not supported."), RUN_AGAIN),
    149: (N_("The node could not report its inventory."), ASK_RIGHTS),
    156: (N_("The patching program could not be loaded."), REACH_AWS),
    160: (N_("The node's role may not read the override file."), OPEN_FILE),
    161: (N_("The override file is not valid."), MEND_FILE),
    162: (N_("The override file could not be downloaded."), REACH_AWS),
    163: (N_("The override file has no baseline for the node's operating system."), MEND_FILE),
    165: (N_("The override file has more than one baseline for the node's operating system."), MEND_FILE),
    166: (N_("The operating system cannot be patched with an override file."), RUN_AGAIN),
    170: (N_("The node's role may not read the override file."), OPEN_FILE),
    195: (N_("The node was rebooted, and some patches failed."), RUN_AGAIN),
    196: (N_("The node was rebooted, and something that patching needs is missing."), RUN_AGAIN),
}
UNKNOWN = (N_("The run ended with an exit code that AWS does not document."), RUN_AGAIN)


def explain_exit(code: int) -> Explanation:
    """The cause and the remedy of an exit code above 0."""
    cause, remedy = EXIT_CODES.get(code, UNKNOWN)
    return Explanation(Sentence(cause), Sentence(remedy))
