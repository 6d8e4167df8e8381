"""Runs several programs under one parent that stops them all, and says which one ended and why. Used by `make demo`."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 15.0
TAIL_LINES = 15


class ProgramEnded(Exception):
    """A program that should go on has ended; the message has the end of its log."""


def is_free(port: int) -> bool:
    """Whether a port of this machine's loopback can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Program:
    """One running program and where its output goes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def tail(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


@dataclass
class Family:
    """The programs of one parent, stopped in the reverse order of their start."""

    folder: Path
    environment: Mapping[str, str]
    programs: list[Program] = field(default_factory=list)
    asked_to_stop: threading.Event = field(default_factory=threading.Event)

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a program to its end. Raises ProgramEnded when it fails."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            code = subprocess.call(command, stdout=output, stderr=subprocess.STDOUT, env=dict(self.environment))  # noqa: S603
        if code:
            raise ProgramEnded(f"{name} failed ({code}):\n{log.read_text(errors='replace')}")

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a program that is to go on. It gets a group of its own, so that Ctrl-C reaches only the parent."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command, stdout=output, stderr=subprocess.STDOUT, env=dict(self.environment), start_new_session=True
            )
        self.programs.append(Program(name, process, log))

    def check(self) -> None:
        """Raises ProgramEnded when one of the programs has ended by itself."""
        for program in self.programs:
            if program.process.poll() is not None:
                code = program.process.returncode
                raise ProgramEnded(f"{program.name} ended with {code}. The end of {program.log}:\n{program.tail()}")

    def wait(self) -> None:
        """Until Ctrl-C or SIGTERM; raises ProgramEnded when a program ends before."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self.asked_to_stop.set())
        while not self.asked_to_stop.wait(1.0):
            self.check()

    def stop(self) -> None:
        """Ask every program to end, the newest first; kill what does not."""
        for program in reversed(self.programs):
            if program.process.poll() is None:
                program.process.terminate()
        for program in reversed(self.programs):
            try:
                program.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                program.process.kill()
                program.process.wait()
