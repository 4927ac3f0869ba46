"""Histories from a source that is asked symbol by symbol.

Answers are checked and stored in small batches of one market, each one commit, so that an
interruption at any point leaves what the last whole batch made of the store.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from dashboard.errors import RateLimited
from dashboard.markets import market_of
from dashboard.prices.bars import DATE, LARGEST_COUNT, SESSION, SHARES, SOURCE, SYMBOL, empty_bars
from dashboard.prices.outcomes import Problem, problem_of
from dashboard.prices.providers.base import Answer, Provider, Request
from dashboard.prices.quality import MIN_CROSS_SECTION, Reason, Refusal
from dashboard.prices.readjustment import carried_over, is_readjusted
from dashboard.prices.records import SHARES_KIND
from dashboard.prices.refresh.comparison import Settled, exchange_only, official, under
from dashboard.prices.refresh.ledger import Ledger, Watch

BATCH_SYMBOLS: Final = 20


@dataclass
class Histories:
    """One pass over the requests, and a second over those whose past has changed.

    Attributes
    ----------
    unanswered : symbols without a whole answer so far
    """

    ledger: Ledger
    provider: Provider
    watch: Watch
    unanswered: set[str] = field(default_factory=set)
    readjusted: set[str] = field(default_factory=set)

    def fetch(self, requests: Sequence[Request]) -> None:
        """Fetch, check and store; a symbol with another adjustment is fetched again whole."""
        self.unanswered |= {request.symbol for request in requests}
        self._collect(requests)
        again = [
            Request(request.symbol, self.ledger.held.history_first[request.symbol], request.end)
            for request in requests
            if request.symbol in self.readjusted
        ]
        if again and not self.watch.stopped and self.ledger.open_problem is None:
            self.watch.expect(len(again))
            self._collect(again)

    def _collect(self, requests: Sequence[Request]) -> None:
        """Answers into the store, batch by batch, until the run is stopped."""
        if not requests:
            return
        waiting: dict[str, int] = defaultdict(int)
        for request in requests:
            waiting[market_of(request.symbol)] += 1
        pending: dict[str, list[Answer]] = defaultdict(list)
        answers = self.provider.fetch(requests)
        for answer in answers:
            market = market_of(answer.request.symbol)
            waiting[market] -= 1
            if answer.error is None:
                pending[market].append(answer)
            else:
                self._failed(answer)
            # A rest too small to tell a phantom day goes with the batch before it.
            if not waiting[market] or (
                len(pending[market]) >= BATCH_SYMBOLS and waiting[market] >= MIN_CROSS_SECTION
            ):
                self._store(pending.pop(market, []))
            if not self.watch.step(answer.request.symbol):
                self.ledger.open_problem = Problem.STOPPED
                break
        if self.watch.stopped and hasattr(answers, "close"):
            answers.close()  # a generator lets its workers go
        for rest in pending.values():
            self._store(rest)

    def _failed(self, answer: Answer) -> None:
        if answer.error is None:
            return
        symbol = answer.request.symbol
        self.unanswered.discard(symbol)
        self.ledger.fail(symbol, problem_of(answer.error), answer.error.reason)
        if isinstance(answer.error, RateLimited):
            self.ledger.open_problem = Problem.RATE_LIMITED

    def _store(self, answers: Sequence[Answer]) -> None:
        """Check and store a batch of one market: one commit, and one per replaced symbol."""
        if not answers:
            return
        checked = self.ledger.checked(
            pd.concat([_wanted(answer) for answer in answers], ignore_index=True)
        )
        requests = [answer.request for answer in answers]
        stored = self.ledger.stored_bars(
            [one.symbol for one in requests],
            min(one.start for one in requests),
            max(one.end for one in requests),
        )
        settled = under(checked.bars, stored)
        accepted = dict(iter(settled.bars.groupby(SYMBOL, sort=False)))
        known = dict(iter(stored.groupby(SYMBOL, sort=False)))
        plain = []
        for answer in answers:
            symbol = answer.request.symbol
            bars = accepted.get(symbol, settled.bars.iloc[:0])
            before = known.get(symbol, stored.iloc[:0])
            if self._ready(answer, bars, before):
                plain.append(symbol)
            elif symbol in self.readjusted and symbol not in self.unanswered:
                self._replace(symbol, settled.of([symbol]))
        chosen = settled.of(plain)
        self.ledger.upsert(chosen.bars, stored)
        self.ledger.settle_disputes(chosen)
        self._store_shares(answers)

    def _ready(self, answer: Answer, bars: pd.DataFrame, before: pd.DataFrame) -> bool:
        """Whether the answer may join what is stored; if not, why is in the books."""
        symbol, ledger = answer.request.symbol, self.ledger
        own = [Refusal(symbol, session, Reason.SOURCE_ROW) for session in answer.refused]
        ledger.refused(own)
        ledger.note(symbol, stale=_stale(bars, before, answer.request))
        self.unanswered.discard(symbol)
        if bars.empty:
            ledger.fail(symbol, Problem.EMPTY)
            return False
        if symbol in self.readjusted:
            return False
        if symbol in ledger.held.history_first and _is_readjusted(before, bars):
            self.readjusted.add(symbol)
            self.unanswered.add(symbol)
            return False
        return True

    def _replace(self, symbol: str, settled: Settled) -> None:
        if settled.bars.empty:
            return
        stored = self.ledger.stored_bars([symbol], dt.date.min, dt.date.max)
        of_the_day = exchange_only(stored)
        whole = carried_over(stored[~of_the_day], settled.bars)
        if whole is None:
            self.ledger.fail(symbol, Problem.SUSPECT)
            return
        ahead = stored[of_the_day & ~stored[SESSION].isin(whole[SESSION]).to_numpy()]
        if len(ahead):
            whole = pd.concat([whole, ahead], ignore_index=True).sort_values(SESSION)
        self.ledger.replace_symbol(symbol, whole)
        self.ledger.settle_disputes(settled)

    def _store_shares(self, answers: Sequence[Answer]) -> None:
        known = [answer.shares for answer in answers if not answer.shares.empty]
        if not known:
            return
        shares = pd.concat(known, ignore_index=True).dropna(subset=[SYMBOL, DATE, SHARES])
        shares = shares[shares[SHARES].between(1, LARGEST_COUNT)].drop_duplicates(
            [SYMBOL, DATE], keep="last"
        )
        if SOURCE not in shares:
            shares = shares.assign(**{SOURCE: self.provider.name})
        self.ledger.upsert_records(SHARES_KIND, shares)


def _wanted(answer: Answer) -> pd.DataFrame:
    """The bars within what was asked."""
    bars, request = answer.bars, answer.request
    if bars.empty:
        return empty_bars()
    within = bars[SESSION].between(pd.Timestamp(request.start), pd.Timestamp(request.end))
    return bars[within & (bars[SYMBOL] == request.symbol)]


def _is_readjusted(stored: pd.DataFrame, bars: pd.DataFrame) -> bool:
    """As `is_readjusted`, of what a source of histories has told within the answer's span."""
    within = stored[SESSION].between(bars[SESSION].min(), bars[SESSION].max()).to_numpy()
    return is_readjusted(stored[within & ~exchange_only(stored)], bars)


def _stale(
    bars: pd.DataFrame, stored: pd.DataFrame, request: Request
) -> tuple[dt.date, dt.date] | None:
    """(last session, the one expected) where neither this source nor the exchange has it."""
    if bars.empty:
        return None
    last = bars[SESSION].max()
    told = pd.concat([bars[SESSION], stored.loc[official(stored), SESSION]]).max()
    return None if told.date() >= request.end else (last.date(), request.end)
