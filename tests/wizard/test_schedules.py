"""Step 2: common schedules become expressions and come back, one is copied to the other, and runs are told twice."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.domain.spec import Schedule
from policies.models import Draft
from policies.wizard.draft import begin_draft, form_of
from policies.wizard.facts import Facts
from policies.wizard.forms import ScheduleForm
from policies.wizard.forms.schedule import _answers_of
from policies.wizard.steps import find_step
from policies.wizard.viewer_clock import viewer_zone

pytestmark = pytest.mark.django_db

GIVEN: dict[str, object] = {
    "operation": "ScanAndInstall", "scan_kind": "recommended", "install_kind": "recommended", "install_wait": "on",
}  # fmt: skip


@pytest.fixture
def draft(administrator: User) -> Draft:
    """A draft whose first step is answered."""
    draft = begin_draft(administrator, timezone.now(), lambda: "abcde")
    draft.answers = {"name": {"name": ["Weekly patching"]}}
    draft.save()
    return draft


def send(client: Client, draft: Draft, **changes: object) -> HttpResponse:
    """Answer the step, with these changes to good answers."""
    return client.post(reverse("draft_step", args=[draft.pk, "schedule"]), {**GIVEN, **changes})  # type: ignore[return-value]


def schedules_of(draft: Draft, facts: Facts) -> tuple[str, str]:
    """The expressions of scan and installation as saved."""
    draft.refresh_from_db()
    step = find_step("schedule")
    assert step is not None
    form = form_of(draft, step, facts)
    assert isinstance(form, ScheduleForm)
    form.is_valid()
    return form.expression("scan"), form.expression("install")


def ask_runs(client: Client, draft: Draft, **changes: object) -> str:
    """The fragment beside the scan's schedule."""
    told = client.post(reverse("draft_preview", args=[draft.pk, "scan-runs"]), {**GIVEN, **changes})
    return told.content.decode()


@pytest.fixture
def facts(aws: object) -> Facts:
    """Questions that nobody asks here."""
    return Facts(lambda: pytest.fail("schedules need nothing of AWS"), timezone.now())


COMMON = [
    ({"kind": "daily", "time": "03:15"}, "cron(15 3 * * ? *)"),
    ({"kind": "weekly", "weekdays": ["2", "6"], "time": "03:15"}, "cron(15 3 ? * MON,FRI *)"),
    ({"kind": "monthly", "nth": "2", "weekday": "3", "time": "03:15"}, "cron(15 3 ? * TUE#2 *)"),
    ({"kind": "monthly", "nth": "L", "weekday": "1", "time": "00:00"}, "cron(0 0 ? * SUNL *)"),
    ({"kind": "cron", "cron": "cron(0 6 1 * ? *)"}, "cron(0 6 1 * ? *)"),
]


@pytest.mark.parametrize(("chosen", "expression"), COMMON)
def test_a_common_schedule_becomes_an_expression_that_is_shown(
    chosen: dict[str, object], expression: str, as_administrator: Client, draft: Draft, facts: Facts
) -> None:
    answers = {f"{purpose}_{part}": value for part, value in chosen.items() for purpose in ("scan",)}

    assert send(as_administrator, draft, **answers).status_code == 302
    assert schedules_of(draft, facts) == (expression, "cron(0 2 ? * SUN *)")
    assert f"<code>{expression}</code>" in ask_runs(as_administrator, draft, **answers)


