"""What is wrong, or doubtful, with what was asked for: values in, problems out, each beside the field that has it.

`field` is the wizard's field name. The wizard shows these beside its fields; the verbs that change AWS check the whole
spec again with `check_spec`. A collection of known things that is None was not looked up and is not checked against.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.problem import Problem, Problems, is_blocked, is_plain
from policies.domain.schedule import ScheduleError, is_documented, meets, parse
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import BaselineChoice, LogStorage, Operation, PolicySpec, Schedule
from policies.domain.target_problems import check_targets

__all__ = [
    "Problem", "Problems", "check_access", "check_baselines", "check_first_runs_apart", "check_logs", "check_name",
    "check_rate", "check_schedule", "check_schedules_apart", "check_spec", "check_targets", "check_wait", "is_blocked",
]  # fmt: skip

NAME = re.compile(r"[ A-Za-z0-9._-]{1,120}")
CONCURRENCY = re.compile(r"([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)")
ERROR_THRESHOLD = re.compile(r"([1-9][0-9]*|0|[1-9][0-9]%|[0-9]%|100%)")
LONGEST_FIGURE = 7
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
LONGEST_PREFIX = 500 - len("/abcde/111122223333/ap-southeast-1")
"""An association's prefix has 500 characters, of which configuration id, account and Region take their part."""
BASELINE_ID = re.compile(r"[a-zA-Z0-9_\-:/]{20,128}")


def check_name(name: str, taken: Collection[str] = ()) -> Problems:
    """1 to 120 of the characters that the Quick Setup API allows, and not the name of another living policy."""
    if not name.strip():
        return (Problem("name", Sentence(N_("Configuration name is required."))),)
    if not NAME.fullmatch(name) or name != name.strip():
        accepted = N_(
            "Enter 1 to 120 characters: letters A to Z, digits, spaces, periods, underscores and hyphens, without a "
            "space at either end."
        )
        return (Problem("name", Sentence(accepted)),)
    if name in taken:
        return (Problem("name", Sentence(N_("Another patch policy has this name. Enter a different one."))),)
    return ()


def check_schedule(expression: str, field: str) -> Problems:
    """The rules of associations' schedules; a cadence that AWS does not list for them is a warning."""
    if not expression.strip():
        return (Problem(field, Sentence(N_("Schedule is required. Enter a cron or rate expression."))),)
    try:
        parsed = parse(expression)
    except ScheduleError as error:
        return (Problem(field, error.sentence),)
    if is_documented(parsed):
        return ()
    doubt = N_(
        "AWS lists these schedules for associations: every 30 minutes, every 1, 2, 4, 8 or 12 hours, once a day, once "
        "a week, and the first to fifth or last weekday of a month. Others may be refused when the policy is deployed."
    )
    return (Problem(field, Sentence(doubt), is_warning=True),)


def check_wait(schedule: Schedule, field: str) -> Problems:
    """Waiting for the first tick is for cron alone (ApplyOnlyAtCronInterval); a rate starts at the deployment."""
    if not schedule.wait_for_first_interval or not schedule.expression.strip().lower().startswith("rate("):
        return ()
    return (Problem(field, Sentence(N_("Only a cron expression can wait. Clear this, or enter a cron expression."))),)


def check_schedules_apart(scan: str, install: str, field: str = "install_cron") -> Problems:
    """Warn when scan and install come within two minutes on a node: one of them would fail there (aws-facts 3.1).

    Expressions that are wrong in themselves are left to `check_schedule`.
    """
    try:
        collide = meets(parse(scan), parse(install))
    except ScheduleError:
        return ()
    if not collide:
        return ()
    doubt = N_(
        "Scan and installation start within two minutes of each other, and one of them can fail on a node. Set them "
        "further apart."
    )
    return (Problem(field, Sentence(doubt), is_warning=True),)


def check_first_runs_apart(scan: Schedule, install: Schedule, field: str = "install_wait") -> Problems:
    """Warn when neither waits for its first tick: both then start on a node the moment it becomes a target."""
    if scan.wait_for_first_interval or install.wait_for_first_interval:
        return ()
    doubt = N_(
        "Scan and installation both start as soon as a node is targeted, and one of them can fail on it. Let one of "
        "them wait for its first CRON interval."
    )
    return (Problem(field, Sentence(doubt), is_warning=True),)


def check_access(*, attaches: bool) -> Problems:
    """Without the IAM policies that Quick Setup can attach, nodes read the override file only where others let them."""
    if attaches:
        return ()
    doubt = N_(
        "No IAM policies are added to instance profiles. A node whose role may not read this policy's bucket fails "
        "with exit code 160."
    )
    return (Problem("attach_iam", Sentence(doubt), is_warning=True),)


