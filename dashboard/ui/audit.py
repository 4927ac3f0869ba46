"""The claim audit: its rule, how claims stand beside all members, and each with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analytics.audit import (
    DEFINITIONS,
    DIRECTION,
    MARKET_RETURN,
    MIN_SESSIONS,
    REASON,
    RELATIVE,
    REVENUE_MONTHS,
    REVENUE_YOY,
    REVENUE_YOY_LATEST,
    RULE,
    SESSIONS,
    VERDICT,
    Verdict,
)
from dashboard.analytics.benchmark import Basis
from dashboard.charts.formats import MISSING, signed_percent
from dashboard.markets import HOME
from dashboard.studies import audit as study
from dashboard.studies.audit import (
    ABOUT,
    BEATEN,
    CLAIM,
    COMPANY_RETURN,
    DOCUMENT,
    INFERRED,
    JUDGED_ON,
    KNOWN_FROM,
    LAYER_MEMBERS,
    LAYER_PRICED,
    LAYER_RETURN,
    LINES,
    MEMBERSHIP,
    PRICED,
    STANCE,
    Audit,
    Claim,
)
from dashboard.ui import loaders, state
from dashboard.ui.evidence import show_evidence
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.labels import index_name, layer_name
from dashboard.ui.links import company_link, layer_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.tables import Table, picked

_SIGNS: Final = {1: "＋", -1: "−", 0: ""}
_TITLES: Final = {
    RELATIVE: "relative",
    COMPANY_RETURN: "company_return",
    MARKET_RETURN: "market_return",
    REVENUE_YOY: "revenue_yoy",
    REVENUE_YOY_LATEST: "revenue_latest",
    LAYER_RETURN: "layer_return",
}
"""Column of the audit → what it is called in the catalogue."""


@dataclass(frozen=True, eq=False)
class AuditView:
    """The whole audit of a page, shared by all sessions."""

    audit: Audit
    index: str | None


def show_audit(page: Page) -> None:
    """The section: rule, counts, filters, claims."""
    view = loaders.shared(("audit", *page.figure_key), lambda: _view(page))
    asked = _filters(page)
    table = study.chosen(view.audit.table, page.snapshot.chain, asked)
    _counts(page, table)
    st.markdown(f"**{page.t('audit.rule')}** {page.say(RULE)}")
    st.caption(f"{_basis(page, view)} {page.t('audit.count_note')}")
    how(page, *DEFINITIONS)
    st.markdown(f"**{page.t('audit.base_title')}**")
    base = loaders.shared(("audit:base", *page.figure_key), lambda: _base(page, view.audit.base))
    st.dataframe(
        base,
        hide_index=True,
        key=f"audit:base:{page.language}",
        column_config={page.t("chain.document"): st.column_config.Column(width=230)},
    )
    st.subheader(page.t("audit.title"))
    if table.empty:
        st.info(page.t("audit.none"))
        return
    _claims(page, view, table, asked)


def _view(page: Page) -> AuditView:
    return AuditView(study.audit(page.snapshot), study.benchmark_of(page.snapshot))


def _basis(page: Page, view: AuditView) -> str:
    if view.index is None:
        return page.t("audit.no_index")
    table = view.audit.table
    home = table.loc[table[study.MARKET] == HOME, study.BASIS]
    basis = Basis(home.iloc[0]) if len(home) else Basis.PRICE
    index = index_name(page, view.index)
    return page.t("audit.basis", index=as_text(index), basis=page.say(basis.label))


def _filters(page: Page) -> dict[str, str]:
    """What the URL asks for, as `studies.audit.chosen` takes it."""
    chain = page.snapshot.chain
    row = st.columns(4)
    with row[0]:
        documents = choose_documents(page)
    with row[1]:
        layers = state.choices(
            state.GROUP,
            [one.id for one in chain.layers],
            page.t("audit.layer"),
            lambda one: as_text(layer_name(page, one)),
            placeholder=page.t("audit.layer_all"),
        )
    with row[2]:
        names = {one.key: as_text(page.say(one.name)) for one in chain.companies}
        company = state.choice(
            state.COMPANY,
            ["", *names],
            "",
            page.t("chain.company"),
            lambda one: names.get(one, page.t("chain.company_any")),
            kind="select",
        )
    with row[3]:
        verdicts = state.choices(
            state.VERDICT,
            [one.value for one in Verdict],
            page.t("audit.verdict"),
            lambda one: page.t(f"audit.verdict_{one}"),
            placeholder=page.t("audit.verdict_all"),
        )
    return {
        state.DOCUMENT: ",".join(documents),
        state.GROUP: ",".join(layers),
        state.COMPANY: company,
        state.VERDICT: ",".join(verdicts),
    }


def choose_documents(page: Page) -> tuple[str, ...]:
    """Any of the map's documents; none means all."""
    known = page.snapshot.chain.document_by_id
    return state.choices(
        state.DOCUMENT,
        list(known),
        page.t("chain.document"),
        lambda one: as_text(page.say(known[one].title)),
        placeholder=page.t("chain.document_all"),
    )


def _counts(page: Page, table: pd.DataFrame) -> None:
    found = table[VERDICT].value_counts()
    counts = {one.value: int(found.get(one.value, 0)) for one in Verdict}
    st.markdown(page.t("audit.counts", n=len(table), **counts))


