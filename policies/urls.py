"""Every URL of the product, in stage order: make ready, ask, deploy, observe; then the help that explains them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from policies.deploy import views as deploy_views
from policies.help.views import help_topic
from policies.observe import views as observe_views
from policies.onboard import views as onboard_views
from policies.wizard import views as wizard_views

make_ready: list[URLPattern | URLResolver] = [
    path("onboarding/", onboard_views.onboarding, name="onboarding"),
    path("onboarding/<slug:slug>/", onboard_views.onboarding_step, name="onboarding_step"),
]

ask: list[URLPattern | URLResolver] = [
    path("policies/new/", wizard_views.draft_new, name="draft_new"),
    path("policies/<slug:configuration_id>/edit/", wizard_views.policy_edit, name="policy_edit"),
    path("policies/<slug:configuration_id>/copy/", wizard_views.policy_copy, name="policy_copy"),
    path("drafts/<int:pk>/compare/", wizard_views.draft_compare, name="draft_compare"),
    path("drafts/<int:pk>/create/", wizard_views.draft_create, name="draft_create"),
    path("drafts/<int:pk>/discard/", wizard_views.draft_discard, name="draft_discard"),
    path("drafts/<int:pk>/matched/", wizard_views.draft_matched, name="draft_matched"),
    path("drafts/<int:pk>/preview/<slug:name>/", wizard_views.draft_preview, name="draft_preview"),
    path("drafts/<int:pk>/<slug:slug>/", wizard_views.draft_step, name="draft_step"),
]

deploy: list[URLPattern | URLResolver] = [
    path("policies/<slug:configuration_id>/delete/", deploy_views.policy_delete, name="policy_delete"),
    path("policies/<slug:configuration_id>/sync/", deploy_views.policy_sync, name="policy_sync"),
    path("policies/<slug:configuration_id>/sync/hold/", deploy_views.policy_hold, name="policy_hold"),
    path("policies/<slug:configuration_id>/sync/release/", deploy_views.policy_release, name="policy_release"),
    path(
        "policies/<slug:configuration_id>/baselines/<int:pk>/roll-back/",
        deploy_views.policy_roll_back,
        name="policy_roll_back",
    ),
    path(
        "policies/<slug:configuration_id>/baselines/<slug:operating_system>/recreate/",
        deploy_views.policy_recreate,
        name="policy_recreate",
    ),
    path("policies/<slug:configuration_id>/run/", deploy_views.policy_run, name="policy_run"),
    path("runs/<int:pk>/", deploy_views.run, name="run"),
    path("runs/<int:pk>/progress/", deploy_views.run_progress, name="run_progress"),
    path("policies/<slug:configuration_id>/drift/compare/", deploy_views.policy_compare, name="policy_compare"),
    path("policies/<slug:configuration_id>/drift/deploy/", deploy_views.policy_repair, name="policy_repair"),
    path("deployments/<int:pk>/", deploy_views.deployment, name="deployment"),
    path("deployments/<int:pk>/progress/", deploy_views.deployment_progress, name="deployment_progress"),
    path("deployments/<int:pk>/stop/", deploy_views.deployment_stop, name="deployment_stop"),
    path("deployments/<int:pk>/continue/", deploy_views.deployment_continue, name="deployment_continue"),
    path("deployments/<int:pk>/retry/", deploy_views.deployment_retry, name="deployment_retry"),
    path("deployments/<int:pk>/undo/", deploy_views.deployment_undo, name="deployment_undo"),
]

observe: list[URLPattern | URLResolver] = [
    path("", observe_views.dashboard, name="dashboard"),
    path("refresh/", observe_views.refresh, name="refresh"),
    path("refresh/progress/", observe_views.refresh_progress, name="refresh_progress"),
    path("policies/", observe_views.policy_list, name="policy_list"),
    path("policies/<slug:configuration_id>/", observe_views.policy, name="policy"),
    path("policies/<slug:configuration_id>/deployments/", observe_views.policy_deployments, name="policy_deployments"),
    path("policies/<slug:configuration_id>/accounts/", observe_views.policy_accounts, name="policy_accounts"),
    path("policies/<slug:configuration_id>/access/", observe_views.policy_access, name="policy_access"),
    path(
        "policies/<slug:configuration_id>/access/<int:shard>/",
        observe_views.policy_preflight,
        name="policy_preflight",
    ),
    path("policies/<slug:configuration_id>/nodes/", observe_views.policy_nodes, name="policy_nodes"),
    path("policies/<slug:configuration_id>/runs/", observe_views.policy_runs, name="policy_runs"),
    path(
        "policies/<slug:configuration_id>/runs/<int:association>/",
        observe_views.policy_association,
        name="policy_association",
    ),
    path(
        "policies/<slug:configuration_id>/runs/<int:association>/<slug:execution_id>/",
        observe_views.policy_execution,
        name="policy_execution",
    ),
    path(
        "policies/<slug:configuration_id>/runs/<int:association>/<slug:execution_id>/<slug:instance_id>/",
        observe_views.policy_run_output,
        name="policy_run_output",
    ),
    path("policies/<slug:configuration_id>/baselines/", observe_views.policy_baselines, name="policy_baselines"),
    path(
        "policies/<slug:configuration_id>/baselines/<int:pk>/",
        observe_views.policy_version,
        name="policy_version",
    ),
    path("policies/<slug:configuration_id>/drift/", observe_views.policy_drift, name="policy_drift"),
    path("policies/<slug:configuration_id>/export/", observe_views.policy_export, name="policy_export"),
    path("policies/<slug:configuration_id>/history/", observe_views.policy_history, name="policy_history"),
    path("nodes/", observe_views.node_list, name="node_list"),
    path("nodes/<int:pk>/", observe_views.node, name="node"),
    path("nodes/<int:pk>/patches/", observe_views.node_patches, name="node_patches"),
    path("search/", observe_views.search, name="search"),
    path("changes/", observe_views.flip_list, name="flip_list"),
    path("conflicts/", observe_views.conflict_list, name="conflict_list"),
    path("accounts/", observe_views.account_list, name="account_list"),
    path("accounts/findings/", observe_views.heat_map, name="heat_map"),
    path("calendar/", observe_views.run_calendar, name="calendar"),
    path("compare/", observe_views.comparison, name="comparison"),
    path("alerts/", observe_views.alerts, name="alerts"),
    path("alerts/<int:pk>/test/", observe_views.alert_test, name="alert_test"),
    path("alerts/<int:pk>/remove/", observe_views.alert_remove, name="alert_remove"),
    path("views/save/", observe_views.view_save, name="view_save"),
    path("views/<int:pk>/delete/", observe_views.view_delete, name="view_delete"),
]

explain: list[URLPattern | URLResolver] = [path("help/<slug:slug>/", help_topic, name="help")]

urlpatterns = [*make_ready, *ask, *deploy, *observe, *explain]
