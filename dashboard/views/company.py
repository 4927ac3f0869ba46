"""One company: its price, its figures, and why it is on the map."""

from __future__ import annotations

import streamlit as st

from dashboard.studies.company import find_company
from dashboard.supply_chain.models import Company
from dashboard.ui import state
from dashboard.ui.alerts_links import symbol_alerts
from dashboard.ui.company import CompanyView, company_view, off_the_map, with_symbol
from dashboard.ui.evidence import show_evidence, show_membership, show_relations
from dashboard.ui.labels import company_name, layer_name
from dashboard.ui.links import around_link, company_link, way_back
from dashboard.ui.markup import as_text
from dashboard.ui.members import not_yet
from dashboard.ui.official import show_official
from dashboard.ui.page import Page
from dashboard.ui.tables import show_metrics
from dashboard.ui.watchlist_add import add_to_watchlist


def show(page: Page, code: str) -> None:
    """Draw the company's page, or one sentence where neither map nor store has it."""
    company = find_company(page.map.chain, code)
    if company is not None:
        _on_the_map(page, company)
        return
    way_back(page)
    later = find_company(page.snapshot.whole_chain, code)
    if later is not None and later.symbol is None:
        st.title(as_text(page.say(later.name)))
        st.info(not_yet(page, later), icon=":material/event_upcoming:")
        return
    found = off_the_map(page, code) if later is None else with_symbol(page, later)
    if found is None:
        st.error(page.t("company.unknown", code=state.plain(code)))
    else:
        _off_the_map(*found, later)


def _off_the_map(page: Page, symbol: str, later: Company | None) -> None:
    name = company_name(page, symbol) if later is None else page.say(later.name)
    st.title(as_text(f"{name} {symbol}"))
    add_to_watchlist(page, (symbol,), f"company:{symbol}")
    if later is None:
        st.info(page.t("company.off_the_map"), icon=":material/map:")
    else:
        st.info(not_yet(page, later), icon=":material/event_upcoming:")
    show_official(page, symbol)
    view = company_view(page, symbol, None, *_chart_choices(page))
    _price(page, view)
    if view.chart is None:
        return
    st.subheader(page.t("company.all_metrics"))
    show_metrics(page, view)


def _on_the_map(page: Page, company: Company) -> None:
    home = next((one.layer for one in company.memberships if one.primary), None)
    way_back(page, home)
    st.title(as_text(f"{page.say(company.name)} {company.symbol or ''}"))
    if company.symbol is not None:
        add_to_watchlist(page, (company.symbol,), f"company:{company.symbol}")
    _facts(page, company)
    view = None
    if company.symbol is None:
        st.info(page.t(f"company.status_{company.status.value}"))
    else:
        show_official(page, company.symbol)
        view = company_view(page, company.symbol, company, *_chart_choices(page))
        _price(page, view)
    left, right = st.columns([3, 2])
    with left:
        st.subheader(page.t("company.evidence"))
        for membership in company.memberships:
            show_membership(page, membership)
        if company.mentions:
            st.caption(page.t("company.mentions"))
            show_evidence(page, company.mentions)
    with right:
        st.subheader(page.t("company.relations"))
        show_relations(page, company)
        around_link(page, company)
        _peers(page, company.key, home)
    if view is not None and view.chart is not None:
        st.subheader(page.t("company.metrics"))
        show_metrics(page, view)


def _facts(page: Page, company: Company) -> None:
    names = [page.say(company.name), company.name.zh, company.name.en, *company.aliases]
    others = [name for name in dict.fromkeys(names) if name != page.say(company.name)]
    if others:
        st.caption(as_text(" · ".join(others)))
    if company.note:
        st.markdown(as_text(page.say(company.note)))
    for membership in company.memberships:
        if membership.primary:
            layer, role = layer_name(page, membership.layer), page.say(membership.role)
            st.markdown(f"**{as_text(layer)}** — {as_text(role)}")


def _chart_choices(page: Page) -> tuple[str, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        span = state.choice(
            state.SPAN,
            ("3m", "6m", "1y", "3y"),
            "1y",
            page.t("company.span"),
            lambda one: page.t(f"company.span_{one}"),
        )
        unadjusted = state.switch(
            state.UNADJUSTED, page.t("company.unadjusted"), help=page.t("company.unadjusted_help")
        )
    return span, unadjusted


def _price(page: Page, view: CompanyView) -> None:
    if view.chart is None:
        st.info(page.t("company.no_bars", symbol=view.symbol))
        return
    with st.container(horizontal=True):
        for title, value, basis in view.headline:
            with st.container(width=150, gap=None):
                st.metric(title, value)
                if basis:
                    st.caption(basis)
    for warning in view.warnings:
        st.caption(f":material/info: {warning}")
    st.plotly_chart(view.chart, key="company:candles", theme=None)
    st.caption(view.chart_note)
    symbol_alerts(page, view.symbol)


def _peers(page: Page, key: str, layer: str | None) -> None:
    if layer is None:
        return
    peers = [
        company
        for company in page.map.chain.companies
        if company.key != key and any(one.layer == layer for one in company.memberships)
    ]
    if peers:
        st.subheader(page.t("company.peers", layer=as_text(layer_name(page, layer))))
    for company in peers:
        company_link(page, company)
