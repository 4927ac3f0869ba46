"""A refresh from the exchanges, alone and beside a source of histories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import (
    BadAnswer,
    ProviderError,
    RateLimited,
    RefreshRunning,
    SourceClosed,
    SourceUnavailable,
)
from dashboard.i18n import LANGUAGES
from dashboard.prices.bars import BarFlag, empty_bars
from dashboard.prices.lock import refresh_lock
from dashboard.prices.outcomes import Problem, Report
from dashboard.prices.providers.exchanges.feed import BARS, Feed, Licence
from dashboard.prices.providers.exchanges.feeds import FEEDS
from dashboard.prices.providers.exchanges.prices import PRICE_FEEDS
from dashboard.prices.providers.exchanges.source import FeedAnswer, MarketDay, host_of
from dashboard.prices.records import (
    ACTIONS,
    DISAGREEMENTS,
    LIMITS,
    LISTINGS,
    QUARANTINE,
    SHARES_KIND,
    RecordKind,
    empty_records,
    validated_records,
)
from dashboard.prices.records import (
    FEEDS as FEEDS_KIND,
)
from dashboard.prices.refresh import Universe, beyond_the_map, import_files, refresh
from dashboard.prices.shipped_listings import listed_offline
from dashboard.prices.store import PriceStore, bars_from_arrow

from .price_bars import FETCHED, Source, bars_of

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SINCE = dt.date(2026, 5, 4)
TODAY = "2026-06-30"
YESTERDAY = "2026-06-29"
TSMC = bars_of("2330.TW", "2026-05-04", TODAY, source="yahoo")
UNADJUSTED = int(BarFlag.UNADJUSTED)
STAND_INS = {key for feed in FEEDS.values() for key in feed.fallbacks}
REFERENCE_FEEDS = {
    key
    for key, feed in FEEDS.items()
    if feed.licence is Licence.OPEN and key not in STAND_INS | {"twse_day", "tpex_day"}
}


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(str(tmp_path / "store"))


def contents(store: PriceStore) -> pd.DataFrame:
    return bars_from_arrow(store.read())


def told(symbol: str, close: float, day: str = TODAY, **columns: object) -> pd.DataFrame:
    source = "tpex" if symbol.endswith(".TWO") else "twse"
    fetched = pd.Timestamp(day, tz="UTC") + pd.Timedelta(hours=8)
    values: dict[str, object] = {"source": source, "volume": 5000.0, "flags": UNADJUSTED,
                                 "fetched_at": fetched}  # fmt: skip
    return bars_of(symbol, day, day, close, **(values | columns))


class FakeExchanges:
    """Answers from frames; a board without any fails with what it is told."""

    def __init__(
        self,
        bars: pd.DataFrame | None = None,
        *,
        records: Mapping[str, Mapping[str, pd.DataFrame]] | None = None,
        errors: Mapping[str, type[ProviderError]] | None = None,
        limits: pd.DataFrame | None = None,
    ) -> None:
        self.bars = empty_bars() if bars is None else bars
        self.records = records or {}
        self.errors = errors or {}
        self.limits = empty_records(LIMITS) if limits is None else limits
        self.closed_hosts: dict[str, dt.date] = {}
        self.asked: list[str] = []

    def market_day(self, now: dt.datetime | None = None) -> MarketDay:
        answers = {board: self._day(feed) for board, feed in PRICE_FEEDS.items()}
        good = [answer.frames[BARS] for answer in answers.values() if answer.error is None]
        return MarketDay(
            pd.concat([empty_bars(), *good], ignore_index=True) if good else empty_bars(),
            self.limits,
            {board: one.session for board, one in answers.items() if one.session},
            {board: one.error for board, one in answers.items() if one.error},
            tuple(answers.values()),
        )

    def _day(self, feed: Feed) -> FeedAnswer:
        self.asked.append(feed.key)
        own = self.bars[self.bars["source"] == feed.source].reset_index(drop=True)
        error = self.errors.get(feed.key)
        if error or own.empty:
            return FeedAnswer(feed, error=(error or BadAnswer)(feed.key, "nothing whole"))
        return FeedAnswer(feed, {BARS: own})

    def ask(self, feed_key: str, **values: str) -> FeedAnswer:
        self.asked.append(feed_key)
        feed = FEEDS[feed_key]
        if host_of(feed) in self.closed_hosts:
            return FeedAnswer(feed, error=SourceClosed(feed_key, "turned away today"))
        if error := self.errors.get(feed_key):
            return FeedAnswer(feed, error=error(feed_key, "as told"))
        return FeedAnswer(feed, self.records.get(feed_key, {}))


def run(store: PriceStore, provider: Source | None, market: FakeExchanges, *symbols: str,
        now: dt.datetime = NOW) -> Report:  # fmt: skip
    wanted = symbols or ("2330.TW", "6488.TWO")
    return refresh(store, provider, wanted, now=now, exchanges=market, since=SINCE)


def whole_day(tsmc: float = 1000.0, gwc: float = 500.0, day: str = TODAY) -> FakeExchanges:
    bars = [told("2330.TW", tsmc, day), told("6488.TWO", gwc, day), told("9999.TW", 10.0, day)]
    return FakeExchanges(pd.concat(bars, ignore_index=True))


def records(kind: RecordKind, **columns: object) -> pd.DataFrame:
    values = dict.fromkeys(kind.columns, np.nan) | {"source": "twse", "fetched_at": FETCHED}
    return validated_records(kind, pd.DataFrame([values | columns]))


def test_two_requests_keep_the_chosen_symbols_current(store: PriceStore) -> None:
    market = whole_day()
    report = run(store, None, market)
    assert market.asked[:2] == ["twse_day", "tpex_day"]
    stored = contents(store)
    assert stored["symbol"].tolist() == ["2330.TW", "6488.TWO"]
    assert stored["flags"].tolist() == [UNADJUSTED, UNADJUSTED]
    assert [(one.symbol, one.counts.new, one.sources) for one in report.symbols] == [
        ("2330.TW", 1, ("twse",)),
        ("6488.TWO", 1, ("tpex",)),
    ]
    assert not report.incomplete
    assert f"twse_day: closes of {TODAY}, 2 symbols" in report.summary("en")


def test_a_day_that_is_told_is_not_asked_again(store: PriceStore) -> None:
    run(store, None, whole_day())
    version = store.version()
    again = whole_day()
    report = run(store, None, again)
    assert not set(again.asked) & {"twse_day", "tpex_day"}
    assert (report.symbols, report.feeds, store.version()) == ((), (), version)
    tomorrow = whole_day(1010.0, 505.0, "2026-07-01")
    run(store, None, tomorrow, now=NOW + dt.timedelta(days=1))
    assert {"twse_day", "tpex_day"} <= set(tomorrow.asked)
    assert len(contents(store)) == 4


def test_a_halted_symbol_asks_the_day_again_after_half_an_hour_only(store: PriceStore) -> None:
    symbols = [f"{code}.TW" for code in range(2301, 2312)]
    bars = pd.concat([*(told(one, 10.0) for one in symbols), told("6488.TWO", 5.0)])
    for minutes, asks in ((0, True), (29, False), (31, True)):
        market = FakeExchanges(bars)
        moment = NOW + dt.timedelta(minutes=minutes)
        run(store, None, market, *symbols, "6488.TWO", "2399.TW", now=moment)
        assert ("twse_day" in market.asked) == asks, minutes
    fresh = FakeExchanges(bars)
    moment = NOW + dt.timedelta(minutes=32)
    many = [f"{code}.TW" for code in range(3001, 3012)]
    run(store, None, fresh, *symbols, *many, now=moment)
    assert "twse_day" in fresh.asked  # a larger universe does not wait


def test_the_two_sources_agree_and_make_one_bar(store: PriceStore) -> None:
    theirs = TSMC.assign(close=1000.0, adjusted_close=990.0, open=999.0, volume=4900.0)
    report = run(store, Source({"2330.TW": theirs}), whole_day(1005.0), "2330.TW")
    bar = contents(store).iloc[-1]
    assert (bar["close"], bar["volume"], bar["source"], bar["flags"]) == (1005, 5000, "twse", 0)
    assert bar["adjusted_close"] == pytest.approx(1005 * 0.99)
    assert contents(store)["source"].tolist()[:-1] == ["yahoo"] * (len(TSMC) - 1)
    (row,) = report.symbols
    assert (row.counts.new, row.counts.corrected, row.disputes) == (len(TSMC), 0, ())
    assert store.read_records(DISAGREEMENTS).empty
    assert report.rows()["source"].tolist() == ["twse"]


def test_a_disagreement_is_flagged_told_and_won_by_the_exchange(store: PriceStore) -> None:
    report = run(store, Source({"2330.TW": TSMC.assign(close=1010.0)}), whole_day(1000.0),
                 "2330.TW")  # fmt: skip
    bar = contents(store).iloc[-1]
    assert (bar["close"], bar["flags"]) == (1000.0, int(BarFlag.DISPUTED))
    (row,) = store.read_records(DISAGREEMENTS).to_dict("records")
    assert (row["close"], row["other_close"], row["ticks"]) == (1000.0, 1010.0, 2.0)
    assert report.disputed == 1
    assert report.rows()["disputed"].tolist() == [1]
    for language in LANGUAGES:
        why = report.rows(language)["why"][0]
        assert all(part in why for part in ("1000", "1010", "twse", "yahoo", TODAY))


def test_a_later_answer_does_not_take_the_exchange_s_prices_away(store: PriceStore) -> None:
    run(store, Source({"2330.TW": TSMC.assign(close=1010.0)}), whole_day(1000.0), "2330.TW")
    fetched = {"source": "yahoo", "fetched_at": FETCHED + pd.Timedelta(days=3)}
    longer = bars_of("2330.TW", "2026-05-04", "2026-07-01", 1010.0, **fetched)
    moment = NOW + dt.timedelta(days=1)
    market = FakeExchanges(errors={"twse_day": SourceUnavailable, "tpex_day": SourceUnavailable})
    run(store, Source({"2330.TW": longer}), market, "2330.TW", now=moment)
    stored = contents(store).tail(2)
    assert stored["close"].tolist() == [1000.0, 1010.0]
    assert stored["flags"].tolist() == [int(BarFlag.DISPUTED), 0]
    mended = longer.copy()
    mended.loc[mended["session"] == TODAY, ["close", "adjusted_close"]] = 1000.0
    moment = NOW + dt.timedelta(days=2)
    more = bars_of("2330.TW", "2026-07-02", "2026-07-02", 1010.0, **fetched)
    mended = pd.concat([mended, more], ignore_index=True)
    run(store, Source({"2330.TW": mended}), market, "2330.TW", now=moment)
    assert contents(store)["flags"].tolist() == [0] * len(mended)
    assert store.read_records(DISAGREEMENTS).empty


def test_what_only_the_exchange_told_still_lacks_its_history(store: PriceStore) -> None:
    """Days of the exchange alone, then a source of histories: nothing is fetched twice."""
    store.upsert(TSMC[TSMC["session"] < YESTERDAY])
    run(store, None, whole_day(1000.0, day=YESTERDAY), "2330.TW")
    run(store, None, whole_day(1001.0), "2330.TW")
    theirs = TSMC.assign(adjusted_close=TSMC["close"])
    theirs.loc[theirs["session"] >= YESTERDAY, ["close", "adjusted_close"]] = [
        [1000.0, 995.0],
        [1001.0, 996.0],
    ]
    source = Source({"2330.TW": theirs})
    report = run(store, source, whole_day(1001.0), "2330.TW")
    assert len(source.asked) == 1
    assert source.asked[0].start < dt.date(2026, 6, 26)
    stored = contents(store).tail(2)
    assert stored["flags"].tolist() == [0, 0]
    assert stored["adjusted_close"].tolist() == [995.0, 996.0]
    assert stored["source"].tolist() == ["twse", "twse"]
    assert report.corrected == 0  # only the adjustment came
    assert run(store, Source({}), whole_day(1001.0), "2330.TW").symbols == ()


def test_a_symbol_that_only_the_exchange_told_gets_its_whole_history(store: PriceStore) -> None:
    run(store, None, whole_day(1000.0), "2330.TW")
    source = Source({"2330.TW": TSMC.assign(adjusted_close=TSMC["close"] * 0.9)})
    run(store, source, whole_day(1000.0), "2330.TW")
    assert [request.start for request in source.asked] == [SINCE]
    assert len(contents(store)) == len(TSMC)


def test_a_new_adjustment_keeps_the_exchange_s_prices_and_its_newest_day(
    store: PriceStore,
) -> None:
    """A dividend lowers the past; the source has not told today's session yet."""
    run(store, Source({"2330.TW": TSMC[TSMC["session"] < TODAY]}), whole_day(1000.0, day=YESTERDAY),
        "2330.TW", now=NOW - dt.timedelta(days=1))  # fmt: skip
    paid = TSMC[TSMC["session"] < TODAY].copy()
    paid["adjusted_close"] *= 0.98
    report = run(store, Source({"2330.TW": paid}), whole_day(990.0), "2330.TW")
    stored = contents(store)
    assert stored["close"].tolist()[-2:] == [1000.0, 990.0]
    assert stored["flags"].tolist()[-1] == UNADJUSTED
    assert (stored["adjusted_close"] / stored["close"]).iloc[:-1].tolist() == pytest.approx(
        [0.98] * (len(stored) - 1), abs=0.05
    )
    assert report.symbols[0].replaced
    assert report.symbols[0].stale is None  # the exchange has told it


