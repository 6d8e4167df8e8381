"""Roles: who is let through a guarded view, and what the others are told."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from policies.access import Role, requires, role_of


@requires(Role.OPERATOR)
def retry(_request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(f"retried {number}")


def ask_as(user: User | AnonymousUser, **headers: str) -> HttpRequest:
    request = RequestFactory().get("/retry/?page=2", headers=headers)
    request.user = user
    return request


@pytest.fixture
def newcomer(db: None) -> User:
    return User.objects.create_user(username="newcomer")


def test_each_role_includes_the_ones_before_it() -> None:
    allowed = {role: [other for other in Role if role.includes(other)] for role in Role}
    assert allowed == {
        Role.VIEWER: [Role.VIEWER],
        Role.OPERATOR: [Role.VIEWER, Role.OPERATOR],
        Role.ADMINISTRATOR: [Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR],
    }


def test_the_role_is_the_highest_of_a_persons_groups(viewer: User) -> None:
    viewer.groups.add(Group.objects.create(name="administrator"), Group.objects.create(name="night shift"))
    assert role_of(viewer) is Role.ADMINISTRATOR


def test_a_superuser_is_an_administrator(newcomer: User) -> None:
    newcomer.is_superuser = True
    assert role_of(newcomer) is Role.ADMINISTRATOR


def test_someone_without_a_group_has_no_role(newcomer: User) -> None:
    assert role_of(newcomer) is None


def test_someone_who_was_deactivated_has_no_role(administrator: User) -> None:
    administrator.is_active = False
    assert role_of(administrator) is None


def test_the_anonymous_have_no_role() -> None:
    assert role_of(AnonymousUser()) is None


@pytest.mark.parametrize("person", ["operator", "administrator"])
def test_the_role_and_higher_ones_are_let_through(person: str, request: pytest.FixtureRequest) -> None:
    response = retry(ask_as(request.getfixturevalue(person)), 7)
    assert (response.status_code, response.content) == (200, b"retried 7")  # type: ignore[attr-defined]


def test_a_lower_role_is_told_what_it_has_and_what_it_needs(viewer: User) -> None:
    with pytest.raises(PermissionDenied, match=r"^This needs the role Operator; yours is Viewer\.$"):
        retry(ask_as(viewer), 7)


def test_someone_without_a_role_is_told_whom_to_ask(newcomer: User) -> None:
    with pytest.raises(PermissionDenied, match=r"no role yet\. Ask an administrator"):
        retry(ask_as(newcomer), 7)


def test_the_anonymous_sign_in_and_come_back() -> None:
    response = retry(ask_as(AnonymousUser()), 7)
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/retry/%3Fpage%3D2")


def test_a_fragment_of_someone_signed_out_reloads_the_page() -> None:
    response = retry(ask_as(AnonymousUser(), HX_Request="true"), 7)
    assert (response["HX-Refresh"], response.content) == ("true", b"")  # type: ignore[attr-defined]


def test_a_guarded_view_tells_its_role() -> None:
    assert (retry.required_role, retry.__name__) == (Role.OPERATOR, "retry")  # type: ignore[attr-defined]
