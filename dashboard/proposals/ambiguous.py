"""Whether an everyday word is meant as a company: what stands before and after it."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from dashboard.proposals.chinese import HAN, folded
from dashboard.proposals.known_names import GOES_ON

REACH: Final = 24
"""Characters on either side that speak for or against a name."""

_AFTER: Final = (
    "股價|股票|股東|營收|法說|董事長|董座|董事會|總經理|總座|執行長|財務長|發言人|創辦人|集團|"
    "公司|ADR|漲停|跌停|"
    "目標價|除權|除息|配息|財報|EPS|每股|毛利率|淨利|獲利|現股|權證|個股|股份|控股|盤中|收盤|"
    "開盤|早盤|市值|本益比|"
    "今日|今天|昨日|昨天|上[週周]|本[週周]|日前|近期|今年|去年|第[一二三四]季|上半年|下半年|累計|宣布|宣佈|公告|表示|"
    "指出|強調|預估|預期|看好|"
    "價格|報價|調漲|新高|走勢|布局|擴廠|設廠|建廠|投資|推出|發表|打造|攜手|取得|拿下|打進|切入|"
    "躋身|供應|生產|搶|賺|虧|"
    "受惠|接單|出貨|擴產|量產|訂單|產能|客戶|大漲|大跌|上漲|下跌|飆|攻上|勁揚|重挫|旗下|子公司|"
    "母公司|供應鏈|概念股|等(?:公司|廠|個股|股|業者)"
)
_STRONG_AFTER: Final = (
    r"(?:-?KY|股份有限公司|有限公司|公司(?!債|法)|集團|股價|營收|法說|董事長|董座|總經理|執行長|"
    r"發言人|ADR|漲停|跌停|目標價|"
    "現股|權證|股利|股息|財報|股東會|市值|每股|旗下|除權|除息|今(?:日|天)?(?:股價|漲|跌|開|收)|(?:大|上|"
    "下)?[漲跌](?:幅|停|逾|破|超|約|近|[0-9]))"
)
_BEFORE: Final = (
    "(?:外資|投信|自營商|法人|三大法人|主力|大戶)[^，。；、,;]{0,6}|(?:買超|賣超|加碼|減碼|"
    "買進|賣出|看好|調升|調降|上調|下調|點名|布局|持有)|"
    "(?:廠商|業者|大廠|小廠|龍頭廠?|代工廠|設計廠|供應商|公司|個股|族群|概念股|指標股|權值股|"
    "廠|商|股)"
)
_ENTITY: Final = (
    "大學|交大|科大|學院|高中|國中|國小|醫院|診所|基金會|協會|學會|公會|工會|委員會|研究院|"
    "研究所|法院|警(?!告|示|訊|戒|惕|語)|"
    "路(?!線|由|透|徑|跌|漲|演|況|過|跑|數|障)|街|大道|區(?!間|隔|域|塊)|市(?!場|值|占|佔|況|價|調)|縣|鄉|鎮|"
    "里(?!程)|村|站(?!上|回|穩|住|在|不|出|台|高|點)|車站|機場|夜市|廟|宮|"
    "寺|山莊|國宅|社區|"
    "新聞(?!稿)|日報|晚報|時報|週刊|周刊|雜誌|電視(?!機|銷|面板|市|出貨|品牌|螢幕)|廣播|記者(?!會)|報導(?!指|稱)|電台|頻道|"
    "盃|杯|隊(?!伍)|獅|龍(?!頭)|桂冠|球場|獎(?!金|勵|學|項)|節(?!能|省|稅|奏|點|流|電|節|水|碳|約|拍)|賽(?!道|局)|發票|"
    "一發|"
    "公園|颱風|音樂|禪寺|教會|籃球|棒球|球團|慈善|文教|雨林|流域|河|地區|都會區?|生活圈|"
    "投信(?!買|賣|連|同|加碼|減碼|[、與和及也])|投顧|證期|期貨|創投|人壽|產險|銀行(?!團|家|業)|蔥"
)
_MEDIA_BEFORE: Final = "工商|中國|中時|自由|聯合|經濟|記者"
_SURNAMES: Final = frozenset(
    "王李張劉陳楊黃趙吳周徐孫馬朱胡林郭何高羅鄭梁謝宋唐許鄧馮韓曹曾彭蕭蔡潘田董袁于余葉蔣杜蘇魏程呂丁沈任"
    "姚盧傅鍾姜崔譚廖范汪陸金石戴賈韋夏邱方侯鄒熊孟秦白江閻薛尹段雷黎史龍陶賀顧毛郝龔邵萬錢嚴賴武莫孔湯童施游詹簡洪翁柯莊卓"
)
_OFFICES: Final = (
    "董事長|副董事長|執行長|總經理|副總|總裁|創辦人|發言人|財務長|技術長|營運長|協理|經理|"
    "分析師|研究員|記者|教授|主任|主席|"
    "總統|院長|部長|次長|局長|處長|署長|市長|縣長|立委|議員|先生|女士|博士|老師|作者|撰文|編譯"
)
_SPEAKS: Final = (
    "表示|指出|說|認為|強調|透露|坦言|直言|分析|解釋|預估|預測|回應|出席|先生|女士|博士|老師|/|"
    "／|報導"
)
JOINS: Final = r"[ \t]*(?:[、,/&＆]|和|與|及|以及|跟|或)[ \t]*"
"""What stands between the members of a list."""


@cache
def _pattern(text: str, ending: str = "") -> re.Pattern[str]:
    """Traditional as written here, folded as the text it is matched with."""
    return re.compile(f"(?:{folded_pattern(text)}){ending}", re.IGNORECASE)


@cache
def folded_pattern(text: str) -> str:
    """A pattern in the folded characters; its brackets stay."""
    return re.sub(f"{HAN}", lambda match: folded(match[0]), text)


_OPENING: Final = r"[ \t'\"「『(:]*$"


def evidence(before: str, after: str) -> int:
    """How much the words around a name say that it is a company's, from 0 to 4.

    Parameters
    ----------
    before, after : folded texts that end and begin at the name
    """
    weight = 0
    rest = after.lstrip(" \t'\"」』*").removeprefix("的")
    if _pattern(_STRONG_AFTER).match(rest):
        weight += 3
    elif _pattern(_AFTER).match(rest) or (_BEGINS.search(before) and _pattern(_TRADE).match(after)):
        weight += 1
    if _pattern(_STRONG_BEFORE, _OPENING).search(before):
        weight += 2
    elif _pattern(_BEFORE, _OPENING).search(before):
        weight += 1
    return weight


_BEGINS: Final = re.compile(r"(?:^|[,;:!?。、\s*])$")
_TRADE: Final = (
    "[^，。；,;!?、]{0,10}(?:接單|出貨|漲價|轉盈|轉虧|轉虧為盈|虧損|獲利|訂單|產能|營收|毛利|股價|漲停|跌停|認列|"
    "掛牌|擴產|擴廠|送樣|量產|稼動率|拉貨|交貨|入帳|漲逾|跌逾|股利|稅後|季增|年增|月增)"
)
"""What a clause that begins with a company's name goes on to say of it."""
_STRONG_BEFORE: Final = (
    "(?:外資|投信|自營商|三大法人)[^，。；、,;]{0,6}|買超|賣超|調升|調降|上調|下調|點名|廠商|"
    "業者|大廠|代工廠|設計廠|供應商|概念股|權值股|[雙三四五六][雄虎哥強]"
)


