"""A sandbox in a process of its own, for the figures: started, asked how long that took and what it weighs, ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
LONGEST_START = 60.0


@dataclass(frozen=True)
class Served:
    """A sandbox that listens. `start_seconds` from the command to the first answer."""

    port: int
    process_id: int
    start_seconds: float

    def memory_mib(self) -> float:
        """What the process holds in memory now."""
        lines = Path(f"/proc/{self.process_id}/status").read_text().splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        return kib / 1024

    def cpu_seconds(self) -> float:
        """The CPU time that the process has used so far, in all its threads."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serve_world(world: str) -> Iterator[Served]:
    """Serve a world, its clock as fast as the real one. Raises TimeoutError when it does not answer in a minute."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    begun = time.perf_counter()
    command = [sys.executable, "-m", "sandbox", "--world", world, "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port):
            if time.perf_counter() - begun > LONGEST_START or process.poll() is not None:
                raise TimeoutError(f"the sandbox with the world {world} did not start")
            time.sleep(0.05)
        yield Served(port, process.pid, time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://{HOST}:{port}/_sandbox/", timeout=10).read()
    except OSError:
        return False
    return True
