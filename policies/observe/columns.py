"""How the rows of lists are told in files. The columns of nodes, days, accounts and changes stand with their views.

Statuses are the portal's values, sentences English: files are for programs.
"""

from __future__ import annotations

from collections.abc import Mapping

from policies.domain.status import BROKEN
from policies.models import NodeCompliance
from policies.observe.exports import Columns
from policies.plan.changes import NAMES


def _counts(counts: Mapping[str, int]) -> list[str]:
    return [f"{name}:{count}" for name, count in counts.items()]


POLICIES: Columns = {
    "configuration_id": lambda row: row.policy.configuration_id,
    "name": lambda row: row.policy.name,
    "deployment": lambda row: row.deployment.status if row.deployment else None,
    "associations": lambda row: _counts(row.counts.associations),
    "nodes": lambda row: _counts(row.counts.nodes),
    "operation": lambda row: row.spec.operation,
    "account_scope": lambda row: row.spec.targets.account_scope,
    "regions": lambda row: list(row.spec.targets.regions),
    "node_scope": lambda row: row.spec.targets.node_scope,
    "next_run": lambda row: None if row.is_leaving else row.next_run,
    "changed_at": lambda row: row.changed_at,
    "changed_by": lambda row: row.changed_by,
}
DEPLOYMENTS: Columns = {
    "id": lambda row: row.pk,
    "requested_at": lambda row: row.requested_at,
    "status": lambda row: row.status,
    "verb": lambda row: row.verb,
    "undoes": lambda row: row.undoes_id,
    "requested_by": lambda row: row.requested_by,
    "finished_at": lambda row: row.finished_at,
}
INSTANCES: Columns = {
    "account_id": lambda row: row.account_id,
    "account": lambda row: row.account_name,
    "region": lambda row: row.region,
    "stack_set": lambda row: row.stack_set,
    "status": lambda row: row.status,
    "reason": lambda row: row.reason,
    "remedy": lambda row: str(row.remedy) if row.status in BROKEN else "",
    "seen_at": lambda row: row.seen_at,
}
PLACES: Columns = {
    "account_id": lambda shard: shard.account_id,
    "account": lambda shard: shard.account.name,
    "region": lambda shard: shard.region,
}
NODES: Columns = {
    "instance_id": lambda row: row.node.instance_id,
    "name": lambda row: row.node.name,
    "account_id": lambda row: row.node.shard.account_id,
    "account": lambda row: row.node.shard.account.name,
    "region": lambda row: row.node.shard.region,
    "policy_status": lambda row: row.status,
    "exit_code": lambda row: row.exit_code,
    "detail": lambda row: row.detail,
    "findings": lambda row: getattr(row.node, "compliance", NodeCompliance()).findings,
    "missing": lambda row: getattr(row.node, "compliance", NodeCompliance()).missing,
    "executed_at": lambda row: row.executed_at,
}
ASSOCIATIONS: Columns = {
    "association_id": lambda row: row.association_id,
    "name": lambda row: row.name,
    "account_id": lambda row: row.shard.account_id,
    "account": lambda row: row.shard.account.name,
    "region": lambda row: row.shard.region,
    "purpose": lambda row: row.purpose,
    "status": lambda row: row.status,
    "nodes": lambda row: _counts(row.counts),
    "last_run_at": lambda row: row.last_run_at,
}
EXECUTIONS: Columns = {
    "execution_id": lambda run: run.execution_id,
    "created_at": lambda run: run.created_at,
    "status": lambda run: run.status,
    "nodes": lambda run: _counts(run.counts),
}
RESULTS: Columns = {
    "instance_id": lambda row: row.told.instance_id,
    "name": lambda row: row.node.name if row.node else None,
    "status": lambda row: row.told.status,
    "exit_code": lambda row: row.exit_code,
    "detail": lambda row: row.told.detail,
    "at": lambda row: row.told.at,
    "command_id": lambda row: row.told.command_id,
}
VERSIONS: Columns = {
    "written_at": lambda version: version.written_at,
    "live_at": lambda version: version.live_at,
    "cause": lambda version: version.cause,
    "by": lambda version: version.by,
    "nodes": lambda version: version.nodes,
    "sha256": lambda version: version.digest,
    "s3_version": lambda version: version.object_version,
}
DIFFERENCES: Columns = {
    "action": lambda change: change.action,
    "kind": lambda change: NAMES[type(change.resource)],
    "sentence": lambda change: str(change.sentence),
    "differences": lambda change: "\n".join(change.differences),
}
EVENTS: Columns = {
    "at": lambda event: event.at,
    "verb": lambda event: event.verb,
    "by": lambda event: event.by,
}
PATCHES: Columns = {
    "title": lambda patch: patch.title,
    "kb_id": lambda patch: patch.kb_id,
    "state": lambda patch: patch.state,
    "classification": lambda patch: patch.classification,
    "severity": lambda patch: patch.severity,
    "cves": lambda patch: list(patch.cves),
    "installed_at": lambda patch: patch.installed_at,
}
CHECKED: Columns = {
    "instance_id": lambda one: one.node.instance_id,
    "name": lambda one: one.node.name,
    "light": lambda one: one.light,
    "obstacle": lambda one: one.obstacle.check if one.obstacle else None,
    "reason": lambda one: str(one.obstacle.reason) if one.obstacle else None,
    "checks": lambda one: [f"{advice.outcome.check}:{advice.outcome.light}" for advice in one.advice],
}
SHARED: Columns = {
    "policy": lambda pair: pair.one.configuration_id,
    "other_policy": lambda pair: pair.other.configuration_id,
    "nodes": lambda pair: pair.nodes,
    "remedy": lambda pair: str(pair.remedy),
}
CALENDAR: Columns = {
    "day": lambda entry: entry.day,
    "policy": lambda entry: entry.policy.configuration_id,
    "name": lambda entry: entry.policy.name,
    "operation": lambda entry: entry.purpose,
    "state": lambda entry: entry.state,
    "planned": lambda entry: [at.isoformat() for at in entry.planned],
    "began_at": lambda entry: entry.began_at,
    "runs": lambda entry: _counts(entry.runs),
    "nodes": lambda entry: entry.nodes,
}
RIVALS: Columns = {
    "kind": lambda rival: rival.kind,
    "name": lambda rival: rival.name,
    "shards": lambda rival: rival.shards,
    "overwritten": lambda rival: rival.overwritten,
    "last_run_at": lambda rival: rival.last_run_at,
    "remedy": lambda rival: str(rival.remedy),
}
