"""Everything the company page shows of prices, built once for all sessions."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.analytics.history import company_history, rank_in_layer
from dashboard.analytics.metrics import METRICS, missing_reason
from dashboard.charts.candles import candles
from dashboard.charts.formats import MISSING, metric_text, signed_percent
from dashboard.charts.lines import Mark
from dashboard.charts.treemap import Figure
from dashboard.markets import BOARDS, HOME, MARKETS, is_index, market_of
from dashboard.supply_chain.models import Company, Kind, SupplyChain
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
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,14}")
_HOME_SUFFIXES: Final = tuple(
    dict.fromkeys(board.suffix for board in BOARDS.values() if board.market == HOME)
)
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


def find_company(chain: SupplyChain, code: str) -> Company | None:
    """By symbol (2330.TW), by bare code (2330) or by key (tsmc)."""
    found = chain.company_by_symbol.get(code.upper()) or chain.company_by_key.get(code.lower())
    if found:
        return found
    bare = [one for one in chain.companies if (one.symbol or "").split(".")[0] == code.upper()]
    return bare[0] if len(bare) == 1 else None


def off_the_map(page: Page, code: str) -> tuple[Page, str] | None:
    """The page with the prices of a stored symbol that no document names, and that symbol.

    None where nothing is stored under the code; a bare code (1101) is tried on the boards of
    the home market.
    """
    asked = code.upper()
    if page.snapshot.prices.simulated or not _CODE.fullmatch(code) or is_index(asked):
        return None
    on_boards = [f"{asked}{suffix}" for suffix in _HOME_SUFFIXES if "." not in code]
    for symbol in (asked, *on_boards):
        taken = loaders.symbol_snapshot(page.settings, page.snapshot, symbol)
        if taken is not None:
            return dataclasses.replace(page, snapshot=taken), symbol
    return None


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
    figures, notes = page.snapshot.figures(symbol), page.snapshot.note(symbol)
    placed = company.memberships if company is not None else ()
    home = next((one for one in placed if one.primary), None)
    digest = home is not None and home.kind is Kind.DIGEST
    members = [
        one.symbol
        for one in page.map.chain.companies
        for own in one.memberships
        if one.symbol and home and own.layer == home.layer and (digest or own.kind is Kind.CORE)
    ]
    ranks = rank_in_layer(page.snapshot.metrics, members, symbol)
    rows = []
    for key, metric in METRICS.items():
        reason = missing_reason(key, notes) if pd.isna(figures[key]) else None
        rank = ranks.get(key)
        rows.append(
            {
                page.t("company.metric"): page.say(metric.label),
                page.t("company.value"): metric_text(key, figures[key], page.language),
                page.t("company.rank"): f"{rank[0]}/{rank[1]}" if rank else MISSING,
                page.t("company.reason"): page.say(reason.label) if reason else "",
            }
        )
    table = pd.DataFrame(rows)
    return table if company is not None else table.drop(columns=page.t("company.rank"))
