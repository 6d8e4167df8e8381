"""Every exit code of AWS-RunPatchBaseline that is known has its cause and a remedy."""

from __future__ import annotations

import pytest

from policies.domain.compliance import FAILED
from policies.domain.exit_codes import EXIT_CODES, UNKNOWN, explain_ending, explain_exit

KNOWN = {1, 2, 126, *range(130, 157), 160, 161, 162, 163, 165, 166, 167, 170, 194, 195, 196}


def test_all_known_codes_are_explained_and_no_other() -> None:
    assert set(EXIT_CODES) == KNOWN


@pytest.mark.parametrize("code", sorted(KNOWN))
def test_each_has_a_cause_and_a_remedy_in_whole_sentences(code: int) -> None:
    explained = explain_exit(code)

    assert str(explained.cause).endswith(".")
    assert str(explained.remedy).endswith(".")
    assert explained != UNKNOWN


@pytest.mark.parametrize("code", [3, 127, 157, 159, 164, 168, 193, 197, 255])
def test_any_other_code_is_said_to_be_unknown(code: int) -> None:
    assert explain_exit(code) is UNKNOWN


@pytest.mark.parametrize(
    ("first", "action"),
    [
        (130, "ssm:ListAssociations"),
        (133, "ssm:GetPatchBaseline"),
        (136, "ssm:DescribePatchBaselines"),
        (139, "tag:GetResources"),
        (143, "ssm:GetDeployablePatchSnapshotForInstance"),
    ],
)
def test_calls_of_the_node_fail_in_three_ways(first: int, action: str) -> None:
    causes = [str(explain_exit(first + way).cause) for way in range(3)]

    assert causes == [
        f"The node could not use {action}.",
        f"AWS answered {action} with an error.",
        f"The node's role may not use {action}.",
    ]


@pytest.mark.parametrize(
    ("code", "cause", "remedy"),
    [
        (1, "failed on the node", "output"),
        (2, "needs is missing", "output"),
        (126, "noexec", "without noexec"),
        (132, "may not use ssm:ListAssociations", "AmazonSSMManagedInstanceCore"),
        (135, "may not use ssm:GetPatchBaseline", "use ssm:GetPatchBaseline"),
        (142, "baseline of the association could not be determined", "output"),
        (146, "does not support the node's operating system", "Leave the node out"),
        (147, "could not be saved", "disk space"),
        (148, "instance metadata", "169.254.169.254"),
        (149, "PutInventory", "AmazonSSMManagedInstanceCore"),
        (150, "not valid", "output"),
        (151, "uptime could not be read, or", "output"),
        (152, "configuration file", "output"),
        (153, "BaselineTags", "Deploy the policy again"),
        (154, "folder", "disk space"),
        (155, "unpacked", "disk space"),
        (156, "downloaded or loaded", "VPC endpoints"),
        (160, "may not read the override file", "tag that carries the configuration ID"),
        (161, "override file is not valid", "Sync"),
        (162, "could not be downloaded", "VPC endpoints"),
        (163, "no baseline for the node's operating system", "Choose a patch baseline"),
        (165, "more than one baseline", "Sync"),
        (166, "cannot be patched with an override file", "Leave the node out"),
        (167, "InstallOverrideList", "Deploy the policy again"),
        (170, "may not read the override file", "s3:GetObject"),
        (194, "reboots", "Nothing to do"),
        (195, "rebooted, and some patches failed", "output"),
        (196, "rebooted, and something that patching needs is missing", "output"),
    ],
)
def test_a_code_says_what_aws_means_by_it(code: int, cause: str, remedy: str) -> None:
    explained = explain_exit(code)

    assert cause in str(explained.cause)
    assert remedy in str(explained.remedy)


@pytest.mark.parametrize("word", sorted(FAILED - {"Failed", "TimedOut"}))
def test_run_commands_word_explains_a_run_without_exit_code(word: str) -> None:
    assert explain_ending(None, word) is not None


def test_an_exit_code_explains_more_than_a_word_and_no_word_is_made_up() -> None:
    assert explain_ending(160, "Terminated") == explain_exit(160)
    assert explain_ending(None, "Failed") is None
    assert explain_ending(-1, "Terminated") == explain_ending(None, "Terminated")
