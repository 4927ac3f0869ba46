"""What the exchanges say of a company: board, notices, coming ex-dates, valuation."""

from __future__ import annotations

import math
from typing import Final

import streamlit as st

from dashboard.analytics.official import (
    DISPOSITION,
    ComingExDate,
    Notice,
    Official,
    Valuation,
    official_facts,
)
from dashboard.charts.formats import MISSING
from dashboard.markets import BOARDS, INDUSTRY_NAMES
from dashboard.prices.records import ACTIONS, DISAGREEMENTS, LISTINGS, NOTICES, VALUATION
from dashboard.ui import loaders
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page, attributions

_KINDS: Final = (ACTIONS, DISAGREEMENTS, LISTINGS, NOTICES, VALUATION)


def facts_of(page: Page, symbol: str) -> Official:
    """The exchange's facts of a symbol as of the page's session."""
    if page.snapshot.prices.simulated:
        return Official()
    today, as_of = loaders.today().date(), page.snapshot.as_of
    records = loaders.records(page.settings.data_dir, _KINDS)
    key = ("official", page.snapshot.prices.version, symbol, as_of, today)
    return loaders.shared(key, lambda: official_facts(records, symbol, as_of, today))


def show_official(page: Page, symbol: str) -> None:
    """Badges, then one line each; nothing where the exchange said nothing."""
    facts = facts_of(page, symbol)
    if facts == Official():
        return
    with st.container(horizontal=True):
        for notice in facts.notices:
            st.badge(
                _notice(page, notice),
                icon=":material/gavel:" if notice.kind == DISPOSITION else ":material/flag:",
                color="orange" if notice.kind == DISPOSITION else "gray",
                help=_help(page, notice),
            )
        for coming in facts.coming:
            st.badge(_coming(page, coming), icon=":material/event:", color="blue")
    lines = []
    if facts.listing is not None and facts.listing.board in BOARDS:
        board = BOARDS[facts.listing.board]
        lines.append(
            page.t(
                "official.listing",
                board=board.en if page.language == "en" else board.zh,
                industry=_industry(page, facts.listing.industry),
                date=facts.listing.listed_on,
            )
        )
    if facts.valuation is not None:
        lines.append(_valuation(page, facts.valuation))
    lines += [
        page.t(
            "official.disagreement",
            session=one.session,
            close=f"{one.close:,.2f}",
            other=f"{one.other_close:,.2f}",
            other_source=as_text(one.other_source),
            ticks=f"{one.ticks:.0f}",
        )
        for one in facts.disagreements
    ]
    for line in lines:
        st.caption(line)
    for text in attributions(page, facts.sources):
        st.caption(text)


def _industry(page: Page, name: str) -> str:
    known = INDUSTRY_NAMES.get(name, name) if page.language == "en" else name
    return as_text(known) or MISSING


def _help(page: Page, notice: Notice) -> str | None:
    parts = [as_text(notice.text)] if notice.text else []
    if notice.kind == DISPOSITION:
        parts.append(page.t("official.disposition_help"))
    return "\n\n".join(parts) or None


def _notice(page: Page, notice: Notice) -> str:
    kind = page.t(f"official.{notice.kind}")
    if notice.until is None:
        return page.t("official.notice_on", kind=kind, date=notice.date)
    return page.t("official.notice_until", kind=kind, date=notice.date, until=notice.until)


def _coming(page: Page, coming: ComingExDate) -> str:
    what = []
    if coming.dividend > 0:
        what.append(page.t("official.coming_dividend", amount=f"{coming.dividend:g}"))
    for share, key in (
        (coming.stock_dividend, "official.coming_stock"),
        (coming.rights, "official.coming_rights"),
    ):
        if share > 0:
            what.append(page.t(key, shares=f"{share * 1000:g}"))
    said = page.t("data.and").join(what) or page.t("official.coming_unknown")
    return page.t("official.coming", session=coming.session, what=said)


def _valuation(page: Page, valuation: Valuation) -> str:
    def number(value: float, form: str) -> str:
        return MISSING if math.isnan(value) else format(value, form)

    return page.t(
        "official.valuation",
        pe=number(valuation.pe, ".2f"),
        yield_=number(valuation.dividend_yield, ".2%"),
        pb=number(valuation.pb, ".2f"),
        session=valuation.session,
    )
