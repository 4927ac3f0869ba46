"""What one run has learnt so far, and where it is."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd

from dashboard.prices.bars import CLOSE, SESSION, SOURCE, SYMBOL
from dashboard.prices.outcomes import Dispute, FeedReport, Move, Problem, Report, SymbolReport
from dashboard.prices.providers.base import Request
from dashboard.prices.quality import Checked, Hole, Refusal, check
from dashboard.prices.quarantine import keep_aside
from dashboard.prices.records import (
    DISAGREEMENTS,
    OTHER_CLOSE,
    OTHER_SOURCE,
    TICKS,
    RecordKind,
)
from dashboard.prices.refresh.comparison import Settled, confirmed
from dashboard.prices.refresh.jumps import brought_jumps, first_sessions
from dashboard.prices.refresh.planning import Held
from dashboard.prices.store import Outcome, PriceStore, bars_from_arrow

CLOCKS_APART: Final = dt.timedelta(minutes=5)
"""So far the clocks of two machines that share a store may differ without a word."""


@dataclass(frozen=True)
class Progress:
    """Where a run is; `symbol` is what was answered last: a symbol, or a feed of the exchanges."""

    done: int
    total: int
    symbol: str


@dataclass
class Watch:
    """Who is told how far the run is, and asked whether it shall go on."""

    told: Callable[[Progress], None]
    should_stop: Callable[[], bool]
    total: int = 0
    done: int = 0
    stopped: bool = False

    def expect(self, steps: int) -> None:
        """So many more answers are to come."""
        if steps:
            self.total += steps
            self.told(Progress(self.done, self.total, ""))

    def step(self, what: str) -> bool:
        """One answer has come; whether the run shall go on."""
        self.done += 1
        self.told(Progress(self.done, self.total, what))
        self.stopped = self.stopped or self.should_stop()
        return not self.stopped


@dataclass
class Ledger:
    """The books of a run: what it writes goes through here and is counted."""

    store: PriceStore
    now: dt.datetime
    no_limit: tuple[str, ...]
    held: Held
    listings: pd.DataFrame
    reports: dict[str, SymbolReport] = field(default_factory=dict)
    holes: list[Hole] = field(default_factory=list)
    records: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    moves: tuple[Move, ...] = ()
    quarantined: int = 0
    open_problem: Problem | None = None
    """Why symbols that got no answer got none."""
    brought: dict[str, dt.date] = field(default_factory=dict)
    """Changed symbol → first session that was stored of it."""
    changed: bool = False

    def of(self, symbol: str) -> SymbolReport:
        return self.reports.get(symbol) or SymbolReport(symbol)

    def note(self, symbol: str, **changes: object) -> None:
        self.reports[symbol] = replace(self.of(symbol), **changes)  # type: ignore[arg-type]

    def fail(self, symbol: str, problem: Problem, detail: str = "") -> None:
        self.note(symbol, problem=problem, detail=detail)

    def checked(self, bars: pd.DataFrame, before: pd.DataFrame | None = None) -> Checked:
        """The batch after the rules of quality, what they refused kept aside.

        Parameters
        ----------
        before : stored bars that the rules shall see before those of one new session
        """
        if before is None:
            checked = self._check(bars)
            self.holes += checked.holes
        else:
            whole = self._check(pd.concat([before, bars], ignore_index=True))
            first = bars[SESSION].min()
            checked = replace(
                whole,
                bars=whole.bars[whole.bars[SESSION] >= first],
                refusals=tuple(one for one in whole.refusals if one.session >= first.date()),
                quarantined=whole.quarantined[whole.quarantined[SESSION] >= first],
            )
        self.quarantined += keep_aside(self.store, checked)
        self.refused(checked.refusals)
        return checked

    def _check(self, bars: pd.DataFrame) -> Checked:
        return check(bars, now=self.now, no_limit=self.no_limit, listings=self.listings)

    def refused(self, refusals: Sequence[Refusal]) -> None:
        by_symbol: dict[str, list[Refusal]] = defaultdict(list)
        for refusal in refusals:
            by_symbol[refusal.symbol].append(refusal)
        for symbol, own in by_symbol.items():
            known = self.of(symbol).refusals
            self.note(symbol, refusals=tuple(dict.fromkeys((*known, *own))))

    def stored_bars(self, symbols: Sequence[str], start: dt.date, end: dt.date) -> pd.DataFrame:
        return bars_from_arrow(self.store.read(symbols=symbols, start=start, end=end))

    def upsert(self, bars: pd.DataFrame, stored: pd.DataFrame) -> None:
        """Store bars; that the adjustment of an exchange's bar became known corrects nothing."""
        if bars.empty:
            return
        outcome = self.store.upsert(bars)
        self._brought(bars, outcome)
        only = confirmed(bars, stored)
        for symbol, counts in outcome.by_symbol.items():
            calm = min(only.get(symbol, 0), counts.corrected)
            self.count(
                symbol,
                replace(
                    counts,
                    corrected=counts.corrected - calm,
                    unchanged=counts.unchanged + calm,
                ),
            )
        self.changed |= bool(outcome.new or outcome.corrected)
        self._sources(bars)

    def replace_symbol(self, symbol: str, bars: pd.DataFrame) -> None:
        outcome = self.store.replace_symbol(symbol, bars)
        self._brought(bars, outcome)
        self.changed |= bool(outcome.new or outcome.corrected)
        self.count(symbol, outcome.by_symbol[symbol])
        self.note(symbol, replaced=True)
        self._sources(bars)

    def count(self, symbol: str, counts: Outcome) -> None:
        self.note(symbol, counts=Outcome.total((self.of(symbol).counts, counts)))

    def _brought(self, bars: pd.DataFrame, outcome: Outcome) -> None:
        for symbol, first in first_sessions(bars).items():
            counts = outcome.by_symbol.get(symbol, Outcome())
            if counts.new or counts.corrected:
                self.brought[symbol] = min(first, self.brought.get(symbol, first))

    def _sources(self, bars: pd.DataFrame) -> None:
        """Where the newest bar of each symbol is from joins its sources."""
        newest = bars.sort_values(SESSION).groupby(SYMBOL)[SOURCE].last()
        for symbol, source in newest.items():
            known = self.of(str(symbol)).sources
            self.note(str(symbol), sources=tuple(dict.fromkeys((*known, str(source)))))

    def upsert_records(self, kind: RecordKind, records: pd.DataFrame) -> None:
        if len(records):
            self.records[kind.name].append(self.store.upsert_records(kind, records))

    def settle_disputes(self, settled: Settled) -> None:
        """Keep the disagreements of two sources, and forget those that are over."""
        if len(settled.disagreements):
            self.store.upsert_records(DISAGREEMENTS, settled.disagreements)
            told = settled.disagreements[
                [SYMBOL, SESSION, CLOSE, SOURCE, OTHER_CLOSE, OTHER_SOURCE, TICKS]
            ]
            for symbol, session, *values in told.itertuples(index=False, name=None):
                known = {one.session: one for one in self.of(symbol).disputes}
                known[session.date()] = Dispute(session.date(), *values)
                self.note(symbol, disputes=tuple(known.values()))
        if len(settled.agreed):
            self.store.delete_records(DISAGREEMENTS, settled.agreed)

    def report(
        self,
        requests: Sequence[Request],
        unanswered: Collection[str],
        feeds: Sequence[FeedReport],
    ) -> Report:
        """The run as it came out: the asked symbols first, then those that only a day told."""
        for symbol in unanswered:
            if self.of(symbol).problem is None:
                self.fail(symbol, self.open_problem or Problem.NOT_ANSWERED)
        order = dict.fromkeys((*(request.symbol for request in requests), *self.reports))
        moved = {move.new: move.old for move in self.moves if move.done}
        latest = self.held.latest_fetch
        behind = latest is not None and latest > self.now + CLOCKS_APART
        return Report(
            symbols=tuple(
                replace(self.of(symbol), moved_from=moved.get(symbol, "")) for symbol in order
            ),
            holes=tuple(dict.fromkeys(self.holes)),
            records={kind: Outcome.total(parts) for kind, parts in self.records.items()},
            feeds=tuple(feeds),
            moves=self.moves,
            quarantined=self.quarantined,
            jumps=brought_jumps(self.store, self.brought, self.listings),
            clock=(self.now, latest) if behind and latest else None,
        )
