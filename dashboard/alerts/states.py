"""How symbols and layers stand in one session: pure, all symbols at once.

Each function takes a `Case` and returns a frame, one row per symbol or layer: `state` (text,
missing where it is not known) and beside it the figures a reader wants to be told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.limits import LimitState
from dashboard.analytics.metrics import LAST_SESSION
from dashboard.analytics.panel import Panel
from dashboard.i18n import Text
from dashboard.markets import HOME, market_of
from dashboard.prices.bars import UNEXPLAINED, BarFlag
from dashboard.prices.quality import FLAG_RULES
from dashboard.screening.run import truths
from dashboard.snapshot import MemberFilter, Snapshot

STATE: Final = "state"
TRUE, FALSE = "true", "false"
IN, OUT = "in", "out"
CROSSED = "crossed"
UP, DOWN, BOTH, NONE = "up", "down", "both", "none"
ANY: Final = "any"
STALE: Final = "stale"
_TOLD: Final = tuple(
    flag for flag in BarFlag if not flag & (BarFlag.PROVISIONAL | BarFlag.SIMULATED)
)
_FLAG_NAMES: Final = {flag: str(flag.name).lower() for flag in _TOLD}
FLAG_LABELS: Final[Mapping[str, Text]] = {
    **{name: FLAG_RULES[flag].label for flag, name in _FLAG_NAMES.items()},
    STALE: Text("股價過期", "prices out of date"),
}
"""What `fresh_flag` can tell."""

_TRADED: Final = "traded"
_CLOSE: Final = "close"
_BEFORE: Final = "before"
_FLAGS: Final = "flags"
_FLAGS_BEFORE: Final = "flags_before"
_RANK: Final = "rank"


@dataclass(frozen=True, eq=False)
class Case:
    """One rule in one session.

    Attributes
    ----------
    now, before : the session, and the one before it on the home market
        Of the same universe, which holds `symbols`; ranks are counted in it.
    symbols : that the rule looks at
    layers : likewise, of a rule on layers
    parameters : all of the kind's, defaults filled in
    table : the `screen_table` of `now`, where it has been built already
    """

    now: Snapshot
    before: Snapshot
    symbols: Sequence[str]
    layers: Sequence[str]
    expression: str
    parameters: Mapping[str, float | str]
    table: pd.DataFrame | None = None

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Figures of the symbols, missing rows for those outside the universe."""
        return self.now.metrics.reindex(list(self.symbols))

    @cached_property
    def bars(self) -> pd.DataFrame:
        """The session's own bar of each symbol, and its bar before.

        `traded` is False where the symbol has no bar of the session, or one that is not final
        yet; closes are as traded, `before` in terms of the session (on an ex-date the reference
        price), missing across an unexplained jump.
        """
        parts = [
            _session_bars(self.now.prices.panels.get(market), own, self.now.as_of)
            for market, own in by_market(self.symbols).items()
        ]
        return pd.concat(parts).reindex(list(self.symbols)) if parts else _no_bars([])

    def asked(self, direction: str) -> bool:
        """Whether the rule asks for this direction."""
        return self.parameters["direction"] in (direction, BOTH)


def by_market(symbols: Sequence[str]) -> dict[str, list[str]]:
    """The symbols of each market."""
    found: dict[str, list[str]] = {}
    for symbol in symbols:
        found.setdefault(market_of(symbol), []).append(symbol)
    return found


def last_session(panel: Panel | None, as_of: dt.date) -> dt.date | None:
    """A market's last session on or before a day."""
    column = -1 if panel is None else panel.column(as_of)
    if panel is None or column < 0:
        return None
    session: dt.date = panel.sessions[column].item()
    return session


def _no_bars(symbols: Sequence[str]) -> pd.DataFrame:
    index = pd.Index(list(symbols), dtype="str")
    nothing = {_TRADED: False, _CLOSE: np.nan, _BEFORE: np.nan, _FLAGS: 0, _FLAGS_BEFORE: 0}
    return pd.DataFrame(nothing, index=index)


