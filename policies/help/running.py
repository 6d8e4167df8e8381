"""The help of runs: what failed, executions, and what a node wrote. Facts of AWS are those of its own documentation."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

RUNNING = (
    Topic(
        "failures",
        N_("Failures by cause"),
        (
            N_(
                "The nodes whose newest run of this policy failed, put together by what is one failure: the exit "
                "code of AWS-RunPatchBaseline where the node gave one, else what State Manager said, without the "
                "names of accounts, Regions and nodes."
            ),
            N_(
                "One cause is often behind all of them, such as a bucket policy that leaves out a unit. Mend the "
                "cause first; the next run clears its nodes. Open the count to see which nodes they are and to run all "
                "of them again at once."
            ),
        ),
        links=("troubleshooting", "run-patch-baseline"),
    ),
    Topic(
        "run-calendar",
        N_("Run calendar"),
        (
            N_(
                "A week of all policies. What lies ahead follows from the schedules as they are deployed today; what "
                "lies behind are the runs that were read, counted by account and Region."
            ),
            N_(
                "A run that was not read two hours after its time is marked. Its account and Region may be "
                "unreadable, State Manager may not have begun it, or no node was a target. A rate counts from its "
                "deployment, so its times are not foretold."
            ),
        ),
        links=("scheduling", "associations"),
    ),
    Topic(
        "policy-runs",
        N_("Associations"),
        (
            N_(
                "A policy has one association for scans, and one for installations where it installs, in each "
                "account and Region. Here is how the last run of each went, and on how many nodes."
            ),
            N_(
                "Open one to see its runs. They are asked of AWS at that moment and not stored, so they are as new"
                " as AWS's own answer, and need the account to be reachable."
            ),
            N_("Associations that give nodes access patch nothing; only how their last run went is told."),
        ),
        links=("scheduling", "associations"),
    ),
    Topic(
        "runs",
        N_("Runs"),
        (
            N_(
                "The newest executions of one association. A run begins by its schedule, when the association is "
                "changed, when a node comes online that missed one, or when somebody starts it."
            ),
            N_(
                "The counts are of nodes by the state of their part in the run. A scan that finds missing patches "
                "has succeeded: what it found stands with the node."
            ),
        ),
        links=("scheduling", "run-patch-baseline"),
    ),
    Topic(
        "run-results",
        N_("Results of a run"),
        (
            N_(
                "Each node that the run reached, fifty at a time as AWS tells them. Where a node failed with an "
                "exit code, the code's cause and what to try stand beside it."
            ),
            N_(
                "Timed out means that the node was away, or took longer than the document allows. An agent that is"
                " offline makes up for a missed run when it returns."
            ),
        ),
        links=("troubleshooting", "run-patch-baseline"),
    ),
    Topic(
        "run-output",
        N_("Output of a node"),
        (
            N_(
                "What the node wrote in this run. With a log bucket the end of each stream is read from S3, at "
                "most 64 KB of it, whichever way the agent laid it out: by command, or by association and time."
            ),
            N_(
                "Without a log bucket, or when the node could not write to it, Systems Manager's own copy is "
                "shown, which it cuts at about 24,000 characters. The text is the node's and may contain anything."
            ),
        ),
        links=("troubleshooting", "bucket-policies"),
    ),
    Topic(
        "access",
        N_("Access check"),
        (
            N_(
                "A node patches only when its role, the role's tag, the policy's bucket and, in a VPC with an S3 "
                "endpoint, the endpoint's policy all let it. Here you choose an account and Region to have its "
                "nodes checked."
            ),
            N_(
                "Nothing is stored and nothing is changed: AWS is asked through the role that may only read, when "
                "a place is opened. Instances that Systems Manager does not manage are checked too."
            ),
        ),
        links=("instance-permissions", "bucket-policies"),
    ),
    Topic(
        "preflight",
        N_("Access of nodes"),
        (
            N_(
                "Each node with its checks, in the order in which a run meets them. Blocked means that the next "
                "run fails for this reason; in doubt, that it may, or that it cannot be told from here."
            ),
            N_(
                "Output that cannot be written to the log bucket is a doubt, since the node is patched all the same. "
                "What no call tells, as a folder in which no program may run, is shown once a run has told it."
            ),
            N_(
                "A remedy is written three times, for the command line, CloudFormation and Terraform; use one. "
                "Where it is a role's tag or managed policy, merge the CloudFormation into the template that makes"
                " the role. The bucket policy is the policy's own, so an account outside of its targets is let in "
                "by editing the policy. A role and an endpoint are opened for this policy's bucket alone or for the "
                "buckets of all patch policies: choose one."
            ),
        ),
        links=("instance-permissions", "troubleshooting"),
    ),
    Topic(
        "node-changes",
        N_("What changed"),
        (
            N_(
                "Every change of this node's findings, of its status under a policy, and of whether it is managed "
                "at all, the newest first, each with its cause: something was installed, a patch was approved, "
                "another scanner wrote over the result, a run failed."
            ),
            N_(
                "AWS keeps the newest result alone. The portal compares each result with the one before, and says "
                "that a change is unexplained when nothing that it knows accounts for it."
            ),
        ),
        links=("overwrites", "compliance-states"),
    ),
    Topic(
        "flips",
        N_("Status changes"),
        (
            N_(
                "Every change of status of every node, the newest first: what changed, when it happened by AWS's clock,"
                " when the portal noticed it, why, and by whose run. The cause is one of a closed list; a change that "
                "nothing accounts for is told as unexplained, and can be listed alone."
            ),
            N_(
                "Many changes at once with one cause point to one event. Another scanner that writes over results "
                "stands under Conflicts; changed rules stand with the policy's baselines; runs that failed stand "
                "grouped on the policy's tab Runs."
            ),
        ),
        links=("overwrites", "compliance-states"),
    ),
    Topic(
        "node-scans",
        N_("Results of scans"),
        (
            N_(
                "What each scan or installation of this node reported, whoever ran it. The newest one is what AWS "
                "shows; an earlier one may come from another scanner with another patch baseline."
            ),
            N_(
                "A policy's run reports a random baseline ID that AWS cannot resolve: it stands for the policy's "
                "override file at that time."
            ),
        ),
        links=("overwrites", "override"),
    ),
    Topic(
        "node-patches",
        N_("Patches"),
        (
            N_(
                "The patches that the node's newest report names and that are not as the patch baseline wants "
                "them, asked of AWS now. Choose a state to see the others."
            ),
            N_(
                "The CVE numbers are those that AWS tells of a missing or failed patch. A patch that waits for a "
                "reboot is installed, but counts as not compliant until the node has restarted and was scanned "
                "again."
            ),
        ),
        links=("compliance-states",),
    ),
)
