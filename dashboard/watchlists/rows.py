"""A list's rows with their figures: what its page and the command line show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.accounts.models import Entry, NewEntry
from dashboard.analytics.metrics import METRICS
from dashboard.analytics.notes import MissingReason
from dashboard.analytics.official import coming_actions, valid_notices
from dashboard.analytics.ownbars import MAX_BASE_AGE, MAX_STALE
from dashboard.analytics.panel import Field, Floats, Panel
from dashboard.i18n import Text
from dashboard.markets import market_of
from dashboard.prices.bars import DIVIDEND, FETCHED_AT, SESSION, SPLIT, SYMBOL, UNEXPLAINED, BarFlag
from dashboard.prices.quality import FLAG_RULES
from dashboard.prices.records import (
    ACTIONS,
    KIND,
    NOTICES,
    REDUCTION,
    RIGHTS,
    STOCK_DIVIDEND,
)
from dashboard.snapshot import Snapshot
from dashboard.watchlists.following import ShownEntries
from dashboard.watchlists.formats import (
    ADDED_ON,
    ADDED_PRICE,
    NOTE,
    SECTION,
    STOP,
    TAGS,
    TARGET,
)

LEFT: Final = "left"
LAYERS: Final = "layers"
LAST_CLOSE: Final = "last_close"
RETURN_SINCE_ADDED: Final = "return_since_added"
SINCE_REASON: Final = "since_reason"
BASE_SESSION: Final = "base_session"
BASE_CLOSE: Final = "base_close"
TO_TARGET: Final = "to_target"
TO_STOP: Final = "to_stop"
HIT: Final = "hit"
FLAGS: Final = "flags"
NEXT_EX_DATE: Final = "next_ex_date"
NEXT_EX_KINDS: Final = "next_ex_kinds"
OWN_COLUMNS: Final = (
    SYMBOL, SECTION, NOTE, TAGS, ADDED_ON, ADDED_PRICE, TARGET, STOP, LEFT, LAYERS, LAST_CLOSE,
    BASE_SESSION, BASE_CLOSE, RETURN_SINCE_ADDED, SINCE_REASON, TO_TARGET, TO_STOP, HIT, FLAGS,
    NEXT_EX_DATE, NEXT_EX_KINDS,
)  # fmt: skip
"""Before the metrics, of which each has its key as its column."""

_OF_BARS: Final = (BASE_CLOSE, LAST_CLOSE, RETURN_SINCE_ADDED)
_PRICED: Final = (BASE_SESSION, *_OF_BARS, SINCE_REASON)
_SHARES_CHANGED: Final = 1.25
"""Factor of one bar from which a target or stop of before is of another price level."""
_NOTHING_COMES: Final[tuple[dt.date | None, tuple[str, ...]]] = (None, ())
_NO_RECORDS: Final[Mapping[str, pd.DataFrame]] = MappingProxyType({})
_TERMS: Final = {
    DIVIDEND: 0.0, STOCK_DIVIDEND: 0.0, RIGHTS: 0.0, SPLIT: 1.0, REDUCTION: 1.0,
}  # fmt: skip
"""Kinds of what goes ex → the value that says that it does not."""


class Hit(StrEnum):
    """Whether the last close has reached the target from below or the stop from above."""

    NONE = "none"
    TARGET = "target"
    STOP = "stop"


class RowFlag(StrEnum):
    """What is to be known before a row is believed, gravest first."""

    NO_BARS = "no_bars"
    STALE = "stale"
    DISPOSITION = "disposition"
    ATTENTION = "attention"
    JUMP = "jump"
    SHARES_CHANGED = "shares_changed"
    UNADJUSTED = "unadjusted"
    DISPUTED = "disputed"
    ADJUSTMENT_DIFFERS = "adjustment_differs"
    PLACEHOLDER = "placeholder"
    PROVISIONAL = "provisional"
    ACCEPTED = "accepted"

    @property
    def label(self) -> Text:
        """One phrase for the reader."""
        return _FLAG_LABELS[self]


_OF_LAST_BAR: Final = {
    RowFlag.DISPUTED: BarFlag.DISPUTED,
    RowFlag.ADJUSTMENT_DIFFERS: BarFlag.ADJUSTMENT_DIFFERS,
    RowFlag.PLACEHOLDER: BarFlag.PLACEHOLDER,
    RowFlag.PROVISIONAL: BarFlag.PROVISIONAL,
    RowFlag.ACCEPTED: BarFlag.ACCEPTED,
}
_OF_THE_BARS: Final = (
    RowFlag.NO_BARS, RowFlag.STALE, RowFlag.JUMP, RowFlag.SHARES_CHANGED, RowFlag.UNADJUSTED,
    *_OF_LAST_BAR,
)  # fmt: skip
_FLAG_LABELS: Final = {
    RowFlag.NO_BARS: MissingReason.NO_BARS.label,
    RowFlag.STALE: MissingReason.STALE.label,
    RowFlag.DISPOSITION: Text("處置", "disposition"),
    RowFlag.ATTENTION: Text("注意", "attention"),
    RowFlag.JUMP: FLAG_RULES[BarFlag.JUMP].label,
    RowFlag.SHARES_CHANGED: Text(
        "加入後股數變動：目標與停損可能仍是舊價位",
        "shares split or merged since it was added: target and stop may be of before",
    ),
    RowFlag.UNADJUSTED: FLAG_RULES[BarFlag.UNADJUSTED].label,
    **{flag: FLAG_RULES[bar].label for flag, bar in _OF_LAST_BAR.items()},
}


def price_on(snapshot: Snapshot, symbol: str, day: dt.date) -> tuple[dt.date, float] | None:
    """The last session on or before a day, and the symbol's traded close of it.

    None where nothing is stored, and of simulated prices: no one paid them.
    """
    panel = snapshot.prices.panels.get(market_of(symbol))
    if snapshot.prices.simulated or panel is None or symbol not in panel.positions:
        return None
    close = panel.series(symbol, "unadjusted_close").iloc[: panel.column(day) + 1].dropna()
    return None if close.empty else (close.index[-1].date(), float(close.iloc[-1]))


def with_prices(snapshot: Snapshot, entries: Sequence[NewEntry]) -> tuple[NewEntry, ...]:
    """The entries with the traded close of the day they are added, where they tell no price."""
    return tuple(
        replace(one, added_price=found[1])
        if one.added_price is None
        and (found := price_on(snapshot, one.symbol, min(one.added_on, snapshot.as_of)))
        else one
        for one in entries
    )


def watch_rows(
    snapshot: Snapshot,
    shown: ShownEntries,
    *,
    records: Mapping[str, pd.DataFrame] = _NO_RECORDS,
    today: dt.date | None = None,
) -> pd.DataFrame:
    """One row per entry, in the order shown, with every metric.

    Parameters
    ----------
    snapshot : of any universe; a symbol outside of it has no metrics
    records : kind's name → its records: ACTIONS and NOTICES; an absent kind has none
    today : ex-dates before it have happened; the snapshot's session if None

    Returns
    -------
    DataFrame, index entry id; `OWN_COLUMNS`, then metric keys
        layers : tuple of the primary layers' ids
        last_close : as traded, of the last bar; missing where it is stale
        base_session, base_close : last bar on or before `added_on`, as traded
        return_since_added : fraction, dividends and splits counted. From `added_price`, which
            is brought to today's shares by the adjustment of the base bar; else from its close.
            Missing where `since_reason` (a `MissingReason`) says why: added after the session,
            no bar around the day it was added, stale, or an unexplained jump since.
        to_target, to_stop : fraction of `last_close` that is missing to them
        hit : `Hit`; missing without target and stop, or without a price
        flags : tuple of `RowFlag`, gravest first
        next_ex_date, next_ex_kinds : the next that was known, and what goes ex (columns of
            `records.ACTIONS`); announced ahead, so of a session in the past only what was
            fetched by then
    """
    entries = shown.entries
    symbols = [one.symbol for one in entries]
    simulated = snapshot.prices.simulated
    priced = _priced(snapshot, entries)
    told = _NO_RECORDS if simulated else records
    coming = _coming(told, symbols, snapshot, today or snapshot.as_of)
    frame = pd.DataFrame(
        {
            SYMBOL: pd.Series(symbols, dtype="str"),
            SECTION: pd.Series([one.section for one in entries], dtype="str"),
            NOTE: pd.Series([one.note for one in entries], dtype="str"),
            TAGS: pd.Series([one.tags for one in entries], dtype=object),
            ADDED_ON: _days([one.added_on if one.id >= 0 else None for one in entries]),
            ADDED_PRICE: _numbers([one.added_price for one in entries]),
            TARGET: _numbers([one.target for one in entries]),
            STOP: _numbers([one.stop for one in entries]),
            LEFT: [one.id in shown.left for one in entries],
            LAYERS: pd.Series(
                [primary_layers(snapshot, symbol) for symbol in symbols], dtype=object
            ),
            **{name: priced[name] for name in _PRICED},
            FLAGS: pd.Series(
                _flags(snapshot, symbols, priced, _notices(told, snapshot.as_of)), dtype=object
            ),
            NEXT_EX_DATE: _days([coming.get(one, _NOTHING_COMES)[0] for one in symbols]),
            NEXT_EX_KINDS: pd.Series(
                [coming.get(one, _NOTHING_COMES)[1] for one in symbols], dtype=object
            ),
        }
    )
    frame[TO_TARGET] = frame[TARGET] / frame[LAST_CLOSE] - 1
    frame[TO_STOP] = frame[STOP] / frame[LAST_CLOSE] - 1
    frame[HIT] = _hits(frame)
    metrics = snapshot.metrics.reindex(symbols)[list(METRICS)].reset_index(drop=True)
    rows = pd.concat([frame[list(OWN_COLUMNS)], metrics], axis=1)
    return rows.set_axis(pd.Index([one.id for one in entries], name="id", dtype="int64"))


def primary_layers(snapshot: Snapshot, symbol: str) -> tuple[str, ...]:
    """Ids of the layers in which a company has its primary place; none off the map."""
    company = snapshot.chain.company_by_symbol.get(symbol)
    places = company.memberships if company else ()
    return tuple(dict.fromkeys(one.layer for one in places if one.primary))


def _numbers(values: Sequence[float | None]) -> pd.Series:
    return pd.Series(values, dtype="float64")


def _days(values: Sequence[dt.date | None]) -> pd.Series:
    return pd.Series(np.array(values, "datetime64[s]"))


def _hits(frame: pd.DataFrame) -> pd.Series:
    """Text; missing where there is nothing to reach or no price."""
    judged = frame[LAST_CLOSE].notna() & (frame[TARGET].notna() | frame[STOP].notna())
    hit = pd.Series(Hit.NONE.value, frame.index, dtype="str").where(judged)
    hit = hit.mask(frame[LAST_CLOSE] >= frame[TARGET], Hit.TARGET.value)
    return hit.mask(frame[LAST_CLOSE] <= frame[STOP], Hit.STOP.value)


def _priced(snapshot: Snapshot, entries: Sequence[Entry]) -> pd.DataFrame:
    """What the bars say of each entry, in their order: `_PRICED` and flags of the bars."""
    out = pd.DataFrame(
        {
            BASE_SESSION: _days([None] * len(entries)),
            **{name: _numbers([None] * len(entries)) for name in _OF_BARS},
            SINCE_REASON: pd.Series(
                [
                    _told_by_the_entry(one, snapshot.as_of) or MissingReason.NO_BARS.value
                    for one in entries
                ],
                dtype="str",
            ),
            **{flag.value: False for flag in _OF_THE_BARS},
        },
        index=range(len(entries)),
    )
    out[RowFlag.NO_BARS.value] = True
    places: dict[str, list[int]] = {}
    for place, one in enumerate(entries):
        places.setdefault(market_of(one.symbol), []).append(place)
    for market, own in places.items():
        panel = snapshot.prices.panels.get(market)
        stored = [one for one in own if panel and entries[one].symbol in panel.positions]
        if panel is not None and stored and panel.column(snapshot.as_of) >= 0:
            bars = _Bars.of(panel.as_of(snapshot.as_of), [entries[one] for one in stored])
            for name, values in bars.columns(snapshot.as_of).items():
                out.loc[stored, name] = values
    return out


def _told_by_the_entry(entry: Entry, as_of: dt.date) -> str:
    """Why there is no return since the entry was added, whatever the bars are; empty for none."""
    if entry.id < 0:
        return MissingReason.NOT_ADDED.value
    return MissingReason.NOT_YET.value if entry.added_on > as_of else ""


@dataclass(frozen=True, eq=False)
class _Bars:
    """The bars of some entries of one market up to the session that figures are of.

    Attributes
    ----------
    rows : rows of the panel
    base : column of the last bar on or before the day an entry was added, -1 for none
    added : column of the last session on or before that day, -1 for none
    last : column of the last bar, -1 for none
    since : entries × columns, whether a bar lies after the base
    """

    panel: Panel
    entries: Sequence[Entry]
    rows: npt.NDArray[np.intp]
    base: npt.NDArray[np.intp]
    added: npt.NDArray[np.intp]
    last: npt.NDArray[np.intp]
    since: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, panel: Panel, entries: Sequence[Entry]) -> _Bars:
        rows = np.array([panel.positions[one.symbol] for one in entries])
        added = np.array([panel.column(one.added_on) for one in entries])
        columns = np.arange(len(panel.sessions))
        own = ~np.isnan(panel.close[rows])
        base = np.where(own & (columns <= added[:, None]), columns, -1).max(axis=1)
        last = np.where(own, columns, -1).max(axis=1)
        return cls(panel, entries, rows, base, added, last, own & (columns > base[:, None]))

    def columns(self, as_of: dt.date) -> dict[str, npt.NDArray[Any]]:
        """The columns of `_priced`."""
        reasons = self._reasons(as_of)
        missing = reasons != ""
        stale = self._stale()
        paid = np.array([one.added_price or np.nan for one in self.entries], float)
        base_close = self._at("unadjusted_close", self.base)
        growth = self._at("close", self.last) / self._at("close", self.base)
        paid = np.where(np.isnan(paid), base_close, paid)
        sessions = self.panel.sessions[np.maximum(self.base, 0)].astype("datetime64[s]")
        sessions[self.base < 0] = np.datetime64("NaT")
        return {
            BASE_SESSION: sessions,
            BASE_CLOSE: base_close,
            LAST_CLOSE: np.where(stale, np.nan, self._at("unadjusted_close", self.last)),
            RETURN_SINCE_ADDED: np.where(missing, np.nan, growth * base_close / paid - 1),
            SINCE_REASON: np.where(missing, reasons, np.array(None)),
            RowFlag.NO_BARS: self.last < 0,
            RowFlag.STALE: stale & (self.last >= 0),
            RowFlag.JUMP: self._jumped(),
            RowFlag.SHARES_CHANGED: self._shares_changed(),
            RowFlag.UNADJUSTED: self._any(BarFlag.UNADJUSTED),
            **{flag: self._last_flags & bar != 0 for flag, bar in _OF_LAST_BAR.items()},
        }

    def _reasons(self, as_of: dt.date) -> npt.NDArray[np.object_]:
        """Why there is no return since each entry was added; empty where there is one."""
        cases = (
            (self.last < 0, MissingReason.NO_BARS),
            (self._stale(), MissingReason.STALE),
            (self.base < 0, MissingReason.SHORT_HISTORY),
            (self.added - self.base > MAX_BASE_AGE, MissingReason.HALTED),
            (self._jumped(), MissingReason.JUMP),
        )
        told = np.array([_told_by_the_entry(one, as_of) for one in self.entries], object)
        reasons = np.full(len(self.entries), "", object)
        for applies, reason in reversed(cases):
            reasons[applies] = reason.value
        return np.where(told != "", told, reasons)

    def _stale(self) -> npt.NDArray[np.bool_]:
        behind = len(self.panel.sessions) - 1 - self.last
        return np.asarray((self.last < 0) | (behind > MAX_STALE))

    def _at(self, field: Field, column: npt.NDArray[np.intp]) -> Floats:
        values: Floats = getattr(self.panel, field)[self.rows, np.maximum(column, 0)]
        return np.where(column >= 0, values, np.nan)

    def _any(self, flag: BarFlag) -> npt.NDArray[np.bool_]:
        marked: npt.NDArray[np.bool_] = (self.panel.flags[self.rows] & flag != 0) & self.since
        return np.asarray(marked.any(axis=1))

    def _jumped(self) -> npt.NDArray[np.bool_]:
        return self._any(UNEXPLAINED)

    @property
    def _last_flags(self) -> npt.NDArray[np.int32]:
        flags: npt.NDArray[np.int32] = self.panel.flags[self.rows, np.maximum(self.last, 0)]
        return np.where(self.last >= 0, flags, 0)

    def _shares_changed(self) -> npt.NDArray[np.bool_]:
        """Whether one bar's own factor since the base is that of a split or a reduction."""
        adjusted = pd.DataFrame(self.panel.close[self.rows]).ffill(axis=1)
        traded = pd.DataFrame(self.panel.unadjusted_close[self.rows]).ffill(axis=1)
        factor = (adjusted / traded).to_numpy()
        with np.errstate(invalid="ignore"):
            step = np.abs(np.log(factor[:, 1:] / factor[:, :-1]))
        marked = (step > np.log(_SHARES_CHANGED)) & self.since[:, 1:]
        return np.asarray(marked.any(axis=1))


