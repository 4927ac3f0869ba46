"""American sessions and Taiwan's next opening: the pairing, the split, the errors, the verdicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from dashboard.analytics.leadlag import (
    MINIMUM,
    Missing,
    Pairing,
    Verdict,
    closing_moments,
    holm,
    lags_of,
    lead_table,
    moves,
    opening_moments,
    paired,
    response_fit,
    responses,
    rolling_slopes,
    same_date_moves,
    same_sign,
    traded_sessions,
)
from dashboard.analytics.panel import FIELDS, Panel
from dashboard.prices.bars import BarFlag
from dashboard.prices.sessions import sessions

TAIPEI, NEW_YORK = ZoneInfo("Asia/Taipei"), ZoneInfo("America/New_York")
START, END = dt.date(2024, 1, 2), dt.date(2026, 6, 30)
HALF_DAYS = {dt.date(2024, 7, 3), dt.date(2024, 11, 29), dt.date(2024, 12, 24),
             dt.date(2025, 7, 3), dt.date(2025, 11, 28), dt.date(2025, 12, 24)}  # fmt: skip
HOME, FOREIGN = sessions("TW", START, END), sessions("US", START, END)
EVER = pd.Timestamp("1900-01-01")


def panel_of(
    market: str, days: np.ndarray, closes: Mapping[str, Sequence[float]], **fields: np.ndarray
) -> Panel:
    """A panel of closes, sorted; `fields` replace those of the panel."""
    symbols = tuple(sorted(closes))
    close = np.array([closes[one] for one in symbols], float)
    arrays = {name: np.full(close.shape, np.nan) for name in FIELDS}
    arrays |= dict.fromkeys(("open", "high", "low", "close", "unadjusted_close"), close)
    arrays["flags"] = np.zeros(close.shape, np.int32)
    return Panel(market, symbols, days, **{**arrays, **fields})


def windows_of(members: Mapping[str, Sequence[str]], known_on: object = EVER) -> pd.DataFrame:
    rows = [(one, layer) for layer, own in members.items() for one in own]
    return pd.DataFrame(rows, columns=["symbol", "layer"]).assign(
        known_on=pd.Timestamp(known_on), known_until=pd.Series(pd.NaT, dtype="datetime64[s]")
    )


def by_clock(home: Sequence[dt.date], foreign: Sequence[dt.date]) -> dict[dt.date, list[dt.date]]:
    """Taiwan session → American sessions that go to it, looking at the two clocks one by one."""
    found: dict[dt.date, list[dt.date]] = {one: [] for one in home}
    for day in foreign:
        hour = 13 if day in HALF_DAYS else 16
        over = dt.datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK)
        for one in home:
            if dt.datetime(one.year, one.month, one.day, 9, tzinfo=TAIPEI) > over:
                found[one].append(day)
                break
    return found


def own_sessions(pairing: Pairing) -> dict[dt.date, list[dt.date]]:
    """The same as the pairing has it, without its first session."""
    spans = zip(pairing.home, pairing.before, pairing.last, strict=True)
    return {
        day.item(): [one.item() for one in pairing.foreign[before + 1 : last + 1]]
        for day, before, last in list(spans)[1:]
    }


class TestPairing:
    def test_every_session_of_thirty_months_by_the_two_clocks(self) -> None:
        expected = by_clock([one.item() for one in HOME], [one.item() for one in FOREIGN])
        found = own_sessions(paired(HOME, FOREIGN))
        assert found == {day: own for day, own in expected.items() if day in found}
        assert sum(map(len, found.values())) > 600

    def test_a_session_goes_to_the_first_with_a_later_date(self) -> None:
        for day, own in own_sessions(paired(HOME, FOREIGN)).items():
            before = HOME[np.searchsorted(HOME, np.datetime64(day)) - 1].item()
            assert all(before <= one < day for one in own)

    @pytest.mark.parametrize(
        ("day", "first", "last", "count"),
        [
            ("2025-02-03", "2025-01-22", "2025-01-31", 8),  # Lunar New Year
            ("2026-02-23", "2026-02-11", "2026-02-20", 7),  # Lunar New Year, Presidents' Day
            ("2024-11-01", "2024-10-30", "2024-10-31", 2),  # typhoon on the 31st
            ("2025-11-28", None, None, 0),  # Thanksgiving
            ("2025-12-01", "2025-11-28", "2025-11-28", 1),  # a half day
            ("2025-07-04", "2025-07-03", "2025-07-03", 1),  # a half day
            ("2025-07-07", None, None, 0),  # Independence Day, a Friday
            ("2025-11-03", "2025-10-31", "2025-10-31", 1),  # standard time since Sunday
            ("2026-03-09", "2026-03-06", "2026-03-06", 1),  # daylight saving since Sunday
            ("2026-03-10", "2026-03-09", "2026-03-09", 1),
        ],
    )
    def test_hand_picked_mornings(
        self, day: str, first: str | None, last: str | None, count: int
    ) -> None:
        own = own_sessions(paired(HOME, FOREIGN))[dt.date.fromisoformat(day)]
        assert len(own) == count
        if own:
            assert [str(own[0]), str(own[-1])] == [first, last]

    @pytest.mark.parametrize(
        ("day", "hour"),
        [("2026-03-06", 5), ("2026-03-09", 4), ("2025-10-31", 4), ("2025-11-03", 5)],
    )
    def test_the_american_close_in_taipei_moves_with_daylight_saving(
        self, day: str, hour: int
    ) -> None:
        (moment,) = closing_moments("US", np.array([day], "datetime64[D]"))
        local = moment.tz_convert("Asia/Taipei")
        assert (local.hour, local.minute) == (hour, 15)
        assert str(local.date()) > day

    def test_every_american_close_is_known_before_nine(self) -> None:
        ends = closing_moments("US", FOREIGN).tz_convert("Asia/Taipei")
        assert set(ends.hour) == {4, 5}
        assert set(opening_moments(HOME).tz_convert("Asia/Taipei").hour) == {9}

    def test_the_first_session_has_no_pair(self) -> None:
        assert paired(HOME, FOREIGN).counts[0] == 0
        assert paired(HOME[:0], FOREIGN).counts.tolist() == []
        assert paired(HOME[:5], FOREIGN[:0]).counts.tolist() == [0] * 5

    def test_a_closure_that_the_calendar_does_not_know_is_no_session(self) -> None:
        closes = np.arange(10.0, 10.0 + len(HOME[:8]))
        closes[4] = np.nan
        panel = panel_of("TW", HOME[:8], {"2330.TW": closes, "2317.TW": closes})
        pairing = paired(traded_sessions(panel), FOREIGN[:12])
        assert HOME[4] not in pairing.home
        assert pairing.counts[4] == 2


class TestMoves:
    def test_several_sessions_are_the_product(self) -> None:
        close = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, len(FOREIGN))))
        panel = panel_of("US", FOREIGN, {"AVGO": close})
        found = moves(panel, ["AVGO"], paired(HOME, FOREIGN))["AVGO"]
        by_day = dict(zip([one.item() for one in FOREIGN], close, strict=True))
        before = by_day[dt.date(2026, 2, 10)]
        assert found["2026-02-23"] == pytest.approx(by_day[dt.date(2026, 2, 20)] / before - 1)
        assert np.isnan(found["2025-07-07"])
        single = same_date_moves(panel, ["AVGO"], HOME)["AVGO"]
        assert single["2026-02-11"] == pytest.approx(by_day[dt.date(2026, 2, 11)] / before - 1)

    def test_a_missing_end_or_a_jump_is_no_move(self) -> None:
        close = np.linspace(100, 120, len(FOREIGN))
        flags = np.zeros((1, len(FOREIGN)), np.int32)
        place = int(np.searchsorted(FOREIGN, np.datetime64("2025-05-14")))
        close[place] = np.nan
        flags[0, place + 10] = int(BarFlag.JUMP)
        panel = panel_of("US", FOREIGN, {"AVGO": close}, flags=flags)
        found = moves(panel, ["AVGO"], paired(HOME, FOREIGN))["AVGO"]
        missing = found[found.isna()].index.strftime("%Y-%m-%d").tolist()
        assert {"2025-05-15", "2025-05-16"} < set(missing)
        assert FOREIGN[place + 10] == np.datetime64("2025-05-29")
        assert "2025-06-02" in missing  # the next one: Taiwan was closed on the 30th
        assert "2025-06-03" not in missing


class TestResponses:
    def split(self, **fields: object) -> tuple[Panel, pd.DataFrame]:
        generator = np.random.default_rng(3)
        names = ("1101.TW", "1102.TW", "1103.TW")
        close = 50 * np.exp(np.cumsum(generator.normal(0, 0.02, (3, 90)), axis=1))
        opens = close * np.exp(generator.normal(0, 0.01, close.shape))
        close[1, 40] = np.nan
        opens[1, 40] = np.nan
        opens[2, 50] = np.nan
        panel = panel_of("TW", HOME[:90], dict(zip(names, close, strict=True)), open=opens)
        return panel, windows_of({"a": names, "b": names[:1]})

    def test_gap_and_session_make_the_whole(self) -> None:
        panel, windows = self.split()
        found = responses(panel, windows)
        whole = (1 + found.gap) * (1 + found.intraday) - 1
        pd.testing.assert_frame_equal(whole, found.total, rtol=1e-12)
        for place in range(1, 90):
            day = found.gap.index[place]
            gaps, totals = [], []
            for row in range(3):
                base, first, last = (
                    panel.close[row, place - 1], panel.open[row, place], panel.close[row, place],
                )  # fmt: skip
                if np.isfinite([base, first, last]).all():
                    gaps.append(first / base - 1)
                    totals.append(last / base - 1)
            assert found.gap.at[day, "a"] == pytest.approx(np.mean(gaps))
            assert found.total.at[day, "a"] == pytest.approx(np.mean(totals))
            assert found.counted.at[day, "a"] == len(gaps)
            assert found.known.at[day, "a"] == 3
        assert found.counted["a"].min() == 0
        assert found.counted["a"].iloc[[40, 41, 50]].tolist() == [2, 2, 2]

    def test_an_ex_dividend_gap_counts_from_the_reference(self) -> None:
        raw = np.array([[100.0, 96.0, 97.0]])
        factor = np.array([[0.95, 1.0, 1.0]])  # 5 of 100 went ex on the second session
        panel = panel_of(
            "TW", HOME[:3], {"1101.TW": (raw * factor)[0]},
            open=np.array([[99.0, 96.9, 96.5]]) * factor, unadjusted_close=raw,
        )  # fmt: skip
        found = responses(panel, windows_of({"a": ["1101.TW"]}))
        assert found.gap["a"].iloc[1] == pytest.approx(96.9 / 95 - 1)
        assert found.intraday["a"].iloc[1] == pytest.approx(96 / 96.9 - 1)

    def test_a_member_counts_from_the_session_after_it_is_known(self) -> None:
        panel, _ = self.split()
        windows = windows_of({"a": ["1101.TW"]}, known_on=HOME[30].item())
        ended = windows.assign(known_until=pd.Timestamp(HOME[60].item()))
        assert responses(panel, windows).counted["a"].tolist() == [0] * 31 + [1] * 59
        assert responses(panel, ended).counted["a"].tolist() == [0] * 31 + [1] * 30 + [0] * 29

    def test_the_emerging_board_and_odd_bars_do_not_count(self) -> None:
        panel, windows = self.split()
        flags = panel.flags.copy()
        flags[0, 20] = int(BarFlag.OUTSIDE_RANGE)
        flags[0, 25] = int(BarFlag.JUMP)
        closes = {one: panel.close[row] for row, one in enumerate(panel.symbols)}
        odd = panel_of("TW", HOME[:90], closes, flags=flags, open=panel.open)
        found = responses(odd, windows, listed_since={"1101.TW": HOME[10].item()}).counted["b"]
        assert found.tolist() == [0] * 11 + [0 if one in (20, 25) else 1 for one in range(11, 90)]

    def test_openings_at_the_limit_are_counted(self) -> None:
        raw = np.array([[100.0, 105.0, 100.0], [50.0, 52.0, 51.0]])
        opens = np.array([[100.0, 110.0, 94.5], [50.0, 54.9, 46.8]])
        before = np.array([[np.nan, 100.0, 105.0], [np.nan, 50.0, 52.0]])
        panel = panel_of(
            "TW", HOME[:3], {"1101.TW": raw[0], "1102.TW": raw[1]}, open=opens, reference=before
        )
        found = responses(panel, windows_of({"a": ["1101.TW", "1102.TW"]}))
        # 110 is the limit of 100, 94.5 that of 105; 55 that of 50, 46.8 that of 52.
        assert found.at_limit["a"].tolist() == [0, 1, 2]

    def test_nobody_known_is_no_column(self) -> None:
        panel, windows = self.split()
        assert responses(panel, windows.iloc[:0]).gap.shape == (90, 0)
        absent = responses(panel, windows_of({"a": ["9999.TW"]}))
        assert absent.known["a"].tolist() == [0] + [1] * 89
        assert absent.gap["a"].isna().all()


def newey_west(x: np.ndarray, y: np.ndarray, lags: int) -> tuple[float, float, float]:
    """Slope, its error and p by the printed formula, term by term."""
    n = len(x)
    design = np.column_stack([np.ones(n), x])
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ y
    errors = y - design @ beta
    meat = np.zeros((2, 2))
    for lag in range(lags + 1):
        weight = 1 - lag / (lags + 1)
        for t in range(lag, n):
            term = errors[t] * errors[t - lag] * np.outer(design[t], design[t - lag])
            meat += weight * (term if lag == 0 else term + term.T)
    error = np.sqrt((bread @ meat @ bread)[1, 1] * n / (n - 2))
    return beta[1], error, 2 * stats.t.sf(abs(beta[1] / error), n - 2)


class TestFit:
    @pytest.mark.parametrize(("n", "lags"), [(60, 3), (100, 4), (190, 4), (1756, 7)])
    def test_lags_of_the_rule(self, n: int, lags: int) -> None:
        assert lags_of(n) == lags

    def test_errors_are_those_of_newey_and_west(self) -> None:
        generator = np.random.default_rng(5)
        x = generator.normal(0, 0.02, 170)
        noise = generator.normal(0, 0.01, 171)
        y = 0.001 + 0.3 * x + (noise[1:] + 0.6 * noise[:-1]) * (1 + 20 * abs(x))
        holes = np.concatenate([x[:50], [np.nan], x[50:]])
        fit = response_fit(holes, np.insert(y, 50, 0.5))
        assert fit is not None
        slope, error, p = newey_west(x, y, 4)
        assert (fit.n, fit.lags) == (170, 4)
        assert fit.slope == pytest.approx(slope)
        assert fit.t == pytest.approx(slope / error)
        assert fit.p == pytest.approx(p, rel=1e-6)
        half = stats.t.ppf(0.975, 168) * error
        assert (fit.low, fit.high) == pytest.approx((slope - half, slope + half))
        assert fit.r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
        residuals = y - fit.intercept - fit.slope * x
        assert fit.residual == pytest.approx(np.sqrt((residuals**2).sum() / 168))

    def test_nothing_below_sixty_pairs_or_without_variation(self) -> None:
        x = np.random.default_rng(1).normal(size=MINIMUM)
        assert response_fit(x, 2 * x + x**2) is not None
        assert response_fit(x[1:], x[1:]) is None
        assert response_fit(np.zeros(MINIMUM), x) is None

    def test_holm_is_that_of_statsmodels(self) -> None:
        p = np.random.default_rng(2).uniform(size=40) ** 4
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-12)

    def test_rolling_slopes_and_their_sign(self) -> None:
        generator = np.random.default_rng(8)
        x = pd.Series(generator.normal(size=150), pd.date_range("2024-01-01", periods=150))
        y = 0.1 * x + generator.normal(size=150)
        y.iloc[30] = np.nan
        found = rolling_slopes(x, y)
        both = y.notna()
        pairs = list(zip(x[both], y[both], strict=True))
        expected = [
            np.polyfit(*zip(*pairs[one : one + 60], strict=True), 1)[0]
            for one in range(len(pairs) - 59)
        ]
        np.testing.assert_allclose(found, expected)
        assert found.index[0] == x.index[60]
        assert same_sign(x, y, 0.1) == pytest.approx(np.mean(np.array(expected) > 0))
        assert rolling_slopes(x[:40], y[:40]).empty


def market(
    *, gap: float = 0.0, after: float = 0.0, same_date: float = 0.0, seed: int = 4, count: int = 300
) -> tuple[Panel, Panel]:
    """Taiwan and America in which one drives the other by what is asked for."""
    generator = np.random.default_rng(seed)
    home, foreign = HOME[:count], FOREIGN[: count + 5]
    own = generator.normal(0, 0.01, (count, 2))
    pairing = paired(home, foreign)
    america = generator.normal(0, 0.02, len(foreign))
    if same_date:
        total = (1 + own[:, 0]) * (1 + own[:, 1]) - 1
        by_date = dict(zip(home, total, strict=True))
        america = 0.1 * america + same_date * np.array([by_date.get(one, 0) for one in foreign])
    sums = np.concatenate([[0], np.cumsum(np.log1p(america))])
    move = np.where(pairing.counts > 0, sums[pairing.last + 1] - sums[pairing.before + 1], 0)
    gaps, afters = own[:, 0] + gap * move, own[:, 1] + after * move
    close = 100 * np.cumprod((1 + gaps) * (1 + afters))
    opens = np.concatenate([[100.0], close[:-1]]) * (1 + gaps)
    taiwan = panel_of("TW", home, {"1101.TW": close}, open=opens[None, :])
    return taiwan, panel_of("US", foreign, {"AVGO": 100 * np.exp(sums[1:])})


def table_of(taiwan: Panel, america: Panel, drivers: Sequence[str] = ("AVGO",)) -> pd.DataFrame:
    pairing = paired(traded_sessions(taiwan), america.sessions)
    return lead_table(
        [("a", one) for one in drivers],
        responses(taiwan, windows_of({"a": ["1101.TW"]})),
        moves(america, ["AVGO"], pairing),
        same_date_moves(america, ["AVGO"], pairing.home),
    )


class TestVerdicts:
    @pytest.mark.parametrize(
        ("planted", "verdict"),
        [
            ({"gap": 0.5}, Verdict.IN_GAP),
            ({"gap": 0.5, "after": 0.3}, Verdict.CONTINUES),
            ({"gap": 0.5, "after": -0.3}, Verdict.REVERSES),
            ({"after": 0.4}, Verdict.AFTER_OPEN),
            ({}, Verdict.NOTHING),
        ],
    )
    def test_what_was_planted_is_found(self, planted: dict[str, float], verdict: str) -> None:
        row = table_of(*market(**planted)).iloc[0]
        assert row["verdict"] == verdict
        assert row["tests"] == 2
        for part, true in (("gap", planted.get("gap", 0)), ("intraday", planted.get("after", 0))):
            assert row[f"{part}_low"] < true < row[f"{part}_high"]

    def test_taiwan_leading_on_one_date_is_no_american_lead(self) -> None:
        row = table_of(*market(same_date=0.9)).iloc[0]
        assert row["verdict"] == Verdict.NOTHING
        assert row["same_date_correlation"] > 0.9
        assert abs(row["lead_correlation"]) < 0.2

    def test_why_there_are_no_figures(self) -> None:
        taiwan, america = market(gap=0.5, count=60)
        table = table_of(taiwan, america, ("AVGO", "NVDA"))
        assert table["missing"].tolist() == [Missing.TOO_FEW, Missing.NO_PRICES]
        assert table["n"].tolist() == [int((paired(HOME[:60], FOREIGN[:65]).counts > 0).sum()), 0]
        assert table[["gap_slope", "intraday_t", "same_date_correlation"]].isna().all(axis=None)
        assert table["verdict"].isna().all()


@settings(max_examples=12, deadline=None)
@given(st.integers(70, 118), st.integers(0, 1000))
def test_later_bars_change_nothing_earlier(end: int, seed: int) -> None:
    taiwan, america = market(gap=0.3, seed=seed, count=120)
    day = HOME[end].item()
    windows = windows_of({"a": ["1101.TW"]})
    whole = responses(taiwan, windows)
    cut_home, cut_foreign = taiwan.as_of(day), america.as_of(day)
    cut = responses(cut_home, windows)
    for name in ("gap", "intraday", "total", "counted", "at_limit"):
        pd.testing.assert_frame_equal(
            getattr(whole, name).iloc[: end + 1], getattr(cut, name), check_exact=True
        )
    known = moves(cut_foreign, ["AVGO"], paired(cut_home.sessions, cut_foreign.sessions))
    later = moves(america, ["AVGO"], paired(taiwan.sessions, america.sessions))
    pd.testing.assert_frame_equal(later.iloc[: end + 1], known, check_exact=True)
