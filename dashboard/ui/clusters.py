"""Which layers or members are really one trade: square, tree, pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analytics.clusters import COMMON as COMMON_SESSIONS
from dashboard.analytics.clusters import (
    CORRELATION,
    DEFINITIONS,
    HIGH,
    LOW,
    MINIMUM,
    TOGETHER,
    WINDOWS,
    A,
    B,
)
from dashboard.charts.dendrogram import SquareTexts, clustered_square, pair_at, shortened
from dashboard.charts.treemap import Figure
from dashboard.studies import clusters as studies
from dashboard.studies.clusters import (
    DEFAULT_WINDOW,
    LAYERS,
    MEMBERS,
    SHARED,
    THRESHOLDS,
    WHOLE_MAP,
    Asked,
    Bundle,
    Study,
)
from dashboard.ui import loaders, state
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.labels import company_title, index_name, layer_name, stage_name
from dashboard.ui.links import layer_link, symbol_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.tables import picked

_RESIDUAL_LIMIT: Final = 0.6
_RAW_LIMIT: Final = 1.0
_THIN: Final = 3
"""Members below which a layer says how many it has."""
_BETWEEN: Final = "~"
"""Between the two ids of a pair in the URL."""
_RHO_WIDTH: Final = 60
_PAIR_WIDTH: Final = 210
"""Pixels."""
_LARGEST: Final = "2330.TW"
"""The share that weighs most in the market's index."""
_DAY: Final = "%Y-%m-%d"


@dataclass(frozen=True, eq=False)
class ClusterView:
    """What the section draws, shared by all sessions.

    Attributes
    ----------
    labels : id → its name, with the number of members where a layer has one or two
    short : the same, short enough to stand beside the square
    pairs, table : the rows and what is shown of them, in the same order
    """

    study: Study
    labels: Mapping[str, str]
    short: Mapping[str, str]
    pairs: pd.DataFrame
    table: pd.DataFrame


def show_clusters(page: Page) -> None:
    """The section: choices, clusters in words, square with tree, pairs."""
    st.markdown(page.t("clusters.intro"))
    asked = _choices(page)
    view = loaders.shared(("clusters", *page.figure_key, asked), lambda: _view(page, asked))
    if view is None or len(view.study.found.order) < 2:
        st.info(page.t("clusters.empty", n=MINIMUM))
    else:
        _show(page, view)
    how(page, *DEFINITIONS)


def _choices(page: Page) -> Asked:
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with row:
        by = state.choice(
            state.GROUP,
            (LAYERS, MEMBERS),
            LAYERS,
            page.t("clusters.by"),
            lambda one: page.t(f"clusters.by_{one}"),
        )
        state.choice(
            state.WINDOW,
            [str(one) for one in WINDOWS],
            str(DEFAULT_WINDOW),
            page.t("clusters.window"),
            lambda one: page.t("clusters.window_sessions", n=one),
        )
        state.choice(state.TOGETHER, THRESHOLDS, str(TOGETHER), page.t("clusters.together"), str)
    with row:
        if by == MEMBERS:
            _scope(page)
        else:
            state.switch(
                state.SECONDARY,
                page.t("clusters.secondary"),
                help=page.t("clusters.secondary_help"),
            )
        state.switch(state.RAW, page.t("clusters.raw"), help=page.t("clusters.raw_help"))
    return studies.asked_of(page.snapshot, st.query_params.to_dict())


def _scope(page: Page) -> None:
    chain = page.snapshot.chain

    def named(one: str) -> str:
        if one in chain.stage_by_id:
            return page.t("clusters.scope_stage", name=stage_name(page, one))
        if one in chain.layer_by_id:
            return page.t("clusters.scope_layer", name=layer_name(page, one))
        return page.t("clusters.scope_map")

    state.choice(
        state.SCOPE,
        (WHOLE_MAP, *chain.stage_by_id, *chain.layer_by_id),
        WHOLE_MAP,
        page.t("clusters.scope"),
        named,
        kind="select",
    )


def _view(page: Page, asked: Asked) -> ClusterView | None:
    study = studies.study(page.snapshot, asked)
    if study is None:
        return None
    ids = (*study.found.order, *study.found.left_out)
    labels = {one: _label(page, study, one, _name(page, study, one)) for one in ids}
    short = {one: _label(page, study, one, shortened(_name(page, study, one))) for one in ids}
    pairs = study.table()
    return ClusterView(study, labels, short, pairs, _shown(page, study, pairs, labels))


