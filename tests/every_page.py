"""Every page that there is, found by asking each URL: what answers a GET with a whole page of HTML is one.

A URL that needs an argument which is not known here raises LookupError: give it one in `_argument`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from policies.help.topics import TOPICS
from policies.models import Channel
from policies.wizard.steps import STEPS
from tests.house.test_urls import all_patterns
from tests.lived_in import ANSWERED, EDITED, EMPTY, OVERTAKEN, PICKED, WRONG, LivedIn

NOWHERE = "/nowhere/"


@dataclass(frozen=True)
class Shown:
    """A page by a name that may be a file's, and its address.

    `presses`: the button that shows its errors. `within`: what of it other pages do not show.
    """

    name: str
    address: str
    presses: str = ""
    within: str = "html"


def every_page(client: Client, lived_in: LivedIn) -> list[Shown]:
    """Each page as the client's person is answered, then each state of a page that has an address or a button."""
    found = [Shown(str(pattern.name), _address(pattern, lived_in)) for pattern in _patterns()]
    return [*(shown for shown in found if _is_page(client, shown.address)), *_states(lived_in)]


def _patterns() -> Iterator[URLPattern]:
    """The portal's URLs, but for those of the wizard's steps and the help, which stand among the states."""
    return (p for p in all_patterns(get_resolver(settings.ROOT_URLCONF)) if p.name not in ("draft_step", "help"))


def _address(pattern: URLPattern, lived_in: LivedIn) -> str:
    name = str(pattern.name)
    return reverse(name, kwargs={part: _argument(name, part, lived_in) for part in pattern.pattern.converters})


def _argument(name: str, part: str, lived_in: LivedIn) -> object:
    known = {
        **lived_in.run,
        "shard": lived_in.node.shard_id,
        "configuration_id": lived_in.policy.configuration_id,
        "draft pk": lived_in.drafts[OVERTAKEN].pk,
        "draft name": "identity",
        "onboarding slug": "observer",
        "deployment pk": lived_in.deployment.pk,
        "node pk": lived_in.node.pk,
        "alert pk": Channel.objects.get().pk,
        "policy pk": lived_in.policy.override_versions.earliest("pk").pk,
        "run pk": lived_in.order.pk,
        "policy operating_system": "UBUNTU",
        "view pk": 1,
    }
    return known.get(part) or known[f"{name.split('_')[0]} {part}"]


def _is_page(client: Client, address: str) -> bool:
    answer = client.get(address)
    is_html = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    return is_html and b"<html" in answer.content


def _states(lived_in: LivedIn) -> Iterator[Shown]:
    for what in (ANSWERED, EDITED, EMPTY):
        for step in STEPS if what != EMPTY else STEPS[:1]:
            yield Shown(f"{what}_{step.slug}", _step(lived_in, what, step.slug))
    for step in STEPS[:-1]:
        yield Shown(f"{WRONG}_{step.slug}", _step(lived_in, WRONG, step.slug), presses="Next")
    yield Shown("rules_of_a_baseline", _step(lived_in, ANSWERED, "baselines") + "?filled&system=UBUNTU")
    yield Shown("browsing_buckets", _step(lived_in, ANSWERED, "logs") + "?filled&bucket_search=example")
    yield Shown("picking_nodes", _step(lived_in, PICKED, "targets") + "?filled&node_search=Role%3Dweb")
    yield Shown("wrong_review", _step(lived_in, WRONG, "review"))
    yield Shown("overtaken_review", _step(lived_in, OVERTAKEN, "review"))
    for name in ("policy_list", "node_list"):
        yield Shown(f"{name}_no_match", reverse(name) + "?search=nothing+has+this+name")
    newest = lived_in.policy.override_versions.latest("pk")
    yield Shown("policy_version_newest", reverse("policy_version", args=["abcde", newest.pk]))
    yield Shown("held_policy_baselines", reverse("policy_baselines", args=["prod1"]))
    yield Shown("differing_policy_drift", reverse("policy_drift", args=["prod1"]))
    yield Shown("policy_recreate", reverse("policy_recreate", args=["tokyo", "UBUNTU"]))
    yield Shown("failed_policy", reverse("policy", args=["tokyo"]))
    yield Shown("failed_deployment", reverse("deployment", args=[lived_in.deployment.pk + 2]))
    yield Shown("not_found", NOWHERE)
    for slug in TOPICS:
        yield Shown(f"help_{slug}", reverse("help", args=[slug]), within="main")


def _step(lived_in: LivedIn, what: str, slug: str) -> str:
    return reverse("draft_step", args=[lived_in.drafts[what].pk, slug])
