"""Codes and tickers beside names, in every way they are printed."""

from __future__ import annotations

import pytest

from dashboard.proposals.models import How
from tests.unit.finding_world import finds, ids


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("設計服務的世芯-KY( 3661 )拿到新案", "3661.TW"),
        ("基板廠台光電（2383）擴產", "2383.TW"),
        ("2368 金像電 接單滿載", "2368.TW"),
        ("台積電(2330-TW)今開高", "2330.TW"),
        ("台積電(2330.TW)今開高", "2330.TW"),
        ("維持 2330 TT 買進", "2330.TW"),
        ("鴻海〔2317〕董座", "2317.TW"),
        ("鴻海【2317】董座", "2317.TW"),
        ("【2317】鴻海 法說心得", "2317.TW"),
        ("鴻海[2317]", "2317.TW"),
        ("鴻海-2317", "2317.TW"),
        ("2317鴻海", "2317.TW"),
        ("鴻海2317", "2317.TW"),
        ("(2317 鴻海)", "2317.TW"),
        ("代號2317的那家", "2317.TW"),
        ("股票代碼：2317", "2317.TW"),
        ("#2317 爆量", "2317.TW"),
        ("臺積電（２３３０）", "2330.TW"),
        ("大量（3167）鑽孔機", "3167.TW"),
        ("千興（2025）不鏽鋼", "2025.TW"),
        ("晶圓代工龍頭（2330）今天", "2330.TW"),
        ("智原科技股份有限公司（3035）公告", "3035.TW"),
    ],
)
def test_a_printed_code_of_the_home_market(text: str, symbol: str) -> None:
    assert ids(text) == {symbol}
    (found,) = finds(text).companies
    assert {one.how for one in found.mentions} == {How.CODE}


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("NVIDIA ( NVDA ) 財報", "NVDA"),
        ("$NVDA 盤後", "NVDA"),
        ("NVIDIA (NVDA-US)", "NVDA"),
        ("輝達(NASDAQ：NVDA)", "NVDA"),
        ("NVDA.O 收漲", "NVDA"),
        ("東京威力科創(8035-JP)", "8035.T"),
        ("東京威力科創（8035）", "8035.T"),
        ("Toyota (7203 JP)", "7203.T"),
        ("Samsung (005930.KS)", "005930.KS"),
        ("SK hynix (000660 KS)", "000660.KS"),
        ("SK海力士(KRX:000660)", "000660.KS"),
        ("小米(01810-HK)", "1810.HK"),
        ("工業富聯(601138-CN)", "601138.SS"),
        ("Vertiv（VRT）", "VRT"),
        ("CoreWeave ( CRWV )", "CRWV"),
        ("Oklo( OKLO )", "OKLO"),
        ("Uranium Energy ( UEC )", "UEC"),
        ("Apple (AAPL)", "AAPL"),
        ("蘋果（AAPL）", "AAPL"),
        ("美超微(SMCI-US)", "SMCI"),
        ("Eaton (NYSE: ETN)", "ETN"),
    ],
)
def test_a_printed_ticker_of_another_market(text: str, symbol: str) -> None:
    assert ids(text) == {symbol}


@pytest.mark.parametrize(
    "text", ["TSMC (NYSE: TSM)", "台積電ADR（TSM-US）", "台積電（2330）（TSM-US）", "TSM US 收漲"]
)
def test_another_listing_is_the_same_company(text: str) -> None:
    told = finds(text)
    assert [one.identity.id for one in told.companies] == ["tsmc"]
    assert not told.conflicts
    assert told.companies[0].mentions[0].code in {"TSM", "2330"}


def test_an_unknown_other_listing_is_the_named_company() -> None:
    assert ids("阿里巴巴（9988-HK）收高") == {"BABA"}


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("台積電、聯電（2330、2303）", {"2330.TW", "2303.TW"}),
        ("台積電（2330）、聯電（2303）", {"2330.TW", "2303.TW"}),
        ("三大伺服器廠（2382、3231、6669）", {"2382.TW", "3231.TW", "6669.TW"}),
        ("2330 | 台積電 | 1,080", {"2330.TW"}),
        ("台積電\t2330\t1080", {"2330.TW"}),
        ("| 台積電 | 2330 | 1080 |", {"2330.TW"}),
    ],
)
def test_lists_and_tables(text: str, symbols: set[str]) -> None:
    assert ids(text) == symbols


def test_a_bracket_on_the_next_line_belongs_to_the_name() -> None:
    (found,) = finds("這一次由台光電", "（2383）供應").companies
    assert (found.lines, found.mentions[0].code) == ((1,), "2383")


def test_a_name_broken_by_the_end_of_a_line_is_cited_where_it_begins() -> None:
    (found,) = finds("國內的晶圓代工龍頭台積", "電表示產能不足").companies
    assert (found.identity.id, found.lines) == ("tsmc", (1,))


@pytest.mark.parametrize(
    "text",
    [
        "加入世貿組織（2002）", "2025年營收成長", "2024-2026 年", "至 2030 年",
        "外資賣超 3576 億", "4580 億英鎊",
        "營收 NT$2330 億", "目標價 1300 元", "上看2000元", "23,000點", "指數 2330 點", "RTX 5090",
        "DDR5-6400", "天璣9500", "電話 02-2345-2330", "每股 2330 元", "成交 3231 張", "2330 美元",
        "ISO 9001", "800G 與 1.6T", "2,330",
    ],
)  # fmt: skip
def test_other_numbers_are_no_codes(text: str) -> None:
    assert ids(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "共同封裝光學( CPO )", "雲端服務供應商( CSP )", "管理晶片（BMC）", "電源( PSU )",
        "小型模組化反應爐（SMR）", "Small Modular Reactors (SMR)", "極紫外光（EUV）",
        "Total Cost of Ownership (TCO)", "國內生產毛額（GDP）年增", "高頻寬記憶體（HBM）股價",
        "印刷電路板（PCB）大漲", "初次公開發行（IPO）", "《 CHIPS 法案 》", "元大台灣50（0050）",
    ],
)  # fmt: skip
def test_other_capitals_are_no_tickers(text: str) -> None:
    assert ids(text) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("鴻海（2330）", "2330"),
        ("台光電(2388)", "2388"),
        ("某某科（2330）領漲", "2330"),
        ("緯穎（6696）", "6696"),
        ("輝達（2330）", "2330"),
    ],
)
def test_a_code_that_does_not_fit_is_a_conflict_and_maps_nobody(text: str, code: str) -> None:
    told = finds(text)
    assert not told.companies
    (conflict,) = told.conflicts
    assert (conflict.code, conflict.lines) == (code, (1,))
    assert conflict.why.zh
    assert conflict.why.en


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("聯華電子（2303）", "2303.TW"),
        ("世界先進（5347）", "5347.TWO"),
        ("南亞電路板（8046）", "8046.TW"),
        ("台塑石化(6505)", "6505.TW"),
        ("中國鋼鐵（2002）", "2002.TW"),
        ("Alchip (3661)", "3661.TW"),
    ],
)
def test_a_full_or_english_name_fits_its_code(text: str, symbol: str) -> None:
    assert ids(text) == {symbol}


def test_a_name_elsewhere_is_found_though_a_pair_conflicts() -> None:
    told = finds("誤植的緯穎（6696）", "緯穎今天下跌")
    assert [(one.identity.symbol, one.lines) for one in told.companies] == [("6669.TW", (2,))]
    assert [one.code for one in told.conflicts] == ["6696"]
