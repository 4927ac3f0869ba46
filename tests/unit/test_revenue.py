"""Monthly revenue: when a month counts, and what is made of it."""

from __future__ import annotations

import datetime as dt
import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.metrics import metric_table
from dashboard.analytics.notes import MissingReason, metric_notes, missing_reason
from dashboard.analytics.revenue import due_days
from tests.unit.panels import panel_of

SYMBOL = "2330.TW"
KEYS = ["revenue_month", "revenue_yoy", "revenue_mom", "revenue_3m_yoy"]
PANEL = panel_of({SYMBOL: [10.0] * 400, "2454.TW": [10.0] * 400}, start="2025-01-01")


def rows(
    months: dict[str, float], announced: dict[str, str] | None = None, symbol: str = SYMBOL
) -> pd.DataFrame:
    told = announced or {}
    return pd.DataFrame(
        {
            "symbol": symbol,
            "month": pd.to_datetime([f"{month}-01" for month in months]),
            "revenue": list(months.values()),
            "announced": pd.to_datetime([told.get(month) for month in months]),
        }
    )


def figures(revenue: pd.DataFrame, as_of: str, **more: object) -> pd.Series:
    day = dt.date.fromisoformat(as_of)
    return metric_table(PANEL, as_of=day, revenue=revenue, keys=KEYS, **more).loc[SYMBOL]


def month_of(revenue: pd.DataFrame, as_of: str, **more: object) -> str | None:
    month = figures(revenue, as_of, **more)["revenue_month"]
    return None if pd.isna(month) else f"{month:%Y-%m}"


def test_a_month_counts_from_the_session_after_its_announcement() -> None:
    revenue = rows({"2026-03": 1.0, "2026-04": 1.0}, {"2026-04": "2026-05-06"})
    assert month_of(revenue, "2026-05-06") == "2026-03"
    assert month_of(revenue, "2026-05-07") == "2026-04"
    # Announced on a Saturday: from Monday on.
    revenue = rows({"2026-03": 1.0, "2026-04": 1.0}, {"2026-04": "2026-05-09"})
    assert month_of(revenue, "2026-05-08") == "2026-03"
    assert month_of(revenue, "2026-05-11") == "2026-04"


def test_an_unknown_announcement_is_the_statutory_day() -> None:
    revenue = rows({"2026-02": 1.0, "2026-03": 1.0})
    assert month_of(revenue, "2026-04-10") == "2026-02"  # a Friday: due that day
    assert month_of(revenue, "2026-04-13") == "2026-03"


def test_a_due_day_without_a_session_is_the_next_one() -> None:
    revenue = rows({"2026-03": 1.0, "2026-04": 1.0})
    # 2026-05-10 is a Sunday: due on Monday the 11th, usable on the 12th.
    assert month_of(revenue, "2026-05-11") == "2026-03"
    assert month_of(revenue, "2026-05-12") == "2026-04"
    # 2026-07-10 was a typhoon day, 2024-02-10 lay in the Lunar New Year (to the 14th).
    months = np.array(["2026-06", "2024-01"], "datetime64[M]")
    assert due_days(months, "TW").astype(str).tolist() == ["2026-07-13", "2024-02-15"]


def test_insurers_report_by_the_15th_from_2026_on() -> None:
    revenue = rows({"2026-03": 1.0, "2026-04": 1.0})
    assert month_of(revenue, "2026-05-12", insurers=[SYMBOL]) == "2026-03"
    assert month_of(revenue, "2026-05-18", insurers=[SYMBOL]) == "2026-04"  # due on Friday
    months = np.array(["2025-12", "2026-01"], "datetime64[M]")
    assert due_days(months, "TW", True).astype(str).tolist() == ["2026-01-12", "2026-02-23"]


def test_an_announcement_within_the_month_itself_is_none() -> None:
    revenue = rows({"2026-03": 1.0, "2026-04": 1.0}, {"2026-04": "2026-04-30"})
    assert month_of(revenue, "2026-05-04") == "2026-03"


def test_growth_by_hand() -> None:
    months = {
        "2025-02": 80.0, "2025-03": 90.0, "2025-04": 100.0,
        "2026-02": 100.0, "2026-03": 110.0, "2026-04": 130.0,
    }  # fmt: skip
    found = figures(rows(months), "2026-05-15")
    assert found["revenue_month"] == pd.Timestamp("2026-04-01")
    assert found["revenue_yoy"] == pytest.approx(0.30)
    assert found["revenue_mom"] == pytest.approx(130 / 110 - 1)
    assert found["revenue_3m_yoy"] == pytest.approx(340 / 270 - 1)


