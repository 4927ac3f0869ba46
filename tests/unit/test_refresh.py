import datetime as dt
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.errors import InputError, RateLimited, SourceUnavailable, StoreError, UnknownSymbol
from dashboard.i18n import LANGUAGES, translate
from dashboard.prices.bars import BarFlag
from dashboard.prices.job import RefreshJob
from dashboard.prices.outcomes import Problem, Verdict
from dashboard.prices.providers.base import Request
from dashboard.prices.quality import Reason
from dashboard.prices.records import SHARES_KIND
from dashboard.prices.refresh import import_files, plan, refresh
from dashboard.prices.store import PriceStore, bars_from_arrow

from .price_bars import Source, bars_of

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SINCE = dt.date(2026, 5, 4)
TSMC = bars_of("2330.TW", "2026-05-04", "2026-06-30")


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(str(tmp_path / "store"))


def contents(store: PriceStore) -> pd.DataFrame:
    return bars_from_arrow(store.read())


def until(bars: pd.DataFrame, day: str) -> pd.DataFrame:
    return bars[bars["session"] <= day]


def test_a_second_refresh_asks_nothing(store: PriceStore) -> None:
    source = Source({"2330.TW": TSMC})
    first = refresh(store, source, ["2330.TW"], now=NOW, since=SINCE)
    assert (first.new, first.incomplete) == (len(TSMC), False)
    assert source.asked == [Request("2330.TW", SINCE, dt.date(2026, 6, 30))]
    pd.testing.assert_frame_equal(contents(store), TSMC)
    version = store.version()
    again = refresh(store, source, ["2330.TW"], now=NOW, since=SINCE)
    assert again.symbols == ()
    assert len(source.asked) == 1
    assert store.version() == version
    assert again.summary("en") == translate("outcome.nothing", "en")


def test_only_what_is_missing_is_asked_with_ten_known_sessions(store: PriceStore) -> None:
    store.upsert(until(TSMC, "2026-06-26"))
    (request,) = plan(store, ["2330.TW"], NOW)
    assert request.end == dt.date(2026, 6, 30)
    known = until(TSMC, "2026-06-26")
    assert request.start == known["session"].iloc[-10].date()
    (new,) = plan(store, ["NVDA"], NOW)
    assert (new.end - new.start).days == 3653
    assert new.end == dt.date(2026, 6, 29)  # New York has not closed yet
    report = refresh(store, Source({"2330.TW": TSMC}), ["2330.TW"], now=NOW)
    assert (report.new, report.unchanged) == (2, 10)


def test_a_weekend_or_a_typhoon_is_nothing_missing(store: PriceStore) -> None:
    store.upsert(bars_of("2330.TW", "2026-07-01", "2026-07-09"))
    for now in ("2026-07-10T20:00", "2026-07-12T20:00"):
        moment = dt.datetime.fromisoformat(f"{now}+08:00")
        assert plan(store, ["2330.TW"], moment) == []


def test_a_start_in_the_future_is_refused_and_one_before_every_price_is_cut(
    store: PriceStore,
) -> None:
    taipei = dt.datetime(2026, 6, 30, 23, tzinfo=dt.UTC)  # the first of July there
    assert plan(store, ["2330.TW"], taipei, dt.date(2026, 7, 1)) == []
    with pytest.raises(InputError, match="2026-07-02: it is after today"):
        refresh(store, Source({}), ["2330.TW"], now=taipei, since=dt.date(2026, 7, 2))
    (request,) = plan(store, ["2330.TW"], NOW, dt.date.min)
    assert request.start == dt.date(1962, 2, 9)


def test_an_empty_answer_changes_nothing_and_is_told(store: PriceStore) -> None:
    old = until(TSMC, "2026-06-26")
    store.upsert(old)
    zeros = TSMC.assign(close=0.0)
    for frames in ({}, {"2330.TW": zeros}):
        report = refresh(store, Source(frames), ["2330.TW"], now=NOW)
        assert report.symbols[0].problem is Problem.EMPTY
        assert report.incomplete
        pd.testing.assert_frame_equal(contents(store), old)


