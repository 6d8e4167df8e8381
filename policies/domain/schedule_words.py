"""A schedule in words, each pattern one whole sentence so that another language can order it as it likes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from policies.domain.cron import Cron, ParsedSchedule, Rate
from policies.domain.cron_days import DayKind, Days
from policies.domain.sentence import N_, Sentence, counted, listed

WEEKDAY_NAMES = (
    N_("Sunday"), N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"),
)  # fmt: skip
NTH_NAMES = (N_("first"), N_("second"), N_("third"), N_("fourth"), N_("fifth"))
SHORTEST_MONTH = 28

AT_TIMES = {
    DayKind.EVERY: N_("At %(times)s UTC every day"),
    DayKind.WEEKDAYS: N_("At %(times)s UTC every %(weekdays)s"),
    DayKind.NTH_WEEKDAY: N_("At %(times)s UTC on the %(nth)s %(weekdays)s of each month"),
    DayKind.LAST_WEEKDAY: N_("At %(times)s UTC on the last %(weekdays)s of each month"),
}
AT_INTERVALS = {
    DayKind.EVERY: N_("Every %(interval)s from %(first)s to %(last)s UTC, every day"),
    DayKind.WEEKDAYS: N_("Every %(interval)s from %(first)s to %(last)s UTC, every %(weekdays)s"),
    DayKind.NTH_WEEKDAY: N_(
        "Every %(interval)s from %(first)s to %(last)s UTC, on the %(nth)s %(weekdays)s of each month"
    ),
    DayKind.LAST_WEEKDAY: N_(
        "Every %(interval)s from %(first)s to %(last)s UTC, on the last %(weekdays)s of each month"
    ),
}


def describe(parsed: ParsedSchedule) -> Sentence:
    """The schedule as a sentence: "At 02:00 UTC every Sunday"."""
    if isinstance(parsed, Rate):
        return Sentence(N_("Every %(interval)s, counted from the deployment"), {"interval": _interval(parsed.interval)})
    words = _describe_cron(parsed)
    if _is_missing_in_some_months(parsed.days):
        words = Sentence(N_("%(schedule)s, in months that have it"), {"schedule": words})
    if parsed.is_every_year:
        return words
    return Sentence(N_("%(schedule)s, only in %(years)s"), {"schedule": words, "years": _years(parsed.years)})


def _is_missing_in_some_months(days: Days) -> bool:
    """Not every month has a fifth Sunday, or a 31st."""
    return days.nth == 5 or bool(days.month_days and days.month_days[0] > SHORTEST_MONTH)


def _years(years: tuple[int, ...]) -> object:
    if len(years) > 2 and years[-1] - years[0] == len(years) - 1:
        return Sentence(N_("%(first)s to %(last)s"), {"first": years[0], "last": years[-1]})
    return listed(years)


def _describe_cron(cron: Cron) -> Sentence:
    gaps = {later - earlier for earlier, later in pairwise(cron.times)}
    if len(cron.times) > 2 and len(gaps) == 1:
        ends = {"first": _clock(cron.times[0]), "last": _clock(cron.times[-1])}
        return _at_intervals(cron.days, {"interval": _interval(gaps.pop()), **ends, **_day_values(cron.days)})
    times = listed(tuple(_clock(since) for since in cron.times))
    return _at_times(cron.days, {"times": times, **_day_values(cron.days)})


def _at_times(days: Days, values: dict[str, object]) -> Sentence:
    if days.kind is not DayKind.MONTH_DAYS:
        return Sentence(AT_TIMES[days.kind], values)
    return counted(
        "At %(times)s UTC on day %(month_days)s of each month",
        "At %(times)s UTC on days %(month_days)s of each month",
        len(days.month_days),
        values,
    )


def _at_intervals(days: Days, values: dict[str, object]) -> Sentence:
    if days.kind is not DayKind.MONTH_DAYS:
        return Sentence(AT_INTERVALS[days.kind], values)
    return counted(
        "Every %(interval)s from %(first)s to %(last)s UTC, on day %(month_days)s of each month",
        "Every %(interval)s from %(first)s to %(last)s UTC, on days %(month_days)s of each month",
        len(days.month_days),
        values,
    )


def _day_values(days: Days) -> dict[str, object]:
    values: dict[str, object] = {}
    if days.weekdays:
        values["weekdays"] = listed(tuple(Sentence(WEEKDAY_NAMES[number - 1]) for number in days.weekdays))
    if days.nth:
        values["nth"] = Sentence(NTH_NAMES[days.nth - 1])
    if days.month_days:
        values["month_days"] = listed(days.month_days)
    return values


def _interval(length: timedelta) -> Sentence:
    minutes = int(length.total_seconds()) // 60
    if minutes % (24 * 60) == 0:
        return counted("day", "%(count)s days", minutes // (24 * 60))
    if minutes % 60 == 0:
        return counted("hour", "%(count)s hours", minutes // 60)
    return counted("minute", "%(count)s minutes", minutes)


def _clock(since_midnight: timedelta) -> str:
    minutes = int(since_midnight.total_seconds()) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
