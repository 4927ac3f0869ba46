"""Numbers of four digits that nothing marks as codes: years, amounts and prices are none."""

from __future__ import annotations

import re
from typing import Final

from dashboard.proposals.ambiguous import folded_pattern

BARE: Final = re.compile(
    r"(?<![0-9A-Za-z./:~$%+(-])(?<![0-9],)(?P<code>[1-9][0-9]{3})"
    r"(?![0-9A-Za-z%]|[.,:/~+-][0-9]|-[A-Za-z])"
)
_UNIT: Final = re.compile(
    folded_pattern(
        r"\s*(?:[元年月日點億萬千百兆倍美歐塊人次股噸公台座家名位間件片顆度瓦里米奈字頁場檔種個筆戶歲"
        r"週周天小時分秒期號樓坪艘架輛套組款條項英]|張(?!數)|新台幣|日圓|港幣|ppm|units?|points?|"
        r"[a-z]|%|-[a-z])"
    )
)
_AMOUNT: Final = re.compile(
    folded_pattern(
        r"(?:約|逾|達|到|至|破|站上|守|價|收|近|過|共|計|上看|壓力|支撐|跌|漲|第|在|高點|低點|量|為|是|"
        r"增|減|買超|賣超|賣|買|年|於|點|rtx|ddr|iso|gpu|epyc|xeon|hz)\s*$"
    )
)
YEARS: Final = range(1950, 2051)


def is_amount_before(low: str, start: int) -> bool:
    """Whether what stands before a number makes it an amount, a price or a level."""
    return _AMOUNT.search(low[max(start - 8, 0) : start]) is not None


def is_amount_after(low: str, end: int) -> bool:
    """Whether a unit follows a number."""
    return _UNIT.match(low, end) is not None
