"""Simulated prices: deterministic, correlated within a layer, on the real calendar.

They let the dashboard be tried without any network. Nothing in them is a price: every bar
carries the flag SIMULATED. Taiwanese bars keep the market's rules (ticks, ±10 % of the
reference price, a cash dividend a year), so that every page has something to show.

`python -m dashboard.prices.providers.demo` writes the files that ship under `data/demo`.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.errors import UnknownSymbol
from dashboard.markets import HOME, MARKETS, is_index, market_of
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    BAR_COLUMNS,
    CLOSE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
    BarFlag,
    empty_bars,
)
from dashboard.prices.limits import in_cents, limit_down, limit_up, tick_at
from dashboard.prices.providers.base import Answer, Request
from dashboard.prices.sessions import sessions
from dashboard.prices.simulated import BARS_FILE, FOLDER, SHARES_FILE, SOURCE_NAME

Floats = npt.NDArray[np.float64]

FIRST: Final = dt.date(2023, 10, 2)
LAST: Final = dt.date(2026, 11, 20)
_SEED: Final = 20261120
_MARKET_SD, _LAYER_SD, _OWN_SD = 0.009, 0.010, 0.015
_GAP_SD, _WICK_SD = 0.006, 0.006
_DIVIDEND_YIELD: Final = 0.02
_EX_MONTH: Final = 7
_MADE_AT: Final = pd.Timestamp("2026-11-20T10:00:00Z")
_GRID: Final = {"JPY": 1.0, "KRW": 100.0}


def _noise(*names: str) -> np.random.Generator:
    return np.random.default_rng([_SEED, *(zlib.crc32(name.encode()) for name in names)])


@dataclass(frozen=True)
class DemoProvider:
    """The simulation behind the `Provider` protocol.

    Parameters
    ----------
    layers : symbol → layer id
        Symbols of one layer move together; symbols that are not in it are unknown.
    """

    layers: Mapping[str, str]
    name: str = SOURCE_NAME

    def fetch(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """One answer per request, cut from the symbol's whole simulated path."""
        for request in requests:
            if request.symbol not in self.layers and not is_index(request.symbol):
                unknown = UnknownSymbol(request.symbol, "the simulation knows the map's symbols")
                yield Answer(request, empty_bars(), error=unknown)
                continue
            bars = simulate(request.symbol, self.layers.get(request.symbol))
            inside = bars[SESSION].between(pd.Timestamp(request.start), pd.Timestamp(request.end))
            yield Answer(request, bars[inside], shares=simulated_shares([request.symbol]))


def simulate(symbol: str, layer: str | None) -> pd.DataFrame:
    """All simulated bars of one symbol, `FIRST` to `LAST`; an index where `layer` is None."""
    market = market_of(symbol)
    days = sessions(market, FIRST, LAST)
    count = len(days)
    drift = _noise(symbol, "drift").normal(0.0006, 0.0005)
    beta = _noise(symbol, "beta").uniform(0.7, 1.4) if layer else 1.0
    returns = beta * _noise(market, "market").normal(0.0004, _MARKET_SD, count)
    if layer:
        returns += drift + _noise(market, layer).normal(0.0, _LAYER_SD, count)
        returns += _noise(symbol, "own").standard_t(4, count) * _OWN_SD / np.sqrt(2)
    start = float(np.exp(_noise(symbol, "start").uniform(np.log(30), np.log(900))))
    if layer is None:
        start = 10_000.0
    ex = _ex_sessions(days) if layer and market == HOME else np.zeros(count, dtype=bool)
    path = _walk(symbol, market, returns, start, ex, limited=market == HOME and layer is not None)
    return _bars(symbol, days, path, with_volume=layer is not None)


