"""The search page: the box of the top bar asks it with a word or a line, its own field also with a whole output."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from policies.access import Role, requires
from policies.domain.search import read_search
from policies.observe.search import MOST, find


@requires(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """What a text names. It may be posted, because an output is longer than an address may be; nothing is changed."""
    text = request.POST.get("q") or request.GET.get("q", "")
    found = find(read_search(text)) if text.strip() else None
    context = {"text": text, "found": found, "days": settings.KEEP_DAYS, "most": MOST}
    return render(request, "observe/search.html", context)
