"""Rotation graph (輪動圖): weekly relative strength and its momentum, by our own formula.

Both are in σ of a group's own history, so groups are compared by where they stand against
their own past, not by how many per cent they moved.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.definitions import Definition
from dashboard.analytics.panel import Floats
from dashboard.i18n import Text
from dashboard.prices.bars import SESSION
from dashboard.prices.sessions import sessions

WINDOW: Final = 14
"""Weeks of both z-scores."""
STEP: Final = 1
"""Weeks over which the ratio's change is taken."""
SMOOTHING: Final = 5
"""Span of the exponential average of both, in weeks."""
CENTRE: Final = 100.0
NEEDED: Final = 2 * WINDOW + STEP - 1
"""Weeks of own history before the first point."""
CARRIED: Final = 2
"""Weeks without a session of its market for which a group stands at its last close."""
_FLAT: Final = 1e-12
"""Log points; a spread below it is rounding, not movement."""

WEEK: Final = "week"
GROUP: Final = "group"
RATIO: Final = "ratio"
MOMENTUM: Final = "momentum"
QUADRANT: Final = "quadrant"
QUADRANT_WEEKS: Final = "weeks_in_quadrant"
ANGLE: Final = "angle"
SPEED: Final = "speed"
KNOWN_WEEKS: Final = "weeks"
MISSING_WEEKS: Final = "weeks_needed"
FINISHED: Final = "finished"
TABLE_COLUMNS: Final = (
    QUADRANT, RATIO, MOMENTUM, QUADRANT_WEEKS, ANGLE, SPEED, KNOWN_WEEKS, MISSING_WEEKS,
)  # fmt: skip

Days = npt.NDArray[np.datetime64]


class Quadrant(StrEnum):
    """Where a group stands; groups tend to pass through them in this order."""

    LEADING = "leading"
    WEAKENING = "weakening"
    LAGGING = "lagging"
    IMPROVING = "improving"


@dataclass(frozen=True, eq=False)
class Rotation:
    """Weekly positions of groups; frames of weeks × groups, weeks by their Monday.

    Attributes
    ----------
    strength : ln(group / its benchmark)
    ratio, momentum : 100 + σ of own history; NaN for a group without `NEEDED` weeks, and where
        it did not move
    last : last session of each week
    finished : whether the last week has no session left
    """

    strength: pd.DataFrame
    ratio: pd.DataFrame
    momentum: pd.DataFrame
    last: pd.Series[pd.Timestamp]
    finished: bool

    @property
    def quadrant(self) -> pd.DataFrame:
        """Weeks × groups, ids of `Quadrant`; missing where there is no point."""
        return quadrants(self.ratio, self.momentum)


