"""Where the documents disagree: a table, and the chosen case with both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analytics.audit import MARKET_RETURN, RELATIVE, SESSIONS, TROUBLE
from dashboard.analytics.benchmark import DEFINITIONS as BASIS_DEFINITIONS
from dashboard.analytics.benchmark import Basis
from dashboard.charts.formats import MISSING, signed_percent
from dashboard.studies import contradictions as study
from dashboard.studies.audit import (
    BASIS,
    COMPANIES_PRICED,
    COMPANY_RETURN,
    DOCUMENT,
    KIND,
    KNOWN_FROM,
    LAYER_MEMBERS,
    LAYER_PRICED,
    LAYER_RETURN,
    LINES,
    SYMBOLS,
)
from dashboard.studies.contradictions import COMPANIES_LISTED, DEFINITIONS, NO_DATE, Found
from dashboard.supply_chain.contradictions import Contradiction, Kind, Side
from dashboard.supply_chain.models import Evidence
from dashboard.ui import loaders, state
from dashboard.ui.evidence import show_evidence
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.labels import company_title, layer_name
from dashboard.ui.links import company_link, layer_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.tables import Table, picked

_ALL: Final = "all"
_NAMED: Final = 3
"""Companies named in a title."""
_SHOWN: Final = 3
"""Passages of a side before the rest is folded away."""
_RETURNS: Final = (COMPANY_RETURN, LAYER_RETURN, MARKET_RETURN, RELATIVE)
_SIDES: Final[Mapping[Kind, tuple[tuple[Side, str], tuple[tuple[Side, str], ...]]]] = {
    Kind.OPPOSED: ((Side.CLAIM, "first"), ((Side.AGAINST, "other"),)),
    Kind.CHECKED: ((Side.CLAIM, "claim"), ()),
    Kind.DISPUTED: ((Side.CLAIM, "claim"), ((Side.FOR, "for"), (Side.AGAINST, "against"))),
    Kind.STANCES: ((Side.FOR, "gains"), ((Side.AGAINST, "risks"),)),
    Kind.BOTH: ((Side.FOR, "together"), ((Side.AGAINST, "rivals"),)),
}
"""Kind → what stands on the left and on the right, with its heading in the catalogue."""


@dataclass(frozen=True, eq=False)
class ContradictionView:
    """The contradictions of a page and their titles, shared by all sessions."""

    found: Found
    titles: Mapping[str, str]


def show_contradictions(page: Page) -> None:
    """The section: kinds, table, and the chosen case side by side."""
    view = loaders.shared(("contradictions", *page.figure_key), lambda: _view(page))
    st.markdown(page.t("contradictions.intro"))
    if page.snapshot.as_of < page.latest.as_of:
        st.caption(page.t("contradictions.checks_undated"))
    how(page, *DEFINITIONS, *BASIS_DEFINITIONS)
    kind = _kind(page, view.found)
    rows = view.found.summary
    if kind != _ALL:
        st.caption(page.t(f"contradictions.about_{kind}"))
        rows = rows[rows[KIND] == kind]
    if rows.empty:
        st.info(page.t("contradictions.none"))
        return
    _table(page, view, rows, kind)
    asked = state.read(state.PICKED)
    one = asked if asked is not None and asked in rows.index else str(rows.index[0])
    _case(page, view, view.found.all[one])


def _view(page: Page) -> ContradictionView:
    found = study.found(page.snapshot)
    return ContradictionView(found, {one: _title(page, x) for one, x in found.all.items()})


def _title(page: Page, one: Contradiction) -> str:
    chain = page.snapshot.chain
    names = [page.say(chain.company_by_key[key].name) for key in one.companies]
    if one.kind is Kind.BOTH:
        return page.t("contradictions.title_pair", a=names[0], b=names[1])
    if one.kind is Kind.DISPUTED:
        layer = layer_name(page, one.layers[0])
        return page.t("contradictions.title_place", company=names[0], layer=layer)
    if one.events:
        return next(page.say(x.title) for x in chain.events if x.id == one.events[0])
    joined = page.t("contradictions.joiner").join(names[:_NAMED])
    if len(names) <= _NAMED:
        return joined
    return page.t("contradictions.more_companies", names=joined, n=len(names))


def _kind(page: Page, found: Found) -> str:
    counts = found.summary[KIND].value_counts()
    present = [one.value for one in Kind if one.value in counts.index]

    def named(one: str) -> str:
        if one == _ALL:
            return page.t("contradictions.kind_all", n=len(found.summary))
        name = page.t(f"contradictions.kind_{one}")
        return page.t("contradictions.kind_count", name=name, n=int(counts[one]))

    return state.choice(state.KIND, (_ALL, *present), _ALL, page.t("contradictions.kind"), named)


def _table(page: Page, view: ContradictionView, rows: pd.DataFrame, kind: str) -> None:
    key = ("contradictions:table", *page.figure_key, kind)
    shown = loaders.shared(key, lambda: _rows(page, view, rows))
    name = f"contradictions:{page.language}:{kind}"

    def choose() -> None:
        row = picked(st.session_state[name])
        if row is not None and row < len(shown.ids):
            state.go(**{state.PICKED: shown.ids[row]})

    st.caption(page.t("contradictions.hint"))
    st.dataframe(
        shown.rows,
        key=name,
        hide_index=True,
        on_select=choose,
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        height=min(36 * (len(shown.ids) + 1) + 2, 400),
        column_config={
            page.t("contradictions.what"): st.column_config.Column(pinned=True, width=260)
        },
    )
    table_buttons(
        page,
        lambda: study.chosen(view.found.table, {} if kind == _ALL else {KIND: kind}),
        "contradictions",
        {"as_of": f"{page.snapshot.as_of:%Y-%m-%d}", "map": page.snapshot.chain.digest},
    )


def _rows(page: Page, view: ContradictionView, rows: pd.DataFrame) -> Table:
    frame = pd.DataFrame(
        {
            page.t("contradictions.what"): [view.titles[str(one)] for one in rows.index],
            page.t("contradictions.kind"): [
                page.t(f"contradictions.kind_{one}") for one in rows[KIND]
            ],
            page.t("contradictions.known_from"): [_day(page, one) for one in rows[KNOWN_FROM]],
            **{page.t(f"contradictions.{one}"): rows[one].astype(float) for one in _RETURNS},
            page.t("contradictions.priced"): [
                page.t("contradictions.priced_of", count=count, names=_names(page, own))
                if own
                else count
                for count, own in zip(
                    _counts(rows[COMPANIES_PRICED], rows[COMPANIES_LISTED]),
                    rows[SYMBOLS],
                    strict=True,
                )
            ],
            page.t("contradictions.members"): _counts(rows[LAYER_PRICED], rows[LAYER_MEMBERS]),
            page.t("contradictions.reason"): [_reason(page, one) for one in rows[TROUBLE]],
            page.t("contradictions.where"): [
                _where(page, zip(documents, lines, strict=True))
                for documents, lines in zip(rows[DOCUMENT], rows[LINES], strict=True)
            ],
        }
    )
    formats: dict[str, Any] = {
        page.t(f"contradictions.{one}"): partial(signed_percent, digits=1) for one in _RETURNS
    }
    return Table(tuple(map(str, rows.index)), frame.style.format(formats, na_rep=MISSING), frame)


def _names(page: Page, symbols: Sequence[str]) -> str:
    """Whose price a figure is."""
    joined = page.t("contradictions.joiner").join(
        company_title(page, one) for one in symbols[:_NAMED]
    )
    if len(symbols) <= _NAMED:
        return joined
    return page.t("contradictions.more_companies", names=joined, n=len(symbols))


def _counts(priced: Iterable[float], members: Iterable[float]) -> list[str]:
    return [
        f"{0 if count != count else int(count)}/{int(of)}" if of == of and of else MISSING
        for count, of in zip(priced, members, strict=True)
    ]


def _where(page: Page, cited: Iterable[tuple[str, str]]) -> str:
    known = page.snapshot.chain.document_by_id
    return " · ".join(
        page.t("contradictions.lines", title=page.say(known[document].title), lines=lines)
        for document, lines in cited
    )


def _day(page: Page, day: pd.Timestamp) -> str:
    return page.t("contradictions.not_yet") if pd.isna(day) else f"{day:%Y-%m-%d}"


def _reason(page: Page, reason: str) -> str:
    if not reason:
        return ""
    if reason == NO_DATE:
        return page.t("contradictions.reason_no_date")
    return page.t(f"audit.reason_{reason}")


# --- one case -------------------------------------------------------------------------


def _case(page: Page, view: ContradictionView, one: Contradiction) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_text(view.titles[one.id])}**", width="content")
            st.badge(page.t(f"contradictions.kind_{one.kind}"), color="violet")
        st.caption(_since(page, _row(view, one)))
        (left, heading), others = _SIDES[one.kind]
        columns = st.columns(2)
        with columns[0]:
            _side(page, heading, one.on(left))
        with columns[1]:
            told = [(name, one.on(side)) for side, name in others if one.on(side)]
            for name, evidence in told:
                _side(page, name, evidence)
            checks = _checks(page, one)
            if checks:
                st.markdown(f"**{page.t('contradictions.side_check')}**")
            for text in checks:
                st.warning(as_text(text), icon=":material/rule:")
            if not told and not checks:
                st.caption(page.t("contradictions.no_other"))
        with st.container(horizontal=True):
            for key in one.companies:
                company_link(page, page.snapshot.chain.company_by_key[key])
            for layer in one.layers:
                layer_link(page, layer)


def _row(view: ContradictionView, one: Contradiction) -> pd.Series:
    row: pd.Series = view.found.summary.T[one.id]
    return row


def _side(page: Page, heading: str, evidence: Sequence[Evidence]) -> None:
    st.markdown(f"**{page.t(f'contradictions.side_{heading}')}**")
    # Checks stand on their own side, once.
    plain = [one.model_copy(update={"check": None}) for one in evidence]
    told = list({(one.document, one.lines, one.claim): one for one in plain}.values())
    show_evidence(page, told[:_SHOWN])
    if told[_SHOWN:]:
        with st.expander(page.t("contradictions.more", n=len(told) - _SHOWN)):
            show_evidence(page, told[_SHOWN:])


def _checks(page: Page, one: Contradiction) -> list[str]:
    every = [passage.evidence.check for passage in one.passages]
    return list(dict.fromkeys(page.say(check) for check in every if check is not None))


def _since(page: Page, row: pd.Series) -> str:
    """What prices did since the case could be seen, with n/N beside each figure."""
    date = _day(page, row[KNOWN_FROM])
    if row[COMPANY_RETURN] != row[COMPANY_RETURN] and row[LAYER_RETURN] != row[LAYER_RETURN]:
        return page.t("contradictions.since_none", date=date, reason=_reason(page, row[TROUBLE]))
    parts = [
        page.t(
            f"contradictions.since_{name}",
            value=signed_percent(float(row[value]), 1),
            priced=int(row[priced]),
            of=int(row[of]),
            names=as_text(_names(page, row[SYMBOLS])),
        )
        for name, value, priced, of in (
            (
                "companies" if row[SYMBOLS] else "nobody",
                COMPANY_RETURN,
                COMPANIES_PRICED,
                COMPANIES_LISTED,
            ),
            ("layers", LAYER_RETURN, LAYER_PRICED, LAYER_MEMBERS),
        )
        if row[of]
    ]
    if row[TROUBLE]:
        parts.append(_reason(page, row[TROUBLE]))
    else:
        market, relative = (signed_percent(float(row[x]), 1) for x in (MARKET_RETURN, RELATIVE))
        parts.append(page.t("contradictions.since_market", value=market, relative=relative))
    figures = page.t("contradictions.joiner").join(parts)
    basis = page.say(Basis(row[BASIS]).label)
    figures += page.t("contradictions.since_basis", basis=basis)
    return page.t("contradictions.since", date=date, n=int(row[SESSIONS]), figures=figures)
