"""What American sessions say of Taiwan's next opening, built once for all sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analytics.leadlag import (
    DEFINITIONS,
    DRIVER,
    FIRST,
    GAP,
    HIGH,
    INTRADAY,
    LAST,
    LAYER,
    LEAD_CORRELATION,
    LIMIT_OPENS,
    LOW,
    MINIMUM,
    MISSING,
    P_ADJUSTED,
    PARTS,
    R2,
    SAME_DATE_CORRELATION,
    SAME_SIGN,
    SLOPE,
    TESTS,
    VERDICT,
    N,
    T,
    Verdict,
    column,
    response_fit,
    rolling_slopes,
)
from dashboard.charts import formats
from dashboard.charts.formats import signed_percent
from dashboard.charts.leadlag import Answer, response_scatter, slope_lines
from dashboard.charts.treemap import Figure
from dashboard.errors import InputError
from dashboard.snapshot import KNOWN, TODAY
from dashboard.studies.overnight import (
    ACTUAL,
    AT_LIMIT,
    INDEX,
    MEMBERS,
    MEMBERS_PRICED,
    MOVE,
    PEER,
    SPANS,
    USUAL,
    Driver,
    LeadLag,
    Morning,
    Reason,
    best_of_layers,
    chosen,
    latest_known,
    lead_lag,
    mornings,
    since_of,
)
from dashboard.ui import as_of, loaders, state
from dashboard.ui.evidence import show_evidence
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.labels import company_title, layer_name
from dashboard.ui.links import symbol_link, view_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import OVERNIGHT, Page
from dashboard.ui.tables import picked

ALL: Final = "all"
SHORT_LINES: Final = 3
_LINES: Final = 8
_POINTS: Final = 500
"""Of a scatter; with more of them a browser takes a second to draw it."""
_FORMATS: Final = {
    **{
        column(part, figure): form
        for part in PARTS
        for figure, form in (
            (SLOPE, "%+.2f"), (T, "%+.1f"), (P_ADJUSTED, "%.2g"), (R2, "%.2f"),
            (SAME_SIGN, "percent"),
        )
    },
    LEAD_CORRELATION: "%+.2f",
    SAME_DATE_CORRELATION: "%+.2f",
}  # fmt: skip
"""Figures of the table, in its order, and how they are written."""
_EVERY_SPAN: Final = next(iter(SPANS))


def known_until(page: Page) -> dt.date:
    """Last day of which American sessions are known: the day asked for, else the last stored."""
    if as_of.asked_of(page.latest).session is None:
        return latest_known(page.snapshot)
    return dt.date.fromisoformat(state.read(state.AS_OF) or "")


def study_of(page: Page, span: str = _EVERY_SPAN) -> LeadLag:
    """All pairs of the page's snapshot; its table is made already."""

    def build() -> LeadLag:
        study = lead_lag(page.snapshot, since_of(page.snapshot, span))
        assert study.table is not None, "made here, not at the first look"
        return study

    return loaders.shared(("lead lag", *page.snapshot.key, span), build)


def mornings_of(page: Page, until: dt.date, span: str = _EVERY_SPAN) -> tuple[Morning, ...]:
    """The next opening, if something is known of it, and the last session."""
    key = ("lead lag mornings", *page.snapshot.key, until, span)
    return loaders.shared(key, lambda: mornings(page.snapshot, study_of(page, span), until))


# The morning's lines.


def short_lines(page: Page, until: dt.date) -> tuple[str, ...]:
    """Head and the first lines, as Markdown; empty where the prices allow none."""

    def build() -> tuple[str, ...]:
        try:
            first, *_ = mornings_of(page, until)
        except InputError:
            return ()
        told = first.lines[first.lines[VERDICT].notna()]
        if told.empty:
            return ()
        best = best_of_layers(told[told[VERDICT] != Verdict.NOTHING], SHORT_LINES)
        lines = [line_text(page, one) for one in _records(best)]
        return (_head(page, first), *(lines or [page.t("overnight.quiet")]))

    return loaders.shared(("overnight short", *page.snapshot.key, page.language, until), build)


def morning(page: Page) -> None:
    """A small block with the strongest lines, and the way to the page; nothing without prices."""
    lines = short_lines(page, known_until(page))
    if not lines:
        return
    head, *rest = lines
    with st.container(border=True):
        st.markdown(f"**{head}**  \n" + "  \n".join(rest))
        view_link(page.t("overnight.more"), OVERNIGHT, icon=":material/bedtime:", layer=None)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in one.items()} for one in rows.to_dict("records")]


def _head(page: Page, one: Morning) -> str:
    key = "overnight.head_happened" if one.happened else "overnight.head_ahead"
    if one.first is None or one.last is None:
        return page.t("overnight.head_none", session=one.session)
    span = f"{one.first}" if one.first == one.last else f"{one.first} – {one.last}"
    return page.t(key, session=one.session, span=span, n=one.sessions)


