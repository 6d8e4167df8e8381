"""Fields: label, texts and errors belong to their control, for eyes and for screen readers."""

from __future__ import annotations

import re

from django.template.loader import render_to_string

from tests.shell.urls import Answers


def show(name: str, answers: dict[str, str] | None = None, **given: object) -> str:
    form = Answers(answers) if answers is not None else Answers()
    return render_to_string("components/field.html", {"field": form[name], **given})


def described_by(html: str, control: str) -> list[str]:
    tag = re.search(rf"<{control}[^>]*>", html)
    assert tag is not None
    ids = re.search(r'aria-describedby="([^"]*)"', tag[0])
    return ids[1].split() if ids else []


def test_a_control_is_described_by_its_texts_in_reading_order() -> None:
    html = show("name", {"name": ""}, constraint="At most 10 characters.")
    ids = described_by(html, "input")
    assert ids == ["id_name_description", "id_name_constraint", "id_name_error"]
    assert all(f'id="{each}"' in html for each in ids)
    assert 'aria-invalid="true"' in html


def test_a_control_without_texts_is_described_by_nothing() -> None:
    assert "aria-describedby" not in show("cron")


def test_the_label_leads_to_the_control() -> None:
    html = show("operation")
    assert '<label for="id_operation">Operation' in html
    assert '<select name="operation" id="id_operation">' in html


def test_a_description_given_by_the_page_wins_over_the_help_text() -> None:
    html = show("name", description="Only here.")
    assert "Only here." in html
    assert "Shown everywhere." not in html


def test_choices_are_a_named_group_that_an_error_can_link_to() -> None:
    html = show("kind", {"kind": "never"}, descriptions={"cron": "Six fields."}, tiles=True)
    assert re.search(r'<fieldset[^>]* id="id_kind" tabindex="-1"', html)
    assert described_by(html, "fieldset") == ["id_kind_description", "id_kind_error"]
    assert re.search(r"<legend[^>]*>Kind</legend>", html)
    assert "<span>CRON</span><small>Six fields.</small>" in html


def test_a_checkbox_stands_before_its_label_and_text() -> None:
    html = show("wait")
    assert re.search(r'<label class="choice"><input type="checkbox".*<span>Wait</span>', html, re.DOTALL)
    assert described_by(html, "input") == ["id_wait_description"]


def test_what_was_typed_is_kept_and_escaped() -> None:
    html = show("name", {"name": '"><script>alert(1)</script>'})
    assert "<script>" not in html
    assert "&#34;&gt;&lt;script&gt;" in html


def test_only_what_is_optional_says_so() -> None:
    assert "optional" in show("cron", optional=True)
    assert "optional" not in show("name")


def test_the_summary_links_each_error_to_its_field() -> None:
    form = Answers({"kind": "cron", "operation": "scan", "wait": "on"})
    form.add_error(None, "Choose another account.")
    html = render_to_string("components/error_summary.html", {"form": form})
    assert "<li>Choose another account.</li>" in html
    assert re.findall(r'<a href="#(\w+)">', html) == ["id_name"]


def test_a_form_without_errors_has_no_summary() -> None:
    assert render_to_string("components/error_summary.html", {"form": Answers()}).strip() == ""
