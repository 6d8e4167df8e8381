"""Policies as people may ask for them, at the edges of what the rules accept."""

from __future__ import annotations

from hypothesis import strategies as st

from policies.domain.problems import check_spec, is_blocked
from policies.domain.spec import (
    AccountScope,
    BaselineChoice,
    LogStorage,
    NodeScope,
    Operation,
    PolicySpec,
    RateControl,
    Schedule,
    Targets,
)
from policies.domain.target_problems import MOST_UNITS
from policies.domain.targets import REGIONS

EXPRESSIONS = (
    "cron(0 1 * * ? *)", "cron(0/30 * * * ? *)", "cron(0 2 ? * MON-FRI *)", "cron(0 2 ? * 3L *)", "rate(30 minutes)",
)  # fmt: skip
lower_and_digits = st.characters(categories=(), include_characters="abcdefghijklmnopqrstuvwxyz0123456789")


def ids(form: str, length: int) -> st.SearchStrategy[str]:
    """Ids of a form such as "i-%s", with so many lower-case hexadecimal digits."""
    return st.integers(0, 16**length - 1).map(lambda number: form % f"{number:0{length}x}")


def distinct(members: st.SearchStrategy[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(members, min_size=1, max_size=most, unique=True).map(tuple)


unit_ids = distinct(st.one_of(ids("ou-demo-%s", 8), ids("ou-" + "z" * 32 + "-%s", 32)), MOST_UNITS)
instance_ids = distinct(st.one_of(ids("i-%s", 8), ids("i-%s", 17)), 50)
schedules = st.builds(Schedule, st.sampled_from(EXPRESSIONS), st.booleans())
logs = st.builds(
    LogStorage,
    bucket=st.text(lower_and_digits, min_size=3, max_size=63),
    region=st.sampled_from(REGIONS),
    prefix=st.one_of(st.text(max_size=30), st.integers(440, 501).map(lambda length: "p" * length)),
)
figures = st.sampled_from(["1", "50", "9999999", "1%", "10%", "99%", "100%", "0", "0%", "10000000", "2.5%"])
targets = st.builds(
    Targets,
    account_scope=st.sampled_from(AccountScope),
    regions=distinct(st.sampled_from(REGIONS), len(REGIONS)),
    node_scope=st.sampled_from(NodeScope),
    unit_ids=unit_ids,
    resource_group=st.text(lower_and_digits, min_size=1, max_size=300),
    tag_key=st.one_of(st.text("aZé0 _.:/=@-", min_size=1, max_size=128), st.text(min_size=1, max_size=129)),
    tag_value=st.one_of(st.text("aé {", max_size=256), st.text(max_size=257)),
    instance_ids=instance_ids,
)


def _make(**facts: object) -> PolicySpec:
    installs = facts["operation"] is Operation.SCAN_AND_INSTALL
    choice = BaselineChoice("UBUNTU", "pb-0123456789abcdef0", "our-ubuntu", is_custom=True)
    return PolicySpec(
        name="Weekly",
        uses_custom_baselines=True,
        baselines=(choice,),
        **{**facts, "install": facts["install"] if installs else None},  # type: ignore[arg-type]
    )


asked_for = st.builds(
    _make,
    operation=st.sampled_from(Operation),
    scan=schedules,
    install=schedules,
    reboot_if_needed=st.booleans(),
    logs=st.none() | logs,
    targets=targets,
    rate=st.builds(RateControl, figures, figures),
    attach_iam=st.booleans(),
)

accepted = asked_for.filter(lambda spec: not is_blocked(check_spec(spec)))
"""Policies that the portal would deploy."""
