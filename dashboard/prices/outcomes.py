"""What a refresh or an import did, symbol by symbol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Final

import pandas as pd

from dashboard.errors import (
    DeadlineExceeded,
    ProviderError,
    RateLimited,
    SourceClosed,
    SourceUnavailable,
    UnknownSymbol,
    WrongSymbol,
)
from dashboard.i18n import Language, translate
from dashboard.prices.bars import SOURCE, SYMBOL
from dashboard.prices.quality import EXPECTED, Hole, Refusal
from dashboard.prices.store import Outcome

REPORT_COLUMNS: Final = (
    SYMBOL, "outcome", "new", "unchanged", "corrected", "kept", "refused", "why", SOURCE,
    "disputed", "moved_from",
)  # fmt: skip


class Problem(StrEnum):
    """Why a symbol has no new bars; its text is `problem.<value>` of the catalogue."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    CLOSED = "closed"
    DEADLINE = "deadline"
    BAD_ANSWER = "bad_answer"
    WRONG_SYMBOL = "wrong_symbol"
    EMPTY = "empty"
    SUSPECT = "suspect"
    NOT_ANSWERED = "not_answered"
    STOPPED = "stopped"


class Verdict(StrEnum):
    """How a symbol came out."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


_NAMED: Final = 5
SKIPPING: Final = frozenset((Problem.RATE_LIMITED, Problem.STOPPED, Problem.NOT_ANSWERED))
_PROBLEMS: Final[dict[type[ProviderError], Problem]] = {
    UnknownSymbol: Problem.UNKNOWN_SYMBOL,
    RateLimited: Problem.RATE_LIMITED,
    SourceUnavailable: Problem.UNAVAILABLE,
    SourceClosed: Problem.CLOSED,
    DeadlineExceeded: Problem.DEADLINE,
    WrongSymbol: Problem.WRONG_SYMBOL,
}


def problem_of(error: ProviderError) -> Problem:
    """The reason code of a source's error."""
    return _PROBLEMS.get(type(error), Problem.BAD_ANSWER)


@dataclass(frozen=True)
class Dispute:
    """Two sources tell closes of one session that are more than a tick apart.

    Attributes
    ----------
    close, source : the exchange's, which is stored
    ticks : how far apart they are
    """

    session: dt.date
    close: float
    source: str
    other_close: float
    other_source: str
    ticks: float

    def sentence(self, language: Language) -> str:
        """Who says what, in words."""
        return translate(
            "outcome.disputed",
            language,
            session=self.session,
            source=self.source,
            close=f"{self.close:g}",
            other_source=self.other_source,
            other=f"{self.other_close:g}",
            ticks=f"{self.ticks:g}",
        )


@dataclass(frozen=True)
class Move:
    """A company that trades on another board now.

    Attributes
    ----------
    done : its history has moved; not where the map still names the old symbol
    """

    old: str
    new: str
    done: bool

    def sentence(self, language: Language) -> str:
        """What became of its history, in words."""
        key = "outcome.moved" if self.done else "outcome.not_moved"
        return translate(key, language, old=self.old, new=self.new)


@dataclass(frozen=True)
class FeedReport:
    """One feed of the exchanges.

    Attributes
    ----------
    problem, detail : why nothing came, and the source's own words
    session, expected : day that its prices are of, and the last that has ended; None for a
        feed that is no day of prices
    passed_over : another form of the same was better
    """

    key: str
    rows: int = 0
    problem: Problem | None = None
    detail: str = ""
    session: dt.date | None = None
    expected: dt.date | None = None
    passed_over: bool = False

    @property
    def failed(self) -> bool:
        """Whether nothing came, and nothing stood in."""
        return self.problem is not None and not self.passed_over

    @property
    def stale(self) -> bool:
        """Whether its prices are of an earlier session than the last that has ended."""
        known = self.session is not None and self.expected is not None
        return known and self.session < self.expected  # type: ignore[operator]

    def why(self, language: Language) -> str:
        """What is wrong with its answer, in words; empty where nothing is."""
        if self.problem is not None:
            return f"{translate(f'problem.{self.problem}', language)} ({self.detail})"
        if self.stale:
            return translate("problem.stale", language, last=self.session, expected=self.expected)
        return ""


def _feed_sentences(feeds: Sequence[FeedReport], language: Language) -> Iterable[str]:
    """The days of prices, what went wrong (feeds of one fate together), and how many are done."""
    fates: dict[str, list[str]] = {}
    for feed in feeds:
        if why := feed.why(language):
            fates.setdefault(why, []).append(feed.key)
        elif feed.session is not None:
            yield translate(
                "outcome.feed_day", language, feed=feed.key, session=feed.session, rows=feed.rows
            )
    for why, keys in fates.items():
        yield translate("outcome.feed_failed", language, feed=", ".join(keys), why=why)
    done = sum(feed.problem is None for feed in feeds)
    if feeds:
        yield translate("outcome.feeds", language, done=done, feeds=len(feeds))


