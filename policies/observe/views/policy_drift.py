"""What differs in AWS from what should stand there for a policy, as the newest comparison found it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.models import DriftReport
from policies.observe import columns, exports
from policies.observe.views.policy import find_policy, frame
from policies.plan.changes import Plan


@requires(Role.VIEWER)
@require_safe
def policy_drift(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """The difference as the plan that would mend it; or as a file."""
    found = find_policy(configuration_id)
    report = DriftReport.objects.filter(policy=found).first()
    plan = Plan.from_dict(report.plan) if report and report.plan else None
    if exports.is_wanted(request):
        changes = plan.changes if plan else ()
        return exports.export(request, f"{configuration_id}-drift", columns.DIFFERENCES, changes)
    context = {**frame(found, "policy_drift"), "report": report, "plan": plan}
    return render(request, "observe/policy_drift.html", context)
