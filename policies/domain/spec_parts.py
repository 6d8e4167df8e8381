"""A policy in the parts that people compare: what an edit changes, what two edits change, and how they are merged.

A part is the least that makes sense alone: a tag's value never goes without its key. The review of an edit and the
comparison of two administrators' edits both read these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from policies.domain.sentence import Sentence
from policies.domain.spec import PolicySpec
from policies.domain.spec_words import Line, describe_part


@dataclass(frozen=True)
class Part:
    """Fields of PolicySpec, or of the group `within` it, that are changed together."""

    name: str
    fields: tuple[str, ...]
    within: str = ""


PARTS = (
    Part("name", ("name",)),
    Part("operation", ("operation", "install", "reboot_if_needed")),
    Part("scan", ("scan",)),
    Part("baselines", ("uses_custom_baselines", "baselines")),
    Part("logs", ("logs",)),
    Part("places", ("account_scope", "unit_ids", "regions"), "targets"),
    Part("nodes", ("node_scope", "resource_group", "tag_key", "tag_value", "instance_ids"), "targets"),
    Part("concurrency", ("concurrency",), "rate"),
    Part("error_threshold", ("error_threshold",), "rate"),
    Part("instance_profiles", ("attach_iam",)),
)

Words = Sentence | str


@dataclass(frozen=True)
class LineChange:
    """One line before and after; "" where there was or will be nothing."""

    label: str
    before: Words
    after: Words


@dataclass(frozen=True)
class PartChange:
    """A part that differs, with the lines that do."""

    part: Part
    lines: tuple[LineChange, ...]


@dataclass(frozen=True)
class LineEdits:
    """One line as both began from it, as the other edit left it, and as this one has it."""

    label: str
    base: Words
    theirs: Words
    mine: Words


@dataclass(frozen=True)
class PartEdits:
    """A part that at least one of two edits changed."""

    part: Part
    lines: tuple[LineEdits, ...]
    is_theirs: bool
    is_mine: bool

    @property
    def is_conflict(self) -> bool:
        """Whether both changed it, each to something else."""
        return self.is_theirs and self.is_mine and any(line.theirs != line.mine for line in self.lines)


def find_changes(before: PolicySpec, after: PolicySpec) -> tuple[PartChange, ...]:
    """What an edit changes, in the order of the steps; () when it changes nothing."""
    differing = [part for part in PARTS if not is_same(part, before, after)]
    return tuple(PartChange(part, _line_changes(part, before, after)) for part in differing)


def find_edits(base: PolicySpec, theirs: PolicySpec, mine: PolicySpec) -> tuple[PartEdits, ...]:
    """What two edits of one policy changed, in the order of the steps."""
    edits = [
        PartEdits(
            part, _line_edits(part, base, theirs, mine), not is_same(part, base, theirs), not is_same(part, base, mine)
        )
        for part in PARTS
    ]
    return tuple(edit for edit in edits if edit.is_theirs or edit.is_mine)


def merge(theirs: PolicySpec, mine: PolicySpec, kept: Collection[str]) -> PolicySpec:
    """Their policy with my answer to the parts named in `kept`."""
    merged = theirs
    for part in PARTS:
        if part.name in kept:
            merged = _take(merged, mine, part)
    return merged


def is_same(part: Part, one: PolicySpec, other: PolicySpec) -> bool:
    """Whether two policies agree in a part. Names in a list may stand in any order."""
    return _values(part, one) == _values(part, other)


def _values(part: Part, spec: PolicySpec) -> tuple[object, ...]:
    holder = getattr(spec, part.within) if part.within else spec
    return tuple(_unordered(getattr(holder, name)) for name in part.fields)


def _unordered(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _take(spec: PolicySpec, other: PolicySpec, part: Part) -> PolicySpec:
    if not part.within:
        return replace(spec, **{name: getattr(other, name) for name in part.fields})
    source = getattr(other, part.within)
    group = replace(getattr(spec, part.within), **{name: getattr(source, name) for name in part.fields})
    return replace(spec, **{part.within: group})


def _line_changes(part: Part, before: PolicySpec, after: PolicySpec) -> tuple[LineChange, ...]:
    was, will_be = _by_label(describe_part(part.name, before)), _by_label(describe_part(part.name, after))
    labels = dict.fromkeys((*was, *will_be))
    lines = (LineChange(label, was.get(label, ""), will_be.get(label, "")) for label in labels)
    return tuple(line for line in lines if line.before != line.after)


def _line_edits(part: Part, base: PolicySpec, theirs: PolicySpec, mine: PolicySpec) -> tuple[LineEdits, ...]:
    told = [_by_label(describe_part(part.name, spec)) for spec in (base, theirs, mine)]
    labels = dict.fromkeys(label for lines in told for label in lines)
    lines = (LineEdits(label, *(one.get(label, "") for one in told)) for label in labels)
    return tuple(line for line in lines if not line.base == line.theirs == line.mine)


def _by_label(lines: tuple[Line, ...]) -> dict[str, Words]:
    return {line.label: line.words for line in lines}
