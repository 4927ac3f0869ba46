"""`--as-of` and `--members`: by the map as it was known on the day, or with hindsight."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from dashboard.supply_chain.loading import load_map
from tests.app.states import MAP
from tests.app.test_cli import Result, Run, one_sentence, run

__all__ = ["run"]

DAY = "2025-12-01"
KNOWN = {"ai-supply-chain-map", "hokkaido-valley"}
"""The documents dated before the day."""
CHAIN = load_map(MAP).chain


@pytest.fixture
def demo(run: Run, tmp_path: Path) -> Run:
    """A command on the simulated prices: nothing is stored."""

    def command(*arguments: object) -> Result:
        return run("--data-dir", tmp_path / "none", *arguments)

    return command


def in_layer(layer: str, documents: Collection[str] | None = None) -> set[str]:
    """Symbols that these documents put into a layer, by any kind of membership."""
    return {
        company.symbol
        for company in CHAIN.companies
        for one in company.memberships
        for said in one.evidence
        if one.layer == layer and company.symbol
        if documents is None or said.document in documents
    }


def test_companies_are_those_that_the_documents_name_by_then(demo: Run) -> None:
    result = demo("companies", "--as-of", DAY, "--format", "csv")
    assert set(result.rows["document"]) == KNOWN
    assert "2 of 5 documents; 19 companies not on the map yet" in result.err
    assert len(demo("companies", "--format", "csv").rows) > len(result.rows)
    today = demo("companies", "--as-of", DAY, "--members", "today", "--format", "csv")
    assert today.out == demo("companies", "--format", "csv").out
    assert "hindsight" in today.err


def test_layers_count_the_known_members(demo: Run) -> None:
    options = ("--include-digest", "--include-secondary", "--format", "csv")
    known, today = (
        demo("layers", "--as-of", DAY, "--members", one, *options).rows.set_index("layer")
        for one in ("known", "today")
    )
    for layer in known.index:
        assert known.at[layer, "members"] == len(in_layer(layer, KNOWN)), layer
        assert today.at[layer, "members"] == len(in_layer(layer)), layer
    assert known.at["semicap", "members"] < today.at["semicap", "members"]
    placed = demo("layers", "--map-only", "--as-of", DAY, "--format", "csv").rows
    assert set(placed["document"]) == KNOWN


def test_before_the_first_document_layers_are_empty_and_say_why(demo: Run) -> None:
    result = demo("layers", "--as-of", "2025-08-01", "--format", "csv")
    assert result.code == 0
    assert list(result.rows["layer"]) == [layer.id for layer in CHAIN.layers]
    assert (result.rows["members"] == 0).all()
    assert "0 of 5 documents" in result.err
    reason = result.err.strip().split("\n")[-1]
    assert reason == (
        "nobody was known yet on 2025-08-01: the first document counts from 2025-09-01; choose "
        "that day or a later one, or --members today"
    )
    assert "has a price" not in result.err
    for command in ("companies", "metrics"):
        told = demo(command, "--as-of", "2025-08-01", "--format", "csv")
        assert (told.code, reason in told.err) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [("screen", "close > 0"), ("metrics", "--universe", "cooling"), ("screen", "close > 0",
     "--universe", "semicap"), ("index",), ("rotation",), ("correlations",), ("events",),
     ("leadlag",), ("audit",)],
)  # fmt: skip
def test_a_universe_of_nobody_is_one_sentence(demo: Run, arguments: tuple[str, ...]) -> None:
    layer = arguments[-1] if "--universe" in arguments else None
    first = min(
        str(document.known_on)
        for document in CHAIN.documents
        if layer is None or in_layer(layer, {document.id})
    )
    result = demo(*arguments, "--as-of", "2025-08-01")
    one_sentence(result, "2025-08-01", first, "--members today")


def test_metrics_keep_the_rows_of_who_joins_later(demo: Run) -> None:
    """A company's own figures do not hang on the map."""
    known, today = (
        demo("metrics", "--as-of", DAY, "--members", one, "--format", "csv")
        for one in ("known", "today")
    )
    assert known.out == today.out
    assert set(known.rows["symbol"]) == set(CHAIN.symbols())
    assert "19 companies not on the map yet" in known.err
    layer = demo("metrics", "--as-of", DAY, "--universe", "server_odm", "--format", "csv").rows
    assert set(layer["symbol"]) == in_layer("server_odm", KNOWN)


