"""A whole patch policy as someone could ask for it, to be changed by a test where it matters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from policies.domain.spec import (
    RECOMMENDED_SCAN,
    AccountScope,
    BaselineChoice,
    NodeScope,
    Operation,
    PolicySpec,
    RateControl,
    Schedule,
    Targets,
)

UBUNTU = BaselineChoice("UBUNTU", "pb-0123456789abcdef0", "Our Ubuntu", is_custom=True)


def some_spec(**changes: Any) -> PolicySpec:
    """Daily scans of every node of the organization in one Region, with the given facts changed."""
    spec = PolicySpec(
        name="Weekly patching",
        operation=Operation.SCAN,
        scan=Schedule(RECOMMENDED_SCAN, wait_for_first_interval=False),
        install=None,
        reboot_if_needed=False,
        uses_custom_baselines=True,
        baselines=(UBUNTU,),
        logs=None,
        targets=Targets(AccountScope.ORGANIZATION, ("us-east-1",), NodeScope.ALL),
        rate=RateControl(),
        attach_iam=True,
    )
    return replace(spec, **changes)