@pytest.mark.parametrize("gone", ["2025-02", "2025-03", "2026-02"])
def test_three_months_need_all_six(gone: str) -> None:
    months = dict.fromkeys(("2025-02", "2025-03", "2025-04", "2026-02", "2026-03", "2026-04"), 5.0)
    assert figures(rows(months), "2026-05-15")["revenue_3m_yoy"] == 0
    del months[gone]
    found = figures(rows(months), "2026-05-15")
    assert np.isnan(found["revenue_3m_yoy"])
    assert found["revenue_yoy"] == 0


@pytest.mark.parametrize("base", [0.0, -5.0])
def test_no_growth_from_a_base_that_is_not_above_zero(base: float) -> None:
    revenue = rows({"2025-04": base, "2026-03": base, "2026-04": 10.0})
    found = figures(revenue, "2026-05-15")
    assert found.drop("revenue_month").isna().all()
    assert found["revenue_month"] == pd.Timestamp("2026-04-01")


def test_a_month_that_is_behind_gives_no_figures() -> None:
    """As of mid-May April is due: March may stand in, February is too old."""
    months = {"2025-02": 1.0, "2025-03": 1.0, "2026-01": 1.0, "2026-02": 2.0}
    late = rows(months)
    assert month_of(late, "2026-05-15") == "2026-02"
    assert np.isnan(figures(late, "2026-05-15")["revenue_yoy"])
    assert figures(late, "2026-05-11")["revenue_yoy"] == 1
    march = rows({**months, "2026-03": 3.0})
    assert figures(march, "2026-05-15")["revenue_yoy"] == 2


def test_why_a_revenue_figure_is_missing() -> None:
    as_of = dt.date(2026, 5, 15)

    def reason(key: str, revenue: pd.DataFrame | None) -> MissingReason:
        notes = metric_notes(PANEL, as_of=as_of, revenue=revenue)
        return missing_reason(key, notes.loc[SYMBOL])

    assert reason("revenue_month", None) is MissingReason.NO_REVENUE
    assert reason("revenue_yoy", rows({"2027-01": 1.0})) is MissingReason.NO_REVENUE
    assert reason("revenue_mom", rows({"2026-01": 1.0})) is MissingReason.REVENUE_BEHIND
    assert reason("revenue_yoy", rows({"2026-04": 1.0})) is MissingReason.NO_REVENUE_BASE


def test_revenue_of_one_symbol_is_none_of_another() -> None:
    revenue = rows({"2025-04": 1.0, "2026-04": 2.0}, symbol="2454.TW")
    table = metric_table(PANEL, as_of=dt.date(2026, 5, 15), revenue=revenue, keys=KEYS)
    assert table.loc[SYMBOL].isna().all()
    assert table.at["2454.TW", "revenue_yoy"] == 1
    strangers = rows({"2026-04": 2.0}, symbol="9999.TW")
    assert metric_table(PANEL, revenue=strangers, keys=KEYS).isna().all().all()


@st.composite
def histories(draw: st.DrawFn) -> pd.DataFrame:
    months = pd.date_range("2024-06-01", "2026-06-01", freq="MS")
    kept = draw(st.lists(st.sampled_from(list(months)), min_size=1, unique=True))
    delays = [draw(st.none() | st.integers(0, 60)) for _ in kept]
    ends = [month + pd.offsets.MonthBegin(1) for month in kept]
    return pd.DataFrame(
        {
            "symbol": SYMBOL,
            "month": kept,
            "revenue": [draw(st.floats(-10, 1000)) for _ in kept],
            "announced": pd.to_datetime(
                [
                    None if delay is None else end + pd.Timedelta(days=delay)
                    for end, delay in zip(ends, delays, strict=True)
                ]
            ),
        }
    )


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 398), st.randoms())
def test_later_months_and_their_order_change_no_earlier_figure(
    revenue: pd.DataFrame, column: int, order: object
) -> None:
    """As-of purity: what was not yet announced, nor due, may be absent or be anything."""
    day = pd.Timestamp(PANEL.sessions[column])
    whole = figures(revenue, f"{day:%Y-%m-%d}")
    due = (revenue["month"] + pd.offsets.MonthBegin(1)) + pd.Timedelta(days=9)
    known = revenue["announced"].fillna(due) < day
    shuffled = revenue[known].sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(figures(shuffled, f"{day:%Y-%m-%d}"), whole)
    changed = revenue.assign(revenue=revenue["revenue"].where(known, 1e9))
    pd.testing.assert_series_equal(figures(changed, f"{day:%Y-%m-%d}"), whole)


def truncated(value: float, base: float) -> Fraction:
    """Growth in per cent cut off after two decimals, as the exchange prints it."""
    exact = (Fraction(value) / Fraction(base) - 1) * 10_000
    return Fraction(int(exact), 100)


