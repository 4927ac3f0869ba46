"""Turns of phrase between names and words, of the squeezed and folded (simplified) text."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from dashboard.proposals.chinese import folded

_WIDE: Final = 0x2E80
"""From here on characters have one way of writing; before it they are the pattern's own."""


class Part(StrEnum):
    """The part of a company in its clause."""

    SUBJECT = "subject"
    CUSTOMER = "customer"
    """It is supplied: what the clause says is its supplier's."""
    SOURCE = "source"
    """It supplies: the rest of the clause is its own."""
    PARTNER = "partner"
    RIVAL = "rival"


def pattern(text: str) -> re.Pattern[str]:
    """A pattern written in traditional characters, for the folded text."""
    return re.compile("".join([folded(one) if ord(one) >= _WIDE else one for one in text]))


_SUFFIX: Final = (
    "(?:製造商|供應商|廠商|業者|公司|企業|集團|大廠|龍頭|巨頭|霸主|一哥|一姐|二哥|指標|指標廠|領導廠|領導者|"
    "領導廠商|領頭羊|概念股|受惠股|族群|類股|個股|股|廠|商|雙雄|三雄|四雄|五雄|三寶|雙虎|雙箭頭|代表|代表廠|"
    "新兵|黑馬|老大|老二|雙龍頭|供應鏈|隊|新創|股王|營運商|開發商|代理商|"
    " ?(?:makers?|suppliers?|vendors?|providers?|manufacturers?|giants?|houses?|leaders?|firms?|"
    "compan(?:y|ies)|producers?|builders?|designers?|specialists?|groups?|players?|names|stocks|operators?))"
)
_FILL: Final = (
    "(?:\\([^()]{0,16}\\)|解決方案|模組|元件|零組件|材料|產業|產品|領域|市場|製造|供應|設計|服務|研發|工程|技術|"
    "系統|設備|領導|大|老牌|主要|專業|相關|概念|國際|全球|台灣|美國|日本|韓國|荷蘭|中國|國內|上游|下游|二線|一線|"
    "兩大|三大|四大|五大|六大|多家|新興|方面|部分|業務|事業|業|界|晶片|類|美系|日系|台系|陸系|韓系)"
)
_SUCH_AS: Final = (
    "如|例如|譬如|諸如|像|像是|好比|包括|包含|包括了|含|就屬|當屬|首推|就是|以及|分別是|分別為|"
    "則是|則為|則有|的|由|有|為|是|即|及|和|與|以"
)
_BRIDGE: Final = (
    f"(?:, )?[(「『:：\\-—/)」』]*(?:,?(?:{_SUCH_AS})"
    "|,? ?(?:such as|including|like|namely|e\\.g\\.|is|are))*[:：「『( ]*"
)
_ALONE: Final = (
    "(?:方面|部分|領域|族群|概念|類|業),|"
    "(?:\\([^()]{0,16}\\))?[ 的:：\\-「『/]*(?:則由|由|則是|則為|則有|就是|首推|則靠|"
    "如|例如|諸如|像|像是|包括|包含|有)?"
)
BEFORE: Final = pattern(f"{_FILL}*(?:{_SUFFIX}{_FILL}*){{1,3}}{_BRIDGE}|{_ALONE}")
"""Between a word and the name that it stands in apposition to, before it: 散熱(大廠)奇鋐."""
PLURAL: Final = pattern(
    "方面|部分|領域|供應鏈|類股|廠商|如|像|包括|包含|含|:|：|雙雄|三雄|四雄|族群|概念股|等|"
    "such as|including|like|makers|suppliers|vendors|firms|companies|providers"
)

