"""What is worth knowing about targets before Create: each doubt in words, with what to do. None of them blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from policies.domain.exit_codes import ATTACH_CORE, EXIT_CODES, OPEN_FILE
from policies.domain.scanners import ScannerKind
from policies.domain.sentence import N_, Sentence, counted

ACCESS_CODES = frozenset(code for code, said in EXIT_CODES.items() if said.remedy in (OPEN_FILE, ATTACH_CORE))
"""Exit codes of runs that ended because the node's role lacks something."""


class DoubtKind(StrEnum):
    """The closed list, in the order in which people are told."""

    OTHER_POLICY = "other-policy"
    FOREIGN_POLICY = "patch-policy"
    HOST_MANAGEMENT = "host-management"
    PATCH_NOW = "patch-now"
    ASSOCIATION = "association"
    MAINTENANCE_WINDOW = "maintenance-window"
    GROUP_SCANNER = "group-scanner"
    COMMAND = "command"
    NO_ACCESS = "no-access"
    NO_ROLE = "no-role"
    OFFLINE = "offline"
    NO_SYSTEM = "no-system"
    NEVER_READ = "never-read"
    STALE = "stale"
    PARTLY_READ = "partly-read"
    REGION_OFF = "region-off"
    NEW_ACCOUNT = "new-account"


DOUBT_OF: Mapping[ScannerKind, DoubtKind] = {
    ScannerKind.POLICY: DoubtKind.OTHER_POLICY,
    ScannerKind.HOST_MANAGEMENT: DoubtKind.HOST_MANAGEMENT,
    ScannerKind.PATCH_POLICY: DoubtKind.FOREIGN_POLICY,
    ScannerKind.PATCH_NOW: DoubtKind.PATCH_NOW,
    ScannerKind.ASSOCIATION: DoubtKind.ASSOCIATION,
    ScannerKind.MAINTENANCE_WINDOW: DoubtKind.MAINTENANCE_WINDOW,
    ScannerKind.COMMAND: DoubtKind.COMMAND,
}
"""What to think of each kind of scanner."""


@dataclass(frozen=True)
class Doubt:
    """Something about `count` nodes, account-Regions, Regions or accounts; `name` says what it is about, or is ""."""

    kind: DoubtKind
    count: int
    name: str = ""

    @property
    def told(self) -> Sentence:
        """What is so."""
        return TOLD[self.kind](self.count, {"name": self.name})

    @property
    def remedy(self) -> Sentence:
        """What to do about it."""
        return Sentence(REMEDIES[self.kind])


Say = Callable[[int, Mapping[str, object]], Sentence]

