"""10,000 random expressions, read here and by another library (cronsim): the same runs, or a rule of AWS's by name.

What AWS does differently is in AWS_REFUSES and AWS_ACCEPTS, each with its source; any other difference fails.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from cronsim import CronSim, CronSimError

from policies.domain.schedule import Cron, ScheduleError, next_runs, parse

CASES = 10_000
SEED = 20261125
RUNS = 4
NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
REFERENCE = "Reference: Cron and rate expressions for Systems Manager"

AWS_REFUSES = {
    "Runs must be at least 30 minutes apart": f"{REFERENCE}, associations: not more often than every 30 minutes",
    "The last run of a day and the first of the next": f"{REFERENCE}, associations: the same around midnight",
    "exactly one of day of month and day of week": f"{REFERENCE}: one of the two day fields is ?",
    "do not honour months": f"{REFERENCE}, associations: months are not supported",
    "L and W are not supported": f"{REFERENCE}: not listed for associations (UNVERIFIED)",
    "days of the week from SUN to SAT": f"{REFERENCE}: 1 (Sunday) to 7, so 0 is no weekday; one # or L alone",
}
"""What is read by the other library and refused here: words of the refusal, and why."""
AWS_ACCEPTS = {
    "L": f"{REFERENCE}: a bare L in the day of week is the last day of the week, Saturday",
}
"""What is read here and refused by the other library: a mark in the day of week, and why."""


ONE_VALUE = re.compile(r"\b(\d+)-\1/\d+")
"""A range of one value with a step, 5-5/10: the other library takes it for 5/10. AWS does not speak of it."""


def one_of(fields: random.Random, first: int, last: int) -> str:
    """A field of any form: all, a number, a list, a range, a step."""
    low, high = sorted((fields.randint(first, last), fields.randint(first, last)))
    step = fields.randint(1, last)
    forms = ("*", f"{low}", f"{low},{high}", f"{low}-{high}", f"*/{step}", f"{low}/{step}", f"{low}-{high}/{step}")
    return fields.choice(forms)


def some_minutes(fields: random.Random) -> str:
    """Mostly what associations can take."""
    minute = fields.randint(0, 29)
    usual = (f"{fields.randint(0, 59)}", f"{minute},{minute + 30}", f"{minute}/30", "*/30", "10,50")
    return one_of(fields, 0, 59) if fields.random() < 0.1 else fields.choice(usual)


def some_weekdays(fields: random.Random) -> str:
    """Numbers, names, n-th and last; sometimes what is wrong."""
    day = fields.choice((*NAMES, *"01234567"))
    low, high = sorted((fields.randint(0, 6), fields.randint(0, 6)))
    forms = (
        one_of(fields, 1, 7), day, f"{day}L", f"{day}#{fields.randint(1, 5)}", f"{NAMES[low]}-{NAMES[high]}",
        f"{NAMES[low]},{day}", "L", f"{day}#1,{day}#3",
    )  # fmt: skip
    return fields.choice(forms)


def some_expression(fields: random.Random) -> str:
    """Six fields of any form, now and then with both days, a month, or a day of month that only others know."""
    day, weekday = (one_of(fields, 1, 31), "?") if fields.random() < 0.4 else ("?", some_weekdays(fields))
    chance = fields.random()
    if chance < 0.05:
        day, weekday = fields.choice((("*", "*"), ("1", "MON"), ("?", "?"), ("L", "?"), ("LW", "?")))
    month = "1-6" if chance > 0.97 else "*"
    year = fields.choice(("*", "*", "*", f"{fields.randint(2024, 2040)}", "2026-2040/3", "2025,2031"))
    hour = "0,23" if fields.random() < 0.05 else one_of(fields, 0, 23)
    return f"cron({some_minutes(fields)} {hour} {day} {month} {weekday} {year})"


def for_cronsim(expression: str) -> tuple[str, str]:
    """The expression as the other library writes it (weekdays from 0 = Sunday, ? as *), and the years it leaves out."""
    minute, hour, day, month, weekday, year = expression[5:-1].split()
    written = f"{minute} {hour} {day} {month} {count_from_0(weekday)}".replace("?", "*")
    return ONE_VALUE.sub(r"\1", written), year


def count_from_0(weekday: str) -> str:
    """AWS's weekdays, 1 = Sunday, as numbers from 0; what follows # or / is no weekday."""
    parts = []
    for part in weekday.split(","):
        day, mark, rest = next(((*part.partition(m),) for m in "#/" if m in part), (part, "", ""))
        is_last = day != "L" and day.endswith("L")
        ends = [number_from_0(end) for end in (day[:-1] if is_last else day).split("-")]
        if mark == "/" and len(ends) == 1 and ends != ["*"]:
            ends.append("6")
        parts.append("-".join(ends) + ("L" if is_last else "") + mark + rest)
    return ",".join(parts)


