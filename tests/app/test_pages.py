"""Every page in both languages in every state of the data: whole, translated, honest."""

from __future__ import annotations

import re

import pytest

from dashboard.analytics.metrics import METRICS
from dashboard.i18n import LANGUAGES, Language, translate
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from tests.app.screen import HAN, PLACEHOLDER, Screen, as_read, raw_keys
from tests.app.states import MAP, State

PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "heatmap": ("", {}),
    "with drivers": ("", {"market": "all"}),
    "layer": ("", {"layer": "cooling"}),
    "layer of foreign members": ("", {"layer": "gpu"}),
    "layer without stocks": ("", {"layer": "ai_lab"}),
    "Taiwanese company": ("", {"code": "2330.TW"}),
    "US company": ("", {"code": "NVDA"}),
    "private company": ("", {"code": "openai"}),
    "delisted company": ("", {"code": "toshiba"}),
    "state body": ("", {"code": "us-government"}),
    "unknown company": ("", {"code": "9999.TW"}),
    "unknown layer": ("", {"layer": "nothing"}),
    "screener": ("screener", {"q": "return_1m > 0% and layer in (cooling, psu)"}),
    "data": ("data", {}),
    "method": ("method", {}),
}
STATES = ("simulated", "real", "partial", "stale", "half_faulty")
NOT_A_NUMBER = re.compile(r"\b(?:nan|NaN|NaT|inf)\b|^None$", re.MULTILINE)


@pytest.fixture(scope="module")
def chain() -> SupplyChain:
    return load_map(MAP).chain


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


def translated(screen: Screen, chain: SupplyChain) -> list[str]:
    """Lines of an English screen that still hold Chinese, proper names left out."""
    names = {document.publisher.en for document in chain.documents} | {"中文"}
    for company in chain.companies:
        names |= {company.name.zh, *company.aliases}
    found = screen.text
    for name in sorted(names, key=len, reverse=True):
        found = found.replace(name, "")
    return [line for line in found.split("\n") if HAN.search(line)]


def sound(screen: Screen, state: State, language: Language, chain: SupplyChain) -> None:
    """What holds of every page."""
    assert screen.failures == []
    text = screen.text
    assert raw_keys(text) == []
    assert PLACEHOLDER.findall(text) == []
    assert NOT_A_NUMBER.findall(text) == []
    assert translate("app.no_advice", language) in text
    assert (translate("app.simulated", language) in text) == state.simulated
    mark = translate("app.watermark", language)
    for chart in screen.charts:
        annotations = chart["layout"]["template"]["layout"].get("annotations", [])
        assert (mark in [one["text"] for one in annotations]) == state.simulated
    if language == "en":
        assert translated(screen, chain) == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("state", STATES, indirect=True)
def test_page(state: State, language: Language, page: str, chain: SupplyChain) -> None:
    view, query = PAGES[page]
    sound(Screen(view, lang=language, **query), state, language, chain)


@pytest.mark.parametrize("layer", [one.id for one in load_map(MAP).chain.layers])
@pytest.mark.parametrize("state", ["simulated"], indirect=True)
def test_every_layer(state: State, layer: str, chain: SupplyChain) -> None:
    number = [one.id for one in chain.layers].index(layer)
    language = LANGUAGES[number % 2]
    screen = Screen(layer=layer, lang=language)
    sound(screen, state, language, chain)
    own = chain.layer_by_id[layer]
    assert as_read(screen.app.title[0].value) == own.name.get(language)
    assert own.definition.get(language) in screen.text
    for company in chain.companies:
        for membership in company.memberships:
            if membership.layer != layer:
                continue
            for evidence in membership.evidence:
                assert evidence.claim.get(language) in screen.text
                document = chain.document_by_id[evidence.document]
                cited = rf"{re.escape(evidence.claim.get(language))}.*\n.*"
                cited += rf"{re.escape(document.title.get(language))}.*{evidence.line_text}"
                assert re.search(cited, screen.text), evidence


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"code": "9999.TW"}, ("company.unknown", {"code": "9999.TW"})),
        ({"layer": "nothing"}, ("layer.unknown", {"id": "nothing"})),
    ],
)
def test_unknown_things_are_named(
    state: State, language: Language, query: dict[str, str], sentence: tuple[str, dict[str, str]]
) -> None:
    key, values = sentence
    screen = Screen(lang=language, **query)
    (error,) = screen.app.error
    assert error.value.replace("\\", "") == translate(key, language, **values)
    assert translate("links.heatmap", language) in screen.links()


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
@pytest.mark.parametrize(
    ("code", "status"), [("openai", "private"), ("toshiba", "delisted"), ("us-government", "state")]
)
def test_what_cannot_be_bought_says_so(
    state: State, language: Language, code: str, status: str
) -> None:
    screen = Screen(lang=language, code=code)
    assert translate(f"company.status_{status}", language) in screen.text
    assert not screen.charts


@pytest.mark.parametrize("state", ["damaged"], indirect=True)
@pytest.mark.parametrize("page", ["heatmap", "layer", "Taiwanese company", "data", "method"])
def test_a_damaged_store_is_one_sentence(state: State, language: Language, page: str) -> None:
    view, query = PAGES[page]
    screen = Screen(view, lang=language, **query)
    assert screen.failures == []
    (sentence,) = [one.value for one in screen.app.error]
    assert str(state.data_dir) in sentence
    assert "Traceback" not in screen.text


@pytest.mark.parametrize("state", ["half_faulty"], indirect=True)
def test_faults_of_the_map_are_shown(state: State, language: Language) -> None:
    text = Screen(lang=language).text
    assert re.search(r"tickers\.yaml:\d+: ", text)
    assert "coolnig" in text


@pytest.mark.parametrize("state", ["faulty"], indirect=True)
@pytest.mark.parametrize("page", ["heatmap", "layer", "Taiwanese company", "data", "method"])
def test_an_unreadable_map_is_one_sentence(state: State, language: Language, page: str) -> None:
    view, query = PAGES[page]
    screen = Screen(view, lang=language, **query)
    assert screen.failures == []
    (sentence,) = [one.value for one in screen.app.error]
    assert re.search(r"tickers\.yaml:\d+: ", sentence)
    assert translate("app.map_faults", language, n=1) not in screen.text
    assert not screen.app.button


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
@pytest.mark.parametrize("parameter", ["layer", "code"])
def test_the_address_is_never_markup(state: State, parameter: str) -> None:
    screen = Screen(lang="en", **{parameter: "![x](https://evil.example/p.png) **b** " + "y" * 99})
    (error,) = screen.app.error
    assert not re.search(r"(?<!\\)\]\(", error.value)
    assert "**" not in error.value.replace("\\*", "")
    assert len(error.value) < 250


@pytest.mark.parametrize("state", ["simulated"], indirect=True)
def test_every_definition_and_document_can_be_read_whole(
    state: State, language: Language, chain: SupplyChain
) -> None:
    screen = Screen("method", lang=language)
    metrics, documents = (one.value for one in screen.app.table)
    key, formula = translate("method.key", language), translate("method.formula", language)
    assert dict(zip(metrics[key], metrics[formula], strict=True)) == {
        one.key: one.formula.get(language) for one in METRICS.values()
    }
    assert documents[key].tolist() == [one.id for one in chain.documents]