def test_errors_become_reasons_and_the_others_go_on(store: PriceStore) -> None:
    source = Source(
        {"2330.TW": TSMC},
        errors={
            "9999.TW": UnknownSymbol("9999.TW", "No data found"),
            "2317.TW": SourceUnavailable("2317.TW", "connection refused"),
        },
    )
    report = refresh(store, source, ["9999.TW", "2317.TW", "2330.TW"], now=NOW, since=SINCE)
    by_symbol = {one.symbol: one for one in report.symbols}
    assert by_symbol["9999.TW"].problem is Problem.UNKNOWN_SYMBOL
    assert by_symbol["2317.TW"].problem is Problem.UNAVAILABLE
    assert "connection refused" in by_symbol["2317.TW"].why("en")
    assert by_symbol["2330.TW"].verdict is Verdict.DONE
    rows = report.rows().set_index("symbol")
    assert rows.loc["9999.TW", "outcome"] == "failed"
    assert rows.loc["2330.TW", "new"] == len(TSMC)
    assert store.symbols() == ["2330.TW"]


def test_a_rate_limit_skips_the_rest_and_keeps_what_came(store: PriceStore) -> None:
    class Limited(Source):
        def fetch(self, requests):  # type: ignore[no-untyped-def]
            for answer in super().fetch(requests):
                yield answer
                if isinstance(answer.error, RateLimited):
                    return

    source = Limited({"2330.TW": TSMC}, errors={"2317.TW": RateLimited("2317.TW", "429")})
    report = refresh(store, source, ["2330.TW", "2317.TW", "2454.TW"], now=NOW, since=SINCE)
    assert [one.problem for one in report.symbols] == [
        None,
        Problem.RATE_LIMITED,
        Problem.RATE_LIMITED,
    ]
    assert [one.symbol for one in report.skipped] == ["2317.TW", "2454.TW"]
    assert store.symbols() == ["2330.TW"]


def test_a_past_with_another_adjustment_is_fetched_again_whole(store: PriceStore) -> None:
    """A dividend of one percent since: the source has lowered all its adjusted closes."""
    store.upsert(until(TSMC, "2026-06-26"))
    paid = TSMC.copy()
    before = paid["session"] <= "2026-06-26"
    paid.loc[before, "adjusted_close"] *= 0.99
    source = Source({"2330.TW": paid})
    report = refresh(store, source, ["2330.TW"], now=NOW)
    assert [request.start for request in source.asked] == [
        TSMC["session"][len(until(TSMC, "2026-06-26")) - 10].date(),
        SINCE,
    ]
    assert report.symbols[0].replaced
    assert report.symbols[0].counts.new == 2
    pd.testing.assert_frame_equal(contents(store), paid)


def test_one_corrected_bar_is_no_new_adjustment(store: PriceStore) -> None:
    store.upsert(until(TSMC, "2026-06-26"))
    mended = TSMC.copy()
    mended.loc[mended["session"] == "2026-06-24", ["close", "adjusted_close"]] *= 1.005
    source = Source({"2330.TW": mended})
    report = refresh(store, source, ["2330.TW"], now=NOW)
    assert len(source.asked) == 1
    assert report.corrected == 1
    pd.testing.assert_frame_equal(contents(store), mended)


def test_bars_stored_without_adjustment_give_way_to_adjusted_ones(store: PriceStore) -> None:
    store.upsert(until(TSMC, "2026-06-26").assign(flags=int(BarFlag.UNADJUSTED)))
    adjusted = TSMC.assign(adjusted_close=TSMC["close"] * 0.97)
    refresh(store, Source({"2330.TW": adjusted}), ["2330.TW"], now=NOW)
    pd.testing.assert_frame_equal(contents(store), adjusted)


def test_a_refetched_history_that_lost_much_is_not_believed(store: PriceStore) -> None:
    old = until(TSMC, "2026-06-26")
    store.upsert(old)
    short = TSMC[TSMC["session"] >= "2026-06-10"].assign(adjusted_close=1.0)
    report = refresh(store, Source({"2330.TW": short}), ["2330.TW"], now=NOW)
    assert report.symbols[0].problem is Problem.SUSPECT
    pd.testing.assert_frame_equal(contents(store), old)