def line_text(page: Page, row: Mapping[str, Any]) -> str:
    """One pair's morning as one sentence in Markdown."""
    text = page.t(
        "overnight.line",
        driver=as_text(company_title(page, row[DRIVER])),
        move=signed_percent(row[MOVE]),
        layer=as_text(layer_name(page, row[LAYER])),
        priced=row[MEMBERS_PRICED],
        members=row[MEMBERS],
    )
    return text + _usual_text(page, row) + _actual_text(page, row)


def _usual_text(page: Page, row: Mapping[str, Any]) -> str:
    if isinstance(row[MISSING], str):
        return page.t(f"overnight.missing_{row[MISSING]}", n=row[N], minimum=MINIMUM)
    if row[VERDICT] == Verdict.NOTHING:
        text = page.t("overnight.says_nothing", n=row[N])
    elif row[VERDICT] == Verdict.AFTER_OPEN:
        text = page.t("overnight.says_after_open", after=_ranged(page, row, INTRADAY), n=row[N])
    else:
        text = page.t("overnight.usual", gap=_ranged(page, row, GAP), n=row[N])
        text += page.t(f"overnight.says_{row[VERDICT]}", after=_ranged(page, row, INTRADAY))
    return text


def _ranged(page: Page, row: Mapping[str, Any], part: str) -> str:
    usual, low, high = (signed_percent(row[column(part, name)]) for name in (USUAL, LOW, HIGH))
    return page.t("overnight.ranged", usual=usual, low=low, high=high)


def _actual_text(page: Page, row: Mapping[str, Any]) -> str:
    gap, after = row[column(GAP, ACTUAL)], row[column(INTRADAY, ACTUAL)]
    if pd.isna(gap):
        return page.t("overnight.end")
    text = page.t("overnight.actual", gap=signed_percent(gap), after=signed_percent(after))
    limits = row[AT_LIMIT]
    return (
        text + (page.t("overnight.at_limit", n=limits) if limits else "") + page.t("overnight.end")
    )


@dataclass(frozen=True)
class Told:
    """A morning in words: the strongest pair of each layer, and the other pairs."""

    head: str
    lines: tuple[str, ...]
    others: tuple[str, ...]


def _told(page: Page, one: Morning) -> Told:
    first = best_of_layers(one.lines, _LINES)
    if first.empty:
        first = one.lines.head(_LINES)
    rows = (first, one.lines.drop(index=first.index))
    lines, others = (tuple(line_text(page, row) for row in _records(part)) for part in rows)
    return Told(_head(page, one), lines, others)


def show_mornings(page: Page, until: dt.date) -> None:
    """The next opening's lines, then the last session's, usual beside actual."""
    told = loaders.shared(
        ("overnight lines", *page.snapshot.key, page.language, until),
        lambda: tuple(_told(page, one) for one in mornings_of(page, until)),
    )
    for one in told:
        st.subheader(one.head)
        st.markdown("\n".join(f"- {line}" for line in one.lines) or page.t("overnight.no_lines"))
        if one.others:
            with st.expander(page.t("overnight.others", n=len(one.others))):
                st.markdown("\n".join(f"- {line}" for line in one.others))
    st.caption(page.t("overnight.lines_note"))


# Layers × drivers.


@dataclass(frozen=True)
class Chosen:
    """What the URL asks for; None for all."""

    layer: str | None
    driver: str | None
    span: str


def draw_controls(page: Page) -> Chosen:
    """Layer, driver and span."""
    drivers = study_of(page).drivers
    layers = tuple(dict.fromkeys(one.layer for one in drivers))
    symbols = tuple(dict.fromkeys(one.symbol for one in drivers))
    columns = st.columns([2, 2, 2])
    with columns[0]:
        layer = state.choice(
            state.LAYER,
            (ALL, *layers),
            ALL,
            page.t("overnight.layer"),
            lambda one: page.t("overnight.every_layer") if one == ALL else layer_name(page, one),
            kind="select",
        )
    with columns[1]:
        driver = state.choice(
            state.DRIVER,
            (ALL, *symbols),
            ALL,
            page.t("overnight.driver"),
            lambda one: (
                page.t("overnight.every_driver") if one == ALL else company_title(page, one)
            ),
            kind="select",
        )
    with columns[2]:
        span = state.choice(
            state.SPAN,
            tuple(SPANS),
            _EVERY_SPAN,
            page.t("overnight.span"),
            lambda one: page.t(f"overnight.span_{one}"),
        )
    return Chosen(None if layer == ALL else layer, None if driver == ALL else driver, span)


