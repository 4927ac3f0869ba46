"""The rules of quality, what each has found, and the sessions it was found on."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.charts.formats import MISSING
from dashboard.markets import HOME, market_of
from dashboard.prices.bars import CLOSE, FLAGS, SOURCE, SYMBOL, BarFlag
from dashboard.prices.flagged import (
    BARS,
    FIRST,
    LAST,
    RULE,
    flag_rows,
    flag_runs,
    report_runs,
)
from dashboard.prices.quality import FLAG_RULES, RULES, Severity, rules
from dashboard.prices.records import PREVIOUS_CLOSE, REASON
from dashboard.prices.store import PriceStore
from dashboard.snapshot import stored_listed_since
from dashboard.ui import loaders, state
from dashboard.ui.export import csv_button
from dashboard.ui.labels import company_name
from dashboard.ui.page import Page
from dashboard.ui.quarantine import waiting_rows

MARKED: Final = (
    BarFlag.JUMP
    | BarFlag.BREAK
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
    store, chain = PriceStore(page.settings.data_dir), page.map.chain
    key = _key(page, "rows")
    return loaders.shared(
        key, lambda: flag_rows(store, chain.symbols(), listed_since=_listed(page, store))
    )


def _key(page: Page, name: str) -> tuple[object, ...]:
    version = loaders.store_version(page.settings.data_dir)
    return ("flags", name, page.settings.data_dir, version, page.map.chain.digest)


def _listed(page: Page, store: PriceStore) -> dict[str, dt.date]:
    return stored_listed_since(page.map.chain, store)


def _findings(page: Page) -> pd.DataFrame:
    """What the rules found among the map's companies, one row a run of sessions."""
    now = loaders.today()
    return loaders.shared((*_key(page, "runs"), now.date()), partial(_read, page, now))


def _read(page: Page, now: dt.datetime) -> pd.DataFrame:
    store, symbols = PriceStore(page.settings.data_dir), page.map.chain.symbols()
    since = _listed(page, store)
    flagged = flag_runs(store, symbols, listed_since=since)
    keys = {int(flag): rule.key for flag, rule in FLAG_RULES.items()}
    flagged[RULE] = flagged[FLAGS].map(keys)
    lasting = (flagged[FLAGS] & int(MARKED)) == 0
    reported = report_runs(store, symbols, now=now, listed_since=since)
    both = pd.concat([flagged.assign(lasting=lasting), reported.assign(lasting=True)])
    ordered: pd.DataFrame = both.sort_values(
        ["lasting", LAST, SYMBOL], ascending=[True, False, True], ignore_index=True
    )
    return ordered


def show_flags(page: Page) -> None:
    """What each rule does and has found; one rule's findings, newest first."""
    if loaders.store_version(page.settings.data_dir).bars < 0:
        st.info(page.t("quality.coverage_none"))
        return
    findings = _findings(page)
    st.caption(page.t("quality.flags_hint"))
    table = _rules(page, findings, waiting_rows(page))
    st.dataframe(
        table,
        hide_index=True,
        key="data:rules",
        placeholder=MISSING,
        height=_ROW * (len(table) + 1) + 2,
        column_config={
            page.t("quality.rule"): st.column_config.TextColumn(width="large"),
            page.t("quality.example"): st.column_config.TextColumn(width="medium"),
        },
    )
    found = [key for key in RULES if (findings[RULE] == key).any()]
    if not found:
        st.success(page.t("quality.flags_none"))
        return
    rule = state.choice(
        state.RULE,
        [_ALL, *found],
        _ALL,
        page.t("quality.rule"),
        lambda one: page.t("quality.rule_all") if one == _ALL else page.say(RULES[one].label),
        kind="select",
    )
    own = findings if rule == _ALL else findings[findings[RULE] == rule]
    _show_runs(page, own, with_rule=rule == _ALL)


def _rules(page: Page, findings: pd.DataFrame, aside: pd.DataFrame) -> pd.DataFrame:
    """Every rule with its example and count; of refusals, those that wait for a decision."""
    counts = findings.groupby(RULE).agg(bars=(BARS, "sum"), symbols=(SYMBOL, "nunique"))
    refused = aside.groupby(REASON).agg(bars=(SYMBOL, "size"), symbols=(SYMBOL, "nunique"))
    stored = [rule.key for rule in RULES.values() if rule.severity is not Severity.REJECT]
    aside_of = [rule.key for rule in rules(Severity.REJECT)]
    known = pd.concat([counts.reindex(stored), refused.reindex(aside_of)]).fillna(0)
    by_rule = known.reindex(list(RULES)).astype("Int64")
    return pd.DataFrame(
        {
            page.t("quality.rule"): [page.say(rule.label) for rule in RULES.values()],
            page.t("quality.severity"): [page.say(one.severity.label) for one in RULES.values()],
            page.t("quality.count"): by_rule["bars"].array,
            page.t("quality.count_symbols"): by_rule["symbols"].array,
            page.t("quality.example"): [page.say(rule.example) for rule in RULES.values()],
        }
    )


def _show_runs(page: Page, runs: pd.DataFrame, *, with_rule: bool) -> None:
    """The findings; a click leads to the bars of that month."""
    shown = runs.head(_MOST)
    if len(runs) > _MOST:
        st.caption(page.t("quality.most", n=_MOST, total=len(runs)))
    name = f"data:runs:{page.language}"

    def open_month() -> None:
        rows = st.session_state[name]["selection"]["rows"]
        if rows:
            row = shown.iloc[rows[0]]
            market = market_of(str(row[SYMBOL]))
            state.go(
                **{
                    state.SECTION: "coverage",
                    state.MARKET: None if market == HOME else market,
                    state.CODE: str(row[SYMBOL]),
                    state.MONTH: f"{row[LAST]:%Y-%m}",
                }
            )

    table = pd.DataFrame(
        {
            page.t("data.symbol"): shown[SYMBOL].array,
            page.t("data.name"): [company_name(page, one) for one in shown[SYMBOL]],
            page.t("data.first"): shown[FIRST].array,
            page.t("data.last"): shown[LAST].array,
            page.t("data.bars"): shown[BARS].array,
            page.t("data.previous_close"): shown[PREVIOUS_CLOSE].array,
            page.t("data.close"): shown[CLOSE].array,
            page.t("data.source"): shown[SOURCE].array,
        }
    )
    if with_rule:
        labels = [page.say(RULES[one].label) for one in shown[RULE]]
        table.insert(2, page.t("quality.rule"), labels)
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