_COPULA: Final = (
    "(?:則|都|皆|均|也|更|正|本身|目前|現|原|主要|同樣|既|將|已)*"
    "(?:是|為|係|乃|作為|身為|屬於|屬|即|被視為|被譽為|被稱為|堪稱|成為|名列|躋身|位居|專注|專注於|專攻|主攻|專精|主打|"
    "以)"
)
_LATIN_COPULA: Final = "(?: is| are| was|,)(?: now)?(?: an?| the| one of the)"
AFTER: Final = pattern(
    "[)」』]?(?:(?:等等|等|這類|之類|這樣|這些)[^,;。、]{0,16}"
    f"|[,]?{_COPULA}[^,;。、]{{0,28}}"
    f"|{_LATIN_COPULA} [a-z0-9' \\-]{{0,34}}"
    "|(?:的|之|旗下的?|旗下|自家|自有|所?生產的|所?製造的|最新的?|新款)*"
    "|[ :：(/\\-「『]{1,2}"
    "|'s(?: [a-z0-9\\-]+){0,2} )"
)
"""Between a name and a word that it stands in apposition to, after it: 奇鋐、雙鴻等散熱廠."""
MAKES: Final = pattern(
    "[)」』]?(?:[^,;。、]{0,10}(?:生產|製造|供應(?![鏈商器])|提供|開發|設計|研發|推出|主要產品|產品線|產品包括|擁有|經營|營運|量產|出貨|"
    "打造|跨足|具備|投入|切入|布局|佈局|深耕|興建|承接|銷售|賣的是|營收來自|主力)[^,;。]{0,14}"
    "|,?(?: which| that| who)? ?(?:mainly |also |now )?"
    "(?:(?:plans?|aims?|wants?|hopes?|began) to |will )?(?:"
    "makes?|produces?|supplies|supply|develops?|designs?|builds?|sells?|runs|rents? out|"
    "operates?|provides?|offers?|manufactures?|ships?|assembles?|mass-produces?)"
    "(?: [a-z0-9\\-']+){0,4} )"
)
"""Between a name and what its company makes: 奇鋐生產水冷板."""
DOWNSTREAM: Final = pattern(
    "(?:下游|廠商?|業者?|大廠)的?(?:主要)?客戶(?:包括|包含|涵蓋|有|為|是|如)?了?[:「]?"
)
"""Between a trade and its companies, who are somebody's customers: PCB 下游客戶包括金像電."""
CUSTOMERS: Final = pattern("客戶|買家|買主|customers?|clients?|buyers?")

JOINED: Final = pattern(
    "[ 「」『』]*(?:[、,/&+]|和|與|及|以及|暨|跟|或|還有|並同|同|, ?and|and|or)*[ 「」『』]*"
    "|(?:、|和|與|及)?(?:其|及其)?(?:旗下的?|子公司|關係企業|轉投資|母公司)(?:的)?"
)
"""Between two names in one breath."""

WITH: Final = pattern("(?:與|和|跟|偕同|偕)$|\\bwith $")
WORKS: Final = pattern("(?:共同)?(?:合作|聯手|攜手|結盟|合資|策略聯盟|簽約|簽署)")
"""Before and after a name with whom somebody works together."""

PRONOUN: Final = pattern(
    "(?:該公司|這家公司|公司|它們?|其(?![中他實次餘])|兩者|兩家|雙方|他們|管理層|董事長|執行長|總經理|本公司|集團|該集團|"
    "the company|the group|it |its |they |their )"
)
"""Begins a sentence that goes on about whom the one before spoke of."""
GOES_ON: Final = pattern("(?:此外|另外|同時|目前|展望|法人|除此之外)")
SHARED: Final = pattern(
    "共同|合作|聯手|攜手|結盟|聯盟|合資|雙方|策略|together|joint|venture|team(?:ed)? up|partner"
)

