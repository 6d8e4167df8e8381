"""A session that ends in mid-wizard: what was typed comes along through sign-in, and nowhere else."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.models import Draft
from policies.sign_in import MOST_CHARACTERS, SALT
from policies.wizard.draft import begin_draft

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
HOSTILE = '\n"><script>alert(1)</script>\r\n\u2028 & tail '


@pytest.fixture
def draft(administrator: User) -> Draft:
    """A draft that has no answer yet."""
    return begin_draft(administrator, timezone.now(), lambda: "abcde")


@pytest.fixture
def browser() -> Client:
    """A browser whose session has ended, and which the portal asks for its CSRF token."""
    return Client(enforce_csrf_checks=True)


def step(draft: Draft, slug: str = "name") -> str:
    return reverse("draft_step", args=[draft.pk, slug])


def fields_of(page: str) -> dict[str, str]:
    """The fields that a page holds, as a browser would send them."""
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    areas = re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', page, re.S)
    return {unescape(name): unescape(value) for name, value in (*inputs, *areas)}


def send(browser: Client, address: str, **fields: str) -> str:
    """Post with the token of the sign-in page; the text of the answer."""
    token = fields_of(browser.get(reverse("login")).content.decode())["csrfmiddlewaretoken"]
    return browser.post(address, {"csrfmiddlewaretoken": token, **fields}).content.decode()


def sign_in(browser: Client, page: str, name: str = "administrator", password: str = PASSWORD) -> str:
    return browser.post(reverse("login"), {**fields_of(page), "username": name, "password": password}).content.decode()


def resume(browser: Client, page: str) -> str:
    """Press the one button of the page after sign-in; where it leads."""
    action = unescape(re.findall(r'<form class="[^"]*" method="post" action="([^"]*)"', page)[-1])
    told = browser.post(action, fields_of(page))
    assert told.status_code == 302
    return told["Location"]


def test_what_was_typed_survives_sign_in_and_the_way_goes_on(browser: Client, draft: Draft) -> None:
    asked = send(browser, step(draft), name="Weekly patching", go="next")
    again = sign_in(browser, asked)

    where = resume(browser, again)

    draft.refresh_from_db()
    assert where == step(draft, "schedule")
    assert draft.answers == {"name": {"name": ["Weekly patching"]}}


def test_it_survives_a_wrong_password_and_any_characters(browser: Client, draft: Draft) -> None:
    asked = send(browser, step(draft), name=HOSTILE, go="stay")
    wrong = sign_in(browser, asked, password="nonsense")
    again = sign_in(browser, wrong)

    assert "<script>alert" not in asked + wrong + again
    assert resume(browser, again) == step(draft)
    draft.refresh_from_db()
    assert draft.answers["name"]["name"] == [HOSTILE]


def test_the_draft_of_another_takes_nothing_from_whoever_signs_in(
    browser: Client, draft: Draft, operator: User
) -> None:
    again = sign_in(browser, send(browser, step(draft), name="Weekly patching"), operator.username)

    told = browser.post(step(draft), fields_of(again))

    draft.refresh_from_db()
    assert told.status_code == 403
    assert draft.answers == {}


def test_nothing_is_carried_that_the_portal_did_not_seal(browser: Client, draft: Draft, administrator: User) -> None:
    forged = signing.dumps({"address": "https://evil.example/", "fields": []}, key="another key", salt=SALT)
    token = fields_of(browser.get(reverse("login")).content.decode())["csrfmiddlewaretoken"]
    sent = {"csrfmiddlewaretoken": token, "username": administrator.username, "password": PASSWORD}

    told = browser.post(reverse("login"), {**sent, "carried": forged, "next": step(draft)})

    assert told["Location"] == step(draft)


def test_more_than_a_step_can_need_is_not_carried(draft: Draft) -> None:
    told = Client().post(step(draft), {"name": "x" * (MOST_CHARACTERS + 1)})

    assert told.status_code == 302
    assert told["Location"].startswith(reverse("login"))


def test_a_post_without_the_token_is_not_carried(browser: Client, draft: Draft) -> None:
    told = browser.post(step(draft), {"name": "from elsewhere"})

    assert told.status_code == 403
    assert "carried" not in told.content.decode()


def test_who_has_signed_in_elsewhere_goes_on_from_the_page_that_asked(draft: Draft, as_administrator: Client) -> None:
    asked = Client().post(step(draft), {"name": "Weekly patching"}).content.decode()

    again = as_administrator.post(reverse("login"), fields_of(asked)).content.decode()

    assert resume(as_administrator, again) == step(draft, "schedule")


def test_a_fragment_says_so_on_the_page_and_leaves_the_fields_alone(draft: Draft) -> None:
    told = Client().post(
        reverse("draft_preview", args=[draft.pk, "identity"]), {"name": "typed"}, headers={"hx-request": "true"}
    )

    assert (told["HX-Retarget"], told["HX-Reswap"]) == ("#session-ended", "outerHTML")
    assert "HX-Refresh" not in told
    assert 'value="stay"' in told.content.decode()


def test_a_button_that_only_posts_leads_back_to_its_page(draft: Draft) -> None:
    told = Client().post(
        reverse("draft_create", args=[draft.pk]), headers={"referer": f"http://testserver{step(draft, 'review')}"}
    )

    assert told["Location"].endswith(f"/drafts/{draft.pk}/review/")


@pytest.mark.parametrize("referer", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_never_leads_elsewhere(referer: str, draft: Draft) -> None:
    told = Client().post(reverse("draft_create", args=[draft.pk]), headers={"referer": referer})

    assert told["Location"] == f"{reverse('login')}?next=/"
