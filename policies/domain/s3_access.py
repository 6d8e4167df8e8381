"""Whether a node reaches what it needs in S3: the policy's bucket, AWS's own buckets, and the log bucket.

A bucket lets in by its policy, and a VPC endpoint lets through by its own (aws-facts 11.4, 11.5). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from policies.domain import iam
from policies.domain.grants import allows, grants
from policies.domain.node_access import Check, Document, Light, NodeAccess, Outcome, Wanted, judge
from policies.domain.run_output import prefix_of
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import LogStorage

READ, WRITE = "s3:GetObject", "s3:PutObject"


def check_bucket(node: NodeAccess, wanted: Wanted) -> Outcome:
    """The override bucket's own policy. Its Deny for roles without the tag is the tag's check."""
    is_open = _lets_in(wanted.bucket_policy, READ, wanted.file, node, wanted)
    if is_open is None:
        words = N_("The bucket policy has conditions that cannot be judged here.")
        return Outcome(Check.BUCKET_POLICY, Light.DOUBT, Sentence(words))
    closed = N_("The bucket policy does not let the node's account read the override file.")
    return judge(Check.BUCKET_POLICY, is_open, closed)


def check_endpoints(node: NodeAccess, wanted: Wanted) -> Iterable[Outcome]:
    """A gateway endpoint carries traffic to its own Region alone (aws-facts 11.4)."""
    if not node.endpoints:
        return
    ids = ", ".join(endpoint.endpoint_id for endpoint in node.endpoints)
    if node.region == wanted.place.home_region:
        words = N_("The policy of the S3 endpoint %(endpoint)s does not let the policy's bucket through.")
        yield judge(Check.ENDPOINT_POLICY, _lets_through(node, READ, wanted.file), words, endpoint=ids)
    else:
        words = N_(
            "The bucket lies in %(region)s, where the S3 endpoint %(endpoint)s does not lead; the node needs "
            "another way."
        )
        told = Sentence(words, {"region": wanted.place.home_region, "endpoint": ids})
        yield Outcome(Check.ENDPOINT_REGION, Light.DOUBT, told)
    is_open = all(
        _lets_through(node, READ, arn) for arn in iam.objects_of_every_run(node.region, wanted.place.partition)
    )
    words = N_(
        "The policy of the S3 endpoint %(endpoint)s does not let the buckets of AWS through that every run reads."
    )
    yield judge(Check.AWS_BUCKETS, is_open, words, endpoint=ids)


def check_logs(node: NodeAccess, wanted: Wanted) -> Iterable[Outcome]:
    """A node that may not write its output patches all the same: nothing here is worse than a doubt."""
    if wanted.logs is None:
        return
    output, bucket = _output_of(node, wanted, wanted.logs), wanted.logs.bucket
    if node.role:
        may_write = any(allows(document, WRITE, output) for document in node.role.documents)
        words = N_("The role %(role)s may not write output to the log bucket %(bucket)s.")
        yield judge(Check.LOG_WRITE, may_write, words, Light.DOUBT, role=node.role.name, bucket=bucket)
    yield _log_bucket(node, wanted, output, bucket)
    if node.endpoints and wanted.logs.region == node.region:
        words = N_("The policy of the S3 endpoint %(endpoint)s does not let output through to the log bucket.")
        ids = ", ".join(endpoint.endpoint_id for endpoint in node.endpoints)
        yield judge(Check.LOG_ENDPOINT, _lets_through(node, WRITE, output), words, Light.DOUBT, endpoint=ids)


def _log_bucket(node: NodeAccess, wanted: Wanted, output: str, bucket: str) -> Outcome:
    if wanted.log_policy is None:
        words = N_("The policy of the log bucket %(bucket)s cannot be seen: it is another account's, or gone.")
        return Outcome(Check.LOG_BUCKET, Light.DOUBT, Sentence(words, {"bucket": bucket}))
    is_own = node.account_id == wanted.place.account_id
    is_open = is_own or bool(_lets_in(wanted.log_policy, WRITE, output, node, wanted))
    words = N_("The policy of the log bucket %(bucket)s does not let the node's account write.")
    return judge(Check.LOG_BUCKET, is_open, words, Light.DOUBT, bucket=bucket)


def _output_of(node: NodeAccess, wanted: Wanted, logs: LogStorage) -> str:
    """The ARN of some output of the node."""
    prefix = prefix_of(logs, wanted.configuration_id, node.account_id, node.region)
    return f"arn:{wanted.place.partition}:s3:::{logs.bucket}/{prefix}/{node.instance_id}"


def _lets_through(node: NodeAccess, action: str, arn: str) -> bool:
    need = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": arn}]}
    return all(grants(endpoint.policy, need) for endpoint in node.endpoints)


def _lets_in(policy: Document, action: str, arn: str, node: NodeAccess, wanted: Wanted) -> bool | None:
    """Whether a bucket policy lets the node's account in; None when that hangs on conditions of another kind."""
    answers = {_opens(s, node, wanted) for s in policy.get("Statement", ()) if _is_about(s, action, arn)}
    return True if True in answers else None if None in answers else False


def _is_about(statement: Document, action: str, arn: str) -> bool:
    resources, actions = _texts(statement.get("Resource")), _texts(statement.get("Action"))
    return (
        statement.get("Effect") == "Allow"
        and any(fnmatchcase(arn, each) for each in resources)
        and any(fnmatchcase(action.lower(), each.lower()) for each in actions)
    )


def _opens(statement: Document, node: NodeAccess, wanted: Wanted) -> bool | None:
    """Whether an Allow lets the node's account in; None when it has a condition of another kind."""
    if not _names(statement.get("Principal"), node.account_id):
        return False
    organization = wanted.place.organization_id
    for operator, conditions in statement.get("Condition", {}).items():
        for key, values in conditions.items():
            texts = [values] if isinstance(values, str) else values
            if (operator, key) == ("StringEquals", "aws:PrincipalOrgID"):
                held = organization in texts
            elif (operator, key) == ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths"):
                held = any(fnmatchcase(node.account_path, text) for text in texts)
            else:
                return None
            if not held:
                return False
    return True


def _names(principal: object, account_id: str) -> bool:
    """Whether a Principal is everyone or the account."""
    told = principal.get("AWS", ()) if isinstance(principal, Mapping) else principal
    texts = [told] if isinstance(told, str) else list(told) if isinstance(told, Iterable) else []
    return any(text in ("*", account_id) or text.endswith(f":iam::{account_id}:root") for text in texts)


def _texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
