"""Each kind of rule on closes counted by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from dashboard.accounts.models import AlertEvent
from dashboard.alerts.evaluation import evaluate
from dashboard.alerts.rules import KINDS, NewRule
from dashboard.alerts.texts import sentence
from dashboard.i18n import LANGUAGES
from dashboard.prices.bars import BarFlag
from dashboard.screening.run import changes, screen
from dashboard.snapshot import TODAY, Prices, take_snapshot
from tests.unit.alert_world import CHAIN, NAN, days, prices_of, rule_on, snapshots

MADE = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
TW = CHAIN.symbols("TW")
A, B = TW[:2]
Case = tuple[Sequence[float], str | None]
"""Closes of the last sessions, and the state that follows."""


def seen(rule: NewRule, prices: Prices, symbols: Sequence[str]) -> dict[str, str]:
    """State of each symbol or layer in the last session, by key."""
    now, before = snapshots(prices)
    found = evaluate(rule, now, before, {}, symbols=symbols, since=MADE)
    return {key: state for key, (state, _) in found.states.items()}


def check(rule: NewRule, cases: Sequence[Case], **panel: Any) -> None:
    """All cases at once, each a symbol of its own."""
    closes = {symbol: closes for symbol, (closes, _) in zip(TW, cases, strict=False)}
    expected = {s: state for s, (_, state) in zip(TW, cases, strict=False) if state is not None}
    assert seen(rule, prices_of(closes, **panel), list(closes)) == expected


def test_a_price_is_crossed_from_the_other_side() -> None:
    check(
        rule_on("crosses_price", level=100.0, direction="up"),
        [
            ([99.0, 100.5], "crossed"), ([99.0, 100.0], "crossed"), ([100.0, 101.0], "none"),
            ([99.0, 99.5], "none"), ([101.0, 99.0], "none"), ([99.0, NAN], None),
        ],
    )  # fmt: skip
    check(
        rule_on("crosses_price", level=100.0, direction="down"),
        [
            ([101.0, 99.5], "crossed"), ([101.0, 100.0], "crossed"), ([100.0, 99.0], "none"),
            ([99.0, 101.0], "none"),
        ],
    )  # fmt: skip


def test_on_an_ex_date_the_reference_price_is_the_close_before() -> None:
    """102 went ex to 96.9 (0.95): the dividend crossed nothing, 101 comes from below."""
    factors = [0.95, 0.95, 1.0]
    down = rule_on("crosses_price", level=100.0, direction="down")
    check(down, [([101.0, 102.0, 98.0], "none"), ([101.0, 106.0, 98.0], "crossed")],
          factors=factors)  # fmt: skip
    up = rule_on("crosses_price", level=100.0, direction="up")
    check(up, [([101.0, 102.0, 101.0], "crossed"), ([101.0, 106.0, 101.0], "none")],
          factors=factors)  # fmt: skip


def test_across_an_unexplained_jump_nothing_is_crossed() -> None:
    rule = rule_on("crosses_price", level=100.0, direction="down")
    check(rule, [([101.0, 102.0, 50.0], None)], flags=[0, 0, int(BarFlag.JUMP)])


def test_the_change_in_a_session() -> None:
    moves = [105.0, 104.9, 95.0, NAN]
    closes = [[100.0, 100.0, one] for one in moves]
    for direction, states in {
        "both": ["up", "none", "down", None],
        "up": ["up", "none", "none", None],
        "down": ["none", "none", "down", None],
    }.items():
        rule = rule_on("change_in_session", change=0.05, direction=direction)
        check(rule, [*zip(closes, states, strict=True), ([1.0, 1.0, 1.0], "none")])


def test_a_dividend_is_no_change() -> None:
    rule = rule_on("change_in_session", change=0.05)
    check(rule, [([100.0, 100.0, 90.0], "none")], factors=[0.9, 0.9, 1.0])


def test_the_daily_limit() -> None:
    closes = [[100.0, 100.0, one] for one in (110.0, 109.5, 90.0)]
    for parameters, width, states in (
        ({}, 1.0, ["up", "none", "down"]),
        ({"direction": "down"}, 1.0, ["none", "none", "down"]),
        ({"direction": "up"}, 1.0, ["up", "none", "none"]),
        ({"locked": "only"}, 1.0, ["none", "none", "none"]),
        ({"locked": "only"}, 0.0, ["up", "none", "down"]),
    ):
        cases = list(zip(closes, states, strict=True))
        check(rule_on("at_limit", **parameters), cases, range_width=width)


def test_a_bar_that_is_not_final_tells_nothing() -> None:
    flags = [0, 0, int(BarFlag.PROVISIONAL)]
    for kind in ("at_limit", "change_in_session", "fresh_flag"):
        check(rule_on(kind), [([100.0, 100.0, 110.0], None)], flags=flags)


@pytest.mark.parametrize(
    ("flags", "asked", "state"),
    [
        ([0, 0, BarFlag.DISPUTED], "any", "disputed"),
        ([0, 0, BarFlag.DISPUTED | BarFlag.UNADJUSTED], "any", "unadjusted,disputed"),
        ([0, BarFlag.UNADJUSTED, BarFlag.UNADJUSTED], "any", "none"),
        ([0, BarFlag.UNADJUSTED, BarFlag.UNADJUSTED | BarFlag.JUMP], "any", "jump"),
        ([0, BarFlag.DISPUTED, 0], "any", "none"),
        ([0, 0, BarFlag.DISPUTED], "jump", "none"),
        ([0, 0, BarFlag.DISPUTED], "disputed", "disputed"),
    ],
)
def test_only_new_flags_are_told(flags: list[int], asked: str, state: str) -> None:
    prices = prices_of({A: [100.0, 100.0, 100.0]}, flags=flags)
    assert seen(rule_on("fresh_flag", flag=asked), prices, [A]) == {A: state}


def test_prices_that_become_out_of_date_are_told_once() -> None:
    """Six sessions without a bar; on the seventh it is no news."""
    closes = [100.0] * 5 + [NAN] * 7
    prices = prices_of({A: closes, B: [50.0] * 12})
    sessions = days(prices)

    def on(number: int) -> dict[str, str]:
        now, before = (
            take_snapshot(CHAIN, prices, sessions[n], members=TODAY) for n in (number, number - 1)
        )
        found = evaluate(rule_on("fresh_flag"), now, before, {}, symbols=[A], since=MADE)
        return {key: state for key, (state, _) in found.states.items()}

    assert [on(number) for number in (9, 10, 11)] == [{}, {A: "stale"}, {}]


def test_layers_move_in_rank() -> None:
    """Of every fifth company one rises 9 %: ranks counted by hand before and after."""
    closes = {s: [100.0, 101.0 + n / 10, 101.0 + n / 10] for n, s in enumerate(TW[:60])}
    for symbol in TW[:60:5]:
        closes[symbol][-1] *= 1.09
    earlier: dict[str, list[float]] = {}
    later: dict[str, list[float]] = {}
    for company in CHAIN.companies:
        for one in company.memberships:
            if company.symbol in closes and one.primary and one.kind == "core":
                first, second, third = closes[company.symbol]
                earlier.setdefault(one.layer, []).append(second / first - 1)
                later.setdefault(one.layer, []).append(third / second - 1)

    def rank(figures: dict[str, list[float]], layer: str) -> int:
        means = {key: round(sum(own) / len(own), 12) for key, own in figures.items()}
        return 1 + sum(other > means[layer] for other in means.values())

    moves = {layer: rank(earlier, layer) - rank(later, layer) for layer in earlier}
    expected = {
        layer: "up" if moved >= 2 else "down" if moved <= -2 else "none"
        for layer, moved in moves.items()
    }
    assert set(expected.values()) == {"up", "down", "none"}
    rule = NewRule("layer_rank_change", "map", "", "", {"places": 2.0, "by": "return_1d"})
    assert seen(rule, prices_of(closes), ()) == expected


def test_a_condition_is_true_false_or_not_known() -> None:
    """Four bars: of `sma_5` nothing is known, and `not` knows as little."""
    closes = {
        A: [100.0] * 5 + [120.0],
        B: [100.0] * 5 + [90.0],
        TW[2]: [NAN, NAN, 1.0, 1.0, 1.0, 9.0],
    }
    for expression, expected in (
        ("close > sma_5", {A: "true", B: "false"}),
        ("not (close > sma_5)", {A: "false", B: "true"}),
        ("close > sma_5 or close < 10", {A: "true", B: "false", TW[2]: "true"}),
    ):
        rule = NewRule("matches", "map", "", expression)
        assert seen(rule, prices_of(closes), list(closes)) == expected


def test_ranks_are_counted_among_the_map_s_companies_whatever_is_looked_at() -> None:
    closes = {symbol: [100.0, 100.0 + n] for n, symbol in enumerate(TW[:5])}
    rule = NewRule("matches", "symbol", TW[3], "rank(return_1d) <= 1")
    assert seen(rule, prices_of(closes), [TW[3]]) == {TW[3]: "false"}
    assert seen(rule, prices_of(closes), [TW[4]]) == {TW[4]: "true"}


def test_a_screen_is_entered_and_left_as_the_screener_tells_it() -> None:
    """The same companies that `changes` names between two sessions, a lost figure among them."""
    closes = {
        TW[0]: [100.0, 100.0, 100.0, 90.0, 130.0],
        TW[1]: [100.0, 100.0, 100.0, 130.0, 90.0],
        TW[2]: [100.0, 100.0, 100.0, 130.0, 140.0],
        TW[3]: [100.0, 100.0, 100.0, 90.0, 90.0],
    }
    prices = prices_of(closes)
    now, before = snapshots(prices)
    text = "close > 110"
    told = changes(screen(now, text), screen(before, text))
    assert (told.entered, told.left) == ((TW[0],), (TW[1],))
    earlier = take_snapshot(CHAIN, prices, days(prices)[-3], members=TODAY)
    for kind, expected in (("enters_screen", told.entered), ("leaves_screen", told.left)):
        rule = NewRule(kind, "map", "", text)
        first = evaluate(rule, before, earlier, {}, symbols=TW, since=MADE)
        second = evaluate(rule, now, before, first.states, symbols=TW, since=MADE)
        assert tuple(one.key for one in second.fired) == expected


def test_a_condition_waits_for_a_bar_that_is_final() -> None:
    flags = [0, 0, int(BarFlag.PROVISIONAL)]
    rule = NewRule("matches", "map", "", "close > 50")
    assert seen(rule, prices_of({A: [100.0, 100.0, 110.0]}, flags=flags), [A]) == {}


def test_every_event_has_a_sentence_in_both_languages() -> None:
    """For each kind and firing state, with the name of the company and the figures."""
    closes = {A: [100.0, 99.0, 108.0], B: [100.0, 100.0, 110.0]}
    now, before = snapshots(prices_of(closes, flags=[0, 0, int(BarFlag.DISPUTED)]))
    said = {
        "crosses_price": ("108.00", "100.00", "99.00"),
        "change_in_session": ("+9.09%", "108.00"),
        "at_limit": ("110.00",),
        "fresh_flag": (),
        "matches": ("108.00",),
    }
    for kind, figures in said.items():
        expression = "close > 1" if kind == "matches" else ""
        parameters = {"level": 100.0} if kind == "crosses_price" else {}
        rule = NewRule(kind, "map", "", expression, parameters)
        known = dict.fromkeys((A, B), ("false", days(now.prices)[0]))
        (event, *_) = evaluate(rule, now, before, known, symbols=[A, B], since=MADE).fired
        kept = AlertEvent(1, 1, "name", event.key, event.session, event.state, event.details,
                          MADE, None)  # fmt: skip
        for language in LANGUAGES:
            text = sentence(kept, language)
            assert now.name_of(event.key).get(language) in text
            assert all(figure in text for figure in figures)


def test_every_kind_says_what_it_does_in_both_languages() -> None:
    for kind in KINDS.values():
        texts = [kind.label, kind.note, *(one.label for one in kind.parameters)]
        texts += [text for one in kind.parameters for text in one.choices.values()]
        assert all(text.zh.strip() and text.en.strip() for text in texts)