def test_without_the_exchanges_the_histories_stand_and_the_reason_is_told(
    store: PriceStore,
) -> None:
    down = FakeExchanges(errors=dict.fromkeys(FEEDS, SourceUnavailable))
    report = run(store, Source({"2330.TW": TSMC}), down, "2330.TW")
    pd.testing.assert_frame_equal(contents(store), TSMC)
    assert report.incomplete
    assert {feed.problem for feed in report.feeds} == {Problem.UNAVAILABLE}
    assert "the source cannot be reached" in report.summary("en")
    asked = [host_of(FEEDS[key]) for key in down.asked]
    assert max(asked.count(host) for host in set(asked)) <= 2  # a host that is down is let be
    assert {feed.key for feed in report.feeds} >= REFERENCE_FEEDS


def test_a_rate_limit_of_the_histories_leaves_the_exchange_s_session(store: PriceStore) -> None:
    limited = Source({}, errors={"2330.TW": RateLimited("2330.TW", "429")})
    report = run(store, limited, whole_day(), "2330.TW")
    assert contents(store)["close"].tolist() == [1000.0]
    assert report.symbols[0].problem is Problem.RATE_LIMITED
    assert report.symbols[0].counts.new == 1
    run(store, Source({"2330.TW": TSMC.assign(close=1000.0)}), whole_day(), "2330.TW")
    assert len(contents(store)) == len(TSMC)