def _base(page: Page, base: pd.DataFrame) -> pd.DataFrame:
    known = page.snapshot.chain.document_by_id
    shown = {
        page.t("chain.document"): [
            " / ".join(page.say(known[one].title) for one in own) for own in base[DOCUMENT]
        ],
        page.t("audit.known_from"): [_day(page, one) for one in base[KNOWN_FROM]],
        page.t("audit.beat"): [
            f"{count}/{of}" if of else MISSING
            for count, of in zip(base[BEATEN], base[PRICED], strict=True)
        ],
        **{
            page.t(f"audit.{name}"): base[name]
            for name in (
                "plus_confirmed", "plus_not_so_far", "minus_confirmed", "minus_not_so_far",
            )
        },
        page.t("audit.verdict_cannot"): base[Verdict.CANNOT.value],
    }  # fmt: skip
    return pd.DataFrame(shown)


def _day(page: Page, day: pd.Timestamp, *, inferred: bool = False) -> str:
    if pd.isna(day):
        return page.t("audit.not_yet")
    text = f"{day:%Y-%m-%d}"
    return page.t("audit.inferred", date=text) if inferred else text


def _claims(page: Page, view: AuditView, table: pd.DataFrame, asked: Mapping[str, str]) -> None:
    key = ("audit:table", *page.figure_key, tuple(asked.values()))
    shown = loaders.shared(key, lambda: _table(page, view.audit, table))
    name = f"audit:{page.language}:{hash(tuple(asked.values())) & 0xFFFFFFFF:08x}"
    st.caption(page.t("chain.table_hint"))
    event = st.dataframe(
        shown.rows,
        key=name,
        hide_index=True,
        on_select="rerun",
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        height=min(36 * (len(shown.ids) + 1) + 2, 620),
        column_config={page.t("audit.claim"): st.column_config.Column(pinned=True, width=260)},
    )
    row = picked(event)
    if row is not None and row < len(shown.ids):
        _evidence(page, view.audit.claims[shown.ids[row]])
    about = {"rule": RULE.en, "map": page.snapshot.chain.digest}
    table_buttons(page, lambda: table, "claim-audit", about)


def claim_title(page: Page, claim: Claim) -> str:
    """`健策：散熱（液冷）` or the event's title."""
    chain = page.snapshot.chain
    if claim.about == MEMBERSHIP:
        company, layer = chain.company_by_key[claim.companies[0]], claim.layers[0]
        name = layer_name(page, layer)
        return page.t("audit.membership", company=page.say(company.name), layer=name)
    event = next(one for one in chain.events if one.id == claim.subject)
    return page.say(event.title)


def _table(page: Page, audit: Audit, table: pd.DataFrame) -> Table:
    known = page.snapshot.chain.document_by_id
    frame = pd.DataFrame(
        {
            page.t("audit.claim"): [claim_title(page, audit.claims[one]) for one in table[CLAIM]],
            page.t("audit.verdict"): [page.t(f"audit.verdict_{one}") for one in table[VERDICT]],
            page.t("audit.reason"): [_reason(page, one) for one in table[REASON]],
            page.t("audit.direction"): [
                f"{_SIGNS[way]} {_stance(page, about, stance)}".strip()
                for way, about, stance in zip(
                    table[DIRECTION], table[ABOUT], table[STANCE], strict=True
                )
            ],
            **{page.t(f"audit.{title}"): table[name] for name, title in _TITLES.items()},
            page.t("audit.layer_count"): [
                f"{priced}/{members}"
                for priced, members in zip(table[LAYER_PRICED], table[LAYER_MEMBERS], strict=True)
            ],
            page.t("audit.revenue_months"): table[REVENUE_MONTHS],
            page.t("audit.judged_on"): [page.t(f"audit.judged_on_{x}") for x in table[JUDGED_ON]],
            page.t("audit.known_from"): [
                _day(page, day, inferred=inferred)
                for day, inferred in zip(table[KNOWN_FROM], table[INFERRED], strict=True)
            ],
            page.t("audit.sessions"): table[SESSIONS],
            page.t("chain.document"): [page.say(known[one].title) for one in table[DOCUMENT]],
            page.t("chain.lines"): table[LINES],
        }
    )
    formats: dict[str, str | Callable[[Any], str] | None] = {
        page.t(f"audit.{title}"): partial(signed_percent, digits=1) for title in _TITLES.values()
    }
    return Table(tuple(table[CLAIM]), frame.style.format(formats, na_rep=MISSING), table)


def _stance(page: Page, about: str, stance: str) -> str:
    if about == MEMBERSHIP or stance == "neutral":
        return page.t(f"evidence.stance_{stance}")
    return page.t(f"audit.direction_{stance}")


def _reason(page: Page, reason: str) -> str:
    return page.t(f"audit.reason_{reason}", n=MIN_SESSIONS) if reason else ""


def _evidence(page: Page, claim: Claim) -> None:
    with st.container(border=True):
        st.markdown(f"**{as_text(claim_title(page, claim))}**")
        if claim.about != MEMBERSHIP:
            day = claim.event_session
            st.caption(
                page.t("audit.event_session", date=f"{day:%Y-%m-%d}")
                if day
                else page.t("audit.event_undated")
            )
        show_evidence(page, claim.evidence)
        with st.container(horizontal=True):
            for key in claim.companies:
                company_link(page, page.snapshot.chain.company_by_key[key])
            for layer in claim.layers:
                layer_link(page, layer)
