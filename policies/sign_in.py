"""Sign-in, which carries along what was typed into a page whose session had ended by the time it was sent.

Context: answers that arrive after the session's end belong to nobody yet, so no draft may take them. Choice: the
sign-in page holds them itself, sealed with the portal's key, bound to their address and for some hours; after sign-in a
page shows one button that sends them there again, past the same guards as ever (role, owner, CSRF). Not chosen: rows
or sessions for strangers, which anybody could fill; a redirect, which forgets them. Consequence: nothing is kept on the
server, and whoever closes the tab instead loses what was not yet saved, as with any unsent form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from policies.management.commands.demo_accounts import PEOPLE

SALT = "policies.sign_in"
KEPT_FOR = timedelta(hours=12)
MOST_CHARACTERS = 200_000
"""More than any step of the wizard can need; what is longer is not carried."""
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - a field's name


@dataclass(frozen=True)
class Carried:
    """What was typed, field by field, and the address that it was sent to."""

    address: str
    fields: Sequence[tuple[str, str]]


class SignIn(LoginView):
    """Django's sign-in; after it what was carried is offered to be sent, else the way leads to `next`."""

    redirect_authenticated_user = True
    # The page shows the demo accounts on the sandbox only, where they exist.
    extra_context = {"demo_accounts": PEOPLE}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who has signed in elsewhere meanwhile goes on from here, too."""
        carried = unseal(request.POST.get("carried", ""))
        if carried and request.user.is_authenticated:
            return _offer(request, carried)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in; the password was right."""
        carried = unseal(self.request.POST.get("carried", ""))
        if carried is None:
            return super().form_valid(form)
        login(self.request, form.get_user())
        return _offer(self.request, carried)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What was carried goes on when a password was wrong."""
        return super().get_context_data(**{"carried": self.request.POST.get("carried", ""), **kwargs})


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """The sign-in page with what was sent sealed in it; None when nothing was, or too much."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name != TOKEN]
    if not fields or sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS:
        return None
    view = SignIn()
    view.setup(request)
    sealed = signing.dumps({"address": request.get_full_path(), "fields": fields}, salt=SALT, compress=True)
    context = view.get_context_data(form=AuthenticationForm(request), carried=sealed, next=request.get_full_path())
    answer = view.render_to_response(context)
    add_never_cache_headers(answer)
    return answer


def unseal(sealed: str) -> Carried | None:
    """What `ask_again` sealed; None for anything else, and for what is too old."""
    try:
        told = signing.loads(sealed, salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    return Carried(told["address"], [(name, value) for name, value in told["fields"]])


def _offer(request: HttpRequest, carried: Carried) -> HttpResponse:
    answer = render(request, "registration/resume.html", {"carried": carried})
    add_never_cache_headers(answer)
    return answer
