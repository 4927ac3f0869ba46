"""Files that no map is: each is one fault in a sentence, never an exception or a hang."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.supply_chain.faults import Fault
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from tests.unit.map_input import SOUND

SOUND_TEXT = "".join(SOUND.values())


def only_fault(path: Path) -> Fault:
    loaded = load_map(path)
    assert loaded.chain == SupplyChain()
    (fault,) = loaded.faults
    assert "\n" not in str(fault)
    return fault


def fault_of(content: bytes, folder: Path) -> Fault:
    path = folder / "tickers.yaml"
    path.write_bytes(content)
    return only_fault(path)


def test_missing_file(tmp_path: Path) -> None:
    fault = only_fault(tmp_path / "tickers.yaml")
    assert (fault.line, fault.what) == (1, f"{tmp_path / 'tickers.yaml'} does not exist")


def test_directory(tmp_path: Path) -> None:
    assert only_fault(tmp_path).what == f"{tmp_path} is a directory"


def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tickers.yaml")
    assert only_fault(tmp_path / "tickers.yaml").what.endswith("is no ordinary file")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_impossible_path(name: str, tmp_path: Path) -> None:
    assert "cannot be read" in only_fault(tmp_path / name).what


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only words\n", b"\xef\xbb\xbf"])
def test_empty_file(content: bytes, tmp_path: Path) -> None:
    assert fault_of(content, tmp_path).what == "the file is empty"


@pytest.mark.parametrize("content", [b"- a\n- b\n", b"just words\n", b"null\n"])
def test_top_level_is_no_mapping(content: bytes, tmp_path: Path) -> None:
    assert fault_of(content, tmp_path).what == "the file is no mapping"


def test_fifty_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "tickers.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert only_fault(path).what == "the file has 50,000,000 bytes, a map at most 5,000,000"


def test_latin_1(tmp_path: Path) -> None:
    fault = fault_of(b"documents:\n# caf\xe9\n", tmp_path)
    assert str(fault) == "tickers.yaml:2: the file is not UTF-8 (byte 16), save it as UTF-8"


def test_utf_16_and_binary(tmp_path: Path) -> None:
    assert "not UTF-8 (byte 0)" in fault_of("documents:\n".encode("utf-16"), tmp_path).what
    assert "not UTF-8" in fault_of(bytes(range(256)) * 40, tmp_path).what


def test_control_character(tmp_path: Path) -> None:
    fault = fault_of("documents:\n# 台\n# 積\x07\n".encode(), tmp_path)
    assert (fault.line, fault.what) == (3, "the character U+0007 is not allowed in YAML")


def test_tab(tmp_path: Path) -> None:
    fault = fault_of(b"documents:\nstages:\n\t- id: server\n", tmp_path)
    assert str(fault) == "tickers.yaml:3: a tab, write spaces instead"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("documents:\n  - id: a\n   b: c\n", 3),
        ("documents:\nstages: [a, b\nlayers:\n", 3),
        ('documents:\n  - "open\n', 3),
        ("documents:\n  - a: b: c\n", 2),
        ("documents:\n  - @at\n", 2),
    ],
)
def test_broken_yaml(text: str, line: int, tmp_path: Path) -> None:
    fault = fault_of(text.encode(), tmp_path)
    assert fault.line == line
    assert fault.what.startswith("the YAML cannot be read (")


def test_billion_laughs(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    fault = fault_of("\n".join(lines).encode(), tmp_path)
    assert (fault.line, fault.what) == (1, "an anchor (&a0)")


def test_alias_and_tag(tmp_path: Path) -> None:
    assert fault_of(b"a: 1\nb: *a\n", tmp_path).line == 2
    fault = fault_of(b"a: 1\nb: !!python/object/apply:os.system [ls]\n", tmp_path)
    assert (fault.line, fault.what.split(" (")[0]) == (2, "a tag")


def test_second_document(tmp_path: Path) -> None:
    fault = fault_of(b"stages:\n---\nlayers:\n", tmp_path)
    assert (fault.line, fault.what) == (2, "a second YAML document begins")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: "])
def test_nesting_of_ten_thousand_levels(opening: str, tmp_path: Path) -> None:
    fault = fault_of(b"stages:\n  " + opening.encode() * 10_000, tmp_path)
    assert (fault.line, fault.what) == (2, "nested deeper than 24 levels")


def test_nesting_by_indentation(tmp_path: Path) -> None:
    text = "".join(f"{' ' * depth}a:\n" for depth in range(1500))
    assert fault_of(text.encode(), tmp_path).line == 25


def test_more_values_than_any_map_has(tmp_path: Path) -> None:
    fault = fault_of(b"stages:\n" + b" - a\n" * 300_000, tmp_path)
    assert fault.what == "more than 250,000 values"


@pytest.mark.parametrize("text", ["? [a, b]\n  : c\n", "? " * 10_000, "[{" * 10_000])
def test_key_that_is_no_word(text: str, tmp_path: Path) -> None:
    assert fault_of(f"stages:\n  {text}".encode(), tmp_path).what == "a key is not a word"


def test_a_hundred_thousand_faults_are_told(tmp_path: Path) -> None:
    path = tmp_path / "tickers.yaml"
    path.write_text("layers:\n" + " - a\n" * 50_000 + "stages:\n" + " - {b: c}\n" * 16_000)
    absent = ("documents", "companies", "relations", "events")
    assert len(load_map(path).faults) == 50_000 + 3 * 16_000 + len(absent)


fuzz = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzz
@given(content=st.binary(max_size=300))
def test_any_bytes_give_faults_or_a_map(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tickers.yaml"
    path.write_bytes(content)
    load_map(path)


@fuzz
@given(text=st.text(alphabet=st.sampled_from("abc:-[]{}?!&*#|>@`\"'%,~ \n\t1台\x85"), max_size=60))
def test_any_text_gives_faults_or_a_map(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tickers.yaml"
    path.write_text(text, "utf-8")
    load_map(path)


@fuzz
@given(
    start=st.integers(0, len(SOUND_TEXT)),
    length=st.integers(0, 40),
    new=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(["[", "{}", "- ", "null", ": ", "\n", "[[]]", "{a: [b]}", '""']),
)
def test_a_damaged_map_gives_faults_or_a_map(
    start: int, length: int, new: str, tmp_path: Path
) -> None:
    """What is left out has a fault: without faults, everything written is in the chain."""
    path = tmp_path / "tickers.yaml"
    path.write_text(SOUND_TEXT[:start] + new + SOUND_TEXT[start + length :], "utf-8", newline="")
    loaded = load_map(path)
    written = path.read_text("utf-8")
    if not loaded.faults and "#" not in new:
        assert len(loaded.chain.companies) == written.count("- key:")
        assert len(loaded.chain.layers) == written.count("    stage:")
