"""All figures of one company, as its page lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import pandas as pd

from dashboard import parameters as names
from dashboard.analytics.history import rank_in_layer
from dashboard.analytics.metrics import METRICS, missing_reason
from dashboard.errors import InputError
from dashboard.markets import BOARDS, HOME, is_index
from dashboard.snapshot import Snapshot
from dashboard.supply_chain.models import Company, Kind, SupplyChain

METRIC: Final = "metric"
VALUE: Final = "value"
RANK: Final = "rank"
RANKED: Final = "ranked"
MISSING_BECAUSE: Final = "missing_because"
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,14}")
_HOME_SUFFIXES: Final = tuple(
    dict.fromkeys(board.suffix for board in BOARDS.values() if board.market == HOME)
)


def find_company(chain: SupplyChain, code: str) -> Company | None:
    """By symbol (2330.TW), by bare code (2330) or by key (tsmc)."""
    found = chain.company_by_symbol.get(code.upper()) or chain.company_by_key.get(code.lower())
    if found:
        return found
    bare = [one for one in chain.companies if (one.symbol or "").split(".")[0] == code.upper()]
    return bare[0] if len(bare) == 1 else None


def candidates(code: str) -> tuple[str, ...]:
    """Symbols that a code off the map can mean; a bare one (1101) on the boards of home."""
    asked = code.upper()
    if not _CODE.fullmatch(code) or is_index(asked):
        return ()
    boards = () if "." in code else _HOME_SUFFIXES
    return (asked, *(f"{asked}{suffix}" for suffix in boards))


def figure_rows(snapshot: Snapshot, symbol: str, company: Company | None) -> pd.DataFrame:
    """Every metric of a symbol.

    Parameters
    ----------
    company : whose symbol it is; None where the map has none

    Returns
    -------
    DataFrame, metric keys × (`value`, `rank`, `ranked`, `missing_because`)
        Place among the `ranked` members of the company's primary layer (pd.NA where it has
        none), and the id of the reason where the value is missing, else empty.
    """
    figures, notes = snapshot.figures(symbol), snapshot.note(symbol)
    ranks = rank_in_layer(snapshot.metrics, _peers(snapshot.chain, company), symbol)
    places = [ranks.get(key, (pd.NA, pd.NA)) for key in METRICS]
    reasons = [missing_reason(key, notes) if pd.isna(figures[key]) else None for key in METRICS]
    rows = pd.DataFrame(
        {
            VALUE: pd.Series([figures[key] for key in METRICS], dtype=object),
            RANK: pd.array([one[0] for one in places], "Int64"),
            RANKED: pd.array([one[1] for one in places], "Int64"),
            MISSING_BECAUSE: [one.value if one else "" for one in reasons],
        }
    )
    return rows.set_axis(pd.Index(list(METRICS), name=METRIC))


def _peers(chain: SupplyChain, company: Company | None) -> list[str]:
    """The members of a company's primary layer, those of headlines only where it is one."""
    placed = company.memberships if company is not None else ()
    home = next((one for one in placed if one.primary), None)
    if home is None:
        return []
    every = home.kind is Kind.DIGEST
    return [
        one.symbol
        for one in chain.companies
        for own in one.memberships
        if one.symbol and own.layer == home.layer and (every or own.kind is Kind.CORE)
    ]


def table_of(snapshot: Snapshot, parameters: Mapping[str, str]) -> pd.DataFrame:
    """Every metric of the URL's `code`, whose symbol must be in the snapshot.

    Raises
    ------
    InputError
        If neither the map nor the prices know it.
    """
    code = parameters.get(names.CODE, "")
    company = find_company(snapshot.chain, code)
    symbols = (company.symbol or "",) if company is not None else candidates(code)
    for symbol in symbols:
        if symbol in snapshot.metrics["last_session"].dropna().index:
            rows = figure_rows(snapshot, symbol, company).reset_index()
            # A session has no time of day.
            rows[VALUE] = [
                one.date() if isinstance(one, pd.Timestamp) else one for one in rows[VALUE]
            ]
            rows.insert(0, "symbol", symbol)
            return rows
    raise InputError(
        f"{code[:40]!r} is no company of the map with a price, and none of it is stored; "
        "a symbol is written 2330.TW"
    )
