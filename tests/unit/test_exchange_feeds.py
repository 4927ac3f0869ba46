"""What stands beside the prices: every feed's parser, by hand-read rows and by damage."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import BadAnswer
from dashboard.markets import INDEX_NAMES, is_index, market_of
from dashboard.prices.bars import FETCHED_AT, SOURCE, BarFlag
from dashboard.prices.providers.exchanges.companies import INDUSTRIES, industry_name
from dashboard.prices.providers.exchanges.feed import Frames
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.frames import record_frame
from dashboard.prices.providers.exchanges.fundamentals import (
    revenue_month,
    without_restatements,
)
from dashboard.prices.providers.exchanges.notices import TAIEX_TOTAL_RETURN, period
from dashboard.prices.records import KINDS, LIMITS, REVENUES, validated_records
from dashboard.prices.shipped_listings import listed_offline
from tests.unit.exchange_rows import NUMBER_FIELDS, SAMPLES, TEMPLATE, payload

DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))


def parsed(key: str, rows: object = None) -> Frames:
    return FEEDS[key].parse(payload(SAMPLES[key] if rows is None else rows))


def row_of(frame: pd.DataFrame, symbol: str) -> pd.Series:
    (row,) = [row for _, row in frame[frame["symbol"] == symbol].iterrows()]
    return row


def roc(day: dt.date, between: str = "") -> str:
    return between.join((f"{day.year - 1911:03d}", f"{day:%m}", f"{day:%d}"))


def test_every_open_feed_beside_prices_has_a_sample() -> None:
    prices = {"twse_day", "twse_day_csv", "tpex_day", "twse_limits"}
    assert set(SAMPLES) == {k for k, feed in FEEDS.items() if feed.licence.value == "open"} - prices
    assert set(NUMBER_FIELDS) == set(SAMPLES)


@pytest.mark.parametrize("key", SAMPLES)
def test_frames_are_records_but_for_source_and_time(key: str) -> None:
    for name, frame in parsed(key).items():
        assert not {SOURCE, FETCHED_AT} & set(frame.columns)
        if name != "bars":
            stamped = frame.assign(
                **{SOURCE: "twse", FETCHED_AT: pd.Timestamp("2026-11-20", tz="UTC")}
            )
            validated_records(KINDS[name], stamped)
        assert len(frame) > 0


@pytest.mark.parametrize("key", SAMPLES)
def test_damaged_answers_give_nothing(key: str) -> None:
    rows, field = SAMPLES[key], NUMBER_FIELDS[key]
    whole = payload(rows)
    renamed = [{f"{n}2" if n == field else n: cell for n, cell in row.items()} for row in rows]
    text = [row | {field: "abc"} for row in rows]
    half = whole.decode()[: len(whole.decode()) // 2].encode()
    for damaged, told in (
        (half, "truncated"),
        (b"", "empty"),
        (b"<html><body>maintenance</body></html>", "web page"),
        (b"[]", "no row"),
        (b'{"stat": "OK"}', "no list of rows"),
        (payload(renamed), "form has changed"),
        (payload(text), "abc"),
        (payload([*rows, rows[-1] | {field: ["1"]}]), "neither text nor number"),
        (whole.decode().encode("utf-16"), "UTF-8"),
    ):
        with pytest.raises(BadAnswer) as caught:
            FEEDS[key].parse(damaged)
        assert key in str(caught.value)
        assert told in str(caught.value)


def test_companies_shares_are_counted_never_derived_from_capital() -> None:
    frames = parsed("twse_companies")
    tsmc = row_of(frames["shares"], "2330.TW")
    assert (tsmc["shares"], tsmc["date"]) == (25_930_380_458, pd.Timestamp("2026-11-19"))
    listed = row_of(frames["listings"], "2330.TW")
    assert listed["listed_on"] == pd.Timestamp("1994-09-05")
    assert (listed["name"], listed["board"], listed["industry"]) == ("台積電", "TWSE", "半導體業")
    assert row_of(frames["listings"], "1101.TW")["industry"] == "水泥工業"
    shares, listings = set(frames["shares"]["symbol"]), set(frames["listings"]["symbol"])
    assert "1101.TW" not in shares  # no number of shares told
    assert "1102.TW" not in listings  # no day of listing told
    assert not {"9105.TW"} & (shares | listings)  # a depositary receipt


@pytest.mark.parametrize(("key", "fewest"), [("twse_companies", 900), ("tpex_companies", 800)])
def test_part_of_a_list_of_companies_is_no_list(key: str, fewest: int) -> None:
    with pytest.raises(BadAnswer, match=f"only {fewest - 1} stocks; at least {fewest}"):
        parsed(key, SAMPLES[key][: fewest - 1])


def test_a_list_of_companies_of_two_days_is_refused() -> None:
    rows = SAMPLES["tpex_companies"]
    with pytest.raises(BadAnswer, match="2 days"):
        parsed("tpex_companies", [rows[0] | {"Date": "1151118"}, *rows[1:]])


def test_industries_are_named_as_in_the_shipped_list() -> None:
    shipped = set(listed_offline()["industry"])
    assert shipped <= set(INDUSTRIES.values())
    assert industry_name("99") == "99"


def test_revenue_is_in_dollars_of_three_months() -> None:
    revenue = parsed("twse_revenue")["revenue"].set_index(["symbol", "month"])["revenue"]
    # 467,580,548 thousand TWD, as the recorded row of July 2026 has it.
    assert revenue["2330.TW", pd.Timestamp("2026-07-01")] == 467_580_548_000
    assert revenue["2330.TW", pd.Timestamp("2026-06-01")] == 442_679_969_000
    assert revenue["2330.TW", pd.Timestamp("2025-07-01")] == 323_165_707_000
    assert revenue["1101.TW", pd.Timestamp("2026-07-01")] == -12_000
    assert ("1101.TW", pd.Timestamp("2026-06-01")) not in revenue.index
    assert parsed("twse_revenue")["revenue"]["announced"].isna().all()


def test_what_was_known_of_an_earlier_month_stays() -> None:
    fresh = parsed("twse_revenue")["revenue"]
    stored = pd.DataFrame(
        {"symbol": ["2330.TW"] * 2, "month": pd.to_datetime(["2025-07-01", "2026-07-01"])}
    )
    kept = without_restatements(fresh, stored)
    months = kept.loc[kept["symbol"] == "2330.TW", "month"].dt.strftime("%Y-%m").tolist()
    assert sorted(months) == ["2026-06", "2026-07"]
    everything = without_restatements(fresh, stored.iloc[:0])
    pd.testing.assert_frame_equal(everything, fresh)


def test_valuation_ratios_are_fractions_and_missing_where_not_given() -> None:
    twse, tpex = parsed("twse_valuation")["valuation"], parsed("tpex_valuation")["valuation"]
    tsmc, loss = row_of(twse, "2330.TW"), row_of(twse, "1101.TW")
    assert (tsmc["pe"], tsmc["pb"], tsmc["session"]) == (27.76, 9.66, pd.Timestamp("2026-08-14"))
    assert tsmc["dividend_yield"] == pytest.approx(0.0092)
    assert np.isnan(loss["pe"])
    assert loss["dividend_yield"] == 0
    assert np.isnan(row_of(tpex, "6488.TWO")["pe"])


def test_valuations_of_two_days_or_of_no_session_are_refused() -> None:
    first, second = SAMPLES["twse_valuation"]
    with pytest.raises(BadAnswer, match="2 days"):
        parsed("twse_valuation", [first, second | {"Date": "1150813"}])
    with pytest.raises(BadAnswer, match="no session"):
        parsed("twse_valuation", [first | {"Date": "1150815"}])


def test_coming_ex_dates() -> None:
    actions = parsed("twse_ex_dates")["actions"]
    assert sorted(actions["symbol"]) == ["2412.TW", "4764.TW", "7740.TW"]
    cash = row_of(actions, "2412.TW")
    assert (cash["dividend"], cash["session"]) == (4.5, pd.Timestamp("2026-08-05"))
    assert np.isnan(cash["stock_dividend"])
    rights = row_of(actions, "4764.TW")
    assert np.isnan(rights["dividend"])
    assert (rights["rights"], rights["subscription_price"]) == (0.07014093, 230)
    assert parsed("tpex_ex_dates")["actions"]["symbol"].tolist() == ["3680.TWO"]


def test_coming_ex_dates_give_the_references_that_the_exchange_published() -> None:
    """(close − cash + price × rights) ÷ (1 + stock + rights): 304.28 and 137.38 were published."""
    actions = parsed("twse_ex_dates")["actions"].fillna(0)
    for symbol, close, published in (("4764.TW", 309.5, 304.28), ("7740.TW", 157, 137.38)):
        row = row_of(actions, symbol)
        raised = close - row["dividend"] + row["subscription_price"] * row["rights"]
        reference = raised / (1 + row["stock_dividend"] + row["rights"])
        assert reference == pytest.approx(published, abs=0.011)


@pytest.mark.parametrize(
    ("kind", "amounts"),
    [
        ("息", ("", "", "", "")),
        ("息", ("", "", "", "待公告實際收益分配金額")),
        ("權", ("", "", "", "4")),
        ("權息", ("0.1", "", "", "")),
        ("權", ("", "0.1", "", "")),
        ("權", ("", "0.1", "註4", "")),
        ("", ("", "", "", "4")),
    ],
)
def test_an_ex_date_of_which_not_everything_is_announced_waits(
    kind: str, amounts: tuple[str, ...]
) -> None:
    first = SAMPLES["twse_ex_dates"][0]
    names = ("StockDividendRatio", "SubscriptionRatio", "SubscriptionPricePerShare", "CashDividend")
    row = first | {"Exdividend": kind} | dict(zip(names, amounts, strict=True))
    assert parsed("twse_ex_dates", [row])["actions"].empty


def test_results_have_reference_previous_close_and_limits() -> None:
    frames = parsed("tpex_ex_results")
    action, limit = frames["actions"].iloc[0], frames["limits"].iloc[0]
    assert (action["reference"], action["previous_close"]) == (23.63, 23.90)
    assert action["dividend"] == 0.26618165
    assert np.isnan(action["stock_dividend"])
    assert (limit["limit_up"], limit["limit_down"], limit["reference"]) == (25.95, 21.30, 23.63)
    assert limit["session"] == pd.Timestamp("2026-09-14")


def test_notices_of_one_day_are_one_and_the_empty_template_is_none() -> None:
    attention = parsed("twse_attention")["notices"]
    assert attention["symbol"].tolist() == ["2330.TW"]
    assert attention["text"].tolist() == ["第一款；第三款"]
    assert attention["until"].isna().all()
    assert parsed("twse_attention", [TEMPLATE])["notices"].empty
    tpex = parsed("tpex_attention")["notices"].iloc[0]
    assert (tpex["symbol"], tpex["date"]) == ("2061.TWO", pd.Timestamp("2026-07-17"))


def test_dispositions_hold_from_and_to() -> None:
    twse = parsed("twse_dispositions")["notices"].iloc[0]
    assert (twse["date"], twse["until"]) == (pd.Timestamp("2026-05-07"), pd.Timestamp("2026-05-27"))
    assert twse["kind"] == "disposition"
    assert twse["text"] == "連續三次；第一次處置；連續六次；第二次處置"
    tpex = parsed("tpex_dispositions")["notices"].iloc[0]
    assert (tpex["date"], tpex["until"]) == (pd.Timestamp("2026-07-09"), pd.Timestamp("2026-07-22"))


@given(DAYS, st.integers(0, 60), st.sampled_from("~～至"), st.sampled_from(["", "/"]))
def test_periods(first: dt.date, length: int, mark: str, between: str) -> None:
    first = max(first, dt.date(1961, 1, 1))
    last = first + dt.timedelta(days=length)
    assert period(roc(first, between) + mark + roc(last, between)) == (first, last)


@pytest.mark.parametrize("cell", ["", "115/05/07", "115/05/20～115/05/07", "a~b", "1~2~3"])
def test_what_is_no_period(cell: str) -> None:
    with pytest.raises(ValueError, match=r"period|day|ends"):
        period(cell)


@given(st.integers(1950, 2099), st.integers(1, 12))
def test_revenue_months(year: int, month: int) -> None:
    assert revenue_month(f"{year - 1911}{month:02d}") == dt.date(year, month, 1)


@given(st.text(alphabet="0123456789/-年月 ", max_size=7))
def test_no_other_text_is_a_month(cell: str) -> None:
    if not (cell.isdigit() and len(cell) in (4, 5) and 1 <= int(cell[-2:]) <= 12):
        with pytest.raises(ValueError, match="no month"):
            revenue_month(cell)


@given(st.decimals(min_value=1, max_value=10**9, places=0))
def test_thousands_of_any_size_are_exact(thousand: Decimal) -> None:
    rows = [SAMPLES["tpex_revenue"][0] | {"營業收入-當月營收": f"{thousand:,}"}]
    frame = parsed("tpex_revenue", rows)["revenue"]
    newest = frame.loc[frame["month"] == frame["month"].max(), "revenue"]
    assert newest.tolist() == [float(thousand * 1000)]


def test_holidays_tell_sessions_from_closures() -> None:
    holidays = parsed("twse_holidays")["holidays"]
    kinds = dict(zip(holidays["date"].dt.strftime("%m-%d"), holidays["kind"], strict=True))
    assert kinds == {"01-01": "closed", "01-02": "open", "02-11": "open", "02-12": "closed"}


def test_indices() -> None:
    taiex = parsed("twse_index")["bars"].iloc[0]
    assert (taiex["symbol"], taiex["close"], taiex["high"]) == ("^TWII", 40705.14, 40800.01)
    assert taiex["flags"] == BarFlag.NO_VOLUME
    closes = parsed("twse_index_closes")["bars"].iloc[0]
    assert (closes["symbol"], closes["close"]) == ("^TWII", 40705.14)
    assert closes["flags"] == BarFlag.NO_VOLUME | BarFlag.CLOSE_ONLY
    assert np.isnan(closes["open"])
    total = parsed("twse_total_return")["bars"].iloc[0]
    assert (total["symbol"], total["session"]) == (TAIEX_TOTAL_RETURN, pd.Timestamp("2026-05-04"))
    tpex = parsed("tpex_index")["bars"].iloc[0]
    assert (tpex["symbol"], tpex["low"]) == ("^TWOII", 250.10)


def test_the_total_return_index_is_an_index_of_the_market_with_a_name() -> None:
    assert is_index(TAIEX_TOTAL_RETURN)
    assert market_of(TAIEX_TOTAL_RETURN) == "TW"
    assert TAIEX_TOTAL_RETURN in INDEX_NAMES


@pytest.mark.parametrize("cell", ["", "--", "-1"])
def test_an_index_without_a_close_is_refused(cell: str) -> None:
    with pytest.raises(BadAnswer, match="close"):
        parsed("twse_total_return", [{"Date": "1150504", "TAIEXTotalReturnIndex": cell}])
    low = SAMPLES["tpex_index"][0] | {"Low": cell}
    with pytest.raises(BadAnswer):
        parsed("tpex_index", [low])


def test_values_out_of_range_and_second_rows_are_refused() -> None:
    keys = {"symbol": ["2330.TW"], "session": [dt.date(2026, 5, 4)]}
    with pytest.raises(BadAnswer, match="reference is -1"):
        record_frame(LIMITS, "feed", {**keys, "reference": [-1.0]})
    with pytest.raises(BadAnswer, match="second row"):
        record_frame(LIMITS, "feed", {name: cells * 2 for name, cells in keys.items()})
    twice = [*SAMPLES["tpex_revenue"], *SAMPLES["tpex_revenue"]]
    with pytest.raises(BadAnswer, match="second row"):
        parsed("tpex_revenue", twice)
    assert record_frame(REVENUES, "feed", {}).empty
