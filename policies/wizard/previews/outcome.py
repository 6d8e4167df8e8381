"""What Create will do: the access that nodes get or that is left to add by hand, and the plan."""

from __future__ import annotations

from policies.deploy.start import CannotStart, review
from policies.domain import iam, naming
from policies.domain.canonical import readable
from policies.wizard.draft import read_draft
from policies.wizard.forms import RateForm
from policies.wizard.previews.look import Context, Look, saved_logs, saved_targets


def find_node_access(look: Look) -> Context:
    """With the box ticked what the automation attaches and tags; without it what to add by hand, ready to copy.

    Either way what nobody adds: writing to the log bucket, and the way to S3 through a VPC endpoint.
    """
    place, configuration_id = look.facts.place(), look.draft.configuration_id
    key, value = naming.role_tag(configuration_id)
    logs, targets = saved_logs(look), saved_targets(look)
    regions = targets.regions if targets else (place.home_region,)
    return {
        "is_attached": look.form_as(RateForm).cleaned_data["attach_iam"],
        "core_policy": iam.CORE_POLICY,
        "access_policy": iam.BASELINE_ACCESS_POLICY,
        "own_policy": readable(iam.node_policy(place, configuration_id)),
        "all_policy": readable(iam.node_policy_for_all_buckets(place.partition)),
        "tag_key": key,
        "tag_value": value,
        "tag_command": f"aws iam tag-role --role-name ROLE_NAME --tags Key={key},Value={value}",
        "log_policy": readable(iam.node_log_policy(logs, place.partition)) if logs else "",
        "bucket_region": place.home_region,
        "endpoint_policies": [
            (
                region,
                readable(iam.endpoint_policy(place, configuration_id, region)),
                readable(iam.endpoint_policy_for_all_buckets(region, place.partition)),
            )
            for region in regions
        ],
    }


def find_plan(look: Look) -> Context:
    """Every change that Create would make in AWS, in order."""
    reading = read_draft(look.draft, look.facts)
    if reading.wrong:
        return {"is_wrong": True}
    try:
        plan = review(reading.make_spec(), look.draft.policy, look.facts.open_aws(), look.draft.configuration_id)
    except CannotStart as refusal:
        return {"refusal": refusal.sentence}
    return {"plan": plan}