def rows_of(page: Page, asked: Chosen) -> pd.DataFrame:
    """The table's figures for what is chosen."""
    return chosen(study_of(page, asked.span).table, asked.layer, asked.driver)


def members_line(page: Page, asked: Chosen) -> None:
    """Whose members the history counts, how far it reaches, and the way to the other view."""
    table = study_of(page, asked.span).table
    told = table[table[FIRST].notna()]
    first = f"{told[FIRST].min():%Y-%m-%d}" if len(told) else formats.MISSING
    n = int(table[N].max()) if len(table) else 0
    name = TODAY if page.hindsight else KNOWN
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(page.t(f"overnight.history_{name}", first=first, n=n), width="content")
        view_link(
            page.t(f"overnight.switch_{name}"),
            OVERNIGHT,
            icon=":material/swap_horiz:",
            members=None if page.hindsight else TODAY,
        )


def show_table(page: Page, asked: Chosen) -> None:
    """One row a layer and driver; a click chooses the pair."""
    rows = rows_of(page, asked)
    shown = loaders.shared(
        ("lead lag rows", *page.snapshot.key, page.language, asked),
        lambda: _shown(page, asked, rows),
    )
    name = f"overnight:{page.language}:{asked.layer}:{asked.driver}:{asked.span}"

    def choose() -> None:
        row = picked(st.session_state[name])
        if row is not None:
            layer, driver = rows.loc[row, [LAYER, DRIVER]]
            state.go(**{state.LAYER: str(layer), state.DRIVER: str(driver)})

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_counts(page, rows), width="content")
        table_buttons(page, lambda: rows, "overnight", _about(page, asked))
        how(page, *DEFINITIONS)
    st.dataframe(
        shown,
        key=name,
        hide_index=True,
        on_select=choose,
        selection_mode=("single-row", "single-cell"),
        placeholder=formats.MISSING,
        column_config=_formats(page),
        height=min(36 * (len(rows) + 1) + 2, 620),
    )
    without = _without_driver(page)
    if without:
        st.caption(page.t("overnight.without", layers=without))


def _about(page: Page, asked: Chosen) -> dict[str, str]:
    return {
        "as_of": f"{page.snapshot.as_of}",
        "members": TODAY if page.hindsight else KNOWN,
        "span": asked.span,
    }


def _counts(page: Page, rows: pd.DataFrame) -> str:
    told = int(rows[MISSING].isna().sum())
    tests = int(rows[TESTS].max()) if len(rows) else 0
    return page.t("overnight.counts", told=told, n=len(rows), minimum=MINIMUM, tests=tests)


def _without_driver(page: Page) -> str:
    study = study_of(page)
    driven = {one.layer for one in study.drivers}
    left = [one for one in study.responses.gap.columns if one not in driven]
    return page.t("overnight.and").join(as_text(layer_name(page, one)) for one in left)


