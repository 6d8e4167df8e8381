"""Keeps calls to AWS below the rates that AWS publishes: a token bucket for each action of an account and Region.

botocore's adaptive retries slow one client down once AWS has refused it. These buckets are shared by all workers and
the web through Redis, so that they are not refused in the first place; without Redis each process has its own. They are
of the kind called GCRA, which is a token bucket counted to the microsecond.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from throttled import MemoryStore, RateLimiterType, RedisStore, Throttled
from throttled.exceptions import StoreUnavailableError
from throttled.store import BaseStore

from policies.aws.errors import TemporaryProblem

log = logging.getLogger(__name__)

RATES = MappingProxyType({
    # AWS Organizations: Quotas ("Throttling limits"), for each account.
    "organizations:DescribeOrganization": "1/s burst 2",
    "organizations:ListAccounts": "8/s burst 12",
    "organizations:ListAccountsForParent": "5/s burst 8",
    "organizations:ListDelegatedAdministrators": "5/s burst 8",
    "organizations:ListOrganizationalUnitsForParent": "5/s burst 8",
    "organizations:ListRoots": "1/s burst 2",
    # AWS General Reference: Systems Manager endpoints and quotas, for each account and Region.
    "ssm:CreateAssociation": "3/s burst 3",
    "ssm:DescribeAssociation": "2/s burst 2",
    "ssm:DescribeAssociationExecutionTargets": "4/s burst 4",
    "ssm:DescribeAssociationExecutions": "4/s burst 4",
    "ssm:DescribeInstanceAssociationsStatus": "2/s burst 2",
    "ssm:ListAssociations": "4/s burst 4",
    "ssm:StartAssociationsOnce": "2/s burst 2",
    "ssm:UpdateAssociation": "3/s burst 3",
})  # fmt: skip
"""Calls a second and at once. Actions without a published rate are left to the adaptive retries."""
PATIENCE_SECONDS = 10.0
"""How long a call waits for its turn before whoever makes it is told to come again."""
MOST_BUCKETS = 65_536
"""In a process without Redis; 1,000 accounts x 16 Regions have 16,000 for each action."""


class Pace:
    """Gives each call its turn. Safe to share by threads."""

    def __init__(
        self, redis_url: str = "", rates: Mapping[str, str] = RATES, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """`redis_url`: where the buckets are shared; "" keeps them in this process."""
        self._rates = rates
        self._patience_seconds = patience_seconds
        own = MemoryStore(options={"MAX_SIZE": MOST_BUCKETS})
        self._own = self._make_buckets(own)
        self._shared = self._make_buckets(RedisStore(server=redis_url)) if redis_url else self._own

    def wait_for_turn(self, account_id: str, region: str, action: str) -> None:
        """Return when the account may make the call; raises TemporaryProblem when that takes too long."""
        if action not in self._rates:
            return
        place = f"{account_id}:{region}:{action}"
        if self._is_refused(place, action):
            told = f"Calls for {self._rates[action]} are under way already"
            raise TemporaryProblem(action, "PortalPace", told)

    def _is_refused(self, place: str, action: str) -> bool:
        try:
            return self._shared[action].limit(place).limited
        except StoreUnavailableError as error:
            log.warning("the pace of calls to AWS is not shared: %s", error)
            return self._own[action].limit(place).limited

    def _make_buckets(self, store: BaseStore) -> dict[str, Throttled]:
        return {
            action: Throttled(
                using=RateLimiterType.GCRA.value,
                quota=rate,
                store=store,
                timeout=self._patience_seconds,
                key_prefix="patchportal:pace",
            )
            for action, rate in self._rates.items()
        }


@cache
def shared_pace(redis_url: str) -> Pace:
    """The one of this process."""
    return Pace(redis_url)
