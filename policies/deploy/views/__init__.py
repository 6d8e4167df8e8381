"""The pages that change AWS: deployments and their verbs, a policy's file, and what starts from a policy."""

from policies.deploy.views.deployments import (
    deployment,
    deployment_continue,
    deployment_progress,
    deployment_retry,
    deployment_stop,
    deployment_undo,
    policy_delete,
)
from policies.deploy.views.drift import policy_compare, policy_repair
from policies.deploy.views.run import policy_run, run, run_progress
from policies.deploy.views.sync import policy_hold, policy_recreate, policy_release, policy_roll_back, policy_sync

__all__ = [
    "deployment",
    "deployment_continue",
    "deployment_progress",
    "deployment_retry",
    "deployment_stop",
    "deployment_undo",
    "policy_compare",
    "policy_delete",
    "policy_hold",
    "policy_recreate",
    "policy_release",
    "policy_repair",
    "policy_roll_back",
    "policy_run",
    "policy_sync",
    "run",
    "run_progress",
]
