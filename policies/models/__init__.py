"""What we remember: facts and questions about themselves; no network, no request, no forms."""

from policies.models.alert import Alert, Channel, Delivery
from policies.models.claimed import LostClaim
from policies.models.compliance import AssociationState, MissingPatch, NodeCompliance, NodePolicy, OtherScanner
from policies.models.deployment import Deployment, StackInstanceState, Step, Verb
from policies.models.drift import DriftReport
from policies.models.history import Event, What
from policies.models.inventory import Account, Node, OrganizationalUnit, Shard
from policies.models.ledger import Flip, Run, Scan
from policies.models.override import Cause, OverrideVersion, SyncHold
from policies.models.policy import Draft, Policy
from policies.models.run_order import PatchOperation, RunOrder, RunPart
from policies.models.tally import Part, Tally
from policies.models.view import SavedView

__all__ = [
    "Account",
    "Alert",
    "AssociationState",
    "Cause",
    "Channel",
    "Delivery",
    "Deployment",
    "Draft",
    "DriftReport",
    "Event",
    "Flip",
    "LostClaim",
    "MissingPatch",
    "Node",
    "NodeCompliance",
    "NodePolicy",
    "OrganizationalUnit",
    "OtherScanner",
    "OverrideVersion",
    "Part",
    "PatchOperation",
    "Policy",
    "Run",
    "RunOrder",
    "RunPart",
    "SavedView",
    "Scan",
    "Shard",
    "StackInstanceState",
    "Step",
    "SyncHold",
    "Tally",
    "Verb",
    "What",
]
