"""What stands beside the fields: what each option means, and what a field accepts."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from policies.domain.spec import AccountScope, NodeScope, Operation
from policies.wizard.forms.baselines import BaselineKind
from policies.wizard.forms.schedule_fields import ScheduleKind
from policies.wizard.forms.targets import RegionKind

OPTIONS: Mapping[str, Mapping[str, Promise]] = {
    "operation": {
        Operation.SCAN: _("Compares nodes with the patch baseline and reports what is missing. Installs nothing."),
        Operation.SCAN_AND_INSTALL: _("Scans on one schedule and installs missing, approved patches on another."),
    },
    "scan_kind": {
        ScheduleKind.RECOMMENDED: _("Daily at 01:00 UTC."),
        ScheduleKind.DAILY: _("Every day at a time that you choose."),
        ScheduleKind.WEEKLY: _("On one or more days of the week."),
        ScheduleKind.MONTHLY: _(
            "On a weekday of each month, the first to fifth or the last, such as the second Tuesday."
        ),
        ScheduleKind.CRON: _("Any time that a cron or rate expression can tell, in UTC."),
    },
    "install_kind": {
        ScheduleKind.RECOMMENDED: _("Sundays at 02:00 UTC."),
        ScheduleKind.DAILY: _("Every day at a time that you choose."),
        ScheduleKind.WEEKLY: _("On one or more days of the week."),
        ScheduleKind.MONTHLY: _(
            "On a weekday of each month, the first to fifth or the last, such as the second Tuesday."
        ),
        ScheduleKind.CRON: _("Any time that a cron or rate expression can tell, in UTC."),
    },
    "baseline_kind": {
        BaselineKind.DEFAULT: _("The baseline that AWS predefines for each operating system."),
        BaselineKind.CUSTOM: _("Choose a baseline for each operating system, your own or one of AWS."),
    },
    "account_scope": {
        AccountScope.ORGANIZATION: _("Every account of the organization, in every Region that is enabled."),
        AccountScope.UNITS: _("The accounts of the OUs that you choose, in the Regions that you choose."),
        AccountScope.ACCOUNT: _("The account that the portal is signed in to, and no other."),
    },
    "region_kind": {
        RegionKind.CURRENT: _("The portal's home Region alone."),
        RegionKind.CHOSEN: _("One or more Regions of this account."),
    },
    "node_scope": {
        NodeScope.ALL: _("Every managed node in the chosen accounts and Regions."),
        NodeScope.RESOURCE_GROUP: _("The instances of one resource group. For the current account only."),
        NodeScope.TAG: _("Nodes that carry a tag key, with one value of it or with any."),
        NodeScope.MANUAL: _("EC2 instances picked from a list of all chosen accounts and Regions."),
    },
}

REGION_PLACES: Mapping[str, Promise] = {
    "us-east-1": _("US East (N. Virginia)"),
    "us-east-2": _("US East (Ohio)"),
    "us-west-1": _("US West (N. California)"),
    "us-west-2": _("US West (Oregon)"),
    "ap-northeast-1": _("Asia Pacific (Tokyo)"),
    "ap-northeast-2": _("Asia Pacific (Seoul)"),
    "ap-south-1": _("Asia Pacific (Mumbai)"),
    "ap-southeast-1": _("Asia Pacific (Singapore)"),
    "ap-southeast-2": _("Asia Pacific (Sydney)"),
    "ca-central-1": _("Canada (Central)"),
    "eu-central-1": _("Europe (Frankfurt)"),
    "eu-north-1": _("Europe (Stockholm)"),
    "eu-west-1": _("Europe (Ireland)"),
    "eu-west-2": _("Europe (London)"),
    "eu-west-3": _("Europe (Paris)"),
    "sa-east-1": _("South America (Sao Paulo)"),
}
"""The names of the 16 Regions as AWS's console writes them."""

ACCEPTED: Mapping[str, Promise] = {
    "name": _("1-120 characters: letters, digits, spaces and the marks . _ -"),
    "scan_time": _("24-hour clock, such as 01:00."),
    "install_time": _("24-hour clock, such as 02:00."),
    "scan_cron": _("Six fields in UTC, such as cron(0 1 * * ? *)."),
    "install_cron": _("Six fields in UTC, such as cron(0 2 ? * SUN *)."),
    "log_prefix": _("Folders in the bucket, without a slash at the beginning."),
    "tag_value": _("Leave empty to match every value of the key."),
    "concurrency": _("A number of nodes, or a percentage such as 10%."),
    "error_threshold": _("A number of errors, or a percentage such as 2%."),
}
