"""Requests without boto3: signed once, kept as bytes, sent over connections that stay open."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.served import HOST
from sandbox.engine.trust import access_key

TARGETS = {"ssm": "AmazonSSM", "organizations": "AWSOrganizationsV20161128"}


def signed(port: int, account_id: str, place: tuple[str, str], action: str, parameters: dict[str, Any]) -> bytes:
    """One request of an account's administrator, ready to be sent. `place`: service (of TARGETS) and Region."""
    service, region = place
    body = json.dumps(parameters).encode()
    headers = {
        "Host": f"{HOST}:{port}", "X-Amz-Target": f"{TARGETS[service]}.{action}", "Content-Length": str(len(body)),
        "Content-Type": "application/x-amz-json-1.1",
    }  # fmt: skip
    request = AWSRequest("POST", f"http://{HOST}:{port}/", headers, body)
    SigV4Auth(Credentials(access_key(account_id), "secret"), service, region).add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


@dataclass
class Connection:
    """One open connection to a port."""

    port: int
    _socket: socket.socket = field(init=False, repr=False)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self._socket = socket.create_connection((HOST, self.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """The answer's body. Raises ConnectionError for anything but 200, or when the other side hangs up."""
        self._socket.sendall(request)
        head, body = self._read_head()
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError((head + body).decode(errors="replace"))
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self._receive()
        return body

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _read_head(self) -> tuple[bytes, bytes]:
        told = b""
        while b"\r\n\r\n" not in told:
            told += self._receive()
        head, _, body = told.partition(b"\r\n\r\n")
        return head + b"\r\n", body

    def _receive(self) -> bytes:
        part = self._socket.recv(262_144)
        if not part:
            raise ConnectionError("the sandbox hung up")
        return part
