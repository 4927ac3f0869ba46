"""A plan computed for all symbols at once, in three values: true, false, not known.

As in SQL a comparison with what is missing is neither true nor false, `not` leaves it so, and
`and` and `or` are known where one side decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.panel import Floats
from dashboard.analytics.returns import RISE_TOLERANCE
from dashboard.screening.fields import CURRENCY, MARKET, SYMBOL
from dashboard.screening.names import folded
from dashboard.screening.plan import (
    Absolute,
    Among,
    Column,
    Combined,
    Constant,
    Crossed,
    Every,
    Holding,
    Marked,
    Missing,
    Negated,
    NumberPlan,
    Opposite,
    Ordered,
    Placed,
    Some,
    TruthPlan,
    Written,
)

Bools = npt.NDArray[np.bool_]


class Earlier(Protocol):
    """Metrics of earlier sessions; a `Snapshot`."""

    def panel_rows(self, market: str, symbols: Sequence[str]) -> npt.NDArray[np.intp]: ...

    def metrics_before(
        self, market: str, back: int, keys: Collection[str]
    ) -> Mapping[str, Floats]: ...


@dataclass(frozen=True, eq=False)
class Truth:
    """Where something is true and where it is false; neither is not known."""

    true: Bools
    false: Bools

    @classmethod
    def known(cls, true: Bools) -> Truth:
        return cls(true, ~true)

    @classmethod
    def where(cls, true: Bools, known: Bools) -> Truth:
        return cls(true & known, ~true & known)

    def __invert__(self) -> Truth:
        return Truth(self.false, self.true)

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.true & other.true, self.false | other.false)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.true | other.true, self.false & other.false)


_COMPARE: Final[Mapping[str, Callable[[Floats, Floats], Bools]]] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal,
}  # fmt: skip
_COMBINE: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
}  # fmt: skip


class _Texts:
    """Folded texts of each symbol, to be looked up by hundreds of conditions."""

    def __init__(self, texts: list[list[str]]) -> None:
        self.known: Bools = np.array([bool(one) for one in texts], bool)
        self._rows: dict[str, list[int]] = {}
        for row, own in enumerate(texts):
            for text in own:
                self._rows.setdefault(text, []).append(row)
        # What is folded has no line break.
        lines = ["\n".join(own) for own in texts]
        self._whole = "\n".join(lines)
        self._starts = np.cumsum([0, *(len(line) + 1 for line in lines)])

    def equal(self, wanted: frozenset[str]) -> Bools:
        out = np.zeros(len(self.known), bool)
        for text in wanted:
            out[self._rows.get(text, [])] = True
        return out

    def holding(self, text: str) -> Bools:
        out = np.zeros(len(self.known), bool)
        place = self._whole.find(text)
        while place >= 0:
            row = int(np.searchsorted(self._starts, place, "right")) - 1
            out[row] = True
            place = self._whole.find(text, int(self._starts[row + 1]))
        return out


class Evaluation:
    """Plans over one table; what has been computed once is kept.

    Parameters
    ----------
    table : DataFrame, symbols × fields, as `screen_table`
    earlier : metrics of earlier sessions
    """

    def __init__(self, table: pd.DataFrame, earlier: Earlier) -> None:
        self._table = table
        self._earlier = earlier
        self._size = len(table)
        self._truths: dict[TruthPlan, Truth] = {}
        self._numbers: dict[NumberPlan, Floats] = {}
        self._codes: dict[str, tuple[npt.NDArray[np.intp], list[Any]]] = {}
        self._texts: dict[str, _Texts] = {}

    def truth(self, plan: TruthPlan) -> Truth:
        known = self._truths.get(plan)
        if known is None:
            known = self._truths[plan] = self._truth(plan)
        return known

    def _truth(self, plan: TruthPlan) -> Truth:
        match plan:
            case Every(parts):
                found = self.truth(parts[0])
                for one in parts[1:]:
                    found &= self.truth(one)
                return found
            case Some(parts):
                found = self.truth(parts[0])
                for one in parts[1:]:
                    found |= self.truth(one)
                return found
            case Opposite(operand):
                return ~self.truth(operand)
            case Ordered(operator, left, right, beyond_rounding):
                return _ordered(operator, self.number(left), self.number(right), beyond_rounding)
            case Among(key, ids):
                return self._among(key, ids)
            case Written(key, texts):
                return self._written(key, texts)
            case Holding(key, text):
                return self._holding(key, text)
            case Marked(key):
                return Truth.known(self._table[key].to_numpy(bool))
            case Missing(operand):
                return Truth.known(self._missing(operand))
            case Crossed():
                return self._crossed(plan)

    def number(self, plan: NumberPlan) -> Floats:
        """One value a symbol; missing is NaN."""
        known = self._numbers.get(plan)
        if known is None:
            known = self._numbers[plan] = self._number(plan)
        return known

    def _number(self, plan: NumberPlan) -> Floats:
        if isinstance(plan, Placed):
            return self._placed(plan)
        return _computed(plan, self._size, lambda key: _floats(self._table[key]), self.number)

    # Values

    def _coded(self, key: str) -> tuple[npt.NDArray[np.intp], list[Any]]:
        """Each symbol's place among the different values of a column, and these."""
        if key not in self._codes:
            values = [
                one if isinstance(one, str | tuple) else None for one in self._table[key].tolist()
            ]
            places = {one: place for place, one in enumerate(dict.fromkeys(values))}
            self._codes[key] = np.array([places[one] for one in values], np.intp), list(places)
        return self._codes[key]

    def _among(self, key: str, ids: frozenset[str]) -> Truth:
        codes, values = self._coded(key)
        true = [one is not None and not ids.isdisjoint(_each(one)) for one in values]
        known = [one is not None for one in values]
        return Truth.where(_taken(true, codes), _taken(known, codes))

    def _spelled(self, key: str) -> _Texts:
        if key not in self._texts:
            texts = [
                [folded(text) for text in _each(one)] if isinstance(one, str | tuple) else []
                for one in self._table[key].tolist()
            ]
            if key == SYMBOL:  # `2330` is found as well as `2330.TW`
                texts = [[text, text.rpartition(".")[0] or text] for (text,) in texts]
            self._texts[key] = _Texts(texts)
        return self._texts[key]

    def _written(self, key: str, wanted: frozenset[str]) -> Truth:
        texts = self._spelled(key)
        return Truth.where(texts.equal(wanted), texts.known)

    def _holding(self, key: str, text: str) -> Truth:
        texts = self._spelled(key)
        return Truth.where(texts.holding(text), texts.known)

    def _missing(self, operand: NumberPlan | str) -> Bools:
        if not isinstance(operand, str):
            return np.isnan(self.number(operand))
        column = self._table[operand]
        if column.dtype == object:
            return np.array([one is None or one != one or one == () for one in column], bool)
        return column.isna().to_numpy(bool)

    # Ranks

    def _placed(self, plan: Placed) -> Floats:
        values = self.number(plan.operand)
        rows = np.flatnonzero(~np.isnan(values))
        groups = np.zeros(len(rows), np.intp)
        if plan.by is not None:
            rows, groups = self._grouped(rows, plan.by)
        if plan.of_money:
            currency, names = self._coded(CURRENCY)
            groups = groups * len(names) + currency[rows]
        out = np.full(self._size, np.nan)
        if not len(rows):
            return out
        signed = values[rows] if plan.largest_first else -values[rows]
        ranks, counts = _ranks(signed, groups)
        if plan.share:
            # The share of the group that is not larger.
            np.fmax.at(out, rows, (counts - ranks + 1) / counts)
        else:
            np.fmin.at(out, rows, ranks)
        return out

    def _grouped(self, rows: npt.NDArray[np.intp], key: str) -> tuple[Any, Any]:
        """A row for each group a symbol is in; none where that is not known or there is none."""
        codes, values = self._coded(key)
        ids: dict[str, int] = {}
        groups = [
            [ids.setdefault(one, len(ids)) for one in _each(value)] if value is not None else []
            for value in values
        ]
        own = [groups[code] for code in codes[rows]]
        counts = [len(one) for one in own]
        flat = np.array([group for one in own for group in one], np.intp)
        return np.repeat(rows, counts), flat

    # Crossings

    def _crossed(self, plan: Crossed) -> Truth:
        markets, names = self._coded(MARKET)
        symbols = self._table.index.to_numpy()
        true, false = np.zeros(self._size, bool), np.zeros(self._size, bool)
        for code, market in enumerate(names):
            rows = np.flatnonzero(markets == code)
            found = self._crossed_in(plan, market, symbols[rows].tolist())
            true[rows], false[rows] = found.true, found.false
        return Truth(true, false)

    def _crossed_in(self, plan: Crossed, market: str, symbols: list[str]) -> Truth:
        """The same of one market, whose sessions are counted."""
        keys = sorted(_metric_keys(plan.left) | _metric_keys(plan.right))
        rows = self._earlier.panel_rows(market, symbols)
        told = [self._earlier.metrics_before(market, n, keys) for n in range(plan.within + 1)]
        values = {key: np.stack([one[key][rows] for one in told]) for key in keys}
        shape = (len(told), len(rows))

        def number(one: NumberPlan) -> Floats:
            return _computed(one, shape, values.__getitem__, number)

        operator = ">" if plan.side == "above" else "<"
        beyond = _ordered(operator, number(plan.left), number(plan.right), True)
        crossed = Truth(beyond.true[:-1], beyond.false[:-1]) & ~Truth(
            beyond.true[1:], beyond.false[1:]
        )
        return Truth(np.any(crossed.true, axis=0), np.all(crossed.false, axis=0))


