"""The figures of a screen worked out from the files, by other means than the product's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

BASES = {
    "1w": pd.DateOffset(days=7),
    "1m": pd.DateOffset(months=1),
    "3m": pd.DateOffset(months=3),
    "6m": pd.DateOffset(months=6),
    "1y": pd.DateOffset(years=1),
}


def real_closes(real_data: Path, file: str = "tw_core_daily.parquet") -> pd.DataFrame:
    """Sessions × symbols; the traded close where no adjusted one is given."""
    rows = pd.read_parquet(real_data / "prices" / file)
    rows["date"] = pd.to_datetime(rows["date"])
    rows["used"] = rows["adj_close"].fillna(rows["close"])
    return rows.pivot(index="date", columns="symbol", values="used").sort_index()


def returns(closes: pd.DataFrame, symbol: str, as_of: str) -> dict[str, float]:
    """Every period's return of one symbol: last close over the close at the anchor."""
    own = closes[symbol].dropna().loc[:as_of]
    last = own.index[-1]
    ends = {period: last - offset for period, offset in BASES.items()}
    ends["ytd"] = pd.Timestamp(last.year - 1, 12, 31)
    found = {"1d": own.iloc[-1] / own.iloc[-2] - 1}
    for period, end in ends.items():
        before = own.loc[:end]
        found[period] = own.iloc[-1] / before.iloc[-1] - 1 if len(before) else float("nan")
    return {f"return_{period}": value for period, value in found.items()}


def layer_returns(closes: pd.DataFrame, symbols: list[str], as_of: str) -> pd.Series:
    """Mean of the members' returns, those without one left out."""
    return pd.DataFrame([returns(closes, one, as_of) for one in symbols]).mean()


def percent(value: float) -> str:
    sign = "+" if value > 0 else "\N{MINUS SIGN}"
    return f"{sign}{abs(value) * 100:.2f}%"
