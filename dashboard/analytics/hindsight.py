"""How much of a list's return comes from knowing today who would be on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from dashboard.analytics.definitions import Definition
from dashboard.analytics.ownbars import MAX_BASE_AGE, anchor
from dashboard.analytics.panel import Floats, Panel
from dashboard.i18n import Text
from dashboard.prices.bars import SYMBOL, UNEXPLAINED

PERIODS: Final = ("1m", "3m", "6m", "ytd", "1y")
ALL: Final = "map"
"""The group of all members, each company once."""

TODAY_RETURN: Final = "today_return"
TODAY_COUNTED: Final = "today_counted"
TODAY_MEMBERS: Final = "today_members"
KNOWN_RETURN: Final = "known_return"
KNOWN_COUNTED: Final = "known_counted"
KNOWN_MEMBERS: Final = "known_members"
GAP: Final = "gap"
FIRST_KNOWN: Final = "first_known"
START: Final = "start"
COLUMNS: Final = (
    START, TODAY_RETURN, TODAY_COUNTED, TODAY_MEMBERS, KNOWN_RETURN, KNOWN_COUNTED,
    KNOWN_MEMBERS, GAP, FIRST_KNOWN,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Hindsight:
    """One group's two returns through a period.

    Attributes
    ----------
    lines : DataFrame by session from the period's base on, columns today_return,
        known_return and gap, fractions since the base
        A column is NaN where no member of its list counts.
    today, known : symbols that count in each
    """

    lines: pd.DataFrame
    today: tuple[str, ...]
    known: tuple[str, ...]


def hindsight_table(
    panel: Panel, today: pd.DataFrame, windows: pd.DataFrame, period: str, *, by: str
) -> pd.DataFrame:
    """The gap of every group at the panel's last session.

    Each list is bought in equal amounts at the close of the period's base and left alone.

    Parameters
    ----------
    panel : up to the day that is asked for
    today : DataFrame (symbol, market, and `by`), the members known at the panel's end
    windows : when each membership became known, see `chained.chained_index`
    period : one of `PERIODS`

    Returns
    -------
    DataFrame, groups in the order of `today` and last `ALL` × `COLUMNS`
        today_…: members known today; known_…: those of them and others that were known at
        the base. `counted` have a close at the base, `members` are all. `gap` is the
        difference of the two returns; NaN where either is. `first_known` is when the first
        member of the group became known.
    """
    start = _base_column(panel, period)
    base = pd.Timestamp(panel.sessions[start]) if start >= 0 else None
    grown = _grown(panel, start)
    own = windows[windows["market"] == panel.market]
    now = _by_group(today[today["market"] == panel.market], by)
    then = _by_group(_known_on(own, base), by)
    first = dict(own.groupby(by, sort=False)["known_on"].min()) | {ALL: own["known_on"].min()}
    rows = {}
    for group, members in now.items():
        values = [_mean(panel, grown, one) for one in (members, then.get(group, set()))]
        gap = values[0][0] - values[1][0]
        rows[group] = (base, *values[0], *values[1], gap, first.get(group))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).rename_axis(by)
    return table.astype({START: "datetime64[s]", FIRST_KNOWN: "datetime64[s]"})


def hindsight_lines(
    panel: Panel, today: pd.DataFrame, windows: pd.DataFrame, period: str
) -> Hindsight:
    """One group's two lists from the period's base to the panel's last session.

    Parameters
    ----------
    today, windows : of the group only, else as `hindsight_table`
    """
    start = _base_column(panel, period)
    if start < 0:
        return Hindsight(pd.DataFrame(columns=[TODAY_RETURN, KNOWN_RETURN, GAP]), (), ())
    base = pd.Timestamp(panel.sessions[start])
    names = {
        TODAY_RETURN: set(today.loc[today["market"] == panel.market, SYMBOL]),
        KNOWN_RETURN: set(_known_on(windows[windows["market"] == panel.market], base)[SYMBOL]),
    }
    whole = _grown(panel, start)
    counted = {
        name: tuple(
            one for one in sorted(own & set(panel.positions)) if whole[panel.positions[one]] > 0
        )
        for name, own in names.items()
    }
    lines = pd.DataFrame({name: _line(panel, start, own) for name, own in counted.items()})
    lines[GAP] = lines[TODAY_RETURN] - lines[KNOWN_RETURN]
    return Hindsight(lines, counted[TODAY_RETURN], counted[KNOWN_RETURN])


def _base_column(panel: Panel, period: str) -> int:
    return panel.column(anchor(pd.Timestamp(panel.sessions[-1]), period).date())


def _known_on(windows: pd.DataFrame, day: pd.Timestamp | None) -> pd.DataFrame:
    if day is None:
        return windows[:0]
    ends = windows["known_until"]
    return windows[(windows["known_on"] <= day) & (ends.isna() | (ends > day))]


def _by_group(members: pd.DataFrame, by: str) -> dict[str, set[str]]:
    """Symbols of each group, and of `ALL`, the last."""
    found: dict[str, set[str]] = {}
    for symbol, group in zip(members[SYMBOL], members[by], strict=True):
        found.setdefault(str(group), set()).add(str(symbol))
    return found | {ALL: set(members[SYMBOL])}


def _grown(panel: Panel, start: int) -> Floats:
    """What 1 in each symbol became; NaN without a close near the base, or across a jump."""
    if start < 0:
        return np.full(len(panel.symbols), np.nan)
    close = _closes(panel, start)
    grown: Floats = close[:, -1] / close[:, 0]
    return grown


def _closes(panel: Panel, start: int) -> Floats:
    """Last adjusted closes from the base on, carried over halts; NaN where none is near it.

    A symbol with an unexplained jump after the base has none.
    """
    first = max(start - MAX_BASE_AGE, 0)
    part = panel.close[:, first:]
    last = np.maximum.accumulate(np.where(np.isnan(part), -1, np.arange(part.shape[1])), axis=1)
    last = last[:, start - first :]
    close = np.take_along_axis(part, np.maximum(last, 0), axis=1)
    jumped = ((panel.flags[:, start + 1 :] & UNEXPLAINED) != 0).any(axis=1)
    out: Floats = np.where((last[:, :1] < 0) | jumped[:, None], np.nan, close)
    return out


def _mean(panel: Panel, grown: Floats, symbols: set[str]) -> tuple[float, int, int]:
    """Mean return, members that count in it, members."""
    own = grown[[panel.positions[one] for one in sorted(symbols) if one in panel.positions]]
    own = own[~np.isnan(own)]
    return (float(own.mean() - 1) if own.size else float("nan"), own.size, len(symbols))


def _line(panel: Panel, start: int, symbols: tuple[str, ...]) -> pd.Series[float]:
    index = panel.index[start:]
    if not symbols:
        return pd.Series(np.nan, index=index)
    close = _closes(panel, start)[[panel.positions[one] for one in symbols]]
    return pd.Series((close / close[:, :1]).mean(axis=0) - 1, index=index)


DEFINITIONS: Final = (
    Definition(
        id="hindsight_gap",
        label=Text("後見之明的差", "Hindsight gap"),
        formula=(
            r"\text{gap}=\frac{1}{n}\sum_{i\in\text{today}}\Bigl(\frac{P_{i,T}}{P_{i,0}}-1\Bigr)"
            r"-\frac{1}{m}\sum_{j\in\text{known at }0}\Bigl(\frac{P_{j,T}}{P_{j,0}}-1\Bigr)"
        ),
        note=Text(
            "兩份名單都在期初收盤等額買進並持有到最後（還原價）：今日（as-of 日）的成員，"
            "以及期初那天文件已知的成員。期初 10 個交易日內沒有收盤或期間有不明跳動的成員不計；"
            "停止交易的成員停在最後收盤。期初沒有任何已知成員時不給數字：整段報酬都是後見之明。",
            "Both lists are bought in equal amounts at the close of the period's base and held to "
            "its end (adjusted prices): the members of today (of the as-of day), and those the "
            "documents had named by the base. Members without a close within ten sessions before "
            "the base, or with an unexplained jump since, do not count; one that stopped trading "
            "stands at its last close. Where no member was known at the base there is no number: "
            "the whole return is hindsight.",
        ),
        source=Text("本站公式。", "Own formula."),
    ),
)
