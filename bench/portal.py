"""The portal's URLs with an empty view and Django admin's own list of nodes, and requests to all of them by name.

Import it when Django is set up. The admin shows the same columns; it takes the same filters, by its own parameters,
and offers to choose from what ours does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client
from django.urls import path
from django.utils.http import urlencode

from bench.dashboard import FILTERS
from bench.fleet import NOW, fill
from patchportal.urls import urlpatterns as project
from policies.access import Role, requires
from policies.models import Node, NodePolicy

DAY_AGO = (NOW - timedelta(days=1)).isoformat()
ADMINS = {
    "search": "q", "account": "shard__account__account_id", "unit": "shard__account__unit_id",
    "region": "shard__region", "operating_system": "operating_system", "policy": "policies__policy__configuration_id",
    "status": "policies__status", "findings": "compliance__findings", "cover": "cover",
    "scanner": "compliance__scan__source",
}  # fmt: skip
SPECIAL = {
    "tag=Role=web": {"role": "web"}, "severity=security": {"compliance__security__gt": "0"},
    "missing_for=7": {"compliance__missing_since__gt": (NOW - timedelta(days=8)).isoformat()},
    "scanned=day": {"compliance__scanned_at__gte": DAY_AGO},
    "scanned=never": {"compliance__scanned_at__isnull": "True"}, "cover=none": {"policies__isnull": "True"},
}  # fmt: skip


@requires(Role.VIEWER)
def empty(request: HttpRequest) -> HttpResponse:
    """The frame with nothing in it."""
    return render(request, "base.html")


class ByRole(admin.SimpleListFilter):
    """Nodes by a tag."""

    title = parameter_name = "role"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [("web", "web"), ("db", "db")]

    def queryset(self, _request: HttpRequest, nodes: QuerySet[Node]) -> QuerySet[Node]:
        return nodes.filter(tags__Role=self.value()) if self.value() else nodes


class ByCover(admin.SimpleListFilter):
    """Nodes by how many policies they are under."""

    title = parameter_name = "cover"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [("one", "one"), ("any", "any"), ("several", "several")]

    def queryset(self, _request: HttpRequest, nodes: QuerySet[Node]) -> QuerySet[Node]:
        wanted = {"one": Q(covers=1), "any": Q(covers__gt=0), "several": Q(covers__gt=1)}
        return nodes.annotate(covers=Count("policies")).filter(wanted.get(self.value() or "", Q()))


class NodeAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # takes none at run time
    """The same columns and filters as the portal's list, by Django's own means."""

    list_display = (
        "name", "instance_id", "under", "findings", "missing", "platform", "account", "region", "scanned_at",
    )  # fmt: skip
    list_select_related = ("shard__account", "compliance")
    list_per_page = 50
    search_fields = ("name", "instance_id")
    ordering = ("name", "instance_id")
    list_filter = (
        "shard__account__unit_id", "shard__region", "operating_system", "policies__policy", ByRole,
        "compliance__findings", "policies__status", "compliance__scanned_at", "compliance__scan__source", ByCover,
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        """With the policies of each, asked for once for all."""
        under = NodePolicy.objects.select_related("policy").defer("policy__spec", "results")
        return super().get_queryset(request).prefetch_related(Prefetch("policies", under))

    def lookup_allowed(self, *_: object) -> bool:
        """Every filter of the portal may be asked for."""
        return True

    @admin.display
    def under(self, node: Node) -> str:
        return ", ".join(f"{under.status} {under.policy.name}" for under in node.policies.all())

    @admin.display
    def findings(self, node: Node) -> str:
        return node.compliance.findings

    @admin.display
    def missing(self, node: Node) -> int:
        return node.compliance.missing

    @admin.display
    def account(self, node: Node) -> str:
        return node.shard.account.name

    @admin.display
    def region(self, node: Node) -> str:
        return node.shard.region

    @admin.display
    def scanned_at(self, node: Node) -> object:
        return node.compliance.scanned_at


admin.site.register(Node, NodeAdmin)
urlpatterns = [path("empty/", empty, name="empty"), path("admin/", admin.site.urls), *project]


def prepare() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)


def on_fleet(nodes: int, measure: Callable[[Mapping[str, Callable[[], object]]], dict[str, float]]) -> dict[str, float]:
    """What `measure` says of the requests to each page, on a fleet of so many nodes."""
    fill(nodes)
    person, _ = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    person.groups.add(Group.objects.get_or_create(name=Role.ADMINISTRATOR)[0])
    client = Client()
    client.force_login(person)
    asks = {"empty": partial(_ask, client, "/empty/"), "dashboard": partial(_ask, client, "/"),
            "drawn anew": partial(_ask_anew, client, "/")}  # fmt: skip
    for query in FILTERS:
        asks[f"nodes {query}"] = partial(_ask, client, f"/nodes/?{query}")
        asks[f"admin {query}"] = partial(_ask, client, f"/admin/policies/node/?{_in_admin(query)}")
    return measure(asks)


def _in_admin(query: str) -> str:
    name, _, value = query.partition("=")
    return urlencode(SPECIAL[query] if query in SPECIAL else {ADMINS[name]: value} if name else {})


def _ask(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")


def _ask_anew(client: Client, address: str) -> None:
    """The first request after a count, when nothing is kept of what was drawn before."""
    cache.clear()
    _ask(client, address)
