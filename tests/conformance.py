"""python -m tests.conformance: writes sandbox/CONFORMANCE.md from what the tests ask and are answered.

Ends with an error when an operation says that it honours a parameter that no call of the tests let it read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sandbox.operations
from sandbox.registry import HONOURED, MOOT, OPERATIONS, model_of
from sandbox.s3_parameters import HEADER_FAMILIES, HEADERS, QUERY
from sandbox.s3_requests import BUCKET_ACTIONS, OBJECT_ACTIONS
from tests.recording import Record, recording

TABLE = Path(sandbox.__file__).parent / "CONFORMANCE.md"
ASKED = ("tests/sandbox", "tests/aws")
LEFT_OUT = "tests/sandbox/test_conformance.py"  # it holds the table that is being made against the registry
HEAD = """# What the sandbox answers

Written by `make conformance` from the calls that {where} make.

* An operation that is not here is refused by name: UnknownOperationException, InvalidAction or NotImplemented, as its
  protocol has it. A parameter that AWS knows and that is not honoured here is refused with 501. Nothing is passed over.
* Each honoured parameter was read by its operation while the tests ran; what stands in *italics* can make no difference
  here.
* Errors are those that the tests have met. Beside them any service refuses wrong parameters and callers, and speaks of
  planned faults, in its own words.
* While tests run, no operation may answer with a member or a code that botocore's model does not know.
"""
COLUMNS = "| Operation | Honoured | Refused with 501 | Errors |\n|---|---|---|---|\n"
Key = tuple[str, str]


class OnlyStories:
    """A pytest plugin that leaves out what is drawn at random, so that the table is the same each time."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Keep the tests whose calls are always the same."""
        items[:] = [item for item in items if not getattr(item.obj, "is_hypothesis_test", False)]


def main() -> None:
    """Run the tests, hold what operations read against what they declare, and write the table."""
    with recording() as record:
        ended = pytest.main(["-q", f"--ignore={LEFT_OUT}", *ASKED], plugins=[OnlyStories()])
    if ended:
        raise SystemExit(f"the tests ended with {ended}")
    unread = {f"{service}:{action} {name}" for (service, action), names in never_read(record).items() for name in names}
    if unread:
        raise SystemExit("declared, but read by no call of the tests:\n" + "\n".join(sorted(unread)))
    TABLE.write_text(table({key: seen.errors for key, seen in record.items()}))


def never_read(record: Record) -> dict[Key, frozenset[str]]:
    """The parameters that each operation declares and that it was never seen to read."""
    found = {key: HONOURED[key] - MOOT[key] - record[key].read for key in OPERATIONS}
    return {key: names for key, names in found.items() if names}


def table(errors: dict[Key, set[str]]) -> str:
    """The whole document, with these errors."""
    services = sorted({service for service, _ in OPERATIONS})
    parts = [_service(service, errors) for service in services]
    return "\n".join([HEAD.format(where=" and ".join(f"`{each}`" for each in ASKED)), *parts, _s3()])


def _service(service: str, errors: dict[Key, set[str]]) -> str:
    actions = sorted(action for s, action in OPERATIONS if s == service)
    rows = "".join(
        f"{row((service, action))} {_listed(errors.get((service, action), set()))} |\n" for action in actions
    )
    return f"## {service} ({len(actions)})\n\n{COLUMNS}{rows}"


def row(key: Key) -> str:
    """What the registry knows of one operation: the row without its errors."""
    shape = model_of(key[0]).operation_model(key[1]).input_shape
    known = set(shape.members) if shape else set()
    honoured = [f"*{name}*" if name in MOOT[key] else name for name in sorted(HONOURED[key])]
    return f"| {key[1]} | {', '.join(honoured) or '-'} | {_listed(known - HONOURED[key])} |"


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "-"


def _s3() -> str:
    """S3 is told by its requests: moto answers what the guard lets through."""
    rows = "".join(
        f"| `{method} /{place}{'?' + subresource if subresource else ''}` | s3:{action} |\n"
        for place, actions in (("bucket", BUCKET_ACTIONS), ("bucket/key", OBJECT_ACTIONS))
        for subresource, methods in actions.items()
        for method, action in methods.items()
    )
    families = {f"{family}..." for family in HEADER_FAMILIES}
    return (
        "## s3\n\n| Request | Judged as |\n|---|---|\n| `GET /` | s3:ListAllMyBuckets |\n" + rows + "\n"
        f"Honoured in the query: {_listed(set(QUERY))}.\n\nHonoured headers: {_listed({*HEADERS, *families})}; "
        "of `x-amz-acl` only private and bucket-owner-full-control. Bodies are moto's to read.\n"
    )


if __name__ == "__main__":
    main()
