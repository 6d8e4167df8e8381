"""A fleet of any size put straight into PostgreSQL, for the figures of pages: accounts, Regions, nodes, ninety days.

By statements that make their rows there: through the models a hundred thousand nodes would take minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from policies.domain.status import LACKING, Findings
from policies.models import Account, Policy, Tally
from policies.observe.tallies import tally_fleet
from tests.specs import some_spec

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNTS = 1_000
REGIONS = [f"{area}-{way}-{number}" for area in ("us", "eu", "ap", "sa") for way in ("east", "west")
           for number in (1, 2)]  # fmt: skip
SYSTEMS = ["AMAZON_LINUX_2023", "UBUNTU", "WINDOWS", "REDHAT_ENTERPRISE_LINUX"]
POLICIES = 5
DAYS = 90

MAKE_ACCOUNTS = """
insert into policies_account (account_id, name, unit_id, unit_path, is_management, is_active, seen_at)
select (200000000000 + i)::text, 'account-' || lpad(i::text, 4, '0'), 'ou-demo-' || lpad((i %% 20)::text, 8, '0'),
       'r-demo/ou-demo-' || lpad((i %% 20)::text, 8, '0'), i = 0, true, %(now)s
from generate_series(0, %(accounts)s - 1) i
"""
MAKE_SHARDS = """
insert into policies_shard (account_id, region, status, observed_at, collected_at, error_code, error_message,
                            is_behind, failures, windows_left, readings, node_count, lacking_count, unscanned_count)
select account_id, region, 'fresh', %(now)s, %(now)s, '', '', false, 0, '[]', 1, 0, 0, 0
from policies_account, unnest(%(regions)s::text[]) region
"""
MAKE_NODES = """
insert into policies_node (shard_id, instance_id, name, operating_system, platform, ping_status, agent_version, role,
                           tags, seen_at)
select places.ids[1 + (i * 7919) %% cardinality(places.ids)], 'i-' || lpad(to_hex(i), 17, '0'),
       'node-' || lpad(((i::bigint * 48271) %% 1000003)::text, 7, '0'), system, initcap(system),
       'Online', '3.3.0.0', '',
       jsonb_build_object('Role', case when i %% 2 = 0 then 'web' else 'db' end), %(now)s
from generate_series(0, %(nodes)s - 1) i,
     lateral (select (%(systems)s::text[])[1 + i %% 4] as system) os,
     (select array_agg(id order by id) as ids from policies_shard) places
"""
MAKE_COMPLIANCE = """
insert into policies_nodecompliance (node_id, findings, missing, failed, pending_reboot, rejected, installed, critical,
                                     security, other, baseline_id, operation, execution_type, scanned_at,
                                     missing_since)
select id, findings, lacks, 0, 0, 0, 50, lacks / 20, lacks / 3, lacks / 2, '', 'Scan', '',
       case when findings <> 'never_scanned' then %(now)s - make_interval(hours => (id * 31 %% 300)::int) end,
       case when lacks > 0 then %(now)s - make_interval(days => (id * 7 %% 120)::int) end
from policies_node,
     lateral (select (%(findings)s::text[])[1 + (id * 13) %% cardinality(%(findings)s::text[])] as findings) f,
     lateral (select case when findings = 'missing' then 1 + (id * 17) %% 60 else 0 end as lacks) l
"""
MAKE_SCANS = """
insert into policies_scan (node_id, source, scanner, execution_id, execution_type, operation, baseline_id, snapshot_id,
                           patch_group, install_list, findings, missing, failed, pending_reboot, rejected, installed,
                           started_at, ended_at, seen_at)
select node_id, case when node_id %% 10 = 0 then 'host-management' else 'policy' end, '', '', '', operation, '', '', '',
       '', findings, missing, failed, pending_reboot, rejected, installed, scanned_at, scanned_at, scanned_at
from policies_nodecompliance where scanned_at is not null
"""
LINK_SCANS = """
update policies_nodecompliance set scan_id = policies_scan.id
from policies_scan where policies_scan.node_id = policies_nodecompliance.node_id
"""
MAKE_PAIRS = """
insert into policies_nodepolicy (node_id, policy_id, status, detail, results, purpose)
select node.id, policy.id, (array['compliant', 'non_compliant', 'pending'])[1 + (node.id * 3 + policy.id) %% 3], '',
       '{}', 'scan'
from policies_node node join (select id, row_number() over (order by id) as place from policies_policy) policy
     on policy.place = 1 + node.id %% %(policies)s or (node.id %% 5 = 0 and policy.place = 1 + (node.id + 1) %% 5)
where node.id %% 4 <> 0
"""
COUNT_SHARDS = """
update policies_shard
set node_count = counted.nodes, lacking_count = counted.lacking, unscanned_count = counted.unscanned
from (select shard_id, count(*) as nodes, count(*) filter (where findings = any(%(lacking)s)) as lacking,
             count(*) filter (where findings = 'never_scanned') as unscanned
      from policies_node join policies_nodecompliance on node_id = policies_node.id group by shard_id) counted
where policies_shard.id = counted.shard_id
"""
STATEMENTS = (
    MAKE_ACCOUNTS, MAKE_SHARDS, MAKE_NODES, MAKE_COMPLIANCE, MAKE_SCANS, LINK_SCANS, MAKE_PAIRS, COUNT_SHARDS,
)  # fmt: skip
REPEAT_DAY = 'insert into policies_tally ("on", {columns}) select "on" - days, {columns} ' \
             "from policies_tally, generate_series(1, %(days)s - 1) days"  # fmt: skip


def fill(nodes: int) -> None:
    """Replace whatever fleet there is by one of so many nodes over all accounts and Regions, and count it."""
    for model in (Tally, Policy):
        model.objects.all().delete()
    for number in range(POLICIES):
        Policy.objects.create(configuration_id=f"pol{number:02d}", name=f"Policy {number}", account_id="2" * 12,
                              spec=some_spec().to_dict(), created_at=NOW, created_by="bench")  # fmt: skip
    values: dict[str, Any] = {"now": NOW, "nodes": nodes, "accounts": ACCOUNTS, "regions": REGIONS, "systems": SYSTEMS,
              "findings": _shares(), "lacking": list(LACKING), "policies": POLICIES, "days": DAYS}  # fmt: skip
    columns = ", ".join(f'"{field.column}"' for field in Tally._meta.concrete_fields if field.name not in ("id", "on"))
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {Account._meta.db_table} cascade")
        for statement in STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("analyze")
        tally_fleet()
        cursor.execute(REPEAT_DAY.format(columns=columns), values)
        cursor.execute("vacuum analyze")


def _shares() -> list[str]:
    """Findings as often as they shall be: half of all nodes up to date, a third with patches missing."""
    often = {Findings.UP_TO_DATE: 10, Findings.MISSING: 7}
    return [str(findings) for findings in Findings for _ in range(often.get(findings, 1))]
