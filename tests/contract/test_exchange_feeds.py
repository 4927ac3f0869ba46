"""The exchanges' recorded pages through the real client, whole and damaged, against other sources.

The pages stand in for their sites on a server of this machine. What is parsed is compared with
figures that others collected: prices, revenue and adjustment events of `real_data`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import BadAnswer, Garbled, InputError, SourceClosed
from dashboard.prices.limits import limit_down, limit_rule, limit_up
from dashboard.prices.providers.exchanges.dated import asked
from dashboard.prices.providers.exchanges.feed import Frames, Licence
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.source import ExchangeSource, FeedAnswer
from dashboard.prices.providers.exchanges.transport import Transport
from dashboard.prices.records import REVENUES
from dashboard.prices.refresh.feed_book import FeedBook
from dashboard.prices.refresh.ledger import Ledger, Watch
from dashboard.prices.refresh.planning import Held
from dashboard.prices.refresh.reference_data import store_reference_data
from dashboard.prices.shipped_listings import listed_offline
from dashboard.prices.store import PriceStore
from tests.contract.exchange_server import BLOCK_PAGE, ExchangeServer, Page
from tests.unit.exchange_rows import SAMPLES, payload
from tests.unit.test_limits import TICKS

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
RECORDED = {
    "twse_past_day": "twse/MI_INDEX_20260211.json",
    "tpex_past_day": "tpex/tpex-stocks-historical.json",
    "twse_ex_history": "twse/twse-stocks-dividends.json",
    "tpex_ex_history": "tpex/tpex-stocks-dividends.json",
    "twse_reductions": "twse/twse-stocks-capital-reductions.json",
    "tpex_reductions": "tpex/tpex-stocks-capital-reductions.json",
    "twse_par_changes": "twse/twse-stocks-splits.json",
    "tpex_par_changes": "tpex/tpex-stocks-splits.json",
    "twse_revenue_domestic": "mops/mops-twse-stocks-revenue.html",
    "tpex_revenue_domestic": "mops/mops-tpex-stocks-revenue.html",
}
NOTHING = {
    "twse_past_day": "twse/MI_INDEX_20260212_no_trading.json",
    "tpex_past_day": "tpex/tpex-stocks-historical-no-data.json",
    "twse_ex_history": "twse/twse-stocks-dividends-no-data.json",
    "tpex_ex_history": "tpex/tpex-stocks-dividends-no-data.json",
    "twse_reductions": "twse/twse-stocks-capital-reductions-no-data.json",
    "twse_par_changes": "twse/twse-stocks-splits-no-data.json",
    "tpex_par_changes": "tpex/tpex-stocks-splits-no-data.json",
    "twse_revenue_domestic": "mops/mops-twse-stocks-revenue-no-data.html",
}
PAGES = [key for key in RECORDED if key.endswith(("day", "history", "reductions", "changes"))]
EX_PAGES = [key for key in PAGES if not key.endswith("day")]
pytestmark = pytest.mark.real_data


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with ExchangeServer() as running:
        yield running


@pytest.fixture
def recorded(real_data: Path) -> Callable[[str], bytes]:
    return lambda name: (real_data / "responses" / name).read_bytes()


def ask(
    server: ExchangeServer,
    key: str,
    body: bytes,
    status: int = 200,
    site_pages: bool = True,
    closed: dict[str, dt.date] | None = None,
) -> FeedAnswer:
    filled = FEEDS[key].address.format(**asked(dt.date(2024, 3, 4), dt.date(2024, 3, 5)))
    server.answer(urlsplit(filled).path, Page(body, status))
    transport = Transport(origin=server.origin, pause=0, retry_waits=())
    source = ExchangeSource(transport, site_pages=site_pages, closed=closed, clock=lambda: NOW)
    return source.ask(key, **asked(dt.date(2024, 3, 4), dt.date(2024, 3, 5)))


def frames_of(server: ExchangeServer, key: str, body: bytes) -> Frames:
    answer = ask(server, key, body)
    assert answer.error is None
    return answer.frames


def test_the_address_names_the_days(server: ExchangeServer, recorded: Any) -> None:
    ask(server, "twse_ex_history", recorded(RECORDED["twse_ex_history"]))
    ask(server, "tpex_ex_history", recorded(RECORDED["tpex_ex_history"]))
    ask(server, "twse_revenue_domestic", recorded(RECORDED["twse_revenue_domestic"]))
    twse, tpex, mops = server.seen
    assert (twse.host, twse.path) == ("www.twse.com.tw", "/rwd/zh/exRight/TWT49U")
    assert (twse.query["startDate"], twse.query["endDate"]) == (["20240304"], ["20240305"])
    assert (tpex.query["startDate"], tpex.query["endDate"]) == (["2024/03/04"], ["2024/03/05"])
    assert (mops.host, mops.path) == ("mopsov.twse.com.tw", "/nas/t21/sii/t21sc03_113_3_0.html")


@pytest.mark.parametrize("key", [key for key in FEEDS if FEEDS[key].licence is Licence.SITE])
def test_pages_under_site_terms_are_off(server: ExchangeServer, key: str) -> None:
    with pytest.raises(InputError, match=r"terms.*forbid scripted download.*DASHBOARD_SITE_PAGES"):
        ask(server, key, b"", site_pages=False)
    assert server.seen == []


@pytest.mark.parametrize("key", SAMPLES)
def test_open_feeds_through_the_client(server: ExchangeServer, key: str) -> None:
    answer = ask(server, key, payload(SAMPLES[key]), site_pages=False)
    assert answer.error is None
    assert answer.rows > 0
    for name, frame in answer.frames.items():
        assert set(frame["source"]) == {key.partition("_")[0]}
        if name != "shares":
            assert set(frame["fetched_at"]) == {pd.Timestamp(NOW)}


@pytest.mark.parametrize("key", [*SAMPLES, *RECORDED])
def test_a_block_page_closes_the_host(server: ExchangeServer, key: str) -> None:
    for body, status in ((BLOCK_PAGE, 200), (b"", 307), (b"", 428)):
        answer = ask(server, key, body, status)
        assert isinstance(answer.error, SourceClosed)
        assert answer.frames == {}


@pytest.mark.parametrize("key", NOTHING)
def test_a_page_that_has_nothing_gives_no_row(
    server: ExchangeServer, recorded: Any, key: str
) -> None:
    frames = frames_of(server, key, recorded(NOTHING[key]))
    assert frames
    assert all(frame.empty for frame in frames.values())


@pytest.mark.parametrize("key", RECORDED)
def test_a_damaged_page_gives_nothing(server: ExchangeServer, recorded: Any, key: str) -> None:
    whole = recorded(RECORDED[key])
    for body in (whole[: len(whole) * 9 // 10], b"", b"<html><body>maintenance</body></html>",
                 b"[]", b"{}", b'{"stat": "OK"}', b'{"stat": "error"}'):  # fmt: skip
        answer = ask(server, key, body)
        assert isinstance(answer.error, BadAnswer)
        assert answer.error.reason
        assert answer.frames == {}


def test_a_truncated_page_of_revenue_may_be_asked_for_again(
    server: ExchangeServer, recorded: Any
) -> None:
    page = recorded(RECORDED["twse_revenue_domestic"])
    answer = ask(server, "twse_revenue_domestic", page.removesuffix(b"</body></html>"))
    assert isinstance(answer.error, Garbled)
    note = page.replace(b"<body", "<body title='x'>查無資料<p".encode("cp950"), 1)
    assert len(frames_of(server, "twse_revenue_domestic", note)["revenue"]) == 916


def table_of(page: dict[str, Any]) -> dict[str, Any]:
    tables = page.get("tables") or [page]
    return next(t for t in tables if {"證券代號", "股票代號", "代號"} & set(t.get("fields") or []))


@pytest.mark.parametrize("key", PAGES)
def test_a_renamed_field_of_a_page_gives_nothing(
    server: ExchangeServer, recorded: Any, key: str
) -> None:
    fields = {"twse_past_day": "收盤價", "tpex_past_day": "收盤"}
    page = json.loads(recorded(RECORDED[key]))
    names = table_of(page)["fields"]
    field = fields.get(key) or next(name for name in names if name.endswith("參考價"))
    names[names.index(field)] = "另一欄"
    answer = ask(server, key, payload(page))
    assert isinstance(answer.error, BadAnswer)
    assert field in answer.error.reason


@pytest.mark.parametrize("key", PAGES)
@pytest.mark.parametrize("damage", ["text", "short row", "second row"])
def test_a_damaged_cell_of_a_page_gives_nothing(
    server: ExchangeServer, recorded: Any, key: str, damage: str
) -> None:
    page = json.loads(recorded(RECORDED[key]))
    table = table_of(page)
    names = table["fields"]
    code = next(names.index(n) for n in ("證券代號", "股票代號", "代號") if n in names)
    if key == "twse_ex_history":  # the recorded rows are of funds
        table["data"][0][code] = "1101"
    row = next(row for row in table["data"] if re.fullmatch("[1-9][0-9]{3}", row[code]))
    price = next(i for i, name in enumerate(names) if name in ("收盤價", "收盤") or "前收盤" in name
                 or "收盤價格" in name)  # fmt: skip
    if damage == "text":
        row[price] = "abc"
    elif damage == "short row":
        row.pop()
    else:
        table["data"].append(list(row))
        if "totalCount" in table:
            table["totalCount"] += 1
    answer = ask(server, key, payload(page))
    assert isinstance(answer.error, BadAnswer)
    told = {"text": "abc", "short row": "cells", "second row": "second row|stands twice"}[damage]
    assert any(part in answer.error.reason for part in told.split("|"))


def test_a_page_that_brings_only_part_of_its_rows_is_refused(
    server: ExchangeServer, recorded: Any
) -> None:
    page = json.loads(recorded(RECORDED["tpex_ex_history"]))
    page["tables"][0]["totalCount"] = 180
    answer = ask(server, "tpex_ex_history", payload(page))
    assert answer.error is not None
    assert "3 of 180 rows" in answer.error.reason


@pytest.mark.parametrize("key", ["twse_past_day", "tpex_past_day"])
def test_quotes_of_another_day_than_the_page_are_refused(
    server: ExchangeServer, recorded: Any, key: str
) -> None:
    page = json.loads(recorded(RECORDED[key]))
    page["date"] = "20260210"
    answer = ask(server, key, payload(page))
    assert answer.error is not None
    assert "another day" in answer.error.reason


def revenue_pages() -> list[Any]:
    twse = RECORDED["twse_revenue_domestic"]
    return [
        pytest.param(twse, "7,325,221", "7,325,222", "earned", id="a revenue"),
        pytest.param(twse, "單位：千元", "單位：百萬元", "is not in", id="the unit"),
        pytest.param(twse, "<th class=tt>上月營收", "<th class=tt>本月營收", "columns",
                     id="the columns"),
        pytest.param(twse, "1月份", "月份", "month", id="the month"),
        pytest.param(twse, "2,953,677,879", "2,953,677,878", "earned", id="the sum of all"),
        pytest.param(twse, "              7,325,221", "abc", "abc", id="a number"),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "told"), revenue_pages())
def test_a_changed_revenue_page_gives_nothing(
    server: ExchangeServer, recorded: Any, name: str, old: str, new: str, told: str
) -> None:
    page = recorded(name)
    assert old.encode("cp950") in page
    changed = page.replace(old.encode("cp950"), new.encode("cp950"))
    answer = ask(server, "twse_revenue_domestic", changed)
    assert isinstance(answer.error, BadAnswer)
    assert told in answer.error.reason


@pytest.mark.parametrize(
    ("key", "name", "day", "suffix", "least"),
    [
        ("twse_past_day", "twse/MI_INDEX_20260211.json", "2026-02-11", ".TW", 985),
        ("twse_past_day", "twse/twse-stocks-historical.json", "2023-01-30", ".TW", 29),
        ("tpex_past_day", "tpex/tpex-stocks-historical.json", "2023-01-30", ".TWO", 7),
    ],
)
def test_past_days_agree_with_collected_prices(
    server: ExchangeServer, recorded: Any, real_data: Path,
    key: str, name: str, day: str, suffix: str, least: int,
) -> None:  # fmt: skip
    """Every common row to the cent. TPEx volumes differ: the others lack odd lots."""
    bars = frames_of(server, key, recorded(name))["bars"].set_index("symbol")
    others = pd.read_parquet(
        real_data / "prices/tw_market_daily.parquet", filters=[("date", "==", pd.Timestamp(day))]
    ).set_index("symbol")
    others = others[others.index.str.endswith(suffix)]
    common = bars.index.intersection(others.index)
    assert len(common) == least
    columns = ["open", "high", "low", "close", *(["volume"] if suffix == ".TW" else [])]
    np.testing.assert_allclose(
        bars.loc[common, columns].to_numpy(float),
        others.loc[common, columns].to_numpy(float),
        rtol=0,
        atol=0.001,
    )


@pytest.mark.parametrize(("key", "least"), [("twse", 202), ("tpex", 50)])
def test_revenue_pages_agree_with_collected_revenue(
    server: ExchangeServer, recorded: Any, real_data: Path, key: str, least: int
) -> None:
    name = f"{key}_revenue_domestic"
    revenue = frames_of(server, name, recorded(RECORDED[name]))["revenue"]
    assert set(revenue["month"]) == {pd.Timestamp("2023-01-01")}
    others = pd.read_parquet(real_data / "fundamentals/monthly_revenue.parquet")
    both = revenue.merge(others[others["revenue_ym"].eq("2023-01")], on="symbol")
    assert len(both) == least
    np.testing.assert_array_equal(both["revenue"], both["revenue_twd"])


def exact_limits(reference: str) -> tuple[Decimal, Decimal]:
    """±10 % of the reference by the rule as written, in Decimal."""
    limits = []
    for share, rounding in ((Decimal("1.1"), ROUND_FLOOR), (Decimal("0.9"), ROUND_CEILING)):
        raw = Decimal(reference) * share
        tick = next((Decimal(step) for top, step in TICKS if raw < top), Decimal(5))
        limits.append((raw / tick).to_integral_value(rounding) * tick)
    return limits[0], limits[1]


@pytest.mark.parametrize("key", [key for key in EX_PAGES if key != "twse_ex_history"])
def test_published_limits_are_ten_per_cent_of_the_published_reference(
    server: ExchangeServer, recorded: Any, key: str
) -> None:
    """The exchange's limits, our arithmetic and the rule in Decimal: three that agree."""
    limits = frames_of(server, key, recorded(RECORDED[key]))["limits"]
    assert len(limits) >= 2
    for row in limits.itertuples():
        up, down = exact_limits(f"{row.reference:.2f}")
        assert (row.limit_up, row.limit_down) == (float(up), float(down))
        cents = np.array([round(row.reference * 100)])
        rule = limit_rule(row.session.date())
        assert limit_up(cents, rule)[0] == round(row.limit_up * 100)
        assert limit_down(cents, rule)[0] == round(row.limit_down * 100)


