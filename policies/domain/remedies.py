"""What to try when AWS refused a step of a deployment (aws-facts 9, "Failure modes")."""

from __future__ import annotations

from dataclasses import dataclass

from policies.domain.sentence import N_, Sentence


@dataclass(frozen=True)
class Remedy:
    """Applies when the action starts, the code equals and the message contains what is given; "" fits anything."""

    words: str
    action: str = ""
    code: str = ""
    message: str = ""

    def fits(self, action: str, code: str, message: str) -> bool:
        """Whether this is the remedy; words of AWS's message are compared without regard to case."""
        return (
            action.startswith(self.action)
            and (not self.code or code.casefold() == self.code.casefold())
            and self.message.casefold() in message.casefold()
        )


TRUST_SETS = N_(
    "Activate trusted access between CloudFormation StackSets and AWS Organizations in the management account, "
    "then retry."
)
ENABLE_REGION = N_("Enable the Region in the account, or leave the Region out of the policy.")
GRANT = N_("Let the portal's role use %(action)s (the command print_iam_policy writes the whole policy), then retry.")

REMEDIES = (
    Remedy(TRUST_SETS, message="trusted access"),
    Remedy(TRUST_SETS, message="organizations access"),
    Remedy(
        N_("Create the role AWS-QuickSetup-PatchPolicy-LocalExecutionRole in the account, then retry."),
        message="LocalExecutionRole",
    ),
    Remedy(
        N_("Create the role AWS-QuickSetup-PatchPolicy-LocalAdministrationRole in the account, then retry."),
        message="LocalAdministrationRole",
    ),
    Remedy(
        N_("A service control policy of the organization forbids it. Change the policy, or leave out the account."),
        message="service control policy",
    ),
    Remedy(
        N_("The name is taken in AWS by something that this policy did not make. Remove or rename it, then retry."),
        code="NameAlreadyExistsException",
    ),
    Remedy(
        N_("The bucket's name belongs to another account. Delete this policy and create it anew: it gets a new name."),
        code="BucketAlreadyExists",
    ),
    Remedy(
        N_("Something with this name exists in the account. Remove it there, then retry."),
        message="already exists",
    ),
    Remedy(
        N_("A quota of the account is reached. Raise it in Service Quotas or remove what is not needed, then retry."),
        message="limit exceeded",
    ),
    Remedy(ENABLE_REGION, message="region is disabled"),
    Remedy(ENABLE_REGION, message="opt-in"),
    Remedy(N_("Let another operation on the stack set end first, then retry."), code="OperationInProgressException"),
    Remedy(
        N_(
            "StackSets passes over accounts that are suspended. In CloudFormation, delete their stacks from the stack "
            "set and choose to retain them, then retry."
        ),
        code="StackSetNotEmptyException",
    ),
    Remedy(N_("Give the portal credentials of an AWS role, then retry."), code="NoCredentials"),
    Remedy(N_("It did not get its turn. Continue or retry the deployment."), code="cancelled"),
    Remedy(N_("The account is suspended. Leave it out of the policy, or close it for good."), message="suspended"),
)
FAULT = N_("This is a fault of the portal, not of AWS. Read the worker's log, and retry once it is mended.")
PORTAL_FAULT = "PortalFault"
"""Stands for AWS's code where it is the portal that failed."""
RETRY = N_("Mend what AWS names, then retry. What already stands in AWS stays as it is.")
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
READ_ROLE = N_(
    "Bring the portal's read-only role in the account up to date: the onboarding page has a button and a template for "
    "it. If a service control policy forbids it, allow it there."
)
OWN_ROLE = N_(
    "Bring the policy of the portal's own role up to date: the command print_iam_policy writes the whole of it."
)


def remedy_for(action: str, code: str, message: str) -> Sentence:
    """What to try. `action` is the IAM action that failed, "" for a fault of the portal's own."""
    if not action:
        return Sentence(FAULT)
    for remedy in REMEDIES:
        if remedy.fits(action, code, message):
            return Sentence(remedy.words)
    if code in DENIED:
        return Sentence(GRANT, {"action": action})
    return Sentence(RETRY)


def remedy_for_reading(code: str, is_own_account: bool) -> Sentence | None:
    """What to do when an account could not be read, in whole or in part; None where it mends itself.

    The portal reads its own account by its own role, all others through the read-only role.
    """
    if code == PORTAL_FAULT:
        return Sentence(FAULT)
    if code not in DENIED:
        return None
    return Sentence(OWN_ROLE if is_own_account else READ_ROLE)
