"""Reads the runs of one association when somebody opens them; nothing of it is stored.

All raise AwsProblem. The association's account is asked through the read-only role; the log bucket is read by the
policy's own account, which is whom the bucket lets in.
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.aws import runs
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem, PermanentProblem
from policies.aws.run_output import Stream, read_streams
from policies.domain.compliance import FAILED
from policies.domain.exit_codes import Explanation, explain_ending
from policies.domain.run_output import NodeRun, prefix_of, step_of
from policies.models import AssociationState, Node, Run
from policies.observe.refusals import GONE


@dataclass(frozen=True)
class NodeRow:
    """A node's part in an execution, beside what the portal knows of the node."""

    told: runs.ResultFact
    node: Node | None
    exit_code: int | None

    @property
    def explanation(self) -> Explanation | None:
        """Cause and remedy of its exit code, or of Run Command's word where it has none."""
        return explain_ending(self.exit_code, self.told.detail)


@dataclass(frozen=True)
class Output:
    """What a node answered, and what it wrote to S3; `streams` is () when it wrote nothing there.

    `refused`: why S3 was not read.
    """

    run: runs.ResultFact
    answer: runs.Answer | None
    streams: tuple[Stream, ...] = ()
    refused: AwsProblem | None = None

    @property
    def is_forgotten(self) -> bool:
        """Whether AWS keeps nothing of the run but what lies in S3: not even a status."""
        return not self.run.status

    @property
    def explanation(self) -> Explanation | None:
        """Cause and remedy of its exit code, or of Run Command's word where it has none."""
        return explain_ending(self.answer.exit_code, self.answer.status) if self.answer else None


@dataclass(frozen=True)
class NodePage:
    """A page of an execution's nodes; `next_token` leads to more, "" at the end."""

    rows: tuple[NodeRow, ...]
    next_token: str


def read_runs(association: AssociationState, aws: Aws) -> tuple[runs.ExecutionFact, ...]:
    """Its newest executions."""
    member = aws.in_account(association.shard.account_id)
    return runs.list_executions(member, association.shard.region, association.association_id)


def read_nodes(association: AssociationState, execution_id: str, aws: Aws, status: str, token: str) -> NodePage:
    """A page of an execution's nodes, of all or of those with a status."""
    member, region = aws.in_account(association.shard.account_id), association.shard.region
    page = runs.read_results(member, region, association.association_id, execution_id, status, token)
    known = Node.objects.filter(shard=association.shard, instance_id__in=[row.instance_id for row in page.rows])
    nodes = {node.instance_id: node for node in known}
    codes = _exit_codes(member, region, page.rows)
    rows = (NodeRow(row, nodes.get(row.instance_id), codes.get(row.instance_id)) for row in page.rows)
    return NodePage(tuple(rows), page.next_token)


def _exit_codes(aws: Aws, region: str, rows: tuple[runs.ResultFact, ...]) -> dict[str, int]:
    """Of the nodes that failed; AWS is asked once for each command that carried one of them."""
    failed = [row for row in rows if row.status in FAILED and row.command_id]
    codes: dict[str, int] = {}
    for command_id in sorted({row.command_id for row in failed}):
        codes |= runs.read_exit_codes(aws, region, command_id, {row.instance_id for row in failed})
    return codes


def read_output(
    association: AssociationState, execution_id: str, instance_id: str, node: Node | None, aws: Aws
) -> Output:
    """What a node answered and wrote; raises LookupError when it had no part in the execution.

    Of an execution that AWS has forgotten the output still lies where the run that the portal remembers put it.
    """
    member, region = aws.in_account(association.shard.account_id), association.shard.region
    told = _find_part(member, association, execution_id, instance_id)
    step = step_of(node.operating_system if node else "")
    answer = runs.read_answer(member, region, told.command_id, instance_id, step) if told.command_id else None
    try:
        return Output(told, answer, _read_streams(association, told, aws))
    except AwsProblem as problem:
        return Output(told, answer, refused=problem)


def _find_part(aws: Aws, association: AssociationState, execution_id: str, instance_id: str) -> runs.ResultFact:
    """A node's part in a run, as AWS tells it; else as the ledger remembers it."""
    remembered = _remembered(association, execution_id, instance_id)
    try:
        told = runs.find_result(aws, association.shard.region, association.association_id, execution_id, instance_id)
    except PermanentProblem as problem:
        if problem.code not in GONE or remembered is None:
            raise
        return remembered
    if told is None:
        raise LookupError(instance_id)
    return told


def _remembered(association: AssociationState, execution_id: str, instance_id: str) -> runs.ResultFact | None:
    """A node's part in a run by what the ledger keeps: nothing is told of how it ended."""
    kept = Run.objects.filter(association_id=association.association_id, execution_id=execution_id)
    run = kept.exclude(command_id="").first()
    return runs.ResultFact(instance_id, "", "", run.created_at, run.command_id) if run else None


def _read_streams(association: AssociationState, told: runs.ResultFact, aws: Aws) -> tuple[Stream, ...]:
    policy, shard = association.policy, association.shard
    logs = policy.asked.logs
    if logs is None or told.at is None:
        return ()
    prefix = prefix_of(logs, policy.configuration_id, shard.account_id, shard.region)
    run = NodeRun(association.association_id, told.command_id, told.instance_id, told.at)
    return read_streams(aws, logs, prefix, run)