def _name(page: Page, study: Study, one: str) -> str:
    return company_title(page, one) if study.asked.by == MEMBERS else layer_name(page, one)


def _label(page: Page, study: Study, one: str, name: str) -> str:
    count = int(study.members[one])
    if study.asked.by == MEMBERS or count >= _THIN:
        return name
    return page.t("clusters.thin", name=name, n=count)


def _shown(
    page: Page, study: Study, pairs: pd.DataFrame, labels: Mapping[str, str]
) -> pd.DataFrame:
    intervals = [
        f"{low:.2f} … {high:.2f}" if low == low else None
        for low, high in zip(pairs[LOW], pairs[HIGH], strict=True)
    ]
    table = pd.DataFrame(
        {
            page.t("clusters.rho"): pairs[CORRELATION],
            page.t("clusters.pair"): pairs[A].map(labels) + " × " + pairs[B].map(labels),
            page.t("clusters.interval"): intervals,
            page.t("clusters.common"): pairs[COMMON_SESSIONS],
        }
    )
    if study.shared is not None:
        table[page.t("clusters.shared_hover")] = pairs[SHARED]
    return table


def _show(page: Page, view: ClusterView) -> None:
    st.caption(_members_line(page, view.study))
    _bundles(page, view)
    pair = _pair(view)
    left, right = st.columns([11, 9])
    with left:
        _square(page, view, pair)
    with right:
        st.caption(page.t("clusters.hint"))
        if pair is not None:
            _show_pair(page, view, pair)
        _table(page, view)
    st.caption("  \n".join(_notes(page, view)))


def _members_line(page: Page, study: Study) -> str:
    if page.snapshot.hindsight:
        return page.t("clusters.members_today")
    first = page.snapshot.windows(study.asked.members)["known_on"].min()
    return page.t("clusters.members_known", date=f"{first:{_DAY}}")


def _bundles(page: Page, view: ClusterView) -> None:
    title = page.t("clusters.bundles")
    st.markdown(f"**{title}**")
    bundles = view.study.bundles()
    if not bundles:
        st.markdown(page.t("clusters.no_bundle"))
        return
    st.markdown("\n".join(f"- {_bundle_text(page, view, one)}" for one in bundles))


def _bundle_text(page: Page, view: ClusterView, bundle: Bundle) -> str:
    shared = page.t("clusters.pair_shared", n=bundle.shared) if bundle.shared else ""
    text = page.t(
        "clusters.bundle" if len(bundle.ids) > 2 else "clusters.bundle_one",
        names=page.t("clusters.joiner").join(as_text(view.labels[one]) for one in bundle.ids),
        mean=f"{bundle.mean:.2f}",
        lowest=f"{bundle.lowest:.2f}",
        highest=f"{bundle.highest:.2f}",
        n=bundle.common,
    )
    return text + shared


def _pair(view: ClusterView) -> tuple[str, str] | None:
    """The pair that the URL names; None for none or one that is not shown."""
    first, _, second = (state.read(state.PAIR) or "").partition(_BETWEEN)
    known = set(view.study.found.order)
    return (first, second) if first != second and {first, second} <= known else None


def _choose(pair: tuple[str, str] | None) -> None:
    if pair is not None:
        state.go(**{state.PAIR: _BETWEEN.join(pair)})


def _square(page: Page, view: ClusterView, pair: tuple[str, str] | None) -> None:
    asked, found = view.study.asked, view.study.found
    figure: Figure = loaders.shared(
        ("clusters:square", *page.figure_key, asked, pair),
        lambda: _figure(page, view, pair),
    )
    key = f"clusters:square:{hash((asked, page.language))}"

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        _choose(pair_at(points[0], found.order) if points else None)

    st.plotly_chart(
        figure,
        key=key,
        theme=None,
        on_select=clicked,
        selection_mode="points",
        config={"displayModeBar": False},
    )


def _figure(page: Page, view: ClusterView, pair: tuple[str, str] | None) -> Figure:
    study = view.study
    texts = SquareTexts(
        common=page.t("clusters.common"),
        interval=page.t("clusters.interval"),
        too_few=page.t("clusters.too_few", n=MINIMUM),
        shared=page.t("clusters.shared_hover"),
        fork=lambda value: page.t("clusters.fork", value=value),
        threshold=page.t("clusters.threshold", value=study.asked.together),
    )
    return clustered_square(
        study.found,
        study.shared,
        view.short,
        view.labels,
        texts,
        limit=_RAW_LIMIT if study.benchmark is None else _RESIDUAL_LIMIT,
        chosen=pair,
        theme=page.theme,
    )


