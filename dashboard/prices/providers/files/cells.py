"""Cells of a file as symbols, days, months and numbers; what is none is a fault of its row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from dashboard.prices.bars import FETCHED_AT, FLAGS, SOURCE, BarFlag
from dashboard.prices.providers.files.faults import Faults

_BLANK: Final = frozenset(("", "-", "--", "---", "nan", "none", "null", "n/a", "na", "<na>"))
_SYMBOL: Final = re.compile(r"(?=.{1,21}$)\^?[A-Z0-9]+(?:[.=\-][A-Z0-9]+)*")
_DAY: Final = r"^(\d{4})[-/]?(\d{1,2})[-/]?(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?$"
_MONTH: Final = r"^(\d{4})[-/]?(\d{2})(?:[-/]?\d{2})?$"
_CLOCKS_APART: Final = pd.Timedelta(days=1)
"""A time without zone may be local: it is then ahead of UTC by hours."""


def texts(column: pd.Series) -> pd.Series:
    """Cells as text without the spaces around it; empty where missing."""
    return column.astype("str").fillna("").str.strip()


def blank(column: pd.Series) -> pd.Series:
    """Whether a cell says nothing: empty, a dash, a word for it."""
    return texts(column).str.lower().isin({*_BLANK, "nat"})


def symbols(
    column: pd.Series, faults: Faults, by_code: Callable[[], Mapping[str, str]] | None = None
) -> pd.Series:
    """Symbols in capitals.

    Parameters
    ----------
    by_code : gives the symbol of each listed company's code, where a bare code is none either
    """
    found = texts(column).str.upper()
    names = pd.Series(found.unique())
    bare = names[names.str.fullmatch(r"\d+\.?")]
    if by_code is not None and len(bare):
        listed = by_code()
        found = found.map(lambda name: listed.get(name, name))
        bare = bare[~bare.isin(listed)]
    bad = names[~names.str.fullmatch(_SYMBOL) & ~names.isin(bare)]
    faults.add(found.isin(bare), column, "symbol without its board, write 2330.TW or 3081.TWO")
    faults.add(found.isin(bad), column, "no symbol")
    return found


def days(column: pd.Series, faults: Faults) -> pd.Series:
    """Dates; a time of day is a fault."""
    if pd.api.types.is_datetime64_any_dtype(column):
        moments = column.dt.tz_localize(None)
        faults.add(moments != moments.dt.normalize(), column, "no session's date, or with a time")
        stamped: pd.Series = moments.astype("datetime64[s]")
        return stamped
    iso = texts(column).str.replace(_DAY, lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", regex=True)
    found = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
    faults.add(found.isna(), column, "no date as 2026-06-30")
    sessions: pd.Series = found.astype("datetime64[s]")
    return sessions


def days_or_none(column: pd.Series, faults: Faults) -> pd.Series:
    """Dates, NaT where a cell is blank."""
    known = ~blank(column)
    found = pd.Series(pd.NaT, index=column.index, dtype="datetime64[s]")
    if known.any():
        found[known] = days(column[known], faults)
    return found


def months(column: pd.Series, faults: Faults) -> pd.Series:
    """First days of months, from 2026-06, 202606 or any day of the month."""
    if pd.api.types.is_datetime64_any_dtype(column):
        found = column.dt.tz_localize(None)
    else:
        iso = texts(column).str.replace(_MONTH, lambda m: f"{m[1]}-{m[2]}", regex=True)
        found = pd.to_datetime(iso, format="%Y-%m", errors="coerce")
    faults.add(found.isna(), column, "no month as 2026-06")
    firsts: pd.Series = found.dt.to_period("M").dt.to_timestamp().astype("datetime64[s]")
    return firsts


def numbers(column: pd.Series, name: str, faults: Faults) -> pd.Series:
    """NaN for blanks and the exchanges' dashes; anything else must be a finite number."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        found = column.astype("float64")
        none = found.isna()
    else:
        plain = texts(column).str.replace(",", "", regex=False)
        none = plain.str.lower().isin(_BLANK)
        found = pd.to_numeric(plain.where(~none), errors="coerce").astype("float64")
    faults.add(~none & ~np.isfinite(found), column, f"{name} is no number")
    return found


def sources(frame: pd.DataFrame, file: Path) -> pd.Series:
    """Who said so: as told, else the file's name."""
    unnamed = f"file:{file.name}"
    if SOURCE not in frame:
        return pd.Series(unnamed, index=frame.index)
    named = texts(frame[SOURCE])
    return named.where(named != "", unnamed)


def fetched_at(frame: pd.DataFrame, now: dt.datetime, faults: Faults) -> pd.Series:
    """Time of fetch as told, else now."""
    present = pd.Series(pd.Timestamp(now).tz_convert("UTC"), index=frame.index)
    if FETCHED_AT not in frame:
        return present
    none = blank(frame[FETCHED_AT])
    told = texts(frame[FETCHED_AT]).where(~none)
    moments = pd.to_datetime(told, errors="coerce", utc=True, format="ISO8601")
    faults.add(~none & moments.isna(), frame[FETCHED_AT], "fetched_at is no time")
    faults.add(moments > present + _CLOCKS_APART, frame[FETCHED_AT], "fetched_at is in the future")
    known: pd.Series = moments.where(~none & ~(moments > present), present)
    return known


def stated_flags(frame: pd.DataFrame, faults: Faults) -> pd.Series:
    """Flags as a number or as the names that `bars` prints."""
    if FLAGS not in frame:
        return pd.Series(0, index=frame.index)
    told = texts(frame[FLAGS])
    values = {text: _flag_value(text) for text in told.unique()}
    flags = told.map(values)
    faults.add(flags < 0, frame[FLAGS], "unknown flag")
    return flags.astype("int64")


def _flag_value(text: str) -> int:
    """-1 where the text is none."""
    if text.lower() in _BLANK:
        return 0
    if re.fullmatch(r"\d{1,6}(\.0)?", text):
        value = int(float(text))
        return value if value < 2 * max(BarFlag) else -1
    names = {flag.name: int(flag) for flag in BarFlag}
    parts = [names.get(part.strip().upper(), -1) for part in text.split(",")]
    return -1 if -1 in parts else sum(set(parts))
