"""Daily limits against the exchanges' own numbers and a Decimal reading of raw closes."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dashboard.analytics.limits import limit_states
from dashboard.analytics.metrics import metric_table
from dashboard.analytics.panel import Panel, panel_from_table
from dashboard.prices.limits import limit_down, limit_up
from dashboard.prices.listings import listed_since
from dashboard.prices.shipped_listings import listed_offline
from tests.golden.real_panel import tw_core_panel

pytestmark = pytest.mark.real_data
TICKS = ((10, "0.01"), (50, "0.05"), (100, "0.1"), (500, "0.5"), (1000, "1"))
SINCE = "2023-01-01"
LISTED = listed_since(listed_offline())


def tick(price: Decimal) -> Decimal:
    return next((Decimal(size) for below, size in TICKS if price < below), Decimal(5))


def upper(reference: Decimal) -> Decimal:
    raw = reference * Decimal("1.1")
    return (raw / tick(raw)).to_integral_value(ROUND_FLOOR) * tick(raw)


def lower(reference: Decimal) -> Decimal:
    raw = reference * Decimal("0.9")
    return (raw / tick(raw)).to_integral_value(ROUND_CEILING) * tick(raw)


def answer(real_data: Path, name: str) -> Any:
    return json.loads((real_data / "responses" / name).read_text(encoding="utf-8"))


def stocks(table: dict[str, Any], code: str) -> list[dict[str, str]]:
    """Rows of common stocks by field name."""
    fields = [name.strip() for name in table["fields"]]
    rows = [dict(zip(fields, row, strict=False)) for row in table["data"]]
    return [row for row in rows if re.fullmatch(r"[1-9]\d{3}", row[code].strip())]


def price(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def assert_limits(reference: str, up: str, down: str, what: str) -> None:
    cents = np.array([int(price(reference) * 100)])
    assert limit_up(cents)[0] == price(up) * 100, what
    assert limit_down(cents)[0] == price(down) * 100, what


def test_limits_of_the_next_session_of_every_tpex_stock(real_data: Path) -> None:
    table = answer(real_data, "tpex/tpex-stocks-historical.json")["tables"][0]
    rows = stocks(table, "代號")
    for row in rows:
        assert_limits(row["次日 參考價"], row["次日 漲停價"], row["次日 跌停價"], row["代號"])
    assert len(rows) == 808


@pytest.mark.parametrize(
    ("name", "code", "reference", "count"),
    [
        ("twse/twse-stocks-capital-reductions.json", "股票代號", "恢復買賣參考價", 3),
        ("twse/twse-stocks-splits.json", "股票代號", "恢復買賣參考價", 2),
        ("tpex/tpex-stocks-dividends.json", "代號", "除權息參考價", 3),
        ("tpex/tpex-stocks-capital-reductions.json", "股票代號", "減資恢復買賣開始日參考價格", 2),
        ("tpex/tpex-stocks-splits.json", "證券代號", "恢復買賣開始參考價", 4),
    ],
)
def test_limits_of_ex_dates(
    real_data: Path, name: str, code: str, reference: str, count: int
) -> None:
    """Counted from the reference itself, not from the opening price at its nearest tick."""
    told = answer(real_data, name)
    rows = stocks(told["tables"][0] if "tables" in told else told, code)
    for row in rows:
        up, down = (next(v for k, v in row.items() if k.startswith(s)) for s in ("漲停", "跌停"))
        assert_limits(row[reference], up, down, row[code])
    assert len(rows) == count


@pytest.mark.parametrize(
    ("name", "counted", "day", "before"),
    [
        ("twse/MI_INDEX_20260211.json", "twse/MI_INDEX_20260211.json", "2026-02-11", "2026-02-10"),
        (
            "twse/twse-stocks-historical.json",
            "twse/twse-market-breadth.json",
            "2023-01-30",
            "2023-01-17",
        ),
    ],
)
def test_as_many_at_their_limits_as_the_exchange_counts(
    real_data: Path, name: str, counted: str, day: str, before: str
) -> None:
    """Whole sessions of TWSE, closes and changes against its own 漲停 and 跌停 counts."""
    tables = answer(real_data, name)["tables"]
    table = next(one for one in tables if "每日收盤行情" in one.get("title", ""))
    rows = []
    for row in stocks(table, "證券代號"):
        mark = re.sub("<.*?>", "", row["漲跌(+/-)"]).strip()
        if row["收盤價"] == "--" or mark == "X":
            continue
        change = price(row["漲跌價差"]) * {"+": 1, "-": -1}.get(mark, 0)
        symbol, names = f"{row['證券代號']}.TW", ("開盤價", "最高價", "最低價", "收盤價")
        today = [float(price(row[one])) for one in names]
        rows.append((symbol, before, *[float(price(row["收盤價"]) - change)] * 4))
        rows.append((symbol, day, *today))
    states = limit_states(_panel(rows), listed_since=LISTED)
    found = states.loc[day].value_counts()
    breadth = answer(real_data, counted)["tables"]
    told = next(one["data"] for one in breadth if one.get("title") == "漲跌證券數合計")
    exchange = [int(re.fullmatch(r".*\((\d+)\)", row[2]).group(1)) for row in told[:2]]
    ours = [sum(found.get(key, 0) for key in (side, f"locked_{side}")) for side in ("up", "down")]
    assert ours == exchange
    assert len(rows) > 1800


def _panel(rows: list[tuple[Any, ...]]) -> Panel:
    names = ["symbol", "session", "open", "high", "low", "close"]
    frame = pd.DataFrame(rows, columns=names)
    frame["session"] = pd.to_datetime(frame["session"])
    frame = frame.assign(adjusted_close=frame["close"], volume=1000.0, flags=np.int32(0))
    return panel_from_table(pa.Table.from_pandas(frame, preserve_index=False), "TW")


@pytest.fixture(scope="module")
def panel(real_data: Path) -> Panel:
    return tw_core_panel(real_data)


def by_hand(real_data: Path) -> dict[tuple[str, str], str]:
    """State of every close since 2023 whose limits are known, with Decimals from the files."""
    prices = real_data / "prices"
    bars = pd.read_parquet(prices / "tw_core_daily.parquet")
    events = pd.read_parquet(prices / "tw_adjustment_events.parquet")
    index = pd.read_parquet(prices / "taiex_daily.parquet")["date"]
    open_days = sorted({f"{day:%Y-%m-%d}" for day in index})
    place = {day: number for number, day in enumerate(open_days)}
    ratios: dict[str, list[tuple[str, Decimal]]] = {}
    for event in events.itertuples():
        day, ratio = f"{pd.Timestamp(event.date):%Y-%m-%d}", Decimal(str(event.factor_ratio))
        ratios.setdefault(event.symbol, []).append((day, ratio))
    out: dict[tuple[str, str], str] = {}
    for symbol, own in bars.sort_values("date").groupby("symbol"):
        listed = f"{LISTED[symbol]:%Y-%m-%d}"
        free = [day for day in open_days if day >= listed][:5]
        before: tuple[str, Decimal] | None = None
        for bar in own.itertuples():
            day, close = f"{bar.date:%Y-%m-%d}", Decimal(str(bar.close))
            last, before = before, (day, close)
            if last is None or day < SINCE or day <= free[-1]:
                continue
            if place[day] - place[last[0]] > 10:
                continue
            reference = last[1]
            for ex, ratio in ratios.get(symbol, []):
                if last[0] < ex <= day:
                    reference /= ratio
            reference = reference.quantize(Decimal("0.01"), ROUND_HALF_UP)
            up, down = upper(reference), lower(reference)
            if not down <= close <= up:
                continue
            four = {Decimal(str(one)) for one in (bar.open, bar.high, bar.low, bar.close)}
            lock = "locked_" if len(four) == 1 else ""
            side = {up: "up", down: "down"}.get(close)
            out[symbol, day] = f"{lock}{side}" if side else "none"
    return out


def test_every_close_at_a_limit_since_2023_is_found_and_no_other(
    panel: Panel, real_data: Path
) -> None:
    expected = pd.Series(by_hand(real_data))
    states = limit_states(panel, listed_since=LISTED).loc[SINCE:]
    found = states[[s for s in panel.symbols if not s.startswith("^")]].T.stack().dropna()
    found.index = pd.MultiIndex.from_tuples(
        [(symbol, f"{day:%Y-%m-%d}") for symbol, day in found.index]
    )
    at_limit = expected[expected != "none"]
    assert len(expected) > 35_000
    assert len(at_limit) > 400
    assert found[found != "none"].sort_index().to_dict() == at_limit.sort_index().to_dict()
    assert found.sort_index().to_dict() == expected.sort_index().to_dict()


def test_without_the_ex_dates_a_close_beyond_its_limit_has_no_state(
    panel: Panel, real_data: Path
) -> None:
    """3481 reopened on 2024-08-26 after a capital reduction: known with it, a jump without."""
    day = dt.date(2024, 8, 26)
    known = metric_table(panel, as_of=day, listed_since=LISTED, keys=["limit_state", "return_1m"])
    assert known.loc["3481.TW"].notna().all()
    withheld = tw_core_panel(real_data, actions=False)
    row = metric_table(withheld, as_of=day, listed_since=LISTED).loc["3481.TW"]
    assert row[["limit_state", "return_1d", "return_1m", "sma_5"]].isna().all()
    assert row["unadjusted_close"] == 16.65
