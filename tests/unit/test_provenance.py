"""What a link pins, read back as written; and everything that is no such link, in one sentence."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import string
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts.scales import COLOUR_RANGES
from dashboard.errors import InputError, StoreError
from dashboard.prices.simulated import simulated_mark
from dashboard.provenance import PIN, DataPin, Pinned, TablePin, query_of, read_link, read_pin
from dashboard.settings import PROJECT_ROOT, Settings
from dashboard.snapshot import load_prices
from dashboard.studies.heatmap import COLOUR_KEYS
from dashboard.studies.pages import OWN, is_figures, view_of
from dashboard.supply_chain.keeping import keep_beside, keep_map, map_then

DIGEST = "0f3a9c1be5d24a77"
DAY = dt.date(2026, 6, 30)
STORED = Pinned(
    DIGEST, DAY, DataPin({"bars": TablePin(17, "a1b2c3d4e5f6"), "actions": TablePin(0, "0" * 12)})
)
SIMULATED = Pinned(DIGEST, DAY, DataPin(simulated="a1b2c3d4e5f6"))
MAP = PROJECT_ROOT / "tickers.yaml"

hexes = st.text("0123456789abcdef", min_size=12, max_size=12)
tables = st.dictionaries(
    st.sampled_from(["bars", "shares", "actions", "limits", "listings", "revenue"]),
    st.builds(TablePin, st.integers(0, 999_999_999), hexes),
).map(lambda own: {"bars": TablePin(1, "0" * 12)} | own)
datas = st.one_of(st.builds(DataPin, tables), st.builds(lambda m: DataPin(simulated=m), hexes))
pins = st.builds(Pinned, st.text("0123456789abcdef", min_size=16, max_size=16), st.dates(), datas)
texts = st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable())
parameters = st.dictionaries(texts.filter(lambda name: name != PIN), texts, max_size=5)


@settings(max_examples=30, deadline=None)
@given(pins, parameters, st.sampled_from(["", "screener", "rotation"]))
def test_a_link_is_read_as_it_was_written(pinned: Pinned, own: dict[str, str], page: str) -> None:
    query = query_of(own, pinned)
    for text in (f"https://a.example:8501/{page}?{query}", f"/{page}?{query}"):
        link = read_link(text)
        assert (link.page, dict(link.parameters), str(link.pinned)) == (page, own, str(pinned))
        assert dict(link.pinned.data.tables) == dict(pinned.data.tables)
    for text in (query, f"?{query}", f"/?{query}#here"):
        assert dict(read_link(text).parameters) == own
    # In the quotes of any shell it stays one word.
    assert set(query) <= set(string.ascii_letters + string.digits + "%&=~._-")


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.text(max_size=80), st.text(max_size=40).map(lambda one: f"?pin={one}")))
def test_whatever_is_no_link_is_told_in_one_sentence(text: str) -> None:
    with pytest.raises(InputError) as told:
        read_link(text)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "says a page"),
        ("/screener", "says a page"),
        ("?pin=", "says a page"),
        ("?" + "a" * 9000, "9,001 signs"),
        (f"?{PIN}={STORED}&layer=x&layer=y", "'layer' twice"),
        (f"?{PIN}={STORED}&{PIN}={SIMULATED}", "'pin' twice"),
        (f"?layer=%ff%fe&{PIN}={STORED}", "not UTF-8"),
        (f"?layer=%00&{PIN}={STORED}", "no text"),
        (f"?{PIN}={STORED}\n--map=/etc/passwd", "cannot be printed"),
        ("http://[::1?pin=x", "cannot be read"),
        ("?" + "&".join(f"a{n}=1" for n in range(99)), "cannot be read"),
        (f"?{PIN}={str(STORED).replace(DIGEST, '../../etc/passwd')}", "no hash"),
        (f"?{PIN}={str(STORED).replace(DIGEST, DIGEST[:11])}", "no hash"),
        (f"?{PIN}={str(STORED).replace(DIGEST, DIGEST.upper())}", "no hash"),
        (f"?{PIN}={str(STORED).replace('.17.', '.-1.')}", "no version"),
        (f"?{PIN}={str(STORED).replace('.17.', '.1e3.')}", "no version"),
        (f"?{PIN}={str(STORED).replace('.17.', '.9999999999.')}", "no version"),
        (f"?{PIN}={str(STORED).replace('.17.', '.１７.')}", "no version"),
        (f"?{PIN}={str(STORED).replace('a1b2c3d4e5f6', 'a1b2')}", "no mark"),
        (f"?{PIN}={str(STORED).replace('2026-06-30', '2026-W27-2')}", "no day"),
        (f"?{PIN}={str(STORED).replace('2026-06-30', '2026-02-30')}", "no day"),
        (f"?{PIN}={STORED}~bars.1.{'0' * 12}", "bars stands twice"),
        (f"?{PIN}={STORED}~simulated.{'0' * 12}", "and stored ones"),
        (f"?{PIN}={STORED}~../x.1.{'0' * 12}", "no part"),
        (f"?{PIN}=map.{DIGEST}~session.2026-06-30", "no prices"),
        (f"?{PIN}={str(STORED).replace('~bars.17.a1b2c3d4e5f6', '')}", "no bars"),
        (f"?{PIN}={str(STORED).replace('2026-06-30', '2026-06-29')}", "missing or another"),
        (f"?{PIN}={str(STORED)[:-13]}", "missing or another"),
        (f"?{PIN}={str(STORED).replace(f'~actions.0.{chr(48) * 12}', '')}", "missing or another"),
    ],
)
def test_a_hostile_link_is_told_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as told:
        read_link(text)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 300


def test_the_pin_can_be_read_by_a_person() -> None:
    told = f"map.{DIGEST}~session.2026-06-30~simulated.a1b2c3d4e5f6"
    check = hashlib.sha256(told.encode()).hexdigest()[:6]
    assert str(SIMULATED) == f"{told}~check.{check}"
    assert f"~actions.0.{'0' * 12}~bars.17.a1b2c3d4e5f6~check." in str(STORED)
    assert STORED.data.words == "actions 0, bars 17"
    query = urlsplit(f"/?{query_of({'q': 'a & b'}, STORED)}").query
    assert dict(parse_qsl(query)) == {"q": "a & b", PIN: str(STORED)}
    assert read_pin(str(STORED)) == STORED


def test_what_each_page_shows() -> None:
    assert view_of("", {}) == view_of("home", {"x": "y"}) == "home"
    assert view_of("", {"layer": "cooling"}) == "layer"
    assert view_of("screener", {"layer": "cooling"}) == "screener"
    for page in ("", "screener", "watchlists", "rotation"):
        assert view_of(page, {"code": "2330"}) == "company"
    for page in (*OWN, "company", "layer", "../cli", "nowhere"):
        assert not is_figures(page, {})
        with pytest.raises(InputError):
            view_of(page, {})


def test_the_heatmap_is_coloured_by_what_a_link_may_name() -> None:
    assert tuple(COLOUR_RANGES) == COLOUR_KEYS


def test_simulated_prices_are_told_from_those_of_another_version(tmp_path: Path) -> None:
    away = Settings(data_dir=str(tmp_path))
    prices = load_prices(away, ["2330.TW"])
    assert prices.pin == load_prices(away, ["2330.TW"], pinned=prices.pin).pin
    assert prices.pin.simulated == simulated_mark()
    with pytest.raises(StoreError, match="ships others"):
        load_prices(away, ["2330.TW"], pinned=SIMULATED.data)


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    shutil.copy(MAP, tmp_path / "tickers.yaml")
    return Settings(data_dir=str(tmp_path / "store"), map_path=tmp_path / "tickers.yaml")


def edited(place: Settings) -> None:
    with place.map_path.open("a", encoding="utf-8") as file:
        file.write("\n# edited\n")


def test_a_map_is_found_after_it_was_edited(place: Settings) -> None:
    digest = keep_map(place)
    assert digest == hashlib.sha256(MAP.read_bytes()).hexdigest()
    edited(place)
    later = keep_map(place)
    kept = sorted(path.name for path in Path(place.data_dir, "maps").iterdir())
    assert kept == sorted(f"{one}.yaml" for one in (digest, later))
    for one, asked in ((digest, digest[:16]), (later, later)):
        assert map_then(place, asked).chain.digest == one


def test_a_map_that_was_not_kept_is_told_with_both_hashes(place: Settings) -> None:
    digest = hashlib.sha256(MAP.read_bytes()).hexdigest()
    edited(place)
    now = hashlib.sha256(place.map_path.read_bytes()).hexdigest()
    with pytest.raises(InputError, match=rf"{digest[:16]}.*{now[:16]}.*--map FILE"):
        map_then(place, digest[:16])
    place.map_path.unlink()
    with pytest.raises(InputError, match=rf"{digest[:16]}.*none.*--map FILE"):
        map_then(place, digest[:16])
    assert keep_beside(place) == ""


def test_a_copy_that_was_changed_is_not_believed(place: Settings) -> None:
    digest = keep_map(place)
    copy = Path(place.data_dir, "maps", f"{digest}.yaml")
    copy.write_text(copy.read_text("utf-8") + "# other\n", "utf-8")
    (copy.parent / "notes.txt").write_text("x", "utf-8")
    edited(place)
    with pytest.raises(InputError, match="no copy"):
        map_then(place, digest[:16])


def test_where_no_copy_can_be_kept_the_reason_is_told(place: Settings, tmp_path: Path) -> None:
    away = Settings(data_dir="s3://bucket/prices", map_path=place.map_path, database="sqlite://")
    with pytest.raises(StoreError, match=r"object storage.*tickers\.yaml.*--map"):
        keep_map(away)
    assert map_then(away, keep_map(place)[:16]).chain.companies
    Path(place.data_dir, "maps").rename(tmp_path / "aside")
    Path(place.data_dir, "maps").write_text("a file is in the way", "utf-8")
    assert "no copy of the map can be kept" in keep_beside(place)


def test_a_copy_is_there_whole_or_not(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="No space left"):
        keep_map(place)
    assert not list(Path(place.data_dir, "maps").iterdir())