def test_both_down_changes_nothing_and_tells_both(store: PriceStore) -> None:
    before = TSMC[TSMC["session"] < YESTERDAY]
    store.upsert(before)
    down = FakeExchanges(errors=dict.fromkeys(FEEDS, SourceUnavailable))
    broken = Source({}, errors={"2330.TW": SourceUnavailable("2330.TW", "refused")})
    report = run(store, broken, down, "2330.TW")
    pd.testing.assert_frame_equal(contents(store), before.reset_index(drop=True))
    assert report.failed
    assert any(feed.failed for feed in report.feeds)


def test_a_day_behind_is_stored_where_new_and_told_as_stale(store: PriceStore) -> None:
    report = run(store, None, whole_day(day=YESTERDAY), "2330.TW")
    assert contents(store)["session"].tolist() == [pd.Timestamp(YESTERDAY)]
    assert all(feed.stale for feed in report.feeds if feed.session)
    for language in LANGUAGES:
        assert YESTERDAY in report.summary(language)
        assert TODAY in report.summary(language)
    market = whole_day()
    run(store, None, market, "2330.TW")
    assert "twse_day" in market.asked


def test_a_host_that_turned_us_away_is_not_asked_again_today(store: PriceStore) -> None:
    market = whole_day()
    market.errors = {"twse_companies": SourceClosed}
    run(store, None, market, "2330.TW")
    states = store.read_records(FEEDS_KIND).set_index("feed")["state"]
    assert states["twse_companies"] == "closed"
    host = host_of(FEEDS["twse_companies"])
    later = NOW + dt.timedelta(hours=2)
    same_day, next_day = whole_day(), whole_day()
    run(store, None, same_day, "2330.TW", "2317.TW", now=later)
    assert same_day.closed_hosts == {host: dt.date(2026, 6, 30)}
    run(store, None, next_day, "2330.TW", now=NOW + dt.timedelta(days=1))
    assert next_day.closed_hosts == {}
    assert "twse_companies" in next_day.asked


