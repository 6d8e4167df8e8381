"""The pages as HTML: small templates that escape everything, as names and tags come from anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.console.lists import Asked, list_accounts, list_nodes, log_filters
from sandbox.engine.faults import FaultKind
from sandbox.engine.trust import access_key
from sandbox.registry import OPERATIONS

if TYPE_CHECKING:
    from sandbox.wire import Sandbox

HERE = Path(__file__).parent
SHOWN_REQUESTS = 100
STATIC = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}

templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Context = dict[str, Any]


def tell_state(sandbox: Sandbox) -> Context:
    """The world in figures, as JSON can carry it."""
    world = sandbox.world
    return {
        "now": world.now().isoformat(),
        "speed": world.clock.speed,
        "enforces_iam": world.enforces_iam,
        "access_key": access_key(world.organization.management_id),
        "accounts": len(world.organization.accounts),
        "nodes": dict(Counter(node.state for node in world.fleet.nodes.values())),
        "stack_sets": len(world.stack_sets.sets),
        "associations": len(world.associations.all),
        "faults": len(sandbox.faults.planned),
        "requests": sandbox.answered,
    }


def tell_requests(sandbox: Sandbox, asked: Asked) -> Context:
    """The newest requests that have the asked values, as JSON can carry them."""
    return {"requests": [entry.tell() for entry in sandbox.log.newest(log_filters(asked), SHOWN_REQUESTS)]}


def _overview(sandbox: Sandbox, _asked: Asked) -> Context:
    return {"state": tell_state(sandbox), "unseen": len(sandbox.world.unseen)}


def _accounts(sandbox: Sandbox, asked: Asked) -> Context:
    return {"listed": list_accounts(sandbox.world, asked)}


def _nodes(sandbox: Sandbox, asked: Asked) -> Context:
    return {"listed": list_nodes(sandbox.world, asked), "unseen": len(sandbox.world.unseen)}


def _faults(sandbox: Sandbox, _asked: Asked) -> Context:
    organization = sandbox.world.organization
    return {
        "planned": sandbox.faults.planned,
        "kinds": list(FaultKind),
        "services": sorted({service for service, _ in OPERATIONS} | {"s3"}),
        "regions": organization.regions,
    }


def _requests(sandbox: Sandbox, asked: Asked) -> Context:
    wanted = log_filters(asked)
    return {
        "entries": sandbox.log.newest(wanted, SHOWN_REQUESTS),
        "services": sorted({entry.service for entry in sandbox.log.entries if entry.service}),
        "kept": len(sandbox.log.entries),
        "shown": SHOWN_REQUESTS,
    }


PAGES: dict[str, Callable[[Sandbox, Asked], Context]] = {
    "": _overview,
    "accounts": _accounts,
    "nodes": _nodes,
    "faults": _faults,
    "requests": _requests,
}
"""What each page shows, by its place under /_sandbox/."""


def render_page(sandbox: Sandbox, name: str, asked: Asked) -> bytes:
    """A page of PAGES."""
    return _render(sandbox, f"{name or 'overview'}.html", name, asked, PAGES[name](sandbox, asked))


def render_refusal(sandbox: Sandbox, why: str, back: str) -> bytes:
    """What could not be done, and the way back."""
    return _render(sandbox, "refused.html", back, {}, {"why": why})


def _render(sandbox: Sandbox, template: str, name: str, asked: Asked, context: Context) -> bytes:
    world = sandbox.world
    common = {"page": name, "asked": asked, "now": world.now(), "speed": world.clock.speed, "world": world}
    return templates.get_template(template).render(common | context).encode()
