"""The table of cues: its form, its coverage of the map's layers, and what it finds."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import InputError
from dashboard.proposals.cues import (
    CUES_FILE,
    Matcher,
    Role,
    checked_cues,
    cues,
    read_cues,
    squeezed,
)
from dashboard.proposals.layers import recognised
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Layer
from tests.unit.found import MAP

LAYERS = load_map(MAP).chain.layers
HAN = re.compile("[\u4e00-\u9fff]")


def shipped() -> dict[str, Any]:
    return copy.deepcopy(tomllib.loads(CUES_FILE.read_text("utf-8")))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda one: one.id)
def test_every_layer_of_the_map_has_its_own_words_in_both_languages(layer: Layer) -> None:
    own = cues().layers[layer.id]
    for role in (Role.MAKER, Role.STRONG, Role.WEAK):
        words = own.of(role)
        assert [one for one in words if HAN.search(one)], f"{role}: no Chinese"
        assert [one for one in words if not HAN.search(one)], f"{role}: no English"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda one: one.id)
def test_a_layer_s_name_and_definition_are_recognised_as_that_layer(
    layer: Layer, language: Any
) -> None:
    for text in (layer.name.get(language), layer.definition.get(language)):
        assert next(iter(recognised(text, cues())), None) == layer.id, text


def test_the_reference_s_layers_are_all_covered(reference: Path) -> None:
    text = (reference / "LAYERS.md").read_text("utf-8")
    ids = re.findall(r"^\| `([a-z_]+)`\*? \| `", text, re.MULTILINE)
    assert len(ids) == 35
    assert set(ids) <= set(cues().layers)


def test_buyers_and_industries_are_known_ones() -> None:
    from dashboard.prices.shipped_listings import listed_offline

    industries = set(listed_offline()["industry"])
    for layer, own in cues().layers.items():
        assert set(own.users) <= set(cues().layers), layer
        assert set(own.industries) <= industries, layer


# --- faults of the file -----------------------------------------------------------------------


def test_a_word_claimed_by_two_layers_names_both_and_the_word() -> None:
    content = shipped()
    content["layers"]["psu"]["strong"].append("水 冷板")
    with pytest.raises(InputError, match=r"layers\.psu: '水 冷板' is cooling's own word too"):
        checked_cues(content)


@pytest.mark.parametrize("word", ["", "鈾", 7])
def test_a_word_that_is_none_names_its_layer(word: object) -> None:
    content = shipped()
    content["layers"]["grid"]["weak"].insert(0, word)
    with pytest.raises(InputError, match=r"cues\.toml: layers\.grid\.weak\.0: "):
        checked_cues(content)


def test_an_unknown_key_is_a_fault_and_a_layer_that_the_map_lacks_is_none() -> None:
    content = shipped()
    content["layers"]["quantum"] = {"strong": ["量子電腦"]}
    assert "quantum" in checked_cues(content).layers
    content["layers"]["quantum"]["stong"] = ["量子"]
    with pytest.raises(InputError, match=r"layers\.quantum\.stong"):
        checked_cues(content)


@pytest.mark.parametrize("content", [b"[layers", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "cues.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"^cues\.toml: the table of cues cannot be read"):
        read_cues(path)


# --- finding words -------------------------------------------------------------------------------


def found(text: str) -> list[tuple[str, str]]:
    matcher = Matcher(
        [
            ("散熱", "cooling", Role.STRONG),
            ("散熱膏", "cooling", Role.NOT),
            ("AI 伺服器", "server", Role.WEAK),
            ("伺服器電源", "psu", Role.STRONG),
            ("CPO", "optical", Role.STRONG),
            ("heat sink", "cooling", Role.STRONG),
            ("電源雙雄", "psu", Role.MAKER),
            ("機電四雄", "dc", Role.NOT),
            ("機電", "dc", Role.STRONG),
            ("四雄", "grid", Role.STRONG),
        ]
    )
    return [(one.owner, one.word) for one in matcher.find(squeezed(text).text)]


def test_width_case_script_and_spaces_beside_chinese_do_not_count() -> None:
    assert found("ＡＩ伺服器、AI  伺服器、AI服务器") == [("server", squeezed("AI 伺服器").text)] * 2
    assert found("cpo 與Cpo") == [("optical", "cpo")] * 2
    assert found("Heat  sinks") == [("cooling", "heat sink")]


def test_latin_words_match_whole() -> None:
    assert found("CPOX ACPO CPO2") == []
    assert found("CPOs") == [("optical", "cpo")]


def test_within_a_longer_word_its_parts_do_not_count() -> None:
    assert found("AI 伺服器電源") == [("server", squeezed("AI伺服器").text)]
    assert found("散熱膏") == []
    assert found("散熱膏與散熱") == [("cooling", squeezed("散熱").text)]


def test_a_denied_phrase_hides_only_its_own_layer() -> None:
    assert found("機電四雄") == [("grid", squeezed("四雄").text)]


def test_squeezed_positions_lead_back_to_the_text() -> None:
    text = "AI  伺服器 的 cold  plate"
    small = squeezed(text)
    assert small.text == squeezed("AI伺服器的").text + "cold plate"
    assert [text[at].lower() for at in small.positions[-11:-1]] == list("cold plate")
    assert all(small.at(old) == new for new, old in enumerate(small.positions))
