"""The patches that vendors publish: a dated catalogue for each operating system, made from the world's seed.

Every id, title and CVE number is generated and says so; none stands for a real one.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

PACKAGES = (
    "openssl", "kernel", "glibc", "curl", "systemd", "bind", "sudo", "python3", "openssh", "zlib", "libxml2", "expat",
    "nghttp2", "krb5", "tzdata", "vim", "rsync", "gnutls", "dbus", "pam",
)  # fmt: skip
WINDOWS_TITLES = ("Cumulative Update", "Security Update", ".NET Framework Update", "Servicing Stack Update")


@dataclass(frozen=True)
class Patch:
    """One published patch. `severity` and `classification` are the words of its operating system's vendor."""

    patch_id: str
    title: str
    classification: str
    severity: str
    released_at: datetime
    needs_reboot: bool
    cves: tuple[str, ...]
    product: str


@functools.lru_cache(maxsize=64)
def published(seed: int, operating_system: str, until_day: int) -> tuple[Patch, ...]:
    """All patches of an operating system published up to a day (days since EPOCH), oldest first."""
    return tuple(patch for day in range(until_day + 1) for patch in _published_on(seed, operating_system, day))


def day_of(moment: datetime) -> int:
    """The day a moment lies in, counted from EPOCH; before it there was nothing."""
    return (moment - EPOCH) // timedelta(days=1)


@functools.lru_cache(maxsize=8192)
def _published_on(seed: int, operating_system: str, day: int) -> tuple[Patch, ...]:
    source = random.Random(f"{seed}:{operating_system}:{day}")  # noqa: S311 - simulation
    count = source.choices((0, 1, 2), weights=(55, 33, 12))[0]
    return tuple(_make_patch(source, operating_system, day, number) for number in range(count))


def _make_patch(source: random.Random, operating_system: str, day: int, number: int) -> Patch:
    released = EPOCH + timedelta(days=day, hours=source.randrange(24))
    security = source.random() < 0.7
    cves = tuple(f"CVE-2026-9{source.randrange(10_000):04d}" for _ in range(source.randint(1, 3))) if security else ()
    if operating_system == "WINDOWS":
        patch_id = f"KB9{day:03d}{number}{source.randrange(100):02d}"
        title = f"2026 {source.choice(WINDOWS_TITLES)} (generated) ({patch_id})"
        classification = "SecurityUpdates" if security else "Updates"
        severity = source.choice(("Critical", "Important", "Moderate")) if security else "Unspecified"
        return Patch(patch_id, title, classification, severity, released, True, cves, "WindowsServer2022")
    package = source.choice(PACKAGES)
    patch_id = f"{package}.x86_64:0:{source.randint(1, 9)}.{source.randint(0, 30)}-{day}.{number}.generated"
    classification, severity = _linux_words(source, operating_system, security)
    return Patch(
        patch_id, f"{package} update (generated)", classification, severity, released,
        package in ("kernel", "glibc", "systemd"), cves, "*",
    )  # fmt: skip


def _linux_words(source: random.Random, operating_system: str, security: bool) -> tuple[str, str]:
    """Classification and severity; for Debian and Ubuntu, severity carries the priority."""
    if operating_system in ("UBUNTU", "DEBIAN"):
        return ("Security" if security else "Other"), source.choice(("Required", "Important", "Standard", "Optional"))
    if security:
        return "Security", source.choice(("Critical", "Important", "Moderate", "Low"))
    return source.choice(("Bugfix", "Enhancement")), "None"
