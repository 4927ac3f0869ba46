"""How a sentence speaks of a company; the answers are those of a reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.proposals.models import StanceProposal
from dashboard.proposals.stance import propose_stances
from dashboard.supply_chain.models import Stance
from tests.unit.found import INDUSTRIES, article, bare_chain, finds

BARE = bare_chain()
NAMES = tuple(INDUSTRIES)
UP, DOWN = Stance.BENEFICIARY, Stance.AT_RISK
BOTH, NONE = Stance.DISPUTED, Stance.NEUTRAL


def stances(text: str, *names: str, digest_from: int | None = None) -> dict[str, StanceProposal]:
    one = article(text, digest_from)
    return propose_stances(one, finds(one, *names), BARE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("奇鋐受惠液冷滲透率提升，營收創新高。", {"奇鋐": UP}),
        ("法人看好華城訂單湧入。", {"華城": UP}),
        ("世芯遭美系客戶砍單，明年獲利下修。", {"世芯": DOWN}),
        ("外資調降聯發科目標價。", {"聯發科": DOWN}),
        ("廣達今天召開股東會。", {"廣達": NONE}),
        # turned round
        ("聯發科這次不會受惠。", {"聯發科": NONE}),
        ("奇鋐未受衝擊。", {"奇鋐": UP}),
        ("關稅對廣達的衝擊有限。", {"廣達": UP}),
        ("華城利空出盡。", {"華城": UP}),
        ("上銀擺脫衰退。", {"上銀": UP}),
        ("东台摆脱亏损。", {}),
        # who wins and who loses
        ("雙鴻搶下奇鋐的訂單。", {"雙鴻": UP, "奇鋐": DOWN}),
        ("建準輸給奇鋐。", {"建準": DOWN, "奇鋐": UP}),
        ("欣興擊敗台光電取得獨家供應。", {"欣興": UP, "台光電": DOWN}),
        ("建準的訂單遭雙鴻搶走。", {"建準": DOWN, "雙鴻": UP}),
        ("奇鋐搶下輝達訂單。", {"奇鋐": UP, "輝達": NONE}),
        ("元大證券看好奇鋐。", {"奇鋐": UP, "元大證券": NONE}),
        ("世芯失去廣達訂單。", {"世芯": DOWN, "廣達": NONE}),
        ("奇鋐訂單滿載，光寶科則遭砍單。", {"奇鋐": UP, "光寶科": DOWN}),
        ("A lost orders to 奇鋐.", {"奇鋐": UP}),
        # who merely does not gain, waits, or makes what is scarce
        ("台光電短期不受惠。", {"台光電": NONE}),
        ("光寶科生產電源供應器，市場觀望。", {"光寶科": NONE}),
        ("T-glass is in shortage, and 台光電 leads the market.", {"台光電": NONE}),
        ("玻纖布缺料，Low Dk 玻纖布由台光電主導。", {"台光電": NONE}),
        # a doubt about what somebody else does
        ("奇鋐因廣達擴產雜音，股價下跌 4.2%。", {"奇鋐": DOWN}),
        ("奇鋐擺脫衰退疑慮。", {"奇鋐": UP}),
        ("法人對光寶科看法偏多。", {"光寶科": UP}),
        # both, clearly
        ("奇鋐水冷板訂單湧入。不過奇鋐因關稅衝擊，毛利率下滑。", {"奇鋐": BOTH}),
        # in English
        ("華城 posted record profit on strong orders.", {"華城": UP}),
        ("上銀 was downgraded as orders slumped.", {"上銀": DOWN}),
        ("雙鴻 took orders from 奇鋐.", {"雙鴻": UP, "奇鋐": DOWN}),
        ("上銀 is fully booked through March.", {"上銀": UP}),
        ("世芯 lost a project at 廣達 to a rival.", {"世芯": DOWN, "廣達": NONE}),
        # ordinary description
        ("廣達供應伺服器，去年設廠並開始出貨。", {"廣達": NONE}),
        ("華城 supplies transformers and ships to the US.", {"華城": NONE}),
        # what others gain or lose
        ("台積電與聯發科合作的平台毛利率跌破三成。", {"台積電": DOWN, "聯發科": NONE}),
        ("金像電受銅價上漲侵蝕毛利。", {"金像電": DOWN}),
        ("華城做變壓器，士電做開關。這兩家誰也不缺單。", {"華城": UP, "士電": UP}),
        # of its own clause only
        ("台積電將供應鏈漲價壓力轉嫁，弘塑接獲大單。", {"弘塑": UP}),
    ],
)
def test_a_sentence_speaks_of_each_company_in_its_way(
    text: str, expected: dict[str, Stance]
) -> None:
    found = stances(text, *[name for name in (*NAMES, "輝達") if name in text])
    assert {name: found[name].stance for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "stance", "cue"),
    [
        ("台光電短期不受惠。", NONE, "不受惠"),
        ("台光電未能打入供應鏈。", DOWN, "未能打入供應鏈"),
        ("台光電還沒打入供應鏈。", DOWN, "還沒打入供應鏈"),
        ("台光電擴產雜音不斷。", DOWN, "擴產雜音"),
        ("關稅對台光電的衝擊有限。", UP, "衝擊有限"),
    ],
)
def test_what_turns_a_word_round_is_part_of_the_cue(text: str, stance: Stance, cue: str) -> None:
    found = stances(text, "台光電")["台光電"]
    assert (found.stance, found.cue, found.lines) == (stance, cue, (1,))


def test_what_tells_is_named_with_its_line() -> None:
    found = stances("盤後消息。\n奇鋐受惠液冷。", "奇鋐")["奇鋐"]
    assert (found.cue, found.lines) == ("受惠", (2,))
    assert "受惠" in found.reason.zh
    assert "受惠" in found.reason.en
    assert found.confidence > 0.4


def test_nothing_told_is_neutral_without_a_word() -> None:
    found = stances("廣達在林口設有總部。", "廣達")["廣達"]
    assert (found.stance, found.cue) == (NONE, "")


def test_digest_lines_do_not_speak_of_a_company_of_the_article() -> None:
    text = "奇鋐營收創新高。\n其他人也在看\n奇鋐、雙鴻暴跌"
    found = stances(text, "奇鋐", "雙鴻", digest_from=2)
    assert found["奇鋐"].stance is UP
    assert found["雙鴻"].stance is DOWN


PIECES = (
    *NAMES, "受惠", "衝擊", "不", "未受", "有限", "出盡", "搶下", "訂單", "輸給", "看好", "砍單",
    "，", "。", "、", "\n", "|", " ", "的", "beats", "not", "hurt", "(3017)",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=60), st.integers(1, 9))
def test_any_text_gives_sound_stances(pieces: list[str], digest_from: int) -> None:
    text = "".join(pieces).replace("\r", " ")
    count = text.count("\n") + 1
    one = article(text, digest_from if digest_from <= count else None)
    seen = finds(one, *[name for name in NAMES if name in text])
    found = propose_stances(one, seen, BARE)
    assert set(found) == set(seen.by_id)
    assert found == propose_stances(one, seen, BARE)
    for each in found.values():
        assert 0 <= each.confidence <= 1
        assert each.lines
        assert all(1 <= line <= count for line in each.lines)
        assert bool(each.cue) == (each.stance is not NONE)
        assert any(each.cue in line for line in one.lines)
