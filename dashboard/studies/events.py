"""What prices did around the events that the documents describe.

An event is studied from the first session able to react: the map's where it names one, else the
first after the day. One whose day is not known is not studied.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.analytics.benchmark import Benchmark, market_benchmark
from dashboard.analytics.event_study import (
    CAR,
    ESTIMATION,
    HIGH,
    LEAST_ESTIMATION,
    LOW,
    PATH_COLUMNS,
    WINDOWS,
    Columns,
    Flags,
    Returns,
    Study,
    Window,
    clusters,
    estimated_bars,
    market_model,
    overlaps,
    panel_returns,
    path,
    percentile,
    placebo_columns,
    portfolio,
    window_of,
)
from dashboard.analytics.event_tests import TESTS, across_events
from dashboard.analytics.limits import LimitState, limit_states
from dashboard.analytics.panel import FIELDS, Floats, Panel
from dashboard.markets import HOME
from dashboard.prices.bars import FLAGS, SESSION, SYMBOL
from dashboard.snapshot import MemberFilter, Snapshot
from dashboard.supply_chain.known import KNOWN_ON, first_known, member_windows
from dashboard.supply_chain.models import Direction, Event, Precision
from dashboard.supply_chain.rows import LAYER

COMPANY: Final = "company"
EVENT: Final = "event"
DOCUMENT: Final = "document"
DIRECTION: Final = "direction"
WINDOW: Final = "window"
"""Parameters of a link, with `LAYER`; several ids of one are parted by commas."""

DATE: Final = "date"
PRECISION: Final = "precision"
SESSION_BASIS: Final = "session_basis"
DOCUMENTS: Final = "documents"
KIND: Final = "kind"
GROUP: Final = "group"
PRICED: Final = "members_priced"
MEMBERS: Final = "members"
HINDSIGHT: Final = "members_by_hindsight"
FIRST: Final = "window_first"
LAST: Final = "window_last"
OBSERVED: Final = "sessions"
ESTIMATED: Final = "estimation_sessions"
BETA: Final = "beta"
T: Final = "t"
PLACEBO: Final = "placebo_percentile"
PLACEBOS: Final = "placebos"
LIMIT: Final = "member_sessions_at_limit"
LOCKED: Final = "member_sessions_locked"
CLUSTER: Final = "cluster"
OVERLAPS: Final = "overlaps"
BENCHMARK: Final = "benchmark"
BASIS: Final = "basis"
REASON: Final = "reason"
EVENT_COLUMNS: Final = (
    EVENT, DATE, PRECISION, SESSION, SESSION_BASIS, DIRECTION, DOCUMENTS, KIND, GROUP, PRICED,
    MEMBERS, HINDSIGHT, FIRST, LAST, OBSERVED, ESTIMATED, BETA, CAR, LOW, HIGH, T, PLACEBO,
    PLACEBOS, LIMIT, LOCKED, CLUSTER, OVERLAPS, BENCHMARK, BASIS, REASON,
)  # fmt: skip
SAMPLE: Final = "sample"
EVENTS: Final = "events"
DATES: Final = "dates"
INDEPENDENT: Final = "independent"
ANECDOTE: Final = "anecdote"
MEAN_CAR: Final = "mean_car"
CORRELATION: Final = "correlation"

STATED: Final = "stated"
DAY_AFTER: Final = "day_after"
NO_MEMBER: Final = "no_member"
NO_HISTORY: Final = "no_history"
NO_TRADE: Final = "no_trade"
ALL: Final = "all"
EXPECTED: Final = "expected"
SAMPLES: Final = (ALL, EXPECTED, Direction.POSITIVE.value, Direction.NEGATIVE.value)
_SIGNS: Final = {Direction.POSITIVE: 1, Direction.NEGATIVE: -1}
_AT_LIMIT: Final = [str(one) for one in LimitState if one is not LimitState.NONE]
_LOCKED: Final = [str(LimitState.LOCKED_UP), str(LimitState.LOCKED_DOWN)]
_INTEGERS: Final = (
    PRICED, MEMBERS, HINDSIGHT, FIRST, LAST, OBSERVED, ESTIMATED, PLACEBOS, LIMIT, LOCKED,
)  # fmt: skip
_NUMBERS: Final = (BETA, CAR, LOW, HIGH, T, PLACEBO)


@dataclass(frozen=True)
class Choice:
    """What the reader chose; empty means all. Ids that the map has not choose nothing."""

    events: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    window: Window = WINDOWS[0]

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Choice:
        """From the parameters of a link; a window that is none is the default one.

        The event that a link opens is shown beside all the others.
        """
        window = window_of(parameters.get(WINDOW) or "") or WINDOWS[0]
        names = (LAYER, COMPANY, DOCUMENT, DIRECTION)
        layers, companies, documents, directions = (
            tuple(one for one in (parameters.get(name) or "").split(",") if one) for name in names
        )
        return cls((), layers, companies, documents, directions, window)

    def takes(self, event: Event) -> bool:
        """Whether an event is among the chosen ones."""
        documents = {one.document for one in event.evidence}
        named = self.layers or self.companies
        return (
            (not self.events or event.id in self.events)
            and (not self.documents or not documents.isdisjoint(self.documents))
            and (not self.directions or event.direction.value in self.directions)
            and (
                not named
                or not set(event.layers).isdisjoint(self.layers)
                or not set(event.companies).isdisjoint(self.companies)
            )
        )

    def shows(self, kind: str, group: str) -> bool:
        """Whether a chosen event's layer or company is shown."""
        if not self.layers and not self.companies:
            return True
        return group in (self.layers if kind == LAYER else self.companies)