def is_another(before: str, after: str) -> bool:
    """Whether a name is only a part of something else: a school, a street, a newspaper."""
    return bool(
        _pattern(_ENTITY).match(after.lstrip(" "))
        or _pattern("報(?!價|出|到|告|酬|案|名|喜|廢|以)|訊(?!號|息)").match(after)
        or (
            _pattern(_MEDIA_BEFORE, "$").search(before)
            and _pattern("時報|新聞|報", "").match(after)
        )
    )


def goes_on(after: str) -> bool:
    """Whether what follows a full name made of dictionary words makes it a phrase."""
    return _pattern(GOES_ON).match(after) is not None


_COUNTED: Final = re.compile("[0-9一二三四五六七八九十百千万亿][ ]?$")
"""Before 張: it counts lots."""


def is_person(before: str, name: str, after: str) -> bool:
    """Whether a name of two characters is somebody's given name.

    A surname stands before it, alone, and an office before that or what people do after it.
    """
    if len(name) != 2 or not before or before[-1] not in _folded_surnames():
        return False
    rest = before[:-1]
    if before[-1] == "张" and _COUNTED.search(rest):
        return False
    if _pattern(_OFFICES, "[ \t:]*$").search(rest):
        return True
    alone = not rest or not re.match(HAN, rest[-1])
    speaks = _pattern(f"{_SPEAKS}|{_OFFICES}").match(after.lstrip(" "))
    return (alone and speaks is not None) or (alone and bool(re.match(r"\(|$|[、,。;]", after)))


