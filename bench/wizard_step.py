"""How long the wizard's steps take to be answered, beside a view that does nothing, in one run.

`python -m bench.wizard_step [--rounds 40]`: the portal in this process, its database in memory, AWS simulated in
process. The empty view is the same stack: every middleware, sign-in, a role, the frame of every page.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from functools import partial
from unittest.mock import patch

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402 - Django is set up first
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import path, reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.targets import at_most  # noqa: E402
from bench.timing import medians  # noqa: E402
from patchportal.urls import urlpatterns as project  # noqa: E402
from policies.access import Role, requires  # noqa: E402
from policies.aws import connect  # noqa: E402
from policies.wizard.draft import begin_draft  # noqa: E402
from policies.wizard.steps import QUESTIONS, STEPS  # noqa: E402
from tests.wizard.test_wizard import ANSWERS  # noqa: E402
from tests.worlds import open_sandbox, sign_in  # noqa: E402

TARGET = 5.0


@requires(Role.VIEWER)
def empty(request: HttpRequest) -> HttpResponse:
    """The frame with nothing in it."""
    return render(request, "base.html")


urlpatterns = [path("empty/", empty, name="empty"), *project]


def main() -> None:
    """Print the median of each step, shown and answered, and how many times the empty view it is."""
    parser = argparse.ArgumentParser(prog="python -m bench.wizard_step", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    connection.creation.create_test_db(verbosity=0)
    aws = sign_in(open_sandbox())
    with override_settings(ROOT_URLCONF=__name__), patch.object(connect, "connect", return_value=aws):
        print("\n".join(report(dict(questions()), rounds)))


def questions() -> Iterator[tuple[str, Callable[[], object]]]:
    """Each request by its name; the draft has an answer to every step."""
    person = User.objects.create(username="administrator")
    person.groups.add(Group.objects.get_or_create(name=Role.ADMINISTRATOR)[0])
    client = Client()
    client.force_login(person)
    draft = begin_draft(person, timezone.now(), lambda: "abcde")
    yield "empty view", partial(client.get, "/empty/")
    for step in QUESTIONS:
        address, given = reverse("draft_step", args=[draft.pk, step.slug]), ANSWERS[step.slug]
        yield f"{step.slug} answered", partial(client.post, address, given)
    for step in STEPS:
        address = reverse("draft_step", args=[draft.pk, step.slug])
        yield f"{step.slug} shown", partial(client.get, address)


def report(asks: dict[str, Callable[[], object]], rounds: int) -> Iterator[str]:
    """The lines to print."""
    found = medians(asks, rounds)
    base = found["empty view"]
    for name, median in found.items():
        yield f"{name:20} {median * 1000:7.2f} ms {median / base:5.1f} times the empty view"
    yield at_most("slowest step beside an empty view", max(found.values()) / base, TARGET, " times")


if __name__ == "__main__":
    main()
