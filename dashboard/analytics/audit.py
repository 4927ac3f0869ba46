"""What became of dated claims: the price against the market, and the revenue, since each.

A claim is judged by one printed rule, from the close of the first session that could know it;
nothing later than the panel's last session counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.benchmark import Basis, Benchmark, period_returns
from dashboard.analytics.definitions import Definition
from dashboard.analytics.ownbars import MAX_STALE
from dashboard.analytics.panel import Floats, Panel
from dashboard.i18n import Text
from dashboard.prices.bars import UNEXPLAINED

Days = npt.NDArray[np.datetime64]

MIN_SESSIONS: Final = 20
"""Sessions after the claim before which nothing is judged."""
SINCE: Final = "since"
LAST: Final = "last"
SESSIONS: Final = "sessions"
RETURN: Final = "return"
MARKET_RETURN: Final = "market_return"
RELATIVE: Final = "relative"
TROUBLE: Final = "trouble"
SINCE_COLUMNS: Final = (SINCE, LAST, SESSIONS, RETURN, MARKET_RETURN, RELATIVE, TROUBLE)
"""Columns of `Returns.since`."""
DIRECTION: Final = "direction"
REVENUE_YOY: Final = "revenue_yoy"
REVENUE_YOY_LATEST: Final = "revenue_yoy_latest"
REVENUE_MONTHS: Final = "revenue_months"
REVENUE_MONTH: Final = "revenue_month"
VERDICT: Final = "verdict"
REASON: Final = "reason"
_YEAR: Final = 12
"""Months."""


class Verdict(StrEnum):
    """How a claim stands."""

    CONFIRMED = "confirmed"
    NOT_SO_FAR = "not_so_far"
    CANNOT = "cannot"


class Reason(StrEnum):
    """Why a claim cannot be judged."""

    NO_DIRECTION = "no_direction"
    WHOLE_MARKET = "whole_market"
    NOT_TRADED = "not_traded"
    NO_PRICE = "no_price"
    STALE = "stale"
    JUMP = "jump"
    NO_BENCHMARK = "no_benchmark"
    TOO_SOON = "too_soon"
    DISAGREE = "disagree"
    LEVEL = "level"


@dataclass(frozen=True, eq=False)
class Returns:
    """One market's returns, ready to be asked from any session on.

    Attributes
    ----------
    panel : ends with the last session that counts
    benchmark : None where none is stored; then nothing is relative
    """

    panel: Panel
    benchmark: Benchmark | None

    @property
    def basis(self) -> Basis:
        return Basis.TOTAL if self.benchmark is None else self.benchmark.basis

    def first_session(self, day: dt.date) -> dt.date | None:
        """The first session on or after a day; None where there is none yet."""
        place = self._column(day)
        found: dt.date | None = (
            self.panel.sessions[place].item() if place < len(self.panel.sessions) else None
        )
        return found

    def since(self, day: dt.date) -> pd.DataFrame:
        """What each symbol did from the close of the first session on or after a day.

        Bought at its own first close from that session on, and held to its own last one; the
        market is taken over the same sessions.

        Returns
        -------
        DataFrame, symbols × `SINCE_COLUMNS`
            `since`, `last`: sessions of the two closes, NaT without any; `sessions` of the
            market between them; returns are fractions, NaN where `trouble` names a `Reason`
            (an empty text for none).
        """
        place, end_of_all = self._column(day), len(self.panel.sessions) - 1
        traded = np.isfinite(self.panel.close[:, place:])
        priced: npt.NDArray[np.bool_] = np.logical_or.reduce(traded, axis=1)
        entry = np.full(len(priced), end_of_all)
        end = entry.copy()
        if priced.any():
            entry[priced] = place + traded[priced].argmax(axis=1)
            end[priced] -= traded[priced, ::-1].argmax(axis=1)
        rows = np.arange(len(priced))
        jumped = self._jumps[rows, end] > self._jumps[rows, entry]
        trouble = np.select(
            [
                np.full(len(priced), place > end_of_all),
                ~priced,
                jumped,
                end_of_all - end > MAX_STALE,
            ],
            [Reason.TOO_SOON.value, Reason.NO_PRICE.value, Reason.JUMP.value, Reason.STALE.value],
            "",
        )
        own = self._growth[rows, end] / self._growth[rows, entry] - 1
        own[trouble != ""] = np.nan
        market = self._level[end] / self._level[entry] - 1
        market[~priced] = np.nan
        alone = (trouble == "") & np.isnan(market)
        return pd.DataFrame(
            {
                SINCE: self._days(entry, priced),
                LAST: self._days(end, priced),
                SESSIONS: end - entry,
                RETURN: own,
                MARKET_RETURN: market,
                RELATIVE: relative_return(own, market),
                TROUBLE: np.where(alone, Reason.NO_BENCHMARK.value, trouble),
            },
            index=self.panel.symbol_index,
        )

    def _column(self, day: dt.date) -> int:
        return int(np.searchsorted(self.panel.sessions, np.datetime64(day, "D"), "left"))

    def _days(self, columns: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]) -> Days:
        days = self.panel.sessions[columns].astype("datetime64[s]")
        days[~known] = np.datetime64("NaT")
        return days

    @cached_property
    def _growth(self) -> Floats:
        """Symbols × sessions, what 1 has grown to; it waits where there is no return."""
        returns = period_returns(self.panel, self.basis).to_numpy().T
        out: Floats = np.cumprod(1 + np.nan_to_num(returns), axis=1)
        return out

    @cached_property
    def _jumps(self) -> npt.NDArray[np.int64]:
        """Symbols × sessions, unexplained jumps up to each session."""
        out: npt.NDArray[np.int64] = np.cumsum((self.panel.flags & UNEXPLAINED) != 0, axis=1)
        return out

    @cached_property
    def _level(self) -> Floats:
        """The market by session, its last known level; NaN without a benchmark."""
        if self.benchmark is None:
            return np.full(len(self.panel.sessions), np.nan)
        level = self.benchmark.level.reindex(self.panel.index).ffill()
        return np.asarray(level, np.float64)


def relative_return(own: Floats, market: Floats) -> Floats:
    """(1 + own) / (1 + market) - 1, fractions; NaN where either is unknown."""
    out: Floats = (1 + own) / (1 + market) - 1
    return out


@dataclass(frozen=True)
class RevenueSince:
    """Revenue of some companies together, in the whole months after a day.

    Attributes
    ----------
    yoy : all months / the same months a year before - 1; NaN where none is known
    latest : the same of the latest month
    months : counted; `latest_month` the last of them
    companies : with at least one counted month
    """

    yoy: float = np.nan
    latest: float = np.nan
    months: int = 0
    latest_month: pd.Timestamp | None = None
    companies: int = 0


def revenue_since(known: pd.DataFrame, symbols: Sequence[str], session: dt.date) -> RevenueSince:
    """See `RevenueSince`; a company's month counts where it and the same a year before are known.

    Parameters
    ----------
    known : DataFrame, months × symbols, as `revenue.known_months` gives it
    session : a month counts if its first day is on or after it
    """
    columns = known.columns.get_indexer(pd.Index(list(symbols)))
    own = known.to_numpy()[:, columns[columns >= 0]]
    before = np.full(own.shape, np.nan)
    before[_YEAR:] = own[:-_YEAR]
    counted = np.isfinite(own) & (before > 0)
    counted[known.index.to_numpy() < np.datetime64(session)] = False
    months = np.flatnonzero(counted.any(axis=1))
    if not months.size:
        return RevenueSince()
    now, then = (np.where(counted, one, 0.0).sum(axis=1) for one in (own, before))
    return RevenueSince(
        yoy=float(now.sum() / then.sum() - 1),
        latest=float(now[months[-1]] / then[months[-1]] - 1),
        months=len(months),
        latest_month=known.index[months[-1]],
        companies=int(counted.any(axis=0).sum()),
    )


def judged(claims: pd.DataFrame) -> pd.DataFrame:
    """The verdict on each claim, and why it cannot be judged.

    Parameters
    ----------
    claims : DataFrame (direction, sessions, relative, revenue_yoy, trouble)
        `direction` is 1, -1 or 0 for none; `trouble` a `Reason` known before, else empty;
        `revenue_yoy` NaN where no revenue is known.

    Returns
    -------
    DataFrame (verdict, reason), the index of `claims`
    """
    way = claims[DIRECTION].to_numpy(float)
    price = np.sign(claims[RELATIVE].to_numpy(float)) * way
    revenue = np.sign(claims[REVENUE_YOY].to_numpy(float)) * way
    trouble = claims[TROUBLE].to_numpy(object)
    unknown = np.isnan(revenue)
    reason = np.select(
        [
            way == 0,
            trouble != "",
            claims[SESSIONS].to_numpy() < MIN_SESSIONS,
            np.isnan(price),
            price == 0,
            ~unknown & (np.where(unknown, price, revenue) != price),
        ],
        [
            Reason.NO_DIRECTION.value,
            trouble,
            Reason.TOO_SOON.value,
            Reason.NO_PRICE.value,
            Reason.LEVEL.value,
            Reason.DISAGREE.value,
        ],
        "",
    )
    verdict = np.select(
        [reason != "", price > 0], [Verdict.CANNOT.value, Verdict.CONFIRMED.value],
        Verdict.NOT_SO_FAR.value,
    )  # fmt: skip
    return pd.DataFrame({VERDICT: verdict, REASON: reason}, index=claims.index).astype("str")


def beaten(since: pd.DataFrame, symbols: Sequence[str]) -> tuple[int, int]:
    """How many of some symbols did better than the market, and of how many that is known.

    Parameters
    ----------
    since : as `Returns.since` gives it
    symbols : each counts once
    """
    known = since[RELATIVE].reindex(list(dict.fromkeys(symbols))).dropna()
    return int((known > 0).sum()), len(known)


RULE: Final = Text(
    "方向為正（受惠、事件正向）或為負（風險、事件負向）的說法，自文件可知後第一個交易日收盤起算。"
    f"滿 {MIN_SESSIONS} 個交易日，且同期相對大盤的報酬與方向同號、"
    "之後完整月份的營收年增率（已公布者）也同號：目前獲證實。兩者都反號：目前未獲證實。"
    "沒有營收資料時只看股價。股價與營收不一致、沒有方向（中性、有爭議、好壞參半）、"
    "說的是整個市場、沒有股價或沒有大盤可比：無法判斷。",
    "A claim with a direction (plus: beneficiary, positive event; minus: at risk, negative event) "
    "is counted from the close of the first session that could know its document. After "
    f"{MIN_SESSIONS} sessions it is confirmed so far if the return relative to the market has "
    "the claim's sign and so has the revenue of the whole months since against a year before, as "
    "far as announced; not so far if both have the other sign. Without revenue the price alone "
    "counts. Price and revenue that disagree, no direction (neutral, disputed, mixed), a claim "
    "about the whole market, no price or no market to compare with: cannot be judged.",
)

DEFINITIONS: Final = (
    Definition(
        id="audit_verdict",
        label=Text("說法查核的規則", "Rule of the claim audit"),
        formula=(
            r"s=d\cdot\operatorname{sign}(R-R_m),\quad y=d\cdot\operatorname{sign}(\mathrm{YoY}),"
            r"\quad d\in\{+1,-1\}"
        ),
        note=Text(
            RULE.zh + "判斷對象：說法點名、可交易的公司（等權平均）；沒有時用所屬層當時已知的成員。"
            "這是清點，不是績效：同期間勝過大盤的全部成員數列在旁邊。",
            RULE.en + " It is judged on the tradable companies that the claim names (equal mean), "
            "else on the members of its layers known then. This is a count, no skill: how many of "
            "all members did better than the market over the same time stands beside it.",
        ),
        source=Text("本站規則。", "Own rule."),
    ),
    Definition(
        id="audit_since",
        label=Text("自說法可知以來的報酬", "Return since the claim was known"),
        formula=r"R=\prod_{t=s+1}^{T}(1+r_t)-1,\qquad R_m=\frac{I_T}{I_s}-1,"
        r"\qquad R_{rel}=\frac{1+R}{1+R_m}-1",
        note=Text(
            "s 是文件日期之後第一個交易日（該股當天無成交則為其後第一根 K 線），T 是截至日或之前"
            "該股最後一根 K 線；大盤取相同的兩日。層的數字是成員各自報酬的等權平均"
            "（期初等額買進後不動），大盤同樣取平均，"
            "相對大盤是這兩個平均的比值。最後一根 K 線落後超過 5 個交易日、"
            "或期間有不明跳動者不計。",
            "s is the first session after the document's date (the share's first bar from then "
            "on), T the share's last bar on or before the as-of day; the market is taken between "
            "the same two days. A layer's figure is the plain mean of its members' own returns "
            "(equal amounts bought at the start and left alone), the market is averaged alike, and "
            "the relative return is the ratio of the two means. A share whose last bar is more "
            "than 5 sessions old, or with an unexplained jump in between, does not count.",
        ),
        source=Text(
            "本站定義；大盤見「比較基準」。", "Own definition; for the market see Benchmark."
        ),
    ),
    Definition(
        id="audit_revenue",
        label=Text("自說法可知以來的營收年增率", "Revenue against a year before, since the claim"),
        formula=r"\mathrm{YoY}=\frac{\sum_{m>s}R_m}{\sum_{m>s}R_{m-12}}-1",
        note=Text(
            "只計月初在 s 或之後的完整月份，且到截至日為止已公布（不知公布日時，法定期限過後第一個"
            "交易日起算）、去年同月也已知。旁邊另列最近一個月。",
            "Only whole months that begin on or after s, that were known by the as-of session (by "
            "their announcement, else from the session after the day they were due) and whose "
            "same month a year before is known. The latest month is shown beside it.",
        ),
        source=Text(
            "證券交易法第 36 條（公布期限）；公開資訊觀測站月營收。",
            "Securities and Exchange Act art. 36 (due days); MOPS monthly revenue.",
        ),
    ),
)
"""The formulas of the claim audit."""
