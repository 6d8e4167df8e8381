"""A policy for the whole large world, from create to finish: 1,000 accounts x 16 Regions, worked on as a worker does.

`python -m bench.deploy_large [--world large]`: the sandbox listens in a process of its own, its clock as fast as the
real one; this process has the rows (SQLite in a file) and goes from one look to the next as a worker's task does.
Printed: how long it took, the calls to AWS, and by how much the memory of this process grew. Fails when something was
not deployed. The policy scans and attaches nothing: one resource in each stack.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.served import HOST, serve_world
from bench.targets import at_most

KEY = "AKIADHPWNEHFAAAAAAAA"
"""The management account's, in every world of the sandbox."""
MOST_GROWTH_MIB = 100
MOST_CHANGES = 22
"""As many as for an organization of a few accounts: `--world small`."""
READS = ("Get", "List", "Describe", "Head", "AssumeRole")


def main() -> None:
    """Serve the world, deploy, tell."""
    parser = argparse.ArgumentParser(prog="python -m bench.deploy_large", description=__doc__)
    parser.add_argument("--world", default="large")
    world = parser.parse_args().world
    with tempfile.TemporaryDirectory() as folder, serve_world(world) as served:
        prepare(folder, served.port)
        is_well = deploy()
    sys.exit(not is_well)


def prepare(folder: str, port: int) -> None:
    """Set up the portal in this process: an empty database, and AWS at the sandbox's address."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "patchportal.settings",
        "PATCHPORTAL_PLAIN_HTTP": "true",
        "PATCHPORTAL_LOG_LEVEL": "WARNING",
        "PATCHPORTAL_AWS_ENDPOINT": f"http://{HOST}:{port}",
        "DATABASE_URL": f"sqlite://{Path(folder) / 'portal.sqlite3'}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", "--noinput", verbosity=0)


def deploy() -> bool:
    """Create the policy and work on it until nobody has anything to do; print how that went, and whether well."""
    from django.utils import timezone

    from policies.aws.baselines import list_baselines, predefined
    from policies.aws.connect import connection
    from policies.aws.organization import list_regions
    from policies.deploy import start
    from policies.deploy.run import run_next_step
    from policies.domain.spec import AccountScope, NodeScope, Targets
    from tests.specs import some_spec

    aws = connection()
    baselines = predefined(list_baselines(aws))
    regions = tuple(region.name for region in list_regions(aws) if region.is_enabled)
    everywhere = Targets(AccountScope.ORGANIZATION, regions, NodeScope.ALL)
    spec = some_spec(uses_custom_baselines=False, baselines=baselines, targets=everywhere, attach_iam=False)
    calls, begun, before = count_calls(aws), time.perf_counter(), memory_mib()
    deployment = start.create_policy(spec, "bench", aws, timezone.now(), start.random_id)
    peak = before
    while following := run_next_step(deployment.pk, aws, timezone.now()):
        peak = max(peak, memory_mib())
        time.sleep(following.after_seconds)
    deployment.refresh_from_db()
    places = deployment.policy.stack_instances.filter(status="succeeded").count()
    changes = sum(count for name, count in calls.items() if not name.startswith(READS))
    print(f"{deployment.status}: {places} account-Regions in {time.perf_counter() - begun:.0f} s, "
          f"{calls.total()} calls to AWS; this process held {before:.0f} MiB before")  # fmt: skip
    print(at_most("calls that change something", changes, MOST_CHANGES))
    print(at_most("growth of the worker's memory", peak - before, MOST_GROWTH_MIB, " MiB"))
    return bool(deployment.status == "succeeded")


def count_calls(aws: Any) -> Counter[str]:
    """Counts what the connection asks from now on, by operation."""
    counted: Counter[str] = Counter()
    aws.session.events.register("before-call", lambda model, **_: counted.update([model.name]))
    return counted


def memory_mib() -> float:
    """What this process holds in memory now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


if __name__ == "__main__":
    main()
