"""What must exist in AWS for a policy, and in which order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from policies.domain.canonical import digest
from policies.domain.resources import Bucket, OverrideFile, PermissionModel, Place, Resource, StackInstances, StackSet
from policies.domain.spec import AccountScope, NodeScope, Targets
from policies.plan.desired import make_desired, make_override_file
from tests.plan.specs import ACCOUNT, EVERY_NODE, ID, LONE, PLACE, UBUNTU, UNITS, WINDOWS, make_spec

TWO_REGIONS = ("eu-west-1", "us-east-1")
OF_UNITS = replace(EVERY_NODE, account_scope=AccountScope.UNITS, unit_ids=UNITS)
OF_ACCOUNT = replace(EVERY_NODE, account_scope=AccountScope.ACCOUNT)
LOG_BUCKET = f"aws-quicksetup-patchpolicy-access-log-{ACCOUNT}-{ID}"
BUCKET = f"aws-quicksetup-patchpolicy-{ACCOUNT}-{ID}"
TA, MA, LA = (f"AWS-QuickSetup-PatchPolicy-{kind}-{ID}" for kind in ("TA", "MA", "LA"))


def desired(
    targets: Targets = EVERY_NODE, place: Place = PLACE, management_in_scope: bool = False
) -> tuple[Resource, ...]:
    return make_desired(make_spec(targets), place, ID, [UBUNTU], management_in_scope)


def sets(resources: tuple[Resource, ...]) -> dict[str, StackSet]:
    return {r.name: r for r in resources if isinstance(r, StackSet)}


def places(resources: tuple[Resource, ...]) -> list[StackInstances]:
    return [r for r in resources if isinstance(r, StackInstances)]


def test_the_file_stands_before_the_stacks_that_read_it_and_each_bucket_before_what_uses_it() -> None:
    assert [resource.key for resource in desired()] == [
        f"bucket/{LOG_BUCKET}",
        f"bucket/{BUCKET}",
        f"file/{BUCKET}/baseline_overrides.json",
        f"stack-set/{TA}",
        f"stack-set/{MA}",
        f"stack-instances/{TA}",
        f"stack-instances/{MA}",
    ]


def test_an_organization_is_its_root_and_the_management_account_which_service_managed_sets_never_reach() -> None:
    assert places(desired()) == [
        StackInstances(TA, "us-east-1", TWO_REGIONS, unit_ids=("r-demo",)),
        StackInstances(MA, "us-east-1", TWO_REGIONS, account_ids=(ACCOUNT,)),
    ]


def test_units_are_one_set_when_the_management_account_lies_in_none_of_them() -> None:
    assert places(desired(OF_UNITS)) == [StackInstances(TA, "us-east-1", TWO_REGIONS, unit_ids=tuple(sorted(UNITS)))]


def test_units_are_two_sets_when_the_management_account_lies_in_one_of_them() -> None:
    assert places(desired(OF_UNITS, management_in_scope=True)) == [
        StackInstances(TA, "us-east-1", TWO_REGIONS, unit_ids=tuple(sorted(UNITS))),
        StackInstances(MA, "us-east-1", TWO_REGIONS, account_ids=(ACCOUNT,)),
    ]


@pytest.mark.parametrize("place", [PLACE, LONE])
@pytest.mark.parametrize("management_in_scope", [True, False])
def test_one_account_is_one_set_of_its_own(place: Place, management_in_scope: bool) -> None:
    assert places(desired(OF_ACCOUNT, place, management_in_scope)) == [
        StackInstances(LA, "us-east-1", TWO_REGIONS, account_ids=(ACCOUNT,))
    ]


def test_sets_over_units_deploy_by_themselves_to_accounts_that_join() -> None:
    made = sets(desired())[TA]

    assert made.permission_model is PermissionModel.SERVICE_MANAGED
    assert made.auto_deployment
    assert (made.administration_role_arn, made.execution_role_name) == ("", "")


@pytest.mark.parametrize(("targets", "name"), [(EVERY_NODE, MA), (OF_ACCOUNT, LA)])
def test_sets_over_one_account_take_the_roles_of_quick_setups_onboarding(targets: Targets, name: str) -> None:
    made = sets(desired(targets))[name]

    assert made.permission_model is PermissionModel.SELF_MANAGED
    assert not made.auto_deployment
    assert made.administration_role_arn == (
        f"arn:aws:iam::{ACCOUNT}:role/AWS-QuickSetup-PatchPolicy-LocalAdministrationRole"
    )
    assert made.execution_role_name == "AWS-QuickSetup-PatchPolicy-LocalExecutionRole"


def test_the_override_bucket_logs_its_access_and_forgets_old_versions_after_90_days() -> None:
    made = {r.name: r for r in desired() if isinstance(r, Bucket)}

    assert (made[BUCKET].log_bucket, made[BUCKET].expire_noncurrent_days) == (LOG_BUCKET, 90)
    assert (made[LOG_BUCKET].log_bucket, made[LOG_BUCKET].archive_days, made[LOG_BUCKET].expire_days) == ("", 90, 3653)


def test_everything_that_can_carry_tags_carries_the_policys() -> None:
    tagged = [r for r in desired() if isinstance(r, Bucket | StackSet)]

    assert len(tagged) == 4
    assert all(r.tags["QuickSetupID"] == ID and r.tags["ManagedBy"] == "PatchPortal" for r in tagged)


def test_everything_lies_in_the_home_region() -> None:
    place = replace(PLACE, home_region="eu-west-1")

    made = desired(place=place)
    assert {r.home_region if isinstance(r, StackInstances) else r.region for r in made} == {"eu-west-1"}


def test_the_file_has_one_object_for_each_operating_system_and_says_its_hash() -> None:
    file = make_override_file(PLACE, ID, [WINDOWS, UBUNTU])

    assert isinstance(file, OverrideFile)
    assert [element["OperatingSystem"] for element in json.loads(file.body)] == ["UBUNTU", "WINDOWS"]
    assert file.digest == digest(file.body)
    assert file == make_override_file(PLACE, ID, [UBUNTU, WINDOWS])


def test_two_baselines_for_one_operating_system_are_refused() -> None:
    with pytest.raises(ValueError, match="more than one baseline"):
        make_desired(make_spec(), PLACE, ID, [UBUNTU, replace(UBUNTU, name="other")], False)


def test_a_policy_without_baselines_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a baseline"):
        make_desired(make_spec(), PLACE, ID, [], False)


@pytest.mark.parametrize(
    ("targets", "place"),
    [(EVERY_NODE, LONE), (OF_UNITS, LONE), (EVERY_NODE, replace(PLACE, root_id=""))],
)
def test_targets_beyond_the_account_need_an_organization(targets: Targets, place: Place) -> None:
    with pytest.raises(ValueError, match="organization"):
        desired(targets, place)


def test_the_order_in_which_things_were_chosen_changes_nothing() -> None:
    turned = Targets(AccountScope.UNITS, TWO_REGIONS, NodeScope.ALL, unit_ids=UNITS[::-1])
    chosen = Targets(AccountScope.UNITS, TWO_REGIONS[::-1], NodeScope.ALL, unit_ids=UNITS)

    assert desired(turned) == desired(chosen)
