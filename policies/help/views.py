"""A topic of the help: into the panel of the page, or as a page of its own where no script runs."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from policies.access import Role, requires
from policies.help.topics import TOPICS


@requires(Role.VIEWER)
@require_safe
@vary_on_headers("HX-Request")
def help_topic(request: HttpRequest, slug: str) -> HttpResponse:
    """One topic."""
    topic = TOPICS.get(slug)
    if topic is None:
        raise Http404(slug)
    template = "help/_help.html" if request.headers.get("HX-Request") == "true" else "help/page.html"
    return render(request, template, {"topic": topic})
