"""Symbols as TradingView writes them: `TWSE:2330` is our `2330.TW`."""

from __future__ import annotations

from typing import Final

from dashboard.markets import BOARDS, UNSTATED_US

UNITED_STATES: Final = ""
_EXCHANGES: Final[dict[str, tuple[str, ...]]] = {
    "TWSE": (".TW",), "TPEX": (".TWO",),
    **dict.fromkeys(("NASDAQ", "NYSE", "AMEX", "CBOE", "BATS", "OTC"), (UNITED_STATES,)),
    "TSE": (".T",), "KRX": (".KS", ".KQ"), "SSE": (".SS",), "SZSE": (".SZ",), "HKEX": (".HK",),
    "EURONEXT": (".PA", ".AS", ".BR", ".LS"), "XETR": (".DE",), "FWB": (".F",), "LSE": (".L",),
    "MIL": (".MI",), "BME": (".MC",), "SIX": (".SW",), "OMXSTO": (".ST",), "TSX": (".TO",),
    "TSXV": (".V",), "ASX": (".AX",), "SGX": (".SI",), "NSE": (".NS",), "BSE": (".BO",),
}  # fmt: skip
"""TradingView's name of an exchange → the suffixes of its symbols; Euronext and Korea's two boards
have one name there."""
_BOARD_NAMES: Final = {"ESB": "TPEX", "NYSE_AMERICAN": "AMEX", "EURONEXT_PARIS": "EURONEXT"}
"""Of the boards that TradingView calls by another name than `markets`."""
_SUFFIX_NAMES: Final = {
    suffix: name for name, suffixes in _EXCHANGES.items() for suffix in suffixes if suffix
}
_INDICES: Final = {
    "TWSE:TAIEX": "^TWII", "NASDAQ:SOX": "^SOX", "TVC:NI225": "^N225", "KRX:KOSPI": "^KS11",
    "SSE:000001": "000001.SS", "TVC:HSI": "^HSI", "TVC:CAC40": "^FCHI",
}  # fmt: skip
_INDEX_NAMES: Final = {symbol: name for name, symbol in _INDICES.items()}
_HONG_KONG: Final = ".HK"
_HONG_KONG_DIGITS: Final = 4
"""TradingView leaves out the leading zeros."""


def symbols_of(name: str) -> tuple[str, ...]:
    """What `EXCHANGE:TICKER` may be among our symbols; none where the exchange is not known."""
    if name in _INDICES:
        return (_INDICES[name],)
    exchange, _, ticker = name.partition(":")
    found = []
    for suffix in _EXCHANGES.get(exchange, ()):
        plain = ticker.rstrip(".") if suffix == ".L" else ticker
        if suffix == _HONG_KONG:
            plain = plain.zfill(_HONG_KONG_DIGITS)
        found.append(plain.replace(".", "-").replace("_", "-") + suffix)
    return tuple(found)


def _is_named(board: str | None) -> bool:
    return board in BOARDS and board != UNSTATED_US


def name_of(symbol: str, board: str | None = None) -> str:
    """The symbol as TradingView writes it; the bare ticker where the exchange is not known.

    Parameters
    ----------
    board : id in `markets.BOARDS`, which a symbol of the United States does not tell
    """
    if symbol in _INDEX_NAMES:
        return _INDEX_NAMES[symbol]
    dot = symbol.rfind(".")
    suffix = symbol[dot:] if dot > 0 else UNITED_STATES
    ticker = symbol[:dot] if dot > 0 else symbol
    exchange = _BOARD_NAMES.get(board or "", board) if _is_named(board) else None
    exchange = exchange or _SUFFIX_NAMES.get(suffix)
    if exchange is None:
        return symbol.replace("-", ".") if suffix == UNITED_STATES else symbol
    if suffix == _HONG_KONG:
        ticker = ticker.lstrip("0") or ticker
    return f"{exchange}:{ticker.replace('-', '.')}"
