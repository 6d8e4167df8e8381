"""What the checks of onboarding ask AWS: each question is answered with a status and a sentence. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from policies.aws import groundwork
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.organization import Caller, list_members, list_regions, place_of
from policies.aws.stack_sets import read_stack_set
from policies.domain import naming
from policies.domain.sentence import N_, Sentence, counted
from policies.domain.status import CheckStatus
from policies.domain.targets import REGIONS
from policies.management.commands.print_iam_policy import portal_policy
from policies.models import Node, Shard
from policies.onboard.examples import example_of
from policies.onboard.remedies import member_roles
from policies.plan.groundwork import observer_set

READY, LIMITED, LACKING = CheckStatus.READY, CheckStatus.LIMITED, CheckStatus.LACKING
NAMED = 8
"""How many actions a sentence names at most."""


@dataclass(frozen=True)
class Scene:
    """What the checks look at. `most_accounts`: how many member accounts are tried at most."""

    aws: Aws
    caller: Caller
    most_accounts: int


OTHER_ROLLOUT = N_(
    "The roles in the accounts are those of another version of the portal. Roll them out anew: this one may read more."
)
Answer = tuple[CheckStatus, Sentence]


def identity(scene: Scene) -> Answer:
    """Who is signed in, and what follows for the reach of policies."""
    caller = scene.caller
    facts = {"arn": caller.arn, "account": caller.account_id, "organization": caller.organization_id}
    if caller.is_management:
        words = N_("%(arn)s, in the management account %(account)s of the organization %(organization)s.")
        return READY, Sentence(words, facts)
    if caller.is_member:
        words = N_("%(arn)s, in a member account of %(organization)s: policies can reach this account alone.")
        return LIMITED, Sentence(words, facts)
    return LIMITED, Sentence(N_("%(arn)s, in an account without an organization: policies reach it alone."), facts)


def rights(scene: Scene) -> Answer:
    """What IAM's own simulation says of the printed policy."""
    source = _policy_source(scene)
    if not source:
        return LIMITED, Sentence(N_("IAM can tell the rights of a role or a user alone, not of this identity."))
    asked = [example_of(s, scene.caller.account_id, scene.aws.region) for s in portal_policy()["Statement"]]
    refused = groundwork.list_refused(scene.aws, source, asked)
    if refused:
        some = ", ".join(refused[:NAMED]) + (" ..." if len(refused) > NAMED else "")
        return LACKING, counted(
            "IAM refuses %(count)s action: %(actions)s",
            "IAM refuses %(count)s actions: %(actions)s",
            len(refused),
            {"actions": some},
        )
    total = len({action for statement in asked for action in statement["Action"]})
    return READY, counted(
        "IAM allows the %(count)s action that the portal needs.",
        "IAM allows all %(count)s actions that the portal needs.",
        total,
    )


def _policy_source(scene: Scene) -> str:
    """The ARN whose policies count: the role's behind a session, or the user's; "" for any other identity."""
    kind, _, rest = scene.caller.arn.split(":")[5].partition("/")
    if kind == "assumed-role":
        return groundwork.role_arn(scene.aws, rest.split("/")[0])
    return scene.caller.arn if kind == "user" else ""


def home_region(scene: Scene) -> Answer:
    """Whether policies can live in the home Region."""
    region = scene.aws.region
    if region not in REGIONS:
        words = N_("%(region)s is none of the 16 Regions in which Quick Setup supports patch policies.")
        return LACKING, Sentence(words, {"region": region})
    enabled = {fact.name for fact in list_regions(scene.aws) if fact.is_enabled}
    if region not in enabled:
        return LACKING, Sentence(N_("The account has not enabled %(region)s."), {"region": region})
    return READY, Sentence(N_("Policies live in %(region)s, which the account has enabled."), {"region": region})


def trusted_access(scene: Scene) -> Answer:
    """Whether the organization trusts StackSets."""
    if not scene.caller.is_management:
        return _not_needed()
    if groundwork.STACK_SETS_PRINCIPAL in groundwork.list_trusted_services(scene.aws):
        return READY, Sentence(N_("The organization trusts CloudFormation StackSets."))
    return LACKING, Sentence(N_("The organization does not trust CloudFormation StackSets yet."))


def activation(scene: Scene) -> Answer:
    """Whether StackSets is active for the organization."""
    if not scene.caller.is_management:
        return _not_needed()
    if groundwork.are_stack_sets_active(scene.aws):
        return READY, Sentence(N_("CloudFormation StackSets may deploy to the organization."))
    return LACKING, Sentence(N_("CloudFormation StackSets may not deploy to the organization yet."))


def local_roles(scene: Scene) -> Answer:
    """Whether the pair for this account stands."""
    pair = (naming.ADMINISTRATION_ROLE, naming.EXECUTION_ROLE)
    missing = [name for name in pair if not groundwork.role_arn(scene.aws, name)]
    if missing:
        return LACKING, Sentence(N_("Not in this account yet: %(roles)s"), {"roles": ", ".join(missing)})
    return READY, Sentence(N_("Both roles stand in this account."))


def observer(scene: Scene) -> Answer:
    """Whether member accounts let the portal in, as far as they are tried."""
    if not scene.caller.is_management:
        return _not_needed()
    members = [account.account_id for account in list_members(scene.aws)]
    tried = members[: scene.most_accounts]
    refusals = {account: said for account in tried if (said := _refusal(scene.aws, account))}
    facts = {"tried": len(tried), "members": len(members), "refused": len(refusals), "role": _read_role()}
    if not refusals and _is_behind(scene):
        return LACKING, Sentence(OTHER_ROLLOUT)
    if not refusals:
        words = N_("%(role)s let the portal in to each of %(tried)s accounts that were tried, of %(members)s.")
        return READY, Sentence(words, facts)
    words = N_("%(refused)s of %(tried)s accounts that were tried (of %(members)s) do not let the portal in: %(said)s")
    account, said = next(iter(refusals.items()))
    return LACKING, Sentence(words, {**facts, "said": f"{account}: {said}"})


def _is_behind(scene: Scene) -> bool:
    """Whether the stack set brings other roles than those that are needed now; one made by hand is not looked into."""
    place = place_of(scene.caller, scene.aws.region)
    found = read_stack_set(scene.aws, naming.OBSERVER_SET, place.home_region)
    return found is not None and found.resource.template != observer_set(place, member_roles(place)).template


def _refusal(aws: Aws, account_id: str) -> str:
    try:
        aws.in_account(account_id)
    except AwsProblem as problem:
        return str(problem)
    return ""


def _read_role() -> str:
    return str(settings.AWS_READ_ROLE_NAME)


def node_access(_scene: Scene) -> Answer:
    """Whether the last reading of the accounts found nodes."""
    if not Shard.objects.exclude(collected_at=None).exists():
        return LIMITED, Sentence(N_("No account has been read yet. A worker does it within minutes."))
    count = Node.objects.living().count()
    if not count:
        return LACKING, Sentence(N_("Systems Manager knows no node in the accounts that were read."))
    return READY, counted(
        "Systems Manager knows %(count)s node in the accounts that were read.",
        "Systems Manager knows %(count)s nodes in the accounts that were read.",
        count,
    )


def _not_needed() -> Answer:
    return LIMITED, Sentence(N_("Only a policy of an organization needs it, and that needs its management account."))