def _computed(
    plan: NumberPlan,
    shape: int | tuple[int, int],
    column: Callable[[str], Floats],
    number: Callable[[NumberPlan], Floats],
) -> Floats:
    match plan:
        case Column(key):
            return column(key)
        case Constant(value):
            return np.full(shape, value)
        case Negated(operand):
            return -number(operand)
        case Absolute(operand):
            return np.abs(number(operand))
        case Combined(operator, left, right):
            with np.errstate(all="ignore"):
                out = _COMBINE[operator](number(left), number(right))
            return np.where(np.isfinite(out), out, np.nan)
        case _:
            raise TypeError(f"{type(plan).__name__} is computed by itself")


def _metric_keys(plan: NumberPlan) -> set[str]:
    match plan:
        case Column(key):
            return {key}
        case Negated(operand) | Absolute(operand) | Placed(operand):
            return _metric_keys(operand)
        case Combined(_, left, right):
            return _metric_keys(left) | _metric_keys(right)
        case Constant():
            return set()


def _ordered(operator: str, left: Floats, right: Floats, beyond_rounding: bool) -> Truth:
    known = ~(np.isnan(left) | np.isnan(right))
    true = _COMPARE[operator](left, right)
    if beyond_rounding:
        true &= np.abs(left - right) > RISE_TOLERANCE * np.abs(right)
    return Truth.where(true, known)


def _ranks(values: Floats, groups: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Each value's rank in its group, the largest 1 and ties the best, and the group's size."""
    order = np.lexsort((-values, groups))
    group, value = groups[order], values[order]
    place = np.arange(len(order))
    begins = np.r_[True, group[1:] != group[:-1]]
    differs = begins | np.r_[True, value[1:] != value[:-1]]
    start = np.maximum.accumulate(np.where(begins, place, 0))
    first = np.maximum.accumulate(np.where(differs, place, 0))
    sizes = np.diff(np.r_[np.flatnonzero(begins), len(order)])
    ranks, counts = np.empty(len(order)), np.empty(len(order))
    ranks[order] = first - start + 1
    counts[order] = np.repeat(sizes, sizes)
    return ranks, counts


def _each(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _taken(values: list[bool], codes: npt.NDArray[np.intp]) -> Bools:
    out: Bools = np.array(values, bool)[codes] if len(codes) else np.zeros(0, bool)
    return out


def _floats(column: pd.Series[Any]) -> Floats:
    """Numbers as they are; dates as days since 1970, NaN where missing."""
    if column.dtype.kind != "M":
        return column.to_numpy(float)
    days = column.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype("int64").astype(float))
