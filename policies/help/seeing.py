"""The help of the lists and a node. Facts of AWS are those of its own documentation."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

SEEING = (
    Topic(
        "policies",
        N_("Patch policies"),
        (
            N_(
                "A patch policy says which patches are installed on which nodes, and when, for one account or for a "
                "whole organization. Each policy is deployed to its accounts and Regions by itself; several may stand"
                " side by side."
            ),
            N_(
                "Status is that of the policy's last deployment and of its runs, the next run comes from its "
                "schedules. When two policies reach the same node both of them run on it, and the newest scan decides"
                " what the node's compliance shows, so give each node one policy where you can."
            ),
        ),
        links=("policies", "quick-setup"),
    ),
    Topic(
        "node-list",
        N_("Nodes"),
        (
            N_(
                "Every managed node that the portal has read, in all accounts and Regions. An instance appears once "
                "SSM Agent runs on it, its role lets it register, and it has reached the service; stopped and "
                "terminated instances leave the list."
            ),
            N_(
                "The filters are part of the page's address, so that a list can be bookmarked or sent to somebody. "
                "Policy status and patch findings are two columns, and are never merged into one."
            ),
        ),
        links=("managed-nodes", "compliance-states"),
    ),
    Topic(
        "search",
        N_("Search"),
        (
            N_(
                "The box takes names and IDs of nodes, policies, accounts, associations, log buckets, other scanners "
                "and patch baselines, also of those that no policy chooses any more, and everything that a log tells: "
                "paste a baseline ID, a line, or a whole output from S3. IDs of runs, commands and snapshots are "
                "found too. IDs come first; a text is taken for a part of a name when nothing has such an ID."
            ),
            N_(
                "A run of a patch policy logs a random baseline ID that resolves to nothing in AWS. The portal keeps "
                "it with the result of the node, and so leads to the policy, the run and its output, the version of "
                "the override file that was in force, and the patch baseline that it was made from."
            ),
        ),
        links=("policies", "compliance-states"),
    ),
    Topic(
        "conflicts",
        N_("Conflicts"),
        (
            N_(
                "The newest scan of a node decides what AWS shows of it. Policies that share nodes, Host Management, "
                "Patch now, maintenance windows and other associations write over each other's results, often by "
                "another patch baseline."
            ),
            N_(
                "The list is found on what was read, not on what is set up: a scanner that stands in an account and "
                "Region, and for how many nodes under a policy it made the newest result. A result names the command "
                "that made it; who sent that command is looked up in the runs of each scanner."
            ),
        ),
        links=("policies", "compliance-states"),
    ),
    Topic(
        "account-list",
        N_("Accounts and Regions"),
        (
            N_(
                "Where the portal looks: each account and Region with its managed nodes, and when it was last read. "
                "The portal reads members through a role of its own that may only read."
            ),
            N_(
                "When a reading fails, the reason stands in its line and what was read before stays visible, with its"
                " age. A suspended account, a Region that is not enabled, or a role that was removed are the usual "
                "causes."
            ),
            N_(
                "Each is read again every few minutes, quiet ones more seldom. An operator need not wait: Refresh "
                "reads everything now, Refresh account one account in all its Regions, and Refresh on a policy or a "
                "node what belongs to it. What is queued or being read already is not queued again."
            ),
        ),
        links=("stack-sets", "policies"),
    ),
    Topic(
        "node-details",
        N_("Details"),
        (
            N_(
                "What Systems Manager knows of the node: its platform, the version of SSM Agent, and when the agent "
                "last reached the service. An agent that has lost its connection runs nothing until it returns; what "
                "it missed is then made up for."
            ),
            N_(
                "A node is EC2 when its ID begins with i-, and a server or virtual machine of yours when it begins "
                "with mi-. The second kind has a service role in place of an instance profile."
            ),
        ),
        links=("managed-nodes",),
    ),
    Topic(
        "node-tags",
        N_("Tags"),
        (
            N_(
                "The node's tags as AWS has them. A patch policy can choose its nodes by one key and one value, so a "
                "change of tags can bring a node under a policy, or take it out, without any deployment."
            ),
            N_(
                "Tags that begin with QSConfigName- come from patch policies that were made in the AWS console, and "
                "hold their names. Removing one by hand does not take the node out of such a policy."
            ),
        ),
        links=("tags",),
    ),
)
