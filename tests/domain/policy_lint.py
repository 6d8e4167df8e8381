"""Opens parliament, the checker of IAM policies: it asks for pkg_resources, which setuptools has given up."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from policies.domain.canonical import canonical


def _resource_filename(package: str, name: str) -> str:
    """The file of a package that is about to be imported."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / name)


def _open_parliament() -> ModuleType:
    if "pkg_resources" in sys.modules or find_spec("pkg_resources"):
        return import_module("parliament")
    stand_in = ModuleType("pkg_resources")
    vars(stand_in)["resource_filename"] = _resource_filename
    sys.modules["pkg_resources"] = stand_in
    try:
        return import_module("parliament")
    finally:
        # Others look for the real one, and do without it when it is not there.
        del sys.modules["pkg_resources"]


def complaints(document: object) -> list[str]:
    """What parliament finds wrong with a policy document."""
    found = _open_parliament().analyze_policy_string(canonical(document)).findings
    return [f"{finding.issue}: {finding.detail} at {finding.location}" for finding in found]


def trust_complaints(trust: dict[str, Any], role_arn: str) -> list[str]:
    """The same for a role's trust policy, whose statements name no resource: it is the role itself."""
    assert not any("Resource" in statement for statement in trust["Statement"])
    return complaints({**trust, "Statement": [{**each, "Resource": role_arn} for each in trust["Statement"]]})
