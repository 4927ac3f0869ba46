"""The functions of the language: what each takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Signature:
    """How many values a function takes, which options, and an example."""

    values: int
    example: str
    options: tuple[str, ...] = ()


FUNCTIONS: Final[Mapping[str, Signature]] = {
    "rank": Signature(1, "rank(return_3m, by=layer)", ("by", "order")),
    "percentile": Signature(1, "percentile(return_3m)", ("by",)),
    "above": Signature(1, "above(sma_20)"),
    "below": Signature(1, "below(sma_20)"),
    "crossed_above": Signature(2, "crossed_above(sma_20, sma_60, within=5)", ("within",)),
    "crossed_below": Signature(2, "crossed_below(sma_20, sma_60, within=5)", ("within",)),
    "between": Signature(3, "between(rsi_14, 30, 70)"),
    "isna": Signature(1, "isna(market_cap)"),
    "contains": Signature(2, "contains(name, 電)"),
    "abs": Signature(1, "abs(return_1d)"),
}
OPTIONS: Final = tuple(dict.fromkeys(o for one in FUNCTIONS.values() for o in one.options))
