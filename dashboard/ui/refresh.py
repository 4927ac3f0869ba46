"""The refresh as the pages see it: a button, a progress bar, a report.

The job belongs to the process, not to a page or a session: it goes on when the reader
changes the page or closes the browser.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.alerts.background import after_refresh
from dashboard.prices.job import JobState, current_job
from dashboard.prices.store import PriceStore
from dashboard.settings import Settings
from dashboard.snapshot import INDICES, emerging
from dashboard.supply_chain.keeping import keep_beside
from dashboard.ui import loaders
from dashboard.ui.labels import company_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page, due_line

SYMBOLS_A_MINUTE: Final = 40
"""Paced requests of one worker, as the plan shown to the reader assumes."""
_POLL_SECONDS: Final = 1.0


def first_run(page: Page) -> None:
    """Where only simulated prices are there, or few real ones: the button that fetches them."""
    running = current_job().state().running
    stored, wanted = page.snapshot.home_coverage
    few = stored * 2 < wanted
    if page.settings.demo or not (page.snapshot.prices.simulated or running or few):
        return
    if few and not running:
        st.warning(page.t("data.few", stored=stored, members=wanted))
    if not running:
        offer_refresh(page, key="first:refresh")
    progress_bar(page)


def refresh_panel(page: Page) -> None:
    """What a refresh will do, the button, and the progress while it runs."""
    st.subheader(page.t("data.refresh_title"))
    if page.settings.demo:
        st.info(page.t("data.demo_switch"))
        return
    if not current_job().state().running:
        offer_refresh(page, key="data:refresh")
    progress_bar(page)


def schedule_line(page: Page) -> str:
    """When the next refresh is due, or that nothing waits to start one."""
    if "://" in page.settings.data_dir:
        return page.t("data.schedule_unknown")
    return due_line(page) or page.t("data.schedule_none")


def offer_refresh(page: Page, key: str) -> None:
    """The sentence on what will happen and how long it takes, and the button."""
    symbols = page.map.chain.symbols()
    minutes = -(-(len(symbols) + len(INDICES)) // SYMBOLS_A_MINUTE)
    plan = page.t("data.refresh_plan", n=len(symbols), indices=len(INDICES), minutes=minutes)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            page.t("data.refresh_start"),
            key=key,
            type="primary",
            icon=":material/cloud_download:",
            on_click=_start,
            args=(page.settings, (*INDICES, *symbols), emerging(page.map.chain)),
        )
        st.markdown(plan, width="stretch")


def _start(settings: Settings, symbols: tuple[str, ...], no_limit: tuple[str, ...]) -> None:
    from dashboard.prices.refresh import Source, open_sources

    sources = open_sources(Source.AUTO)
    current_job().start(
        PriceStore(settings.data_dir),
        sources.history,
        symbols,
        exchanges=sources.exchanges,
        no_limit=no_limit,
        afterwards=partial(_afterwards, settings),
    )


def _afterwards(settings: Settings) -> None:
    # Why no copy is kept is told to whoever makes a link.
    keep_beside(settings)
    after_refresh(settings)


def progress_bar(page: Page) -> None:
    """The running job's progress, polled; nothing where none ran in this process."""
    now = current_job().state()
    if now.running:
        st.fragment(_running, run_every=_POLL_SECONDS)(page)
    elif now.finished:
        _ended(page, now)


def _running(page: Page) -> None:
    now = current_job().state()
    if not now.running:
        loaders.store_version.clear()
        st.rerun(scope="app")
    text = page.t("data.refresh_starting")
    if now.stopping:
        text = page.t("data.refresh_stopping")
    elif now.done:
        text = page.t("data.refresh_running", done=now.done, total=now.total, symbol=now.symbol)
    st.progress(now.done / now.total if now.total else 0.0, text=text)
    st.button(
        page.t("data.refresh_stop"),
        key="refresh:stop",
        on_click=current_job().stop,
        disabled=now.stopping,
    )


def _ended(page: Page, now: JobState) -> None:
    if now.report is None:
        st.error(page.t("data.refresh_failed", reason=as_text(now.error or "")))
        return
    problems = {one.problem for one in now.report.symbols}
    nothing_came = not now.report.new and not now.report.corrected
    if nothing_came and len(problems) == 1 and (common := problems.pop()) is not None:
        st.error(page.t("data.refresh_none", reason=page.t(f"problem.{common.value}")))
        return
    shown = st.warning if now.report.incomplete else st.success
    shown("  \n".join(map(as_text, now.report.summary(page.language).splitlines())))


def show_report(page: Page) -> None:
    """What the last refresh could not fetch or refused, and why."""
    report = current_job().state().report
    if report is None:
        return
    rows = report.rows(page.language)
    problems = rows[rows["why"] != ""]
    if problems.empty:
        return
    st.subheader(page.t("data.report"))
    alike = problems.groupby(["outcome", "why"], sort=False)["symbol"].agg(list).reset_index()
    st.dataframe(
        pd.DataFrame(
            {
                page.t("data.report_symbol"): [_named(page, own) for own in alike["symbol"]],
                page.t("data.report_what"): [page.t(f"outcome.{one}") for one in alike["outcome"]],
                page.t("data.report_why"): alike["why"],
            }
        ),
        hide_index=True,
    )


def _named(page: Page, symbols: list[str]) -> str:
    """One symbol with its name, or the first of many and their number."""
    first = f"{symbols[0]} {company_name(page, symbols[0])}"
    return page.t("data.report_many", first=first, n=len(symbols)) if len(symbols) > 1 else first
