"""`python -m sandbox` as a process of its own: the faults of a file strike, and a wrong file is refused in words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.__main__ import main
from tests.journeys.command_line import CommandLine

ROOT = Path(__file__).parents[2]
LISTENS = re.compile(r"listens on (http://127\.0\.0\.1:\d+)")


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """The address of a sandbox on a free port, ended as a supervisor ends it."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--speed", "0", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        found = next(filter(None, map(LISTENS.search, process.stderr)), None)
        assert found, "it ended before it listened"
        yield found[1]
    finally:
        process.terminate()
        process.stderr.close()
        process.wait(30)


def example_of_faults() -> str:
    """The list of faults that sandbox/README.md shows."""
    found = re.search(r"^    (\[\{\"kind\".*?\}\])$", (ROOT / "sandbox" / "README.md").read_text(), re.S | re.M)
    assert found
    return found[1]


def test_the_faults_of_a_file_strike_whoever_calls(tmp_path: Path) -> None:
    planned = json.loads(example_of_faults())
    assert [each["kind"] for each in planned] == ["throttling", "timeout-after", "slow"]
    planned[0] |= {"account": "111122223333", "probability": 1, "count": 1}
    file = tmp_path / "faults.json"
    file.write_text(json.dumps(planned))

    with serving("--world", "small", "--faults", str(file)) as address:
        shell = CommandLine(address)
        shell.environment["AWS_MAX_ATTEMPTS"] = "1"
        with pytest.raises(subprocess.CalledProcessError) as struck:
            shell.run("ssm list-associations")
        assert "(ThrottlingException)" in struck.value.stderr
        assert shell.run("ssm list-associations") == {"Associations": []}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('[{"kind": "flood"}]', "'flood' is not a valid FaultKind"),
        ('[{"kind": "slow", "colour": "red"}]', "a fault has no colour"),
        ('{"kind": "slow"}', "holds no list of faults"),
    ],
)
def test_a_wrong_file_of_faults_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, why: str
) -> None:
    file = tmp_path / "faults.json"
    file.write_text(content)
    monkeypatch.setattr(sys, "argv", ["sandbox", "--port", "0", "--world", "empty", "--faults", str(file)])

    with pytest.raises(SystemExit, match=f"^python -m sandbox: .*{why}"):
        main()