def test_a_bar_the_refetch_lost_is_kept_at_its_adjustment(store: PriceStore) -> None:
    store.upsert(until(TSMC, "2026-06-26"))
    halved = TSMC.copy()
    halved.loc[halved["session"] <= "2026-06-26", "adjusted_close"] *= 0.5
    lost = halved[halved["session"] != "2026-05-20"]
    refresh(store, Source({"2330.TW": lost}), ["2330.TW"], now=NOW)
    pd.testing.assert_frame_equal(contents(store), halved)


def test_a_source_that_is_behind_is_told(store: PriceStore) -> None:
    report = refresh(
        store, Source({"2330.TW": until(TSMC, "2026-06-26")}), ["2330.TW"], now=NOW, since=SINCE
    )
    assert report.symbols[0].stale == (dt.date(2026, 6, 26), dt.date(2026, 6, 30))
    assert "2026-06-26" in report.symbols[0].why("zh")


def many(count: int) -> dict[str, pd.DataFrame]:
    return {
        f"{2300 + n}.TW": bars_of(f"{2300 + n}.TW", "2026-06-01", "2026-06-30")
        for n in range(count)
    }


def test_interrupted_by_the_keyboard_the_store_holds_whole_batches(store: PriceStore) -> None:
    frames = many(35)

    def interrupt(request: Request) -> None:
        if request.symbol == "2330.TW":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh(store, Source(frames, before=interrupt), list(frames), now=NOW, since=SINCE)
    assert store.symbols() == list(frames)[:20]
    assert store.version() == 1
    report = refresh(store, Source(frames), list(frames), now=NOW, since=SINCE)
    assert len(report.symbols) == 15
    pd.testing.assert_frame_equal(contents(store), pd.concat(frames.values(), ignore_index=True))


def test_stopped_on_request_what_came_is_stored(store: PriceStore) -> None:
    frames = many(5)
    seen: list[tuple[int, int]] = []
    report = refresh(
        store,
        Source(frames),
        list(frames),
        now=NOW,
        since=SINCE,
        on_progress=lambda progress: seen.append((progress.done, progress.total)),
        should_stop=lambda: len(seen) > 3,
    )
    assert seen == [(0, 5), (1, 5), (2, 5), (3, 5)]
    assert store.symbols() == list(frames)[:3]
    assert [one.problem for one in report.skipped] == [Problem.STOPPED] * 2


def test_a_phantom_day_of_the_source_is_not_stored(store: PriceStore) -> None:
    frames = many(12)
    for bars in frames.values():
        bars.loc[bars.index[-1], "close"] = bars["close"].iloc[-2]
    report = refresh(store, Source(frames), list(frames), now=NOW, since=SINCE)
    refusals = {r.reason for one in report.symbols for r in one.refusals}
    assert refusals == {Reason.PHANTOM}
    assert report.refused == 12
    assert store.coverage()["last"].max() == pd.Timestamp("2026-06-29")


def test_shares_of_a_source_are_stored(store: PriceStore) -> None:
    class WithShares(Source):
        def fetch(self, requests):  # type: ignore[no-untyped-def]
            for answer in super().fetch(requests):
                shares = pd.DataFrame(
                    {"symbol": "2330.TW", "date": ["2026-06-01"] * 2, "shares": [5.0, np.nan]}
                )
                yield type(answer)(answer.request, answer.bars, shares)

    refresh(store, WithShares({"2330.TW": TSMC}), ["2330.TW"], now=NOW, since=SINCE)
    shares = store.read_records(SHARES_KIND)
    assert shares[["shares", "source"]].to_numpy().tolist() == [[5, "test"]]


def test_no_file_is_stored_when_one_is_faulty(store: PriceStore, tmp_path: Path) -> None:
    good, bad, worse = (tmp_path / f"{name}.csv" for name in ("good", "bad", "worse"))
    good.write_text("symbol,date,close\nNVDA,2026-06-29,1\n")
    bad.write_text("symbol,date,close\nNVDA,yesterday,1\n")
    worse.write_text("symbol,date\nNVDA,2026-06-29\n")
    with pytest.raises(InputError, match=r"(?s)bad\.csv: line 2.*worse\.csv: column close"):
        import_files(store, [good, bad, worse], now=NOW)
    assert store.version() == -1
    with pytest.raises(InputError, match="no file"):
        import_files(store, [])


