"""Names without a code: whole names, where words end, everyday words, persons and places."""

from __future__ import annotations

import pytest

from dashboard.proposals.models import How
from dashboard.supply_chain.models import Kind
from tests.unit.finding_world import finds, ids


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("台達電今天漲", "2308.TW"),
        ("長榮航今年獲利", "2618.TW"),
        ("長榮航空新航線", "2618.TW"),
        ("長榮海運運價", "2603.TW"),
        ("中華電信 5G", "2412.TW"),
        ("聯發科技發表", "2454.TW"),
        ("鴻海精密", "2317.TW"),
        ("廣達電腦", "2382.TW"),
        ("緯創資通", "3231.TW"),
        ("大立光電法說", "3008.TW"),
        ("日月光接單", "3711.TW"),
        ("統一超商門市", "2912.TW"),
        ("台灣大哥大資費", "3045.TW"),
        ("富邦金控", "2881.TW"),
        ("臺積電", "2330.TW"),
        ("鸿海集团", "2317.TW"),
        ("台 積 電", "2330.TW"),
        ("臻鼎KY", "4958.TW"),
        ("TSMC's fab", "2330.TW"),
        ("用AMD的板子", "AMD"),
        ("AMD也漲", "AMD"),
        ("群創新高", "3481.TW"),
        ("看好力成後市", "6239.TW"),
    ],
)
def test_a_name_and_its_full_forms(text: str, symbol: str) -> None:
    assert ids(text) == {symbol}


@pytest.mark.parametrize(
    "text",
    [
        "越南電子業", "新產品上市", "平台化策略", "能力成長", "強大立場", "關聯電路", "新技術亮相",
        "大華為業者", "通知嘉義", "可成為全球", "高品質", "RAMDISK", "中天新聞網", "工商時報",
        "【時報資訊】", "聯合新聞網", "世界盃", "統一發票", "大同小異", "國家統一", "創意發想",
        "精英教育", "佳能相機", "國泰人壽", "元大投信表示", "陽明山", "美超微今年", "全台大停電",
    ],
)  # fmt: skip
def test_a_part_of_something_else_is_no_company(text: str) -> None:
    assert ids(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "全國的電價", "上個世紀", "大量發債", "這是個創意", "全新的園區", "數字很漂亮",
        "巨大的內需", "地球暖化", "動力來自", "幸福感", "爭取冠軍", "新興市場", "國產豬肉",
        "互動有變化",
        "世界各地", "聯合朋友", "進階封裝", "太空梭發射", "大甲媽祖", "大甲今年遶境",
        "進階產能規劃", "光罩成本上升", "台南市長",
        "信義路五段", "鳳凰城新廠", "南亞與東協",
    ],
)  # fmt: skip
def test_everyday_words_alone_are_no_companies(text: str) -> None:
    assert ids(text) == set()


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("食品大廠統一的股價落後", {"1216.TW"}),
        ("創意電子獲利創高", {"3443.TW"}),
        ("外資點名創意，目標價調升", {"3443.TW"}),
        ("全國電子週年慶", {"6281.TW"}),
        ("國賓飯店", {"2704.TW"}),
        ("信義房屋", {"9940.TW"}),
        ("南港輪胎", {"2101.TW"}),
        ("所羅門股價漲停", {"2359.TW"}),
        ("穩懋、全新、宏捷科", {"3105.TWO", "2455.TW", "8086.TWO"}),
        ("自行車雙雄巨大、美利達", {"9921.TW", "9914.TW"}),
        ("AES-KY 電池模組", {"6781.TW"}),
    ],
)
def test_an_everyday_word_in_the_company_of_companies(text: str, symbols: set[str]) -> None:
    assert ids(text) == symbols


def test_an_everyday_word_counts_where_its_code_stands_elsewhere() -> None:
    (found,) = finds("佳能（2374）做鏡頭", "至於佳能，量還小").companies
    assert found.lines == (1, 2)
    assert found.mentions[1].how is How.CONTEXT


def test_the_commonest_words_need_more_than_their_code_elsewhere() -> None:
    (found,) = finds("鑽孔機由大量（3167）供應", "大量資金湧進").companies
    assert found.lines == (1,)


@pytest.mark.parametrize("text", ["董事長陳泰銘表示", "記者陳信義／台北報導", "林信義指出"])
def test_persons_are_no_companies(text: str) -> None:
    assert ids(text) == set()


def test_the_map_s_name_comes_before_the_list_s() -> None:
    assert ids("三星今年擴產") == {"005930.KS"}
    assert ids("三星（5007）螺帽") == {"5007.TW"}


def test_longest_name_wins() -> None:
    (found,) = finds("美國國防部採購").companies
    assert found.mentions[0].written == "美國國防部"


def test_a_header_s_list_names_companies() -> None:
    told = finds("---", 'related_companies: ["tsmc", "nvidia"]', "---")
    assert {one.identity.id for one in told.companies} == {"tsmc", "nvidia"}


def test_a_company_is_core_if_any_mention_is() -> None:
    told = finds("緯創接單", "廣達接單", "緯創出貨", digest=((2, 3),))
    assert {one.identity.symbol: one.kind for one in told.companies} == {
        "3231.TW": Kind.CORE,
        "2382.TW": Kind.DIGEST,
    }


def test_new_companies_are_named_as_they_are_written() -> None:
    (found,) = finds("核能新創 Oklo ( OKLO )").companies
    assert (found.identity.id, found.identity.name.zh, found.identity.key) == ("OKLO", "Oklo", None)


def test_a_name_that_a_ticker_made_known_is_found_again() -> None:
    (found,) = finds("核能新創 Oklo( OKLO ) 掛牌", "近期 Oklo 與人合作").companies
    assert found.lines == (1, 2)


def test_a_state_body_without_its_country_is_of_the_country_spoken_of() -> None:
    assert ids("美國的製造業需要訂單，國防部每年簽約") == {"us-defense-department"}
    assert ids("台灣的無人機由國防部採購") == set()
