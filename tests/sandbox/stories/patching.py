"""Systems Manager: nodes, what they lack, the baselines that judge them, the associations that have them scanned."""

from __future__ import annotations

from tests.sandbox.conftest import MEMBER
from tests.sandbox.state_manager import managed
from tests.sandbox.terminal import Scene, Terminal, refusal

RULES = {"PatchRules": [{"ApproveAfterDays": 3, "ComplianceLevel": "HIGH", "PatchFilterGroup": {"PatchFilters": [
    {"Key": "PRODUCT", "Values": ["*"]}, {"Key": "CLASSIFICATION", "Values": ["SecurityUpdates"]}]}}]}  # fmt: skip
SCAN = "--name AWS-RunPatchBaseline --parameters Operation=Scan"


def nodes_are_scanned_by_an_association(scene: Scene) -> None:
    aws, nodes = scene.of(MEMBER).run, {n.instance_id for n in managed(scene.world)}
    made = aws(f"ssm create-association {SCAN} --targets Key=InstanceIds,Values=*")["AssociationDescription"]
    it = f"--association-id {made['AssociationId']}"
    scene.later(hours=1)
    [run] = aws(f"ssm describe-association-executions {it}")["AssociationExecutions"]
    reached = aws(f"ssm describe-association-execution-targets {it} --execution-id {run['ExecutionId']}")
    assert {each["ResourceId"] for each in reached["AssociationExecutionTargets"]} == nodes
    aws(f"ssm start-associations-once --association-ids {made['AssociationId']}")
    scene.later(hours=1)
    assert len(aws(f"ssm describe-association-executions {it}")["AssociationExecutions"]) == 2

    told = aws("ssm describe-instance-information")["InstanceInformationList"]
    assert {each["InstanceId"] for each in told} == nodes
    states = aws(f"ssm describe-instance-patch-states --instance-ids {' '.join(sorted(nodes))}")["InstancePatchStates"]
    worst = max(states, key=lambda state: int(state["MissingCount"]))
    one = f"--instance-id {worst['InstanceId']}"
    missing = aws(f"ssm describe-instance-patches {one} --filters Key=State,Values=Missing")["Patches"]
    assert len(missing) == worst["MissingCount"] > 0
    effective = aws(f"ssm describe-effective-instance-associations {one}")["Associations"]
    ended = aws(f"ssm describe-instance-associations-status {one}")["InstanceAssociationStatusInfos"]
    assert [each["AssociationId"] for each in (*effective, *ended)] == [made["AssociationId"]] * 2


def an_association_is_changed_listed_and_deleted(scene: Scene) -> None:
    aws, node = scene.of(MEMBER).run, managed(scene.world)[0].instance_id
    entries = [{"Name": "AWS-RunPatchBaseline", "InstanceId": node, "Parameters": {"Operation": ["Scan"]}}]
    [made] = aws("ssm create-association-batch", entries=entries)["Successful"]
    it = f"--association-id {made['AssociationId']}"
    aws(f"ssm update-association {it} {SCAN} --schedule-expression 'rate(1 day)'")
    told = aws(f"ssm describe-association {it}")["AssociationDescription"]
    assert (told["ScheduleExpression"], told["AssociationVersion"]) == ("rate(1 day)", "2")
    versions = aws(f"ssm list-association-versions {it}")["AssociationVersions"]
    assert {each["AssociationVersion"] for each in versions} == {"1", "2"}
    status = {"Date": "2026-11-23T12:00:00Z", "Name": "Pending", "Message": "told by hand"}
    old = f"ssm update-association-status --name AWS-RunPatchBaseline --instance-id {node}"
    changed = aws(old, association_status=status)["AssociationDescription"]
    assert changed["Status"]["Message"] == "told by hand"
    aws(f"ssm delete-association {it}")
    assert made["AssociationId"] not in [a["AssociationId"] for a in aws("ssm list-associations")["Associations"]]


def patches_and_their_properties_are_listed(scene: Scene) -> None:
    aws = scene.shell.run
    product = "Key=PRODUCT,Values=WindowsServer2022"
    [newest] = aws(f"ssm describe-available-patches --max-items 1 --filters {product}")["Patches"]
    assert newest["Vendor"] == "Microsoft"
    told = aws("ssm describe-patch-properties --operating-system UBUNTU --property PRIORITY")["Properties"]
    assert {"PRIORITY": "Required"} in told