def _ex_sessions(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    """The tenth session of each July."""
    months = days.astype("datetime64[M]")
    july = months.astype(int) % 12 + 1 == _EX_MONTH
    position = np.zeros(len(days), dtype=int)
    for month in np.unique(months[july]):
        own = months == month
        position[own] = np.arange(1, own.sum() + 1)
    ex: npt.NDArray[np.bool_] = july & (position == 10)
    return ex


def _walk(
    symbol: str,
    market: str,
    returns: Floats,
    start: float,
    ex: npt.NDArray[np.bool_],
    *,
    limited: bool,
) -> dict[str, Floats]:
    """Open, high, low, close, dividend and adjustment factor, session by session."""
    noise = _noise(symbol, "range")
    gaps = noise.normal(0, _GAP_SD, len(returns))
    wicks = np.abs(noise.normal(0, _WICK_SD, (2, len(returns))))
    out = {name: np.empty(len(returns)) for name in (OPEN, HIGH, LOW, CLOSE, "factor")}
    out[DIVIDEND] = np.zeros(len(returns))
    previous = _on_grid(np.array(start), market, limited).item()
    for i, move in enumerate(returns):
        reference = previous
        if ex[i]:
            out[DIVIDEND][i] = round(previous * _DIVIDEND_YIELD, 1)
            reference = round(previous - out[DIVIDEND][i], 2)
        out["factor"][i] = reference / previous
        close = reference * np.exp(move)
        opening = reference * np.exp(gaps[i] + move * 0.3)
        high = max(opening, close) * (1 + wicks[0, i])
        low = min(opening, close) * (1 - wicks[1, i])
        prices = np.array([opening, high, low, close])
        if limited:
            cents = in_cents(np.array([reference]))
            prices = np.clip(prices, limit_down(cents) / 100, limit_up(cents) / 100)
        out[OPEN][i], out[HIGH][i], out[LOW][i], out[CLOSE][i] = _on_grid(prices, market, limited)
        previous = out[CLOSE][i]
    return out


def _on_grid(prices: Floats, market: str, limited: bool) -> Floats:
    """The nearest price that the market can quote; a limit price stays where it is."""
    if limited:
        tick = tick_at(in_cents(prices))
        return np.round(in_cents(prices) / tick) * tick / 100
    grid = _GRID.get(MARKETS[market].currency, 0.01)
    return np.round(np.round(prices / grid) * grid, 2)


def _bars(
    symbol: str,
    days: npt.NDArray[np.datetime64],
    path: Mapping[str, Floats],
    *,
    with_volume: bool,
) -> pd.DataFrame:
    count = len(days)
    later = np.append(np.cumprod(path["factor"][::-1])[::-1][1:], 1.0)
    base = float(np.exp(_noise(symbol, "volume").uniform(np.log(5e5), np.log(2e7))))
    swing = np.abs(path[CLOSE] / path[OPEN] - 1) * 25
    volume = base * np.exp(_noise(symbol, "daily volume").normal(0, 0.35, count)) * (1 + swing)
    flags = int(BarFlag.SIMULATED) | (0 if with_volume else int(BarFlag.NO_VOLUME))
    return pd.DataFrame(
        {
            SYMBOL: symbol,
            SESSION: days.astype("datetime64[s]"),
            OPEN: path[OPEN],
            HIGH: path[HIGH],
            LOW: path[LOW],
            CLOSE: path[CLOSE],
            ADJUSTED_CLOSE: path[CLOSE] * later,
            VOLUME: np.round(volume, -3) if with_volume else np.full(count, np.nan),
            DIVIDEND: path[DIVIDEND],
            SPLIT: np.ones(count),
            SOURCE: SOURCE_NAME,
            FETCHED_AT: _MADE_AT,
            FLAGS: np.full(count, flags, dtype=np.int32),
        }
    )[list(BAR_COLUMNS)]


def simulated_shares(symbols: Sequence[str]) -> pd.DataFrame:
    """Simulated shares outstanding since the first simulated session."""
    drawn = {
        symbol: float(np.exp(_noise(symbol, "shares").uniform(np.log(1e8), np.log(6e9))))
        for symbol in symbols
        if not is_index(symbol)
    }
    return pd.DataFrame(
        {
            "symbol": list(drawn),
            "date": pd.Timestamp(FIRST),
            "shares": [round(value, -6) for value in drawn.values()],
            "source": SOURCE_NAME,
        }
    )


def write_files(layers: Mapping[str, str], folder: Path = FOLDER) -> Path:
    """Simulate every symbol of `layers` and the indices; write both files; return the bars'."""
    indices = [market.benchmark for market in MARKETS.values() if market.benchmark]
    bars = pd.concat(
        [simulate(index, None) for index in indices]
        + [simulate(symbol, layer) for symbol, layer in layers.items()]
    )
    folder.mkdir(parents=True, exist_ok=True)
    bars.to_parquet(folder / BARS_FILE, index=False, compression="zstd")
    simulated_shares(list(layers)).to_parquet(folder / SHARES_FILE, index=False)
    return folder / BARS_FILE


if __name__ == "__main__":
    from dashboard.settings import Settings
    from dashboard.supply_chain.loading import load_map
    from dashboard.supply_chain.rows import members

    chain = load_map(Settings().map_path).chain
    rows = members(chain, include_digest=True, include_secondary=False)
    known = dict(zip(rows["symbol"], rows["layer"], strict=True))
    unplaced = {symbol: "unplaced" for symbol in chain.symbols() if symbol not in known}
    write_files({**known, **unplaced})
