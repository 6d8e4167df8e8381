"""Step 5: which accounts and Regions, and which of their nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.domain.problem import Problem
from policies.domain.problems import check_targets
from policies.domain.spec import AccountScope, NodeScope, PolicySpec, Targets
from policies.domain.targets import REGIONS
from policies.wizard.facts import told
from policies.wizard.forms.base import WRONG_CHOICE, StepForm

WORDS_OF = {
    NodeScope.RESOURCE_GROUP: ("resource_group",),
    NodeScope.TAG: ("tag_key", "tag_value"),
}
"""The text fields that count for a way to choose nodes."""


class RegionKind(models.TextChoices):
    """Regions of a policy for the current account."""

    CURRENT = "current"
    CHOSEN = "chosen"


def offered(list_id: str) -> forms.TextInput:
    """A text box that offers what a datalist of the page holds."""
    return forms.TextInput(attrs={"list": list_id, "autocomplete": "off", "spellcheck": "false"})


class ManyField(forms.Field):
    """Values picked from a list, kept as sent: the rules say which of them are wrong, and why."""

    def to_python(self, value: Any) -> tuple[str, ...]:
        given = (value,) if isinstance(value, str) else tuple(value or ())
        return tuple(dict.fromkeys(word for each in given for word in split_values(str(each))))


def split_values(typed: str) -> list[str]:
    """Values typed into one box, between spaces or commas."""
    return typed.replace(",", " ").split()


class TargetsForm(StepForm):
    """Accounts, Regions, nodes. Only the fields of the chosen scopes count; the others keep what was typed."""

    account_scope = forms.ChoiceField(
        label=_("Accounts and Regions"),
        choices=[
            (AccountScope.ORGANIZATION, _("Entire organization")),
            (AccountScope.UNITS, _("Custom")),
            (AccountScope.ACCOUNT, _("Current account")),
        ],
        widget=forms.RadioSelect,
        initial=AccountScope.ORGANIZATION,
        error_messages=WRONG_CHOICE,
    )
    unit_ids = ManyField(label=_("Target OUs"), required=False, widget=forms.SelectMultiple, initial=[])
    region_kind = forms.ChoiceField(
        label=_("Regions of the current account"),
        choices=[(RegionKind.CURRENT, _("Current Region")), (RegionKind.CHOSEN, _("Choose Regions"))],
        widget=forms.RadioSelect,
        initial=RegionKind.CURRENT,
        required=False,
        error_messages=WRONG_CHOICE,
    )
    regions = ManyField(
        label=_("Target Regions"), required=False, widget=forms.SelectMultiple, initial=[settings.AWS_HOME_REGION]
    )
    node_scope = forms.ChoiceField(
        label=_("Choose how you want to target instances"),
        choices=[
            (NodeScope.ALL, _("All managed nodes")),
            (NodeScope.RESOURCE_GROUP, _("Specify the resource group")),
            (NodeScope.TAG, _("Specify a node tag")),
            (NodeScope.MANUAL, _("Manual")),
        ],
        widget=forms.RadioSelect,
        initial=NodeScope.ALL,
        error_messages=WRONG_CHOICE,
    )
    resource_group = forms.CharField(label=_("Resource group"), required=False, widget=offered("group-names"))
    tag_key = forms.CharField(label=_("Tag key"), required=False, widget=offered("tag-keys"))
    tag_value = forms.CharField(label=_("Tag value"), required=False, strip=False, widget=offered("tag-values"))
    instance_ids = ManyField(label=_("Instances"), required=False, widget=forms.SelectMultiple, initial=[])

    def offer(self, is_management: bool) -> None:
        """Offer other accounts to the organization's management account alone."""
        field = self.fields["account_scope"]
        if not is_management and isinstance(field, forms.ChoiceField):
            field.choices = [(AccountScope.ACCOUNT, _("Current account"))]
            field.initial = AccountScope.ACCOUNT

    def targets_or_none(self) -> Targets | None:
        """The targets as far as they are known, even when something is wrong with them; None without both scopes."""
        self.is_valid()
        if not self.given("account_scope") or not self.given("node_scope"):
            return None
        known = told(self.facts.regions)
        return self.targets({region.name for region in known if region.is_enabled} if known else set(REGIONS))

    def problems(self) -> Iterable[Problem]:
        """The rules, against the units and Regions that AWS told; without its answer the review tells."""
        if {"account_scope", "node_scope"} & set(self.errors):
            return ()
        organization, regions, caller = told(self.facts.organization), told(self.facts.regions), told(self.facts.caller)
        enabled = {region.name for region in regions if region.is_enabled} if regions else None
        return check_targets(
            self.targets(enabled or set(REGIONS)),
            known_units={unit.unit_id for unit in organization.units} if organization else None,
            known_regions=enabled,
            is_management=caller is None or caller.is_management,
        )

    def parts(self) -> dict[str, Any]:
        return {"targets": self.targets({region.name for region in self.facts.regions() if region.is_enabled})}

    def targets(self, enabled: set[str]) -> Targets:
        """The targets as far as they can be told; the entire organization means every enabled Region."""
        account_scope, node_scope = AccountScope(self.given("account_scope")), NodeScope(self.given("node_scope"))
        words = {name: self.given(name) for name in WORDS_OF.get(node_scope, ())}
        return Targets(
            account_scope=account_scope,
            regions=self._regions(account_scope, enabled),
            node_scope=node_scope,
            unit_ids=self._many("unit_ids") if account_scope is AccountScope.UNITS else (),
            instance_ids=self._many("instance_ids") if node_scope is NodeScope.MANUAL else (),
            **words,
        )

    @staticmethod
    def answers_for(spec: PolicySpec) -> dict[str, list[str]]:
        asked = spec.targets
        is_current = asked.regions == (settings.AWS_HOME_REGION,)
        return {
            "account_scope": [str(asked.account_scope)],
            "unit_ids": list(asked.unit_ids),
            "region_kind": [str(RegionKind.CURRENT if is_current else RegionKind.CHOSEN)],
            "regions": list(asked.regions),
            "node_scope": [str(asked.node_scope)],
            "resource_group": [asked.resource_group],
            "tag_key": [asked.tag_key],
            "tag_value": [asked.tag_value],
            "instance_ids": list(asked.instance_ids),
        }

    def _regions(self, account_scope: AccountScope, enabled: set[str]) -> tuple[str, ...]:
        if account_scope is AccountScope.ORGANIZATION:
            return tuple(region for region in REGIONS if region in enabled)
        if account_scope is AccountScope.ACCOUNT and self.given("region_kind") != RegionKind.CHOSEN:
            return (settings.AWS_HOME_REGION,)
        return self._many("regions")

    def _many(self, name: str) -> tuple[str, ...]:
        """The values of a field as typed; a field with an error is no longer among the cleaned ones."""
        return tuple(dict.fromkeys(word for value in self.typed(name) for word in split_values(value)))
