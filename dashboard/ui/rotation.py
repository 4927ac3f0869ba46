"""What the rotation page shows, built once for all sessions: the graph and the ribbon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.analytics import benchmark, bottleneck, chained, rotation
from dashboard.analytics.benchmark import Basis
from dashboard.analytics.bottleneck import LEADER, RANK, RELATIVE
from dashboard.analytics.definitions import Definition
from dashboard.analytics.rotation import (
    ANGLE,
    GROUP,
    MISSING_WEEKS,
    MOMENTUM,
    QUADRANT,
    QUADRANT_WEEKS,
    RATIO,
    SPEED,
    Quadrant,
    Rotation,
)
from dashboard.charts.formats import MISSING, signed_percent
from dashboard.charts.ribbon import MOST_DATED, Band, Change, Flag, ribbon_chart
from dashboard.charts.rotation import (
    MAX_FRAMES,
    Trail,
    Words,
    drawn_by_distance,
    rotation_chart,
)
from dashboard.charts.treemap import Figure
from dashboard.i18n import Text
from dashboard.markets import HOME, MARKETS
from dashboard.studies import rotation as study
from dashboard.studies.rotation import Choice, Lines, Pin, Ribbon
from dashboard.supply_chain.known import BOTTLENECK
from dashboard.supply_chain.rows import LAYER, MARKET, STAGE
from dashboard.ui import loaders
from dashboard.ui.labels import company_title, index_name, layer_name, stage_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

MOST_DRAWN: Final = 10
"""Groups that are drawn unless others are chosen; all where they are no more."""
DRAWN_OF_MANY: Final = 8
SPANS: Final = ("1y", "3y", "all")
_YEARS: Final = {"1y": 1, "3y": 3}
_ARROWS: Final = "→↗↑↖←↙↓↘"
_GLYPHS: Final = {
    Quadrant.LEADING: "◥",
    Quadrant.WEAKENING: "◢",
    Quadrant.LAGGING: "◣",
    Quadrant.IMPROVING: "◤",
}
"""The corner of the graph."""
_DAY: Final = "%Y-%m-%d"
_MOST_WEEKS: Final = 54
"""Points of the ribbon."""
_FLAG_WIDTH: Final = 0.03
"""Of the ribbon's length."""


def _definitions(*wanted: str) -> tuple[Definition, ...]:
    every = (
        *rotation.DEFINITIONS,
        *bottleneck.DEFINITIONS,
        *chained.DEFINITIONS,
        *benchmark.DEFINITIONS,
    )
    found = {one.id: one for one in every}
    return tuple(found[name] for name in wanted)


GRAPH_DEFINITIONS: Final = _definitions(
    "rotation_graph", "rotation_quadrants", "chained_index", "benchmark"
)
RIBBON_DEFINITIONS: Final = _definitions(
    "bottleneck_ribbon", "bottleneck_claims", "chained_index", "benchmark"
)


@dataclass(frozen=True, eq=False)
class GraphView:
    """The rotation graph.

    Attributes
    ----------
    table : as the reader sees it, index group ids in its order
    figure : None where no group has a point
    trails : in the order of the figure's points
    shown : groups drawn with tail and name
    offered : groups that have a point
    notes : what is to be known of members, history and basis
    """

    lines: Lines
    found: Rotation
    table: pd.DataFrame
    figure: Figure | None
    trails: tuple[Trail, ...]
    shown: tuple[str, ...]
    offered: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RibbonView:
    """The bottleneck ribbon.

    Attributes
    ----------
    figure : None where no group has a relative return
    leader, summary : one sentence each; Markdown, empty for nothing
    claims, table : as the reader sees them
    groups : each group's layers and members in full; Markdown
    changes : the leader's, within the span; Markdown, empty for none
    """

    ribbon: Ribbon
    figure: Figure | None
    leader: str
    table: pd.DataFrame
    claims: pd.DataFrame
    summary: str
    changes: str
    groups: str
    notes: tuple[str, ...]
    caption: str


def group_name(page: Page, by: str, group: str) -> str:
    """A stage's, a layer's or a bottleneck's name."""
    if by == STAGE:
        return stage_name(page, group)
    return layer_name(page, group) if by == LAYER else page.t(f"rotation.bottleneck_{group}")


def layers_of(page: Page, by: str, group: str) -> list[str]:
    """The map's layers in a group."""
    return [
        one.id
        for one in page.map.chain.layers
        if group in ({STAGE: one.stage, LAYER: one.id, BOTTLENECK: one.bottleneck.value}[by],)
    ]


