"""Each check says how things stand: in an organization where nothing is set up, in one that is, and from elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem
from policies.domain.status import CheckStatus
from policies.models import Event, What
from policies.onboard import questions
from policies.onboard.checks import CHECKS, Finding, look
from policies.onboard.prepare import STEPS, prepare
from policies.onboard.remedies import REMEDIES
from sandbox.wire import Sandbox
from tests.worlds import BEGIN, MANAGEMENT, MEMBER, leave_organization, open_sandbox, sign_in

pytestmark = pytest.mark.django_db
READY, LIMITED, LACKING, UNTOLD = CheckStatus


def found(aws: Aws, most_accounts: int = 9) -> dict[str, Finding]:
    """The findings by the slugs of their checks."""
    return {finding.check.slug: finding for finding in look(aws, most_accounts).findings}


def statuses(aws: Aws) -> dict[str, CheckStatus]:
    return {slug: finding.status for slug, finding in found(aws).items()}


def test_where_nothing_is_set_up_each_check_says_what_lacks(aws: Aws) -> None:
    assert statuses(aws) == {
        "identity": READY,
        "rights": READY,
        "home-region": READY,
        "trusted-access": LACKING,
        "stack-sets": LACKING,
        "local-roles": LACKING,
        "observer": LACKING,
        "nodes": LIMITED,
    }


def test_in_an_organization_that_is_set_up_all_is_fine() -> None:
    assert look(sign_in(open_sandbox()), most_accounts=9).is_ready


def test_each_step_makes_its_check_fine_and_can_be_done_again(aws: Aws, sandbox: Sandbox) -> None:
    for slug in (*STEPS, *STEPS):
        prepare(slug, "ann", aws, BEGIN)
        sandbox.world.clock.advance(timedelta(minutes=10))

        finding = found(aws)[slug]
        assert finding.status == READY, str(finding.told)


def test_a_step_is_told_in_the_history_before_it_begins_and_when_it_has_ended(aws: Aws) -> None:
    prepare("local-roles", "ann", aws, BEGIN)
    with pytest.raises(PermanentProblem, match="organizations access"):
        prepare("observer", "ann", aws, BEGIN)

    told = list(Event.objects.order_by("pk").values_list("verb", "after__step"))
    said = Event.objects.order_by("pk").values_list("after__told", flat=True)
    begun, done, failed = What.PREPARATION_BEGUN, What.PREPARATION_DONE, What.PREPARATION_FAILED
    assert told == [(begun, "local-roles"), (done, "local-roles"), (begun, "observer"), (failed, "observer")]
    assert "organizations access" in list(said)[-1]


def test_a_step_that_was_interrupted_goes_on_where_it_was(aws: Aws, sandbox: Sandbox) -> None:
    prepare("local-roles", "ann", aws, BEGIN)
    roles = sandbox.world.account(MANAGEMENT).roles
    execution = roles["AWS-QuickSetup-PatchPolicy-LocalExecutionRole"]
    attached, execution.attached = execution.attached, []

    prepare("local-roles", "ann", aws, BEGIN)

    assert execution.attached == attached != []


def test_rights_that_lack_are_named(sandbox: Sandbox) -> None:
    sandbox.world.account(MANAGEMENT).user_attached = ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]

    finding = found(sign_in(sandbox))["rights"]

    assert finding.status == LACKING
    assert "account:ListRegions" in str(finding.told)


@pytest.mark.parametrize("is_lone", [False, True])
def test_from_a_member_or_lone_account_the_organization_s_checks_do_not_matter(is_lone: bool, sandbox: Sandbox) -> None:
    if is_lone:
        leave_organization(sandbox.world, MEMBER)

    told = statuses(sign_in(sandbox, MEMBER))

    organizational = ("identity", "trusted-access", "stack-sets", "observer")
    assert {told[slug] for slug in organizational} == {LIMITED}
    assert told["local-roles"] == LACKING


def test_a_refused_look_is_not_taken_for_a_finding(sandbox: Sandbox) -> None:
    may = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    may_not = {"Effect": "Deny", "Action": "iam:GetRole", "Resource": "*"}
    trust = sandbox.world.account(MANAGEMENT)
    trust.user_inline, sandbox.world.enforces_iam = {"Most": {"Statement": [may, may_not]}}, True

    finding = found(sign_in(sandbox))["local-roles"]

    assert finding.status == UNTOLD
    assert "iam:GetRole" in str(finding.told)


def test_no_more_accounts_are_tried_than_was_asked(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def let_in(_aws: Aws, account: str) -> str:
        tried.append(account)
        return ""

    monkeypatch.setattr(questions, "_refusal", let_in)

    assert "2 accounts that were tried, of 6" in str(found(aws, most_accounts=2)["observer"].told)
    assert len(tried) == 2


def test_each_check_has_its_remedies_and_each_step_its_check() -> None:
    slugs = [check.slug for check in CHECKS]

    assert list(REMEDIES) == slugs
    assert set(STEPS) <= set(slugs)


def test_roles_of_an_older_rollout_are_found_and_brought_up_to_date_by_the_button(
    aws: Aws, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:Describe*", "Resource": "*"}]}
    prepare("trusted-access", "ann", aws, BEGIN)
    with monkeypatch.context() as before:
        before.setattr("policies.onboard.remedies.member_policy", lambda: older)
        prepare("observer", "ann", aws, BEGIN)
    sandbox.world.clock.advance(timedelta(minutes=10))
    assert found(aws)["observer"].status == LACKING

    prepare("observer", "ann", aws, BEGIN)
    sandbox.world.clock.advance(timedelta(minutes=10))

    assert found(aws)["observer"].status == READY
