"""The frame around every page: top bar, navigation, theme, language, flashes, and the pages for what goes wrong."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from policies.shell import CALLER_KEY, remember_caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_remembered() -> None:
    cache.delete(CALLER_KEY)


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_the_navigation_marks_where_one_is(as_viewer: Client, parts: str) -> None:
    marked = re.findall(r'href="([^"]+)" aria-current="page"', page(as_viewer, parts))
    assert marked == ["/nodes/"]


def test_the_user_menu_names_person_and_role(as_operator: Client, parts: str) -> None:
    menu = page(as_operator, parts).split('id="user-menu"')[1]
    assert "<strong>operator</strong>" in menu
    assert "Operator" in menu


def test_the_top_bar_shows_the_account_once_somebody_asked_aws(as_viewer: Client, parts: str) -> None:
    assert "acme-root" not in page(as_viewer, parts)
    remember_caller("123456789012", "acme-root", is_management=True)
    bar = page(as_viewer, parts)
    assert "acme-root (management account)" in bar
    assert "us-east-1 / 123456789012" in bar


def test_the_sandbox_marks_every_page(client: Client, as_viewer: Client, parts: str) -> None:
    for html in (page(as_viewer, parts), page(client, "/sign-in/"), page(client, "/nowhere/")):
        assert "Sandbox: a simulated AWS organization" in html


def test_on_aws_nothing_speaks_of_a_sandbox_or_demo_accounts(client: Client, settings: Settings) -> None:
    settings.ON_SANDBOX = False
    html = page(client, "/sign-in/")
    assert "Sandbox" not in html
    assert "look-around" not in html


def test_a_demo_account_is_one_press_away(client: Client, parts: str) -> None:
    User.objects.create_user("viewer", password="look-around")
    html = page(client, "/sign-in/?next=/parts/")
    assert '<input type="hidden" name="password" value="look-around">' in html
    form = {"username": "viewer", "password": "look-around", "next": parts}
    assert client.post("/sign-in/", form)["Location"] == parts


def test_a_wrong_password_is_said_in_an_alert(client: Client) -> None:
    html = client.post("/sign-in/", {"username": "viewer", "password": "wrong"}).content.decode()
    assert re.search(r'class="alert alert-error" role="alert".*correct username and password', html, re.DOTALL)


def test_the_theme_is_written_on_the_page_and_kept_in_a_cookie(client: Client) -> None:
    assert 'data-theme="auto"' in page(client, "/sign-in/")
    response = client.post("/theme/", {"theme": "dark", "next": "/sign-in/?next=/x/"})
    assert response["Location"] == "/sign-in/?next=/x/"
    assert 'data-theme="dark"' in page(client, "/sign-in/")
    assert re.search(r'value="dark" aria-pressed="true"', page(client, "/sign-in/"))


def test_an_unknown_theme_is_refused(client: Client) -> None:
    response = client.post("/theme/", {"theme": "pink"})
    assert (response.status_code, response.content.decode()) == (400, "The theme must be light, dark or auto.")


def test_a_forged_theme_cookie_is_ignored(client: Client) -> None:
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in page(client, "/sign-in/")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_theme_leads_to_no_other_site(client: Client, elsewhere: str) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": elsewhere})["Location"] == "/"


def test_the_theme_is_chosen_by_post_alone(client: Client) -> None:
    assert client.get("/theme/?theme=dark").status_code == 405


def test_the_language_switch_turns_the_page_into_japanese(client: Client) -> None:
    assert '<html lang="en"' in page(client, "/sign-in/")
    client.post("/language/setlang/", {"language": "ja", "next": "/sign-in/"})
    assert '<html lang="ja"' in page(client, "/sign-in/")


def test_flashes_stand_newest_first_and_escape_what_they_say(as_viewer: Client, parts: str) -> None:
    html = as_viewer.post(parts, {}).content.decode()
    kinds = re.findall(r'class="flash ([a-z-]+)" data-flash', html)
    assert kinds == ["flash-in-progress", "flash-success"]
    assert "Saved &lt;b&gt;it&lt;/b&gt;." in html


def test_a_refused_view_explains_itself_inside_the_frame(as_viewer: Client, parts: str) -> None:
    response = as_viewer.get("/locked/")
    assert response.status_code == 403
    assert "This needs the role Administrator; yours is Viewer." in response.content.decode()


def test_an_unknown_address_says_so_inside_the_frame(as_viewer: Client, parts: str) -> None:
    response = as_viewer.get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_a_failing_view_answers_with_a_page_of_its_own(client: Client, parts: str) -> None:
    client.raise_request_exception = False
    response = client.get("/broken/")
    assert response.status_code == 500
    assert "Something went wrong in the portal" in response.content.decode()


def test_the_page_for_failures_needs_no_context() -> None:
    assert "css/tokens.css" in render_to_string("500.html")


def test_no_style_or_script_stands_inside_the_page(as_viewer: Client, parts: str) -> None:
    html = page(as_viewer, parts)
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src=)", html) == []


def test_the_frame_asks_the_database_for_session_person_and_role_alone(
    as_viewer: Client, parts: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        as_viewer.get(parts)
