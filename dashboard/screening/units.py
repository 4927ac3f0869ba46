"""Which numbers can be compared, added and multiplied with which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dashboard.analytics.metrics import Unit
from dashboard.screening.plan import NumberPlan


class Family(StrEnum):
    """Kinds of numbers; only those of one family are compared, and the plain with all."""

    PLAIN = "a plain number"
    SHARE = "a fraction or ratio"
    INDEX = "an index from 0 to 100"
    PRICE = "a price"
    CURRENCY = "an amount of money"
    COUNT = "a count"
    DATE = "a day"
    MONTH = "a month"

    @property
    def zh(self) -> str:
        """Its name in Chinese."""
        return _IN_CHINESE[self]


_IN_CHINESE: Final = {
    Family.PLAIN: "純數字", Family.SHARE: "比率", Family.INDEX: "0 到 100 的指標",
    Family.PRICE: "價格", Family.CURRENCY: "金額", Family.COUNT: "個數或名次",
    Family.DATE: "日期", Family.MONTH: "月份",
}  # fmt: skip

FAMILIES: Final = {
    Unit.FRACTION: Family.SHARE, Unit.RATIO: Family.SHARE, Unit.INDEX_0_100: Family.INDEX,
    Unit.PRICE: Family.PRICE, Unit.CURRENCY: Family.CURRENCY, Unit.SESSIONS: Family.COUNT,
    None: Family.COUNT,
}  # fmt: skip
MONEY: Final = (Family.PRICE, Family.CURRENCY)
_TIMES: Final = (Family.PLAIN, Family.SHARE, Family.COUNT)


@dataclass(frozen=True)
class Quantity:
    """A number that is to be computed, and what it is.

    Attributes
    ----------
    fraction : shown as a percentage, so that a bare 5 beside it is surely a mistake
    literal : its value where it is written out
    """

    plan: NumberPlan
    family: Family
    fraction: bool = False
    literal: float | None = None
    percent: bool = False


def added(left: Quantity, right: Quantity) -> Family | None:
    """Family of a sum or difference, and of what can be compared; None for nonsense."""
    pair = {left.family, right.family}
    if len(pair) == 1:
        return left.family
    if Family.PLAIN in pair and not pair & {Family.DATE, Family.MONTH}:
        return next(iter(pair - {Family.PLAIN}))
    return None


def multiplied(left: Quantity, right: Quantity) -> Family | None:
    """Family of a product: of two, one has to be a plain number, a ratio or a count."""
    for factor in _TIMES:
        for one, other in ((left, right), (right, left)):
            if one.family is factor:
                return other.family
    return None


def divided(left: Quantity, right: Quantity) -> Family | None:
    """Family of a quotient: of two alike a ratio, of an amount and a price a count of shares."""
    if right.family is Family.PLAIN:
        return left.family
    if left.family is right.family:
        return Family.SHARE
    if (left.family, right.family) == (Family.CURRENCY, Family.PRICE):
        return Family.COUNT
    if right.family in _TIMES:
        return Family.SHARE if left.family is Family.PLAIN else left.family
    return None
