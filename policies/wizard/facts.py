"""What AWS tells the wizard, asked when first needed and remembered for minutes so that steps answer quickly.

Every question raises AwsProblem when AWS does not answer; `told` turns that into None for forms, which then leave the
rule that needed it to the review.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache

from policies.aws import access, baselines, organization
from policies.aws.access import GroupFact, LogBucket
from policies.aws.baselines import BaselineFact
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.organization import Caller, Organization, RegionFact
from policies.domain.baselines import BaselineRules
from policies.domain.resources import Place

SECONDS_REMEMBERED = 300
"""A walk through a large organization takes seconds; pages say when AWS was asked, and ask again when they are told."""

Told = TypeVar("Told")


@dataclass(frozen=True)
class Facts:
    """Questions to AWS. `open_aws` is called at the first one; `is_asked_again` passes over what is remembered.

    `asked_at` is our time of this request; `read_at` says by question when AWS gave the answers that were used.
    """

    open_aws: Callable[[], Aws]
    asked_at: datetime
    is_asked_again: bool = False
    read_at: dict[str, datetime] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime | None:
        """When AWS gave the oldest of the answers that were used; None before the first."""
        return min(self.read_at.values(), default=None)

    def now(self) -> datetime:
        """AWS's own time."""
        return self.open_aws().now()

    def caller(self) -> Caller:
        """Who is signed in."""
        return self._ask("caller", organization.who)

    def place(self) -> Place:
        """Where a policy of the signed-in account lives."""
        return organization.place_of(self.caller(), settings.AWS_HOME_REGION)

    def organization(self) -> Organization:
        """Units and accounts."""
        return self._ask("organization", organization.read_organization)

    def regions(self) -> tuple[RegionFact, ...]:
        """Regions and whether they are enabled."""
        return self._ask("regions", organization.list_regions)

    def baselines(self) -> tuple[BaselineFact, ...]:
        """The baselines of the home Region."""
        return self._ask("baselines", baselines.list_baselines)

    def baseline(self, baseline_id: str) -> BaselineRules:
        """One baseline's rules; raises BaselineGone."""
        return baselines.read_baseline(self.open_aws(), baseline_id)

    def buckets(self) -> tuple[access.BucketFact, ...]:
        """The account's own buckets."""
        return self._ask("buckets", access.list_buckets)

    def bucket(self, name: str) -> LogBucket:
        """One bucket, as the signed-in account sees it; raises BucketGone."""
        return access.check_log_bucket(self.open_aws(), name)

    def groups(self, regions: tuple[str, ...]) -> tuple[GroupFact, ...]:
        """The resource groups in these Regions."""
        return access.list_resource_groups(self.open_aws(), regions)

    def group_members(self, regions: tuple[str, ...], group: str) -> frozenset[str]:
        """The instances in a resource group, over these Regions."""
        key = hashlib.sha256(" ".join((group, *regions)).encode()).hexdigest()
        return self._ask(
            f"group:{key}",
            lambda aws: frozenset(node for region in regions for node in access.list_group_nodes(aws, region, group)),
        )

    def _ask(self, name: str, question: Callable[[Aws], Told]) -> Told:
        aws = self.open_aws()
        key = f"facts:{aws.account_id}:{name}"
        known: tuple[datetime, Told] | None = None if self.is_asked_again else cache.get(key)
        if known is None:
            known = self.asked_at, question(aws)
            cache.set(key, known, SECONDS_REMEMBERED)
        self.read_at[name], answer = known
        return answer


def told(question: Callable[[], Told]) -> Told | None:
    """The answer, or None when AWS did not give one."""
    try:
        return question()
    except AwsProblem:
        return None