@dataclass(frozen=True)
class SymbolReport:
    """One symbol of a run.

    Attributes
    ----------
    counts : rows stored, unchanged, corrected and kept
    problem, detail : why nothing came, and the source's own words
    stale : (last session the source has, the one expected), where it is behind
    replaced : the whole history was fetched again, for an action since
    sources : who told the newest bars
    disputes : closes that two sources tell differently
    moved_from : symbol that its history was stored under before
    """

    symbol: str
    counts: Outcome = field(default_factory=Outcome)
    refusals: tuple[Refusal, ...] = ()
    problem: Problem | None = None
    detail: str = ""
    stale: tuple[dt.date, dt.date] | None = None
    replaced: bool = False
    sources: tuple[str, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    moved_from: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.problem is None:
            return Verdict.DONE
        return Verdict.SKIPPED if self.problem in SKIPPING else Verdict.FAILED

    def why(self, language: Language) -> str:
        """Everything that went other than hoped, in words; empty where nothing did."""
        parts = list(_refusal_sentences(self.refusals, language))
        if self.problem is not None:
            text = translate(f"problem.{self.problem}", language)
            parts.insert(0, f"{text} ({self.detail})" if self.detail else text)
        if self.stale is not None:
            last, expected = self.stale
            parts.append(translate("problem.stale", language, last=last, expected=expected))
        parts += [dispute.sentence(language) for dispute in self.disputes]
        return "; ".join(parts)


def _refusal_sentences(refusals: Iterable[Refusal], language: Language) -> Iterable[str]:
    ordered = sorted(refusals, key=lambda one: (one.reason, one.session))
    for _, group in groupby(ordered, key=lambda one: one.reason):
        bars = list(group)
        why = bars[0].sentence(language)
        if len(bars) == 1:
            yield translate("outcome.on", language, session=bars[0].session, why=why)
        else:
            yield translate(
                "outcome.from_to",
                language,
                first=bars[0].session,
                last=bars[-1].session,
                n=len(bars),
                why=why,
            )


@dataclass(frozen=True)
class Report:
    """A whole run; `symbols` is empty where nothing was missing.

    Attributes
    ----------
    holes : sessions that the source lacks for most symbols
    records : name of a kind → its rows stored beside the bars
    passed_over : names of files in an imported folder that hold nothing to import
    feeds : what was asked of the exchanges
    moves : companies that trade on another board now
    quarantined : refused rows that were kept aside for a look
    jumps : (symbol, session) of what was stored and no action explains, newest first
    clock : (now, latest fetch stored), where the clock is behind what is stored
    """

    symbols: tuple[SymbolReport, ...] = ()
    holes: tuple[Hole, ...] = ()
    records: Mapping[str, Outcome] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()
    feeds: tuple[FeedReport, ...] = ()
    moves: tuple[Move, ...] = ()
    quarantined: int = 0
    jumps: tuple[tuple[str, dt.date], ...] = ()
    clock: tuple[dt.datetime, dt.datetime] | None = None

    @property
    def new(self) -> int:
        return sum(one.counts.new for one in self.symbols)

    @property
    def corrected(self) -> int:
        return sum(one.counts.corrected for one in self.symbols)

    @property
    def unchanged(self) -> int:
        return sum(one.counts.unchanged for one in self.symbols)

    @property
    def refused(self) -> int:
        return sum(len(one.refusals) for one in self.symbols)

    @property
    def failed(self) -> tuple[SymbolReport, ...]:
        return tuple(one for one in self.symbols if one.verdict is Verdict.FAILED)

    @property
    def skipped(self) -> tuple[SymbolReport, ...]:
        return tuple(one for one in self.symbols if one.verdict is Verdict.SKIPPED)

    @property
    def disputed(self) -> int:
        return sum(len(one.disputes) for one in self.symbols)

    @property
    def incomplete(self) -> bool:
        """Whether a symbol or feed failed or was skipped, or a bar refused that should be good."""
        return any(feed.failed for feed in self.feeds) or any(
            one.problem is not None or any(r.reason not in EXPECTED for r in one.refusals)
            for one in self.symbols
        )

    def rows(self, language: Language = "en") -> pd.DataFrame:
        """One row per symbol, `REPORT_COLUMNS`; outcome is a code, why a sentence."""
        rows = [
            (
                one.symbol,
                str(one.verdict),
                one.counts.new,
                one.counts.unchanged,
                one.counts.corrected,
                one.counts.kept,
                len(one.refusals),
                one.why(language),
                ", ".join(one.sources),
                len(one.disputes),
                one.moved_from,
            )
            for one in self.symbols
        ]
        return pd.DataFrame(rows, columns=list(REPORT_COLUMNS))

    def summary(self, language: Language = "en") -> str:
        """The run in a few lines."""
        lines = []
        if self.symbols:
            lines.append(
                translate(
                    "outcome.summary",
                    language,
                    symbols=len(self.symbols),
                    new=self.new,
                    corrected=self.corrected,
                    unchanged=self.unchanged,
                    refused=self.refused,
                    failed=len(self.failed),
                    skipped=len(self.skipped),
                )
            )
        lines += [
            translate(
                "outcome.records",
                language,
                kind=translate(f"kind.{name}", language),
                new=outcome.new,
                corrected=outcome.corrected,
                unchanged=outcome.unchanged,
            )
            for name, outcome in self.records.items()
            if (outcome.new, outcome.corrected, outcome.unchanged) != (0, 0, 0)
        ]
        lines += [move.sentence(language) for move in self.moves]
        lines += _feed_sentences(self.feeds, language)
        if self.disputed:
            lines.append(translate("outcome.disputes", language, n=self.disputed))
        if self.quarantined:
            lines.append(translate("outcome.quarantined", language, n=self.quarantined))
        if self.jumps:
            named = ", ".join(f"{symbol} {day}" for symbol, day in self.jumps[:_NAMED])
            more = "" if len(self.jumps) <= _NAMED else ", …"
            lines.append(
                translate("outcome.jumps", language, n=len(self.jumps), named=named + more)
            )
        if self.clock:
            now, latest = (f"{moment:%Y-%m-%d %H:%M %Z}" for moment in self.clock)
            lines.append(translate("outcome.clock", language, now=now, latest=latest))
        lines += [hole.sentence(language) for hole in self.holes]
        if self.passed_over:
            files = ", ".join(self.passed_over)
            lines.append(translate("outcome.passed_over", language, files=files))
        return "\n".join(lines) or translate("outcome.nothing", language)
