"""`python -m tests.faults`: the whole fault matrix on all cores; ends with `faults: N of N`.

Writes docs/faults.md. With a number as its argument it tries only every so-manieth case, and the page says so.
"""

from __future__ import annotations

import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.core.management import call_command  # noqa: E402 - Django comes first
from django.db import connection  # noqa: E402

from tests.faults.matrix import Choice, try_cases  # noqa: E402
from tests.faults.report import DOCUMENT, write_report  # noqa: E402


def main() -> int:
    """0 when every case ended as the undisturbed run."""
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    begun = time.monotonic()
    connection.creation.create_test_db(verbosity=0)
    limit = os.cpu_count() or 1
    verdicts = try_cases(Choice(step), limit)
    call_command("flush", interactive=False, verbosity=0)
    verdicts += try_cases(Choice(step, is_repeating=True), limit)
    DOCUMENT.write_text(write_report(verdicts, step, minutes=(time.monotonic() - begun) / 60))
    for verdict in verdicts:
        if verdict.differences:
            print(f"\n{verdict.case}", *verdict.differences, sep="\n")
    equal = sum(not verdict.differences for verdict in verdicts)
    print(f"faults: {equal} of {len(verdicts)}")
    return 0 if equal == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
