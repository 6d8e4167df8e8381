"""The help of a policy's pages. Facts of AWS are those of its own documentation."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

FOLLOWING = (
    Topic(
        "status",
        N_("Status"),
        (
            N_(
                "Four bars, from cause to effect. Deployment: the steps of the last change. Accounts and Regions: "
                "whether the stack instance stands there. Associations: whether State Manager's last execution of "
                "each succeeded. Nodes: the policy status of each node."
            ),
            N_(
                "A node is Compliant when the last execution of the policy's associations on it succeeded. That says "
                "that the operation ran, not that no patch is missing: patch findings say that. Look at the leftmost "
                "bar that is not green first, because what follows depends on it."
            ),
        ),
        links=("policies", "compliance-states"),
    ),
    Topic(
        "settings",
        N_("Settings"),
        (
            N_(
                "What the policy was last asked to do, as an administrator answered it. Edit configuration opens the "
                "same steps with these answers; nothing changes in AWS before Update."
            ),
            N_(
                "The configuration ID ends the names of everything that the policy made, so search for it in the AWS "
                "console: the bucket aws-quicksetup-patchpolicy-<account>-<configuration ID>, the stack sets "
                "AWS-QuickSetup-PatchPolicy-TA, -MA or -LA, and the tags on nodes and roles."
            ),
        ),
        links=("policies",),
    ),
    Topic(
        "next-runs",
        N_("What runs next"),
        (
            N_(
                "The next runs of each schedule, counted from AWS's own clock. Times are shown in the zone of your "
                "browser; AWS keeps UTC, so that a run moves to another local hour when daylight saving begins or "
                "ends."
            ),
            N_(
                "State Manager also runs an association outside its schedule: after an edit, when a stopped node "
                "returns and missed a run, and when a node becomes a target, unless the schedule waits for its first "
                "CRON interval. A run that has not ended when the next one begins times out."
            ),
        ),
        links=("scheduling", "cron"),
    ),
    Topic(
        "policy-deployments",
        N_("Deployments"),
        (
            N_(
                "Each change of the policy is a deployment: create, edit, delete. Its steps and each account and "
                "Region are recorded while it runs, with what AWS said, so that nothing is lost when a worker or the "
                "portal stops."
            ),
            N_(
                "One deployment of a policy runs at a time. When some accounts or Regions failed it is partly done: "
                "open it, read the reason beside the failed step, and retry. What succeeded is not done again."
            ),
        ),
        links=("stack-set-trouble", "stack-sets"),
    ),
    Topic(
        "policy-accounts",
        N_("Accounts and Regions"),
        (
            N_(
                "Each line is one account in one Region: the stack instance that the policy's stack set put there, "
                "and the associations that the stack made. The portal reads the reason of a failure from that "
                "account, so that you need not sign in there."
            ),
            N_(
                "Common reasons: the Region is not enabled in that account, a service control policy denies an "
                "action, trusted access is off, or a resource of the same name stands there already. Accounts that "
                "join a chosen unit later appear here by themselves."
            ),
        ),
        links=("stack-set-trouble", "stack-sets"),
    ),
    Topic(
        "policy-nodes",
        N_("Nodes"),
        (
            N_(
                "The nodes that the policy reaches now. Policy status says whether its last run on the node "
                "succeeded; the counts beside it say what the last scan found. The two are kept apart, because a scan"
                " that finds missing patches is still a successful run."
            ),
            N_(
                "A failed run shows its exit code with the cause and what to try: 160 is access denied on the "
                "override file, 163 a file without the node's operating system."
            ),
        ),
        links=("compliance-states", "run-patch-baseline"),
    ),
    Topic(
        "policy-baselines",
        N_("Patch baselines"),
        (
            N_(
                "The baselines that the policy uses, one for each operating system. Nodes follow the copy in the "
                "override file. A sync reads the custom baselines once an hour and writes the file again when one of "
                "them changed; Sync baselines does so now."
            ),
            N_(
                "The baseline ID in a patching log is made up anew for every run and leads to nothing in AWS. That is"
                " expected. A baseline that was deleted is marked here: its last saved rules stay in force until you "
                "edit the policy or recreate the baseline from them."
            ),
        ),
        links=("baselines", "override"),
    ),
    Topic(
        "history",
        N_("History"),
        (
            N_(
                "Who changed the policy, and when: its creation, edits, deletion, retries and syncs. Lines are only "
                "ever added. A change made in AWS by other means does not appear here, because the portal did not "
                "make it."
            ),
            N_(
                "What a change did in AWS stands in the deployment that its line leads to, step by step. AWS "
                "CloudTrail has the calls themselves, made by the role that the portal is signed in as."
            ),
        ),
        links=("policies",),
    ),
    Topic(
        "deployment",
        N_("Deployment"),
        (
            N_(
                "The steps of one change, in their order. A stack set step shows how many accounts and Regions are "
                "done. The portal asks AWS for their state; nothing is assumed to have worked."
            ),
            N_(
                "A step that failed shows what AWS said and what to try; Retry continues from there. Unknown means "
                "that AWS did not answer in time: the next look finds out whether the step took effect before "
                "anything is done again. You can leave this page, the deployment goes on."
            ),
            N_(
                "Stop lets nothing new begin; accounts that AWS works on at that moment come to their end. A stopped "
                "deployment can be continued, which takes up the accounts that were not reached, or undone. Until "
                "then its policy is partly in place."
            ),
        ),
        links=("stack-set-trouble", "stack-sets"),
    ),
    Topic(
        "undo",
        N_("Undo deployment"),
        (
            N_(
                "Undoing compares AWS as it is now with what the policy asked for before the deployment, and lists "
                "what would be changed back. Choosing Undo begins these changes as a deployment of its own, with its "
                "own steps; the policy asks for what it asked for before."
            ),
            N_(
                "A creation is undone by removing what was made, a deletion by making it again. Only the newest "
                "deployment can be undone, and only when it stopped or failed on its way. Patches that were installed "
                "in the meantime stay on the nodes."
            ),
        ),
        links=("policies", "stack-sets"),
    ),
    Topic(
        "deletion",
        N_("Delete patch policy"),
        (
            N_(
                "Deleting removes what the policy made: first the tag and the IAM policies that it attached to the "
                "roles of nodes, and the stack instances in every account and Region; then the stack sets, the "
                "override file with all its versions, and the buckets. Both stages are shown while they run."
            ),
            N_(
                "Nodes keep the patches that are installed on them, and are no longer scanned or patched by this "
                "policy. Logs in your own bucket stay, and so do IAM policies that a role had before or that another "
                "patch policy needs. Where AWS does not let the automation see what a role has, it takes only the tag."
            ),
            N_("Deleting cannot be undone; a copy of the policy made before is a way to keep its settings."),
        ),
        links=("policies", "stack-sets"),
    ),
)
