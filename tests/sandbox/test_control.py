"""The sandbox's own door: pages for people, JSON for programs, and nobody led to it by another site."""

from __future__ import annotations

import re
from datetime import timedelta
from html import escape

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.console.changes import CHANGES
from sandbox.console.lists import PAGE
from sandbox.console.pages import HERE, PAGES
from sandbox.control import FORM
from sandbox.engine.faults import Fault, FaultKind
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.sandbox.conftest import BEGIN, MEMBER, Connect

HOST = "127.0.0.1:5000"
BROWSER = {"Host": HOST, "Accept": "text/html", "Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
HOSTILE = '<script>alert("&")</script>'


class Window:
    """A browser at the sandbox's door."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.client = Client(sandbox)

    def see(self, name: str, **asked: str) -> str:
        """The page's HTML."""
        answer = self.client.get(f"/_sandbox/{name}", query_string=asked, headers=BROWSER)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, what: str, *, origin: str = "/_sandbox/", **told: str) -> TestResponse:
        """A form on one of the pages."""
        headers = {**BROWSER, "Referer": f"http://{HOST}{origin}", "Content-Type": FORM}
        return self.client.post(f"/_sandbox/{what}", data=told, headers=headers)

    def post(self, what: str, told: object, **headers: str) -> TestResponse:
        """JSON, as a program sends it."""
        return self.client.post(f"/_sandbox/{what}", json=told, headers={"Host": HOST, **headers})


@pytest.fixture
def window(sandbox: Sandbox) -> Window:
    return Window(sandbox)


def rows_of(html: str) -> int:
    return len(re.findall(r'<th scope="row">', html))


def test_a_program_is_told_the_state_as_json(window: Window, world: World) -> None:
    told = window.client.get("/_sandbox/", headers={"Host": HOST}).get_json()

    assert told == window.client.get("/_sandbox/state", headers=BROWSER).get_json()
    assert (told["now"], told["speed"], told["accounts"]) == (BEGIN.isoformat(), 0, 7)
    assert sum(told["nodes"].values()) == len(world.fleet.nodes)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_one_that_its_content_policy_allows(window: Window, name: str) -> None:
    answer = window.client.get(f"/_sandbox/{name}", headers=BROWSER)

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src=)", answer.text) == []
    for address in re.findall(r'(?:href|src)="(/_sandbox/static/[^"]+)"', answer.text):
        assert window.client.get(address, headers=BROWSER).status_code == 200


