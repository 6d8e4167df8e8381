"""The pages that show what is true: the fleet, and each policy."""

from policies.observe.views.accounts import account_list
from policies.observe.views.alerts import alert_remove, alert_test, alerts
from policies.observe.views.comparison import comparison
from policies.observe.views.conflicts import conflict_list
from policies.observe.views.dashboard import dashboard
from policies.observe.views.flips import flip_list
from policies.observe.views.heat_map import heat_map
from policies.observe.views.node import node, node_patches
from policies.observe.views.node_list import node_list
from policies.observe.views.policy import (
    policy,
    policy_accounts,
    policy_deployments,
    policy_export,
    policy_history,
    policy_nodes,
)
from policies.observe.views.policy_drift import policy_drift
from policies.observe.views.policy_file import policy_baselines, policy_version
from policies.observe.views.policy_list import policy_list
from policies.observe.views.policy_runs import policy_association, policy_execution, policy_run_output, policy_runs
from policies.observe.views.preflight import policy_access, policy_preflight
from policies.observe.views.refresh import refresh, refresh_progress
from policies.observe.views.run_calendar import run_calendar
from policies.observe.views.saved import view_delete, view_save
from policies.observe.views.search import search

__all__ = [
    "account_list",
    "alert_remove",
    "alert_test",
    "alerts",
    "comparison",
    "conflict_list",
    "dashboard",
    "flip_list",
    "heat_map",
    "node",
    "node_list",
    "node_patches",
    "policy",
    "policy_access",
    "policy_accounts",
    "policy_association",
    "policy_baselines",
    "policy_deployments",
    "policy_drift",
    "policy_execution",
    "policy_export",
    "policy_history",
    "policy_list",
    "policy_nodes",
    "policy_preflight",
    "policy_run_output",
    "policy_runs",
    "policy_version",
    "refresh",
    "refresh_progress",
    "run_calendar",
    "search",
    "view_delete",
    "view_save",
]
