"""The help of the wizard's first steps, up to its targets. Facts of AWS are those of its own documentation."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

ASKING = (
    Topic(
        "configuration-name",
        N_("Configuration name"),
        (
            N_(
                "The name is how people find the policy, in lists and in its history. It has 1 to 120 letters, "
                "digits, spaces, periods, underscores and hyphens, and no other policy may have it."
            ),
            N_(
                "In AWS the policy goes by its configuration ID, five lower-case letters and digits. They end the "
                "names of its bucket, stack sets, roles and associations, and never change. Renaming a policy "
                "therefore replaces nothing in AWS."
            ),
        ),
        links=("policies",),
    ),
    Topic(
        "signed-in",
        N_("Signed in to AWS as"),
        (
            N_(
                "The portal works with the AWS credentials of the machine that it runs on; nobody enters keys here. "
                "This is the account and role that they belong to, as AWS tells it. What AWS told is kept for five "
                "minutes; Refresh asks it anew."
            ),
            N_(
                "A policy for an organization must be made from its management account. A member account, and a "
                "delegated administrator too, can only make a policy for its own account: Quick Setup excludes patch "
                "policies from what a delegated administrator may do. The stack sets of an organization never reach "
                "the management account itself, so the portal deploys there separately."
            ),
        ),
        links=("delegated", "policies"),
    ),
    Topic(
        "patch-operation",
        N_("Patch operation"),
        (
            N_(
                "Scan compares each node with the patch baseline of its operating system and reports which approved "
                "patches are missing. It changes nothing on the node, and it succeeds even when patches are missing."
            ),
            N_(
                "Scan and install does both, on two schedules: the scan as before, and an installation that installs "
                "what is approved and missing, then reports. Each operation becomes one State Manager association in "
                "every account and Region, running the document AWS-RunPatchBaseline. A node has room for 20 "
                "associations in all."
            ),
        ),
        links=("run-patch-baseline", "policies"),
    ),
    Topic(
        "scanning-schedule",
        N_("Scanning schedule"),
        (
            N_(
                "The recommended schedule scans every day at 01:00 UTC. The common schedules are written for you as a"
                " CRON expression, which is shown beside its next ten runs. State Manager keeps UTC: where your "
                "clocks change for daylight saving, a run moves to another local hour."
            ),
            N_(
                "An expression has six fields: minutes, hours, day of month, month, day of week, year. One of the two"
                " day fields is a question mark, and the month is *, because associations honour no months. SUN#2 is "
                "the second Sunday of a month, SUNL the last. Runs are at least 30 minutes apart. A rate, such as "
                "rate(12 hours), counts from the deployment."
            ),
            N_(
                "Unless you let it wait for the first CRON interval, a node is scanned as soon as it becomes a "
                "target, and again after each edit."
            ),
        ),
        links=("cron", "scheduling", "policies"),
    ),
    Topic(
        "installation-schedule",
        N_("Installation schedule"),
        (
            N_(
                "The recommended schedule installs on Sundays at 02:00 UTC. The rules of the expression are those of "
                "the scanning schedule. Patches that the baseline approves and the node misses are installed, "
                "whatever the last scan said."
            ),
            N_(
                "Keep the two schedules more than two minutes apart: two operations that meet on a node disturb each "
                "other, and one of them fails without a clear message. Without waiting for the first CRON interval, "
                "patches are installed the moment a node becomes a target, perhaps in working hours."
            ),
            N_(
                "With Reboot if needed a node restarts after any installation, or when a patch waits for a restart. "
                "Without it such patches count as Installed pending reboot, which is non-compliant, until the node "
                "restarts and is scanned again."
            ),
        ),
        links=("cron", "run-patch-baseline", "troubleshooting"),
    ),
    Topic(
        "patch-baseline",
        N_("Patch baseline"),
        (
            N_(
                "A patch baseline says which patches are approved for one operating system, how many days after their"
                " release, and which are rejected. The recommended defaults are the baselines that AWS predefines. "
                "Most of them approve security patches of critical and important severity seven days after release; "
                "those of Ubuntu and Debian approve at once."
            ),
            N_(
                "With custom baselines you choose one for each operating system, from those of the home Region. Patch"
                " groups play no part in a patch policy."
            ),
        ),
        links=("baselines", "predefined"),
    ),
    Topic(
        "baseline-of-each",
        N_("Baseline for each operating system"),
        (
            N_(
                "Each row is an operating system. What you do not choose stays with AWS's predefined baseline, so "
                "that no node is left without rules. View the rules of a baseline to see what it approves, after how "
                "many days, and what it rejects."
            ),
            N_(
                "Nodes do not read the baselines themselves. The portal copies the rules into one file, "
                "baseline_overrides.json, in the policy's bucket, and copies changes of custom baselines once an "
                "hour. When a chosen baseline is deleted, its last rules stay in force until you choose another one, "
                "and its row is highlighted here."
            ),
        ),
        links=("baselines", "override"),
    ),
    Topic(
        "log-storage",
        N_("Patching log storage"),
        (
            N_(
                "AWS keeps only the first 24,000 characters or so of what an operation prints on a node. With a "
                "bucket, each node writes its whole output there, under your prefix, the configuration ID, its "
                "account and its Region."
            ),
            N_(
                "The management account needs to read the bucket. Every target node needs to write to it, with the "
                "role that it already has: s3:PutObject, s3:PutObjectAcl and s3:GetEncryptionConfiguration. This step"
                " is optional; without a bucket nothing else changes."
            ),
        ),
        links=("troubleshooting", "bucket-cross-account"),
    ),
    Topic(
        "bucket-access",
        N_("Access to the bucket"),
        (
            N_(
                "The portal reads the bucket with its own credentials and says whether that works. It cannot try to "
                "write as each node. It offers a bucket policy instead that lets every account of the organization, "
                "or the one account, write below the prefix and ask for the bucket's encryption."
            ),
            N_(
                "Add its statements to those that the bucket has already. The role of a node also has to allow the "
                "same actions, and a key policy of its own may apply when the bucket is encrypted with a KMS key."
            ),
        ),
        links=("bucket-cross-account", "bucket-policies"),
    ),
)