@dataclass(frozen=True, eq=False)
class Dated:
    """An event with its day 0.

    Attributes
    ----------
    basis : `STATED` by the map, or `DAY_AFTER` the event
    column : of the panel; -1 where nothing is stored so early
    """

    event: Event
    session: dt.date
    basis: str
    column: int


@dataclass(frozen=True, eq=False)
class Part:
    """One event's effect on one layer or company.

    Attributes
    ----------
    rows : of the panel, members with enough returns before the event
    place : row of the studied portfolios; -1 where nobody is priced
    """

    dated: Dated
    kind: str
    group: str
    members: int
    hindsight: int
    rows: tuple[int, ...]
    place: int


def dated_events(chain_events: tuple[Event, ...], panel: Panel) -> tuple[Dated, ...]:
    """The events whose day 0 is among the sessions or before them, by day 0 and then as given."""
    found = []
    for event in chain_events:
        if event.session is not None:
            day, basis = event.session, STATED
        elif event.precision is Precision.DAY and event.date is not None:
            day, basis = dt.date.fromisoformat(event.date) + dt.timedelta(days=1), DAY_AFTER
        else:
            continue
        column = int(np.searchsorted(panel.sessions, np.datetime64(day, "D")))
        if np.datetime64(day, "D") < panel.sessions[0]:
            found.append(Dated(event, day, basis, -1))
        elif column < len(panel.sessions):
            found.append(Dated(event, panel.sessions[column].item(), basis, column))
    return tuple(sorted(found, key=lambda one: one.session))


def span(event: Event) -> tuple[dt.date, dt.date] | None:
    """First and last day that the event's date can mean; None without one."""
    if event.date is None:
        return None
    year, _, rest = event.date.partition("-")
    if rest.startswith("Q"):
        first, last = 3 * int(rest[1]) - 2, 3 * int(rest[1])
    elif rest:
        first = last = int(rest[:2])
        if len(rest) > 2:
            day = dt.date.fromisoformat(event.date)
            return day, day
    else:
        first, last = 1, 12
    end = calendar.monthrange(int(year), last)[1]
    return dt.date(int(year), first, 1), dt.date(int(year), last, end)


