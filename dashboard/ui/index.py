"""What the index page shows, built once for all sessions: lines, table, one group's detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from dashboard.analytics import benchmark, breadth, chained, hindsight
from dashboard.analytics.benchmark import Basis
from dashboard.analytics.breadth import FEWEST, above_key
from dashboard.analytics.chained import BASE, CAP, EQUAL, WHOLE_MAP, contributions
from dashboard.analytics.definitions import Definition
from dashboard.analytics.hindsight import (
    FIRST_KNOWN,
    GAP,
    KNOWN_COUNTED,
    KNOWN_MEMBERS,
    KNOWN_RETURN,
    PERIODS,
    START,
    TODAY_COUNTED,
    TODAY_MEMBERS,
    TODAY_RETURN,
    Hindsight,
)
from dashboard.charts.bars import signed_bars
from dashboard.charts.formats import MISSING, signed_percent
from dashboard.charts.index_lines import (
    PICKED,
    WHOLE,
    Words,
    breadth_chart,
    hindsight_chart,
    index_chart,
)
from dashboard.charts.treemap import Figure
from dashboard.snapshot import MemberFilter
from dashboard.studies import index as study
from dashboard.studies.index import Choice, IndexStudy
from dashboard.supply_chain.known import KNOWN_ON
from dashboard.ui import loaders
from dashboard.ui.labels import company_title, index_name
from dashboard.ui.page import Page
from dashboard.ui.rotation import group_name as named_group

DRAWN: Final = 8
"""Groups that are drawn unless others are chosen."""
_DAY: Final = "%Y-%m-%d"
_OLDEST: Final = pd.Timestamp("1950-01-01")
"""Before it nobody was known: the member counts since ever, with hindsight."""
_SHARES: Final = tuple(above_key(one) for one in breadth.AVERAGES)
_COUNTS: Final = (
    breadth.ADVANCING, breadth.DECLINING, breadth.NEW_HIGH, breadth.NEW_LOW,
    breadth.LIMIT_UP, breadth.LIMIT_DOWN,
)  # fmt: skip


def _definitions(*wanted: str) -> tuple[Definition, ...]:
    every = (
        *chained.DEFINITIONS,
        *benchmark.DEFINITIONS,
        *breadth.DEFINITIONS,
        *hindsight.DEFINITIONS,
    )
    found = {one.id: one for one in every}
    return tuple(found[name] for name in wanted)


INDEX_DEFINITIONS: Final = _definitions("chained_index", "return_basis", "benchmark")
TABLE_DEFINITIONS: Final = _definitions(
    "chained_index", "effective_number", "group_breadth", "dispersion"
)
DETAIL_DEFINITIONS: Final = _definitions("index_contribution", "group_breadth", "dispersion")
HINDSIGHT_DEFINITIONS: Final = _definitions("hindsight_gap")


@dataclass(frozen=True, eq=False)
class Detail:
    """One group.

    Attributes
    ----------
    figures : (title, value, beside it)
    breadth, contribution : None where there are too few members, or none was held
    hindsight : sentence and chart; the chart None where nothing is priced at the base
    members : as the reader sees them; `symbols` in the same order
    """

    name: str
    figures: tuple[tuple[str, str, str], ...]
    breadth: Figure | None
    contribution: Figure | None
    sentence: str
    hindsight: Figure | None
    members: pd.DataFrame
    symbols: tuple[str, ...]


def group_name(page: Page, by: str, group: str) -> str:
    """A layer's, a stage's or a bottleneck's name, or that of all together."""
    return page.t("index.whole_map") if group == WHOLE_MAP else named_group(page, by, group)


def benchmark_name(page: Page, symbol: str) -> str:
    """An index's name, or that of the whole map."""
    return page.t("index.whole_map") if symbol == WHOLE_MAP else index_name(page, symbol)