def graph_lines(page: Page, choice: Choice) -> Lines:
    """`study.group_lines`, computed once for all languages and looks."""
    key = ("rotation lines", *page.snapshot.key, choice.by, choice.benchmark)
    return loaders.shared(key, lambda: study.group_lines(page.snapshot, choice))


def graph_view(page: Page, choice: Choice, tail: int, asked: Sequence[str]) -> GraphView:
    """The graph of the chosen groups.

    Parameters
    ----------
    asked : groups to draw; those farthest from the centre if empty
    """
    lines = graph_lines(page, choice)
    key = ("rotation", *page.figure_key, choice, tail, tuple(asked))
    return loaders.shared(key, lambda: _graph(page, lines, choice, tail, asked))


def _graph(page: Page, lines: Lines, choice: Choice, tail: int, asked: Sequence[str]) -> GraphView:
    found = study.rotation_of(lines)
    known = found.ratio.notna().any()
    offered = [str(group) for group in known.index[known]]
    shown = [group for group in offered if group in asked] or _default(found, offered)
    trails = tuple(_trail(page, lines, choice, group, group in shown) for group in offered)
    return GraphView(
        lines=lines,
        found=found,
        table=_table(page, study.rotation_rows(lines, found), choice),
        figure=_figure(page, found, trails, tail) if offered else None,
        trails=trails,
        shown=tuple(shown),
        offered=tuple(offered),
        notes=_notes(page, lines),
    )


def _default(found: Rotation, offered: list[str]) -> list[str]:
    if len(offered) <= MOST_DRAWN:
        return offered
    last = (found.ratio[offered].iloc[-1], found.momentum[offered].iloc[-1])
    return drawn_by_distance(*last, DRAWN_OF_MANY)


def _trail(page: Page, lines: Lines, choice: Choice, group: str, drawn: bool) -> Trail:
    market = lines.market(group)
    name = group_name(page, choice.by, group)
    foreign = market != HOME
    return Trail(group, f"{name} {market}" if foreign else name, foreign, drawn)


def _figure(page: Page, found: Rotation, trails: Sequence[Trail], tail: int) -> Figure:
    words = Words(
        quadrants={one.value: page.t(f"rotation.{one}") for one in Quadrant},
        ratio=page.t("rotation.ratio"),
        momentum=page.t("rotation.momentum"),
        week=page.t("rotation.week"),
    )
    recent = slice(-(MAX_FRAMES + tail), None)
    last = found.last.iloc[recent]
    labels = [week_label(week, session) for week, session in last.items()]
    if not found.finished:
        labels[-1] += page.t("rotation.unfinished")
    return rotation_chart(
        found.ratio.iloc[recent],
        found.momentum.iloc[recent],
        labels,
        trails,
        words,
        theme=page.theme,
        tail=tail,
        finished=found.finished,
    )


def week_label(week: Any, session: pd.Timestamp) -> str:
    """`2026-W27 · 06-30`: the ISO week and its last session."""
    year, number, _ = pd.Timestamp(week).isocalendar()
    return f"{year}-W{number:02d} · {session:%m-%d}"