def test_references_are_what_dividend_ratio_and_split_make_of_the_previous_close(
    server: ExchangeServer, recorded: Any
) -> None:
    """The exchange publishes both sides of its own formulas, rounded to the cent."""
    checked = 0
    for key in ("tpex_ex_history", "tpex_reductions", "tpex_par_changes"):
        actions = frames_of(server, key, recorded(RECORDED[key]))["actions"]
        given = actions.fillna(
            {"dividend": 0, "stock_dividend": 0, "refund": 0, "reduction": 1, "split": 1}
        )
        made = (given["previous_close"] - given["dividend"] - given["refund"]) / (
            (1 + given["stock_dividend"]) * given["reduction"] * given["split"]
        )
        # 109.5 ÷ 4 = 27.375: half a cent is the most that rounding changes.
        np.testing.assert_allclose(given["reference"], made, rtol=0, atol=0.0051)
        checked += len(actions)
    assert checked == 9


def test_reductions_agree_with_collected_adjustment_events(
    server: ExchangeServer, recorded: Any, real_data: Path
) -> None:
    """One recorded event lies in the events' span; they count from the opening base, a tick off."""
    events = pd.read_parquet(real_data / "prices/tw_adjustment_events.parquet")
    compared = {}
    for key in EX_PAGES:
        actions = frames_of(server, key, recorded(RECORDED[key]))["actions"]
        both = actions.merge(events, left_on=["symbol", "session"], right_on=["symbol", "date"])
        for row in both.itertuples():
            compared[row.symbol] = row.previous_close / row.reference / row.factor_ratio
    assert compared == {"3308.TW": pytest.approx(1, abs=5e-4)}