def found_study(page: Page, choice: Choice) -> IndexStudy | None:
    """The indices under a choice; None where no company of the market has a price."""
    key = page.snapshot.key
    members = loaders.shared(
        ("index:members", *key, _whatever(choice)), lambda: study.members_of(page.snapshot, choice)
    )
    if members is None:
        return None
    return loaders.shared(
        ("index", *key, choice), lambda: study.study_of(page.snapshot, choice, members)
    )


def _whatever(choice: Choice) -> Choice:
    """What remains of a choice for figures that no weight, basis or benchmark changes."""
    return replace(choice, weighting=EQUAL, basis=Basis.TOTAL, benchmark=study.INDEX)


def markets(page: Page) -> tuple[str, ...]:
    """Markets with a priced company of the map."""
    return loaders.shared(
        ("index:markets", *page.snapshot.key), lambda: study.priced_markets(page.snapshot)
    )


# --- the lines ------------------------------------------------------------------------


def lines(
    page: Page,
    found: IndexStudy,
    span: str,
    asked: tuple[str, ...],
    picked: str | None,
    *,
    logarithmic: bool,
) -> tuple[Figure, tuple[str, ...], tuple[str, ...]] | None:
    """The chart, the groups in it and what is to be known of it; None where nothing is."""
    key = ("index:lines", *page.figure_key, found.choice, span, asked, picked, logarithmic)
    return loaders.shared(
        key, lambda: _lines(page, found, span, asked, picked, logarithmic=logarithmic)
    )


def _lines(
    page: Page,
    found: IndexStudy,
    span: str,
    asked: tuple[str, ...],
    picked: str | None,
    *,
    logarithmic: bool,
) -> tuple[Figure, tuple[str, ...], tuple[str, ...]] | None:
    levels = _since(found.index.level, found.start(span)).dropna(axis=1, how="all")
    if levels.empty or not len(levels.columns):
        return None
    shown = _drawn(levels, asked, picked)
    relative = found.relative()
    relative = _rebased(_since(relative, levels.index[0]))[shown] if len(relative.columns) else (
        pd.DataFrame(index=levels.index)
    )  # fmt: skip
    against = found.benchmark
    line = None
    if against is not None:
        own = against.level.reindex(levels.index)
        line = (own / own.bfill().iloc[0] * BASE).rename(against.symbol).dropna()
    names = {one: group_name(page, found.choice.by, one) for one in shown}
    if against is not None and against.symbol not in names:
        names[against.symbol] = benchmark_name(page, against.symbol)
    figure = index_chart(
        _rebased(levels)[shown],
        line,
        relative,
        names,
        Words(page.t("index.level"), page.t("index.relative")),
        kinds={WHOLE_MAP: WHOLE} | ({} if picked is None else {picked: PICKED}),
        logarithmic=logarithmic,
        theme=page.theme,
    )
    return figure, tuple(shown), _line_notes(page, found, levels, shown)


