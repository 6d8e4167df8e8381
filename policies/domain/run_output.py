"""Where a node's output of a patching run lies in S3, in both layouts (aws-facts 3.3), and which step wrote it.

Run Command: `<prefix>/<command>/<node>/<plugin>/<step>/stdout`. An agent that polls its associations:
`<prefix>/<node>/<association>/<when the run began>/<plugin>/<step>/stdout`. Which one a run has is known by looking.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from policies.domain.spec import LogStorage

STREAMS = ("stdout", "stderr")
RUN_MOMENT = "%Y-%m-%dT%H-%M-%S"
LONGEST_RUN = timedelta(days=1)
"""A step may take ten hours at most (StepTimeoutSeconds)."""
STEPS = {"WINDOWS": "PatchWindows", "MACOS": "PatchMacOS"}


@dataclass(frozen=True)
class NodeRun:
    """One node's part in one execution. `command_id` is "" when the agent polled; `at`: when it was last heard of."""

    association_id: str
    command_id: str
    instance_id: str
    at: datetime


def step_of(operating_system: str) -> str:
    """The step of AWS-RunPatchBaseline that runs on an operating system."""
    return STEPS.get(operating_system, "PatchLinux")


def prefix_of(logs: LogStorage, configuration_id: str, account_id: str, region: str) -> str:
    """What the keys of an account-Region begin with, as the policy's associations say."""
    own = [part for part in (logs.prefix.strip("/"), configuration_id) if part]
    return "/".join([*own, account_id, region])


def command_folder(prefix: str, run: NodeRun) -> str:
    """The folder of a run that came as a command."""
    return f"{prefix}/{run.command_id}/{run.instance_id}/"


def polled_folder(prefix: str, run: NodeRun) -> str:
    """The folder of all runs of an association that the node's agent polled."""
    return f"{prefix}/{run.instance_id}/{run.association_id}/"


def first_polled(folder: str, run: NodeRun) -> str:
    """A key before those of the run: it cannot have begun earlier."""
    return f"{folder}{run.at - LONGEST_RUN:{RUN_MOMENT}}"


def newest_polled(keys: Iterable[str], folder: str, run: NodeRun) -> list[str]:
    """Those keys that belong to the newest run that had begun when the node was last heard of."""
    until = f"{run.at:{RUN_MOMENT}}"
    begun = {key: key.removeprefix(folder).split("/", 1)[0] for key in keys}
    newest = max((moment for moment in begun.values() if moment[: len(until)] <= until), default=None)
    return [key for key, moment in begun.items() if moment == newest]


def stream_keys(keys: Iterable[str]) -> dict[str, str]:
    """The key of each stream; where several steps wrote one, the first."""
    found: dict[str, str] = {}
    for key in sorted(keys):
        name = key.rsplit("/", 1)[-1]
        if name in STREAMS:
            found.setdefault(name, key)
    return found
