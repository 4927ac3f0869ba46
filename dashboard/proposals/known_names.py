"""Names that no rule can make of the exchanges' short ones: full names, second listings.

The exchanges' list holds short names only. Most full names follow from them (台光電子 from
台光電); these do not, and the press uses them as often as the short ones.
"""

from __future__ import annotations

from typing import Final

FULL_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "1101": ("台灣水泥",), "1102": ("亞洲水泥",), "1301": ("台灣塑膠",), "1303": ("南亞塑膠",),
    "1314": ("中國石油化學",), "1326": ("台灣化學纖維", "台灣化纖"), "1402": ("遠東新世紀",),
    "1503": ("士林電機",), "1605": ("華新麗華",), "1727": ("中華化學",),
    "2002": ("中國鋼鐵",), "2207": ("和泰汽車",), "2227": ("裕隆日產",), "2303": ("聯華電子",),
    "2330": ("台灣積體電路",), "2449": ("京元電",), "2515": ("中華工程",), "2610": ("中華航空",),
    "2633": ("台灣高速鐵路",), "2801": ("彰化銀行", "彰化商業銀行"),
    "2834": ("台灣企銀", "台灣中小企業銀行"), "4939": ("亞洲電材",), "5347": ("世界先進",),
    "5483": ("中美矽晶",), "6005": ("群益金鼎證券",),
    "6442": ("光紅建聖",), "6505": ("台塑石化",), "6770": ("力晶積成",), "8046": ("南亞電路板",),
    "9921": ("捷安特",),
}  # fmt: skip
"""Code of the home market → full or other names of the press."""

GOES_ON: Final = (
    "製程|國家|水準|水平|技術|經濟|地位|行列|之列|封裝|晶片|設備|業|產業|供應鏈|廠商|廠|公司們|市場|協會|人才|研究|股|族群"
)
"""After a full name that is a phrase of dictionary words too: then it is the phrase."""

OTHER_LISTINGS: Final[dict[str, str]] = {
    "TSM": "2330", "UMC": "2303", "ASX": "3711", "CHT": "2412", "IMOS": "8150",
    "HNHPF": "2317", "AUOTY": "2409",
}  # fmt: skip
"""Ticker of a depositary receipt → code of the home market."""

STRANGERS: Final = (
    "美超微", "三星證券", "三星人壽", "三星生物", "三星重工", "三星火災", "豐田通商",
    "豐田合成", "豐田自動織機", "新光三越", "東京電子報",
)  # fmt: skip
"""Other companies whose names hold one that can be found."""
