"""Posts a signed message to a webhook, to public addresses over HTTPS alone.

The address is looked up once, judged, and the connection made to that very address, so that a name which changes its
address in between leads nowhere else; redirects are not followed. PATCHPORTAL_WEBHOOKS_ANYWHERE=true lifts both limits,
for receivers inside one's own network.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

SECONDS = 10
PORTS = {"https": 443, "http": 80}


class WebhookFailed(Exception):
    """The message was not taken; the text says why."""


def sign(secret: str, moment: str, body: bytes) -> str:
    """HMAC-SHA256 over the moment, a full stop and the body, in hexadecimal digits."""
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(url: str, secret: str, body: bytes, now: datetime, anywhere: bool = False) -> None:
    """Send a message; raises WebhookFailed. The receiver should refuse a moment that is more than minutes old."""
    parts = split(url, anywhere)
    moment = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-PatchPortal-Timestamp": moment,
        "X-PatchPortal-Signature": f"sha256={sign(secret, moment, body)}",
    }
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection = _open(parts, anywhere)
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise WebhookFailed(f"{type(error).__name__}: {error}") from error
    if not 200 <= status < 300:
        raise WebhookFailed(f"HTTP {status}")


def split(url: str, anywhere: bool = False) -> SplitResult:
    """The URL in parts; raises WebhookFailed for one that may not be called, whatever it leads to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WebhookFailed(str(error)) from error
    if parts.scheme != "https" and not (anywhere and parts.scheme == "http"):
        raise WebhookFailed("only https is allowed")
    if not parts.hostname or parts.username or parts.password or port == 0:
        raise WebhookFailed("the address needs a host, and no name or password")
    return parts


def _open(parts: SplitResult, anywhere: bool) -> http.client.HTTPConnection:
    """A connection to the address that was judged."""
    host = parts.hostname or ""
    port = parts.port or PORTS[parts.scheme]
    plain = socket.create_connection((_resolve(host, port, anywhere), port), timeout=SECONDS)
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    connection.sock = plain
    if parts.scheme == "https":
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    return connection


def _resolve(host: str, port: int, anywhere: bool) -> str:
    """The first address of a host; raises WebhookFailed when any of them is not public."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not anywhere and not all(ipaddress.ip_address(each).is_global for each in found):
        raise WebhookFailed("the address is not public")
    return found[0]
