"""Everything the company page shows of prices, built once for all sessions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.analytics.history import company_history
from dashboard.analytics.metrics import METRICS, missing_reason
from dashboard.analytics.notes import MissingReason
from dashboard.charts.candles import candles
from dashboard.charts.formats import MISSING, metric_text, signed_percent
from dashboard.charts.lines import Mark
from dashboard.charts.treemap import Figure
from dashboard.i18n import Text
from dashboard.markets import MARKETS, market_of
from dashboard.studies.company import (
    METRIC,
    MISSING_BECAUSE,
    RANK,
    RANKED,
    VALUE,
    candidates,
    figure_rows,
)
from dashboard.supply_chain.models import Company
from dashboard.ui import loaders
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

SPANS: Final = {
    "3m": pd.DateOffset(months=3),
    "6m": pd.DateOffset(months=6),
    "1y": pd.DateOffset(years=1),
    "3y": pd.DateOffset(years=3),
}
_HEADLINE: Final = (
    "return_1d", "return_1m", "return_ytd", "limit_state", "market_cap", "revenue_yoy",
)  # fmt: skip
_DATED_BY: Final = {"market_cap": "shares_date", "revenue_yoy": "revenue_month"}
"""Figure → metric that says what day or month it stands on."""


@dataclass(frozen=True, eq=False)
class CompanyView:
    """What the company page draws of prices.

    Attributes
    ----------
    chart : None where no bar is stored
    headline : (title, value, what the value stands on; empty where that goes without saying)
    warnings : what is to be known before the figures are believed
    table : one row a metric: label, value, rank in its layer, why it is missing
    """

    symbol: str
    chart: Figure | None
    chart_note: str
    headline: tuple[tuple[str, str, str], ...]
    warnings: tuple[str, ...]
    table: pd.DataFrame


def off_the_map(page: Page, code: str) -> tuple[Page, str] | None:
    """The page with the prices of a stored symbol that no document names, and that symbol.

    None where nothing is stored under the code; a bare code (1101) is tried on the boards of
    the home market.
    """
    if page.snapshot.prices.simulated:
        return None
    for symbol in candidates(code):
        taken = loaders.symbol_snapshot(page.settings, page.snapshot, symbol)
        if taken is not None:
            return dataclasses.replace(page, snapshot=taken), symbol
    return None


def with_symbol(page: Page, company: Company) -> tuple[Page, str]:
    """The page with the prices of a company of the map that is not known yet, and its symbol."""
    assert company.symbol is not None, "what cannot be bought has no prices"
    taken = loaders.widened(page.settings, page.snapshot, [company.symbol])
    return dataclasses.replace(page, snapshot=taken), company.symbol


def company_view(
    page: Page, symbol: str, company: Company | None, span: str, unadjusted: bool
) -> CompanyView:
    """The view of what trades under a symbol; `company` is None where the map has none."""
    key = ("company", *page.figure_key, symbol, span, unadjusted)
    return loaders.shared(key, lambda: _build(page, symbol, company, span, unadjusted))


def _build(
    page: Page, symbol: str, company: Company | None, span: str, unadjusted: bool
) -> CompanyView:
    panel = page.snapshot.prices.panels.get(market_of(symbol))
    if panel is None or symbol not in panel.positions:
        return CompanyView(symbol, None, "", (), (), pd.DataFrame())
    figures = page.snapshot.figures(symbol)
    return CompanyView(
        symbol=symbol,
        chart=_chart(page, symbol, company, span, unadjusted),
        chart_note=page.t(
            "company.chart_note",
            kind=_kind(page, symbol, unadjusted=unadjusted),
            date=metric_text("last_session", figures["last_session"], page.language),
            source=as_text(", ".join(page.snapshot.prices.symbol_sources.get(symbol, ()))),
        ),
        headline=_headline(page, symbol, figures),
        warnings=tuple(_warnings(page, symbol)),
        table=_table(page, symbol, company),
    )


def _kind(page: Page, symbol: str, *, unadjusted: bool) -> str:
    if unadjusted:
        return page.t("company.kind_unadjusted")
    since = page.snapshot.note(symbol)["unadjusted_since"]
    if pd.isna(since):
        return page.t("company.kind_adjusted")
    if since <= page.snapshot.note(symbol)["first_session"]:
        return page.t("company.kind_unadjusted")
    return page.t("company.kind_partly", date=f"{since:%Y-%m-%d}")


def _headline(page: Page, symbol: str, figures: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    currency = MARKETS[market_of(symbol)].currency
    close = metric_text("unadjusted_close", figures["unadjusted_close"], page.language)
    return (
        (page.t("company.close"), f"{close} {currency}", ""),
        *(
            (
                page.say(METRICS[key].short),
                metric_text(key, figures[key], page.language),
                _basis(page, symbol, key, figures),
            )
            for key in _HEADLINE
        ),
    )


def _basis(page: Page, symbol: str, key: str, figures: dict[str, Any]) -> str:
    """The date a figure stands on, or why it is missing."""
    if pd.isna(figures[key]):
        return page.say(missing_reason(key, page.snapshot.note(symbol)).label)
    if key in _DATED_BY:
        date = metric_text(_DATED_BY[key], figures[_DATED_BY[key]], page.language)
        return page.t(f"company.{_DATED_BY[key]}", date=date)
    return ""


def _warnings(page: Page, symbol: str) -> list[str]:
    notes, found = page.snapshot.note(symbol), []
    if symbol in page.snapshot.stale_symbols:
        last = page.snapshot.figures(symbol)["last_session"]
        found.append(page.t("company.stale", date=metric_text("last_session", last, page.language)))
    for column, text in (
        ("unadjusted_since", "company.unadjusted_since"),
        ("jump_session", "company.jump"),
    ):
        if pd.notna(notes[column]):
            found.append(page.t(text, date=f"{notes[column]:%Y-%m-%d}"))
    return found


def _chart(page: Page, symbol: str, company: Company | None, span: str, unadjusted: bool) -> Figure:
    panel = page.snapshot.prices.panels[market_of(symbol)].as_of(page.snapshot.as_of)
    start = (pd.Timestamp(page.snapshot.as_of) - SPANS[span]).date()
    history = company_history(
        panel,
        symbol,
        start,
        adjusted=not unadjusted,
        listed_since=page.snapshot.prices.listed_since.get(symbol),
    )
    return candles(
        history.bars,
        {page.t("company.sma", n=n): line for n, line in history.averages.items()},
        marks_up=history.limit_up,
        marks_down=history.limit_down,
        ex_sessions={
            session: page.t("company.ex_factor", change=signed_percent(factor - 1))
            for session, factor in history.ex_factors.items()
        },
        jumps=history.jumps,
        events=[
            Mark(pd.Timestamp(one.session), f"{one.session:%Y-%m-%d} {page.say(one.title)}")
            for one in page.map.chain.events
            if one.session and company is not None and company.key in one.companies
        ],
        words={
            name: page.t(f"company.{name}")
            for name in ("limit_up", "limit_down", "ex", "jump_mark", "volume", "events")
        },
        theme=page.theme,
    )


def _table(page: Page, symbol: str, company: Company | None) -> pd.DataFrame:
    rows = figure_rows(page.snapshot, symbol, company).reset_index()
    reasons = [MissingReason(one).label if one else Text("", "") for one in rows[MISSING_BECAUSE]]
    table = pd.DataFrame(
        {
            page.t("company.metric"): [page.say(METRICS[key].label) for key in rows[METRIC]],
            page.t("company.value"): [
                metric_text(key, value, page.language)
                for key, value in zip(rows[METRIC], rows[VALUE], strict=True)
            ],
            page.t("company.rank"): [
                MISSING if pd.isna(rank) else f"{rank}/{ranked}"
                for rank, ranked in zip(rows[RANK], rows[RANKED], strict=True)
            ],
            page.t("company.reason"): [page.say(one) for one in reasons],
        }
    )
    return table if company is not None else table.drop(columns=page.t("company.rank"))
