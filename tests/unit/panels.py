"""Small panels for tests, given by closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.analytics.panel import Panel


def panel_of(
    closes: Mapping[str, Sequence[float]],
    *,
    market: str = "TW",
    start: str = "2024-01-01",
    range_width: float = 1.0,
    factors: Sequence[float] | None = None,
    flags: Sequence[int] | None = None,
    volume: float = 1000.0,
) -> Panel:
    """Traded closes by symbol on business days; high and low `range_width` away."""
    symbols = tuple(sorted(closes))
    traded = np.array([closes[symbol] for symbol in symbols], float)
    count = traded.shape[1]
    factor = np.ones(count) if factors is None else np.array(factors, float)
    days = pd.bdate_range(start, periods=count).to_numpy().astype("datetime64[D]")
    marks = np.zeros(traded.shape, np.int32)
    if flags is not None:
        marks[:] = np.array([int(flag) for flag in flags], np.int32)
    return Panel(
        market=market,
        symbols=symbols,
        sessions=days,
        open=traded * factor,
        high=(traded + range_width) * factor,
        low=(traded - range_width) * factor,
        close=traded * factor,
        unadjusted_close=traded,
        volume=np.where(np.isnan(traded), np.nan, volume),
        **{**_unknown(traded), "reference": _references(traded, factor)},
        flags=marks,
    )


def random_panel(symbols: int, sessions: int, seed: int = 7, holes: float = 0.02) -> Panel:
    """Random walks with holes, the first symbol whole, the last one listed late."""
    noise = np.random.default_rng(seed)
    moves = noise.normal(0, 0.02, (symbols, sessions))
    close = 100 * np.exp(np.cumsum(moves, axis=1))
    gone = noise.random(close.shape) < holes
    gone[0] = False
    gone[:, -1] = False
    gone[-1, : sessions // 2] = True
    close[gone] = np.nan
    high = close * (1 + np.abs(noise.normal(0, 0.01, close.shape)))
    low = close * (1 - np.abs(noise.normal(0, 0.01, close.shape)))
    days = pd.bdate_range("2022-01-03", periods=sessions).to_numpy().astype("datetime64[D]")
    volume = np.where(gone, np.nan, np.round(np.exp(noise.normal(12, 1, close.shape))))
    names = tuple(f"{1101 + number}.TW" for number in range(symbols))
    flags = np.zeros(close.shape, np.int32)
    return Panel(
        "TW", names, days, close, high, low, close, close, volume, flags=flags, **_unknown(close)
    )


def _unknown(like: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.full(like.shape, np.nan) for name in ("reference", "limit_up", "limit_down")}


def _references(traded: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """The own close before each bar in that bar's terms, to 0.01."""
    before = pd.DataFrame((traded * factor).T).ffill().shift().to_numpy().T
    return np.where(np.isnan(traded), np.nan, np.round(before / factor, 2))