@cache
def _folded_surnames() -> frozenset[str]:
    return frozenset(folded("".join(sorted(_SURNAMES))))


GENERIC: Final = "科技|電子|企業|實業|國際|集團|精密|材料|系統|資訊"
_TRADES: Final = {
    "半導體業": "科技|電子|半導體|積體電路|光電|精密|材料",
    "光電業": "科技|電子|光電|光學|材料|能源",
    "電腦及週邊設備業": "科技|電子|電腦|資訊|資通|系統",
    "電子零組件業": "科技|電子|電路板|電路|精密|電源|電機|材料|光電",
    "其他電子業": "科技|電子|精密|自動化|系統",
    "通信網路業": "科技|電子|電信|通訊|網路|光電",
    "電子通路業": "科技|電子|電腦|國際|資訊",
    "資訊服務業": "資訊|科技|軟體|電腦|網路",
    "數位雲端": "資訊|科技|網路|數位|遊戲|軟體",
    "生技醫療業": "生技|醫藥|製藥|藥業|生醫|醫材|醫療|科技",
    "電機機械": "機械|電機|電工|精密|工業|自動化|重電",
    "電器電纜": "電纜|電線電纜|電工|電機",
    "其他業": "房屋|保全|廚具|科技|企業",
    "建材營造業": "建設|營造|開發|建材|工程",
    "紡織纖維": "紡織|纖維|實業|企業|工業",
    "觀光餐旅": "飯店|旅遊|餐飲|食品|國際",
    "鋼鐵工業": "鋼鐵|金屬|工業|企業|實業",
    "汽車工業": "汽車|工業|實業|車業|科技",
    "化學工業": "化學|化工|科技|工業|材料",
    "綠能環保": "環保|能源|綠能|科技",
    "金融保險業": "銀行|金控|證券|保險|人壽|產險",
    "食品工業": "食品|企業|實業",
    "航運業": "航運|海運|航空|物流|運通",
    "居家生活": "廚具|家具|工業|企業|生活",
    "運動休閒": "運動|工業|科技|機械|企業|娛樂",
    "文化創意業": "文化|出版|娛樂|數位|遊戲|媒體|網路|科技",
    "塑膠工業": "塑膠|工業|企業|化學",
    "貿易百貨業": "百貨|超商|貿易|企業",
    "油電燃氣業": "瓦斯|能源|天然氣|石油",
    "橡膠工業": "橡膠|輪胎|工業",
    "水泥工業": "水泥",
    "造紙工業": "造紙|紙業",
    "玻璃陶瓷": "玻璃|磁磚|陶瓷|建材",
    "農業科技業": "生技|農業|科技",
}
"""Industry of the exchange → what completes a short name to a full one there."""


def completes(completion: str, industry: str) -> int:
    """How much what completes a short name says for a company of an industry, from 0 to 3."""
    if "公司" in folded_pattern(completion) or completion == folded("集團"):
        return 3
    trades = _TRADES.get(industry, "")
    if trades and _pattern(trades).match(completion):
        return 2 if _pattern(GENERIC).match(completion) else 3
    return 1 if _pattern(GENERIC).match(completion) else 0
