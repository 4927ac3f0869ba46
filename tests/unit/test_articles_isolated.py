"""Whatever a page or a PDF does to the process that reads it, one sentence is left."""

from __future__ import annotations

import json

import pytest

from dashboard.articles import isolated
from dashboard.articles.isolated import FAULTS, Extracted, Refused, extract

PAGE = "<html><body><p>台積電（2330）今日上漲三元，法人看好後市，成交量同步放大。</p></body></html>"


def fault_of(form: isolated.Form, content: bytes, **limits: float) -> str:
    with pytest.raises(Refused) as raised:
        extract(form, content, **limits)  # type: ignore[arg-type]
    return raised.value.fault


def test_a_page_comes_back_as_data() -> None:
    made = extract("html", PAGE.encode())
    assert isinstance(made, Extracted)
    assert made.lines == ("台積電（2330）今日上漲三元，法人看好後市，成交量同步放大。",)
    assert made.article == 1


def test_the_time_is_bounded() -> None:
    assert fault_of("html", PAGE.encode(), seconds=0.05) == "time"


def test_the_memory_is_bounded() -> None:
    # Python starts in so much; what reads the page does not.
    assert fault_of("html", PAGE.encode(), memory=64 * 2**20) in ("memory", "broken")


def test_a_child_that_dies_is_a_damaged_file() -> None:
    assert fault_of("pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20) == "broken"


def test_an_answer_cut_short_or_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = json.dumps({"lines": ["甲"], "article": 1}).encode()
    assert isolated._answer(whole) == Extracted(("甲",), 1)
    with pytest.raises(Refused, match="broken"):
        isolated._answer(whole[:-5])
    monkeypatch.setattr(isolated, "MAX_ANSWER", 10)
    with pytest.raises(Refused, match="size"):
        isolated._answer(whole)


def test_the_child_learns_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run(command: object, **rest: object) -> object:
        seen.update(rest)
        raise OSError

    monkeypatch.setenv("SECRET_KEY_OF_A_SERVICE", "x")
    monkeypatch.setattr(isolated.subprocess, "run", run)
    assert fault_of("pdf", b"") == "memory"
    assert "SECRET_KEY_OF_A_SERVICE" not in seen["env"]


def test_every_fault_is_one_sentence_of_both_languages() -> None:
    for text in FAULTS.values():
        assert text.zh
        assert text.en
        assert "\n" not in text.zh + text.en
