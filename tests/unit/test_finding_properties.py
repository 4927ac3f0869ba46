"""What holds for any text: positions, order, determinism, linear work."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.proposals.chinese import flattened, folded
from dashboard.proposals.models import Finds
from tests.unit.finding_world import finds

PIECES = [
    "台積電", "（2330）", "鴻海", "(2330)", "大量", "NVIDIA", " ( NVDA )", "創意", "、", "，",
    "\t", " ",
    "2368", "電", "的", "股價", "-KY", "世芯", "（", "）", "K", "İ", "①", "\u200b", "𠮷",
    "ＡＭＤ", "|",
    "TSM", "US", "2025年",
]  # fmt: skip
line = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(st.characters(exclude_characters="\n"), max_size=30),
)
lines = st.lists(line, max_size=6).map(tuple)


@given(lines)
@settings(max_examples=80, deadline=None)
def test_any_text_gives_sound_finds(text: tuple[str, ...]) -> None:
    told = finds(*text)
    assert told == finds(*text)
    assert len(told.by_id) == len(told.companies)
    firsts = [one.mentions[0] for one in told.companies]
    assert [(one.line, one.start) for one in firsts] == sorted(
        (one.line, one.start) for one in firsts
    )
    for company in told.companies:
        assert list(company.mentions) == sorted(set(company.mentions))
        for one in company.mentions:
            assert 0 <= one.start < one.end <= len(text[one.line - 1])
            assert 0 < one.confidence <= 1
            piece = "".join(text[one.line - 1][one.start : one.end].split())
            name = "".join(one.written.split())
            assert name in piece or name.startswith(piece)


@given(lines, lines)
@settings(max_examples=40, deadline=None)
def test_an_unrelated_line_before_shifts_numbers_only(
    text: tuple[str, ...], more: tuple[str, ...]
) -> None:
    assert _places(finds("", *text), 1) == _places(finds(*text), 0)


def _places(told: Finds, shift: int) -> list[tuple[str, int, int, int]]:
    return [
        (company.identity.id, one.line - shift, one.start, one.end)
        for company in told.companies
        for one in company.mentions
    ]


@given(st.text(max_size=80))
@settings(max_examples=150)
def test_folding_keeps_every_position(text: str) -> None:
    assert len(flattened(text)) == len(folded(text)) == len(text)


def test_a_very_long_line_finds_what_short_ones_do() -> None:
    sentence = "台積電（2330）擴產，鴻海接單，大量發債。"
    sentence += "這一段與股票無關。" * 6
    (foundry, assembler) = finds(sentence * 1500).companies
    assert len(foundry.mentions) == len(assembler.mentions) == 1500
    assert foundry.mentions[-1].end <= len(sentence) * 1500
