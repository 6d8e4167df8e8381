"""Cron expressions as associations take them, of every form."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def numbers(first: int, last: int) -> st.SearchStrategy[str]:
    """A number, a list, a range or a step of a field."""
    one = st.integers(first, last)
    pair = st.tuples(one, one).map(sorted)
    return st.one_of(
        one.map(str),
        st.lists(one, min_size=2, max_size=4).map(lambda chosen: ",".join(map(str, chosen))),
        pair.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.tuples(one, st.integers(1, last)).map(lambda begin: f"{begin[0]}/{begin[1]}"),
        st.integers(1, last).map(lambda step: f"*/{step}"),
        st.tuples(pair.filter(lambda ends: ends[0] < ends[1]), st.integers(1, last)).map(
            lambda part: f"{part[0][0]}-{part[0][1]}/{part[1]}"
        ),
    )


weekday = st.sampled_from(NAMES) | st.integers(1, 7).map(str)
weekdays = st.one_of(
    weekday,
    numbers(1, 7),
    st.just("*"),
    st.just("L"),
    st.lists(weekday, min_size=2, max_size=4).map(",".join),
    st.sampled_from([f"{NAMES[a]}-{NAMES[b]}" for a in range(7) for b in range(a, 7)]),
    weekday.map(lambda day: f"{day}L"),
    st.tuples(weekday, st.integers(1, 5)).map(lambda nth: f"{nth[0]}#{nth[1]}"),
)
minutes = st.one_of(
    st.integers(0, 59).map(str),
    st.integers(0, 29).map(lambda minute: f"{minute},{minute + 30}"),
    st.sampled_from(["0/30", "*/30", "15/30", "15-45/30"]),
)
days = st.one_of(
    st.tuples(st.just("*") | numbers(1, 31), st.just("?")),
    st.tuples(st.just("?"), weekdays),
)
years = st.one_of(st.just("*"), st.integers(2026, 2031).map(str), st.just("2026-2030/2"))


def _write(minute: str, hour: str, day: tuple[str, str], year: str) -> str:
    return f"cron({minute} {hour} {day[0]} * {day[1]} {year})"


cron_expressions = st.builds(_write, minutes, st.just("*") | numbers(0, 23), days, years)
few_runs = st.builds(
    _write,
    st.integers(0, 59).map(str),
    st.sampled_from(["0", "1", "12", "23", "0,23"]),
    days,
    st.sampled_from(["*", "2026", "2027", "2026,2027"]),
)
"""At most two runs a day, at hours that often meet."""
