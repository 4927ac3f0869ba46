"""Which layer a sentence gives a company; the answers are those of a reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.proposals.cues import cues
from dashboard.proposals.layers import LEAST, propose_layers
from dashboard.proposals.weighing import MOST
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import SupplyChain
from tests.unit.found import INDUSTRIES, MAP, article, bare_chain, finds

BARE = bare_chain()
FULL = load_map(MAP).chain
NAMES = tuple(INDUSTRIES)


def first_layers(
    text: str, *names: str, chain: SupplyChain = BARE, digest_from: int | None = None, **keys: str
) -> dict[str, str]:
    """Company → its first layer; empty where there is none."""
    one = article(text, digest_from)
    proposed = propose_layers(one, finds(one, *names, keys=keys), chain)
    return {name: next((each.layer for each in layers), "") for name, layers in proposed.items()}


def layers_of(text: str, *names: str) -> dict[str, str]:
    return {name: layer for name, layer in first_layers(text, *names).items() if layer}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # beside the name, before and after it
        ("散熱廠奇鋐今天股價走揚。", {"奇鋐": "cooling"}),
        ("法人指出，PCB 大廠金像電(2368)稼動率回升。", {"金像電": "pcb"}),
        (
            "奇鋐、雙鴻與建準等散熱廠商同步上漲。",
            dict.fromkeys(("奇鋐", "雙鴻", "建準"), "cooling"),
        ),
        (
            "全球電源供應器領導廠商如台達電（2308）和光寶科（2301）都在擴產。",
            {"台達電": "psu", "光寶科": "psu"},
        ),
        ("信驊是伺服器遠端管理晶片龍頭。", {"信驊": "bmc"}),
        ("散熱族群：奇鋐、雙鴻、建準", {"奇鋐": "cooling", "雙鴻": "cooling", "建準": "cooling"}),
        ("水冷板由奇鋐供應，變壓器則由華城供應。", {"奇鋐": "cooling", "華城": "grid"}),
        ("Taiwanese cooling module maker 奇鋐 raised its outlook.", {"奇鋐": "cooling"}),
        ("華城, which makes transformers, has a long backlog.", {"華城": "grid"}),
        ("散热厂奇鋐扩产。", {"奇鋐": "cooling"}),
        ("電源方面，光寶科與台達電都已送樣。", {"光寶科": "psu", "台達電": "psu"}),
        ("奇鋐是廣達的水冷板主要供應商。", {"奇鋐": "cooling"}),
        # its own part of a list
        (
            "OSAT 龍頭日月光與 ASIC 廠世芯都在名單上。",
            {"日月光": "adv_pkg", "世芯": "asic"},
        ),
        (
            "3017 奇鋐 水冷板出貨放大。 2368 金像電 高層板訂單滿載。 1519 華城 變壓器外銷成長。",
            {"奇鋐": "cooling", "金像電": "pcb", "華城": "grid"},
        ),
        # who buys and who sells
        ("廣達採用奇鋐的水冷板。", {"奇鋐": "cooling"}),
        ("奇鋐的水冷板供貨給廣達。", {"奇鋐": "cooling"}),
        ("奇鋐供應廣達水冷板。", {"奇鋐": "cooling"}),
        ("奇鋐打入廣達的水冷板供應鏈。", {"奇鋐": "cooling"}),
        ("廣達向奇鋐採購水冷板。", {"奇鋐": "cooling"}),
        ("不同於廣達，奇鋐生產水冷板。", {"奇鋐": "cooling"}),
        ("弘塑的濕製程設備出貨給日月光。", {"弘塑": "semicap"}),
        ("台積電採購弘塑的濕製程設備。", {"弘塑": "semicap"}),
        # what a thing is for is not the thing
        ("奇鋐供應 AI 伺服器用水冷板。", {"奇鋐": "cooling"}),
        ("台達電的伺服器電源出貨暢旺。", {"台達電": "psu"}),
        # a name alone, and who only speaks
        ("外資今天買超奇鋐、廣達與台達電。", {}),
        ("元大證券看好散熱模組與水冷板，國泰金也看好 CCL。", {}),
        ("元大證券指出，散熱廠奇鋐訂單滿載。", {"奇鋐": "cooling"}),
        # who is served is not who serves
        ("奇鋐供應伺服器廠的是水冷板。", {"奇鋐": "cooling"}),
        ("奇鋐 sells cold plates to server makers.", {"奇鋐": "cooling"}),
        ("日月光 tests chips for AI chipmakers.", {"日月光": "adv_pkg"}),
        # a thing that is named after its use, or used somewhere
        ("金像電的記憶體模組板同步放量。", {"金像電": "pcb"}),
        ("大同的溫度感測器用在 CDU 內。", {"大同": "precision_sensing"}),
        # a place is not what is made there
        ("日本政府點頭後，台積電的 3 奈米在熊本廠量產。", {"台積電": "foundry"}),
        ("台積電 will make advanced chips in Kumamoto.", {"台積電": "foundry"}),
        # as the mainland says it
        ("弘塑的半导体设备交货。", {"弘塑": "semicap"}),
        ("大同的服务器电源量产。", {"大同": "psu"}),
        ("上銀的谐波减速器、伺服电机与滚珠丝杠。", {"上銀": "robot_joint"}),
        # in English
        ("信驊, whose server management controllers are everywhere, is booked.", {"信驊": "bmc"}),
        ("日月光 said wafer probers and sockets were scarce.", {"日月光": "adv_pkg"}),
        ("華城 won Taipower tenders for gas-insulated switchgear.", {"華城": "grid"}),
        ("上銀 makes ball screws and harmonic reducers.", {"上銀": "robot_joint"}),
        ("東台 ships five-axis machining centers.", {"東台": "machine_tool"}),
    ],
)
def test_a_sentence_gives_each_company_its_own_layer(text: str, expected: dict[str, str]) -> None:
    named = [name for name in NAMES if name in text]
    assert layers_of(text, *named) == expected


def test_a_heading_governs_the_lines_below_it_until_the_next() -> None:
    text = (
        "## 先進散熱解決方案\n奇鋐今年資本支出創高，法人上修獲利預估，看法正面。\n"
        "## 高瓦數電源供應器( PSU )\n光寶科今年營收可望逐季走高，外資也調升評等。\n"
        "## 其他\n東台目前在手訂單與去年相當，看不出明顯變化。"
    )
    assert layers_of(text, "奇鋐", "光寶科", "東台") == {"奇鋐": "cooling", "光寶科": "psu"}


def test_a_heading_that_names_a_company_speaks_for_the_lines_below() -> None:
    text = "### 1. 奇鋐（3017）\n水冷板與 CDU 出貨放量，第四季營運可望再上層樓，全年看增。"
    assert layers_of(text, "奇鋐") == {"奇鋐": "cooling"}


def test_a_row_of_a_table_gives_its_company_its_cells() -> None:
    text = (
        "| 公司 | 產品 | 客戶 |\n|---|---|---|\n"
        "| 奇鋐 | 水冷板 | 雲端業者 |\n| 華城 | 變壓器 | 台電 |\n| 上銀 | 滾珠螺桿 | 機器人廠 |"
    )
    expected = {"奇鋐": "cooling", "華城": "grid", "上銀": "robot_joint"}
    assert layers_of(text, "奇鋐", "華城", "上銀") == expected


def test_a_table_s_customers_get_no_layer_of_their_suppliers() -> None:
    text = (
        "| 供應商 | 產品 | 客戶 |\n|---|---|---|\n"
        "| 奇鋐 | 水冷板 | 廣達 |\n| 金像電 | 高層板 | 緯創 |"
    )
    expected = {"奇鋐": "cooling", "金像電": "pcb"}
    assert layers_of(text, "奇鋐", "金像電", "廣達", "緯創") == expected


def test_the_paragraph_goes_on_about_whom_it_spoke_of() -> None:
    text = "奇鋐公布第三季財報。營收年增三成。公司表示，水冷板將是明年主力。"
    assert layers_of(text, "奇鋐") == {"奇鋐": "cooling"}


def test_a_company_goes_on_with_the_one_before_where_the_article_says_so() -> None:
    said = "重電廠華城接單排到 2028 年，士電也同步擴產。"
    silent = "重電廠華城接單排到 2028 年。\n廣達今天下跌。"
    assert layers_of(said, "華城", "士電") == {"華城": "grid", "士電": "grid"}
    assert layers_of(silent, "華城", "廣達") == {"華城": "grid"}


def test_the_chain_s_industry_decides_where_words_do_not() -> None:
    text = "高階 PCB 供應鏈大量、金像電同步受惠。"
    assert layers_of(text, "大量", "金像電") == {"大量": "pcb_equipment", "金像電": "pcb"}


def test_own_words_go_before_the_title_and_the_title_alone_tells_nothing() -> None:
    text = (
        "液冷散熱族群的下一步\n\n華城的變壓器排到 2029 年，美國客戶仍在加單，交期拉得很長。\n"
        "奇鋐今天開法說會，會中談到匯率與股利政策，其餘沒有多說。"
    )
    assert layers_of(text, "華城", "奇鋐") == {"華城": "grid"}


def test_the_next_line_is_not_about_the_company_of_the_one_before() -> None:
    text = (
        "Market news of the day\n\nA (SMCI) cut its guidance.\n"
        "T-glass, PCB and substrate shortage persists."
    )
    assert layers_of(text, "A") == {}


def test_a_table_s_customers_are_confirmed_by_nothing() -> None:
    text = "| 公司 | 產品 | 客戶 |\n|---|---|---|\n| 奇鋐 | 水冷板 | 輝達 |"
    found = first_layers(text, "輝達", chain=FULL, 輝達="nvidia")
    assert set(found.values()) == {""}


def test_the_title_of_a_list_governs_its_items() -> None:
    text = "光通訊三檔\n1. 雙鴻（3324）\n2. 建準（2421）\n其他消息：聯發科股價上漲，外資買超。"
    expected = {"雙鴻": "optical_cpo", "建準": "optical_cpo"}
    assert layers_of(text, "雙鴻", "建準", "聯發科") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # trades without a layer take none of a heading's
        (
            "## 晶圓代工雙雄\n矽晶圓方面，大同得州廠出貨，聯電沒有公布數字。",
            {"聯電": "foundry"},
        ),
        ("## 光通訊\n大同（2345）生產交換器，今年營收可望逐季走高，法人也上修獲利預估。", {}),
        # turned away at the end of the clause
        (
            "## 電源供應器\n雙鴻還停在工業電腦，跟這波沒什麼關係，股價表現也就普普通通，沒有亮點。",
            {},
        ),
        (
            "## 水冷板\n奇鋐交貨順利，第四季營收可望再創新高。雙鴻則還沒打入，只能看著別人交貨。",
            {"奇鋐": "cooling"},
        ),
        # the one before is not the one beside
        ("台達電是 AI 電源供應器龍頭。Vertiv 與施耐德也在市場上。", {"台達電": "psu"}),
        # hyphens, and who is supplied downstream
        ("奇鋐 and 雙鴻 expand cold-plate output.", {"奇鋐": "cooling", "雙鴻": "cooling"}),
        ("PCB 下游客戶包括金像電、欣興。", {"金像電": "pcb", "欣興": "pcb"}),
        ("散熱模組客戶包括廣達、緯創。", {}),
        ("銅箔下游客戶包括金像電。", {}),
        ("HVLP4 銅箔由大同供應。", {"大同": "copper_foil"}),
        # a word that holds 供應 supplies nobody
        ("大同的電源供應器交貨。", {"大同": "psu"}),
    ],
)
def test_a_layer_needs_words_of_the_company_s_own(text: str, expected: dict[str, str]) -> None:
    named = [name for name in (*NAMES, "Vertiv", "施耐德", "聯電") if name in text]
    assert layers_of(text, *named) == expected


def test_each_line_of_a_post_stands_for_itself_under_its_title() -> None:
    text = (
        "標題 [請益] 光通訊現在上車會不會太晚\n時間 Sun Aug 30\n\n"
        "雙鴻 3324 高芯數跳線 毛利率高\n建準 2421 被動元件 股價漲很多\n"
        "聯發科 2454 補漲 還在觀望"
    )
    expected = dict.fromkeys(("雙鴻", "建準", "聯發科"), "optical_cpo")
    assert layers_of(text, *expected) == expected


def test_lines_of_a_column_go_on_into_each_other() -> None:
    text = (
        "關節：減速機先行\n上銀（2049）自製諧波減速機\n本季送樣兩家北美整機廠，建\n"
        "準（2421）則供應無框馬達與\n驅動器，兩家同在台中。東台\n（4526）走五軸加工中心路線\n還在驗證。"
    )
    one = article(text)
    proposed = propose_layers(one, finds(one, "上銀", "東台"), BARE)
    assert proposed["上銀"][0].layer == "robot_joint"
    assert proposed["東台"][0].layer == "machine_tool"
    assert 6 in proposed["東台"][0].lines


def test_a_leading_sentence_speaks_for_the_companies_after_it() -> None:
    text = "設備業者最先受惠。弘塑與大同在消息公布後分別上漲 4.1% 與 3.3%。"
    assert layers_of(text, "弘塑", "大同")["弘塑"] == "semicap"


# --- the present map ---------------------------------------------------------------------------


def test_a_weak_word_is_enough_for_a_layer_that_the_map_has() -> None:
    text = "廣達今天公布，新機櫃已小量生產。"
    assert first_layers(text, "廣達")["廣達"] == ""
    assert first_layers(text, "廣達", chain=FULL, 廣達="quanta")["quanta"] == "server_odm"


def test_a_company_of_the_map_that_is_only_named_gets_nothing() -> None:
    text = "大盤收黑，台積電、廣達與台達電領跌。"
    keys = {"台積電": "tsmc", "廣達": "quanta", "台達電": "delta"}
    assert set(first_layers(text, *keys, chain=FULL, **keys).values()) == {""}


def test_what_a_company_of_the_map_only_buys_is_not_its_layer() -> None:
    text = "廣達談到 GB300 機櫃出貨時說，水冷板與快接頭的供應是關鍵。"
    assert first_layers(text, "廣達", chain=FULL, 廣達="quanta")["quanta"] == "server_odm"


def test_a_company_of_the_map_beside_the_chain_s_words_keeps_its_first_layer() -> None:
    keys = {"台積電": "tsmc", "廣達": "quanta"}
    said = "大家都認識台積電。少有人知道伺服器裡的基板管理控制器。"
    moved = "大盤收黑，台積電領跌。基板管理控制器族群逆勢。"
    assert first_layers(said, "台積電", chain=FULL, **keys)["tsmc"] == "foundry"
    assert first_layers(moved, "台積電", chain=FULL, **keys)["tsmc"] == ""


def test_a_new_layer_of_a_company_of_the_map_is_proposed_beside() -> None:
    text = "電源供應器龍頭台達電（2308）今年也成為 CDU 大廠，液冷占營收一成。"
    one = article(text)
    proposed = propose_layers(one, finds(one, "台達電", keys={"台達電": "delta"}), FULL)["delta"]
    assert [each.layer for each in proposed] == ["psu", "cooling"]
    assert "地圖" in proposed[0].reason.zh
    assert "地圖" not in proposed[1].reason.zh


def test_a_layer_that_the_map_does_not_have_is_not_proposed() -> None:
    layers = tuple(each for each in BARE.layers if each.id != "cooling")
    chain = SupplyChain(stages=BARE.stages, layers=layers)
    assert first_layers("散熱廠奇鋐", "奇鋐", chain=chain) == {"奇鋐": ""}


# --- lines, words, digest ------------------------------------------------------------------


def test_lines_and_words_are_those_of_the_article() -> None:
    one = article("今天盤勢震盪。\n散 熱 廠奇鋐（3017）擴產。\n其水冷板已通過驗證。")
    (proposal,) = propose_layers(one, finds(one, "奇鋐"), BARE)["奇鋐"]
    assert (proposal.layer, proposal.cue, proposal.lines) == ("cooling", "散 熱 廠", (2, 3))
    assert "散 熱 廠" in proposal.reason.zh
    assert "散 熱 廠" in proposal.reason.en
    assert proposal.confidence > 0.9


def test_digest_lines_count_for_themselves_only() -> None:
    text = (
        "電源廠台達電擴產，前景看好。\n其他人也在看\n散熱廠奇鋐飆漲\n"
        "水冷板夯 台達電漲停\n電源供應器大廠台達電走高"
    )
    one = article(text, digest_from=2)
    proposed = propose_layers(one, finds(one, "台達電", "奇鋐"), BARE)
    assert [(x.layer, x.lines) for x in proposed["奇鋐"]] == [("cooling", (3,))]
    assert (proposed["台達電"][0].layer, proposed["台達電"][0].lines) == ("psu", (1,))
    assert [(x.layer, x.lines) for x in proposed["台達電"][1:]] == [("cooling", (4,))]


def test_confidence_grows_with_nearness() -> None:
    texts = (
        "散熱廠奇鋐。",
        "奇鋐今年在水冷板著墨很深。",
        "奇鋐今年表現不錯，水冷板著墨很深。",
        "奇鋐今年表現不錯。水冷板著墨很深。",
    )
    found = []
    for text in texts:
        one = article(text)
        found.append(propose_layers(one, finds(one, "奇鋐"), BARE)["奇鋐"][0].confidence)
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


PIECES = (
    *NAMES, *[word for one in cues().layers.values() for word in one.strong[:2]],
    "，", "。", "、", "\n", "|", "\t", " ", "## ", "與", "採用", "供應", "客戶", "等", "的", "：",
    "是",
    "(2330)", "不", "也", ",", ".", "1,234", "該公司",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=60), st.integers(1, 9))
def test_any_text_gives_sound_proposals(pieces: list[str], digest_from: int) -> None:
    text = "".join(pieces).replace("\r", " ")
    count = text.count("\n") + 1
    one = article(text, digest_from if digest_from <= count else None)
    seen = finds(one, *[name for name in NAMES if name in text])
    for chain in (BARE, FULL):
        proposed = propose_layers(one, seen, chain)
        assert proposed == propose_layers(one, seen, chain)
        assert set(proposed) == set(seen.by_id)
        for layers in proposed.values():
            assert {each.layer for each in layers} <= set(chain.layer_by_id)
            assert len({each.layer for each in layers}) == len(layers)
            for each in layers:
                assert LEAST <= each.confidence <= MOST
                assert each.lines
                assert all(1 <= line <= count for line in each.lines)
                assert each.cue
                assert any(each.cue in line for line in one.lines)
