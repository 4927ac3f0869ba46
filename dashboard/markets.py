"""The markets and boards the map knows, each with its rules of naming.

A *market* is one calendar and one currency: symbols of one market share a panel.
A *board* is where a listing trades; it decides the Yahoo suffix of the symbol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

from dashboard.i18n import Text


@dataclass(frozen=True)
class Market:
    """One calendar and one currency."""

    id: str
    zh: str
    en: str
    currency: str
    calendar: str
    timezone: str
    final_after: time
    """Local time after which the day's bar is final."""
    sessions_per_year: int
    """Sessions used to annualise volatility."""
    benchmark: str | None = None


@dataclass(frozen=True)
class Board:
    """Where a listing trades."""

    id: str
    market: str
    suffix: str
    zh: str
    en: str


UNSTATED_US: Final = "US"
"""The board of a company whose document does not say at which exchange of its country it is."""
_MARKETS = (
    Market("TW", "台灣", "Taiwan", "TWD", "XTAI", "Asia/Taipei", time(13, 35), 243, "^TWII"),
    Market(
        "US", "美國", "United States", "USD", "XNYS", "America/New_York", time(16, 15), 252, "^SOX"
    ),
    Market("JP", "日本", "Japan", "JPY", "XTKS", "Asia/Tokyo", time(15, 45), 245, "^N225"),
    Market("KR", "韓國", "Korea", "KRW", "XKRX", "Asia/Seoul", time(15, 45), 246, "^KS11"),
    Market("CN", "中國", "China", "CNY", "XSHG", "Asia/Shanghai", time(15, 15), 243, "000001.SS"),
    Market("HK", "香港", "Hong Kong", "HKD", "XHKG", "Asia/Hong_Kong", time(16, 15), 246, "^HSI"),
    Market("FR", "法國", "France", "EUR", "XPAR", "Europe/Paris", time(17, 45), 256, "^FCHI"),
)
_BOARDS = (
    Board("TWSE", "TW", ".TW", "上市", "TWSE"),
    Board("TPEX", "TW", ".TWO", "上櫃", "TPEx"),
    Board("ESB", "TW", ".TWO", "興櫃", "Emerging board"),
    Board("NASDAQ", "US", "", "那斯達克", "NASDAQ"),
    Board("NYSE", "US", "", "紐約證交所", "NYSE"),
    Board("NYSE_AMERICAN", "US", "", "紐約證交所美國板", "NYSE American"),
    Board(UNSTATED_US, "US", "", "美國（交易所未註明）", "United States, exchange not stated"),
    Board("TSE", "JP", ".T", "東京證交所", "Tokyo"),
    Board("KRX", "KR", ".KS", "韓國交易所", "Korea Exchange"),
    Board("SSE", "CN", ".SS", "上海證交所", "Shanghai"),
    Board("SZSE", "CN", ".SZ", "深圳證交所", "Shenzhen"),
    Board("HKEX", "HK", ".HK", "香港交易所", "Hong Kong"),
    Board("EURONEXT_PARIS", "FR", ".PA", "巴黎泛歐", "Euronext Paris"),
)

MARKETS: Final[dict[str, Market]] = {market.id: market for market in _MARKETS}
BOARDS: Final[dict[str, Board]] = {board.id: board for board in _BOARDS}
HOME: Final = "TW"
INDEX_NAMES: Final = {
    "^TWII": Text("加權指數", "TAIEX"),
    "^TWII-TR": Text("加權報酬指數", "TAIEX total return"),
    "^TWOII": Text("櫃買指數", "TPEx index"),
    "^SOX": Text("費城半導體指數", "PHLX Semiconductor"),
    "^N225": Text("日經 225 指數", "Nikkei 225"),
    "^KS11": Text("韓國綜合指數", "KOSPI"),
    "000001.SS": Text("上證指數", "SSE Composite"),
    "^HSI": Text("恆生指數", "Hang Seng"),
    "^FCHI": Text("CAC 40 指數", "CAC 40"),
}
INDUSTRY_NAMES: Final = {
    "水泥工業": "Cement", "食品工業": "Food", "塑膠工業": "Plastics", "紡織纖維": "Textiles",
    "電機機械": "Electric machinery", "電器電纜": "Electrical and cable",
    "玻璃陶瓷": "Glass and ceramics", "造紙工業": "Paper and pulp", "鋼鐵工業": "Iron and steel",
    "橡膠工業": "Rubber", "汽車工業": "Automobile",
    "建材營造業": "Building materials and construction",
    "建材營造": "Building materials and construction", "航運業": "Shipping and transportation",
    "觀光餐旅": "Tourism and hospitality", "金融保險業": "Finance and insurance",
    "金融業": "Finance", "貿易百貨業": "Trading and consumer goods",
    "貿易百貨": "Trading and consumer goods", "綜合": "Conglomerates", "其他業": "Other",
    "其他": "Other", "化學工業": "Chemicals", "生技醫療業": "Biotechnology and medical care",
    "油電燃氣業": "Oil, gas and electricity", "半導體業": "Semiconductors",
    "電腦及週邊設備業": "Computers and peripherals", "光電業": "Optoelectronics",
    "通信網路業": "Communications and internet", "電子零組件業": "Electronic components",
    "電子通路業": "Electronics distribution", "資訊服務業": "Information services",
    "其他電子業": "Other electronics", "文化創意業": "Cultural and creative",
    "農業科技業": "Agricultural technology", "電子商務業": "E-commerce",
    "綠能環保": "Green energy and environment", "綠能環保類": "Green energy and environment",
    "數位雲端": "Digital and cloud services", "數位雲端類": "Digital and cloud services",
    "運動休閒": "Sports and leisure", "運動休閒類": "Sports and leisure",
    "居家生活": "Household", "居家生活類": "Household", "存託憑證": "Depositary receipts",
}  # fmt: skip
"""The exchanges' own names of industries, and English ones."""
_INDEX_MARKETS: Final = {m.benchmark: m.id for m in _MARKETS if m.benchmark} | {
    "^TWII-TR": "TW",
    "^TWOII": "TW",
}
_COMMON_STOCK: Final = re.compile(r"[1-9][0-9]{3}")
_DEPOSITARY: Final = "91"
_SUFFIX_MARKETS: Final = {board.suffix: board.market for board in _BOARDS}


def is_index(symbol: str) -> bool:
    """Whether a symbol is an index: it has no shares, no limit and no dividends."""
    return symbol.startswith("^") or symbol in _INDEX_MARKETS


def market_of(symbol: str) -> str:
    """Id of the market a Yahoo symbol belongs to, from its suffix; indices by name."""
    if symbol in _INDEX_MARKETS:
        return _INDEX_MARKETS[symbol]
    dot = symbol.rfind(".")
    return _SUFFIX_MARKETS.get(symbol[dot:] if dot > 0 else "", "US")


def share_symbol(code: str, board: str) -> str | None:
    """Symbol of a common stock (`2330` on `TWSE` → `2330.TW`); None for anything else.

    Four digits, not beginning with 0; 91xx are depositary receipts.
    """
    cell = code.strip()
    if not _COMMON_STOCK.fullmatch(cell) or cell.startswith(_DEPOSITARY):
        return None
    return f"{cell}{BOARDS[board].suffix}"
