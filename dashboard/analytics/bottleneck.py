"""Where the bottleneck is: which group was strongest against its market, and when that changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from dashboard.analytics.definitions import Definition
from dashboard.i18n import Text

LOOKBACK: Final = 13
"""Weeks of the relative return."""
CONFIRMED: Final = 2
"""Weeks in a row that a group must lead; the change is dated at the last of them."""
ENOUGH: Final = 4
"""Weeks on each side of a claim below which nothing is compared."""

RELATIVE: Final = "relative_return"
RANK: Final = "rank"
RANKED: Final = "ranked"
LEADER: Final = "leader"
BEFORE: Final = "before"
AFTER: Final = "after"


def relative_returns(strength: pd.DataFrame, weeks: int = LOOKBACK) -> pd.DataFrame:
    """Return against the benchmark over the last weeks.

    Parameters
    ----------
    strength : DataFrame, weeks × groups, ln(group / benchmark); NaN where unknown

    Returns
    -------
    DataFrame, weeks × groups, fraction
        NaN where either end is unknown.
    """
    return pd.DataFrame(np.expm1(strength - strength.shift(weeks)))


def ranks(relative: pd.DataFrame) -> pd.DataFrame:
    """Place of each group in each week, 1 the strongest; equals stand in the columns' order.

    Returns
    -------
    DataFrame, weeks × groups; NaN where unknown
    """
    return relative.rank(axis=1, ascending=False, method="first")


def leader_changes(relative: pd.DataFrame, confirmed: int = CONFIRMED) -> pd.DataFrame:
    """When another group took the lead, dated when it had led for `confirmed` weeks.

    A later week never undoes a change: one week on top alone is none.

    Returns
    -------
    DataFrame (leader, before), index week; `before` is missing at the first leader
    """
    place = ranks(relative)
    first = place.eq(1)
    top = first.idxmax(axis=1).where(first.any(axis=1))
    rows: list[tuple[object, str, str | None]] = []
    leader: str | None = None
    run: str | None = None
    length = 0
    for week, found in top.items():
        group = None if pd.isna(found) else str(found)
        length = length + 1 if group == run else 1
        run = group
        if group is not None and length >= confirmed and group != leader:
            rows.append((week, group, leader))
            leader = group
    weeks = pd.DatetimeIndex([row[0] for row in rows], name=relative.index.name)
    columns = {LEADER: [row[1] for row in rows], BEFORE: [row[2] for row in rows]}
    return pd.DataFrame(columns, index=weeks).astype("str")


@dataclass(frozen=True)
class Moved:
    """How a group did against its market before and after a day.

    Attributes
    ----------
    weeks : on each side; 0 where there are fewer than `ENOUGH`
    before, after : relative return, fraction; NaN where there are too few weeks
    rank_before, rank_after : place among the groups by these returns; None where unknown
    ranked : groups that have a place after it
    """

    weeks: int
    before: float
    after: float
    rank_before: int | None
    rank_after: int | None
    ranked: int


def moved(
    strength: pd.DataFrame,
    last: pd.Series[pd.Timestamp],
    group: str,
    day: dt.date,
    *,
    weeks: int = LOOKBACK,
    finished: bool = True,
) -> Moved:
    """A group's relative return in the weeks before and after what was known on a day.

    The base is the last weekly close before the day. Both sides have the same number of weeks,
    fewer than `weeks` where the history is short; an unfinished last week does not count.

    Parameters
    ----------
    strength : DataFrame, weeks × groups, ln(group / benchmark)
    last : last session of each week
    """
    none = Moved(0, np.nan, np.nan, None, None, 0)
    if group not in strength:
        return none
    whole = strength if finished else strength.iloc[:-1]
    base = int((last.to_numpy()[: len(whole)] < np.datetime64(day)).sum()) - 1
    own = np.flatnonzero(whole[group].notna().to_numpy())
    if base < 0 or not own.size:
        return none
    count = min(weeks, base - int(own[0]), int(own[-1]) - base)
    if count < ENOUGH:
        return none
    then = whole.iloc[[base - count, base, base + count]]
    steps = pd.DataFrame(np.expm1(then.diff().iloc[1:]))
    places = ranks(steps)
    before, after = steps[group]
    rank_before, rank_after = (None if np.isnan(one) else int(one) for one in places[group])
    ranked = int(places.iloc[-1].notna().sum())
    return Moved(count, float(before), float(after), rank_before, rank_after, ranked)


DEFINITIONS: Final = (
    Definition(
        id="bottleneck_ribbon",
        label=Text("瓶頸帶", "Bottleneck ribbon"),
        formula=r"RS_t(n)=\frac{P_t/B_t}{P_{t-n}/B_{t-n}}-1,\qquad n=13",
        note=Text(
            "P 是瓶頸群組的等權連鎖指數，B 是它自己市場的比較基準，取每個 ISO 週最後一個交易日的"
            "收盤；n 是週數。最強的群組在最上面，帶子越寬代表相對報酬越高。沒有台股成員有價的"
            "群組，以外國成員對它們自己市場的基準計算並標明市場，不跨市場相除。連續兩週第一才算"
            "換人領先，日期記在第二週，因此之後的資料不會改掉它。",
            "P is the group's equal-weighted chained index, B the benchmark of its own market, "
            "both at the last session of each ISO week; n in weeks. The strongest is on top, a "
            "wider band has a higher relative return. A group without a priced Taiwanese member is "
            "that of its foreign members against their own market and says so; markets are never "
            "divided by each other. A new leader counts once it has led for two weeks in a row, "
            "dated at the second one, so later data never undoes it.",
        ),
        source=Text(
            "相對強弱＝指數比值；滾動期間、排名與兩週確認為本站自訂。",
            "Relative strength is the ratio of two indices; the rolling window, ranks and two-week "
            "confirmation are our own.",
        ),
    ),
    Definition(
        id="bottleneck_claims",
        label=Text("主張前後的相對報酬", "Relative return before and after a claim"),
        formula=(
            r"\text{before}=\frac{P_b/B_b}{P_{b-n}/B_{b-n}}-1,\qquad "
            r"\text{after}=\frac{P_{b+n}/B_{b+n}}{P_b/B_b}-1"
        ),
        note=Text(
            "b 是主張可得知日之前的最後一個週收盤：有確切交易日的事件用該日，否則用文件日期的次日。"
            "前後取同樣的週數 n，最多 13 週，歷史不夠時較少；少於 4 週不比較，未完的一週不算。"
            "每一個主張只是一次觀察，不是檢定；同一份文件的主張日期相同，彼此不獨立。",
            "b is the last weekly close before the claim could be known: the event's own session "
            "where its day is known, else the day after the document's date. Both sides have the "
            "same number of weeks n, 13 at most and fewer where the history is short; below 4 "
            "nothing is compared, an unfinished week does not count. Each claim is one "
            "observation, no test; claims of one document share their date and are not "
            "independent.",
        ),
        source=Text("本站定義。", "Own definition."),
    ),
)
