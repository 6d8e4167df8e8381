"""`python -m bench`: every bench after the other, alone on the machine; the last line counts the targets.

Exits with 1 when one was missed or a bench broke.
"""

from __future__ import annotations

import subprocess
import sys

from bench.targets import verdict_of

BENCHES = (
    "sandbox_pages",
    "sandbox_sweep",
    "sandbox_nodes",
    "sandbox_stack_sets",
    "wizard_step",
    "deploy_large",
    "dashboard",
    "collection",
)


def main() -> int:
    """What the shell is told."""
    verdicts, broken = [], []
    for name in BENCHES:
        print(f"== {name}", flush=True)
        with subprocess.Popen([sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True) as bench:
            for line in bench.stdout or ():
                print(line, end="", flush=True)
                verdicts += [verdict] if (verdict := verdict_of(line.rstrip())) is not None else []
        broken += [name] if bench.returncode else []
    if broken:
        print(f"broke off: {', '.join(broken)}")
    print(f"bench: {sum(verdicts)} of {len(verdicts)} targets met.")
    return 1 if broken or not all(verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