TOLD: Mapping[DoubtKind, Say] = {
    DoubtKind.OTHER_POLICY: lambda count, values: counted(
        "%(count)s of these nodes is under the policy %(name)s already.",
        "%(count)s of these nodes are under the policy %(name)s already.", count, values,
    ),
    DoubtKind.FOREIGN_POLICY: lambda count, values: counted(
        "%(count)s of these nodes is under a patch policy that this portal did not make: %(name)s.",
        "%(count)s of these nodes are under a patch policy that this portal did not make: %(name)s.", count, values,
    ),
    DoubtKind.HOST_MANAGEMENT: lambda count, values: counted(
        "%(count)s of these nodes is scanned by Host Management: %(name)s.",
        "%(count)s of these nodes are scanned by Host Management: %(name)s.", count, values,
    ),
    DoubtKind.PATCH_NOW: lambda count, values: counted(
        "%(count)s of these nodes is a target of Patch now: %(name)s.",
        "%(count)s of these nodes are targets of Patch now: %(name)s.", count, values,
    ),
    DoubtKind.ASSOCIATION: lambda count, values: counted(
        "%(count)s of these nodes is patched by another association: %(name)s.",
        "%(count)s of these nodes are patched by another association: %(name)s.", count, values,
    ),
    DoubtKind.MAINTENANCE_WINDOW: lambda count, values: counted(
        "%(count)s of these nodes is patched by the maintenance window %(name)s.",
        "%(count)s of these nodes are patched by the maintenance window %(name)s.", count, values,
    ),
    DoubtKind.GROUP_SCANNER: lambda count, values: counted(
        "The association %(name)s patches a resource group in %(count)s account and Region. Which nodes are in that "
        "group is not known here.",
        "The association %(name)s patches a resource group in %(count)s accounts and Regions. Which nodes are in that "
        "group is not known here.", count, values,
    ),
    DoubtKind.COMMAND: lambda count, values: counted(
        "The newest scan of %(count)s of these nodes was made by Run Command, or by a scanner that is gone.",
        "The newest scans of %(count)s of these nodes were made by Run Command, or by a scanner that is gone.",
        count, values,
    ),
    DoubtKind.NO_ACCESS: lambda count, values: counted(
        "The role of %(count)s of these nodes lacks a right: a policy's last run failed there for that reason.",
        "The roles of %(count)s of these nodes lack a right: a policy's last run failed there for that reason.",
        count, values,
    ),
    DoubtKind.NO_ROLE: lambda count, values: counted(
        "%(count)s of these hybrid nodes has no service role.",
        "%(count)s of these hybrid nodes have no service role.", count, values,
    ),
    DoubtKind.OFFLINE: lambda count, values: counted(
        "%(count)s of these nodes is not connected to Systems Manager.",
        "%(count)s of these nodes are not connected to Systems Manager.", count, values,
    ),
    DoubtKind.NO_SYSTEM: lambda count, values: counted(
        "%(count)s of these nodes has an operating system that no patch baseline is for.",
        "%(count)s of these nodes have an operating system that no patch baseline is for.", count, values,
    ),
    DoubtKind.NEVER_READ: lambda count, values: counted(
        "%(count)s account and Region in scope was never read, so none of its nodes is counted.",
        "%(count)s accounts and Regions in scope were never read, so none of their nodes is counted.", count, values,
    ),
    DoubtKind.STALE: lambda count, values: counted(
        "%(count)s account and Region in scope could not be read; its nodes are counted as last seen.",
        "%(count)s accounts and Regions in scope could not be read; their nodes are counted as last seen.",
        count, values,
    ),
    DoubtKind.PARTLY_READ: lambda count, values: counted(
        "%(count)s account and Region in scope could be read in part only; other scanners there may be overlooked.",
        "%(count)s accounts and Regions in scope could be read in part only; other scanners there may be overlooked.",
        count, values,
    ),
    DoubtKind.REGION_OFF: lambda count, values: counted(
        "%(count)s chosen Region is not enabled: %(name)s. Nothing is counted there.",
        "%(count)s chosen Regions are not enabled: %(name)s. Nothing is counted there.", count, values,
    ),
    DoubtKind.NEW_ACCOUNT: lambda count, values: counted(
        "%(count)s account in scope joined after the last reading and is not counted: %(name)s.",
        "%(count)s accounts in scope joined after the last reading and are not counted: %(name)s.", count, values,
    ),
}  # fmt: skip

WINS = N_("The newest scan wins: it writes over what the policy found. Stop it, or choose other targets.")
REMEDIES: Mapping[DoubtKind, str] = {
    DoubtKind.OTHER_POLICY: N_("Both policies would patch them, and each scan writes over the other's. Choose other "
                               "targets for one of them."),
    DoubtKind.FOREIGN_POLICY: N_("Both policies would patch them. Delete that policy where it was made, or choose "
                                 "other targets."),
    DoubtKind.HOST_MANAGEMENT: N_("Turn off patch scanning in the Host Management configuration: its daily scan uses "
                                  "another baseline and writes over what the policy found."),
    DoubtKind.PATCH_NOW: N_("Nothing to do if it ran once. Delete the association when it is no longer wanted."),
    DoubtKind.ASSOCIATION: WINS,
    DoubtKind.MAINTENANCE_WINDOW: N_("Take the task out of the window, or its nodes out of the policy's targets: the "
                                     "newest scan wins."),
    DoubtKind.GROUP_SCANNER: WINS,
    DoubtKind.COMMAND: N_("Find the job that runs AWS-RunPatchBaseline, and stop it or leave its nodes out: the newest "
                          "scan wins."),
    DoubtKind.NO_ACCESS: N_("Choose Add required IAM policies in the step Rate control and instance profiles, or give "
                            "the roles the policy and the tag that it shows."),
    DoubtKind.NO_ROLE: N_("Give each a service role with AmazonSSMManagedInstanceCore in Systems Manager."),
    DoubtKind.OFFLINE: N_("They are patched at the first schedule after they are back. Start them, or check the agent "
                          "and its way to Systems Manager."),
    DoubtKind.NO_SYSTEM: N_("Their runs fail. Leave them out of the targets."),
    DoubtKind.NEVER_READ: N_("Refresh on the dashboard, and check that the portal's read-only role stands in the "
                             "account."),
    DoubtKind.STALE: N_("Open the list for what AWS said, mend that, and refresh on the dashboard."),
    DoubtKind.PARTLY_READ: N_("Open the list for what AWS said, mend that, and refresh on the dashboard."),
    DoubtKind.REGION_OFF: N_("Enable the Region in the account, or leave it out of the targets."),
    DoubtKind.NEW_ACCOUNT: N_("The policy reaches it all the same. Refresh on the dashboard to have it counted."),
}  # fmt: skip