def test_cash_of_the_twse_page_is_told_only_where_nothing_else_goes_ex(
    server: ExchangeServer, recorded: Any
) -> None:
    """The recorded rows are of funds; the same rows under a share's code are read."""
    page = json.loads(recorded(RECORDED["twse_ex_history"]))
    assert frames_of(server, "twse_ex_history", payload(page))["actions"].empty
    page["data"][0][1], page["data"][1][1] = "1101", "1102"
    page["data"][1][6] = "權息"
    frames = frames_of(server, "twse_ex_history", payload(page))
    cash, mixed = (frames["actions"].iloc[place] for place in (0, 1))
    assert cash["session"] == pd.Timestamp("2024-03-04")
    assert (cash["previous_close"], cash["reference"], cash["dividend"]) == (31.35, 30.60, 0.75)
    assert np.isnan(mixed["dividend"])
    assert mixed["reference"] == 18.96
    assert frames["limits"]["limit_up"].tolist() == [33.66, 20.85]


def test_shares_offered_with_a_reduction_are_in_its_reference(
    server: ExchangeServer, recorded: Any
) -> None:
    page = json.loads(recorded(RECORDED["twse_reductions"]))
    page["data"][0][page["fields"].index("除權參考價")] = "18.40"
    actions = frames_of(server, "twse_reductions", payload(page))["actions"]
    assert actions["reference"].tolist() == [18.40, 8.65, 31.26]


