"""The patches that vendors publish: a dated catalogue for each operating system, made from the world's seed.

Every id, title and CVE number is generated and says so; none stands for a real one. A patch belongs to a lineage (a
package, or what a Windows update replaces): a newer one of it takes the place of an older one.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.engine.systems import SYSTEMS, Packaging, System

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

# name: version, section, priority
PACKAGES = {
    "openssl": ("3.0.7", "libs", "Required"), "kernel": ("6.1", "kernel", "Required"),
    "glibc": ("2.34", "libs", "Required"), "curl": ("8.5.0", "web", "Optional"),
    "systemd": ("252", "admin", "Required"),
    "bind": ("9.16.23", "net", "Standard"), "sudo": ("1.9.15", "admin", "Optional"),
    "python3": ("3.9.18", "python", "Important"), "openssh": ("8.7p1", "net", "Standard"),
    "zlib": ("1.2.11", "libs", "Required"), "libxml2": ("2.9.13", "libs", "Important"),
    "expat": ("2.5.0", "text", "Optional"), "nghttp2": ("1.43.0", "web", "Optional"),
    "krb5": ("1.21.1", "net", "Standard"), "tzdata": ("2026a", "localization", "Required"),
    "vim": ("9.0", "editors", "Important"), "rsync": ("3.2.7", "net", "Optional"),
    "gnutls": ("3.8.3", "libs", "Standard"), "dbus": ("1.12", "admin", "Important"),
    "pam": ("1.5.1", "admin", "Required"),
}  # fmt: skip
WINDOWS_PRODUCTS = ("WindowsServer2019", "WindowsServer2022")
WINDOWS_APPLICATION = "SQL Server 2019"
CUMULATIVE = ("Cumulative Update", "SecurityUpdates", "Critical")
FRAMEWORK = (".NET Framework Update", "SecurityUpdates", "Important")
SERVICING = ("Servicing Stack Update", "Updates", "Unspecified")


@dataclass(frozen=True)
class Patch:
    """One published patch, in the words of its operating system's vendor.

    `patch_id` is unique; `kb_id` is what Patch Manager calls it: a KB number, or a package with its architecture.
    A patch that is not `is_advised` comes without an advisory (or, on Debian's kind, from no security repository).
    """

    patch_id: str
    kb_id: str
    title: str
    name: str
    version: str
    lineage: str
    classification: str
    severity: str
    released_at: datetime
    cves: tuple[str, ...]
    product: str
    product_family: str
    patch_set: str = "OS"
    section: str = ""
    is_advised: bool = True

    @property
    def is_security(self) -> bool:
        return self.classification in ("Security", "SecurityUpdates", "CriticalUpdates")


@functools.lru_cache(maxsize=64)
def published(seed: int, operating_system: str, until_day: int) -> tuple[Patch, ...]:
    """All patches of an operating system published up to a day (days since EPOCH), oldest first."""
    patches = [patch for day in range(until_day + 1) for patch in _published_on(seed, operating_system, day)]
    return tuple(sorted(patches, key=lambda patch: patch.released_at))


def day_of(moment: datetime) -> int:
    """The day a moment lies in, counted from EPOCH; before it there was nothing."""
    return (moment - EPOCH) // timedelta(days=1)


@functools.lru_cache(maxsize=16_384)
def _published_on(seed: int, operating_system: str, day: int) -> tuple[Patch, ...]:
    source = random.Random(f"{seed}:{operating_system}:{day}")  # noqa: S311 - simulation
    system = SYSTEMS[operating_system]
    if system.packaging is Packaging.WINDOWS:
        return tuple(_windows_patches(source, day))
    if system.packaging is Packaging.MACOS:
        return tuple(_macos_patches(source, system, day))
    count = source.choices((0, 1, 2), weights=(55, 33, 12))[0]
    names = source.sample(sorted(PACKAGES), count)
    return tuple(_make_package(source, system, day, number, name) for number, name in enumerate(names))


def _moment(source: random.Random, day: int) -> datetime:
    return EPOCH + timedelta(days=day, hours=source.randrange(24))


def _cves(source: random.Random, *, security: bool) -> tuple[str, ...]:
    count = source.randint(1, 3) if security else 0
    return tuple(f"CVE-2026-9{source.randrange(10_000):04d}" for _ in range(count))


def _make_package(source: random.Random, system: System, day: int, number: int, name: str) -> Patch:
    """A package's newer build: releases of one package grow with the days."""
    base, section, priority = PACKAGES[name]
    security = source.random() < 0.7
    is_deb = system.packaging is Packaging.DEB
    release = f"{system.release}{day}.{number}" if is_deb else f"{day}.{number}.{system.release}"
    version = f"{base}-{release}.generated" if is_deb else f"0:{base}-{release}.generated"
    kb_id = f"{name}.{'amd64' if is_deb else 'x86_64'}"
    classification, severity, advised = _package_words(source, security=security, priority=priority if is_deb else "")
    return Patch(
        f"{kb_id}:{version}", kb_id, f"{kb_id}:{version}", name, version, name, classification, severity,
        _moment(source, day), _cves(source, security=security), system.product, "", "OS", section, advised,
    )  # fmt: skip


def _package_words(source: random.Random, *, security: bool, priority: str) -> tuple[str, str, bool]:
    """Classification, severity, and whether an advisory names it; for Debian's kind, severity is the priority."""
    if priority:
        return ("Security" if security else "Other"), priority, security
    if security:
        return "Security", source.choice(("Critical", "Important", "Moderate", "Low")), True
    return source.choice((("Bugfix", "None", True), ("Enhancement", "None", True), ("", "", False)))


def _macos_patches(source: random.Random, system: System, day: int) -> Iterator[Patch]:
    """Now and then an update of the system, which replaces the one before."""
    if source.random() < 0.06:
        title = f"{system.product}.{day}-generated"
        moment, cves = _moment(source, day), _cves(source, security=True)
        yield Patch(title, title, f"{title} (generated)", "macOS", str(day), "macOS", "Security", "", moment, cves,
                    system.product, "macOS")  # fmt: skip


def _windows_patches(source: random.Random, day: int) -> Iterator[Patch]:
    """The second Tuesday's updates, and now and then one out of band."""
    date = EPOCH + timedelta(days=day)
    if date.weekday() == 1 and 8 <= date.day <= 14:
        for number, product in enumerate(WINDOWS_PRODUCTS):
            yield _windows(source, day, number * 4, product, *CUMULATIVE)
            yield _windows(source, day, number * 4 + 1, product, *FRAMEWORK)
            yield _windows(source, day, number * 4 + 2, product, *SERVICING)
        yield _windows(source, day, 8, WINDOWS_APPLICATION, "Security Update", "SecurityUpdates", "Important")
    if source.random() < 0.12:
        words = source.choice((("Security Update", "SecurityUpdates", source.choice(("Important", "Moderate"))),
                               ("Critical Update", "CriticalUpdates", "Critical"),
                               ("Update", "Updates", "Unspecified")))  # fmt: skip
        yield _windows(source, day, 9, source.choice(WINDOWS_PRODUCTS), *words)


def _windows(
    source: random.Random, day: int, number: int, product: str, kind: str, classification: str, severity: str
) -> Patch:
    kb_id = f"KB9{day:04d}{number}"
    replaces = kind in (CUMULATIVE[0], FRAMEWORK[0], SERVICING[0])
    is_application = product == WINDOWS_APPLICATION
    security = classification != "Updates"
    title = f"{EPOCH + timedelta(days=day):%Y-%m} {kind} for {product} (generated) ({kb_id})"
    return Patch(
        kb_id, kb_id, title, kind, "", f"{kind} {product}" if replaces else kb_id, classification, severity,
        _moment(source, day), _cves(source, security=security), product,
        "SQL Server" if is_application else "Windows", "APPLICATION" if is_application else "OS",
    )  # fmt: skip