def _shown(page: Page, asked: Chosen, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns as a reader sees them; numbers stay numbers and sort as such."""
    study = study_of(page, asked.span)
    pairs = list(zip(rows[LAYER], rows[DRIVER], strict=True))
    frame = {
        "overnight.layer": [layer_name(page, layer) for layer, _ in pairs],
        "overnight.driver": [company_title(page, driver) for _, driver in pairs],
        "overnight.reading": [_reading(page, row) for row in _records(rows)],
        "overnight.coverage": [
            f"{priced}/{members}"
            for priced, members in zip(rows[MEMBERS_PRICED], rows[MEMBERS], strict=True)
        ],
        "overnight.n": rows[N],
        **{f"overnight.{name}": rows[name] for name in _FORMATS},
        "overnight.limit_opens": rows[LIMIT_OPENS],
        "overnight.why": [_why(page, study.driver(*pair)) for pair in pairs],
    }
    return pd.DataFrame(frame, index=rows.index).rename(columns=page.t)


def _formats(page: Page) -> dict[str, Any]:
    # The browser formats these: a Styler of so many columns would cost more than all the rest.
    numbers = {
        page.t(f"overnight.{name}"): st.column_config.NumberColumn(format=form)
        for name, form in _FORMATS.items()
    }
    return {page.t("overnight.layer"): st.column_config.Column(pinned=True), **numbers}


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _reading(page: Page, row: Mapping[str, Any]) -> str:
    if isinstance(row[MISSING], str):
        return page.t(f"overnight.missing_{row[MISSING]}", n=row[N], minimum=MINIMUM)
    return page.t(f"overnight.verdict_{row[VERDICT]}")


def _why(page: Page, driver: Driver | None) -> str:
    reasons = driver.reasons if driver else ()
    return page.t("overnight.and").join(reason_text(page, one) for one in reasons)


def reason_text(page: Page, reason: Reason) -> str:
    """`Broadcom is a customer of PCL`, as it is, not Markdown."""
    if reason.kind == INDEX:
        return page.t("overnight.why_index")
    names = {key: page.say(one.name) for key, one in page.map.chain.company_by_key.items()}
    if reason.kind == PEER:
        layer = layer_name(page, reason.target)
        return page.t("overnight.why_peer", source=names[reason.source], layer=layer)
    return page.t(
        f"evidence.relation_{reason.kind}",
        source=names[reason.source],
        target=names[reason.target],
    )


# One pair.


@dataclass(frozen=True, eq=False)
class PairView:
    """One pair's figures and why it is there; the figures are None where `missing` says why."""

    driver: Driver
    reading: str
    missing: str
    scatter: Figure | None
    slopes: Figure | None


def pair_of(page: Page, asked: Chosen) -> PairView | None:
    """The pair of the first row that has figures; None where nothing is in the table."""
    rows = rows_of(page, asked)
    if rows.empty:
        return None
    told = rows[rows[MISSING].isna()]
    row = _records(told.head(1) if len(told) else rows.head(1))[0]
    key = ("lead lag pair", *page.figure_key, asked.span, row[LAYER], row[DRIVER])
    return loaders.shared(key, lambda: _pair(page, asked.span, row))


def _pair(page: Page, span: str, row: Mapping[str, Any]) -> PairView:
    study = study_of(page, span)
    driver = study.driver(row[LAYER], row[DRIVER])
    assert driver is not None, "rows are those of the drivers"
    if isinstance(row[MISSING], str):
        return PairView(driver, "", _reading(page, row), None, None)
    move = study.move[driver.symbol]
    responses = {part: study.responses.part(part)[driver.layer] for part in PARTS}
    titles = {part: page.t(f"overnight.part_{part}") for part in PARTS}
    drawn = move.index[move.notna() & responses[GAP].notna()][-_POINTS:]
    answers = [
        Answer(titles[part], responses[part].reindex(drawn), _line(move, responses[part]))
        for part in PARTS
    ]
    name = company_title(page, driver.symbol)
    if row[N] > _POINTS:
        name += page.t("overnight.last_pairs", n=_POINTS)
    return PairView(
        driver,
        _pair_text(page, row),
        "",
        response_scatter(
            move[drawn],
            answers,
            move_title=page.t("overnight.move_of", driver=name),
            theme=page.theme,
        ),
        slope_lines(
            [(titles[part], rolling_slopes(move, responses[part])) for part in PARTS],
            theme=page.theme,
        ),
    )


def _line(move: pd.Series, response: pd.Series) -> Sequence[tuple[float, float]]:
    fit = response_fit(move.to_numpy(float), response.to_numpy(float))
    if fit is None:
        return ()
    ends = (float(move[response.notna()].min()), float(move[response.notna()].max()))
    return [(x, fit.intercept + fit.slope * x) for x in ends]


def _pair_text(page: Page, row: Mapping[str, Any]) -> str:
    figures = {
        column(part, name): _signed(row[column(part, name)])
        for part in PARTS
        for name in (SLOPE, LOW, HIGH)
    }
    return page.t(
        "overnight.pair",
        first=f"{row[FIRST]:%Y-%m-%d}",
        last=f"{row[LAST]:%Y-%m-%d}",
        n=row[N],
        limit=row[LIMIT_OPENS],
        **figures,
    )


def show_pair(page: Page, asked: Chosen) -> None:
    """The chosen pair: why, its answers one by one, and how the slope wandered."""
    view = pair_of(page, asked)
    if view is None:
        return
    driver = view.driver
    title = f"{company_title(page, driver.symbol)} → {layer_name(page, driver.layer)}"
    st.subheader(as_text(title))
    with st.container(horizontal=True):
        if driver.symbol in page.map.chain.company_by_symbol:
            symbol_link(page, driver.symbol)
        view_link(
            layer_name(page, driver.layer),
            page.place,
            icon=":material/layers:",
            layer=driver.layer,
            driver=None,
            code=None,
        )
    if view.missing:
        st.info(view.missing)
    else:
        st.markdown(view.reading)
        name = f"{driver.layer}:{driver.symbol}:{asked.span}"
        st.plotly_chart(view.scatter, key=f"overnight:scatter:{name}", theme=None)
        st.markdown(f"**{page.t('overnight.rolling')}**")
        st.plotly_chart(view.slopes, key=f"overnight:slopes:{name}", theme=None)
        st.caption(page.t("overnight.rolling_note"))
    with st.expander(page.t("overnight.why_title")):
        for reason in driver.reasons:
            st.markdown(f"**{as_text(reason_text(page, reason))}**")
            show_evidence(page, reason.evidence)