def _session_bars(panel: Panel | None, symbols: Sequence[str], as_of: dt.date) -> pd.DataFrame:
    out = _no_bars(symbols)
    column = -1 if panel is None else panel.column(as_of)
    if panel is None or column < 0:
        return out
    stored = [symbol for symbol in symbols if symbol in panel.positions]
    rows = np.array([panel.positions[symbol] for symbol in stored], dtype=np.intp)
    own = np.isfinite(panel.close[rows, :column])
    previous = np.where(own.any(axis=1), column - 1 - own[:, ::-1].argmax(axis=1), -1)
    close, flags = panel.unadjusted_close[rows, column], panel.flags[rows, column]
    final = np.isfinite(close) & (flags & BarFlag.PROVISIONAL == 0)
    known = previous >= 0
    out.loc[stored, _TRADED] = final
    out.loc[stored, _CLOSE] = close
    out.loc[stored, _BEFORE] = np.where(
        known & (flags & UNEXPLAINED == 0), _close_before(panel, rows, column, previous), np.nan
    )
    out.loc[stored, _FLAGS] = flags
    out.loc[stored, _FLAGS_BEFORE] = np.where(known, panel.flags[rows, previous], 0)
    return out


def _close_before(
    panel: Panel, rows: npt.NDArray[np.intp], column: int, previous: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """The reference price where it is known, else the adjusted close before in today's terms."""
    scale = panel.unadjusted_close[rows, column] / panel.close[rows, column]
    reference = panel.reference[rows, column]
    adjusted = panel.close[rows, previous] * scale
    plain = panel.unadjusted_close[rows, previous]
    # Without anything gone ex the close before is exact, a product of factors only nearly.
    adjusted = np.where(np.isclose(adjusted, plain, rtol=1e-9), plain, adjusted)
    out: npt.NDArray[np.float64] = np.where(np.isnan(reference), adjusted, reference)
    return out


def matches(case: Case) -> pd.DataFrame:
    """Whether the expression is true of each symbol; unknown where it is neither."""
    names = pd.Index(list(case.symbols), dtype="str")
    told = truths(case.now, case.expression, table=case.table).reindex(names)
    known = [told.eq(True).fillna(False), told.eq(False).fillna(False)]
    return _states(np.select(known, [TRUE, FALSE], ""), names, close=_closes(case))


def screened(case: Case) -> pd.DataFrame:
    """Whether each symbol is in the screen's result, as the screener's page tells changes."""
    names = pd.Index(list(case.symbols), dtype="str")
    inside = truths(case.now, case.expression, table=case.table).fillna(False).reindex(names)
    known = [inside.eq(True).fillna(False), inside.notna()]
    return _states(np.select(known, [IN, OUT], ""), names, close=_closes(case))


def crosses_price(case: Case) -> pd.DataFrame:
    """Whether the close reached or passed the level, from the other side the session before."""
    bars, level = case.bars, float(case.parameters["level"])
    close, before = bars[_CLOSE], bars[_BEFORE]
    if case.parameters["direction"] == UP:
        crossed = (before < level) & (close >= level)
    else:
        crossed = (before > level) & (close <= level)
    known = bars[_TRADED] & before.notna()
    state = np.where(known, np.where(crossed, CROSSED, NONE), "")
    return _states(state, bars.index, close=close, before=before, level=level)


def change_in_session(case: Case) -> pd.DataFrame:
    """Whether the session's adjusted return is as large as asked."""
    change = case.metrics["return_1d"].astype(float)
    least = float(case.parameters["change"])
    # A fraction told in percent (5 %) shall count at exactly that, whatever its binary digits.
    reached = change.abs() >= least - 1e-9
    known = case.bars[_TRADED] & change.notna() & _of_session(case)
    state = np.select(
        [
            ~known,
            reached & (change > 0) & case.asked(UP),
            reached & (change < 0) & case.asked(DOWN),
        ],
        ["", UP, DOWN],
        NONE,
    )
    return _states(state, case.metrics.index, change=change, close=_closes(case))


def at_limit(case: Case) -> pd.DataFrame:
    """Whether the close is at the day's limit."""
    limit = case.metrics["limit_state"]
    wide = case.parameters["locked"] == ANY
    ups = [LimitState.LOCKED_UP, *([LimitState.UP] if wide else [])]
    downs = [LimitState.LOCKED_DOWN, *([LimitState.DOWN] if wide else [])]
    known = case.bars[_TRADED] & limit.notna() & _of_session(case)
    state = np.select(
        [~known, limit.isin(ups) & case.asked(UP), limit.isin(downs) & case.asked(DOWN)],
        ["", UP, DOWN],
        NONE,
    )
    return _states(state, case.metrics.index, limit_state=limit, close=_closes(case))


def layer_rank_change(case: Case) -> pd.DataFrame:
    """Whether a layer's rank by its return has moved by so many places since the session before.

    Rank 1 is the highest return, equal ones share the better rank.
    """
    key = str(case.parameters["by"])
    now, before = (one.layers(MemberFilter())[key] for one in (case.now, case.before))
    rank, rank_before = (
        one.rank(ascending=False, method="min").reindex(list(case.layers)) for one in (now, before)
    )
    risen = rank_before - rank
    places = float(case.parameters["places"])
    known = risen.notna() & _is_final(case.now)
    state = np.select(
        [~known, (risen >= places) & case.asked(UP), (risen <= -places) & case.asked(DOWN)],
        ["", UP, DOWN],
        NONE,
    )
    change = now.reindex(risen.index)
    return _states(state, risen.index, rank=rank, rank_before=rank_before, change=change, by=key)


def fresh_flag(case: Case) -> pd.DataFrame:
    """The flags of the session's bar that the bar before lacks, comma-separated."""
    asked = str(case.parameters["flag"])
    bars = case.bars
    fresh = bars[_FLAGS].to_numpy(int) & ~bars[_FLAGS_BEFORE].to_numpy(int)
    stale = _stale(case.now, case.symbols) & ~_stale(case.before, case.symbols)
    state = []
    for traded, flags, late in zip(bars[_TRADED], fresh, stale, strict=True):
        names = [name for flag, name in _FLAG_NAMES.items() if traded and flag & flags]
        names += [STALE] if late else []
        told = [name for name in names if asked in (ANY, name)]
        state.append(",".join(told) if told else NONE if traded or late else "")
    return _states(np.array(state, dtype=object), bars.index, close=_closes(case))


def _stale(snapshot: Snapshot, symbols: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Of symbols that have any bar, which have none of the last sessions."""
    notes = snapshot.notes.reindex(list(symbols))
    out: npt.NDArray[np.bool_] = (notes["stale"].eq(True) & notes["bars"].gt(0)).to_numpy(bool)
    return out


def _closes(case: Case) -> pd.Series:
    return case.metrics["unadjusted_close"]


def _of_session(case: Case) -> pd.Series:
    """Whether a symbol's figures are of its market's last session, not of an older bar."""
    panels = case.now.prices.panels
    sessions = {
        market: pd.Timestamp(last)
        if (last := last_session(panels.get(market), case.now.as_of))
        else pd.NaT
        for market in by_market(case.symbols)
    }
    wanted = pd.Series([sessions[market_of(one)] for one in case.symbols], case.metrics.index)
    return case.metrics[LAST_SESSION].eq(wanted)


def _is_final(snapshot: Snapshot) -> bool:
    """Whether no bar of the home market's session is provisional."""
    panel = snapshot.prices.panels.get(HOME)
    if panel is None or (column := panel.column(snapshot.as_of)) < 0:
        return False
    return not (panel.flags[:, column] & BarFlag.PROVISIONAL).any()


def provisional(snapshot: Snapshot, symbols: Sequence[str]) -> frozenset[str]:
    """Symbols whose bar of the session was fetched before it was final."""
    found: set[str] = set()
    for market, own in by_market(symbols).items():
        panel = snapshot.prices.panels.get(market)
        column = -1 if panel is None else panel.column(snapshot.as_of)
        if panel is None or column < 0:
            continue
        marked = np.flatnonzero(panel.flags[:, column] & BarFlag.PROVISIONAL)
        found |= {panel.symbols[row] for row in marked} & set(own)
    return frozenset(found)


def _states(
    state: npt.NDArray[np.object_] | npt.NDArray[np.str_],
    index: pd.Index,
    **details: pd.Series | float | str,
) -> pd.DataFrame:
    known = pd.Series(state, index=index, dtype=object)
    frame = pd.DataFrame({STATE: known.where(known != "", None)}, index=index)
    return frame.assign(**details)
