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
    "5903": ("全家便利商店",),
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

ELSEWHERE: Final[dict[str, tuple[str, ...]]] = {
    "NVDA": ("英偉達",), "GOOGL": ("谷歌",), "AMD": ("超微半導體",), "MU": ("鎂光",),
    "LRCX": ("泛林",), "AMAT": ("應材",),
}  # fmt: skip
"""Symbol → what the press of the mainland, Hong Kong or earlier years calls the company."""

STRANGERS: Final = (
    "美超微", "超微電腦", "鼎泰豐", "泰金寶", "全國電腦", "神盾局", "中華電視",
    "中美晶片", "中美晶圓", "欣興建設", "超微粒", "志聖先師", "聯發國際", "三星證券",
    "三星人壽", "三星生物", "三星重工", "三星火災", "豐田通商", "豐田合成", "豐田自動織機",
    "新光三越", "東京電子報", "納智捷", "三商巧福",
)  # fmt: skip
"""Other companies whose names hold one that can be found."""

FOREIGN_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "AAPL": ("蘋果", "Apple"), "SMCI": ("美超微", "Supermicro"), "DELL": ("戴爾",),
    "HPQ": ("惠普",), "HPE": ("慧與",), "MRVL": ("邁威爾", "Marvell"), "ARM": ("安謀", "Arm"),
    "BA": ("波音", "Boeing"), "NFLX": ("網飛", "Netflix"), "CSCO": ("思科", "Cisco"),
    "TXN": ("德州儀器", "德儀"), "ADI": ("亞德諾",), "ON": ("安森美",),
    "WDC": ("威騰", "西部數據", "西部數位"), "STX": ("希捷",), "SNDK": ("晟碟", "SanDisk"),
    "COHR": ("高意", "Coherent"), "LITE": ("Lumentum",), "VRT": ("維諦", "Vertiv"),
    "ETN": ("伊頓", "Eaton"), "GE": ("奇異",), "GEV": ("奇異維諾瓦", "GE Vernova"),
    "SNPS": ("新思", "新思科技"), "CDNS": ("益華", "益華電腦"), "JPM": ("摩根大通",),
    "MS": ("摩根士丹利",), "GS": ("高盛",), "BAC": ("美國銀行",), "C": ("花旗",), "NKE": ("耐吉",),
    "TM": ("豐田",), "SONY": ("索尼",), "BIDU": ("百度",), "BABA": ("阿里巴巴",), "JD": ("京東",),
    "PDD": ("拼多多",), "NIO": ("蔚來",), "F": ("福特",), "GM": ("通用汽車",), "CIEN": ("Ciena",),
    "GLW": ("康寧", "Corning"), "QCOM": ("高通",), "AVGO": ("博通",), "MU": ("美光",),
    "AMAT": ("應材", "應用材料"), "LRCX": ("科林", "科林研發"), "KLAC": ("科磊",),
    "ASML": ("艾司摩爾",), "NVDA": ("輝達",), "AMD": ("超微",), "INTC": ("英特爾",),
    "TSLA": ("特斯拉",), "MSFT": ("微軟",), "GOOGL": ("谷歌",), "GOOG": ("谷歌",),
    "AMZN": ("亞馬遜",), "META": ("臉書",), "ORCL": ("甲骨文",), "APH": ("安費諾", "Amphenol"),
    "TER": ("泰瑞達", "Teradyne"), "GFS": ("格羅方德", "格芯"), "HIMX": ("奇景光電", "奇景"),
    "NVTS": ("納微", "納微半導體", "Navitas"), "ANET": ("Arista",), "CEG": ("Constellation",),
    "VST": ("Vistra",), "LEU": ("Centrus",), "CCJ": ("Cameco",), "SMR": ("NuScale",),
    "BE": ("Bloom Energy",), "FN": ("Fabrinet",), "CLS": ("Celestica", "天弘"), "CRDO": ("Credo",),
    "ALAB": ("Astera Labs",), "AAOI": ("應用光電",), "WOLF": ("Wolfspeed",),
    "STM": ("意法半導體", "意法"), "NXPI": ("恩智浦",), "JBL": ("捷普",), "FLEX": ("偉創力",),
    "MPWR": ("芯源系統", "芯源"), "AMKR": ("艾克爾",), "NOK": ("諾基亞",), "ERIC": ("愛立信",),
    "NOW": ("ServiceNow",), "CRM": ("Salesforce",), "ADBE": ("Adobe",), "SNOW": ("Snowflake",),
    "PLTR": ("Palantir",), "UBER": ("Uber",), "6857.T": ("愛德萬測試", "愛德萬"),
    "6146.T": ("迪思科",), "6920.T": ("Lasertec", "雷泰光電"), "6981.T": ("村田製作所", "村田"),
    "4062.T": ("揖斐電", "Ibiden"), "3110.T": ("日東紡",), "5706.T": ("三井金屬",),
    "9984.T": ("軟銀集團",), "6723.T": ("瑞薩", "瑞薩電子"), "6594.T": ("日本電產",),
    "6861.T": ("基恩斯",), "6954.T": ("發那科",), "000660.KS": ("SK海力士", "海力士", "SK hynix"),
    "005930.KS": ("三星電子",), "009150.KS": ("三星電機",), "300308.SZ": ("中際旭創",),
    "300502.SZ": ("新易盛",), "688256.SS": ("寒武紀",), "002463.SZ": ("滬電股份",),
    "000725.SZ": ("京東方",), "688981.SS": ("中芯國際", "中芯"), "0981.HK": ("中芯國際", "中芯"),
    "002050.SZ": ("三花智控",), "002475.SZ": ("立訊精密",), "300750.SZ": ("寧德時代",),
    "002594.SZ": ("比亞迪",), "688041.SS": ("海光信息",),
}  # fmt: skip
"""Symbol → what the press calls its company: such a ticker or code beside it is one."""

TOWNS: Final = ("大甲", "茂林", "大樹", "泰山", "南港", "信義", "大同", "新興")
"""Townships and districts of Taiwan whose names listed companies have too.

By hand: the dictionary, made of texts from elsewhere, knows 南港 as a place and 大甲 as none.
"""

RATHER_OTHERS: Final = ("聯發",)
"""Names that are met oftener as short for a larger company: 聯發 is 聯發科 before the spinner."""

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
