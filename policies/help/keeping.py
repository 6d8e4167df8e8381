"""The help of keeping a policy true: sync, drift, runs at once. Facts of AWS are those of its own documentation."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

KEEPING = (
    Topic(
        "sync",
        N_("Sync"),
        (
            N_(
                "Once an hour the portal reads the policy's baselines and writes baseline_overrides.json again when "
                "their rules differ from it. Sync now does so at once. While a deployment is under way the file is "
                "left to it. After the portal was down, the first sync comes within a minute."
            ),
            N_(
                "Hold keeps the file as it is while baselines are being changed: what they say meanwhile waits here, "
                "told setting by setting, until someone releases the hold or its time has come. A hold does not stop "
                "scans or installations, they go on with the rules in force."
            ),
        ),
        links=("override", "baselines"),
    ),
    Topic(
        "hold",
        N_("Hold the override file"),
        (
            N_(
                "A hold is for a change of baselines that someone should look at before nodes follow it. The sync "
                "still reads the baselines every hour, shows what a release would change, and writes nothing."
            ),
            N_(
                "Give a reason that helps whoever finds the hold. With a date the hold ends by itself, and the next "
                "sync writes what the baselines say then. An edit of the policy that chooses other baselines is "
                "deployed all the same: it is a decision of its own."
            ),
        ),
        links=("override",),
    ),
    Topic(
        "waiting-change",
        N_("What a release would change"),
        (
            N_(
                "The baselines were changed in AWS after the hold began. Each table is one operating system: the "
                "rule that nodes follow now, and the rule that they would follow after a release. The last sync found "
                "it; Sync now looks again."
            ),
        ),
        links=("baselines", "override"),
    ),
    Topic(
        "file-versions",
        N_("Versions of the override file"),
        (
            N_(
                "Each line is a time at which baseline_overrides.json was written: by a deployment, by a sync that "
                "found a baseline changed, or by a rollback; who asked for it, and how many nodes were under the "
                "policy then. The digest tells whether two versions say the same. Open one to see what it changed."
            ),
            N_(
                "A run uses the version that is current when it begins on a node. The bucket keeps older versions for"
                " 90 days, the portal for as long as the policy's history. To read the file in the AWS console your "
                "role needs the same tag as the nodes' roles, because the bucket refuses every role without it."
            ),
        ),
        links=("override", "bucket-versions"),
    ),
    Topic(
        "file-version",
        N_("Version of the override file"),
        (
            N_(
                "One version as nodes received it. Its SHA-256 is also a tag of the object in S3, ContentSHA256, so "
                "that anyone who may read the tags can compare the two without opening the file. The S3 version leads "
                "to the object in the console, with Show versions turned on."
            ),
        ),
        links=("override", "bucket-versions"),
    ),
    Topic(
        "version-difference",
        N_("What differs"),
        (
            N_(
                "The settings that this version changed against the one before it, or against another version that "
                "you choose. Approval rules are counted from one in the order of the baseline; rules that stayed the "
                "same are not shown, even when others moved in front of them."
            ),
        ),
        links=("baselines",),
    ),
    Topic(
        "version-rules",
        N_("Rules in this version"),
        (
            N_(
                "What the version says for each operating system: which patches are approved and when, those that "
                "are approved or rejected by name, and alternative repositories. A node whose operating system is not "
                "in the file fails with exit code 163, which is why the portal never leaves one out."
            ),
        ),
        links=("baselines", "override"),
    ),
    Topic(
        "roll-back",
        N_("Roll back the override file"),
        (
            N_(
                "A rollback writes the rules of an earlier version again, as a deployment of one step, and holds the "
                "file: the baselines in AWS still say something else, and the next sync would write that. Mend the "
                "baselines, then release the hold."
            ),
            N_(
                "Operating systems that the policy has taken up since that version keep their rules of today. Patches"
                " that nodes have installed meanwhile stay installed."
            ),
        ),
        links=("override", "baselines"),
    ),
    Topic(
        "recreate",
        N_("Recreate a patch baseline"),
        (
            N_(
                "Someone deleted a custom baseline that this policy uses. The file has kept its rules, and nodes "
                "still follow them. Recreate makes a new custom baseline with these rules and this name in the home "
                "Region, as a deployment of one step."
            ),
            N_(
                "AWS gives the new baseline another ID. Every policy that used the deleted one is told to use the new "
                "one, the banner goes, and changes of the baseline reach nodes again. Its description, tags, patch "
                "groups and being the default were not in the file and are not restored."
            ),
        ),
        links=("baselines", "override"),
    ),
    Topic(
        "drift",
        N_("Drift"),
        (
            N_(
                "The plan that made the policy is made again and held against AWS: buckets with their policy, tags, "
                "versioning, encryption, object ownership, public access block, lifecycle and access log; the override "
                "file; stack sets with their template, tags, roles, automatic deployment and where they are deployed; "
                "every stack instance; and of every association the document, parameters, targets, schedule, rate "
                "control, log location and compliance setting, as they were last read."
            ),
            N_(
                "Not compared are the role and the Automation documents in each stack, which give nodes access, and "
                "what those wrote on the roles of nodes."
            ),
            N_(
                "Deploy this difference looks again, and when AWS still differs in the same way, it deploys that and "
                "nothing else. CloudFormation leaves alone a stack whose template did not change, so a stack whose "
                "association was changed or deleted by hand is removed and made anew. An edit that changes nothing "
                "would not mend it."
            ),
        ),
        links=("stack-sets", "stack-set-trouble"),
    ),
    Topic(
        "run-now",
        N_("Run now"),
        (
            N_(
                "A scan or an installation at once, beside the schedule, which goes on as before. For all nodes the "
                "policy's associations are started in every account and Region; chosen nodes get a command of "
                "AWS-RunPatchBaseline with the policy's override file, concurrency, error threshold and reboot option."
            ),
            N_(
                "The number of nodes is that of the last reading; State Manager decides by its own targets when it "
                "starts. Installing is offered only where the policy installs. In member accounts the portal does "
                "this through the role PatchPortal-RunNow; where that is missing, the account's request fails and "
                "says so."
            ),
        ),
        links=("run-patch-baseline", "scheduling"),
    ),
    Topic(
        "run",
        N_("Run"),
        (
            N_(
                "One line is one request in one account and Region. In progress means that AWS has taken the request; "
                "the counts are nodes by the status that State Manager or Run Command tells, followed until the run "
                "has ended, four hours at most."
            ),
            N_(
                "Unknown means that AWS did not answer in time: the portal looks whether the run began before it asks "
                "again, so that nothing runs twice. What was found on each node appears among the policy's nodes with "
                "the next reading."
            ),
        ),
        links=("run-patch-baseline", "compliance-states"),
    ),
)
