"""Filters that a person saves under a name, for themselves or for everybody."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from policies.access import Role, requires
from policies.models import SavedView
from policies.observe.filters import NodeFilter
from policies.shell import way_back

LONGEST_NAME = 60
LONGEST_QUERY = 2_000
PAGES = ("dashboard", "node_list")


def views_for(request: HttpRequest, page: str) -> dict[str, Any]:
    """What the component saved_views.html shows: the person's own views of the page, and what others share."""
    mine = Q(owner_id=request.user.pk) | Q(is_shared=True)
    views = SavedView.objects.filter(mine, page=page).values(
        "pk", "owner_id", "owner__username", "name", "query", "is_shared"
    )
    return {"saved_views": list(views), "saved_page": page}


@requires(Role.VIEWER)
@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a page under a name; the same name again replaces them. Then back to that page, filtered."""
    page, name = request.POST.get("page", ""), request.POST.get("name", "").replace("\0", "").strip()[:LONGEST_NAME]
    query = NodeFilter.read(QueryDict(request.POST.get("query", "").removeprefix("?"))).query()
    if page not in PAGES or not name or not isinstance(request.user, User):
        messages.error(request, _("Give the view a name."))
    elif len(query) > LONGEST_QUERY:
        messages.error(request, _("The filters are too long to be saved."))
    else:
        told = {"query": query.removeprefix("?"), "is_shared": request.POST.get("shared") == "on"}
        SavedView.objects.update_or_create(owner=request.user, page=page, name=name, defaults=told)
        messages.success(request, _("The view %(name)s was saved.") % {"name": name})
    return HttpResponseRedirect(reverse(page if page in PAGES else "dashboard") + query)


@requires(Role.VIEWER)
@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view of one's own, and go back to the page that was filtered."""
    view = get_object_or_404(SavedView, pk=pk, owner_id=request.user.pk)
    view.delete()
    messages.success(request, _("The view %(name)s was deleted.") % {"name": view.name})
    return HttpResponseRedirect(way_back(request))