@dataclass(frozen=True, eq=False)
class EventStudies:
    """Every dated event of a snapshot's map, studied in the home market.

    Attributes
    ----------
    benchmark : None where no index is stored; nothing is studied then
    portfolios : one row a set of members
    traded : whether at least half of a portfolio traded, rows × sessions
    at_limit, locked : whether a close is at its limit, and never left it; symbols × sessions
        Known from before the first event on.
    """

    snapshot: Snapshot
    window: Window
    panel: Panel
    benchmark: Benchmark
    events: tuple[Dated, ...]
    parts: tuple[Part, ...]
    returns: Returns
    portfolios: Returns
    traded: Flags
    at_limit: Flags
    locked: Flags
    study: Study

    def within(self, window: Window) -> EventStudies:
        """The same with another window."""
        if window == self.window:
            return self
        return replace(self, window=window, study=market_model(self.portfolios, window))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """`table_of` of all events, one row a part."""
        return _typed([_row(self, one) for one in self.parts])

    @cached_property
    def columns(self) -> Columns:
        """Of the events within the panel."""
        return np.array([one.column for one in self.events if one.column >= 0], np.intp)

    def part(self, event: str, kind: str, group: str) -> Part | None:
        """The event's effect on a layer or company; None where it names no such."""
        return next(
            (
                one
                for one in self.parts
                if (one.dated.event.id, one.kind, one.group) == (event, kind, group)
            ),
            None,
        )

    def path(self, part: Part) -> pd.DataFrame:
        """Day by day, `SESSION` and `analytics.event_study.PATH_COLUMNS`; empty unpriced."""
        if part.place < 0:
            return pd.DataFrame(columns=pd.Index([SESSION, *PATH_COLUMNS]))
        own, market = (
            part_of[[part.place]] for part_of in (self.portfolios.own, self.portfolios.market)
        )
        found = path(Returns(own, market), part.dated.column, self.window)
        found.insert(0, SESSION, self.panel.index[found.index.to_numpy()])
        return found.reset_index(drop=True)

    def placebos(self, part: Part) -> Floats:
        """CARs of the same portfolio on days without an event."""
        if part.place < 0:
            return np.empty(0)
        chosen = placebo_columns(
            self.study,
            part.place,
            part.dated.column,
            eligible=self.traded[part.place],
            events=self.columns,
            sessions=self.panel.sessions,
        )
        cars: Floats = self.study.car[part.place, chosen]
        return cars

    @cached_property
    def neighbours(self) -> dict[str, tuple[Dated, ...]]:
        """Event → the others whose windows overlap its own."""
        inside = [one for one in self.events if one.column >= 0]
        near = overlaps(self.columns, self.window)
        np.fill_diagonal(near, False)
        return {
            one.event.id: tuple(inside[other] for other in np.flatnonzero(near[place]))
            for place, one in enumerate(inside)
        }

    @cached_property
    def cluster_spans(self) -> dict[str, str]:
        """Event → first and last day 0 of its cluster, `2025-11-19/2025-11-25`."""
        inside = [one for one in self.events if one.column >= 0]
        label = clusters(self.columns, self.window)
        spans: dict[int, list[dt.date]] = {}
        for one, number in zip(inside, label.tolist(), strict=True):
            spans.setdefault(number, []).append(one.session)
        return {
            one.event.id: f"{min(spans[number])}/{max(spans[number])}"
            for one, number in zip(inside, label.tolist(), strict=True)
        }


def event_studies(snapshot: Snapshot, window: Window = WINDOWS[0]) -> EventStudies | None:
    """Study all dated events of the snapshot's map; None without an index to compare with."""
    stored = snapshot.prices.panels.get(HOME)
    if stored is None or stored.column(snapshot.as_of) < 0:
        return None
    panel = stored.as_of(snapshot.as_of)
    benchmark = market_benchmark(panel)
    if benchmark is None:
        return None
    events = dated_events(snapshot.chain.events, panel)
    returns = panel_returns(panel, benchmark)
    parts, sets = _parts(snapshot, panel, returns, events)
    found = [portfolio(returns, rows) for rows in sets]
    shape = (len(sets), len(panel.sessions))
    own, market, count = (
        np.array([one[place] for one in found], float).reshape(shape) for place in range(3)
    )
    sizes = np.array([len(rows) for rows in sets], float)[:, None]
    portfolios = Returns(own, market)
    at_limit, locked = _limits(snapshot, panel, events)
    return EventStudies(
        snapshot=snapshot,
        window=window,
        panel=panel,
        benchmark=benchmark,
        events=events,
        parts=parts,
        returns=returns,
        portfolios=portfolios,
        traded=2 * count >= sizes,
        at_limit=at_limit,
        locked=locked,
        study=market_model(portfolios, window),
    )


def _limits(snapshot: Snapshot, panel: Panel, events: tuple[Dated, ...]) -> tuple[Flags, Flags]:
    """`at_limit` and `locked`; the years before the first event are not looked at."""
    first = min((one.column for one in events if one.column >= 0), default=len(panel.sessions))
    start = max(first + ESTIMATION[1], 0)
    whole = np.zeros((2, *panel.close.shape), bool)
    if start < len(panel.sessions):
        states = limit_states(_since(panel, start), listed_since=snapshot.prices.listed_since)
        for place, some in enumerate((_AT_LIMIT, _LOCKED)):
            whole[place, :, start:] = states.isin(some).to_numpy().T
    return whole[0], whole[1]


def _since(panel: Panel, start: int) -> Panel:
    parts = {name: getattr(panel, name)[:, start:] for name in (*FIELDS, FLAGS)}
    return replace(panel, sessions=panel.sessions[start:], **parts)