def test_feeds_are_asked_when_they_are_due(store: PriceStore) -> None:
    first = whole_day()
    run(store, None, first)
    assert REFERENCE_FEEDS & set(first.asked)
    again = whole_day()
    run(store, None, again, now=NOW + dt.timedelta(hours=1))
    assert not set(again.asked)
    earlier = whole_day()
    run(store, None, earlier, now=NOW - dt.timedelta(days=30))
    assert REFERENCE_FEEDS & set(earlier.asked)  # records of a clock that was wrong say nothing


def test_records_of_wanted_and_stored_symbols_are_kept(store: PriceStore) -> None:
    store.upsert(bars_of("2603.TW", "2026-06-01", "2026-06-02"))
    day = pd.Timestamp("2026-06-01")
    shares = pd.concat(
        [records(SHARES_KIND, symbol=one, date=day, shares=7)
         for one in ("2330.TW", "2603.TW", "9999.TW")],
        ignore_index=True,
    )  # fmt: skip
    market = whole_day()
    market.records = {"twse_companies": {SHARES_KIND.name: shares}}
    market.limits = pd.concat(
        [records(LIMITS, symbol=one, session=pd.Timestamp("2026-07-01"), reference=10.0)
         for one in ("2330.TW", "9999.TW")],
        ignore_index=True,
    )  # fmt: skip
    report = run(store, None, market, "2330.TW")
    assert store.read_records(SHARES_KIND)["symbol"].tolist() == ["2330.TW", "2603.TW"]
    assert store.read_records(LIMITS)["symbol"].tolist() == ["2330.TW"]
    assert report.records["shares"].new == 2


