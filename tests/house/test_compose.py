"""docker-compose.yml and Dockerfile by their shape: no engine is needed to see that they fit the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of docker-compose.yml, anchors resolved."""
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


def test_every_part_of_the_portal_has_a_service(services: dict[str, Any]) -> None:
    assert set(services) == {"migrate", "web", "worker", "beat", "sandbox", "postgres", "redis"}


def test_the_sandbox_comes_with_the_demo_profile_alone(services: dict[str, Any]) -> None:
    assert {name: s["profiles"] for name, s in services.items() if "profiles" in s} == {"sandbox": ["demo"]}


def test_whoever_speaks_to_the_sandbox_shares_its_loopback(services: dict[str, Any]) -> None:
    shared = {name for name, s in services.items() if s.get("network_mode") == "service:web"}
    assert shared == {"worker", "beat", "sandbox"}


def test_nothing_is_published_beyond_this_machine(services: dict[str, Any]) -> None:
    published = [port for s in services.values() for port in s.get("ports", [])]
    assert published == ["127.0.0.1:8000:8000"]


def test_every_variable_is_one_that_the_settings_read(services: dict[str, Any]) -> None:
    settings = (ROOT / "patchportal" / "settings.py").read_text()
    given = [name for name in services["web"]["environment"] if not name.startswith("AWS_")]
    assert [name for name in given if f'"{name}"' not in settings] == []


def test_data_outlives_the_containers(services: dict[str, Any]) -> None:
    assert services["postgres"]["volumes"]
    assert services["redis"]["volumes"]


def test_the_image_does_not_run_as_root_and_copies_what_exists() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line for line in lines if line.startswith("USER")]
    assert users[-1] == "USER portal"
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY")]
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
