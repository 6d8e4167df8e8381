"""What the fields of a filter offer: values with their words, which templates/rows/filter_fields.html draws."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext, gettext_lazy, ngettext

from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.scanners import SCANNER_WORDS
from policies.domain.status import Findings, PolicyStatus
from policies.models import OrganizationalUnit, Policy, Tally
from policies.observe import charts, tallies
from policies.observe.filters import NodeFilter
from policies.status_words import draw_status

Choices = list[tuple[str, str]]

AGES = [("day", gettext_lazy("Within 24 hours")), ("week", gettext_lazy("1 to 7 days ago")),
        ("longer", gettext_lazy("Longer ago")), ("never", gettext_lazy("Never"))]  # fmt: skip
COVERS = [("none", gettext_lazy("None")), ("one", gettext_lazy("One")), ("several", gettext_lazy("Several")),
          ("any", gettext_lazy("One or more"))]  # fmt: skip


def choices_of_parts(last: Tally | None) -> dict[str, Choices]:
    """Units, Regions and operating systems of the newest count, and the living policies."""
    keys = tallies.keys_of(last)
    return {
        "unit": choices_of_units(keys["unit"]),
        "region": [(region, region) for region in keys["region"]],
        "operating_system": [(system, OPERATING_SYSTEMS.get(system, system)) for system in keys["operating_system"]],
        "policy": list(Policy.objects.living().values_list("configuration_id", "name")),
    }


def choices_of_units(unit_ids: Iterable[str]) -> Choices:
    """These units by what people call them, in that order; by the id where no name was read."""
    labels = OrganizationalUnit.objects.labels()
    return sorted(((unit, labels.get(unit, unit)) for unit in unit_ids), key=lambda choice: choice[1].casefold())


def choices_of_standing(wanted: NodeFilter) -> dict[str, Choices]:
    """How nodes stand, for the list of nodes that `wanted` leaves."""
    return {
        "findings": [(each, draw_status(each, "findings", plain=True)) for each in Findings],
        "severity": [(name, str(word)) for name, word, _ in charts.SEVERITIES],
        "status": [(each, draw_status(each, plain=True)) for each in PolicyStatus],
        "missing_for": [(days, str(word)) for days, word, _ in charts.DAYS_MISSING],
        "scanned": [(age, str(word)) for age, word in AGES],
        "scanner": _scanners(wanted.scanner),
        "cover": [(cover, str(word)) for cover, word in COVERS],
    }


def _scanners(wanted: str) -> Choices:
    """The kinds, and the one with a name that is asked for."""
    kinds = {str(kind): word.say(gettext, ngettext) for kind, word in SCANNER_WORDS.items()}
    kind, has_name, name = wanted.partition(":")
    return [*kinds.items(), *([(wanted, f"{kinds[kind]}: {name or '-'}")] if has_name else [])]