_CUSTOMER: Final = pattern(
    "(?:供應(?![鏈商器])|供貨(?!商)|出貨(?!量)|交貨|送樣|打入|打進|切入|進入|賣|銷售|提供(?![商者])|交付)(?:給|予|到|至)?[^,;。、的]{0,8}$"
    "|(?:收購|併購|買下|入主|入股|投資)[^,;。、的]{0,8}$"
    "|(?:客戶|客群|買家)(?:包括|包含|涵蓋|有|為|是|如|群|像|則為|來自)*[^,;。、的]{0,4}$"
    "|(?:失去|流失|丟掉|獲|獲得|取得|拿下|搶下|接獲|接到|通過|受惠於?|搭上|綁|綁住|給|替|幫|隨著?|因應?|對|列入|納入|贏得)"
    "(?:美系|美國|國際|全球|大廠|龍頭|巨頭|客戶|晶片){0,3}$"
    "|\\b(?:project|order|business|contract|design|win|seat|one|place|capacity|program|programme|account|job)s?"
    " (?:at|for|from|with) $"
    "|(?:supplies|suppl(?:y|ier) to|ships to|shipments to|"
    "sells to|customers?(?: such as| including| like)?"
    "|clients?|orders from|certified by|sold to|acquires?|acquired|bought|invests in) $"
)
_PARTNER: Final = pattern(
    "(?:與|和|跟|同|攜手|聯手|偕同|偕|結盟|夥伴|合作夥伴)[^,;。、的]{0,4}$|(?: with | alongside )$"
)
_SOURCE: Final = pattern(
    "(?:採用|使用|導入|選用|採購|購買|依賴|委託|委由|交由|由|下單|下單給|投片|仰賴|搭載|來自|租用)[^,;。、的]{0,4}$"
    "|(?: uses| using| buys| from| by| adopts| relies on) $"
)
_RIVAL: Final = pattern(
    "(?:不像|不同於|有別於|相較於?|相對於|相對|比起|比|較|優於|高於|低於|輸給|不敵|敗給|而非|不是|"
    "取代|繞過|繞開|超越|超車|追趕|抗衡|對抗|威脅|挑戰|非|搶走|落後)(?:像)?(?:競爭對手|對手)?$"
    "|(?:unlike|than|versus|vs\\.?|instead of) $"
)
_TOWARDS: Final = pattern("(?:向|為|於)$")
_BUYS: Final = pattern("[^,;。]{0,4}(?:採購|購買|購入|下單|訂購|租用|採購的|買)")
_DOES: Final = pattern(
    "(?:代工|設計|生產|打造|開發|量身|供應(?![鏈商器])|提供|供貨|製造|出貨|組裝|交貨|進行|申請|送樣)"
)


_SUPPLIED: Final = pattern(
    "(?:的|之)[^,;。、]{0,6}(?:供應商|協力廠|代工廠|夥伴|供應鏈)|(?:供應商|供應鏈|協力廠|代工夥伴|概念股)|"
    "'s (?:key |main |sole )?(?:supplier|vendor|contractor)"
)
_WITHIN: Final = pattern("的?[^,;。]{0,14}(?:支持|協助|補助|扶植|要求|帶領|壓力|推動)下")


def part_of(before: str, after: str) -> Part:
    """The part of a company, by its clause before and after its name."""
    if _RIVAL.search(before):
        return Part.RIVAL
    if _TOWARDS.search(before):
        if _BUYS.match(after):
            return Part.SOURCE
        return Part.CUSTOMER if _DOES.search(after[:24]) or before.endswith("向") else Part.SUBJECT
    if _SUPPLIED.match(after):
        return Part.CUSTOMER
    if _CUSTOMER.search(before) or (before.endswith("在") and _WITHIN.match(after)):
        return Part.CUSTOMER
    if _PARTNER.search(before):
        return Part.PARTNER
    return Part.SOURCE if _SOURCE.search(before) else Part.SUBJECT


