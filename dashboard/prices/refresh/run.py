"""Bring the store up to date from a source over the network.

Answers are checked and stored in small batches of one market, each one commit, so that an
interruption at any point leaves what the last whole batch made of the store.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd

from dashboard.errors import RateLimited
from dashboard.markets import market_of
from dashboard.prices.bars import DATE, LARGEST_COUNT, SESSION, SHARES, SOURCE, SYMBOL, empty_bars
from dashboard.prices.outcomes import Problem, Report, SymbolReport, problem_of
from dashboard.prices.providers.base import Answer, Provider, Request
from dashboard.prices.quality import MIN_CROSS_SECTION, Hole, Reason, Refusal, check
from dashboard.prices.readjustment import carried_over, is_readjusted
from dashboard.prices.records import SHARES_KIND
from dashboard.prices.refresh.planning import first_stored, plan
from dashboard.prices.store import Outcome, PriceStore, bars_from_arrow

BATCH_SYMBOLS: Final = 20
TIDY_FILES: Final = 60
"""Above it the store is rewritten into few files; reading slows down from there."""


@dataclass(frozen=True)
class Progress:
    """Where a run is; `symbol` is the one answered last."""

    done: int
    total: int
    symbol: str


def refresh(
    store: PriceStore,
    provider: Provider,
    symbols: Iterable[str],
    *,
    now: dt.datetime,
    since: dt.date | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    no_limit: Sequence[str] = (),
) -> Report:
    """Fetch what is missing, check it, store it, and say what became of each symbol.

    A symbol whose stored sessions come back with another adjustment (a dividend or split
    since) is fetched again whole. An empty or suspect answer changes nothing.

    Parameters
    ----------
    now : with time zone
    since : first session wanted of a symbol not yet stored
    on_progress : called after each answer
    should_stop : asked after each answer; what has arrived by then is stored
    no_limit : symbols without a daily limit (emerging board)

    Raises
    ------
    InputError
        If `since` lies in the future.
    StoreError, StoreConflict
        If the store cannot be written.
    """
    requests = plan(store, symbols, now, since)
    run = _Run(store, provider.name, now, tuple(no_limit), first_stored(store))
    told = on_progress or (lambda progress: None)
    stopped = _collect(run, provider, requests, told, should_stop or (lambda: False), len(requests))
    again = [
        Request(request.symbol, run.first[request.symbol], request.end)
        for request in requests
        if request.symbol in run.readjusted
    ]
    if again and not stopped and run.open_problem is None:
        total = len(requests) + len(again)
        _collect(run, provider, again, told, should_stop or (lambda: False), total)
    if run.changed and store.files() > TIDY_FILES:
        store.optimize()
        store.vacuum()
    return run.report(requests)


@dataclass
class _Run:
    """What one refresh has learnt so far."""

    store: PriceStore
    source: str
    now: dt.datetime
    no_limit: tuple[str, ...]
    first: Mapping[str, dt.date]
    reports: dict[str, SymbolReport] = field(default_factory=dict)
    holes: list[Hole] = field(default_factory=list)
    shares: list[Outcome] = field(default_factory=list)
    readjusted: set[str] = field(default_factory=set)
    open_problem: Problem | None = None
    """Why symbols that got no answer got none."""
    changed: bool = False

    def fail(self, symbol: str, problem: Problem, detail: str = "") -> None:
        before = self.reports.get(symbol, SymbolReport(symbol))
        self.reports[symbol] = replace(before, problem=problem, detail=detail)

    def store_answers(self, answers: Sequence[Answer]) -> None:
        """Check and store a batch of one market: one commit, and one per replaced symbol."""
        if not answers:
            return
        by_symbol = {answer.request.symbol: answer for answer in answers}
        checked = check(
            pd.concat([_wanted(answer) for answer in answers], ignore_index=True),
            now=self.now,
            first_sessions=self.first,
            no_limit=self.no_limit,
        )
        self.holes += checked.holes
        refused: dict[str, list[Refusal]] = defaultdict(list)
        for refusal in checked.refusals:
            refused[refusal.symbol].append(refusal)
        accepted = dict(iter(checked.bars.groupby(SYMBOL, sort=False)))
        plain = []
        for symbol, answer in by_symbol.items():
            refused[symbol] += [
                Refusal(symbol, session, Reason.SOURCE_ROW) for session in answer.refused
            ]
            bars = accepted.get(symbol, checked.bars.iloc[:0])
            self.reports[symbol] = SymbolReport(
                symbol, refusals=tuple(refused[symbol]), stale=_stale(bars, answer.request)
            )
            if bars.empty:
                self.fail(symbol, Problem.EMPTY)
            elif symbol in self.readjusted:
                self._replace(symbol, bars)
            elif self._is_readjusted(symbol, bars):
                self.readjusted.add(symbol)
            else:
                plain.append(bars)
        if plain:
            self._count(self.store.upsert(pd.concat(plain, ignore_index=True)))
        self._store_shares(answers)

    def _is_readjusted(self, symbol: str, bars: pd.DataFrame) -> bool:
        if symbol not in self.first:
            return False
        first, last = bars[SESSION].min().date(), bars[SESSION].max().date()
        stored = self.store.read(symbols=[symbol], start=first, end=last)
        return is_readjusted(bars_from_arrow(stored), bars)

    def _replace(self, symbol: str, bars: pd.DataFrame) -> None:
        stored = bars_from_arrow(self.store.read(symbols=[symbol]))
        whole = carried_over(stored, bars)
        if whole is None:
            self.fail(symbol, Problem.SUSPECT)
            return
        self._count(self.store.replace_symbol(symbol, whole), replaced=True)

    def _count(self, outcome: Outcome, *, replaced: bool = False) -> None:
        self.changed |= bool(outcome.new or outcome.corrected)
        for symbol, counts in outcome.by_symbol.items():
            before = self.reports[symbol]
            self.reports[symbol] = replace(before, counts=counts, replaced=replaced)

    def _store_shares(self, answers: Sequence[Answer]) -> None:
        known = [answer.shares for answer in answers if not answer.shares.empty]
        if not known:
            return
        shares = pd.concat(known, ignore_index=True).dropna(subset=[SYMBOL, DATE, SHARES])
        shares = shares[shares[SHARES].between(1, LARGEST_COUNT)].drop_duplicates(
            [SYMBOL, DATE], keep="last"
        )
        if SOURCE not in shares:
            shares = shares.assign(**{SOURCE: self.source})
        self.shares.append(self.store.upsert_records(SHARES_KIND, shares))

    def report(self, requests: Sequence[Request]) -> Report:
        unanswered = self.open_problem or Problem.NOT_ANSWERED
        rows = []
        for request in requests:
            symbol = request.symbol
            row = self.reports.get(symbol) or SymbolReport(symbol, problem=unanswered)
            if symbol in self.readjusted and not row.replaced and row.problem is None:
                row = replace(row, problem=unanswered)
            rows.append(row)
        shares = {SHARES_KIND.name: Outcome.total(self.shares)}
        return Report(tuple(rows), tuple(dict.fromkeys(self.holes)), shares)


def _collect(
    run: _Run,
    provider: Provider,
    requests: Sequence[Request],
    told: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    total: int,
) -> bool:
    """Answers into the store, batch by batch; whether it was stopped."""
    waiting: dict[str, int] = defaultdict(int)
    for request in requests:
        waiting[market_of(request.symbol)] += 1
    pending: dict[str, list[Answer]] = defaultdict(list)
    done = total - len(requests)
    if not requests:
        return False
    told(Progress(done, total, ""))
    answers = provider.fetch(requests)
    stopped = False
    for answer in answers:
        market = market_of(answer.request.symbol)
        waiting[market] -= 1
        if answer.error is None:
            pending[market].append(answer)
        else:
            run.fail(answer.request.symbol, problem_of(answer.error), answer.error.reason)
            if isinstance(answer.error, RateLimited):
                run.open_problem = Problem.RATE_LIMITED
        # A rest too small to tell a phantom day goes with the batch before it.
        if not waiting[market] or (
            len(pending[market]) >= BATCH_SYMBOLS and waiting[market] >= MIN_CROSS_SECTION
        ):
            run.store_answers(pending.pop(market, []))
        done += 1
        told(Progress(done, total, answer.request.symbol))
        if should_stop():
            stopped = True
            run.open_problem = Problem.STOPPED
            break
    if stopped and hasattr(answers, "close"):
        answers.close()  # a generator lets its workers go
    for rest in pending.values():
        run.store_answers(rest)
    return stopped


def _wanted(answer: Answer) -> pd.DataFrame:
    """The bars within what was asked."""
    bars, request = answer.bars, answer.request
    if bars.empty:
        return empty_bars()
    within = bars[SESSION].between(pd.Timestamp(request.start), pd.Timestamp(request.end))
    return bars[within & (bars[SYMBOL] == request.symbol)]


def _stale(bars: pd.DataFrame, request: Request) -> tuple[dt.date, dt.date] | None:
    if bars.empty or bars[SESSION].max().date() >= request.end:
        return None
    return bars[SESSION].max().date(), request.end
