"""Pages of AWS's documentation that the help leads to, by a short name."""

from __future__ import annotations

from dataclasses import dataclass

from policies.domain.sentence import N_

SYSTEMS_MANAGER = "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
CLOUDFORMATION = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"


@dataclass(frozen=True)
class Page:
    """A page of the documentation and where it stands."""

    title: str
    url: str


PAGES = {
    "policies": Page(
        N_("Patching for instances in an organization"), f"{SYSTEMS_MANAGER}quick-setup-patch-manager.html"
    ),
    "quick-setup": Page(N_("Quick Setup in AWS Systems Manager"), f"{SYSTEMS_MANAGER}systems-manager-quick-setup.html"),
    "delegated": Page(
        N_("Delegated administrators for Quick Setup"), f"{SYSTEMS_MANAGER}quick-setup-delegated-administrator.html"
    ),
    "run-patch-baseline": Page(
        N_("The document AWS-RunPatchBaseline"), f"{SYSTEMS_MANAGER}patch-manager-aws-runpatchbaseline.html"
    ),
    "cron": Page(N_("Cron and rate expressions"), f"{SYSTEMS_MANAGER}reference-cron-and-rate-expressions.html"),
    "scheduling": Page(N_("How State Manager schedules associations"), f"{SYSTEMS_MANAGER}state-manager-about.html"),
    "associations": Page(
        N_("Targets and rate controls in associations"),
        f"{SYSTEMS_MANAGER}systems-manager-state-manager-targets-and-rate-controls.html",
    ),
    "troubleshooting": Page(
        N_("Troubleshooting Patch Manager"), f"{SYSTEMS_MANAGER}patch-manager-troubleshooting.html"
    ),
    "baselines": Page(N_("About patch baselines"), f"{SYSTEMS_MANAGER}patch-manager-patch-baselines.html"),
    "predefined": Page(
        N_("Predefined patch baselines"), f"{SYSTEMS_MANAGER}patch-manager-predefined-and-custom-patch-baselines.html"
    ),
    "override": Page(
        N_("The parameter BaselineOverride"), f"{SYSTEMS_MANAGER}patch-manager-baselineoverride-parameter.html"
    ),
    "instance-permissions": Page(
        N_("Instance permissions for Systems Manager"), f"{SYSTEMS_MANAGER}setup-instance-permissions.html"
    ),
    "managed-nodes": Page(N_("Managed nodes"), f"{SYSTEMS_MANAGER}fleet-manager-managed-nodes.html"),
    "overwrites": Page(
        N_("Avoiding unintended overwrites of compliance data"),
        f"{SYSTEMS_MANAGER}patch-manager-compliance-data-overwrites.html",
    ),
    "compliance-states": Page(N_("Patch compliance states"), f"{SYSTEMS_MANAGER}patch-manager-compliance-states.html"),
    "association-compliance": Page(N_("About compliance"), f"{SYSTEMS_MANAGER}compliance-about.html"),
    "rate": Page(N_("Targets and rate controls"), f"{SYSTEMS_MANAGER}send-commands-multiple.html"),
    "stack-sets": Page(N_("StackSets concepts"), f"{CLOUDFORMATION}stacksets-concepts.html"),
    "organizations-access": Page(
        N_("Activate trusted access for StackSets"), f"{CLOUDFORMATION}stacksets-orgs-activate-trusted-access.html"
    ),
    "stack-set-trouble": Page(N_("Troubleshooting StackSets"), f"{CLOUDFORMATION}stacksets-troubleshooting.html"),
    "bucket-cross-account": Page(
        N_("Cross-account access to a bucket"), f"{S3}example-walkthroughs-managing-access-example2.html"
    ),
    "bucket-policies": Page(N_("Bucket policies"), f"{S3}bucket-policies.html"),
    "bucket-versions": Page(N_("Versions of objects in S3"), f"{S3}Versioning.html"),
    "tags": Page(N_("Tagging EC2 resources"), f"{EC2}Using_Tags.html"),
}