def _parts(
    snapshot: Snapshot, panel: Panel, returns: Returns, events: tuple[Dated, ...]
) -> tuple[tuple[Part, ...], list[tuple[int, ...]]]:
    """Every event's layers and companies, and the different sets of members among them."""
    chain = snapshot.chain
    members = snapshot.members(MemberFilter())
    by_layer = members.groupby(LAYER)[SYMBOL].agg(list).to_dict()
    known = member_windows(chain, markets=(HOME,)).groupby([LAYER, SYMBOL])[KNOWN_ON].min()
    sets: dict[tuple[int, ...], int] = {}
    parts = []
    for dated in events:
        bars = estimated_bars(returns, dated.column) if dated.column >= 0 else None
        groups = [(LAYER, one, list(by_layer.get(one, ()))) for one in dated.event.layers]
        for key in dated.event.companies:
            listing = chain.company_by_key[key].listing
            if listing is not None and listing.market == HOME:
                groups.append((COMPANY, key, [listing.symbol]))
        for kind, group, symbols in groups:
            places = [panel.positions[one] for one in symbols if one in panel.positions]
            rows = tuple(
                sorted(one for one in places if bars is not None and bars[one] >= LEAST_ESTIMATION)
            )
            if kind == LAYER:
                days = [known.get((group, one)) for one in symbols]
            else:
                days = [first_known(chain, dated.event.evidence)]
            late = sum(day is None or day > _like(day, dated.session) for day in days)
            place = sets.setdefault(rows, len(sets)) if rows else -1
            parts.append(Part(dated, kind, group, len(symbols), late, rows, place))
    return tuple(parts), list(sets)


def _like(day: Any, session: dt.date) -> Any:
    return pd.Timestamp(session) if isinstance(day, pd.Timestamp) else session


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """The page's main table: chosen events × their layers and companies of the home market.

    Returns
    -------
    DataFrame, `EVENT_COLUMNS`
        By day 0, then in the map's order. `car` to `t` are missing where `reason` says why;
        `sessions` below the window's length tells that it is not over. There is no p-value: one
        event is an anecdote.
    """
    choice = Choice.of(parameters)
    studies = event_studies(snapshot, choice.window)
    return chosen_rows(studies, choice)


def chosen_parts(studies: EventStudies, choice: Choice) -> tuple[Part, ...]:
    """The chosen events' layers and companies that are shown, by day 0."""
    return tuple(
        one
        for one in studies.parts
        if choice.takes(one.dated.event) and choice.shows(one.kind, one.group)
    )


def chosen_rows(studies: EventStudies | None, choice: Choice) -> pd.DataFrame:
    """The rows of `table_of`; none without a study."""
    if studies is None:
        return _typed([])
    chosen = [
        choice.takes(one.dated.event) and choice.shows(one.kind, one.group) for one in studies.parts
    ]
    # An empty list would choose no columns rather than no rows.
    return studies.rows[np.array(chosen, bool)].reset_index(drop=True)


def _typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    texts = [one for one in EVENT_COLUMNS if one not in (*_INTEGERS, *_NUMBERS, SESSION)]
    return pd.DataFrame(rows, columns=pd.Index(EVENT_COLUMNS)).astype(
        dict.fromkeys(texts, "str")
        | dict.fromkeys(_INTEGERS, "int64")
        | dict.fromkeys(_NUMBERS, "float64")
        | {SESSION: "datetime64[s]"}
    )


def _row(studies: EventStudies, part: Part) -> dict[str, object]:
    event = part.dated.event
    figures, reason = _figures(studies, part)
    return {
        EVENT: event.id,
        DATE: event.date,
        PRECISION: event.precision.value,
        SESSION: part.dated.session,
        SESSION_BASIS: part.dated.basis,
        DIRECTION: event.direction.value,
        DOCUMENTS: ", ".join(dict.fromkeys(one.document for one in event.evidence)),
        KIND: part.kind,
        GROUP: part.group,
        PRICED: len(part.rows),
        MEMBERS: part.members,
        HINDSIGHT: part.hindsight,
        FIRST: studies.window.first,
        LAST: studies.window.last,
        CLUSTER: studies.cluster_spans.get(event.id),
        OVERLAPS: ", ".join(one.event.id for one in studies.neighbours.get(event.id, ())),
        BENCHMARK: studies.benchmark.symbol,
        BASIS: studies.benchmark.basis.value,
        REASON: reason,
        **figures,
    }