def test_a_screen_sees_the_members_of_each_session(demo: Run) -> None:
    """Who joins by a document since the day of comparison has come in."""
    text = "not isna(close)"
    known = demo("screen", text, "--as-of", DAY, "--format", "csv").rows
    today = demo("screen", text, "--as-of", DAY, "--members", "today", "--format", "csv").rows
    joined = set(today["symbol"]) - set(known["symbol"])
    assert joined
    told = demo("screen", text, "--as-of", "2026-02-12", "--diff", DAY, "--format", "csv").rows
    assert joined <= set(told.loc[told["change"] == "in", "symbol"])
    hindsight = demo("screen", text, "--as-of", "2026-02-12", "--diff", DAY, "--members", "today",
                     "--format", "csv").rows  # fmt: skip
    assert not joined & set(hindsight["symbol"])


@pytest.mark.parametrize(
    "arguments",
    [("companies",), ("layers",), ("layers", "--map-only"), ("metrics",), ("screen", "on_map"),
     ("index",)],
)  # fmt: skip
def test_a_day_without_a_session_is_the_one_before(
    demo: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """A document of Friday the 6th counts from Monday the 9th, not from that Saturday."""
    monkeypatch.setenv("DASHBOARD_DEMO", "1")
    sunday, friday = (
        demo(*arguments, "--as-of", day, "--format", "csv") for day in ("2026-02-08", "2026-02-06")
    )
    assert sunday.out == friday.out
    told = [line for line in sunday.err.split("\n") if line not in friday.err.split("\n")]
    assert told == ["2026-02-08 is no session; as of 2026-02-06"]
    assert "as known on 2026-02-06, 3 of 5 documents" in sunday.err


def test_without_prices_the_map_is_as_of_the_day_itself(demo: Run) -> None:
    result = demo("companies", "--as-of", "2026-02-08", "--format", "csv")
    assert "as known on 2026-02-08, 4 of 5 documents" in result.err


@pytest.mark.parametrize("arguments", [("companies",), ("metrics",), ("screen", "on_map")])
def test_a_day_to_come_names_the_session_of_the_figures(
    demo: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DASHBOARD_DEMO", "1")
    last = demo("metrics", "--format", "csv").rows["last_session"].dropna().max()
    result = demo(*arguments, "--as-of", "2099-03-01", "--format", "csv")
    assert result.code == 0
    told = f"2099-03-01 is later than the last stored session; figures are as of {last}"
    assert told in result.err
    assert "as of 2099" not in result.err


def test_the_audit_counts_the_claims_asked_for(demo: Run) -> None:
    """Whatever verdict is asked for: the counts say how many of each there are."""
    asked = ("audit", "--company", "2330.TW", "--format", "csv")
    every, confirmed = demo(*asked), demo(*asked, "--verdict", "confirmed")
    assert every.err == confirmed.err
    told = re.findall(r"(\d+) plus confirmed, (\d+) plus not so far, .*? (\d+) cannot", every.err)
    plus = every.rows[every.rows["direction"] == 1]["verdict"]
    counts = [sum(int(one[place]) for one in told) for place in range(3)]
    assert counts == [
        (plus == "confirmed").sum(),
        (plus == "not_so_far").sum(),
        (every.rows["verdict"] == "cannot").sum(),
    ]
    assert len(told) == every.rows["document"].nunique()


@pytest.mark.parametrize(
    "arguments",
    [("metrics", "--as-of"), ("bars", "2330.TW", "--from"), ("screen", "on_map", "--diff")],
)
@pytest.mark.parametrize("text", ["banana", "2026-13-45", "30.6.2026"])
def test_how_a_day_is_written_is_told(demo: Run, arguments: tuple[str, ...], text: str) -> None:
    result = demo(*arguments, text)
    assert (result.code, result.out) == (2, "")
    assert f"'{arguments[-1]}': '{text}' is no day; write it as 2026-06-30" in result.err
