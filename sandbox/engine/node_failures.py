"""How a run of AWS-RunPatchBaseline ends badly: an exit code (aws-facts 3.2) and the words in the log."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes that the sandbox's nodes end with."""

    FAILED = 1
    CANNOT_EXECUTE = 126
    SNAPSHOT_ERROR = 143
    SNAPSHOT_REFUSED = 144
    SNAPSHOT_DENIED = 145
    SYSTEM_UNSUPPORTED = 146
    COMPLIANCE_NOT_UPLOADED = 149
    PAYLOAD = 156
    OVERRIDE_DENIED = 160
    OVERRIDE_INVALID = 161
    OVERRIDE_DOWNLOAD = 162
    OVERRIDE_WITHOUT_SYSTEM = 163
    OVERRIDE_AMBIGUOUS = 165
    OVERRIDE_UNSUPPORTED = 166
    BOTH_OVERRIDES = 167


class NodeFailed(Exception):
    """The document ended with an exit code above 0. `log` is what the node wrote before it ended."""

    def __init__(self, exit_code: int, words: str, log: str = "") -> None:
        super().__init__(words)
        self.exit_code = int(exit_code)
        self.log = log or words
