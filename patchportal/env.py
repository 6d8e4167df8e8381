"""Reads settings from the environment and refuses nonsense at start-up, naming the variable and what it accepts."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding blanks; the default when it is absent or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """A yes or no. Raises ImproperlyConfigured for any other word."""
    value = text(name).lower()
    if not value:
        return default
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}")


def seconds(name: str, default: int) -> int:
    """A positive whole number of seconds. Raises ImproperlyConfigured for anything else."""
    return _whole(name, default, "seconds")


def days(name: str, default: int) -> int:
    """A positive whole number of days. Raises ImproperlyConfigured for anything else."""
    return _whole(name, default, "days")


def _whole(name: str, default: int, unit: str) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name} must be a whole number of {unit} above 0, not {value!r}")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def loopback_url(name: str) -> str:
    """A URL on this machine, or "". Raises ImproperlyConfigured for any other host: it is for the sandbox alone."""
    value = text(name)
    if value and urlsplit(value).hostname not in LOOPBACK:
        raise ImproperlyConfigured(f"{name} is for the sandbox and must be a loopback address, not {value!r}")
    return value


def database(name: str, sqlite_path: str) -> dict[str, object]:
    """Django's database settings from a URL: postgresql://user:password@host:port/name, or SQLite when absent."""
    value = text(name)
    if not value:
        return _sqlite(sqlite_path)
    parts = urlsplit(value)
    if parts.scheme == "sqlite":
        return _sqlite(parts.path)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must begin with postgresql:// or sqlite://, not {parts.scheme!r}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _sqlite(path: str) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # Writers queue for the lock instead of failing in mid-transaction, and readers never wait for them.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
