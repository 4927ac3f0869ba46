"""Screens in three values, held against a reckoning of each company by itself."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.panel import Floats
from dashboard.i18n import Text
from dashboard.screening.checking import planned
from dashboard.screening.evaluation import Evaluation, Truth
from dashboard.screening.fields import fields_of
from dashboard.screening.language import parse
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map

FIELDS = fields_of(load_map(PROJECT_ROOT / "tickers.yaml").chain)
Row = Mapping[str, Any]
Logic = bool | None
LAYERS, MARKETS = ("gpu", "cooling", "psu"), {"TW": "TWD", "US": "USD", "JP": "JPY"}
STATES = ("up", "locked_up", "down", "none")
NUMBERS = {
    "return_1m": "share", "return_3m": "share", "volume_ratio_20": "share", "close": "price",
    "sma_20": "price", "rsi_14": "index", "kd_k": "index", "market_cap": "money",
    "turnover_value": "money", "consecutive_up": "count", "layer_rank_1m": "count",
}  # fmt: skip


class Past:
    """Metrics of earlier sessions, symbol → key → values, the newest first."""

    def __init__(self, told: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        self.told = told
        self.symbols = list(told)

    def panel_rows(self, market: str, symbols: Sequence[str]) -> Any:
        return np.array([self.symbols.index(s) if s in self.told else -1 for s in symbols], int)

    def metrics_before(self, market: str, back: int, keys: Collection[str]) -> dict[str, Floats]:
        def value(symbol: str, key: str) -> float:
            own = self.told[symbol].get(key, ())
            return own[back] if back < len(own) else math.nan

        return {key: np.array([*(value(s, key) for s in self.symbols), math.nan]) for key in keys}


def truth(table: pd.DataFrame, text: str, past: Past | None = None) -> Truth:
    return Evaluation(table, past or Past({})).truth(planned(parse(text), FIELDS))


def kept(table: pd.DataFrame, text: str, past: Past | None = None) -> list[str]:
    found = truth(table, text, past)
    assert not (found.true & found.false).any()
    return table.index[found.true].tolist()


# The other reckoning: plain Python, one company at a time.


@dataclass(frozen=True)
class Both:
    """An expression, and what it is of one row among all rows."""

    text: str
    value: Callable[[Row, list[Row]], Any]
    family: str = ""


def missing(value: Any) -> bool:
    return value is None or value != value


def no(one: Logic) -> Logic:
    return None if one is None else not one


def both(parts: list[Logic]) -> Logic:
    return False if False in parts else None if None in parts else True


def either(parts: list[Logic]) -> Logic:
    return True if True in parts else None if None in parts else False


def column(key: str) -> Both:
    return Both(key, lambda row, _: None if missing(row[key]) else row[key], NUMBERS[key])


def reckoned(sign: str, left: Both, right: Both, family: str) -> Both:
    def value(row: Row, rows: list[Row]) -> Any:
        a, b = left.value(row, rows), right.value(row, rows)
        if a is None or b is None or (sign == "/" and b == 0):
            return None
        return a + b if sign == "+" else a - b if sign == "-" else a * b if sign == "*" else a / b

    return Both(f"({left.text} {sign} {right.text})", value, family)


def changed(text: str, change: Callable[[float], float], one: Both) -> Both:
    def value(row: Row, rows: list[Row]) -> Any:
        own = one.value(row, rows)
        return None if own is None else change(own)

    return Both(text.format(one.text), value, one.family)


def groups(row: Row, by: str | None) -> tuple[Any, ...]:
    if by is None:
        return ("all",)
    own = row[by]
    return own if isinstance(own, tuple) else () if own is None else (own,)


def placed(one: Both, by: str | None, order: str, share: bool) -> Both:
    def value(row: Row, rows: list[Row]) -> Any:
        own = one.value(row, rows)
        if own is None:
            return None
        found = []
        for group in groups(row, by):
            alike = [peer for peer in rows if group in groups(peer, by)]
            if one.family in ("price", "money"):
                alike = [peer for peer in alike if peer["currency"] == row["currency"]]
            known = [one.value(peer, rows) for peer in alike]
            peers = [peer for peer in known if peer is not None]
            if share:
                found.append(sum(peer <= own for peer in peers) / len(peers))
            elif order == "desc":
                found.append(1 + sum(peer > own for peer in peers))
            else:
                found.append(1 + sum(peer < own for peer in peers))
        return (max(found) if share else min(found)) if found else None

    options = ([f"by={by}"] if by else []) + ([] if share else [f"order={order}"])
    name = "percentile" if share else "rank"
    return Both(f"{name}({', '.join([one.text, *options])})", value, "share" if share else "count")


VALUES = (0.0, 0.25, 0.5, -0.5, 1.0, 2.0, 3.0, math.nan)
COLUMNS = st.sampled_from(sorted(NUMBERS)).map(column)
PLAIN = st.sampled_from(["0", "0.25", "0.5", "1", "2"]).map(
    lambda text: Both(text, lambda row, rows: float(text), "plain")
)
BY = st.sampled_from([None, "layer", "any_layer", "market", "limit_state"])


@st.composite
def numbers(draw: st.DrawFn, depth: int = 2) -> Both:
    kind = draw(st.integers(0, 6)) if depth else 0
    if kind <= 1:
        return draw(COLUMNS)
    one = draw(numbers(depth=depth - 1))
    if kind == 2:
        return changed("-{}", lambda own: -own, one)
    if kind == 3:
        return changed("abs({})", abs, one)
    if kind == 4:
        other = draw(COLUMNS.filter(lambda own: own.family == one.family) | PLAIN)
        return reckoned(draw(st.sampled_from("+-")), one, other, one.family)
    if kind == 5:
        if draw(st.booleans()):
            same = draw(COLUMNS.filter(lambda own: own.family == one.family))
            return reckoned("/", one, same, "share")
        return reckoned(draw(st.sampled_from("*/")), one, draw(PLAIN), one.family)
    return placed(one, draw(BY), draw(st.sampled_from(["desc", "asc"])), draw(st.booleans()))


SIGNS: dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def compared(sign: str, left: Both, right: Both) -> Both:
    def value(row: Row, rows: list[Row]) -> Logic:
        a, b = left.value(row, rows), right.value(row, rows)
        return None if a is None or b is None else SIGNS[sign](a, b)

    return Both(f"{left.text} {sign} {right.text}", value)


def among(key: str, values: list[str], word: str) -> Both:
    wanted = set(values) | ({"locked_up"} if "up" in values else set())

    def value(row: Row, rows: list[Row]) -> Logic:
        own = row[key]
        if own is None:
            return None
        found = any(one in wanted for one in (own if isinstance(own, tuple) else (own,)))
        return found if word in ("in", "==") else not found

    one = f"({', '.join(values)})" if word.endswith("in") else values[0]
    return Both(f"{key} {word} {one}", value)


@st.composite
def conditions(draw: st.DrawFn) -> Both:
    kind = draw(st.integers(0, 5))
    if kind <= 2:
        one = draw(numbers())
        other = draw(COLUMNS.filter(lambda own: own.family == one.family) | PLAIN)
        return compared(draw(st.sampled_from(sorted(SIGNS))), one, other)
    if kind == 3:
        one = draw(numbers(depth=1))
        return Both(f"isna({one.text})", lambda row, rows: one.value(row, rows) is None)
    if kind == 4:
        key, values = draw(st.sampled_from(
            [("layer", LAYERS), ("any_layer", LAYERS), ("limit_state", STATES)]
        ))  # fmt: skip
        some = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))
        word = draw(st.sampled_from(["in", "not in"] if len(some) > 1 else ["in", "==", "!="]))
        return among(key, some, word)
    return draw(
        st.sampled_from([
            Both("stale", lambda row, rows: row["stale"]),
            Both("isna(layer)", lambda row, rows: row["layer"] == ()),
            Both("isna(limit_state)", lambda row, rows: row["limit_state"] is None),
            Both("symbol in (1000, 1002.TW)", lambda row, rows: row["symbol"] in (
                "1000.TW", "1002.TW")),
            Both("contains(name, 電)", lambda row, rows: "電" in row["name"].zh),
        ])
    )  # fmt: skip


def joined(inner: st.SearchStrategy[Both]) -> st.SearchStrategy[Both]:
    some = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        inner.map(lambda one: Both(f"not ({one.text})", lambda r, rs: no(one.value(r, rs)))),
        some.map(lambda parts: Both(
            "(" + " and ".join(one.text for one in parts) + ")",
            lambda row, rows: both([one.value(row, rows) for one in parts]))),
        some.map(lambda parts: Both(
            "(" + " or ".join(one.text for one in parts) + ")",
            lambda row, rows: either([one.value(row, rows) for one in parts]))),
    )  # fmt: skip


EXPRESSIONS = st.recursive(conditions(), joined, max_leaves=4)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for number in range(draw(st.integers(0, 7))):
        market = draw(st.sampled_from(sorted(MARKETS)))
        layer = draw(st.sampled_from([(), *((one,) for one in LAYERS)]))
        rows.append({
            "symbol": f"{1000 + number}.TW", "market": market, "currency": MARKETS[market],
            "name": Text(draw(st.sampled_from(["台電", "鴻海"])), "x"),
            "stale": draw(st.booleans()),
            "layer": layer,
            "any_layer": (*layer, *draw(st.sampled_from([(), ("memory",)]))),
            "limit_state": draw(st.sampled_from([None, *STATES])),
            **{key: draw(st.sampled_from(VALUES)) for key in NUMBERS},
        })  # fmt: skip
    columns = ["symbol", "market", "currency", "name", "stale", "layer", "any_layer",
               "limit_state", *NUMBERS]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame = frame.astype(dict.fromkeys(NUMBERS, float) | {"stale": bool})
    return frame.set_index(pd.Index(frame["symbol"].tolist(), dtype=object))


def rows_of(table: pd.DataFrame) -> list[Row]:
    return table.to_dict("records")


@settings(max_examples=30, deadline=None)
@given(tables(), EXPRESSIONS)
def test_every_expression_means_what_it_means_for_each_company(
    table: pd.DataFrame, one: Both
) -> None:
    rows = rows_of(table)
    expected = [one.value(row, rows) for row in rows]
    found = truth(table, one.text)
    told = [True if t else False if f else None for t, f in zip(found.true, found.false)]  # noqa: B905
    assert told == expected, one.text


@settings(max_examples=15, deadline=None)
@given(tables(), EXPRESSIONS, EXPRESSIONS, st.randoms(use_true_random=False))
def test_what_holds_for_all_screens(table: pd.DataFrame, a: Both, b: Both, luck: Any) -> None:
    whole = kept(table, a.text)
    assert set(whole) <= set(table.index)
    assert set(kept(table, f"({a.text}) and ({b.text})")) <= set(whole)
    assert set(whole) <= set(kept(table, f"({a.text}) or ({b.text})"))
    assert kept(table, f"not not ({a.text})") == whole
    assert not set(whole) & set(kept(table, f"not ({a.text})"))
    shuffled = table.iloc[luck.sample(range(len(table)), len(table))]
    shuffled = shuffled[luck.sample(list(table.columns), len(table.columns))]
    assert sorted(kept(shuffled, a.text)) == sorted(whole)


def one_row(**values: Any) -> pd.DataFrame:
    frame = pd.DataFrame({key: pd.Series([one], dtype=object) for key, one in values.items()})
    numeric = {key: float for key in values if key in NUMBERS}
    return frame.astype(numeric).set_index(pd.Index(["A"]))


@pytest.mark.parametrize("text", ["rsi_14 > 50", "rsi_14 <= 50", "rsi_14 == 50", "rsi_14 != 50",
                                  "rsi_14 == rsi_14", "between(rsi_14, 0, 100)",
                                  "rsi_14 in (1, 2)", "rank(rsi_14) < 9"])  # fmt: skip
def test_a_missing_value_keeps_neither_the_one_nor_its_opposite(text: str) -> None:
    table = one_row(rsi_14=math.nan)
    assert kept(table, text) == []
    assert kept(table, f"not ({text})") == []
    assert kept(table, f"{text} or isna(rsi_14)") == ["A"]


@pytest.mark.parametrize(
    ("stances", "is_it", "is_it_not"),
    [(("disputed",), True, False), (("neutral", "disputed"), True, False),
     (("neutral",), False, True), ((), False, True)],
)  # fmt: skip
def test_not_disputed_is_no_stance_that_is(
    stances: tuple[str, ...], is_it: bool, is_it_not: bool
) -> None:
    """`!=` is the opposite of `==`: of several stances none may be it. No stance is known."""
    table = one_row(stance=stances)
    assert bool(kept(table, "stance == disputed")) is is_it
    for text in ("stance != disputed", "not (stance == disputed)", "stance not in (disputed)"):
        assert bool(kept(table, text)) is is_it_not


def test_flags_without_a_bar_are_not_known() -> None:
    table = one_row(flags=None)
    assert kept(table, "flags == jump") == kept(table, "flags != jump") == []
    assert kept(table, "isna(flags)") == ["A"]


def test_dates_and_months_are_compared_as_such() -> None:
    days = {"last_session": ["2026-06-29", None], "revenue_month": ["2026-05-01", None]}
    table = pd.DataFrame(days, index=["A", "B"]).astype("datetime64[s]")
    assert kept(table, "last_session < 2026-06-30 and last_session >= 2026-06-29") == ["A"]
    assert kept(table, "revenue_month == 2026-05") == ["A"]
    assert kept(table, "revenue_month > 2026-05 or last_session > 2026-06-29") == []
    assert kept(table, "not last_session > 2026-06-29") == ["A"]


def test_the_close_is_above_an_average_only_by_more_than_rounding() -> None:
    table = one_row(close=100.0 * (1 + 1e-12), sma_20=100.0)
    assert kept(table, "close > sma_20") == ["A"]
    assert kept(table, "above(sma_20) or below(sma_20)") == []


def test_ties_have_the_best_rank_and_the_same_share() -> None:
    table = pd.DataFrame({"return_1m": [0.3, 0.1, 0.3, math.nan]}, index=list("ABCD"))
    assert kept(table, "rank(return_1m) == 1") == ["A", "C"]
    assert kept(table, "rank(return_1m) == 3") == ["B"]
    assert kept(table, "rank(return_1m, order=asc) == 2") == ["A", "C"]
    assert kept(table, "percentile(return_1m) == 100%") == ["A", "C"]
    assert kept(table, "between(percentile(return_1m), 33%, 34%)") == ["B"]


@settings(max_examples=30, deadline=None)
@given(tables(), COLUMNS, BY, st.sampled_from(["asc", "desc"]), st.booleans(), PLAIN)
def test_ranks_are_counted_among_the_companies_of_a_group(
    table: pd.DataFrame, one: Both, by: str | None, order: str, share: bool, limit: Both
) -> None:
    rows, whole = rows_of(table), compared("<=", placed(one, by, order, share), limit)
    expected = [row["symbol"] for row in rows if whole.value(row, rows)]
    assert kept(table, whole.text) == expected


def test_amounts_of_two_currencies_are_not_ranked_together() -> None:
    table = pd.DataFrame({"market_cap": [5.0, 9.0, 7.0], "currency": ["TWD", "USD", "TWD"]},
                         index=["A", "B", "C"])  # fmt: skip
    assert kept(table, "rank(market_cap) == 1") == ["B", "C"]
    assert kept(table, "percentile(market_cap) == 50%") == ["A"]


def test_a_company_of_several_groups_has_its_best_rank() -> None:
    table = pd.DataFrame(
        {"return_1m": [0.3, 0.2, 0.1], "any_layer": [("gpu",), ("gpu", "psu"), ("psu",)]},
        index=["A", "B", "C"],
    )
    assert kept(table, "rank(return_1m, by=any_layer) == 1") == ["A", "B"]


def test_who_is_in_no_group_or_not_known_which_has_no_rank() -> None:
    table = pd.DataFrame(
        {"return_1m": [0.3, 0.2, 0.1], "limit_state": [None, "up", "up"],
         "layer": [("gpu",), (), ("gpu",)]},
        index=list("ABC"),
    )  # fmt: skip
    assert kept(table, "rank(return_1m, by=limit_state) == 1") == ["B"]
    assert kept(table, "isna(rank(return_1m, by=limit_state))") == ["A"]
    assert kept(table, "rank(return_1m, by=layer) == 1") == ["A"]
    assert kept(table, "isna(percentile(return_1m, by=layer))") == ["B"]


def crossings(a: Sequence[float], b: Sequence[float], within: int) -> Logic:
    """Whether a rose above b between two neighbours of the newest within + 1 sessions."""

    def at(values: Sequence[float], place: int) -> float | None:
        known = place < len(values) and not missing(values[place])
        return values[place] if known else None

    steps: list[Logic] = []
    for now in range(within):
        (a0, b0), (a1, b1) = ((at(a, place), at(b, place)) for place in (now, now + 1))
        above = None if a0 is None or b0 is None else a0 > b0
        before = None if a1 is None or b1 is None else a1 <= b1
        steps.append(both([above, before]))
    return either(steps)


SERIES = st.lists(st.sampled_from([1.0, 2.0, 3.0, math.nan]), min_size=0, max_size=6)


@settings(max_examples=30, deadline=None)
@given(SERIES, SERIES, st.integers(1, 5))
def test_a_crossing_is_a_step_from_not_above_to_above(
    a: list[float], b: list[float], within: int
) -> None:
    table = pd.DataFrame({"market": ["TW"]}, index=pd.Index(["A"]))
    past = Past({"A": {"sma_20": a, "sma_60": b}})
    up = crossings(a, b, within)
    down = crossings([-one for one in a], [-one for one in b], within)
    for text, expected in (("crossed_above(sma_20, sma_60", up), ("crossed_below(sma_20, sma_60",
                           down), ("crossed_below(sma_60, sma_20", up)):  # fmt: skip
        found = truth(table, f"{text}, within={within})", past)
        assert (bool(found.true[0]), bool(found.false[0])) == (expected is True, expected is False)


def test_a_crossing_takes_reckoned_levels_and_each_market_by_itself() -> None:
    table = pd.DataFrame({"market": ["TW", "US"]}, index=pd.Index(["A", "B"]))
    past = Past({"A": {"close": [11.0, 9.0], "sma_20": [10.0, 10.0]}, "B": {"close": [9.0, 9.0],
                 "sma_20": [10.0, 10.0]}})  # fmt: skip
    assert kept(table, "crossed_above(close, sma_20 * 105%)", past) == ["A"]
    assert kept(table, "crossed_above(close, sma_20 * 120%)", past) == []
    assert kept(table, "crossed_above(close, 10)", past) == ["A"]


def test_tables_of_truth_are_those_of_sql() -> None:
    """All pairs of true, false and not known, against plain Python."""
    values: dict[Logic, str] = {True: "rsi_14 == 1", False: "rsi_14 == 2", None: "kd_k == 1"}
    table = one_row(rsi_14=1.0, kd_k=math.nan)
    for (a, left), (b, right) in itertools.product(values.items(), values.items()):
        for word, expected in (("and", both([a, b])), ("or", either([a, b]))):
            found = truth(table, f"{left} {word} {right}")
            assert bool(found.true[0]) is (expected is True)
            assert bool(found.false[0]) is (expected is False)