def test_details_of_reductions_and_par_changes(server: ExchangeServer, recorded: Any) -> None:
    reductions = frames_of(server, "tpex_reductions", recorded(RECORDED["tpex_reductions"]))
    assert reductions["actions"]["reduction"].tolist() == [0.3, 0.5]
    assert reductions["actions"]["refund"].isna().all()
    splits = frames_of(server, "tpex_par_changes", recorded(RECORDED["tpex_par_changes"]))
    assert splits["actions"]["split"].tolist() == [2.0, 2.5, 2.0, 4.0]
    page = json.loads(recorded(RECORDED["tpex_par_changes"]))
    row = page["tables"][0]["data"][0]
    row[-1] = row[-1].replace("變更股票面額換股率", "換股率")
    answer = ask(server, "tpex_par_changes", payload(page))
    assert answer.error is not None
    assert "變更股票面額換股率" in answer.error.reason


def test_limits_of_the_next_session_stand_in_the_tpex_page(
    server: ExchangeServer, recorded: Any
) -> None:
    frames = frames_of(server, "tpex_past_day", recorded(RECORDED["tpex_past_day"]))
    limits = frames["limits"].set_index("symbol")
    assert set(limits["session"]) == {pd.Timestamp("2023-01-31")}
    row = limits.loc["1240.TWO"]
    assert (row["reference"], row["limit_up"], row["limit_down"]) == (44.00, 48.40, 39.60)


