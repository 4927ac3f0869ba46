"""Where the data is from: the feeds and how they answered, disagreements, what must be named."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts.formats import MISSING
from dashboard.markets import BOARDS, HOME
from dashboard.prices.bars import CLOSE, DATE, FETCHED_AT, SESSION, SOURCE, SYMBOL
from dashboard.prices.providers.exchanges.feed import ATTRIBUTIONS, Licence
from dashboard.prices.providers.exchanges.feeds import FEEDS as KNOWN_FEEDS
from dashboard.prices.records import (
    DISAGREEMENTS,
    FEED,
    FEEDS,
    HOLIDAYS,
    KIND,
    NAME,
    OTHER_CLOSE,
    OTHER_SOURCE,
    REASON,
    ROWS,
    STATE,
    TICKS,
)
from dashboard.prices.sessions import are_sessions
from dashboard.ui import loaders
from dashboard.ui.labels import company_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page


def show_sources(page: Page) -> None:
    """The exchanges' feeds, closes on which two sources disagree, attribution."""
    records = loaders.records(page.settings.data_dir, (FEEDS, DISAGREEMENTS, HOLIDAYS))
    st.subheader(page.t("quality.feeds"))
    st.caption(page.t("quality.feeds_hint"))
    st.dataframe(
        _feeds(page, records[FEEDS.name]),
        hide_index=True,
        placeholder=MISSING,
        key="data:feeds",
        column_config={
            page.t("data.fetched"): st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")
        },
    )
    for warning in _calendar_gaps(page, records[HOLIDAYS.name]):
        st.warning(warning)
    st.subheader(page.t("quality.disagreements"))
    disputed = records[DISAGREEMENTS.name]
    if disputed.empty:
        st.info(page.t("quality.disagreements_none"))
    else:
        st.caption(page.t("quality.disagreements_hint"))
        st.dataframe(
            _disagreements(page, disputed),
            hide_index=True,
            placeholder=MISSING,
            key="data:disagreements",
            column_config={
                page.t("data.session"): st.column_config.DateColumn(format="YYYY-MM-DD")
            },
        )
    st.caption("  \n".join(page.say(text) for text in ATTRIBUTIONS.values()))


def _feeds(page: Page, told: pd.DataFrame) -> pd.DataFrame:
    """One row a feed, asked or not; a page under site terms says that it is off."""
    latest = told.sort_values([DATE, FETCHED_AT]).drop_duplicates(FEED, keep="last")
    rows = latest.set_index(FEED).reindex(list(KNOWN_FEEDS))
    states = []
    for key, state in rows[STATE].items():
        site = KNOWN_FEEDS[str(key)].licence is Licence.SITE
        name = state if isinstance(state, str) and state else ("site" if site else "never")
        states.append(page.t(f"quality.feed_{name}"))
    return pd.DataFrame(
        {
            page.t("quality.feed"): [_title(page, str(key)) for key in rows.index],
            page.t("quality.feed_key"): rows.index,
            page.t("quality.feed_state"): states,
            page.t("quality.feed_rows"): rows[ROWS].astype("Int64").array,
            page.t("data.fetched"): rows[FETCHED_AT].array,
            page.t("data.reason"): rows[REASON].fillna("").array,
        }
    )


def _calendar_gaps(page: Page, holidays: pd.DataFrame) -> list[str]:
    """Days on which the exchange's own list and our calendar disagree."""
    told = []
    for kind, key in (("closed", "quality.holiday_unknown"), ("open", "quality.session_unknown")):
        own = holidays[holidays[KIND] == kind]
        days = own[DATE].to_numpy().astype("datetime64[D]")
        differs = are_sessions(HOME, days) == (kind == "closed")
        named = [
            f"{day} {as_text(name)}"
            for day, name in zip(days[differs], own.loc[differs, NAME], strict=True)
        ]
        if named:
            told.append(page.t(key, days=page.t("data.and").join(named)))
    return told


def _title(page: Page, key: str) -> str:
    """`TWSE: monthly revenue` of `twse_revenue`."""
    exchange, _, what = key.partition("_")
    board = BOARDS[exchange.upper()]
    name = board.en if page.language == "en" else board.zh
    return page.t("quality.feed_title", board=name, what=page.t(f"feed.{what}"))


def _disagreements(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    newest = rows.sort_values([SESSION, SYMBOL], ascending=[False, True])
    return pd.DataFrame(
        {
            page.t("data.session"): newest[SESSION].array,
            page.t("data.symbol"): newest[SYMBOL].array,
            page.t("data.name"): [company_name(page, one) for one in newest[SYMBOL]],
            page.t("quality.used"): newest[CLOSE].array,
            page.t("data.source"): newest[SOURCE].array,
            page.t("quality.other"): newest[OTHER_CLOSE].array,
            page.t("quality.other_source"): newest[OTHER_SOURCE].array,
            page.t("quality.ticks"): newest[TICKS].array,
        }
    )
