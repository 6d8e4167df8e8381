"""The help of the dashboard. Facts of AWS are those of its own documentation."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

DASHBOARD = (
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
            N_(
                "A dashed line marks each day on which the override file of a patch policy changed: the nodes were "
                "judged by other rules from then on. The list below the chart leads to what differs."
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
        "comparison",
        N_("Compare parts of the fleet"),
        (
            N_(
                "The nodes that the filters leave, divided by what they have in common. A unit has the nodes of the "
                "units below it, and a node under two policies counts for both, so the rows may add up to more than "
                "the fleet."
            ),
            N_(
                "With findings are nodes that miss patches, wait for a restart, or failed to install something. Any "
                "tag can divide the fleet, such as a department or a stage; nodes without the tag are a row of their "
                "own."
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
)