def clicked(view: GraphView, event: Mapping[str, Any]) -> str | None:
    """The group of the point that was clicked in the graph."""
    points = event["selection"]["points"]
    if not points:
        return None
    drawn = [one.group for one in view.trails if one.drawn]
    muted = [one.group for one in view.trails if not one.drawn]
    curve, number = int(points[0]["curve_number"]), int(points[0]["point_number"])
    names, place = (muted, number) if curve == 0 else (drawn, (curve - 1) // 2)
    return names[place] if place < len(names) else None


# --- tables ---------------------------------------------------------------------------


def _table(page: Page, rows: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """Leading first, then clockwise backwards; those without a point last."""
    order = [Quadrant.LEADING, Quadrant.IMPROVING, Quadrant.WEAKENING, Quadrant.LAGGING]
    place = rows[QUADRANT].map({one.value: n for n, one in enumerate(order)})
    rows = rows.assign(place=place).sort_values(
        ["place", RATIO], ascending=[True, False], na_position="last", kind="stable"
    )
    shown = {
        page.t("rotation.group"): [group_name(page, choice.by, one) for one in rows[GROUP]],
        page.t("rotation.quadrant"): [_quadrant(page, one) for one in rows[QUADRANT]],
        page.t("rotation.ratio_short"): rows[RATIO].to_numpy(),
        page.t("rotation.momentum_short"): rows[MOMENTUM].to_numpy(),
        page.t("rotation.weeks_in"): rows[QUADRANT_WEEKS].where(rows[RATIO].notna()).to_numpy(),
        page.t("rotation.coverage"): coverages(rows),
        page.t("rotation.move"): [
            _move(*one) for one in zip(rows[ANGLE], rows[SPEED], strict=True)
        ],
        page.t("rotation.note"): notes_of(page, rows),
        page.t("rotation.where"): [_where(page, row) for _, row in rows.iterrows()],
        page.t("rotation.members"): members_of(page, rows),
    }
    return pd.DataFrame(shown, index=pd.Index(rows[GROUP]))


def _quadrant(page: Page, quadrant: object) -> str:
    if not isinstance(quadrant, str):
        return MISSING
    return f"{_GLYPHS[Quadrant(quadrant)]} {page.t(f'rotation.{quadrant}')}"


def _move(angle: float, speed: float) -> str:
    if not np.isfinite(speed):
        return MISSING
    return f"{_ARROWS[round(angle / 45) % 8]} {speed:.2f}"


def coverages(rows: pd.DataFrame) -> list[str]:
    """`2/3` of each group."""
    pairs = zip(rows[study.PRICED], rows[study.MEMBERS], strict=True)
    return [f"{priced}/{members}" for priced, members in pairs]


def notes_of(page: Page, rows: pd.DataFrame) -> list[str]:
    """Why a group has no figure; empty for one that has."""
    texts = []
    for market, missing in zip(rows[MARKET], rows[MISSING_WEEKS], strict=True):
        if not isinstance(market, str):
            texts.append(page.t("rotation.nothing_priced"))
        else:
            texts.append(page.t("rotation.missing_weeks", n=missing) if missing else "")
    return texts


def members_of(page: Page, rows: pd.DataFrame) -> list[str]:
    """Names of each group's members."""
    mark = page.t("data.and")
    return [mark.join(company_title(page, one) for one in own) for own in rows[study.SYMBOLS]]


def _where(page: Page, row: pd.Series) -> str:
    """`台灣／加權指數`."""
    market = row[MARKET]
    if not isinstance(market, str):
        return MISSING
    name = page.say(Text(MARKETS[market].zh, MARKETS[market].en))
    symbol = row[study.BENCHMARK]
    against = (
        page.t("rotation.map_of", market=name)
        if symbol == study.WHOLE
        else index_name(page, symbol)
        if isinstance(symbol, str)
        else MISSING
    )
    return page.t("rotation.against", market=name, benchmark=against)


def _notes(page: Page, lines: Lines) -> tuple[str, ...]:
    """Whose members, since when, and what is compared with what."""
    if lines.strength.empty:
        return (page.t("rotation.no_history"),)
    known = "rotation.since_today" if page.hindsight else "rotation.since_known"
    start = f"{lines.last.iloc[0]:{_DAY}}"
    notes = [page.t(known, start=start, weeks=len(lines.last))]
    home = lines.about[lines.about[MARKET] == HOME]
    bases = set(home[study.BASIS])
    if bases:
        price = Basis.PRICE.value in bases
        notes.append(page.t("rotation.price_basis" if price else "rotation.total_basis"))
    return tuple(notes)


# --- the ribbon -----------------------------------------------------------------------


def ribbon_view(page: Page, choice: Choice, span: str) -> RibbonView:
    """The ribbon of a span, its claims and the leader's changes."""
    ours = (choice.benchmark, choice.lookback)
    ribbon = loaders.shared(
        ("ribbon", *page.snapshot.key, *ours), lambda: study.ribbon_of(page.snapshot, choice)
    )
    key = ("ribbon view", *page.figure_key, *ours, span)
    return loaders.shared(key, lambda: _ribbon(page, ribbon, span))


def _ribbon(page: Page, ribbon: Ribbon, span: str) -> RibbonView:
    rows = study.ribbon_rows(ribbon)
    first = _first_week(page, ribbon, span)
    changes = ribbon.changes[ribbon.changes.index >= first] if first is not None else None
    return RibbonView(
        ribbon=ribbon,
        figure=None if first is None else _bands(page, ribbon, first),
        leader=_leader(page, ribbon, rows),
        table=_ranking(page, ribbon, rows),
        claims=_claims(page, ribbon),
        summary=_summary(page, ribbon.pins),
        changes="" if changes is None else _changes(page, ribbon, changes),
        groups=_groups(page, ribbon.lines),
        notes=_notes(page, ribbon.lines),
        caption=_caption(page, ribbon, first),
    )


def _groups(page: Page, lines: Lines) -> str:
    """A line a group: its layers and its members, as they are counted."""
    mark = page.t("data.and")
    return "\n".join(
        "- "
        + page.t(
            "rotation.group_row",
            group=page.t(f"rotation.bottleneck_{group}"),
            layers=as_text(
                mark.join(layer_name(page, one) for one in layers_of(page, BOTTLENECK, str(group)))
            ),
            members=as_text(mark.join(company_title(page, one) for one in own))
            if (own := lines.symbols(str(group)))
            else page.t("rotation.group_nobody"),
        )
        for group in lines.about.index
    )


def _caption(page: Page, ribbon: Ribbon, first: pd.Timestamp | None) -> str:
    step = 1 if first is None else week_step(len(ribbon.lines.last.loc[first:]))
    sparse = page.t("rotation.ribbon_sparse", n=step) if step > 1 else ""
    return page.t("rotation.ribbon_note", n=ribbon.lookback) + sparse


def _first_week(page: Page, ribbon: Ribbon, span: str) -> pd.Timestamp | None:
    """First week that is drawn; None where there is no relative return."""
    known = ribbon.relative.index[ribbon.relative.notna().any(axis=1)]
    if not len(known):
        return None
    if span not in _YEARS:
        start = known[0]
    else:
        start = pd.Timestamp(page.snapshot.as_of) - pd.DateOffset(years=_YEARS[span])
    first: pd.Timestamp = known[max(0, int(known.searchsorted(start, "right")) - 1)]
    return first


def _bands(page: Page, ribbon: Ribbon, first: pd.Timestamp) -> Figure:
    last = ribbon.lines.last.loc[first:]
    step = week_step(len(last))
    drawn = last.iloc[(len(last) - 1) % step :: step]
    rank, relative = (
        one.loc[drawn.index].set_axis(drawn.to_numpy()) for one in (ribbon.rank, ribbon.relative)
    )
    bands = [_band(page, ribbon.lines, str(group)) for group in relative.columns]
    weeks = ribbon.changes.index.intersection(last.index)
    changes = [Change(last[week], f"{last[week]:{_DAY}}") for week in weeks]
    return ribbon_chart(
        rank,
        relative,
        bands,
        changes=changes,
        flags=_flags(page, ribbon.pins, last),
        words={
            RANK: page.t("rotation.rank"),
            RELATIVE: page.t("rotation.relative", n=ribbon.lookback),
        },
        theme=page.theme,
    )


def week_step(weeks: int) -> int:
    """Every how many weeks a point is drawn, so that crossings stay apart."""
    return -(-weeks // _MOST_WEEKS)


def _band(page: Page, lines: Lines, group: str) -> Band:
    name, market = page.t(f"rotation.bottleneck_{group}"), lines.market(group)
    foreign = market is not None and market != HOME
    return Band(group, f"{name} {market}" if foreign else name, foreign)


def _flags(page: Page, pins: Sequence[Pin], last: pd.Series[pd.Timestamp]) -> list[Flag]:
    """Claims of one group that stand closer together than a flag is wide share one."""
    sessions = last.to_numpy()
    near = (sessions[-1] - sessions[0]) * _FLAG_WIDTH
    flags: list[tuple[pd.Timestamp, str, list[int]]] = []
    for number, pin in enumerate(pins):
        place = int(np.searchsorted(sessions, np.datetime64(pin.day)))
        if pin.day < last.index[0].date() or place == len(sessions):
            continue
        session = last.iloc[place]
        beside = [one for one in flags if one[1] == pin.group and session - one[0] <= near]
        if beside:
            beside[0][2].append(number)
        else:
            flags.append((session, pin.group, [number]))
    return [
        Flag(
            session,
            group,
            ",".join(str(one + 1) for one in own),
            " · ".join(f"{one + 1} {page.say(pins[one].event.title)}" for one in own),
        )
        for session, group, own in flags
    ]


def _leader(page: Page, ribbon: Ribbon, rows: pd.DataFrame) -> str:
    if rows.empty or pd.isna(rows[RANK].iloc[0]):
        return ""
    row = rows.iloc[0]
    return page.t(
        "rotation.now_leads",
        date=_last_day(page, ribbon.lines),
        group=page.t(f"rotation.bottleneck_{row[GROUP]}"),
        n=ribbon.lookback,
        value=as_text(signed_percent(row[RELATIVE], 1)),
        where=_where(page, row),
        priced=row[study.PRICED],
        members=row[study.MEMBERS],
    )


def _last_day(page: Page, lines: Lines) -> str:
    """The last session, and that its week is not over."""
    day = f"{lines.last.iloc[-1]:{_DAY}}"
    return day if lines.finished else day + page.t("rotation.unfinished_week")


def _ranking(page: Page, ribbon: Ribbon, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            page.t("rotation.rank"): [MISSING if pd.isna(one) else str(one) for one in rows[RANK]],
            page.t("rotation.group"): [page.t(f"rotation.bottleneck_{one}") for one in rows[GROUP]],
            page.t("rotation.relative", n=ribbon.lookback): [
                signed_percent(one, 1) for one in rows[RELATIVE]
            ],
            page.t("rotation.coverage"): coverages(rows),
            page.t("rotation.where"): [_where(page, row) for _, row in rows.iterrows()],
            page.t("rotation.note"): notes_of(page, rows),
            page.t("rotation.members"): members_of(page, rows),
        },
        index=pd.Index(rows[GROUP]),
    )


def _claims(page: Page, ribbon: Ribbon) -> pd.DataFrame:
    """Static rows: claims wrap there; Markdown."""
    rows = [
        {
            page.t("rotation.number"): str(number),
            page.t("rotation.known_on"): f"{pin.day:{_DAY}}"
            + (page.t("rotation.inferred") if pin.inferred else ""),
            page.t("rotation.group"): page.t(f"rotation.bottleneck_{pin.group}"),
            page.t("rotation.says"): _said(page, pin),
            page.t("rotation.source"): _sources(page, pin),
            page.t("rotation.before_after"): _moved(page, pin, ribbon.lookback),
        }
        for number, pin in enumerate(ribbon.pins, 1)
    ]
    return pd.DataFrame(rows)


def _said(page: Page, pin: Pin) -> str:
    parts = []
    for one in pin.event.evidence:
        parts.append(as_text(page.say(one.claim)))
        if one.check:
            parts.append(as_text(page.t("rotation.check", text=page.say(one.check))))
    return "  \n".join(parts)


def _sources(page: Page, pin: Pin) -> str:
    documents = page.map.chain.document_by_id
    return "  \n".join(
        as_text(
            page.t(
                "rotation.lines",
                title=page.say(documents[one.document].title),
                lines=one.line_text,
            )
        )
        for one in pin.event.evidence
    )


def _moved(page: Page, pin: Pin, lookback: int) -> str:
    moved = pin.moved
    if not moved.weeks:
        return page.t("rotation.too_short")
    # The ribbon's own rank may be missing then: it always looks back the whole number of weeks.
    shorter = moved.weeks < lookback
    return as_text(
        page.t(
            "rotation.moved_shorter" if shorter else "rotation.moved",
            lookback=lookback,
            before=signed_percent(moved.before, 1),
            after=signed_percent(moved.after, 1),
            rank_before=moved.rank_before,
            rank_after=moved.rank_after,
            ranked=moved.ranked,
            n=moved.weeks,
        )
    )


def _summary(page: Page, pins: Sequence[Pin]) -> str:
    """How often the market moved as was said; claims of one group and day count once."""
    if not pins:
        return ""
    cases = {(pin.day, pin.group): pin.moved for pin in pins if pin.moved.weeks}
    return page.t(
        "rotation.summary",
        claims=len(pins),
        days=len({pin.day for pin in pins}),
        judged=len(cases),
        ahead=sum(one.after > 0 for one in cases.values()),
        stronger=sum(one.after > one.before for one in cases.values()),
    )


def _changes(page: Page, ribbon: Ribbon, changes: pd.DataFrame) -> str:
    """The last ones, latest first."""
    texts = [
        page.t(
            "rotation.change",
            date=f"{ribbon.lines.last[week]:{_DAY}}",
            group=page.t(f"rotation.bottleneck_{group}"),
        )
        for week, group in reversed(list(changes[LEADER].items()))
    ]
    more = len(texts) - MOST_DATED
    if more > 0:
        texts[MOST_DATED:] = [page.t("rotation.earlier_changes", n=more)]
    return " · ".join(texts)


def about(page: Page, choice: Choice) -> dict[str, str]:
    """What an export is of."""
    return {
        "as_of": f"{page.snapshot.as_of:{_DAY}}",
        "source": ", ".join(page.snapshot.prices.sources),
        "members": "today" if page.hindsight else "known",
        "by": choice.by,
        "benchmark": choice.benchmark,
    }
