"""The rules of quality, what each has found, and the sessions it was found on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.charts.formats import MISSING
from dashboard.markets import HOME, market_of
from dashboard.prices.bars import CLOSE, FLAGS, SOURCE, SYMBOL, BarFlag
from dashboard.prices.flagged import BARS, FIRST, LAST, flag_rows, flag_runs
from dashboard.prices.quality import FLAG_RULES, RULES, Severity, rules
from dashboard.prices.records import LISTINGS, PREVIOUS_CLOSE, REASON
from dashboard.prices.store import PriceStore
from dashboard.snapshot import listed_since
from dashboard.ui import loaders, state
from dashboard.ui.export import csv_button
from dashboard.ui.labels import company_name
from dashboard.ui.page import Page
from dashboard.ui.quarantine import waiting_rows

MARKED: Final = (
    BarFlag.JUMP
    | BarFlag.ADJUSTMENT_DIFFERS
    | BarFlag.DISPUTED
    | BarFlag.ACCEPTED
    | BarFlag.PLACEHOLDER
)
"""Flags of single sessions, worth a look; the others hold for years on end."""
_ALL: Final = "all"
_ROW: Final = 35
"""Pixels."""
_MOST: Final = 2_000
"""Rows of the table; the command line prints all."""


def flag_texts(page: Page, flags: int) -> str:
    """The flags of a bar in words."""
    told = (FLAG_RULES[flag] for flag in BarFlag if flag & flags)
    return page.t("data.and").join(page.say(rule.label) for rule in told)


def flagged_rows(page: Page) -> pd.DataFrame:
    """Every flagged bar of the map's companies; `flagged.FLAG_ROW_COLUMNS`."""
    return _of_map(page, flag_rows)


def _of_map(page: Page, told: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    version = loaders.store_version(page.settings.data_dir)
    key = ("flags", told.__name__, page.settings.data_dir, version, page.map.chain.digest)

    def read() -> pd.DataFrame:
        store, chain = PriceStore(page.settings.data_dir), page.map.chain
        since = listed_since(chain, store.read_records(LISTINGS))
        return told(store, chain.symbols(), listed_since=since)

    return loaders.shared(key, read)


def show_flags(page: Page) -> None:
    """What each rule does and has found; one rule's findings, newest first."""
    runs, aside = _of_map(page, flag_runs), waiting_rows(page)
    st.caption(page.t("quality.flags_hint"))
    rules_table = _rules(page, runs, aside)
    st.dataframe(
        rules_table,
        hide_index=True,
        key="data:rules",
        placeholder=MISSING,
        height=_ROW * (len(rules_table) + 1) + 2,
        column_config={
            page.t("quality.rule"): st.column_config.TextColumn(width="large"),
            page.t("quality.example"): st.column_config.TextColumn(width="medium"),
        },
    )
    found = [rule for rule in FLAG_RULES.values() if (runs[FLAGS] == int(rule.flag or 0)).any()]
    if not found:
        st.success(page.t("quality.flags_none"))
        return
    rule = state.choice(
        state.RULE,
        [_ALL, *(one.key for one in found)],
        _ALL,
        page.t("quality.rule"),
        lambda one: page.t("quality.rule_all") if one == _ALL else page.say(RULES[one].label),
        kind="select",
    )
    flag = None if rule == _ALL else RULES[rule].flag
    own = runs if flag is None else runs[runs[FLAGS] == int(flag)]
    lasting = (own[FLAGS] & int(MARKED)) == 0
    newest = own.assign(lasting=lasting).sort_values(
        ["lasting", LAST, SYMBOL], ascending=[True, False, True]
    )
    _show_runs(page, newest)


def _rules(page: Page, runs: pd.DataFrame, aside: pd.DataFrame) -> pd.DataFrame:
    flagged = runs.groupby(FLAGS).agg(bars=(BARS, "sum"), symbols=(SYMBOL, "nunique"))
    refused = aside.groupby(REASON).agg(bars=(SYMBOL, "size"), symbols=(SYMBOL, "nunique"))
    counts = {rule.key: flagged.reindex([int(flag)]) for flag, rule in FLAG_RULES.items()}
    for rule in rules(Severity.REJECT):
        counts[rule.key] = refused.reindex([rule.key])
    table = pd.DataFrame(
        [
            (page.say(rule.label), page.say(rule.severity.label), page.say(rule.example))
            for rule in RULES.values()
        ],
        columns=[page.t(f"quality.{one}") for one in ("rule", "severity", "example")],
    )
    for place, name in enumerate(("bars", "symbols"), start=2):
        values = [
            int(counts[key][name].fillna(0).sum()) if key in counts else None for key in RULES
        ]
        title = page.t("quality.count" if name == "bars" else "quality.count_symbols")
        table.insert(place, title, pd.Series(values, dtype="Int64"))
    return table


def _show_runs(page: Page, runs: pd.DataFrame) -> None:
    """The findings; a click leads to the bars of that month."""
    shown = runs.head(_MOST)
    if len(runs) > _MOST:
        st.caption(page.t("quality.most", n=_MOST, total=len(runs)))
    name = f"data:runs:{page.language}"

    def open_month() -> None:
        rows = st.session_state[name]["selection"]["rows"]
        if rows:
            row = shown.iloc[rows[0]]
            state.go(
                **{
                    state.SECTION: "coverage",
                    state.MARKET: None
                    if market_of(row[SYMBOL]) == HOME
                    else market_of(row[SYMBOL]),
                    state.CODE: row[SYMBOL],
                    state.MONTH: f"{row[LAST]:%Y-%m}",
                }
            )

    table = pd.DataFrame(
        {
            page.t("data.symbol"): shown[SYMBOL].array,
            page.t("data.name"): [company_name(page, one) for one in shown[SYMBOL]],
            page.t("data.flags"): [flag_texts(page, int(one)) for one in shown[FLAGS]],
            page.t("data.first"): shown[FIRST].array,
            page.t("data.last"): shown[LAST].array,
            page.t("data.bars"): shown[BARS].array,
            page.t("data.previous_close"): shown[PREVIOUS_CLOSE].array,
            page.t("data.close"): shown[CLOSE].array,
            page.t("data.source"): shown[SOURCE].array,
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        key=name,
        on_select=open_month,
        selection_mode="single-row",
        placeholder=MISSING,
        column_config={
            page.t(f"data.{one}"): st.column_config.DateColumn(format="YYYY-MM-DD")
            for one in ("first", "last")
        },
    )
    csv_button(page, table, "flags")
