"""The project's URLs and three small pages, to look at the frame without any room inside it."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from patchportal.urls import urlpatterns as project
from policies.access import Role, requires

SCANNED_AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


class Answers(forms.Form):
    """One control of each kind."""

    name = forms.CharField(label="Name", help_text="Shown everywhere.", max_length=10)
    operation = forms.ChoiceField(label="Operation", choices=[("scan", "Scan"), ("install", "Install")])
    kind = forms.ChoiceField(
        label="Kind", widget=forms.RadioSelect, choices=[("daily", "Daily"), ("cron", "CRON")], help_text="When."
    )
    wait = forms.BooleanField(label="Wait", help_text="Leaves nodes alone.")
    cron = forms.CharField(label="Expression", required=False)


@requires(Role.VIEWER)
def parts(request: HttpRequest) -> HttpResponse:
    """A page with a form, flashes and the pieces that the script serves."""
    if request.method == "POST":
        messages.success(request, "Saved <b>it</b>.")
        messages.info(request, "Deleting.", extra_tags="in-progress")
    form = Answers(request.POST if request.method == "POST" else {"kind": "daily"})
    context = {"form": form, "descriptions": {"cron": "Six fields."}, "scanned_at": SCANNED_AT}
    return render(request, "shell/parts.html", context)


@requires(Role.VIEWER)
def fragment(request: HttpRequest) -> HttpResponse:
    """What htmx swaps in: a new heading that takes the focus, and words for the live region."""
    return HttpResponse('<div id="box" data-announce="12 matches"><h2 tabindex="-1" data-focus>Next</h2></div>')


@requires(Role.ADMINISTRATOR)
def locked(request: HttpRequest) -> HttpResponse:
    """For administrators alone."""
    return HttpResponse("open")


def broken(request: HttpRequest) -> HttpResponse:
    """Fails."""
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("parts/", parts, name="node_parts"),
    path("parts/fragment/", fragment, name="fragment"),
    path("locked/", locked, name="locked"),
    path("broken/", broken, name="broken"),
    *project,
    path("nodes/", parts, name="node_list"),
]