def answers_of_mops(page: Path) -> dict[str, list[str]]:
    """Code → current, previous and last year's revenue, MoM and YoY in per cent."""
    text = page.read_bytes().decode("cp950", "replace")
    found = {}
    for code, cells in re.findall(r"<tr align=right><td align=center>(\d{4})</td>(.*?)</tr>", text):
        values = re.findall(r"<[tT]d[^>]*>(.*?)</[tT]d>", cells)
        found[code] = [value.strip().replace(",", "") for value in values[1:6]]
    return found


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("board", "suffix", "least"), [("twse", ".TW", 900), ("tpex", ".TWO", 770)]
)
def test_growth_is_what_the_exchange_prints(
    real_data: Path, board: str, suffix: str, least: int
) -> None:
    """January 2023 of every company of a board, against the printed percentages."""
    answers = answers_of_mops(real_data / f"responses/mops/mops-{board}-stocks-revenue.html")
    names = ("2023-01", "2022-12", "2022-01")
    revenue = pd.concat(
        [
            rows({m: float(v) * 1000 for m, v in zip(names, values, strict=False)}, symbol=code)
            for code, values in answers.items()
        ]
    )
    revenue["symbol"] += suffix
    closes = {f"{code}{suffix}": [10.0] * 5 for code in answers}
    panel = panel_of(closes, start="2023-02-13")
    table = metric_table(panel, revenue=revenue, keys=KEYS)
    compared = 0
    for code, (value, before, year_ago, mom, yoy) in answers.items():
        row = table.loc[f"{code}{suffix}"]
        for key, base, printed in (("revenue_mom", before, mom), ("revenue_yoy", year_ago, yoy)):
            if float(base) <= 0:
                assert np.isnan(row[key]), code
                continue
            assert truncated(float(value), float(base)) == Fraction(printed), (code, key)
            assert row[key] == pytest.approx(float(value) / float(base) - 1, abs=1e-12), code
            compared += 1
    assert compared > least * 2 * 0.97


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("twse_openapi_t187ap05_L_202607_trimmed.json", "2330.TW"),
        ("tpex_openapi_mopsfin_t187ap05_OA_202607_trimmed.json", "6488.TWO"),
    ],
)
def test_open_data_rows_agree_with_the_stored_history(
    real_data: Path, name: str, symbol: str
) -> None:
    """July 2026 from the exchange: its own columns give the growth; July 2025 is in the file."""
    (row,) = json.loads((real_data / "responses/openapi" / name).read_text(encoding="utf-8"))
    value, before, year_ago = (
        float(row[f"營業收入-{column}"]) for column in ("當月營收", "上月營收", "去年當月營收")
    )
    months = {"2026-07": value * 1e3, "2026-06": before * 1e3, "2025-07": year_ago * 1e3}
    panel = panel_of({symbol: [10.0] * 10}, start="2026-08-10")
    found = metric_table(panel, revenue=rows(months, symbol=symbol), keys=KEYS).loc[symbol]
    assert found["revenue_month"] == pd.Timestamp("2026-07-01")
    assert found["revenue_yoy"] == pytest.approx(
        float(Fraction(row["營業收入-當月營收"]) / Fraction(row["營業收入-去年當月營收"]) - 1)
    )
    assert found["revenue_mom"] == pytest.approx(value / before - 1)
    stored = pd.read_parquet(real_data / "fundamentals/monthly_revenue.parquet")
    own = stored[(stored["symbol"] == symbol) & (stored["revenue_ym"] == "2025-07")]
    if not own.empty:
        assert own["revenue_twd"].iat[0] == pytest.approx(year_ago * 1e3, rel=1e-6)


@pytest.mark.real_data
def test_revenue_of_tsmc_by_hand(real_data: Path) -> None:
    """As of 2026-06-30 May is known; its growth read from the file."""
    stored = pd.read_parquet(real_data / "fundamentals/monthly_revenue.parquet")
    own = stored[stored["symbol"] == SYMBOL].drop_duplicates("revenue_ym", keep="last")
    own = own.set_index("revenue_ym")["revenue_twd"]
    found = figures(rows(own.to_dict()), "2026-06-30")
    assert found["revenue_month"] == pd.Timestamp("2026-05-01")
    assert found["revenue_yoy"] == pytest.approx(own["2026-05"] / own["2025-05"] - 1)
    assert found["revenue_mom"] == pytest.approx(own["2026-05"] / own["2026-04"] - 1)
    recent = own[["2026-03", "2026-04", "2026-05"]].sum()
    base = own[["2025-03", "2025-04", "2025-05"]].sum()
    assert found["revenue_3m_yoy"] == pytest.approx(recent / base - 1)
    assert month_of(rows(own.to_dict()), "2026-06-10") == "2026-04"
