"""The help of the lists, the dashboard and a node. Facts of AWS are those of its own documentation."""

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
        "coverage",
        N_("Coverage"),
        (
            N_(
                "How much of the fleet the other figures speak for. Nodes in scope are the managed nodes that match "
                "the filter. The next figures say how long ago each was last scanned, whatever scanned it; a node "
                "that was never scanned is not counted as compliant."
            ),
            N_(
                "Under no policy and Under several policies are worth a look: the first are patched by nobody here, "
                "the others by more than one schedule. Instances that are not managed by Systems Manager do not "
                "appear at all."
            ),
        ),
        links=("managed-nodes", "overwrites"),
    ),
    Topic(
        "findings",
        N_("Patch findings"),
        (
            N_(
                "What the last scan of a node found. Missing and Failed patches, patches that wait for a restart, and"
                " installed patches that the baseline rejects make a node non-compliant in AWS's words. Patches that "
                "are installed for other reasons, or do not apply, do not."
            ),
            N_(
                "AWS keeps only the newest result. A scan with another baseline, by another policy, a maintenance "
                "window or Patch now, replaces it, and the figures may jump although nothing was installed."
            ),
        ),
        links=("compliance-states", "overwrites"),
    ),
    Topic(
        "policy-status",
        N_("Policy status"),
        (
            N_(
                "Quick Setup's rule: the status of a node under a patch policy is the execution status of its State "
                "Manager association. Compliant means that the last run succeeded; Non-compliant that it failed, for "
                "whatever reason."
            ),
            N_(
                "A scan succeeds although it finds missing patches. A node can therefore be Compliant by its policy "
                "and still miss patches, and the portal never mixes the two: what is missing is told by patch "
                "findings. A node under several policies has a status for each."
            ),
        ),
        links=("association-compliance", "compliance-states"),
    ),
    Topic(
        "trend",
        N_("Patch findings over 90 days"),
        (
            N_(
                "How the nodes stood at the last count of each day, by what their newest scan had found. Days are "
                "those of AWS's clock, in UTC, and are kept for 90 days."
            ),
            N_(
                "A step in all areas at once means that nodes came or went. A step from one area to another in one day "
                "often means another baseline rather than another state of the nodes."
            ),
        ),
        links=("compliance-states",),
    ),
    Topic(
        "severity",
        N_("Missing patches by severity"),
        (
            N_(
                "How many nodes lack at least one patch of a kind, by AWS's three counts: Critical patches are those "
                "that the patch baseline reports as critical, Security those that an advisory calls security."
            ),
            N_(
                "Other patches are non-compliant too, and are neither. The counts are those of each node's newest "
                "scan, by the baseline that it used."
            ),
        ),
        links=("compliance-states",),
    ),
    Topic(
        "ageing",
        N_("How long nodes have missed patches"),
        (
            N_(
                "Each node that misses patches stands in one line: by the time since the first of its scans in a row "
                "that found any patch missing. A scan that finds none missing ends the row."
            ),
            N_(
                "It tells how long a node has not been up to date, not how old a patch is: what it misses today may "
                "be other patches than at first. AWS tells patches one node at a time, so the portal reads them, with "
                "their states, when somebody opens the node's patches."
            ),
        ),
        links=("compliance-states",),
    ),
    Topic(
        "heat-map",
        N_("Nodes with findings by account and Region"),
        (
            N_(
                "Each cell is one account in one Region; it says how many of its nodes have findings, and its shade "
                "follows their share. An empty cell has no managed nodes. Select a cell to list its nodes."
            ),
            N_(
                "Nothing is known of nodes that were never scanned. A striped cell has no others; where only some were "
                "never scanned, the cell tells how many after a question mark."
            ),
            N_(
                "A whole row that stands out often means something about the account, such as a role without access "
                "to the override file; a whole column something about the Region, such as a missing endpoint."
            ),
        ),
        links=("compliance-states",),
    ),
    Topic(
        "top-patches",
        N_("Patches missing most"),
        (
            N_(
                "AWS tells which patches a node misses one node at a time, so the portal asks only when somebody opens "
                "a node's patches. What was read then is counted here until the node's next scan."
            ),
            N_(
                "The figures therefore speak of the nodes that were read, whose number stands beside them, and not of "
                "the whole fleet. A node that misses more patches than one page of AWS's answer holds is left out."
            ),
        ),
        links=("compliance-states",),
    ),
    Topic(
        "top-nodes",
        N_("Nodes that miss most patches"),
        (
            N_(
                "The nodes with the highest count of missing patches at their last scan. The count says nothing about"
                " severity: one critical patch can matter more than forty optional ones, so open a node to see what "
                "it misses."
            ),
            N_(
                "A node stays here when installations fail on it, when it is scanned but under no policy that "
                "installs, or when it was away at the time of the run."
            ),
        ),
        links=("compliance-states", "troubleshooting"),
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
                "The box takes names and IDs of nodes, policies, accounts and the patch baselines of policies, and "
                "everything that a log tells: paste a baseline ID, a line, or a whole output from S3. IDs of runs, "
                "commands and snapshots are found too."
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
                "Region, and for how many nodes under a policy it made the newest result. Who sent a command is not "
                "told by AWS; it is found by the time at which a scanner ran."
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
