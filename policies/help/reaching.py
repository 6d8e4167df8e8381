"""The help of the wizard's headings from its targets to its review. Facts of AWS are those of its documentation."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

REACHING = (
    Topic(
        "target-accounts",
        N_("Accounts and Regions"),
        (
            N_(
                "For an organization the policy is deployed by CloudFormation stack sets: to every account of the "
                "chosen units, those in nested units included, and by themselves to accounts that join later. Stack "
                "sets with service-managed permissions never reach the management account, so it is deployed to "
                "separately when the targets include it."
            ),
            N_(
                "Patch policies are supported in 16 Regions. A Region that an account has not opted in to cannot be "
                "deployed to there. The current account alone, in one or more Regions, needs no organization."
            ),
        ),
        links=("policies", "stack-sets"),
    ),
    Topic(
        "target-nodes",
        N_("Nodes"),
        (
            N_(
                "A policy reaches managed nodes: instances and servers on which SSM Agent runs and whose role lets "
                "them register with Systems Manager. Of those in the chosen accounts and Regions you take all, those "
                "of a resource group, those with a tag, or a list."
            ),
            N_(
                "A tag is one key and one value; without a value every node that has the key is taken. A node that "
                "gets the tag tomorrow is patched tomorrow, so prefer tags to lists. Resource groups work for a "
                "single account only, and lists for EC2 instances only."
            ),
            N_(
                "A node can be under several policies. Each runs on it, and the newest scan decides what its "
                "compliance shows."
            ),
        ),
        links=("managed-nodes", "associations"),
    ),
    Topic(
        "matches",
        N_("What these targets match now"),
        (
            N_(
                "These counts are taken from what the portal last read of AWS, at the time that is shown, and change "
                "when nodes come and go. Each number opens the list behind it. Nothing is deployed by looking."
            ),
            N_(
                "Doubts are told before Create: nodes that are under another policy or another scanner, whose result "
                "would overwrite this policy's because the newest scan wins; nodes whose role lacks the access or the"
                " tag that opens the override file; and accounts or Regions that could not be counted, with the "
                "reason. A doubt does not stop you."
            ),
        ),
        links=("overwrites", "policies"),
    ),
    Topic(
        "rate-control",
        N_("Rate control"),
        (
            N_(
                "Concurrency is how many nodes run the policy at the same time, as a number or as a share of the "
                "target nodes. A share is rounded down, but at least one node runs."
            ),
            N_(
                "The error threshold is how many nodes may fail. When one more fails, the run is not started on "
                "further nodes; those that run already end by themselves. With 0 it stops at the first error."
            ),
            N_(
                "Both apply in each account and Region on its own, because each has its own association. The numbers "
                "beside the fields are worked out for the nodes that your targets match now."
            ),
        ),
        links=("rate", "associations"),
    ),
    Topic(
        "instance-profiles",
        N_("Instance profile options"),
        (
            N_(
                "To be patched, a node's role needs three things: the managed policy AmazonSSMManagedInstanceCore, "
                "leave to read the override file in the policy's bucket, and the tag QSConfigId-<configuration ID> "
                "with the configuration ID as its value. The bucket refuses a role without the tag."
            ),
            N_(
                "With this option an automation adds them to the roles that target nodes have, today's and "
                "tomorrow's. Without it you add them by hand, ready to copy below, and a node that lacks them ends "
                "its runs with exit code 160. Tag the role, not the instance profile. Tools that manage your roles "
                "may report the additions as drift."
            ),
            N_(
                "An edit that switches the option off, or leaves an account, takes nothing away: nodes go on reading "
                "the file. Deleting the policy takes it back, in every account that has a stack of the policy then."
            ),
        ),
        links=("override", "instance-permissions", "policies"),
    ),
    Topic(
        "effect",
        N_("What the edit does"),
        (
            N_(
                "This compares the policy as it is deployed with the answers as they stand: nodes that come under it,"
                " nodes that leave it, and the next run before and after."
            ),
            N_(
                "AWS runs an association again after an edit of its schedule, parameters or targets, unless it waits "
                "for the first CRON interval. Nodes that leave the policy keep what was installed on them."
            ),
        ),
        links=("scheduling", "associations"),
    ),
    Topic(
        "plan",
        N_("What happens in AWS"),
        (
            N_(
                "The plan lists each resource that is made, changed or removed, in the order in which that is done. "
                "The override file comes before the associations, so that no first run meets an empty bucket."
            ),
            N_(
                "The portal makes a bucket with one file, and stack sets that bring roles, documents and associations"
                " to every target account and Region. The deployment follows these steps, records each one, and can "
                "be retried for what failed. The same plan is later compared with what stands in AWS."
            ),
        ),
        links=("policies", "stack-sets", "override"),
    ),
)
