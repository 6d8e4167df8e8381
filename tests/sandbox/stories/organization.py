"""Organizations: units and accounts come, move and go; services are trusted and delegated."""

from __future__ import annotations

from tests.sandbox.conftest import MANAGEMENT, MEMBER
from tests.sandbox.terminal import Scene, refusal

PRODUCTION = "ou-demo-prod0001"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


def the_tree_is_read(scene: Scene) -> None:
    aws = scene.shell.run
    assert aws("organizations describe-organization")["Organization"]["MasterAccountId"] == MANAGEMENT
    root = aws("organizations list-roots")["Roots"][0]["Id"]
    units = aws(f"organizations list-organizational-units-for-parent --parent-id {root}")["OrganizationalUnits"]
    assert {unit["Name"] for unit in units} == {"Infrastructure", "Workloads"}
    told = aws(f"organizations list-children --parent-id {PRODUCTION} --child-type ACCOUNT")["Children"]
    accounts = aws(f"organizations list-accounts-for-parent --parent-id {PRODUCTION}")["Accounts"]
    assert {child["Id"] for child in told} == {account["Id"] for account in accounts}
    assert len(aws("organizations list-accounts")["Accounts"]) == 7
    assert aws(f"organizations list-parents --child-id {MEMBER}")["Parents"][0]["Id"] == PRODUCTION
    assert aws(f"organizations describe-account --account-id {MEMBER}")["Account"]["Name"] == "Shop Production"


def a_unit_is_made_filled_emptied_and_removed(scene: Scene) -> None:
    aws = scene.shell.run
    made = aws("organizations create-organizational-unit --parent-id r-demo --name Lab")["OrganizationalUnit"]["Id"]
    unit = f"--organizational-unit-id {made}"
    aws(f"organizations update-organizational-unit {unit} --name Labs")
    assert aws(f"organizations describe-organizational-unit {unit}")["OrganizationalUnit"]["Name"] == "Labs"
    aws(f"organizations tag-resource --resource-id {made} --tags Key=a,Value=b Key=c,Value=d")
    aws(f"organizations untag-resource --resource-id {made} --tag-keys a")
    assert aws(f"organizations list-tags-for-resource --resource-id {made}")["Tags"] == [{"Key": "c", "Value": "d"}]

    move = f"organizations move-account --account-id {MEMBER}"
    aws(f"{move} --source-parent-id {PRODUCTION} --destination-parent-id {made}")
    gone = f"organizations delete-organizational-unit {unit}"
    assert refusal(scene.shell, gone) == "OrganizationalUnitNotEmptyException"
    aws(f"{move} --source-parent-id {made} --destination-parent-id {PRODUCTION}")
    aws(gone)


def accounts_come_and_go(scene: Scene) -> None:
    aws = scene.shell.run
    asked = aws("organizations create-account --email new@example.com --account-name New")["CreateAccountStatus"]["Id"]
    scene.later(minutes=5)
    status = f"organizations describe-create-account-status --create-account-request-id {asked}"
    made = aws(status)["CreateAccountStatus"]["AccountId"]
    told = aws("organizations list-create-account-status --states SUCCEEDED")["CreateAccountStatuses"]
    assert [each["AccountId"] for each in told] == [made]
    # An account that was made here has no payment of its own: it cannot leave.
    refused = "ConstraintViolationException"
    assert refusal(scene.shell, f"organizations remove-account-from-organization --account-id {made}") == refused
    assert refusal(scene.shell.in_account(made), "organizations leave-organization") == refused
    aws(f"organizations close-account --account-id {made}")
    assert aws(f"organizations describe-account --account-id {made}")["Account"]["Status"] != "ACTIVE"


def a_service_is_trusted_and_delegated(scene: Scene) -> None:
    aws = scene.shell.run
    trusted = "organizations list-aws-service-access-for-organization"
    aws(f"organizations enable-aws-service-access --service-principal {STACK_SETS}")
    assert STACK_SETS in [each["ServicePrincipal"] for each in aws(trusted)["EnabledServicePrincipals"]]
    delegate = f"--account-id {MEMBER} --service-principal {STACK_SETS}"
    aws(f"organizations register-delegated-administrator {delegate}")
    told = aws("organizations list-delegated-administrators")["DelegatedAdministrators"]
    assert [each["Id"] for each in told] == [MEMBER]
    services = aws(f"organizations list-delegated-services-for-account --account-id {MEMBER}")["DelegatedServices"]
    assert [each["ServicePrincipal"] for each in services] == [STACK_SETS]
    aws(f"organizations deregister-delegated-administrator {delegate}")
    aws(f"organizations disable-aws-service-access --service-principal {STACK_SETS}")
    assert STACK_SETS not in [each["ServicePrincipal"] for each in aws(trusted)["EnabledServicePrincipals"]]