def a_baseline_is_made_judges_and_is_removed(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    made = aws("ssm create-patch-baseline --name mine --operating-system WINDOWS", approval_rules=RULES)["BaselineId"]
    it = f"--baseline-id {made}"
    aws(f"ssm update-patch-baseline {it} --description Ours")
    assert aws(f"ssm get-patch-baseline {it}")["Description"] == "Ours"
    judged = aws(f"ssm describe-effective-patches-for-patch-baseline {it} --max-items 1")["EffectivePatches"]
    assert judged[0]["PatchStatus"]["DeploymentStatus"] in ("APPROVED", "PENDING_APPROVAL")
    own = aws("ssm describe-patch-baselines --filters Key=OWNER,Values=Self")["BaselineIdentities"]
    assert [each["BaselineId"] for each in own] == [made]
    before = aws("ssm get-default-patch-baseline --operating-system WINDOWS")["BaselineId"]
    aws(f"ssm register-default-patch-baseline {it}")
    assert aws("ssm get-default-patch-baseline --operating-system WINDOWS")["BaselineId"] == made
    assert refusal(scene.of(MEMBER), f"ssm delete-patch-baseline {it}") == "ResourceInUseException"
    aws(f"ssm register-default-patch-baseline --baseline-id {before}")
    aws(f"ssm delete-patch-baseline {it}")


def a_patch_group_gives_its_nodes_a_baseline(scene: Scene) -> None:
    aws, node = scene.of(MEMBER).run, managed(scene.world)[0]
    made = aws(f"ssm create-patch-baseline --name blue --operating-system {node.operating_system}")["BaselineId"]
    both = f"--baseline-id {made} --patch-group blue"
    aws(f"ssm register-patch-baseline-for-patch-group {both}")
    assert [each["PatchGroup"] for each in aws("ssm describe-patch-groups")["Mappings"]] == ["blue"]
    aws(f"ec2 create-tags --resources {node.instance_id} --tags Key=PatchGroup,Value=blue")
    scan = "ssm send-command --document-name AWS-RunPatchBaseline --parameters Operation=Scan"
    aws(f"{scan} --instance-ids {node.instance_id}")
    scene.later(hours=1)
    states = aws("ssm describe-instance-patch-states-for-patch-group --patch-group blue")["InstancePatchStates"]
    assert [each["BaselineId"] for each in states] == [made]
    assert aws("ssm describe-patch-group-state --patch-group blue")["Instances"] == 1
    whose = f"ssm get-patch-baseline-for-patch-group --patch-group blue --operating-system {node.operating_system}"
    assert aws(whose)["BaselineId"] == made
    aws(f"ssm deregister-patch-baseline-for-patch-group {both}")
    assert aws(whose)["BaselineId"] != made


def compliance_is_told_and_added_to(scene: Scene) -> None:
    aws, node = scene.of(MEMBER).run, managed(scene.world)[0].instance_id
    own = f"--resource-id {node} --resource-type ManagedInstance --compliance-type Custom:Door"
    items = [{"Id": "door", "Title": "Door is shut", "Severity": "HIGH", "Status": "NON_COMPLIANT"}]
    aws(f"ssm put-compliance-items {own} --execution-summary ExecutionTime=2026-11-23T12:00:00Z", items=items)
    kind = "--filters Key=ComplianceType,Values=Custom:Door,Type=EQUAL"
    told = aws(f"ssm list-compliance-items --resource-ids {node} {kind}")["ComplianceItems"]
    assert [(each["Id"], each["Status"]) for each in told] == [("door", "NON_COMPLIANT")]
    [of_node] = aws(f"ssm list-resource-compliance-summaries {kind}")["ResourceComplianceSummaryItems"]
    [of_kind] = aws(f"ssm list-compliance-summaries {kind}")["ComplianceSummaryItems"]
    assert (of_node["ResourceId"], of_kind["NonCompliantSummary"]["NonCompliantCount"]) == (node, 1)


def a_hybrid_node_changes_its_role_and_leaves(scene: Scene) -> None:
    node = next(n for n in managed(scene.world) if n.is_hybrid)
    aws, one = scene.of(MEMBER).run, f"--instance-id {node.instance_id}"
    aws(f"ssm update-managed-instance-role {one} --iam-role app-server")
    assert node.service_role == "app-server"
    aws(f"ssm deregister-managed-instance {one}")
    assert refusal(scene.of(MEMBER), f"ssm deregister-managed-instance {one}") == "InvalidInstanceId"


def a_node_alone_may_ask_for_its_snapshot(scene: Scene) -> None:
    node = managed(scene.world)[0].instance_id
    snapshot = "01234567-0123-4567-89ab-0123456789ab"
    asked = f"ssm get-deployable-patch-snapshot-for-instance --instance-id {node} --snapshot-id {snapshot}"
    assert refusal(scene.of(MEMBER), asked) == "AccessDeniedException"
    role = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
    key = scene.shell.run(f"sts assume-role --role-arn {role} --role-session-name {node}")["Credentials"]
    on_node = Terminal(scene.shell.sandbox, key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    assert node in on_node.run(asked)["SnapshotDownloadUrl"]
