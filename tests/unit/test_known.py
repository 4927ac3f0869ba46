"""The map as of a day: the dates of its documents decide, and nothing later is seen."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.known import (
    KNOWN_ON,
    KNOWN_UNTIL,
    first_day,
    first_known,
    joins_by,
    known_map,
    map_version,
    member_windows,
    without_dates,
)
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import DateBasis, Document, SupplyChain
from dashboard.supply_chain.rows import members

DAYS = [dt.date(2025, 8, 31), dt.date(2025, 9, 1), dt.date(2025, 11, 25), dt.date(2025, 11, 26),
        dt.date(2026, 1, 5), dt.date(2026, 2, 7), dt.date(2026, 2, 10)]  # fmt: skip


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(PROJECT_ROOT / "tickers.yaml").chain


@pytest.mark.parametrize(
    ("date", "basis", "known_on"),
    [
        ("2025-11-25", "stated", dt.date(2025, 11, 26)),
        ("2025-12-31", "stated", dt.date(2026, 1, 1)),
        ("2025-08", "inferred", dt.date(2025, 9, 1)),
        ("2025-12", "stated", dt.date(2026, 1, 1)),
        ("2025", "stated", dt.date(2026, 1, 1)),
        ("2025-08", "unknown", None),
        (None, "unknown", None),
    ],
)
def test_a_document_is_known_from_the_day_after_all_its_date_may_mean(
    date: str | None, basis: str, known_on: dt.date | None
) -> None:
    document = Document(
        id="one", title={"zh": "一", "en": "One"}, publisher={"zh": "某", "en": "Some"},
        date=date, date_basis=DateBasis(basis), file="one.md", sha256="0" * 64, line_count=9,
    )  # fmt: skip
    assert document.known_on == known_on


@pytest.mark.parametrize("day", DAYS)
def test_nothing_of_a_later_document_is_left(chain: SupplyChain, day: dt.date) -> None:
    known = known_map(chain, day)
    later = {one.id for one in chain.documents if one.known_on is None or one.known_on > day}
    assert not later & {one.id for one in known.documents}
    cited = [
        evidence.document
        for company in known.companies
        for part in (*company.memberships, company)
        for evidence in (part.evidence if hasattr(part, "evidence") else part.mentions)
    ]
    cited += [x.document for one in (*known.relations, *known.events) for x in one.evidence]
    assert not later & set(cited)
    keys = {one.key for one in known.companies}
    assert {k for one in known.relations for k in (one.source, one.target)} <= keys
    assert {k for one in known.events for k in one.companies} <= keys


def test_what_all_documents_say_is_the_map_itself(chain: SupplyChain) -> None:
    assert known_map(chain, dt.date(2026, 2, 11)) is chain
    assert known_map(chain, dt.date(2025, 8, 31)).companies == ()


def test_an_undated_document_never_opens(chain: SupplyChain) -> None:
    undated = chain.documents[0].model_copy(
        update={"id": "undated", "date": None, "date_basis": DateBasis.UNKNOWN}
    )
    company = chain.companies[0]
    moved = company.memberships[0].evidence[0].model_copy(update={"document": "undated"})
    membership = company.memberships[0].model_copy(update={"evidence": (moved,)})
    changed = company.model_copy(update={"memberships": (membership,), "mentions": ()})
    wider = SupplyChain(
        documents=(*chain.documents, undated), stages=chain.stages, layers=chain.layers,
        companies=(changed, *chain.companies[1:]), digest="x",
    )  # fmt: skip
    late = known_map(wider, dt.date(2100, 1, 1))
    assert company.key not in {one.key for one in late.companies}
    assert "undated" not in late.document_by_id
    assert changed.symbol not in set(member_windows(wider)["symbol"])


@pytest.mark.parametrize("secondary", [False, True])
@pytest.mark.parametrize("digest", [False, True])
def test_the_windows_open_on_a_day_are_the_members_known_then(
    chain: SupplyChain, digest: bool, secondary: bool
) -> None:
    windows = member_windows(chain, include_digest=digest, include_secondary=secondary)
    for day in DAYS:
        moment = pd.Timestamp(day)
        ends = windows[KNOWN_UNTIL]
        open_then = windows[(windows[KNOWN_ON] <= moment) & (ends.isna() | (ends > moment))]
        told = members(known_map(chain, day), include_digest=digest, include_secondary=secondary)
        pairs = [set(zip(f["symbol"], f["layer"], strict=True)) for f in (open_then, told)]
        assert pairs[0] == pairs[1]
        always = without_dates(windows, day)
        assert set(zip(always["symbol"], always["layer"], strict=True)) == pairs[0]


def test_a_company_is_primary_where_it_was_known_first(chain: SupplyChain) -> None:
    """ASML: in 004 a part of Japan's fab, and only with 000 a maker of tools."""
    asml = member_windows(chain).query("symbol == 'ASML'")
    assert list(asml["layer"]) == ["japan_fab", "semicap"]
    assert list(asml[KNOWN_ON].dt.date) == [dt.date(2025, 11, 26), dt.date(2026, 2, 7)]
    assert asml[KNOWN_UNTIL].iloc[0].date() == dt.date(2026, 2, 7)


def test_the_version_of_a_cut_map_is_that_of_its_file(chain: SupplyChain) -> None:
    cut = known_map(chain, dt.date(2025, 12, 1))
    assert cut.digest != chain.digest
    assert map_version(cut) == map_version(chain) == chain.digest
    assert known_map(cut, dt.date(2025, 10, 1)).digest.count("@") == 1


def test_the_earliest_known_evidence_counts(chain: SupplyChain) -> None:
    tsmc = chain.company_by_key["tsmc"].memberships[0]
    assert first_known(chain, tsmc.evidence) == dt.date(2025, 9, 1)
    assert first_known(chain, ()) is None


def test_a_company_joins_on_the_first_day_that_has_it(chain: SupplyChain) -> None:
    days = sorted({one.known_on for one in chain.documents if one.known_on})
    maps = {day: known_map(chain, day) for day in days}
    for company in chain.companies:
        first = next(day for day in days if company.key in maps[day].company_by_key)
        found = joins_by(chain, company)
        assert found is not None
        assert (found[0], found[1].known_on) == (first, first)


def test_the_first_day_of_a_map_and_of_a_layer(chain: SupplyChain) -> None:
    assert first_day(chain) == dt.date(2025, 9, 1)
    for layer in chain.layer_by_id:
        day = first_day(chain, layer)
        if day is None:
            assert not any(one.layer == layer for c in chain.companies for one in c.memberships)
            continue
        for at, expected in ((day - dt.timedelta(1), False), (day, True)):
            known = known_map(chain, at).companies
            assert any(one.layer == layer for c in known for one in c.memberships) is expected