def monday(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Monday of each day's ISO week."""
    first: pd.DatetimeIndex = days - pd.to_timedelta(days.day_of_week, unit="D")
    return first.rename(WEEK)


def weekly_closes(levels: pd.DataFrame) -> pd.DataFrame:
    """Each week's last known level.

    Parameters
    ----------
    levels : DataFrame, sessions × series; NaN where unknown

    Returns
    -------
    DataFrame, weeks (their Monday) × series
    """
    return levels.groupby(monday(pd.DatetimeIndex(levels.index))).last()


def last_sessions(days: pd.DatetimeIndex) -> pd.Series[pd.Timestamp]:
    """Last session of each week, by its Monday."""
    return pd.Series(days, index=monday(days), name=SESSION).groupby(level=0).max()


def week_finished(market: str, session: dt.date) -> bool:
    """Whether the market's calendar has no session between a day and the end of its week."""
    sunday = session + dt.timedelta(days=6 - session.weekday())
    return not len(sessions(market, session + dt.timedelta(days=1), sunday))


def aligned(weekly: pd.DataFrame, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """Weekly closes of a market on the weeks of another.

    A week in which its market was closed has the close before, for `CARRIED` weeks at most.
    """
    both = weekly.reindex(weekly.index.union(weeks))
    return both.ffill(limit=CARRIED).reindex(weeks)


def log_strength(levels: pd.DataFrame, benchmark: pd.DataFrame) -> pd.DataFrame:
    """ln(level / benchmark), weeks × groups.

    Parameters
    ----------
    levels, benchmark : DataFrame, weeks × groups, each group's own benchmark in its column
    """
    return pd.DataFrame(np.log(levels / benchmark))


def rotation(
    strength: pd.DataFrame,
    last: pd.Series[pd.Timestamp],
    *,
    finished: bool = True,
    window: int = WINDOW,
    step: int = STEP,
    smoothing: int = SMOOTHING,
) -> Rotation:
    """Ratio and momentum of every group in every week.

    Parameters
    ----------
    strength : DataFrame, weeks × groups, ln(group / benchmark); NaN where unknown
    last : last session of each of its weeks
    finished : whether the last week has no session left
    """
    values = strength.to_numpy(float)
    ratio = _smoothed(_z(values, window), smoothing)
    change = np.full(ratio.shape, np.nan)
    change[step:] = ratio[step:] - ratio[: len(ratio) - step]
    momentum = _smoothed(_z(change, window), smoothing)
    # A point needs both.
    ratio = np.where(np.isnan(momentum), np.nan, ratio)

    def frame(values: Floats) -> pd.DataFrame:
        return pd.DataFrame(CENTRE + values, index=strength.index, columns=strength.columns)

    return Rotation(strength, frame(ratio), frame(momentum), last, finished)


def quadrants(ratio: pd.DataFrame, momentum: pd.DataFrame) -> pd.DataFrame:
    """Id of the quadrant of each point; the centre lines belong to the stronger side."""
    across, up = ratio.to_numpy(float), momentum.to_numpy(float)
    strong, rising = across >= CENTRE, up >= CENTRE
    unknown = np.isnan(across) | np.isnan(up)
    names = np.full(across.shape, Quadrant.LAGGING.value, object)
    names[rising] = Quadrant.IMPROVING.value
    names[strong] = Quadrant.WEAKENING.value
    names[strong & rising] = Quadrant.LEADING.value
    names[unknown] = None
    return pd.DataFrame(names, index=ratio.index, columns=ratio.columns)


def rotation_table(found: Rotation) -> pd.DataFrame:
    """Where each group stands in the last week.

    Returns
    -------
    DataFrame, groups × `TABLE_COLUMNS`
        weeks_in_quadrant : in a row, up to the last one
        angle : degrees of the last week's move, counter-clockwise from "ratio rises"
        speed : length of that move, σ
        weeks : of own history; weeks_needed : still missing before the first point
    """
    groups = found.strength.columns.rename(GROUP)
    known = found.strength.notna().sum().to_numpy()
    frame = pd.DataFrame(
        {KNOWN_WEEKS: known, MISSING_WEEKS: np.maximum(NEEDED - known, 0)}, index=groups
    )
    if len(found.strength):
        names = found.quadrant
        frame[QUADRANT] = names.iloc[-1].to_numpy()
        frame[RATIO] = found.ratio.iloc[-1].to_numpy()
        frame[MOMENTUM] = found.momentum.iloc[-1].to_numpy()
        frame[QUADRANT_WEEKS] = _run_lengths(names)
        frame[ANGLE], frame[SPEED] = _last_move(found)
    return frame.reindex(columns=list(TABLE_COLUMNS))


def rotation_series(found: Rotation) -> pd.DataFrame:
    """All points as rows: week, session, group, quadrant, ratio, momentum, finished."""
    parts = {
        QUADRANT: found.quadrant,
        RATIO: found.ratio,
        MOMENTUM: found.momentum,
    }
    long = pd.DataFrame(
        {
            name: frame.rename_axis(index=WEEK, columns=GROUP).stack(future_stack=True)
            for name, frame in parts.items()
        }
    )
    rows = long.dropna(subset=[RATIO]).reset_index()
    rows.insert(1, SESSION, rows[WEEK].map(found.last))
    last = found.last.index[-1] if len(found.last) else pd.NaT
    return rows.assign(**{FINISHED: found.finished | (rows[WEEK] != last)})


def _z(values: Floats, window: int) -> Floats:
    """Each value in σ of the `window` values up to it (ddof 1); NaN where one is missing."""
    out = np.full(values.shape, np.nan)
    if len(values) < window:
        return out
    # Windows of their own: a running sum would let old weeks change the last digits.
    views = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    spread = views.std(axis=-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (values[window - 1 :] - views.mean(axis=-1)) / spread
    out[window - 1 :] = np.where(spread > _FLAT, z, np.nan)
    return out


def _smoothed(values: Floats, span: int) -> Floats:
    """Exponential average from the first value on; a missing one is left out."""
    weight = 2 / (span + 1)
    out = np.full(values.shape, np.nan)
    state = np.full(values.shape[1:], np.nan)
    for place, row in enumerate(values):
        step = state + weight * (row - state)
        state = np.where(np.isnan(row), state, np.where(np.isnan(state), row, step))
        out[place] = np.where(np.isnan(row), np.nan, state)
    return out


def _run_lengths(names: pd.DataFrame) -> npt.NDArray[np.int64]:
    """How many last rows in a row equal the last one; 0 where that is missing."""
    values = names.to_numpy(object)
    same = (values == values[-1]) & names.notna().to_numpy()
    broken = ~same[::-1]
    lengths = np.where(broken.any(axis=0), broken.argmax(axis=0), len(values))
    return lengths.astype(np.int64)


def _last_move(found: Rotation) -> tuple[Floats, Floats]:
    across, up = (
        frame.iloc[-1].to_numpy() - frame.iloc[-2].to_numpy()
        if len(frame) > 1
        else np.full(frame.shape[1], np.nan)
        for frame in (found.ratio, found.momentum)
    )
    return np.degrees(np.arctan2(up, across)), np.hypot(across, up)


DEFINITIONS: Final = (
    Definition(
        id="rotation_graph",
        label=Text("輪動圖：強弱與動能", "Rotation graph: ratio and momentum"),
        formula=(
            r"s_t=\ln\frac{P_t}{B_t},\quad "
            r"R_t=100+\mathrm{EMA}_5\!\left(z_{14}(s)_t\right),\quad "
            r"M_t=100+\mathrm{EMA}_5\!\left(z_{14}(R_t-R_{t-1})\right),\quad "
            r"z_w(x)_t=\frac{x_t-\bar x_{t-w+1\ldots t}}{\mathrm{sd}_{t-w+1\ldots t}(x)}"
        ),
        note=Text(
            "本站自訂公式，不是任何商標指標。P 是群組的等權連鎖指數，B 是比較基準，都取每個 ISO 週"
            "最後一個交易日的收盤；sd 的自由度為 n−1。EMA₅ 的係數為 2/(5+1)，以第一個值起算。"
            "單位是「自己歷史的標準差（σ）」，不是百分比；各群組因此可比「相對於自己過去的位置」，"
            "不能比漲多少。需要 28 週自己的歷史，不足就不畫，並寫出還差幾週。最後一週若還有交易日"
            "未到，標「未完」，之後會變；更早的點不會變。",
            "Our own formula, no trademarked indicator. P is the group's equal-weighted chained "
            "index, B the benchmark, both at the last session of each ISO week; sd with n−1. EMA₅ "
            "has the factor 2/(5+1) and starts from the first value. The unit is σ of the group's "
            "own history, not per cent: groups are comparable in where they stand against their "
            "own past, not in how much they rose. It needs 28 weeks of own history; below that "
            "nothing is drawn and the missing weeks are told. A last week with sessions to come is "
            "marked unfinished and will change; earlier points will not.",
        ),
        source=Text(
            "本站公式；四象限的概念來自公開的相對強弱圖文獻，週資料、z 分數與平滑為自訂。",
            "Own formula; four quadrants as in the published literature on relative strength, "
            "weekly closes, z-scores and smoothing are our own choice.",
        ),
    ),
    Definition(
        id="rotation_quadrants",
        label=Text("四個象限、方向與速度", "Quadrants, direction and speed"),
        formula=(
            r"\theta=\operatorname{atan2}(\Delta M,\Delta R),\qquad "
            r"v=\sqrt{\Delta R^2+\Delta M^2}"
        ),
        note=Text(
            "領先：R≥100 且 M≥100；轉弱：R≥100 且 M＜100；落後：R＜100 且 M＜100；"
            "改善：R＜100 且 M≥100。方向 θ 是最近一週移動的角度（0° 為 R 上升，90° 為 M 上升），"
            "速度 v 是該步的長度（σ／週）。",
            "Leading: R≥100 and M≥100; weakening: R≥100 and M<100; lagging: R<100 and M<100; "
            "improving: R<100 and M≥100. The direction θ is the angle of the last week's move (0° "
            "is R rising, 90° M rising), the speed v its length (σ a week).",
        ),
        source=Text("本站定義。", "Own definition."),
    ),
)