def test_an_import_refuses_bars_and_says_so(store: PriceStore, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "symbol,date,close\n2330.TW,2026-06-29,1\n2330.TW,2026-06-28,1\n2330.TW,2026-06-26,\n"
    )
    report = import_files(store, [path], now=NOW)
    assert (report.new, report.refused, report.incomplete) == (1, 2, True)
    why = report.rows("en")["why"][0]
    assert "2026-06-28: not a session" in why
    assert "2026-06-26: no close" in why


def test_prices_and_shares_of_one_file_are_both_stored(store: PriceStore, tmp_path: Path) -> None:
    (tmp_path / "both.csv").write_text(
        "symbol,date,close,shares\n"
        "2330.TW,2026-06-26,1000,\n"
        "2330.TW,2026-06-29,1010,25932370067\n"
        "2330.TW,2026-06-30,1020,25932370068\n"
    )
    report = import_files(store, [tmp_path / "both.csv"], now=NOW)
    assert (report.new, report.records["shares"].new) == (3, 2)
    assert store.read_records(SHARES_KIND)["shares"].tolist() == [25932370067, 25932370068]


def test_days_before_every_price_are_refused_and_the_others_stored(
    store: PriceStore, tmp_path: Path
) -> None:
    (tmp_path / "old.csv").write_text(
        "symbol,date,close\n2330.TW,0001-01-01,1\n2330.TW,1950-01-02,1\n2330.TW,2026-06-30,1\n"
    )
    (row,) = import_files(store, [tmp_path / "old.csv"], now=NOW).symbols
    assert [refusal.reason for refusal in row.refusals] == [Reason.NOT_A_SESSION] * 2
    assert contents(store)["session"].tolist() == [pd.Timestamp("2026-06-30")]


def test_every_problem_has_its_sentence() -> None:
    for language in LANGUAGES:
        assert len({translate(f"problem.{one}", language) for one in Problem}) == len(Problem)
        for verdict in Verdict:
            translate(f"outcome.{verdict}", language)


def test_the_job_runs_once_at_a_time_and_ends_with_its_report(store: PriceStore) -> None:
    go_on = threading.Event()
    job = RefreshJob()
    assert not job.state().running
    source = Source({"2330.TW": TSMC}, before=lambda request: go_on.wait(30) and None)
    assert job.start(store, source, ["2330.TW", "2317.TW"], since=SINCE)
    assert not job.start(store, source, ["2330.TW"])
    assert job.state().running
    job.stop()
    assert job.state().stopping
    go_on.set()
    assert job.wait(60)
    state = job.state()
    assert state.finished
    assert state.error is None
    assert state.report is not None
    assert (state.done, state.total, state.symbol) == (1, 2, "2330.TW")
    assert [one.problem for one in state.report.symbols] == [None, Problem.STOPPED]
    assert job.start(store, source, ["2330.TW"])
    assert job.wait(60)


def test_the_job_reports_an_error_as_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    store = PriceStore(str(tmp_path / "taken"))
    with pytest.raises(StoreError):
        store.upsert(TSMC)
    job = RefreshJob()
    job.start(store, Source({"2330.TW": TSMC}), ["2330.TW"], since=SINCE)
    assert job.wait(60)
    assert job.state().error is not None
    assert "taken" in str(job.state().error)


def test_what_follows_a_run_is_waited_for_by_nobody(store: PriceStore) -> None:
    """The job has ended, with its report, while it is still at work."""
    followed, go_on = threading.Event(), threading.Event()

    def afterwards() -> None:
        followed.set()
        go_on.wait(30)

    job = RefreshJob()
    source = Source({"2330.TW": TSMC})
    assert job.start(store, source, ["2330.TW"], since=SINCE, afterwards=afterwards)
    assert followed.wait(60)
    assert job.state().report is not None
    assert job.start(store, source, ["2330.TW"], since=SINCE), "the next run need not wait"
    assert job.wait(60)
    go_on.set()


def test_nothing_follows_a_run_that_failed(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    called: list[None] = []
    job = RefreshJob()
    job.start(
        PriceStore(str(tmp_path / "taken")),
        Source({"2330.TW": TSMC}),
        ["2330.TW"],
        since=SINCE,
        afterwards=lambda: called.append(None),
    )
    assert job.wait(60)
    assert called == []