def check_rate(concurrency: str, error_threshold: str) -> Problems:
    """The API's patterns for MaxConcurrency and MaxErrors: numbers or percentages, concurrency not 0."""
    found = []
    if len(concurrency) > LONGEST_FIGURE or not CONCURRENCY.fullmatch(concurrency):
        accepted = N_("Enter a number of nodes from 1, or a percentage from 1% to 100%, for example 10%.")
        found.append(Problem("concurrency", Sentence(accepted)))
    if len(error_threshold) > LONGEST_FIGURE or not ERROR_THRESHOLD.fullmatch(error_threshold):
        accepted = N_("Enter a number of errors from 0, or a percentage from 0% to 100%, for example 2%.")
        found.append(Problem("error_threshold", Sentence(accepted)))
    return tuple(found)


def check_logs(logs: LogStorage | None) -> Problems:
    """A bucket's name, and a prefix that associations take. None: no output is written, nothing to check."""
    if logs is None:
        return ()
    if not logs.bucket:
        return (Problem("log_bucket", Sentence(N_("S3 bucket is required to write the output."))),)
    found = []
    if not BUCKET.fullmatch(logs.bucket):
        accepted = N_(
            "Enter a bucket name: 3 to 63 lower-case letters, digits, periods and hyphens, without s3:// and prefix."
        )
        found.append(Problem("log_bucket", Sentence(accepted)))
    elif not logs.region:
        found.append(Problem("log_bucket", Sentence(N_("The Region of this bucket is not known. Choose it again."))))
    if len(logs.prefix) > LONGEST_PREFIX or logs.prefix.startswith("/") or not is_plain(logs.prefix):
        accepted = N_(
            "Enter a prefix of at most %(limit)s printable characters, without {{, that does not begin with a slash."
        )
        found.append(Problem("log_prefix", Sentence(accepted, {"limit": LONGEST_PREFIX})))
    return tuple(found)


def check_baselines(choices: Collection[BaselineChoice], known_ids: Collection[str] | None = None) -> Problems:
    """One existing baseline for each operating system. `known_ids` are the ids (or ARNs) that AWS lists now."""
    if not choices:
        return (Problem("baseline_kind", Sentence(N_("Choose a baseline for at least one operating system."))),)
    often = Counter(choice.operating_system for choice in choices)
    return tuple(found for choice in choices for found in _check_choice(choice, often, known_ids))


def check_spec(
    spec: PolicySpec,
    *,
    taken_names: Collection[str] = (),
    known_units: Collection[str] | None = None,
    known_regions: Collection[str] | None = None,
    known_baselines: Collection[str] | None = None,
    is_management: bool = True,
) -> Problems:
    """Every rule over a whole policy, in the order of the wizard's steps."""
    return (
        *check_name(spec.name, taken_names),
        *_check_schedules(spec),
        *check_baselines(spec.baselines, known_baselines),
        *check_logs(spec.logs),
        *check_targets(spec.targets, known_units, known_regions, is_management=is_management),
        *check_rate(spec.rate.concurrency, spec.rate.error_threshold),
    )


def _check_schedules(spec: PolicySpec) -> Problems:
    found = [*check_schedule(spec.scan.expression, "scan_cron"), *check_wait(spec.scan, "scan_wait")]
    if spec.operation is Operation.SCAN:
        if spec.install:
            found.append(Problem("operation", Sentence(N_("An installation schedule needs Scan and install."))))
        return tuple(found)
    if not spec.install:
        return (*found, Problem("install_cron", Sentence(N_("Installation schedule is required."))))
    found += check_schedule(spec.install.expression, "install_cron")
    found += check_wait(spec.install, "install_wait")
    found += check_schedules_apart(spec.scan.expression, spec.install.expression)
    return (*found, *check_first_runs_apart(spec.scan, spec.install))


def _check_choice(choice: BaselineChoice, often: Counter[str], known_ids: Collection[str] | None) -> Problems:
    system = choice.operating_system
    if system not in OPERATING_SYSTEMS:
        unknown = N_("%(system)s is not an operating system that Patch Manager knows.")
        return (Problem("baseline_kind", Sentence(unknown, {"system": system})),)
    field, values = f"baseline_{system}", {"system": OPERATING_SYSTEMS[system], "name": choice.name}
    if often[system] > 1:
        return (Problem(field, Sentence(N_("Choose one baseline for %(system)s, not several."), values)),)
    if not BASELINE_ID.fullmatch(choice.baseline_id):
        return (Problem(field, Sentence(N_("Choose a patch baseline for %(system)s."), values)),)
    if known_ids is not None and choice.baseline_id not in known_ids:
        gone = N_("The patch baseline %(name)s no longer exists. Choose another one for %(system)s.")
        return (Problem(field, Sentence(gone, values)),)
    return ()