def test_an_action_announced_again_forgets_no_number(store: PriceStore) -> None:
    day = pd.Timestamp("2026-07-10")
    store.upsert_records(
        ACTIONS, records(ACTIONS, symbol="2330.TW", session=day, reference=990.0, dividend=5.0)
    )
    market = whole_day()
    coming = records(ACTIONS, symbol="2330.TW", session=day, dividend=5.5)
    market.records = {"twse_ex_dates": {ACTIONS.name: coming}}
    run(store, None, market, "2330.TW")
    (row,) = store.read_records(ACTIONS).to_dict("records")
    assert (row["dividend"], row["reference"]) == (5.5, 990.0)


def test_the_newest_list_of_companies_is_laid_over_the_known_one(store: PriceStore) -> None:
    fresh = listed_offline()
    fresh = fresh[(fresh["board"] == "TWSE") & (fresh["symbol"] != "1101.TW")]
    fresh = fresh.assign(source="twse")
    fresh.loc[fresh["symbol"] == "2330.TW", "listed_on"] = pd.Timestamp("1994-09-06")
    market = whole_day()
    market.records = {"twse_companies": {LISTINGS.name: fresh}}
    run(store, None, market, "2330.TW")
    stored = store.read_records(LISTINGS).set_index("symbol")
    assert stored.index.is_unique  # the row with the other day of listing has gone
    assert stored.loc["1101.TW", "valid_to"] == pd.Timestamp("2026-06-30")
    assert stored.loc["2330.TW", "listed_on"] == pd.Timestamp("1994-09-06")
    assert "1101.TW" not in beyond_the_map(store, Universe.LISTED, ["2330.TW"])
    broken = whole_day()
    broken.records = {"twse_companies": {LISTINGS.name: fresh.head(20)}}
    report = run(store, None, broken, "2330.TW", now=NOW + dt.timedelta(days=40))
    problems = {feed.key: feed.problem for feed in report.feeds}
    assert problems["twse_companies"] is Problem.BAD_ANSWER
    assert len(store.read_records(LISTINGS)) == len(stored)


def test_a_company_that_moved_boards_keeps_its_history(store: PriceStore) -> None:
    """6488 moves from TPEx to TWSE; the map names the new symbol, then the old one."""
    listings = listed_offline()
    one = listings["symbol"] == "6488.TWO"
    listings.loc[one, ["symbol", "board"]] = ["6488.TW", "TWSE"]
    store.upsert_records(LISTINGS, listings)
    old = bars_of("6488.TWO", "2026-05-04", "2026-06-29")
    store.upsert(old)
    kept = run(store, None, whole_day(), "2330.TW", "6488.TWO")
    assert [move.done for move in kept.moves] == [False]
    assert "tickers.yaml" in kept.summary("en")
    assert "6488.TWO" in store.symbols()
    whole = bars_of("6488.TW", "2026-05-04", TODAY)
    report = run(store, Source({"6488.TW": whole}), FakeExchanges(told("6488.TW", 500.0)),
                 "6488.TW")  # fmt: skip
    assert report.rows().set_index("symbol").loc["6488.TW", "moved_from"] == "6488.TWO"
    assert "6488.TWO" not in store.symbols()
    moved = contents(store)
    moved = moved[moved["symbol"] == "6488.TW"]
    assert len(moved) == len(whole)


def test_the_listed_universe_is_asked_after_the_map(store: PriceStore) -> None:
    later = beyond_the_map(store, Universe.LISTED, ["^TWII", "2330.TW", "NVDA"])
    assert len(later) > 1500
    assert not {"2330.TW", "NVDA"} & set(later)
    assert beyond_the_map(store, Universe.MAP, ["2330.TW"]) == ()
    source = Source({})
    refresh(store, source, ["NVDA", "2330.TW"], now=NOW, since=SINCE, later=later[:3])
    assert [request.symbol for request in source.asked] == ["2330.TW", "NVDA", *later[:3]]


