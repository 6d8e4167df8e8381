"""The road of a new user: start the demo, sign in, create a policy for the organization, watch the fleet get patched.

Leaves a picture of each page under screenshots/.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from patchportal.processes import free_port
from tests.journeys.command_line import CommandLine

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "screenshots"
SPEED = 3600
"""Sandbox seconds in a real second: a day passes in 24."""
PATIENCE = 180
"""Seconds until something that is under way must have happened."""

pytestmark = [pytest.mark.demo, pytest.mark.browser]


@dataclass(frozen=True)
class Demo:
    """The addresses of a running demo."""

    portal: str
    sandbox: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own, stopped as Ctrl-C stops it."""
    folder, port, sandbox_port = tmp_path_factory.mktemp("demo"), free_port(), free_port()
    command = [sys.executable, "manage.py", "demo", "--port", str(port), "--sandbox-port", str(sandbox_port)]
    started = subprocess.Popen(
        [*command, "--speed", str(SPEED), "--folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "patchportal.settings", "PATCHPORTAL_PLAIN_HTTP": "true"},
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", started)
        yield Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}")
    finally:
        started.send_signal(signal.SIGINT)
        started.wait(30)


@pytest.fixture
def address(demo: Demo) -> str:
    """Where the portal of the demo is."""
    return demo.portal


def wait_for(url: str, started: subprocess.Popen[bytes]) -> None:
    """Return once the URL answers 200; fail when the demo ends before, or takes too long."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert started.poll() is None, "the demo ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"{url} does not answer")


@pytest.fixture
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """A wide English window."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


def picture(page: Page, name: str) -> None:
    """Leave a picture of the whole page once its fragments have arrived."""
    expect(page.locator(".loading")).to_have_count(0)
    PICTURES.mkdir(exist_ok=True)
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def go_on(page: Page) -> None:
    """Answer a screen and wait for the next."""
    before = page.url
    page.get_by_role("button", name="Next", exact=True).click()
    page.wait_for_url(lambda url: url != before)


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#id_username").fill("administrator")
    page.locator("#id_password").fill("set-the-policy")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")


def answer_the_steps(page: Page) -> None:
    """Scan and install every day, on the nodes that carry a tag, in the whole organization."""
    page.locator("#id_name").fill("Daily patching")
    picture(page, "wizard-1-name")
    go_on(page)
    page.locator("input[name=operation][value=ScanAndInstall]").check()
    page.locator("input[name=install_kind][value=daily]").check()
    picture(page, "wizard-2-schedule")
    go_on(page)
    picture(page, "wizard-3-baselines")
    go_on(page)
    picture(page, "wizard-4-logs")
    go_on(page)
    page.locator("input[name=node_scope][value=Tags]").check()
    page.locator("#id_tag_key").fill("Patch")
    page.locator("#id_tag_value").fill("true")
    expect(page.locator("#matches .figure").first).not_to_have_text("0")
    picture(page, "wizard-5-targets")
    go_on(page)
    page.locator("#id_attach_iam").check()
    picture(page, "wizard-6-rate")
    go_on(page)
    expect(page.locator("#plan li")).to_have_count(7)
    picture(page, "wizard-7-review")


def number(page: Page, selector: str) -> int:
    """A figure of the page."""
    return int(re.sub(r"\D", "", page.locator(selector).inner_text()))


def wait_until(page: Page, address: str, selector: str, at_least: int) -> None:
    """Open a page until its figure is large enough."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        page.goto(address)
        if number(page, selector) >= at_least:
            return
        page.wait_for_timeout(1000)
    pytest.fail(f"{selector} did not reach {at_least}")


def look_by_command_line(sandbox: str, policy_id: str, folder: Path) -> None:
    """The AWS client sees what the portal made, as it would in AWS."""
    shell = CommandLine(sandbox)
    management = shell.run("sts get-caller-identity")["Account"]
    shell.run(f"iam tag-user --user-name administrator --tags Key=QSConfigId-{policy_id},Value={policy_id}")
    file, bucket = folder / "baseline_overrides.json", f"aws-quicksetup-patchpolicy-{management}-{policy_id}"
    told = shell.run(f"s3api get-object --bucket {bucket} --key {file.name} {file}")
    assert told["ContentType"] == "application/json"
    assert told["ServerSideEncryption"] == "AES256"
    systems = [each["OperatingSystem"] for each in json.loads(file.read_text())]
    assert len(systems) == len(set(systems)) > 10

    name = f"AWS-QuickSetup-PatchPolicy-TA-{policy_id}"
    instances = shell.run(f"cloudformation list-stack-instances --stack-set-name {name}")["Summaries"]
    accounts = {each["Id"] for each in shell.run("organizations list-accounts")["Accounts"]} - {management}
    assert {each["Account"] for each in instances} == accounts
    assert {each["StackInstanceStatus"]["DetailedStatus"] for each in instances} == {"SUCCEEDED"}

    member = shell.in_account(min(accounts))
    assert member.run("sts get-caller-identity")["Account"] == min(accounts)
    found = {each["AssociationName"]: each for each in member.run("ssm list-associations")["Associations"]}
    scan = found[f"AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-{policy_id}"]
    assert scan["Name"] == "AWS-RunPatchBaseline"
    assert scan["Targets"] == [{"Key": "tag:Patch", "Values": ["true"]}]
    assert scan["ScheduleExpression"] == "cron(0 1 * * ? *)"


def test_a_new_user_comes_to_a_patched_fleet(demo: Demo, address: str, window: BrowserContext, tmp_path: Path) -> None:
    page = window.new_page()
    sign_in(page, address)
    wait_until(page, address, "#d-all", 100)
    picture(page, "dashboard-before")
    assert number(page, "#d-day") == 0

    page.get_by_role("link", name="Create patch policy").click()
    answer_the_steps(page)
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url(re.compile("/policies/[a-z0-9]{5}/$"))
    policy = page.url
    picture(page, "policy-deploying")

    # The page moves by itself, without being loaded again.
    expect(page.locator("#policy_bars dd").first).to_contain_text("Succeeded", timeout=PATIENCE * 1000)

    look_by_command_line(demo.sandbox, policy.rstrip("/")[-5:], tmp_path)
    wait_until(page, address, "#d-day", 80)
    picture(page, "dashboard-scanned")
    wait_until(page, f"{address}/nodes/?findings=up_to_date", "h1 .counter", 40)
    for name in ("", "deployments/", "accounts/", "nodes/", "baselines/", "history/"):
        page.goto(policy + name)
        picture(page, f"policy-{name.strip('/') or 'overview'}")
    for name in ("", "policies/", "nodes/", "nodes/1/", "accounts/"):
        page.goto(f"{address}/{name}")
        picture(page, name.strip("/").replace("/", "-") or "dashboard")


def test_the_sandbox_shows_what_the_portal_asked_it(demo: Demo, window: BrowserContext) -> None:
    page = window.new_page()
    page.goto(f"{demo.sandbox}/_sandbox/")
    expect(page.locator("#clock")).to_contain_text(f"× {SPEED}")
    page.get_by_role("link", name="Requests", exact=True).click()
    expect(page.get_by_role("rowheader", name="ssm ").first).to_be_visible(timeout=PATIENCE * 1000)


@pytest.mark.parametrize(
    ("width", "theme", "language"), [(400, "light", "en"), (1440, "dark", "ja"), (400, "dark", "ja")]
)
def test_each_page_fits_its_window(address: str, chromium: Browser, width: int, theme: str, language: str) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    sign_in(page, address)

    for name in ("", "policies/", "nodes/", "nodes/1/", "accounts/", "policies/new/"):
        page.goto(f"{address}/{name}")
        picture(page, f"{name.strip('/').replace('/', '-') or 'dashboard'}-{width}-{theme}-{language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
