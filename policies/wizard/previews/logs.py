"""Beside the log bucket: the account's buckets, and what the chosen one allows."""

from __future__ import annotations

from policies.aws.access import BucketGone, LogBucket
from policies.domain import iam
from policies.domain.canonical import readable
from policies.domain.grants import grants
from policies.domain.resources import Place
from policies.domain.spec import AccountScope, LogStorage, Targets
from policies.wizard.forms import LogsForm
from policies.wizard.previews.look import MOST_OFFERED, Context, Look, saved_targets


def find_buckets(look: Look) -> Context:
    """The account's buckets whose name has the searched words, each with its Region."""
    words, buckets = look.search("bucket_search"), look.facts.buckets()
    found = [bucket for bucket in buckets if words.lower() in bucket.name]
    chosen = "".join(look.form_as(LogsForm).typed("log_bucket")[-1:])
    return {
        "offered": buckets[:MOST_OFFERED],
        "total": len(buckets),
        "page": look.page(found, "bucket_page"),
        "search": words,
        "chosen": chosen,
        "is_open": "bucket_search" in look.wanted or not chosen,
    }


def find_bucket_check(look: Look) -> Context:
    """What the account may do with the chosen bucket, whether targets may write, and the policy that lets them.

    Targets are those saved so far; before there are any, the current account alone.
    """
    form = look.form_as(LogsForm)
    name = form.given("log_bucket")
    if not form.writes or not name:
        return {}
    place = look.facts.place()
    try:
        bucket = look.facts.bucket(name)
    except BucketGone:
        return {"name": name, "is_gone": True}
    return {"name": name, "bucket": bucket, **_judge(bucket, form.given("log_prefix"), place, saved_targets(look))}


def _judge(bucket: LogBucket, prefix: str, place: Place, targets: Targets | None) -> Context:
    if targets is None:
        return {"is_untargeted": True}
    wanted = iam.log_bucket_policy(place, LogStorage(bucket.name, bucket.region, prefix), targets)
    is_own_alone = targets.account_scope is AccountScope.ACCOUNT and bucket.policy is not None
    return {
        "is_open": is_own_alone or grants(bucket.policy or {}, wanted),
        "is_policy_known": bucket.policy is not None,
        "wanted_policy": readable(wanted),
    }