def test_what_is_not_there_is_not_found(window: Window) -> None:
    for what in ("static/../pages.py", "static/none.css", "nothing"):
        assert window.client.get(f"/_sandbox/{what}", headers=BROWSER).status_code == 404
    assert window.send("nothing").status_code == 404
    assert window.client.delete("/_sandbox/", headers=BROWSER).status_code == 405
    assert window.client.post("/_sandbox/clock", data=b"x", headers={"Host": HOST}).status_code == 415
    assert sorted(path.stem for path in (HERE / "templates").glob("[a-z]*.html")) == sorted(
        {*PAGES, "base", "overview", "refused"} - {""}
    )


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.example:5000", "", "[::1", "10.0.0.1:5000"])
def test_a_name_that_was_bound_to_this_machine_opens_nothing(window: Window, host: str) -> None:
    answer = window.client.get("/_sandbox/", headers={**BROWSER, "Host": host})
    assert answer.status_code == 403
    assert "this machine alone" in answer.text


@pytest.mark.parametrize("host", ["localhost:5000", "127.0.0.1", "[::1]:5000"])
def test_this_machine_s_own_names_open_it(window: Window, host: str) -> None:
    assert window.client.get("/_sandbox/", headers={**BROWSER, "Host": host}).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("what", CHANGES)
def test_another_site_changes_nothing(window: Window, world: World, what: str, sent: dict[str, str]) -> None:
    world.faults.add(Fault(FaultKind.SLOW))
    told = {"advance_seconds": 60, "kind": "slow", "fault_id": 1}

    assert window.post(what, told, **sent).status_code == 403
    assert world.now() == BEGIN
    assert len(world.faults.planned) == 1


def test_the_clock_is_stepped_and_paced(window: Window, world: World) -> None:
    answer = window.send("clock", advance_seconds="86400")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_sandbox/")
    assert world.now() == BEGIN + timedelta(days=1)
    assert "Tue 24 Nov 2026, 12:00:00" in window.see("")

    assert window.post("clock", {"speed": 1440}).get_json()["speed"] == 1440
    assert 'value="1440" aria-pressed="true"' in window.see("")


def test_policies_are_enforced_when_asked(window: Window, world: World) -> None:
    window.send("iam", enforce="true")
    assert world.enforces_iam
    assert 'value="true" aria-pressed="true"' in window.see("")

    assert window.post("iam", {"enforce": False}).get_json()["enforces_iam"] is False


@pytest.mark.parametrize(
    ("what", "told", "why"),
    [
        ("clock", {"pace": 1}, "a clock takes advance_seconds or speed"),
        ("clock", {"advance_seconds": 61 * 86_400}, "at most 60 days at a time"),
        ("clock", {"advance_seconds": -1}, "time does not run backwards"),
        ("clock", {"speed": 86_401}, "speed is 0 to 86400 sandbox seconds a second"),
        ("iam", {"enforce": "maybe"}, "enforce is true or false"),
        ("node", {"instance_id": "i-none", "state": "stopped"}, "no node i-none is there"),
        ("node", {"state": "stopped"}, "instance_id is missing"),
        ("fault", {"kind": "flood"}, "'flood' is not a valid FaultKind"),
        ("fault", {"kind": "slow", "probability": 2}, "probability is above 0 and at most 1"),
        ("fault/remove", {"fault_id": 9}, "no fault has the id 9"),
    ],
)
def test_what_cannot_be_done_is_said(window: Window, what: str, told: dict[str, object], why: str) -> None:
    answer = window.post(what, told)
    assert (answer.status_code, answer.get_json()) == (400, {"error": why})

    page = window.send(what, **{name: str(value) for name, value in told.items()})
    assert page.status_code == 400
    assert escape(why, quote=True).replace("&#x27;", "&#39;") in page.text


@pytest.mark.parametrize("told", [[], 1, "clock", {"advance_seconds": 1e300}, {"speed": [1]}])
def test_nonsense_is_refused(window: Window, told: object) -> None:
    assert window.post("clock", told).status_code == 400


def test_a_node_is_stopped_started_lost_found_and_ended(window: Window, world: World, client: Connect) -> None:
    node = next(n for n in world.fleet.within(MEMBER, "us-east-1") if not n.is_hybrid and n.contact == "Online")

    def change(**told: str) -> str:
        answer = window.send("node", origin="/_sandbox/nodes?search=web", instance_id=node.instance_id, **told)
        assert answer.headers["Location"] == "/_sandbox/nodes?search=web"
        return f"{node.state} {node.contact}"

    assert change(state="stopped") == "stopped Online"
    assert change(state="running") == "running Online"
    assert change(contact="ConnectionLost") == "running ConnectionLost"
    told = client("ssm", MEMBER).describe_instance_information(
        Filters=[{"Key": "InstanceIds", "Values": [node.instance_id]}]
    )
    assert told["InstanceInformationList"][0]["PingStatus"] == "ConnectionLost"
    assert change(contact="Online") == "running Online"
    assert change(state="terminated") == "terminated Online"
    assert window.send("node", instance_id=node.instance_id, state="running").status_code == 400


def test_nodes_are_found_by_what_they_are_and_a_page_at_a_time(window: Window, world: World) -> None:
    node = next(iter(world.fleet.nodes.values()))
    everywhere = len(world.fleet.nodes)
    assert everywhere > 2 * PAGE

    assert rows_of(window.see("nodes", search=node.instance_id.upper())) == 1
    assert rows_of(window.see("nodes", search="no such node")) == 0
    assert 'value="no such node"' in window.see("nodes", search="no such node")
    seen = [rows_of(window.see("nodes", page=number)) for number in ("1", "2", "3", "99", "-1", "9" * 5000)]
    assert seen == [PAGE, PAGE, everywhere - 2 * PAGE, everywhere - 2 * PAGE, PAGE, PAGE]
    assert 'href="?search=i-&amp;page=2"' in window.see("nodes", search="i-")


def test_accounts_are_told_with_their_units_and_nodes(window: Window, world: World) -> None:
    html = window.see("accounts", search=MEMBER)
    running = sum(n.account_id == MEMBER and n.state == "running" for n in world.fleet.nodes.values())

    assert rows_of(html) == 1
    assert world.organization.units[world.organization.accounts[MEMBER].parent_id].name in html
    assert f'data-label="Running">{running}<' in html
    assert rows_of(window.see("accounts")) == 7


def test_a_fault_is_planned_by_a_form_strikes_and_is_removed(window: Window, world: World, client: Connect) -> None:
    answer = window.send("fault", origin="/_sandbox/faults", kind="throttling", service="ssm", action="List*",
                         account=MEMBER, region="", after="1", count="2", probability="0.5", seconds="")  # fmt: skip
    assert answer.headers["Location"] == "/_sandbox/faults"
    assert world.faults.planned == [
        Fault(FaultKind.THROTTLING, "ssm", "List*", MEMBER, after=1, count=2, probability=0.5, fault_id=1)
    ]
    client("ssm", MEMBER).list_associations()
    assert "0 of 1" in window.see("faults")
    assert "2 calls, after 1 in scope, with probability 0.5" in window.see("faults")

    window.send("fault", kind="slow")
    window.send("fault/remove", fault_id="1")
    assert [fault.fault_id for fault in world.faults.planned] == [2]
    window.send("faults/clear")
    assert "Nothing is planned to go wrong." in window.see("faults")


def test_the_log_is_filtered(window: Window, world: World, client: Connect) -> None:
    client("ssm", MEMBER, "eu-west-1").list_associations()
    world.faults.add(Fault(FaultKind.THROTTLING))
    with pytest.raises(Exception, match="Rate exceeded"):
        client("sts").get_caller_identity()

    assert rows_of(window.see("requests")) == 2
    assert rows_of(window.see("requests", service="ssm", region="eu-west-1", account=MEMBER)) == 1
    failed = window.see("requests", failed="true", action="")
    assert rows_of(failed) == 1
    assert "400 Throttling" in failed
    assert "fault: throttling" in failed
    told = window.client.get("/_sandbox/requests?service=ssm&region=", headers={"Host": HOST}).get_json()["requests"]
    assert [(each["action"], each["status"]) for each in told] == [("ListAssociations", 200)]


def test_hostile_words_stay_words(window: Window, world: World, client: Connect) -> None:
    node = next(iter(world.fleet.nodes.values()))
    node.name, node.tags = HOSTILE, {HOSTILE: HOSTILE}
    world.organization.accounts[MEMBER].name = HOSTILE
    world.faults.add(Fault(FaultKind.SLOW, service=HOSTILE, account=HOSTILE))
    scope = f"Credential=AKIADHPWNEHFAAAAAAAA/20261123/{HOSTILE.replace('/', '')}/ssm/aws4_request"
    window.client.post("/", headers={"X-Amz-Target": f"AmazonSSM.{HOSTILE}", "Authorization": scope})

    for name in PAGES:
        html = window.see(name, search=HOSTILE) + window.see(name, service=HOSTILE) + window.see(name)
        assert "alert" in html or name == ""
        assert "<script>alert" not in html
    assert "<script>alert" not in window.send("node", instance_id=HOSTILE, state="stopped").text
