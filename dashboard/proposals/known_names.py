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
    "製程|國家|水準|水平|技術|經濟|地位|行列|之列|封裝|晶片|設備|業|產業|供應鏈|廠商|市場|協會|"
    "人才|研究"
)
"""After a full name that is a phrase of dictionary words too: then it is the phrase."""

OTHER_LISTINGS: Final[dict[str, str]] = {
    "TSM": "2330", "UMC": "2303", "ASX": "3711", "CHT": "2412", "IMOS": "8150",
    "HNHPF": "2317", "AUOTY": "2409",
}  # fmt: skip
"""Ticker of a depositary receipt → code of the home market."""

STRANGERS: Final = (
    "美超微", "三星證券", "三星人壽", "三星生物", "三星重工", "三星火災", "豐田通商",
    "豐田合成", "豐田自動織機", "新光三越", "東京電子報", "納智捷", "三商巧福",
)  # fmt: skip
"""Other companies whose names hold one that can be found."""

FOREIGN_NAMES: Final[dict[str, str]] = {
    "AAPL": "蘋果", "SMCI": "美超微", "DELL": "戴爾", "HPQ": "惠普", "HPE": "慧與",
    "MRVL": "邁威爾", "ARM": "安謀", "BA": "波音", "NFLX": "網飛", "CSCO": "思科",
    "TXN": "德州儀器", "ADI": "亞德諾", "ON": "安森美", "WDC": "威騰", "STX": "希捷",
    "SNDK": "晟碟", "COHR": "高意", "VRT": "維諦", "ETN": "伊頓", "GE": "奇異", "SNPS": "新思",
    "CDNS": "益華", "CRM": "賽富時", "JPM": "摩根大通", "MS": "摩根士丹利", "GS": "高盛",
    "BAC": "美國銀行", "C": "花旗", "NKE": "耐吉", "TM": "豐田", "SONY": "索尼", "BIDU": "百度",
    "BABA": "阿里巴巴", "JD": "京東", "PDD": "拼多多", "NIO": "蔚來", "F": "福特",
    "GM": "通用汽車", "CIEN": "訊遠", "GLW": "康寧", "QCOM": "高通", "AVGO": "博通", "MU": "美光",
    "AMAT": "應材", "LRCX": "科林", "KLAC": "科磊", "ASML": "艾司摩爾", "NVDA": "輝達",
    "AMD": "超微", "INTC": "英特爾", "TSLA": "特斯拉", "MSFT": "微軟", "GOOGL": "谷歌",
    "GOOG": "谷歌", "AMZN": "亞馬遜", "META": "臉書", "ORCL": "甲骨文",
}  # fmt: skip
"""Ticker → what the press calls its company in Chinese: such a ticker beside it is one."""

TOWNS: Final = ("大甲", "茂林", "大樹", "泰山", "南港", "信義", "大同", "新興")
"""Townships and districts of Taiwan whose names listed companies have too.

By hand: the dictionary, made of texts from elsewhere, knows 南港 as a place and 大甲 as none.
"""

ONLY_COMPANIES: Final = (
    "台塑", "友達", "宏碁", "微星", "中鋼", "光寶", "東元", "味全", "聲寶", "彰銀", "燦坤",
)  # fmt: skip
"""Words of the dictionary that mean nothing but the company: it learnt them from news."""

COMMON_ENGLISH: Final = frozenset(
    {
        "meta", "oracle", "intel", "amazon", "alphabet", "azure", "optimus", "starship",
        "colossus", "stripe", "twitter", "quanta", "jeep", "fed", "tel", "ses", "abc", "micron",
        "pentagon", "gigabyte", "grok",
    }
)  # fmt: skip
"""Latin names of the map that are English words: they need a capital, or Chinese around them."""