def _since(frame: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    part = frame[frame.index >= start]
    there = part.notna().any(axis=1).to_numpy()
    return part.iloc[int(there.argmax()) :] if there.any() else part.iloc[:0]


def _rebased(frame: pd.DataFrame) -> pd.DataFrame:
    """Each column 100 at its first value."""
    return frame / frame.bfill().iloc[0] * BASE if len(frame) else frame


def _drawn(levels: pd.DataFrame, asked: tuple[str, ...], picked: str | None) -> list[str]:
    """The groups asked for; else all, or of many the best and the weakest, and the picked."""
    offered = [str(one) for one in levels.columns]
    chosen = [one for one in offered if one in asked]
    if not chosen:
        groups = [one for one in offered if one != WHOLE_MAP]
        grown = _rebased(levels)[groups].ffill().iloc[-1].sort_values(kind="stable")
        ends = [*grown.index[: DRAWN // 2], *grown.index[-DRAWN // 2 :]]
        kept = set(groups if len(groups) <= DRAWN else ends) | {WHOLE_MAP}
        chosen = [one for one in offered if one in kept]
    return chosen if picked is None or picked in chosen else [
        one for one in offered if one in {*chosen, picked}
    ]  # fmt: skip


def _line_notes(
    page: Page, found: IndexStudy, levels: pd.DataFrame, shown: list[str]
) -> tuple[str, ...]:
    notes = [page.t("index.based", date=f"{levels.index[0]:{_DAY}}")]
    firsts = levels[shown].apply(lambda one: one.first_valid_index())
    if later := int((firsts > levels.index[0]).sum()):
        notes.append(page.t("index.later", n=later))
    if left := len(levels.columns) - len(shown):
        notes.append(page.t("index.not_drawn", n=left))
    return (*notes, *benchmark_notes(page, found))


def benchmark_notes(page: Page, found: IndexStudy) -> tuple[str, ...]:
    """What must be said of the benchmark."""
    against = found.benchmark
    if against is None:
        return (page.t("index.no_benchmark"),)
    name = benchmark_name(page, against.symbol)
    if against.basis is not found.choice.basis:
        return (page.t("index.other_basis", name=name, basis=page.say(against.basis.label)),)
    return (page.t("index.same_basis", name=name, basis=page.say(against.basis.label)),)


def member_notes(page: Page, found: IndexStudy) -> tuple[str, ...]:
    """Whose members count, and why an index may be missing."""
    first = found.members.dated[KNOWN_ON].min()
    notes = [
        page.t("index.members_today")
        if page.hindsight
        else page.t("index.members_known", date=MISSING if pd.isna(first) else f"{first:{_DAY}}")
    ]
    if found.choice.weighting == CAP:
        since = page.snapshot.first_share_date
        if page.snapshot.prices.shares.empty:
            notes.append(page.t("index.no_shares"))
        elif since is not None:
            notes.append(page.t("index.no_caps", date=f"{since:{_DAY}}"))
        notes.append(page.t("index.cap_rule", cap=f"{found.choice.max_weight:.0%}"))
    return tuple(notes)


# --- the table ------------------------------------------------------------------------


def table(page: Page, found: IndexStudy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the reader sees, and the study's rows in the same order."""
    return loaders.shared(
        ("index:table", *page.figure_key, found.choice), lambda: _table(page, found)
    )


def _table(page: Page, found: IndexStudy) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = study.index_rows(found)
    by = found.choice.by
    shown: dict[str, object] = {
        page.t("index.group"): [group_name(page, by, one) for one in rows[study.GROUP]],
        page.t("index.coverage"): [
            f"{counted}/{members}"
            for counted, members in zip(rows[study.COUNTED], rows[study.MEMBERS], strict=True)
        ],
        page.t("index.level"): rows[study.LEVEL],
        page.t("index.since"): rows[study.SINCE].dt.strftime(_DAY),
    }
    for period in PERIODS:
        shown[page.t(f"index.period_{period}")] = rows[study.return_key(period)] * 100
    for period in ("3m", "1y"):
        title = page.t("index.relative_of", period=page.t(f"index.period_{period}"))
        shown[title] = rows[study.relative_key(period)] * 100
    shown[page.t("index.up_down")] = _slashed(rows, breadth.ADVANCING, breadth.DECLINING)
    for mark in _SHARES:
        shown[page.t(f"index.{mark}")] = rows[mark] * 100
    shown[page.t("index.high_low")] = _slashed(rows, breadth.NEW_HIGH, breadth.NEW_LOW)
    shown[page.t("index.limits")] = _slashed(rows, breadth.LIMIT_UP, breadth.LIMIT_DOWN)
    shown[page.t("index.effective")] = rows[study.EFFECTIVE]
    shown[page.t("index.dispersion")] = rows[study.DISPERSION] * 100
    gaps = page.t("index.gap_of", period=page.t("index.period_6m"))
    shown[gaps] = rows[study.gap_key("6m")] * 100
    return pd.DataFrame(shown), rows


def _slashed(rows: pd.DataFrame, first: str, second: str) -> list[str]:
    return [f"{one}/{other}" for one, other in zip(rows[first], rows[second], strict=True)]


# --- one group ------------------------------------------------------------------------


def detail(page: Page, found: IndexStudy, group: str, span: str, period: str) -> Detail:
    """One group's company."""
    key = ("index:detail", *page.figure_key, found.choice, group, span, period)
    return loaders.shared(key, lambda: _detail(page, found, group, span, period))


def _detail(page: Page, found: IndexStudy, group: str, span: str, period: str) -> Detail:
    start = found.start(span)
    rows = study.member_rows(found, group, span)
    own = found.group(group)
    parts = contributions(own, start.date())
    titles = [company_title(page, str(one)) for one in parts.index]
    chart = None
    if len(parts):
        chart = signed_bars(titles, parts.tolist(), theme=page.theme, row_height=24)
    whatever = (*page.figure_key, _whatever(found.choice), group)
    sentence, picture = loaders.shared(
        ("index:hindsight", *whatever, period), lambda: _gap(page, found, group, period)
    )
    width = loaders.shared(
        ("index:breadth", *whatever, start), lambda: _breadth(page, found, group, start)
    )
    return Detail(
        name=group_name(page, found.choice.by, group),
        figures=_figures(page, found, group, span, start),
        breadth=width,
        contribution=chart,
        sentence=sentence,
        hindsight=picture,
        members=_members(page, rows),
        symbols=tuple(str(one) for one in rows["symbol"]),
    )


def _figures(
    page: Page, found: IndexStudy, group: str, span: str, start: pd.Timestamp
) -> tuple[tuple[str, str, str], ...]:
    level = found.index.level[group].dropna()
    level = level[level.index >= start]
    grown = level.iloc[-1] / level.iloc[0] - 1 if len(level) else float("nan")
    coverage = page.t(
        "index.counted",
        counted=int(found.index.counted[group].iloc[-1]),
        members=int(found.index.members[group].iloc[-1]),
    )
    since = f"{level.index[0]:{_DAY}} →" if len(level) else MISSING
    effective = found.index.effective[group].iloc[-1]
    counts = {mark: int(found.members.breadth.counts[mark][group].iloc[-1]) for mark in _COUNTS}
    valid = int(found.members.breadth.valid[breadth.ADVANCING][group].iloc[-1])
    figures = [
        (page.t("index.grown"), signed_percent(grown), since),
        (page.t("index.coverage"), coverage, page.t("index.last_session")),
        (
            page.t("index.effective"),
            MISSING if effective != effective else f"{effective:.1f}",
            "1/Σw²",
        ),
    ]
    pairs = (
        ("index.up_down", breadth.ADVANCING, breadth.DECLINING),
        ("index.high_low", breadth.NEW_HIGH, breadth.NEW_LOW),
        ("index.limits", breadth.LIMIT_UP, breadth.LIMIT_DOWN),
    )
    for title, first, second in pairs:
        figures.append(
            (page.t(title), f"{counts[first]}/{counts[second]}", page.t("index.of", n=valid))
        )
    return tuple(figures)


def _breadth(page: Page, found: IndexStudy, group: str, start: pd.Timestamp) -> Figure | None:
    members = found.index.members[group]
    if members.iloc[-1] < FEWEST:
        return None
    shares = pd.DataFrame({mark: found.members.breadth.share(mark)[group] for mark in _SHARES})
    later = shares.index >= start
    if shares[later].isna().all(axis=None):
        return None
    return breadth_chart(
        shares[later],
        found.members.dispersion[group][later],
        {mark: page.t(f"index.{mark}") for mark in _SHARES},
        Words(page.t("index.breadth"), page.t("index.dispersion")),
        theme=page.theme,
    )


def _members(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    known = rows[KNOWN_ON].dt.strftime(_DAY) + rows["inferred"].map(
        {True: page.t("index.inferred"), False: ""}
    )
    known[rows[KNOWN_ON] < _OLDEST] = page.t("index.always")
    return pd.DataFrame(
        {
            page.t("index.company"): [company_title(page, str(one)) for one in rows["symbol"]],
            page.t("index.known_on"): known,
            page.t("index.bought_on"): rows["bought_on"].dt.strftime(_DAY),
            page.t("index.weight"): rows["weight"] * 100,
            page.t("index.contribution_points"): rows["contribution"] * 100,
        }
    )


# --- hindsight ------------------------------------------------------------------------


def hindsight_sentence(page: Page, gap: Mapping[str, Any], lists: Hindsight, period: str) -> str:
    """The gap in one sentence; Markdown.

    Parameters
    ----------
    gap : of `IndexStudy.gap`
    lists : of the same group and period
    """
    if not gap[TODAY_COUNTED]:
        return page.t("index.gap_unpriced")
    words = {
        "period": page.t(f"index.period_{period}"),
        "start": f"{gap[START]:{_DAY}}",
        "today": signed_percent(gap[TODAY_RETURN], 1),
        "n": gap[TODAY_COUNTED],
        "members": gap[TODAY_MEMBERS],
    }
    if not gap[KNOWN_MEMBERS]:
        before = lists.lines[TODAY_RETURN][lists.lines.index <= gap[FIRST_KNOWN]]
        early = signed_percent(before.iloc[-1], 1)
        return page.t("index.gap_nobody", **words, first=f"{gap[FIRST_KNOWN]:{_DAY}}", early=early)
    if not gap[KNOWN_COUNTED]:
        return page.t("index.gap_no_price", **words, m=gap[KNOWN_MEMBERS])
    if set(lists.today) == set(lists.known):
        return page.t("index.gap_same", **words)
    return page.t(
        "index.gap",
        **words,
        known=signed_percent(gap[KNOWN_RETURN], 1),
        m=gap[KNOWN_COUNTED],
        known_members=gap[KNOWN_MEMBERS],
        gap=signed_percent(gap[GAP], 1).rstrip("%"),
    )


def _gap(page: Page, found: IndexStudy, group: str, period: str) -> tuple[str, Figure | None]:
    gap = found.members.gap(group, period)
    if gap is None:
        return "", None
    lists = found.members.hindsight_of(group, period)
    sentence = hindsight_sentence(page, gap, lists, period)
    return sentence, _hindsight(page, found, group, lists)


def _hindsight(page: Page, found: IndexStudy, group: str, lists: Hindsight) -> Figure | None:
    if not lists.today:
        return None
    own = found.members.dated
    if group != WHOLE_MAP:
        own = own[own[found.choice.by] == group]
    days = sorted(one for one in own[KNOWN_ON].unique() if one > lists.lines.index[0])
    marks = [
        (pd.Timestamp(day), page.t("index.joined", n=int((own[KNOWN_ON] == day).sum())))
        for day in days
    ]
    return hindsight_chart(
        lists.lines[TODAY_RETURN],
        lists.lines[KNOWN_RETURN],
        marks,
        (
            page.t("index.list_today", n=len(lists.today)),
            page.t("index.list_known", n=len(lists.known)),
        ),
        theme=page.theme,
    )


def overall_sentence(page: Page, found: IndexStudy, span: str) -> str:
    """The gap of all members together through a span, or a year where it is no period of gaps;
    empty where nobody counts.
    """
    period = span if span in PERIODS else PERIODS[-1]

    def told() -> str:
        gap = found.members.gap(WHOLE_MAP, period)
        if gap is None:
            return ""
        lists = found.members.hindsight_of(WHOLE_MAP, period)
        return hindsight_sentence(page, gap, lists, period)

    key = ("index:overall", *page.figure_key, _whatever(found.choice), period)
    return loaders.shared(key, told)


def layer_sentence(page: Page, layer: str, chosen: MemberFilter, period: str = "1y") -> str:
    """The gap of one layer as the index page tells it; empty where nobody of it counts."""

    def told() -> str:
        found = study.layer_hindsight(page.snapshot, layer, chosen, period)
        return "" if found is None else hindsight_sentence(page, *found, period)

    return loaders.shared(("index:layer", *page.figure_key, layer, chosen, period), told)
