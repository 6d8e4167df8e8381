"""The help of onboarding: what must stand in AWS before the first policy. Facts of AWS are those that it documents."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

PREPARING = (
    Topic(
        "onboarding",
        N_("Onboarding"),
        (
            N_(
                "These checks look at AWS each time the page is opened, and change nothing. Where the portal's role has"
                " the right to make what is missing, a button does it; the same can be done by hand, with the command "
                "line, CloudFormation or Terraform, by somebody who has more rights than the portal should have."
            ),
            N_(
                "Each button may be pressed again: it makes only what is not there yet. Who pressed it and how it "
                "ended is told below the checks. The read-only role reaches member accounts by a stack set of its own, "
                "which takes some minutes, and accounts that join the organization later get it by themselves. The page"
                " tries the role in the first 25 accounts; the command manage.py doctor tries it in all of them."
            ),
        ),
        links=("organizations-access", "stack-sets", "managed-nodes"),
    ),
)
