"""The frame around every page: what the top bar and the navigation show, and the choice of light or dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from policies.access import ROLE_NAMES, Role, role_of

THEMES = ("light", "dark", "auto")
THEME_COOKIE = "theme"
THEME_LIVES_SECONDS = 365 * 24 * 3600
CALLER_KEY = "shell:caller"


@dataclass(frozen=True)
class Place:
    """One line of the side navigation, for whoever has the role. `covers` begins the names of its URLs."""

    word: Promise
    icon: str
    url_name: str
    covers: tuple[str, ...]
    role: Role = Role.VIEWER


PLACES = (
    Place(gettext_lazy("Dashboard"), "dashboard", "dashboard", ("dashboard", "heat", "comparison")),
    Place(gettext_lazy("Patch policies"), "policy", "policy_list", ("policy", "draft", "deployment", "run")),
    Place(gettext_lazy("Nodes"), "node", "node_list", ("node",)),
    Place(gettext_lazy("Run calendar"), "calendar", "calendar", ("calendar",)),
    Place(gettext_lazy("Accounts and Regions"), "region", "account_list", ("account",)),
    Place(gettext_lazy("Status changes"), "history", "flip_list", ("flip",)),
    Place(gettext_lazy("Conflicts"), "warning", "conflict_list", ("conflict",)),
    Place(gettext_lazy("Alerts"), "warning", "alerts", ("alert",), Role.ADMINISTRATOR),
    Place(gettext_lazy("Onboarding"), "check", "onboarding", ("onboarding",), Role.ADMINISTRATOR),
)


@dataclass(frozen=True)
class Link:
    """A line of the navigation as this page shows it."""

    word: Promise
    icon: str
    url: str
    is_current: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: role and what it may do, theme, sandbox, navigation, who is signed in to AWS."""
    role = role_of(request.user) if hasattr(request, "user") else None
    return {
        "role": role,
        "role_name": ROLE_NAMES[role] if role else "",
        "can_operate": role is not None and role.includes(Role.OPERATOR),
        "can_administer": role is not None and role.includes(Role.ADMINISTRATOR),
        "theme": theme_of(request),
        "on_sandbox": settings.ON_SANDBOX,
        "home_region": settings.AWS_HOME_REGION,
        "aws_caller": cache.get(CALLER_KEY) if role else None,
        "navigation": _navigation(request, role) if role else (),
    }


def remember_caller(account_id: str, alias: str, is_management: bool) -> None:
    """Show this account in the top bar from now on. Whoever asks AWS who is signed in calls this."""
    told: Mapping[str, object] = {"account_id": account_id, "alias": alias, "is_management": is_management}
    cache.set(CALLER_KEY, told, timeout=None)


def theme_of(request: HttpRequest) -> str:
    """light, dark or auto, as the cookie says; auto when it says nothing known."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie and return to the page."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest(_("The theme must be light, dark or auto."))
    response = HttpResponseRedirect(way_back(request))
    response.set_cookie(
        THEME_COOKIE,
        theme,
        max_age=THEME_LIVES_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def way_back(request: HttpRequest) -> str:
    """The page that a form was sent from (its field `next`), or the first page when it names none of ours."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else "/"


def _navigation(request: HttpRequest, role: Role) -> tuple[Link, ...]:
    match = request.resolver_match
    here = (match.url_name or "") if match else ""
    return tuple(
        Link(place.word, place.icon, url, here.startswith(place.covers))
        for place in PLACES
        if role.includes(place.role) and (url := _url_of(place))
    )


def _url_of(place: Place) -> str:
    try:
        return reverse(place.url_name)
    except NoReverseMatch:
        return ""
