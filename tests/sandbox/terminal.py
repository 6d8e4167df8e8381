"""The AWS command-line client itself, run in this process: a call takes hundredths of a second, not most of one."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import awscli
import pytest
from awscli.clidriver import create_clidriver

from sandbox.engine.trust import access_key
from sandbox.engine.world import World
from tests.journeys.command_line import CommandLine

ERROR = re.compile(r"An error occurred \((\w[\w.]*)\)")


class Terminal(CommandLine):
    """A shell in which `aws` is this process. What is said to the client itself (--region) it keeps for later calls."""

    def __init__(self, *place: str) -> None:
        super().__init__(*place)
        self.environment["AWS_DATA_PATH"] = str(Path(awscli.__file__).with_name("data"))
        self.client = create_clidriver()

    def run(self, line: str, **options: Any) -> Any:
        """What `aws LINE` prints; an option `role_name` is told as --role-name, and what is no text as JSON."""
        words = shlex.split(line)
        for name, value in options.items():
            words += ["--" + name.replace("_", "-"), value if isinstance(value, str) else json.dumps(value)]
        printed, complained = io.StringIO(), io.StringIO()
        with patch.dict(os.environ, self.environment), redirect_stdout(printed), redirect_stderr(complained):
            code = self.client.main(words)
        if code:
            ended = subprocess.CalledProcessError(code, words, printed.getvalue(), complained.getvalue())
            ended.add_note(ended.stderr)
            raise ended
        return json.loads(printed.getvalue()) if printed.getvalue().strip() else None


@dataclass
class Scene:
    """Where a story plays: a terminal of the management account, and the world behind it."""

    shell: Terminal
    world: World
    others: dict[str, Terminal] = field(default_factory=dict)

    def of(self, account_id: str) -> Terminal:
        """A terminal of another account's administrator."""
        if account_id not in self.others:
            self.others[account_id] = Terminal(self.shell.sandbox, access_key(account_id))
        return self.others[account_id]

    def later(self, **step: float) -> None:
        """Let time pass."""
        self.world.clock.advance(timedelta(**step))
        self.world.tick()


def refusal(shell: Terminal, line: str, **options: Any) -> str:
    """The error code that a command ends with."""
    with pytest.raises(subprocess.CalledProcessError) as ended:
        shell.run(line, **options)
    found = ERROR.search(ended.value.stderr)
    assert found, ended.value.stderr
    return found[1]
