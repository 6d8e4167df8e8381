"""The worker is killed in the middle of a deployment and started again: nothing is lost, nothing is made twice.

A real Celery worker on a real Redis, the sandbox served on loopback, SQLite in a file.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from patchportal.processes import free_port
from policies.management.commands.demo import redis_server
from tests.specs import some_spec

ROOT = Path(__file__).parents[2]
PATIENCE = 90
KEY = "AKIADHPWNEHFAAAAAAAA"
"""The management account's, in every world of the sandbox."""
BEGIN = """
import json, sys
import django
django.setup()
from django.utils import timezone
from policies.aws.baselines import list_baselines, predefined
from policies.aws.connect import connection
from policies.deploy.start import create_policy
from policies.domain.spec import PolicySpec
spec = json.load(sys.stdin)
spec["baselines"] = [each.__dict__ for each in predefined(list_baselines(connection()))]
create_policy(PolicySpec.from_dict(spec), "ann", connection(), timezone.now(), lambda: "abcde")
"""


class Stage:
    """The programs of one test and their environment; every process is in a group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sandbox_port, redis_port = free_port(), free_port()
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PATCHPORTAL_"))},
            "DJANGO_SETTINGS_MODULE": "patchportal.settings",
            "PATCHPORTAL_PLAIN_HTTP": "true",
            "PATCHPORTAL_AWS_ENDPOINT": f"http://127.0.0.1:{self.sandbox_port}",
            "PATCHPORTAL_EXTERNAL_ID": "patchportal-demo",
            "PATCHPORTAL_SWEEP_SECONDS": "2",
            "PATCHPORTAL_LEASE_SECONDS": "3",
            "DATABASE_URL": f"sqlite://{folder / 'portal.sqlite3'}",
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PYTHONPATH": str(ROOT),
        }
        self.start(redis_server(), "--port", str(redis_port), "--bind", "127.0.0.1", "--dir", str(folder))
        sandbox = ["--world", "small", "--port", str(self.sandbox_port), "--speed", "20", "--state", str(folder)]
        self.start(sys.executable, "-m", "sandbox", *sandbox)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "programs.log").open("ab") as log:
            started = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(started)
        return started

    def start_worker(self) -> subprocess.Popen[bytes]:
        beat = ["--beat", "--schedule", str(self.folder / "beat")]
        return self.start(sys.executable, "-m", "celery", "-A", "patchportal", "worker", "--concurrency", "2", *beat)

    def run(self, *command: str, told: str = "") -> None:
        subprocess.run([sys.executable, *command], cwd=ROOT, env=self.environment, input=told.encode(), check=True)

    def ask(self, question: str) -> list[Any]:
        with sqlite3.connect(self.folder / "portal.sqlite3", timeout=10) as rows:
            return [row[0] for row in rows.execute(question)]

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.sandbox_port}",
            aws_access_key_id=KEY,
            aws_secret_access_key="sandbox",
        )

    def stop(self) -> None:
        for each in reversed(self.running):
            kill(each, signal.SIGKILL)


def kill(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Kill a whole group."""
    if process.poll() is None:
        os.killpg(process.pid, how)
    process.wait(20)


def wait_until(holds: Callable[[], bool]) -> None:
    """Return once it holds; fail when it does not in time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Redis, the sandbox and an empty database."""
    made = Stage(tmp_path)
    try:
        made.run("manage.py", "migrate", "--noinput", "-v", "0")
        wait_until(lambda: is_open(made.sandbox_port))
        yield made
    finally:
        made.stop()


def is_open(port: int) -> bool:
    """Whether something listens there; raises OSError when nothing does."""

    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def test_a_killed_worker_costs_nothing_but_time(stage: Stage) -> None:
    worker = stage.start_worker()
    stage.run("-c", BEGIN, told=json.dumps(some_spec(uses_custom_baselines=False).to_dict()))
    # The stacks are being made: the longest step, in its middle.
    wait_until(lambda: stage.ask("select status from policies_step where number = 6") == ["running"])

    kill(worker, signal.SIGKILL)
    assert stage.ask("select status from policies_deployment") == ["running"]
    stage.start_worker()

    wait_until(lambda: stage.ask("select status from policies_deployment") != ["running"])
    assert stage.ask("select status from policies_deployment") == ["succeeded"]
    told = stage.aws("cloudformation")
    names = sorted(each["StackSetName"] for each in told.list_stack_sets(Status="ACTIVE")["Summaries"])
    assert names == ["AWS-QuickSetup-PatchPolicy-MA-abcde", "AWS-QuickSetup-PatchPolicy-TA-abcde"]
    for name in names:
        done = told.list_stack_set_operations(StackSetName=name)["Summaries"]
        assert [each["Action"] for each in done] == ["CREATE"]
    bucket = "aws-quicksetup-patchpolicy-111122223333-abcde"
    assert len(stage.aws("s3").list_object_versions(Bucket=bucket)["Versions"]) == 1
