"""Relations told by one sentence; each sentence is judged by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.proposals.models import Finds, Group, RelationProposal
from dashboard.proposals.patterns import MARK, patterns
from dashboard.proposals.relations import propose_relations
from dashboard.supply_chain.models import Relation, RelationKind, SupplyChain

from .proposal_input import article, finds

NAMES = {
    "a": ("甲電", "Alpha", "甲电"),
    "b": ("乙科", "Beta"),
    "c": ("丙光", "Gamma"),
    "d": ("丁鋼",),
    "gov": ("某國政府",),
}


def _propose(*lines: str, chain: SupplyChain | None = None) -> tuple[RelationProposal, ...]:
    read = article(*lines)
    found = finds(read, NAMES, states=["gov"])
    return propose_relations(read, found, chain or SupplyChain())


def _told(*lines: str) -> set[str]:
    return {f"{one.source} {one.kind} {one.target}" for one in _propose(*lines)}


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("甲電供貨給乙科。", "a supplier b"),
        ("甲電（1234）長期供應高階電源給美系大廠乙科（5678）。", "a supplier b"),
        ("甲電供應乙科 AI 伺服器電源。", "a supplier b"),
        ("甲電成功打入乙科供應鏈。", "a supplier b"),
        ("乙科新款機櫃採用甲電的電源。", "a supplier b"),
        ("甲電為乙科代工。", "a supplier b"),
        ("乙科由甲電代工。", "a supplier b"),
        ("甲電獲乙科採用。", "a supplier b"),
        ("甲電是乙科的連接器供應商。", "a supplier b"),
        ("乙科供應商甲電股價走高。", "a supplier b"),
        ("乙科供應鏈包括甲電。", "a supplier b"),
        ("乙科過去必須依賴甲電的伺服器。", "a supplier b"),
        ("Alpha supplies HBM memory to Beta.", "a supplier b"),
        ("Beta's main supplier Alpha rose.", "a supplier b"),
        ("Alpha makes chips for Beta.", "a supplier b"),
        ("甲電的客戶乙科下修展望。", "b customer a"),
        ("甲電主要客戶為乙科。", "b customer a"),
        ("乙科向甲電採購 10 萬顆晶片。", "b customer a"),
        ("甲電拿下乙科訂單。", "b customer a"),
        ("甲電全力備戰，承接乙科的龐大封裝訂單。", "b customer a"),
        ("Alpha won a large order from Beta.", "b customer a"),
        ("甲電與乙科合作開發電源。", "a partner b"),
        ("甲電宣布與 乙科 達成戰略聯盟。", "a partner b"),
        ("甲電攜手乙科搶攻商機。", "a partner b"),
        ("甲電、乙科宣布合資。", "a partner b"),
        ("Alpha partnered with Beta last week.", "a partner b"),
        ("Alpha and Beta have set up a venture abroad.", "a partner b"),
        ("甲電斥資 65 億元，收購乙科位於南科的廠房。", "a acquirer b"),
        ("乙科被甲電收購。", "a acquirer b"),
        ("甲電將合併乙科。", "a acquirer b"),
        ("Alpha acquired Beta in March.", "a acquirer b"),
        ("甲電入股乙科。", "a investor b"),
        ("甲電子公司乙科觸及跌停。", "a investor b"),
        ("甲電旗下的乙科參展。", "a investor b"),
        ("甲電取得乙科 12% 股權。", "a investor b"),
        ("Alpha invested in Beta.", "a investor b"),
        ("甲電與乙科競爭激烈。", "a competitor b"),
        ("甲電的競爭對手乙科降價。", "a competitor b"),
        ("Alpha, a rival of Beta, fell.", "a competitor b"),
        ("甲電交付曝光機設備給乙科。", "a equipment b"),
        ("乙科向甲電採購曝光機。", "a equipment b"),
        ("某國政府補助乙科。", "gov government_support b"),
        ("乙科獲得某國政府 36 億美元的補貼。", "gov government_support b"),
        ("乙科在某國政府的法案支持下擴產。", "gov government_support b"),
        ("某國政府投資乙科。", "gov government_support b"),
        ("甲电供货给乙科。", "a supplier b"),
    ],
)
def test_one_sentence_tells(sentence: str, told: str) -> None:
    assert _told(sentence) == {told}


@pytest.mark.parametrize(
    "sentence",
    [
        "甲電、乙科、丙光等都受惠。",
        "甲電與乙科今日同步上漲。",
        "甲電未與乙科合作。",
        "甲電否認收購乙科。",
        "甲電與乙科的合作破局。",
        "乙科被甲電收購的消息不實。",
        "甲電沒有打入乙科供應鏈。",
        "如果甲電與乙科合作，丙光就慘了。",
        "不知道甲電會不會收購乙科。",
        "甲電不再供貨給乙科。",
        "Alpha was not selected; Beta supplies nobody.",
        "甲電供應吃緊，乙科股價上漲。",
        "甲電合併營收創新高，乙科持平。",
        "甲電投資人聚焦乙科。",
        "甲電表示供貨順利。乙科則說需求不明。",
        "甲電、乙科等已經與全球多家公司建立合作關係。",
        "某國政府與乙科競爭。",
        "Alpha and Beta agreed that demand is strong.",
        "The biggest supplier of Alpha's rivals is unknown, unlike Beta.",
    ],
)
def test_tells_nothing(sentence: str) -> None:
    assert _told(sentence) == set()


def test_all_of_a_list_are_told() -> None:
    assert _told("甲電供貨給乙科、丙光。") == {"a supplier b", "a supplier c"}
    assert _told("甲電、乙科與丙光合作。") == {"a partner c", "b partner c"}
    assert _told("丙光依賴甲電或乙科的伺服器。") == {"a supplier c", "b supplier c"}


def test_who_is_ahead_of_a_rival_supplies_not_the_rival() -> None:
    assert _told("Alpha remains Beta's biggest HBM supplier, ahead of Gamma.") == {
        "a supplier b",
        "a competitor c",
    }
    assert _told("Some maker remains Beta's biggest HBM supplier, ahead of Gamma.") == set()
    assert _told("甲電是乙科與丙光的主要供應商。") == {"a supplier b", "a supplier c"}


def test_a_list_ends_at_the_clause() -> None:
    told = _told("甲電供貨給乙科，丙光則向丁鋼採購鋼材。")
    assert told == {"a supplier b", "c customer d"}


def test_never_with_itself() -> None:
    assert _told("甲電（Alpha）與甲電合作。") == set()


def test_other_names_of_one_company_stand_beside_it() -> None:
    assert _told("甲電（Alpha，又稱 Alpha）供貨給乙科。") == {"a supplier b"}


def test_the_subject_of_the_clause_before_acts() -> None:
    told = _told("甲電切入乙科供應鏈，第四季開始出貨給丙光。")
    assert told == {"a supplier b", "a supplier c"}


def test_the_paragraphs_subject_is_less_sure() -> None:
    own = _propose("甲電與乙科合作開發。")[0]
    inherited = _propose("甲電營運來到轉折點。展望未來，與主要客戶乙科合作開發。")
    assert {one.kind for one in inherited} == {RelationKind.CUSTOMER, RelationKind.PARTNER}
    assert all(one.confidence < own.confidence for one in inherited)
    assert all("段首" in one.reason.zh for one in inherited)
    assert _told("甲電與丙光受惠。展望未來，與主要客戶乙科合作開發。") == set()


def test_a_relation_stands_once_with_all_its_lines() -> None:
    told = _propose("甲電與乙科合作。", "別的事。", "乙科攜手甲電。")
    assert [(one.source, one.target, one.lines) for one in told] == [("a", "b", (1, 3))]


def test_lines_of_a_wrapped_paragraph() -> None:
    wrapped = ("據了解，甲電從去年第四季開始，已經", "出貨給北美的乙科，另外也送樣給別人。")
    told = _propose("標題", *wrapped)
    assert [(one.source, one.kind, one.target, one.lines) for one in told] == [
        ("a", RelationKind.SUPPLIER, "b", (2, 3))
    ]
    assert _propose("標題", wrapped[0] + "：", wrapped[1]) == ()


def test_hedged_is_less_sure() -> None:
    sure, hedged = _propose("甲電收購乙科。")[0], _propose("甲電有意收購乙科。")[0]
    assert hedged.confidence < sure.confidence
    assert "reserve" in hedged.reason.en


def test_a_headline_is_less_sure() -> None:
    read = article("甲電收購乙科。", "乙科入股丙光。", digest=((2, 2),))
    core, digest = propose_relations(read, finds(read, NAMES), SupplyChain())
    assert digest.confidence < core.confidence


def _chain(source: str, kind: RelationKind, target: str) -> SupplyChain:
    relation = Relation.model_construct(source=source, target=target, kind=kind, evidence=())
    return SupplyChain.model_construct(relations=(relation,), events=(), documents=())


@pytest.mark.parametrize(
    ("sentence", "known", "as_told"),
    [
        ("甲電供貨給乙科。", ("a", RelationKind.SUPPLIER, "b"), "a supplier b"),
        ("甲電供貨給乙科。", ("b", RelationKind.CUSTOMER, "a"), "b customer a"),
        ("乙科攜手甲電。", ("b", RelationKind.PARTNER, "a"), "a partner b"),
    ],
)
def test_confirms_what_the_map_has(
    sentence: str, known: tuple[str, RelationKind, str], as_told: str
) -> None:
    one = _propose(sentence, chain=_chain(*known))[0]
    assert one.group is Group.CONFIRMS
    assert f"{one.source} {one.kind} {one.target}" == as_told


def test_another_direction_is_new() -> None:
    one = _propose("甲電供貨給乙科。", chain=_chain("b", RelationKind.SUPPLIER, "a"))[0]
    assert one.group is Group.NEW_MEMBERSHIP


def test_the_cue_is_the_article_s_word() -> None:
    assert _propose("甲電供貨給乙科。")[0].cue == "供貨"
    assert _propose("甲电供货给乙科。")[0].cue == "供货"


def test_every_kind_has_patterns() -> None:
    assert {one.kind for one in patterns().relations} == set(RelationKind)


WORDS = sorted({word for one in patterns().relations for word in one.words})
PIECES = (
    "甲電",
    "乙科",
    "丙光",
    "某國政府",
    "與",
    "給",
    "的",
    "，",
    "。",
    "（",
    "）",
    "、",
    " ",
    MARK,
    "未",
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.sampled_from(WORDS), max_size=25).map("".join),
    st.text(max_size=30),
)
def test_any_text_gives_valid_relations(text: str, other: str) -> None:
    read = article(text, other)
    found: Finds = finds(read, NAMES, states=["gov"])
    for one in propose_relations(read, found, SupplyChain()):
        assert {one.source, one.target} <= set(found.by_id)
        assert one.source != one.target
        assert set(one.lines) <= {1, 2}
        assert 0 < one.confidence <= 1
        assert one.cue
        assert all(one.reason)