def test_a_day_that_copies_the_one_before_is_refused_and_kept_aside(store: PriceStore) -> None:
    symbols = [f"{code}.TW" for code in range(2301, 2321)]
    days = [bars_of(one, "2026-06-26", YESTERDAY, 50.0 + place) for place, one in
            enumerate(symbols)]  # fmt: skip
    store.upsert(pd.concat(days, ignore_index=True))
    copied = [told(one, 50.0 + place) for place, one in enumerate(symbols)]
    report = run(store, None, FakeExchanges(pd.concat(copied, ignore_index=True)), *symbols)
    assert report.refused == 20
    assert report.quarantined == 20
    assert len(store.read_records(QUARANTINE)) == 20
    assert "quarantine" in report.summary("en")
    assert store.coverage()["last"].max() == pd.Timestamp(YESTERDAY)


def test_stopped_after_the_day_its_session_is_stored(store: PriceStore) -> None:
    source = Source({"2330.TW": TSMC})
    seen: list[str] = []
    report = refresh(
        store,
        source,
        ["2330.TW", "6488.TWO"],
        now=NOW,
        exchanges=whole_day(),
        since=SINCE,
        on_progress=lambda progress: seen.append(progress.symbol),
        should_stop=lambda: "TWSE" in seen,
    )
    assert source.asked == []
    assert len(contents(store)) == 2
    assert [one.problem for one in report.symbols] == [Problem.STOPPED] * 2


def test_the_progress_counts_days_histories_and_feeds(store: PriceStore) -> None:
    steps: list[tuple[int, int]] = []
    refresh(
        store,
        Source({"2330.TW": TSMC}),
        ["2330.TW"],
        now=NOW,
        exchanges=whole_day(),
        since=SINCE,
        on_progress=lambda progress: steps.append((progress.done, progress.total)),
    )
    total = 2 + 1 + len(REFERENCE_FEEDS)
    assert steps == [(done, total) for done in range(total + 1)]


def test_a_clock_behind_what_is_stored_is_told_and_harms_nothing(store: PriceStore) -> None:
    run(store, Source({"2330.TW": TSMC}), whole_day(), "2330.TW")
    before = contents(store)
    past = NOW - dt.timedelta(days=10)
    older = until(TSMC, "2026-06-20")
    report = run(store, Source({"2330.TW": older}), whole_day(day="2026-06-18"), "2330.TW",
                 now=past)  # fmt: skip
    after = contents(store)
    pd.testing.assert_frame_equal(
        after[after["session"] != "2026-06-18"].reset_index(drop=True),
        before[before["session"] != "2026-06-18"].reset_index(drop=True),
    )
    assert report.clock == (past, FETCHED.to_pydatetime())
    for language in LANGUAGES:
        assert "2026-06-30 08:00 UTC" in report.summary(language)
    assert run(store, Source({}), whole_day(), "2330.TW").clock is None


def until(bars: pd.DataFrame, day: str) -> pd.DataFrame:
    return bars[bars["session"] <= day]


def test_only_one_writes_at_a_time(store: PriceStore, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("symbol,date,close\n2330.TW,2026-06-29,1000\n")
    with refresh_lock(store.address):
        with pytest.raises(RefreshRunning, match="already running"):
            run(store, None, whole_day())
        with pytest.raises(RefreshRunning, match="already running"):
            import_files(store, [file], now=NOW)
    assert store.version() == -1
    run(store, None, whole_day())
    assert import_files(store, [file], now=NOW).new == 1


def test_a_second_form_that_stood_in_is_told_but_is_no_failure(store: PriceStore) -> None:
    class Forms(FakeExchanges):
        def market_day(self, now: dt.datetime | None = None) -> MarketDay:
            day = super().market_day(now)
            first = FeedAnswer(FEEDS["twse_day"], error=BadAnswer("twse_day", "cut short"))
            second = replace(day.answers[0], feed=FEEDS["twse_day_csv"])
            return replace(day, answers=(first, second, *day.answers[1:]))

    report = run(store, None, Forms(whole_day().bars))
    assert not report.incomplete
    assert "cut short" in report.summary("en")
    states = store.read_records(FEEDS_KIND).set_index("feed")["state"]
    assert (states["twse_day"], states["twse_day_csv"]) == ("failed", "done")