def _figures(studies: EventStudies, part: Part) -> tuple[dict[str, object], str | None]:
    """What was measured, and why nothing was."""
    counts = (OBSERVED, ESTIMATED, PLACEBOS, LIMIT, LOCKED)
    nothing: dict[str, object] = {
        **dict.fromkeys(_NUMBERS, float("nan")),
        **dict.fromkeys(counts, 0),
    }
    if part.place < 0:
        return nothing, NO_HISTORY if part.members else NO_MEMBER
    study, place = studies.study, (part.place, part.dated.column)
    estimated = int(study.estimated[place])
    if np.isnan(study.car[place]):
        reason = NO_TRADE if estimated >= LEAST_ESTIMATION else NO_HISTORY
        return nothing | {ESTIMATED: estimated}, reason
    car, half = float(study.car[place]), study.half_width(*place)
    others = studies.placebos(part)
    first = part.dated.column + studies.window.first
    shown = slice(max(first, 0), first + studies.window.length)
    at, locked = (one[list(part.rows), shown].sum() for one in (studies.at_limit, studies.locked))
    return {
        OBSERVED: int(study.observed[place]),
        ESTIMATED: estimated,
        BETA: float(study.beta[place]),
        CAR: car,
        LOW: car - half,
        HIGH: car + half,
        T: float(study.scar[place]),
        PLACEBO: percentile(car, others),
        PLACEBOS: len(others),
        LIMIT: int(at),
        LOCKED: int(locked),
    }, None


def paths_of(studies: EventStudies | None, choice: Choice) -> pd.DataFrame:
    """The chosen rows day by day: `EVENT`, `KIND`, `GROUP` before the columns of `path`."""
    frames = []
    taken = [(studies, one) for one in chosen_parts(studies, choice)] if studies else []
    for of, one in taken:
        days = of.path(one)
        days.insert(0, GROUP, one.group)
        days.insert(0, KIND, one.kind)
        days.insert(0, EVENT, one.dated.event.id)
        frames.append(days)
    columns = pd.Index([EVENT, KIND, GROUP, SESSION, *PATH_COLUMNS])
    full = [one for one in frames if len(one)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=columns)


def summary_of(studies: EventStudies | None, choice: Choice) -> pd.DataFrame:
    """The chosen events together, one row a sample of `SAMPLES`.

    One portfolio an event date, of all members of the chosen layers and companies of its
    events, each once. `expected` turns the negative events round and leaves mixed ones out.

    Returns
    -------
    DataFrame
        Statistics and p-values are missing below five independent events (`anecdote`).
    """
    rows = [_summary(studies, choice, sample) for sample in SAMPLES] if studies else []
    columns = [SAMPLE, EVENTS, DATES, INDEPENDENT, ANECDOTE, MEAN_CAR, CORRELATION]
    names = [name for test in TESTS for name in (test, f"{test}_p")]
    return pd.DataFrame(rows, columns=pd.Index([*columns, *names]))


def _summary(studies: EventStudies, choice: Choice, sample: str) -> tuple[object, ...]:
    taken: dict[tuple[int, int], set[int]] = {}
    events = set()
    for one in chosen_parts(studies, choice):
        event = one.dated.event
        sign = _sign(event.direction, sample)
        if sign and one.rows:
            taken.setdefault((one.dated.column, sign), set()).update(one.rows)
            events.add(event.id)
    found = [portfolio(studies.returns, sorted(rows)) for rows in taken.values()]
    signs = np.array([sign for _, sign in taken], float)[:, None]
    shape = (len(found), len(studies.panel.sessions))
    own, market = (
        signs * np.array([one[place] for one in found]).reshape(shape) for place in range(2)
    )
    returns = Returns(own, market)
    columns = np.array([column for column, _ in taken], np.intp)
    study = market_model(returns, studies.window)
    across = across_events(returns, study, np.arange(len(columns)), columns)
    figures = [value for test in TESTS for value in across.tests[test]]
    anecdote = bool(np.isnan(figures).all())
    head = (sample, len(events), across.dates, across.independent, anecdote)
    return (*head, across.mean_car, across.correlation, *figures)


def _sign(direction: Direction, sample: str) -> int:
    """How an event counts in a sample: not at all, as it is, or turned round."""
    if sample == ALL:
        return 1
    if sample == EXPECTED:
        return _SIGNS.get(direction, 0)
    return int(direction.value == sample)