@pytest.mark.parametrize(("chosen", "expression"), COMMON)
def test_a_stored_expression_opens_in_the_fields_that_can_tell_it(chosen: dict[str, object], expression: str) -> None:
    answers = _answers_of("install", Schedule(expression, wait_for_first_interval=False))

    assert {part: answers[f"install_{part}"] for part in chosen} == {
        part: value if isinstance(value, list) else [value] for part, value in chosen.items()
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scan_kind": "weekly", "scan_time": "01:00"}, "scan_weekdays"),
        ({"scan_kind": "weekly", "scan_time": "01:00", "scan_weekdays": "8"}, "scan_weekdays"),
        ({"scan_kind": "weekly", "scan_time": "1 o'clock", "scan_weekdays": "1"}, "scan_time"),
        ({"install_kind": "monthly", "install_time": "01:00", "install_weekday": "1"}, "install_nth"),
        ({"install_kind": "monthly", "install_time": "01:00", "install_nth": "1"}, "install_weekday"),
        (
            {"install_kind": "monthly", "install_time": "01:00", "install_nth": "6", "install_weekday": "1"},
            "install_nth",
        ),
        ({"install_kind": "yearly"}, "install_kind"),
    ],
)
def test_what_is_missing_is_told_beside_its_field(
    changes: dict[str, object], field: str, as_administrator: Client, draft: Draft
) -> None:
    told = send(as_administrator, draft, **changes)

    assert told.status_code == 422
    assert f'id="id_{field}_error"' in told.content.decode()


def test_fields_of_other_kinds_do_not_matter(as_administrator: Client, draft: Draft) -> None:
    assert (
        send(as_administrator, draft, scan_weekdays="9", scan_time="x", scan_nth="x", scan_cron="").status_code == 302
    )


def test_the_scanning_schedule_is_copied_to_the_installation(
    as_administrator: Client, draft: Draft, facts: Facts
) -> None:
    chosen = {"scan_kind": "monthly", "scan_nth": "2", "scan_weekday": "3", "scan_time": "03:00"}

    for _ in range(2):
        told = send(as_administrator, draft, **chosen, go="copy-scan")
        assert told["Location"] == reverse("draft_step", args=[draft.pk, "schedule"]) + "#install-title"
        assert schedules_of(draft, facts) == ("cron(0 3 ? * TUE#2 *)", "cron(0 3 ? * TUE#2 *)")
    assert draft.answers["schedule"]["install_wait"] == ["on"]


def test_the_recommended_scan_is_copied_as_what_it_stands_for(
    as_administrator: Client, draft: Draft, facts: Facts
) -> None:
    send(as_administrator, draft, go="copy-scan")

    assert schedules_of(draft, facts) == ("cron(0 1 * * ? *)", "cron(0 1 * * ? *)")


def test_a_scan_without_a_schedule_leaves_the_installation_as_it_was(
    as_administrator: Client, draft: Draft, facts: Facts
) -> None:
    send(as_administrator, draft, scan_kind="daily", scan_time="", go="copy-scan")

    assert schedules_of(draft, facts) == ("", "cron(0 2 ? * SUN *)")


def test_runs_are_told_in_the_viewers_zone_too(as_administrator: Client, draft: Draft) -> None:
    as_administrator.cookies["zone"] = "Asia/Tokyo"

    page = ask_runs(as_administrator, draft)

    assert '<th scope="col">Asia/Tokyo</th>' in page
    assert page.count(" 01:00</td>") == page.count(" 10:00</td>") == 10


def test_a_change_of_the_clocks_is_told_at_its_row(as_administrator: Client, draft: Draft) -> None:
    as_administrator.cookies["zone"] = "Europe/Berlin"

    page = ask_runs(as_administrator, draft, scan_kind="monthly", scan_nth="1", scan_weekday="1", scan_time="02:00")

    assert "Daylight saving: clocks go" in page


def test_without_a_zone_only_utc_is_told(as_administrator: Client, draft: Draft) -> None:
    page = ask_runs(as_administrator, draft)

    assert page.count('<th scope="col"') == 2
    assert page.count(" 01:00</td>") == 10


@pytest.mark.parametrize(
    "name",
    ["", "Nowhere/Town", "../../etc/passwd", "/etc/localtime", "America", "Asia/Tokyo\x00", "<script>", "A" * 9999,
     "Asia/" + "x" * 50, "zone.tab", "tzdata.zi", "Europe//Paris", "東京"],
)  # fmt: skip
def test_a_hostile_name_is_no_zone(name: str) -> None:
    assert viewer_zone({"zone": name}) is None
