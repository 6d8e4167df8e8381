"""Who may come to the sandbox's own door: this machine alone, and no page of another site that is open in its browser.

The door asks for no password, so a browser must not be led to it: neither by a name that suddenly means 127.0.0.1
(DNS rebinding: the Host header then is that name), nor by a form that another site posts here.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox.requests import Request

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")

PROTECTING = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer at this door."""


def why_refused(request: Request) -> str:
    """Why the request may not come in, "" when it may."""
    host = request.headers.get("host", "")
    if _name_in(f"//{host}") not in LOOPBACK_NAMES:
        return "this door is opened by the address of this machine alone, 127.0.0.1 or localhost"
    if request.method == "POST" and _is_from_elsewhere(request.headers, host):
        return "another site sent this"
    return ""


def _is_from_elsewhere(headers: dict[str, str], host: str) -> bool:
    """By what browsers tell of where a post comes from; other clients tell nothing."""
    origin = headers.get("origin", f"http://{host}")
    return origin != f"http://{host}" or headers.get("sec-fetch-site", "same-origin") != "same-origin"


def _name_in(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
