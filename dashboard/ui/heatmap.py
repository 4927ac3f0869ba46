"""The heatmap's parts for one set of members, built once for all sessions."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import pandas as pd

from dashboard.analytics.layers import MarketDay
from dashboard.analytics.metrics import RETURN_KEYS, missing_reason
from dashboard.analytics.tiles import (
    ID,
    LEVEL,
    MEMBERS,
    NAME,
    PRICED,
    VALUE,
    Level,
    SizeBy,
    Tiles,
    build_tiles,
)
from dashboard.charts.formats import limit_state_label
from dashboard.charts.treemap import Figure, TileText, treemap
from dashboard.snapshot import MemberFilter
from dashboard.studies.heatmap import Filters
from dashboard.ui import loaders
from dashboard.ui.labels import (
    company_title,
    figure_text,
    layer_name,
    metric_name,
    stage_name,
    unadjusted_note,
)
from dashboard.ui.page import Page

_AT_LIMIT = ("up", "down", "locked_up", "locked_down")


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A treemap and what is to be said beside it.

    Attributes
    ----------
    key : names everything the figure depends on
    figure : None where there is no member; then `empty` says so
    """

    key: str
    figure: Figure | None
    day_line: str
    notes: tuple[str, ...]
    empty: str = ""
    notice: str = ""
    """What must be known before the figure is read."""


def heatmap_of(page: Page, filters: Filters, chosen: MemberFilter, *, foreign: bool) -> Heatmap:
    """The heatmap of the chosen members; tiles of several currencies are drawn equal."""
    size_by = SizeBy.EQUAL if foreign else filters.size_by
    key: Hashable = (
        "heatmap", *page.figure_key, chosen, filters.colour_by, size_by, filters.weighting,
    )  # fmt: skip
    return loaders.shared(key, lambda: _build(page, filters, chosen, size_by, key, foreign=foreign))


def _build(
    page: Page,
    filters: Filters,
    chosen: MemberFilter,
    size_by: SizeBy,
    key: Hashable,
    *,
    foreign: bool,
) -> Heatmap:
    name = f"{hash(key) & 0xFFFFFFFF:08x}"
    members = page.snapshot.members(chosen)
    day = day_line(page, page.snapshot.day(chosen))
    if members.empty:
        return Heatmap(name, None, day, (), page.t("heatmap.empty"))
    tiles = build_tiles(
        page.snapshot.metrics,
        members,
        page.snapshot.groups(chosen, filters.colour_by, filters.weighting),
        colour_by=filters.colour_by,
        size_by=size_by,
    )
    texts = tile_texts(page, tiles.frame, filters.colour_by)
    figure = treemap(
        tiles.frame,
        texts,
        colour_by=filters.colour_by,
        theme=page.theme,
        language=page.language,
        height=720 if not foreign else 620,
    )
    notes = _notes(page, tiles, filters, foreign=foreign)
    if any(text.at_limit for text in texts.values()):
        notes.append(page.t("heatmap.framed"))
    parents = tiles.frame[tiles.frame[LEVEL] == Level.LAYER.value]
    unknown = filters.weighting == "cap" and parents[VALUE].isna().all()
    notice = page.t("heatmap.caps_unknown") if unknown else ""
    return Heatmap(name, figure, day, tuple(notes), notice=notice)


def day_line(page: Page, day: MarketDay) -> str:
    """Advancing, declining, at limit, coverage; as of when and from where."""
    return page.t(
        "heatmap.day_line",
        advancing=day.advancing,
        declining=day.declining,
        unchanged=day.unchanged,
        limit_up=day.limit_up,
        limit_down=day.limit_down,
        priced=day.members_priced,
        members=day.members,
        date=f"{page.snapshot.as_of:%Y-%m-%d}",
        source=page.source_text,
    )


def _notes(page: Page, tiles: Tiles, filters: Filters, *, foreign: bool) -> list[str]:
    notes = [page.t("heatmap.colour_note", metric=metric_name(page, filters.colour_by))]
    if filters.colour_by in RETURN_KEYS:
        notes.append(page.t(f"heatmap.weighting_{filters.weighting}"))
        symbols = set(tiles.frame.loc[tiles.frame[LEVEL] == Level.COMPANY.value, NAME])
        if unadjusted := unadjusted_note(page, symbols):
            notes.append(unadjusted)
    if foreign:
        notes.append(page.t("heatmap.equal_because_currencies"))
    if tiles.by_turnover:
        first = page.snapshot.first_share_date
        notes.append(
            page.t("heatmap.size_by_turnover", n=len(tiles.by_turnover))
            + (page.t("heatmap.shares_later", date=first) if first else "")
        )
    if tiles.by_median:
        notes.append(page.t("heatmap.size_by_median", n=len(tiles.by_median)))
    return notes


def tile_texts(page: Page, tiles: pd.DataFrame, key: str) -> dict[str, TileText]:
    """What each tile says, by its id."""
    texts = {}
    for row in tiles.to_dict("records"):
        level = Level(row[LEVEL])
        if level is Level.COMPANY:
            texts[row[ID]] = _company_text(page, row[NAME], key)
        elif level is Level.OTHERS:
            title = page.t("heatmap.others", n=row[MEMBERS])
            texts[row[ID]] = TileText(title, hover=(page.t("heatmap.others_hover"),))
        else:
            named = layer_name if level is Level.LAYER else stage_name
            title = named(page, row[NAME])
            texts[row[ID]] = TileText(
                title,
                hover=(
                    f"{metric_name(page, key)} {figure_text(page, key, row[VALUE])}",
                    page.t("heatmap.coverage", priced=row[PRICED], members=row[MEMBERS]),
                ),
            )
    return texts


def _company_text(page: Page, symbol: str, key: str) -> TileText:
    figures, notes = page.snapshot.figures(symbol), page.snapshot.note(symbol)
    value, state = figures[key], figures["limit_state"]
    reason = missing_reason(key, notes) if pd.isna(value) else None
    stale = symbol in page.snapshot.stale_symbols
    at_limit = state in _AT_LIMIT and not stale
    # Beside the return of another period the word would read as that period's.
    said = at_limit and key == RETURN_KEYS[0]
    mark = limit_state_label(state, page.language) if said else ""
    session = figures["last_session"]
    if stale and reason is None:
        mark = f"({session:%m-%d})"
    lines = [f"{metric_name(page, key)} {figure_text(page, key, value)}"]
    if reason is not None:
        lines.append(page.say(reason.label))
    if pd.notna(session):
        lines.append(page.t("heatmap.as_of_session", date=f"{session:%Y-%m-%d}"))
    lines += [
        f"{metric_name(page, other)} {figure_text(page, other, figures[other])}"
        for other in ("unadjusted_close", "return_1d", "turnover_value", "market_cap")
        if other != key
    ]
    if pd.notna(notes["unadjusted_since"]):
        lines.append(page.t("heatmap.unadjusted", date=f"{notes['unadjusted_since']:%Y-%m-%d}"))
    return TileText(
        title=company_title(page, symbol),
        mark=mark,
        hover=tuple(lines),
        missing=page.say(reason.label) if reason is not None else "",
        stale=stale,
        at_limit=at_limit,
    )