def test_a_stock_that_did_not_trade_has_no_bar(server: ExchangeServer, recorded: Any) -> None:
    frames = frames_of(server, "tpex_past_day", recorded(RECORDED["tpex_past_day"]))
    assert {"2724.TWO", "2740.TWO", "2947.TWO"}.isdisjoint(frames["bars"]["symbol"])
    assert "2724.TWO" in set(frames["limits"]["symbol"])


def test_what_stood_of_an_earlier_month_is_not_restated_by_a_later_list(
    server: ExchangeServer, tmp_path: Path
) -> None:
    """The list repeats July 2025 as it is seen a year later; what was stored of it stays."""
    july, held = pd.Timestamp("2025-07-01"), Held({}, {}, {}, {}, None)
    store = PriceStore(str(tmp_path / "store"))
    known = pd.DataFrame(
        {
            "symbol": ["2330.TW"], "month": [july], "revenue": [1e9], "announced": [pd.NaT],
            "source": ["mine"], "fetched_at": [pd.Timestamp(NOW)],
        }
    )  # fmt: skip
    store.upsert_records(REVENUES, known)
    server.answer(
        urlsplit(FEEDS["twse_revenue"].address).path, Page(payload(SAMPLES["twse_revenue"]))
    )
    source = ExchangeSource(
        Transport(origin=server.origin, pause=0, retry_waits=()), clock=lambda: NOW
    )
    ledger = Ledger(store, NOW, (), held, listed_offline())
    store_reference_data(
        ledger, FeedBook(store, NOW), source, ["twse_revenue"], ["2330.TW"],
        Watch(lambda progress: None, lambda: False),
    )  # fmt: skip
    revenue = store.read_records(REVENUES).set_index("month")["revenue"]
    assert revenue[july] == 1e9
    assert revenue[pd.Timestamp("2026-06-01")] == 442_679_969_000
    assert revenue[pd.Timestamp("2026-07-01")] == 467_580_548_000
