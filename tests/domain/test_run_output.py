"""Where a run's output lies, in both layouts."""

from __future__ import annotations

from datetime import UTC, datetime

from policies.domain.run_output import (
    NodeRun,
    command_folder,
    first_polled,
    newest_polled,
    polled_folder,
    prefix_of,
    step_of,
    stream_keys,
)
from policies.domain.spec import LogStorage

RUN = NodeRun("a-1", "c-1", "i-1", datetime(2026, 11, 24, 1, 20, 5, tzinfo=UTC))


def test_the_prefix_names_policy_account_and_region() -> None:
    assert prefix_of(LogStorage("b", "us-east-1", "/logs/"), "abcde", "1", "eu-west-1") == "logs/abcde/1/eu-west-1"
    assert prefix_of(LogStorage("b", "us-east-1"), "abcde", "1", "eu-west-1") == "abcde/1/eu-west-1"


def test_the_folders_of_both_layouts() -> None:
    assert command_folder("p", RUN) == "p/c-1/i-1/"
    assert polled_folder("p", RUN) == "p/i-1/a-1/"
    assert first_polled("p/i-1/a-1/", RUN) == "p/i-1/a-1/2026-11-23T01-20-05"


def test_of_polled_runs_the_newest_that_had_begun_is_the_one() -> None:
    moments = ("2026-11-23T01-00-00.000Z", "2026-11-24T01-20-05.000Z", "2026-11-25T01-00-00.000Z")
    keys = [f"f/{moment}/plugin/PatchLinux/{name}" for moment in moments for name in ("stdout", "stderr")]

    assert newest_polled(keys, "f/", RUN) == keys[2:4]
    assert newest_polled([], "f/", RUN) == []


def test_a_stream_is_known_by_its_name() -> None:
    keys = ["f/p/PatchWindows/stdout", "f/p/PatchLinux/stdout", "f/p/PatchLinux/stderr", "f/p/other"]

    assert stream_keys(keys) == {"stderr": "f/p/PatchLinux/stderr", "stdout": "f/p/PatchLinux/stdout"}


def test_each_platform_has_its_step() -> None:
    assert [step_of(each) for each in ("WINDOWS", "MACOS", "UBUNTU", "")] == [
        "PatchWindows", "PatchMacOS", "PatchLinux", "PatchLinux",
    ]  # fmt: skip
