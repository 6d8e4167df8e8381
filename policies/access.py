"""Who may see or change what: three roles, each a Django group of its name, and the guard that views wear."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import StrEnum
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import reselect, reswap, retarget

from policies.sign_in import ask_again

SAFE = ("GET", "HEAD", "OPTIONS")
ENDED = "#session-ended"
"""Where a page that carries answers says that the session has ended."""

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Role(StrEnum):
    """What a person may do; each includes the ones before it. The values are the names of Django groups."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    def includes(self, other: Role) -> bool:
        """Whether whoever has this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


ROLE_NAMES = {
    Role.VIEWER: gettext_lazy("Viewer"),
    Role.OPERATOR: gettext_lazy("Operator"),
    Role.ADMINISTRATOR: gettext_lazy("Administrator"),
}


def role_of(user: User | AnonymousUser) -> Role | None:
    """The highest role among the user's groups; a superuser is an administrator; None has no access at all."""
    if not user.is_active:
        return None
    if user.is_superuser:
        return Role.ADMINISTRATOR
    known = vars(user)  # asked once a request: each request loads its person anew
    if "group_names" not in known:
        known["group_names"] = set(user.groups.values_list("name", flat=True))
    return next((role for role in reversed(Role) if role in known["group_names"]), None)


def requires(role: Role, carries: bool = False) -> Callable[[View[P]], View[P]]:
    """Guard a view: the anonymous are sent to sign-in and come back afterwards, a lower role gets the 403 page.

    `carries`: what was typed into the view's page comes along through sign-in. The guarded view tells its role as
    `required_role`, which a house test looks for on every URL.
    """

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _send_to_sign_in(request, carries)
            held = role_of(request.user)
            if held is None or not held.includes(role):
                raise PermissionDenied(_explain_refusal(held, role))
            return view(request, *args, **kwargs)

        guarded.required_role = role  # type: ignore[attr-defined]
        return guarded

    return decorate


def _send_to_sign_in(request: HttpRequest, carries: bool) -> HttpResponseBase:
    if request.headers.get("HX-Request") == "true":
        return _tell_fragment(request) if carries else HttpResponse(headers={"HX-Refresh": "true"})
    if request.method in SAFE or carries:
        return ask_again(request) or redirect_to_login(request.get_full_path())
    return redirect_to_login(_page_before(request))


def _tell_fragment(request: HttpRequest) -> HttpResponse:
    """Say it on the page, which keeps what was typed; to load it anew, as other pages are, would forget that."""
    answer = render(request, "registration/_session_ended.html")
    return reselect(reswap(retarget(answer, ENDED), "outerHTML"), ENDED)


def _page_before(request: HttpRequest) -> str:
    """The page that a button was pressed on: the button's own address cannot be opened."""
    before = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    return before if is_ours else "/"


def _explain_refusal(held: Role | None, needed: Role) -> str:
    if held is None:
        return _("Your account has no role yet. Ask an administrator for one: viewer, operator or administrator.")
    values = {"held": ROLE_NAMES[held], "needed": ROLE_NAMES[needed]}
    return _("This needs the role %(needed)s; yours is %(held)s.") % values
