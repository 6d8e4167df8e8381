"""The portal as it runs: real programs on this machine's loopback, watched from outside, stopped and started again.

A Celery worker, a Redis, the sandbox, and a database: SQLite in a file or a PostgreSQL.
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
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import psycopg
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
from policies.deploy.tasks import run_deployment
from policies.domain.spec import PolicySpec
spec = json.load(sys.stdin)
spec["baselines"] = [each.__dict__ for each in predefined(list_baselines(connection()))]
made = create_policy(PolicySpec.from_dict(spec), "ann", connection(), timezone.now(), lambda: "abcde")
for _ in range(int(sys.argv[1])):
    run_deployment.delay(made.pk)
"""
DELETE = """
import django
django.setup()
from django.utils import timezone
from policies.aws.connect import connection
from policies.deploy.start import delete_policy
from policies.models import Policy
delete_policy(Policy.objects.get(), "ann", connection(), timezone.now())
"""


class Stage:
    """The programs of one test and their environment; every process is in a group of its own."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.database = database or f"sqlite://{folder / 'portal.sqlite3'}"
        self.sandbox_port, self.redis_port = free_port(), free_port()
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PATCHPORTAL_"))},
            "DJANGO_SETTINGS_MODULE": "patchportal.settings",
            "PATCHPORTAL_PLAIN_HTTP": "true",
            "PATCHPORTAL_AWS_ENDPOINT": f"http://127.0.0.1:{self.sandbox_port}",
            "PATCHPORTAL_EXTERNAL_ID": "patchportal-demo",
            "PATCHPORTAL_SWEEP_SECONDS": "2",
            "PATCHPORTAL_LEASE_SECONDS": "6",
            "DATABASE_URL": self.database,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PYTHONPATH": str(ROOT),
        }
        self.redis = self.start_redis()
        sandbox = ["--world", "small", "--port", str(self.sandbox_port), "--speed", "20", "--state", str(folder)]
        self.start(sys.executable, "-m", "sandbox", *sandbox)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "programs.log").open("ab") as log:
            started = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(started)
        return started

    def start_redis(self) -> subprocess.Popen[bytes]:
        where = ["--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return self.start(redis_server(), *where, "--save", "")

    def start_worker(self, processes: int = 2) -> subprocess.Popen[bytes]:
        """A Celery worker of so many processes, which also keeps the timetable."""
        beat = ["--beat", "--schedule", str(self.folder / "beat")]
        workers = ["--concurrency", str(processes), *beat]
        return self.start(sys.executable, "-m", "celery", "-A", "patchportal", "worker", *workers)

    def create_policy(self, wakings: int = 0) -> None:
        """Begin to deploy the policy abcde, and wake workers for it so many times more than once."""
        self.run("-c", BEGIN, str(wakings), told=json.dumps(some_spec(uses_custom_baselines=False).to_dict()))

    def delete_policy(self) -> None:
        """Begin to delete the policy."""
        self.run("-c", DELETE)

    def run(self, *command: str, told: str = "") -> None:
        subprocess.run([sys.executable, *command], cwd=ROOT, env=self.environment, input=told.encode(), check=True)

    def ask(self, question: str) -> list[Any]:
        """The first column of what the database answers."""
        with closing(self._connect()) as rows:
            return [row[0] for row in rows.execute(question)]

    def _connect(self) -> Any:
        if self.database.startswith("sqlite"):
            return sqlite3.connect(self.database.removeprefix("sqlite://"), timeout=10)
        return psycopg.connect(self.database)

    def log(self) -> str:
        """What all programs have written."""
        return (self.folder / "programs.log").read_text(errors="replace")

    def count(self, action: str) -> int:
        """How often AWS was asked to do something, and did it."""
        where = f"http://127.0.0.1:{self.sandbox_port}/_sandbox/requests?action={action}"
        with urllib.request.urlopen(where) as told:
            return sum(not each["code"] for each in json.load(told)["requests"])

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


def is_open(port: int) -> bool:
    """Whether something listens there; raises OSError when nothing does."""

    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