def _show_pair(page: Page, view: ClusterView, pair: tuple[str, str]) -> None:
    found = view.study.found
    with st.container(border=True):
        with st.container(horizontal=True):
            for one in pair:
                if view.study.asked.by == MEMBERS:
                    symbol_link(page, one)
                else:
                    layer_link(page, one)
        value, low, high = (
            _at(square, pair) for square in (found.correlation, found.low, found.high)
        )
        count = int(_at(found.common, pair))
        st.markdown(_pair_text(page, value, (low, high), count) + _shared_text(page, view, pair))


def _at(square: pd.DataFrame, pair: tuple[str, str]) -> float:
    row, column = square.index.get_indexer(pd.Index(pair))
    return float(square.to_numpy()[row, column])


def _pair_text(page: Page, value: float, ends: tuple[float, float], count: int) -> str:
    if value != value:
        return page.t("clusters.pair_few", n=count, minimum=MINIMUM)
    if ends[0] != ends[0]:
        return page.t("clusters.pair_same", value=f"{value:.2f}")
    low, high = (f"{one:.2f}" for one in ends)
    return page.t("clusters.pair_figures", value=f"{value:.2f}", low=low, high=high, n=count)


def _shared_text(page: Page, view: ClusterView, pair: tuple[str, str]) -> str:
    shared = view.study.shared
    count = 0 if shared is None else int(_at(shared, pair))
    return page.t("clusters.pair_shared", n=count) if count else ""


def _table(page: Page, view: ClusterView) -> None:
    key = f"clusters:pairs:{page.language}"

    def clicked() -> None:
        row = picked(st.session_state[key])
        if row is not None and row < len(view.pairs):
            _choose(tuple(view.pairs[[A, B]].iloc[row]))

    st.dataframe(
        view.table,
        key=key,
        hide_index=True,
        on_select=clicked,
        selection_mode=("single-row", "single-cell"),
        placeholder="—",
        column_config={
            page.t("clusters.rho"): st.column_config.NumberColumn(
                format="%.2f", width=_RHO_WIDTH, pinned=True
            ),
            page.t("clusters.pair"): st.column_config.Column(width=_PAIR_WIDTH),
        },
        height=460,
    )
    table_buttons(page, view.study.table, "correlations", _about(page, view))


def _about(page: Page, view: ClusterView) -> dict[str, str]:
    snapshot = page.snapshot
    return {
        "as_of": f"{snapshot.as_of:{_DAY}}",
        "source": ", ".join(snapshot.prices.sources),
        "members": _members_line(page, view.study),
        "correlations": "\n".join(_notes(page, view)),
    }


def _notes(page: Page, view: ClusterView) -> list[str]:
    study = view.study
    tested = study.found.tested
    start, end = (f"{one:{_DAY}}" for one in study.sessions)
    shrinkage = f"{study.found.shrinkage:.0%}"
    basis = page.say(study.basis.label)
    notes = []
    if study.benchmark is None:
        if study.asked.residual:
            notes.append(page.t("clusters.no_market"))
        notes.append(
            page.t("clusters.market_in", start=start, end=end, basis=basis, shrinkage=shrinkage)
        )
    else:
        notes.append(
            page.t(
                "clusters.market_out",
                start=start,
                end=end,
                benchmark=index_name(page, study.benchmark.symbol),
                basis=basis,
                shrinkage=shrinkage,
            )
        )
        if _LARGEST in set(page.snapshot.windows(study.asked.members)["symbol"]):
            notes.append(page.t("clusters.largest"))
    notes.append(
        page.t(
            "clusters.tested",
            pairs=tested.pairs,
            apart=tested.apart,
            chance=f"{tested.by_chance:.0f}",
            surviving=tested.surviving,
        )
    )
    if study.found.left_out:
        names = page.t("clusters.joiner").join(
            page.t("clusters.own_sessions", name=as_text(view.labels[one]), n=int(study.own[one]))
            for one in study.found.left_out
        )
        notes.append(page.t("clusters.left_out", n=MINIMUM, names=names))
    return notes
