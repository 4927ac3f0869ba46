"""Both languages are complete, and every text the code asks for exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from dashboard.i18n import LANGUAGES, Text, catalogue, translate

PACKAGE = Path(__file__).resolve().parents[2] / "dashboard"
SOURCES = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
CALL = re.compile(r"""(?:\bt|translate|say_text)\(\s*(f?)"([a-z_]+\.[^"]*)\"""")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_are_there_with_the_same_placeholders(key: str) -> None:
    text = catalogue()[key]
    assert text.zh.strip()
    assert text.en.strip()
    assert fields(text.zh) == fields(text.en)


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_english_has_no_chinese(key: str) -> None:
    assert not re.search(r"[\u4e00-\u9fff]", catalogue()[key].en)


def test_every_key_that_the_code_names_exists() -> None:
    sections = {key.partition(".")[0] for key in catalogue()}
    missing = []
    for path, source in SOURCES.items():
        for prefix, name in CALL.findall(source):
            if name.partition(".")[0] not in sections:
                continue
            known = (
                any(key.startswith(name.partition("{")[0]) for key in catalogue())
                if prefix
                else name in catalogue()
            )
            if not known:
                missing.append(f"{path.name}: {name}")
    assert not missing


def test_every_text_of_the_catalogue_is_used() -> None:
    everything = "\n".join(SOURCES.values())
    used_prefixes = {name.partition("{")[0] for _, name in CALL.findall(everything)}
    used_prefixes |= set(re.findall(r'"([a-z_]+\.[a-z_]+)(?:\{[^"]*)?"', everything))
    used_prefixes |= {f"{a}." for a in re.findall(r'f"([a-z_]+)\.\{', everything)}
    used_prefixes |= set(re.findall(r'f"([a-z_]+\.[a-z_]+_)\{', everything))
    unused = [
        key
        for key in catalogue()
        if not any(key == one or (one[-1] in "._" and key.startswith(one)) for one in used_prefixes)
    ]
    assert not unused


def test_a_text_is_given_in_the_language_asked_for() -> None:
    assert Text("熱", "hot").get("en") == "hot"
    assert Text("熱", "hot").get("zh") == "熱"
    assert len(LANGUAGES) == 2


def test_placeholders_are_filled() -> None:
    assert "7" in translate("app.map_faults", "en", n=7)
    with pytest.raises(KeyError):
        translate("app.no_such_text", "en")
