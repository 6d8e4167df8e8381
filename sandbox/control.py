"""The sandbox's own door under /_sandbox/, never an AWS path: pages for people, JSON for programs, the same changes.

GET: a page, or the state as JSON for whoever does not ask for HTML. POST: JSON is answered with the state, a form with
the way back to its page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.console.changes import CHANGES, read_form
from sandbox.console.guard import PROTECTING, why_refused
from sandbox.console.lists import Asked
from sandbox.console.pages import HERE, PAGES, STATIC, render_page, render_refusal, tell_requests, tell_state
from sandbox.requests import Request

if TYPE_CHECKING:
    from sandbox.wire import Sandbox

PREFIX = "/_sandbox/"
FORM = "application/x-www-form-urlencoded"

Answer = tuple[int, dict[str, str], bytes]

TOLD: dict[str, Callable[[Sandbox, Asked], dict[str, Any]]] = {
    "": lambda sandbox, _asked: tell_state(sandbox),
    "state": lambda sandbox, _asked: tell_state(sandbox),
    "requests": tell_requests,
}
"""What programs are told, by its place under PREFIX."""


def is_asked(request: Request) -> bool:
    """Whether a request is for this door."""
    return request.path.startswith(PREFIX)


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """A page, a file or the state (GET), or what came of a change (POST). Another site's browser is refused."""
    why = why_refused(request)
    with sandbox.world.lock:
        sandbox.world.tick()
        status, headers, body = _json(403, {"error": why}) if why else _answer(sandbox, request)
    return status, {**PROTECTING, **headers}, body


def _answer(sandbox: Sandbox, request: Request) -> Answer:
    what = request.path.removeprefix(PREFIX).strip("/")
    if request.method == "POST":
        return _change(sandbox, request, what)
    if request.method not in ("GET", "HEAD"):
        return _json(405, {"error": "GET a page or the state, POST a change"})
    return _show(sandbox, request, what)


def _show(sandbox: Sandbox, request: Request, what: str) -> Answer:
    name = what.removeprefix("static/")
    if what.startswith("static/") and name in STATIC:
        return 200, {"Content-Type": STATIC[name]}, (HERE / what).read_bytes()
    is_for_people = "text/html" in request.headers.get("accept", "")
    if what in PAGES and (is_for_people or what not in TOLD):
        return _html(200, render_page(sandbox, what, request.query))
    if what in TOLD:
        return _json(200, TOLD[what](sandbox, request.query))
    return _json(404, {"error": f"nothing is at {what}"})


def _change(sandbox: Sandbox, request: Request, what: str) -> Answer:
    kind = request.headers.get("content-type", "").split(";")[0]
    if what not in CHANGES:
        return _json(404, {"error": f"nothing is changed at {what}"})
    if kind not in ("application/json", FORM):
        return _json(415, {"error": f"post application/json or {FORM}"})
    why = _try(sandbox, request, what, is_form=kind == FORM)
    if kind != FORM:
        return _json(400, {"error": why}) if why else _json(200, tell_state(sandbox))
    back = _way_back(request)
    if why:
        return _html(400, render_refusal(sandbox, why, back))
    return 303, {"Location": PREFIX + back}, b""


def _try(sandbox: Sandbox, request: Request, what: str, *, is_form: bool) -> str:
    """Make a change; why it cannot be made, "" when it was."""
    try:
        body = request.body.decode()
        CHANGES[what](sandbox.world, read_form(dict(parse_qsl(body))) if is_form else json.loads(body))
    except KeyError as missing:
        return f"{missing.args[0]} is missing"
    except (ValueError, TypeError, AttributeError, OverflowError) as wrong:
        return str(wrong)
    return ""


def _way_back(request: Request) -> str:
    """The page, with its search, that the form was on."""
    told = urlsplit(request.headers.get("referer", ""))
    name = told.path.removeprefix(PREFIX)
    if name not in PAGES:
        return ""
    return f"{name}?{told.query}" if told.query else name


def _html(status: int, body: bytes) -> Answer:
    return status, {"Content-Type": "text/html; charset=utf-8"}, body


def _json(status: int, content: dict[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