USES: Final = pattern(
    "採用|使用|採購|購買|購入|買進|訂購|需要|缺乏|租用|依賴|仰賴|消耗|引進|搭載|改用|耗用|用掉|吃下|佔用|"
    "\\b(?:uses?|using|buys?|bought|needs?|consumes?|relies on|relying on|depends on)\\b"
)
"""Between a name and a word that names what its company only uses."""
DRIVEN: Final = pattern(
    "(?:受惠於?|受惠|受益於?|隨著?|因應?|用於|用在|應用於|應用在|應用到|適用於|適合|支援|對應|滿足|瞄準|針對|搭上|卡位|"
    "搶攻|搶搭|for|used in|driven by|thanks to) ?$"
)
"""Before a word that names what drives the business, not what it is."""
SERVED: Final = pattern(
    "(?:供應(?![鏈商器])|供貨|出貨|提供|賣|交貨|銷售|服務|送樣)(?:給|予|到|至)?(?:[^,;。、的]{0,4})$|(?:給|替|幫|與|向)(?:[^,;。、的]{0,4})$"
    "|\\b(?:for|to|with|serves?|serving|supplies|among|by|from)(?: [a-z0-9\\-']+){0,2} $"
)
"""Before a word of makers to whom something is sold."""
DEMAND: Final = pattern(
    "(?:的)?(?:[、/與和][^,;。]{0,10}(?:占比|佔比)|需求|用(?!電)|客戶|熱潮|浪潮|帶動|帶旺|題材|所需|占比|"
    "佔比|商機| demand| customers?| boom| buildout)"
)
"""After such a word."""
HEAD: Final = pattern(
    "(?:用|的|專用|級|端|所需的?|相關|應用| )?"
    "|[^,;。、]{0,5}(?<![採使應運費作引耗])用(?![在於作以到來])的?[^,;。、]{0,4}"
)
"""Between two words of which the second is the thing and the first its use: 伺服器用電源."""
INSTEAD: Final = pattern("(?:而非|不是|並非|不像|繞過|繞開|不做|退出|淡出|傳統的?|沒有|無關) ?$")
"""Before a word that is denied."""
UNRELATED: Final = pattern("[^,;。]{0,14}(?:沒什麼關係|沒有關係|無關|關係不大|不相干)")
AWAY: Final = pattern(
    "(?:跟|與|和|同)(?![^,;。]{0,4}(?:基本面|營運|業績|大盤|關稅|本業))[^,;。]{0,10}"
    "(?:沒什麼關係|沒有關係|沒關係|無關|關係不大|不相干|沾不上邊)"
    "|(?:還沒|尚未|未能|並未|沒能|仍未)(?:打入|打進|切入|擠進|跨入|納入)(?=[,;。!?]|$)"
    "|(?:has|have|had) nothing to do with|(?:is|are) not part of"
)
"""Says of its subject that it stands outside of what is spoken of."""
TITLED: Final = pattern("(?:標題|主旨)[:(]|(?:title|subject):")
"""Begins the title of a post."""
LIST: Final = pattern(
    "(?:\\d+|[一二兩三四五六七八九十]+)(?:檔|家|支|大|強|隻|間)|概念股|供應鏈|清單|名單|一覽|懶人包|盤點|^《[^《》]{1,8}》|"
    "\\b(?:stocks|names|list|picks|companies)\\b"
)
"""In the title of a list."""
RIVALS: Final = pattern(
    "同一批|同一件事|競爭對手|對手|急起直追|追趕|緊追|\\brivals?\\b|the same (?:customers|market)"
)
"""Beside a name that is in the trade of the one spoken of before."""
TOGETHER: Final = pattern(
    "(?:這|此|上述|前述|以上)?(?:兩|二|三|四|五|六|七|八|九|十|幾|雙|多)(?:家|者|大廠|檔|強|間|雙)"
    "|雙雙|皆|均|全都|both\\b|the two|the three|all (?:two|three|four|five)|they all"
)
"""Begins a clause that speaks of all those named before it."""
ALSO: Final = pattern(
    "也|亦|同樣|同一件事|同一批|跟著|跟進|跟漲|隨後|排名?第|居次|次之|緊追|競爭對手|對手|急起直追|追趕|緊追在後|並列|同步|同批|"
    "\\b(?:also|too|likewise|similarly|rivals?|the same|followed)\\b"
)
"""Beside a name that goes on with what was said of another one."""
MARKET: Final = pattern(
    "大盤|加權|指數|台股|權值|三大法人|領跌|領漲|買超|賣超|電子股|成交|持股|季線|月線|均線|"
    "\\b(?:index|indices|benchmark|wall street|shares of|stocks?)\\b"
)
"""Of who only moves the market."""
PASSIVE: Final = pattern("(?:遭到?|被)$")
"""Before the name of the one who takes something away: 遭奇鋐搶走."""