def _notices(records: Mapping[str, pd.DataFrame], as_of: dt.date) -> dict[str, set[str]]:
    """Kinds of the notices that hold, by symbol."""
    found: dict[str, set[str]] = {}
    if NOTICES.name in records:
        valid = valid_notices(records[NOTICES.name], as_of)
        for symbol, kind in zip(valid[SYMBOL], valid[KIND], strict=True):
            found.setdefault(symbol, set()).add(kind)
    return found


def _flags(
    snapshot: Snapshot,
    symbols: Sequence[str],
    priced: pd.DataFrame,
    notices: Mapping[str, set[str]],
) -> list[tuple[RowFlag, ...]]:
    noted = snapshot.notes.reindex(list(symbols))
    year = {
        RowFlag.JUMP: frozenset(snapshot.jumps(symbols)),
        RowFlag.UNADJUSTED: frozenset(noted.index[noted["unadjusted_since"].notna()]),
    }
    marks = priced[[flag.value for flag in _OF_THE_BARS]].to_dict("records")
    return [
        tuple(
            flag
            for flag in RowFlag
            if own.get(flag.value)
            or symbol in year.get(flag, ())
            or flag.value in notices.get(symbol, ())
        )
        for symbol, own in zip(symbols, marks, strict=True)
    ]


def _coming(
    records: Mapping[str, pd.DataFrame], symbols: Sequence[str], snapshot: Snapshot, today: dt.date
) -> dict[str, tuple[dt.date | None, tuple[str, ...]]]:
    """The next ex-date of each symbol that has one, and what goes ex."""
    actions = records.get(ACTIONS.name)
    if actions is None:
        return {}
    own = actions[actions[SYMBOL].isin(list(symbols))]
    if snapshot.as_of < snapshot.prices.last_session:
        # Of the past only what was known then.
        own = own[own[FETCHED_AT].dt.date <= snapshot.as_of]
    coming = coming_actions(own, snapshot.as_of, today).drop_duplicates(SYMBOL)
    return {
        row[SYMBOL]: (
            row[SESSION].date(),
            tuple(
                kind for kind, none in _TERMS.items() if pd.notna(row[kind]) and row[kind] != none
            ),
        )
        for row in coming.to_dict("records")
    }
