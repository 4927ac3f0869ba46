"""Everything the layer page shows, built once for all sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.analytics.layers import contributions, correlations, indexed, layer_index
from dashboard.analytics.metrics import METRICS, RETURN_KEYS
from dashboard.analytics.panel import Panel
from dashboard.charts.bars import signed_bars
from dashboard.charts.correlation import correlation_square
from dashboard.charts.formats import MISSING, signed_percent
from dashboard.charts.lines import Mark, indexed_chart
from dashboard.charts.treemap import Figure
from dashboard.markets import HOME, MARKETS
from dashboard.studies.heatmap import Filters
from dashboard.studies.layer import LayerMembers, members_of
from dashboard.supply_chain.models import Company, Event, Layer, Membership
from dashboard.supply_chain.rows import layer_links
from dashboard.ui import loaders
from dashboard.ui.labels import company_title, index_name, unadjusted_note
from dashboard.ui.page import Page

CORRELATION_SESSIONS: Final = 60
CORRELATION_MINIMUM: Final = 40
_CHART_MEMBERS: Final = 20


@dataclass(frozen=True, eq=False)
class LayerView:
    """What the layer page draws.

    Attributes
    ----------
    members : who is listed, and whom the layer's own figures count
    unadjusted : what is to be said of returns across unadjusted prices; empty for nothing
    figures : (title, value, coverage) of each period
    evidence : every company of the layer with its membership, priced or not
    """

    layer: Layer
    colour_by: str
    members: LayerMembers
    unadjusted: str
    figures: tuple[tuple[str, str, str], ...]
    breadth: str
    indexed: Figure
    indexed_note: str
    contribution: Figure | None
    correlation: Figure | None
    upstream: tuple[tuple[str, int], ...]
    downstream: tuple[tuple[str, int], ...]
    evidence: tuple[tuple[Company, Membership], ...]
    events: tuple[Event, ...]


def layer_view(page: Page, layer_id: str, filters: Filters) -> LayerView:
    """The view of one layer under the chosen filters.

    Unlike in the heatmap all members are shown, secondary and foreign ones too; the
    layer's own figures count only those that the filters count.
    """
    key = ("layer", *page.figure_key, layer_id, filters)
    return loaders.shared(key, lambda: _build(page, layer_id, filters))


def _build(page: Page, layer_id: str, filters: Filters) -> LayerView:
    chain = page.map.chain
    members = members_of(page.snapshot, layer_id, filters)
    shown, counted = members.shown, members.counted
    table = page.snapshot.layers(members.chosen, filters.weighting)
    row = table.to_dict("index")[layer_id] if table.at[layer_id, "members"] else None
    up, down = _neighbours(page, layer_id)
    events = tuple(one for one in chain.events if layer_id in one.layers)
    chart, note = _indexed(page, shown, counted, events)
    return LayerView(
        layer=chain.layer_by_id[layer_id],
        colour_by=filters.colour_by,
        members=members,
        unadjusted=unadjusted_note(page, shown["symbol"]),
        figures=_figures(page, row),
        breadth=_breadth(page, row),
        indexed=chart,
        indexed_note=note,
        contribution=_contribution(page, counted, filters),
        correlation=_correlation(page, shown),
        upstream=up,
        downstream=down,
        evidence=tuple(
            (company, membership)
            for company in chain.companies
            for membership in company.memberships
            if membership.layer == layer_id
        ),
        events=events,
    )


def _figures(page: Page, row: Mapping[Hashable, Any] | None) -> tuple[tuple[str, str, str], ...]:
    if row is None:
        return ()
    return tuple(
        (
            page.say(METRICS[key].short),
            signed_percent(row[key]),
            page.t("heatmap.coverage", priced=row[f"{key}_members"], members=row["members"]),
        )
        for key in RETURN_KEYS
    )


def _breadth(page: Page, row: Mapping[Hashable, Any] | None) -> str:
    if row is None:
        return ""
    share = {
        name: MISSING if row[key] != row[key] else f"{row[key]:.0%}"
        for name, key in (("above_20", "above_sma_20"), ("above_60", "above_sma_60"))
    }
    effective = row["effective_members"]
    return page.t(
        "layer.breadth",
        priced=row["members_priced"],
        members=row["members"],
        advancing=row["advancing"],
        declining=row["declining"],
        unchanged=row["unchanged"],
        effective=MISSING if effective != effective else f"{effective:.1f}",
        date=f"{page.snapshot.as_of:%Y-%m-%d}",
        **share,
    )


def _panel_of(page: Page, symbols: pd.Series) -> tuple[Panel, list[str]] | None:
    """The panel with most of the symbols (home first), and the symbols it holds."""
    best: tuple[Panel, list[str]] | None = None
    for market in sorted(page.snapshot.prices.panels, key=lambda one: one != HOME):
        panel = page.snapshot.prices.panels[market]
        held = [symbol for symbol in symbols if symbol in panel.symbols]
        if held and (best is None or len(held) > len(best[1])):
            best = (panel, held)
    return best


def _indexed(
    page: Page, members: pd.DataFrame, chosen: pd.DataFrame, events: tuple[Event, ...]
) -> tuple[Figure, str]:
    found = _panel_of(page, members["symbol"])
    if found is None:
        return Figure(), ""
    panel, symbols = found
    panel = panel.as_of(page.snapshot.as_of)
    start = (pd.Timestamp(page.snapshot.as_of) - pd.DateOffset(years=1)).date()
    market = MARKETS[panel.market]
    counted = [symbol for symbol in chosen["symbol"] if symbol in symbols]
    lines = indexed(panel, symbols[:_CHART_MEMBERS], start)
    benchmark = (
        indexed(panel, [market.benchmark], start)[market.benchmark].dropna()
        if market.benchmark in panel.symbols
        else None
    )
    chart = indexed_chart(
        lines,
        layer_index(panel, counted or symbols, start, page.snapshot.as_of),
        benchmark,
        names={symbol: company_title(page, symbol) for symbol in symbols},
        layer_name=page.t("layer.this_layer"),
        benchmark_name=index_name(page, market.benchmark),
        marks=_marks(page, events, start),
        theme=page.theme,
    )
    return chart, page.t("layer.indexed_note", benchmark=index_name(page, market.benchmark))


def _marks(page: Page, events: tuple[Event, ...], start: dt.date) -> list[Mark]:
    return [
        Mark(pd.Timestamp(one.session), f"{one.session:%Y-%m-%d} {page.say(one.title)}")
        for one in events
        if one.session and start <= one.session <= page.snapshot.as_of
    ]


def _contribution(page: Page, counted: pd.DataFrame, filters: Filters) -> Figure | None:
    if filters.colour_by not in RETURN_KEYS or counted.empty:
        return None
    parts = contributions(
        page.snapshot.metrics,
        counted,
        filters.colour_by,
        weighting=filters.weighting,
        start_caps=page.snapshot.start_caps,
    )
    if parts.empty:
        return None
    labels = [company_title(page, symbol) for symbol in parts.index]
    return signed_bars(labels, parts.tolist(), theme=page.theme)


def _correlation(page: Page, members: pd.DataFrame) -> Figure | None:
    found = _panel_of(page, members["symbol"])
    if found is None or len(found[1]) < 2:
        return None
    panel, symbols = found
    square, counts = correlations(
        panel.as_of(page.snapshot.as_of),
        symbols[:_CHART_MEMBERS],
        sessions=CORRELATION_SESSIONS,
        minimum=CORRELATION_MINIMUM,
    )
    return correlation_square(
        square,
        counts,
        [company_title(page, symbol) for symbol in square.index],
        common=page.t("layer.common_sessions"),
        theme=page.theme,
    )


def _neighbours(
    page: Page, layer_id: str
) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    links = layer_links(page.map.chain)
    above = links[links["target_layer"] == layer_id].groupby("source_layer")["count"].sum()
    below = links[links["source_layer"] == layer_id].groupby("target_layer")["count"].sum()
    up, down = (
        tuple((str(layer), int(count)) for layer, count in side.items() if layer != layer_id)
        for side in (above, below)
    )
    return up, down