def number_from_0(day: str) -> str:
    if day in NAMES:
        return str(NAMES.index(day))
    return str(int(day) - 1) if day.isdigit() else day


def years_of(year: str) -> frozenset[int]:
    """The years of the few forms that are asked about, read without the code under test."""
    if year == "*":
        return frozenset(range(1970, 2200))
    if "/" in year:
        span, step = year.split("/")
        first, last = map(int, span.split("-"))
        return frozenset(range(first, last + 1, int(step)))
    return frozenset(map(int, year.split(",")))


def runs_there(expression: str, after: datetime) -> list[datetime]:
    """The next runs by the other library, year by year. Raises CronSimError for what it cannot read."""
    cron, year = for_cronsim(expression)
    found = list(islice(CronSim(cron, after), RUNS)) if year == "*" else []
    for each in sorted(years_of(year)) if year != "*" else ():
        begin = max(after, datetime(each, 1, 1, tzinfo=UTC) - timedelta(minutes=1))
        if each >= after.year and len(found) < RUNS:
            runs = islice(CronSim(cron, begin), RUNS)
            found += [run for run in runs if run.year == each]
    return found[:RUNS]


def runs_here(expression: str, after: datetime) -> list[datetime]:
    parsed = parse(expression)
    assert isinstance(parsed, Cron)
    return list(next_runs(parsed, after, RUNS))


def compare(expression: str, after: datetime) -> str:
    """ "same", or the key of the difference that explains it; fails when nothing does."""
    try:
        there: list[datetime] | None = runs_there(expression, after)
    except (CronSimError, ValueError):
        there = None
    try:
        here = runs_here(expression, after)
    except ScheduleError as refusal:
        if there is None:
            return "refused by both"
        said = str(refusal.sentence)
        return next((words for words in AWS_REFUSES if words in said), f"unexplained: {expression}: {said}")
    if there is None:
        weekday = expression[5:-1].split()[4]
        return next((mark for mark in AWS_ACCEPTS if weekday == mark), f"unexplained: {expression} is accepted")
    return "same" if here == there else f"unexplained: {expression} after {after}: {here} and not {there}"


@pytest.fixture(scope="module")
def outcomes() -> Counter[str]:
    """How each of the cases came out."""
    fields = random.Random(SEED)
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    return Counter(
        compare(some_expression(fields), begin + timedelta(minutes=fields.randint(0, 15 * 366 * 24 * 60)))
        for _ in range(CASES)
    )


def test_all_agree_or_differ_by_a_rule_of_aws(outcomes: Counter[str]) -> None:
    assert sum(outcomes.values()) == CASES
    assert [outcome for outcome in outcomes if outcome.startswith("unexplained")] == []


def test_most_cases_are_read_by_both(outcomes: Counter[str]) -> None:
    assert outcomes["same"] > CASES / 2


def test_each_listed_difference_is_met(outcomes: Counter[str]) -> None:
    assert {difference for difference in (*AWS_REFUSES, *AWS_ACCEPTS) if not outcomes[difference]} == set()
