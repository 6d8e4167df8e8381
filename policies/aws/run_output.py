"""The output of a node's run out of the log bucket: its end, which is where a run says why it failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.aws.connect import Aws
from policies.aws.errors import asking
from policies.domain.run_output import (
    NodeRun,
    command_folder,
    first_polled,
    newest_polled,
    polled_folder,
    stream_keys,
)
from policies.domain.spec import LogStorage

PERMISSIONS = {"s3:GetObject", "s3:ListBucket"}

MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Stream:
    """The end of stdout or stderr. `size` is that of the whole in bytes; `is_cut` when its beginning is left out."""

    name: str
    key: str
    text: str
    size: int

    @property
    def is_cut(self) -> bool:
        return self.size > MOST_BYTES


def read_streams(aws: Aws, logs: LogStorage, prefix: str, run: NodeRun) -> tuple[Stream, ...]:
    """Standard output, then errors, as far as the node wrote them; none when it wrote nothing."""
    keys = stream_keys(_keys(aws, logs, prefix, run))
    return tuple(_read(aws, logs, name, key) for name, key in sorted(keys.items(), reverse=True))


def _keys(aws: Aws, logs: LogStorage, prefix: str, run: NodeRun) -> Iterable[str]:
    if run.command_id and (found := _list(aws, logs, command_folder(prefix, run))):
        return found
    folder = polled_folder(prefix, run)
    return newest_polled(_list(aws, logs, folder, first_polled(folder, run)), folder, run)


def _list(aws: Aws, logs: LogStorage, folder: str, after: str = "") -> list[str]:
    """The first page of keys, which holds more than a node writes in two days."""
    extra = {"StartAfter": after} if after else {}
    with asking("s3:ListBucket"):
        told = aws.client("s3", logs.region).list_objects_v2(Bucket=logs.bucket, Prefix=folder, **extra)
    return [found["Key"] for found in told.get("Contents", [])]


def _read(aws: Aws, logs: LogStorage, name: str, key: str) -> Stream:
    with asking("s3:GetObject"):
        told = aws.client("s3", logs.region).get_object(Bucket=logs.bucket, Key=key, Range=f"bytes=-{MOST_BYTES}")
        body: bytes = told["Body"].read(MOST_BYTES)
    whole = int(told["ContentRange"].rsplit("/", 1)[-1]) if "ContentRange" in told else len(body)
    return Stream(name, key, body.decode("utf-8", "replace"), whole)
