"""What single lines of a page are when they are no article: menus, adverts, lists, notices.

Patterns of the genre, not of any one site. Each looks at the two ends of a line only, so that
a line of megabytes costs no more than a short one.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from dashboard.articles.dates import half_width, written_dates

HEAD: Final = 240
TAIL: Final = 80


class Part(StrEnum):
    """Why a line is no part of the article."""

    NAVIGATION = "navigation"
    SHARE = "share"
    COOKIES = "cookies"
    ADVERT = "advert"
    RELATED = "related"
    TAGS = "tags"
    DISCLAIMER = "disclaimer"
    COPYRIGHT = "copyright"
    AUTHOR = "author"
    COMMENT = "comment"


# --- what a line looks like -----------------------------------------------------------

CODE: Final = re.compile(
    r"[(\[〔（【]\s*\d{4}(?:[\s\-.]*TW[OE]?)?\s*[)\]〕）】]|(?<!\d)\d{4}[ \-.]TW", re.I
)
_SENTENCE_END: Final = re.compile(r"[。！？!?][」』”\")）]*$|[a-z0-9)%”\"][.][\"”)]*$", re.I)
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_ENUMERATED: Final = re.compile(
    r"#{1,6}\s|[①-⑳❶-❿]|[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十\d]+[章節部]"
    r"|[(（][一二三四五六七八九十\d]{1,2}[)）]|Q\d|\d{1,2}[.、]\s?\D|\*\*[^*]+\*\*$"
)
_ELLIPSIS: Final = re.compile(r"(?:\.{3}|…|⋯|\[…\])\s*[」』]?$")


def width(text: str) -> int:
    """Length in half-width columns, as a reader sees it; beyond `HEAD` characters roughly."""
    return len(text) + len(_HAN.findall(text[:HEAD]))


def is_prose(line: str) -> bool:
    """Whether a line reads like a paragraph: long, or short with a full stop."""
    text = line.strip()
    if "。" in text[:HEAD] or "。" in text[-TAIL:]:
        return width(text) >= 24
    return width(text) >= 150 or (width(text) >= 60 and bool(re.search(r"[a-z)%\"”]\.$", text)))


def is_headline(line: str) -> bool:
    """Whether a line could be another article's headline."""
    text = line.strip()
    return 12 <= width(text) <= 130 and "。" not in text and not is_prose(line)


def is_section_heading(line: str) -> bool:
    """Whether a line is marked as a heading of the article's own text."""
    return bool(_ENUMERATED.match(line.strip()))


def is_truncated(line: str) -> bool:
    """Whether a line breaks off, as teasers do."""
    return bool(_ELLIPSIS.search(line[-TAIL:].rstrip()))


# --- lists of other articles ----------------------------------------------------------

_ORNAMENT: Final = r"^[^\w\u3400-\u9fff]{0,12}"
_STRONG: Final = (
    r"其他人也在看|其它人也在看|大家(?:也|都|還)在看|(?:你|您)(?:可能|也許|或許)(?:也|還|會|也會|還會)?(?:想看|喜歡|感興趣|有興趣|想知道)(?:的(?:文章|新聞))?"
    r"|猜(?:你|您)(?:也)?(?:喜歡|想看)|(?:今日|本日|本週|24小時|即時)?(?:熱門|人氣|最夯|最熱|熱搜)(?:新聞|文章|排行|話題|點閱|焦點|報導)(?:排行榜?|榜)?"
    r"|(?:最新|即時|更多)(?:新聞|文章|消息)(?:列表)?|點閱排行(?:榜)?|新聞排行(?:榜)?|人氣排行(?:榜)?|編輯(?:精選|推薦|嚴選)|精選(?:文章|新聞)|今日焦點|焦點新聞"
    r"|為(?:你|您)推薦|推薦給(?:你|您)|相關(?:新聞|文章|報導|閱讀|影音|影片|連結)|延伸閱讀|推薦(?:閱讀|文章|新聞|觀看|影片)|同場加映|更多[^\s，。]{1,16}(?:報導|新聞|文章)"
    r"|(?:others?|people|readers) (?:also|are also) (?:read|watch|view|like)(?:ed|ing)?|you (?:may|might) also (?:like|be interested in|enjoy)"
    r"|(?:related|recommended|popular|latest|more|top|trending)(?: (?:articles?|stories|news|posts|reading|reads|coverage|topics|headlines))|most (?:read|popular|viewed)"
    r"|recommended (?:for you|reading)|more (?:from|on|in) [\w .&’']{2,40}|what to read next|read next|up next|editors?[’']? picks?|see also|further reading|trending now"
)
_WEAK: Final = r"看更多|查看更多|閱讀更多|更多內容|更多|看(?:更多)?相關|繼續閱讀|上一[則篇]|下一[則篇]|也許你還想看|相關主題|相關個股新聞|read (?:more|also|on)|see more|related|also read|recommended|more"
_LIST_HEADING: Final = re.compile(
    rf"{_ORNAMENT}(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))\s?(?:[(（]?\d{{1,3}}[)）]?)?[^\w\u3400-\u9fff]{{0,12}}$",
    re.I,
)
_INLINE: Final = re.compile(
    rf"{_ORNAMENT}(?:延伸閱讀|推薦(?:閱讀|觀看|文章|新聞|影片|收看)|相關(?:新聞|文章|報導|閱讀|影音|影片|連結)|(?:看|查看)更多|閱讀更多|繼續閱讀|更多(?:新聞|報導|內容|文章|資訊)|同場加映|(?:你|您)?(?:可能|也許)?還想看|也?可以看看|上一[則篇]|下一[則篇]|read (?:more|also|next)|also read|see also|related(?: (?:article|story|stories|news|reading))?|recommended(?: reading)?|further reading|more on this)"
    r"(?:\d{1,2})?\s*[】》〉」）)\]*_]{0,4}\s*(?:[:：|｜▶►▸→»>＞／/\[【「《〈─—–-]|(?<=[】》〉」）)\]*_\s])).*\S",
    re.I,
)
RELATIVE_TIME: Final = re.compile(
    r"(?:[・·•‧∙|｜,，\-–—(（\s]|\S)\s?(?:\d{1,3}|[一二三四五六七八九十半]{1,2}|an?)\s?"
    r"(?:秒|分鐘?|小時|鐘頭|天|日|週|周|星期|個?月|年|sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|[hmd])\s?(?:之?前|ago)[)）]?\s*$"
    r"|[・·•‧∙|｜]\s?(?:剛剛|昨天|前天|今天|just now|yesterday)\s*$",
    re.I,
)
_STAMP_ONLY: Final = re.compile(
    r"[^\w\u3400-\u9fff]*(?:[\w .&|｜\u3400-\u9fff]{1,24}?[・·•‧∙|｜,，\s]{1,3})?"
    r"(?:\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/.月]\s?\d{1,2}日?)?"
    r"\s*(?:(?:上午|下午)?\s?\d{1,2}:\d{2}(?::\d{2})?)?\s*$"
)
_LINK_ITEM: Final = re.compile(
    r"\s*(?:[-*+•●▪◆■▶►·・]|\d{1,2}[.、)])?\s*(?:!?\[[^\]]*\]\([^)]*\)|https?://\S+)\s*$"
)
_BULLET: Final = re.compile(r"\s*[-*+•●▪◆◇■□▶►▲△◎○※·・]\s*\S")


def list_heading(line: str) -> str | None:
    """`strong` or `weak` where a line announces a list of other articles; else None."""
    text = line.strip()
    if len(text) > 60:
        return None
    match = _LIST_HEADING.match(half_width(text))
    return match.lastgroup if match else None


def is_inline_recommendation(line: str) -> bool:
    """Whether a line itself names another article to read, as `推薦閱讀：…` does."""
    return len(line) <= 400 and bool(_INLINE.match(half_width(line.strip())))


def ends_in_relative_time(line: str) -> bool:
    """Whether a line ends as teasers do: a source, and how long ago."""
    return bool(RELATIVE_TIME.search(half_width(line[-TAIL:])))


def is_stamp(line: str) -> bool:
    """Whether a line is only a date or a time, perhaps beside a source."""
    text = half_width(line.strip())
    return (
        0 < len(text) <= 48 and any(c.isdigit() for c in text) and bool(_STAMP_ONLY.fullmatch(text))
    )


def is_link(line: str) -> bool:
    """Whether a line is nothing but a link, bulleted or not."""
    return len(line) <= 2_000 and bool(_LINK_ITEM.match(line))


def is_bullet(line: str) -> bool:
    return bool(_BULLET.match(line[:40]))


# --- single lines ---------------------------------------------------------------------

_MENU: Final = frozenset(
    """首頁 回首頁 主頁 新聞 即時 即時新聞 即時頭條 頭條 最新 熱門 要聞 焦點 台股 美股 陸股 港股 股市 股票 興櫃 上市 上櫃 ETF 國際 國際股
    兩岸 全球 財經 產業 科技 半導體 金融 理財 基金 期貨 外匯 債券 權證 房產 房地產 地產 保險 虛擬貨幣 區塊鏈 加密貨幣 商品 原物料 能源 總經 政治 社會
    生活 娛樂 運動 體育 汽車 健康 旅遊 美食 時尚 專欄 專題 評論 觀點 影音 影片 直播 節目 圖表 數據 行情 報價 大盤 類股 個股 自選股 排行 排行榜 討論
    論壇 社群 部落格 電子報 訂閱 登入 註冊 登入/註冊 登出 會員 會員中心 會員登入 加入會員 搜尋 選單 關閉 更多 客服 幫助 說明 設定 語言 繁體 简体 關於我們
    聯絡我們 服務條款 使用條款 隱私權 隱私權政策 隱私政策 廣告刊登 廣告合作 徵才 人才招募 網站地圖 免費註冊 我的 收藏 通知 下載app app 繁 简 en english
    home news markets market tech technology business world politics opinion video videos podcast podcasts newsletter newsletters sign in login log in register
    subscribe search menu close about about us contact contact us privacy privacy policy terms terms of use careers help sitemap stocks economy finance asia
    companies more my account sports lifestyle""".lower().split()
)
_MENU_PHRASES: Final = frozenset(
    ("sign in", "log in", "sign up", "about us", "contact us", "privacy policy", "terms of use",
     "terms of service", "my account", "cookie policy", "skip to content", "skip to main content",
     "real estate", "personal finance", "all news")
)  # fmt: skip
_FURNITURE: Final = frozenset(
    """回首頁 選單 搜尋 登入 註冊 登入/註冊 關閉 menu search close login subscribe advertisement advertisements sponsored 廣告 贊助廣告 贊助內容 贊助 廣告看板
    推廣 回頂端 回上頁 回列表 上一頁 下一頁 上一則 下一則 上一篇 下一篇 回到頂部 top 載入中 載入更多 loading 訂閱 追蹤 已追蹤 分享 收藏 列印 留言 檢舉 讚 按讚
    字級 字體 放大 縮小 複製連結 分享文章 分享此文 facebook line twitter x threads telegram whatsapp wechat weibo plurk linkedin email e-mail instagram ig
    youtube google fb 轉寄 友善列印 share print save tweet pin 收聽 聽新聞 朗讀 播放 暫停 加入收藏 收藏文章 喜歡 拍手 大 中 小 a a+ a- aa 微博 微信 噗浪 推特
    複製網址 複製 連結 訂閱電子報 加入書籤 書籤 儲存 引用 轉貼 回應 回覆 贊同 分享到 分享至 追蹤我們 原文連結 看原文 查看原始文章 閱讀原文""".lower().split()
)
_COMPANIES_TOO: Final = frozenset(
    ("facebook", "line", "x", "google", "twitter", "youtube", "linkedin", "telegram", "fb")
)
_SEPARATORS: Final = re.compile(r"\s*[|｜>＞»›/／‧・·•●▪,、\t]\s*|\s{2,}")
_SKIP: Final = re.compile(
    r"(?:跳(?:至|到|轉至)|移至|直接前往)主?要?內容|skip to (?:main )?content", re.I
)
_CONTINUE: Final = re.compile(
    r"[^\w\u3400-\u9fff]*(?:(?:我是)?廣告\s*)?[^\w\u3400-\u9fff]{0,4}(?:請(?:繼續)?往下(?:閱讀|滑)|文章(?:未完)?繼續|(?:廣告後)?繼續閱讀|未完待續|往下看更多|continue reading|story continues below(?: advertisement)?|article continues below)[^\w\u3400-\u9fff]*$",
    re.I,
)
_COOKIES: Final = re.compile(
    r"(?:本網站|本站|我們|網站)[^。]{0,20}(?:使用|採用)\s?cookies?|cookies?[^。]{0,30}(?:同意|接受|隱私權?政策|使用者體驗)|(?:接受|同意|拒絕|管理)(?:所有|全部)?\s?cookies?"
    r"|(?:we|this (?:web)?site|our partners?) uses? cookies|accept (?:all )?cookies|cookie (?:policy|settings|preferences|consent)",
    re.I,
)
_TAGS: Final = re.compile(
    rf"{_ORNAMENT}(?:(?:文章|新聞|相關|熱門)?(?:標籤|關鍵字|關鍵詞|標記)|tags?|tagged(?: as)?|keywords?|hashtags?|filed under|topics?)\s*[】\]]?\s*[:：]",
    re.I,
)
_TAG_HEADING: Final = re.compile(
    rf"{_ORNAMENT}(?:(?:文章|相關|熱門|新聞)(?:標籤|關鍵字|關鍵詞)|標籤|關鍵字|tags?|keywords?|更多標籤)[^\w\u3400-\u9fff]{{0,4}}$",
    re.I,
)
_COPYRIGHT: Final = re.compile(
    r"©|\(c\)\s?(?:19|20)\d\d|\bcopyright\b|all rights reserved|版權(?:所有|聲明|為.{1,20}所有)|著作權(?:所有|為|屬)|(?:未經|非經).{0,20}(?:授權|同意|許可).{0,20}(?:轉載|使用|重製|複製|轉貼|引用)"
    r"|(?:請勿|不得|禁止|嚴禁|謝絕)(?:任意|擅自)?.{0,6}(?:轉載|轉貼|複製|重製)|轉載請(?:註明|注明|標明)|歡迎用「轉貼」|本文由.{2,30}授權(?:轉載|刊登)",
    re.I,
)
_DISCLAIMER: Final = re.compile(
    r"免責(?:聲明|條款)|投資(?:一定|必定|必|皆|均)?有(?:一定)?(?:的)?風險|不(?:構成|代表|作為|涉及)(?:任何|對|為)?.{0,12}(?:投資|買賣|要約|交易)(?:的)?(?:建議|依據|推薦|邀約|要約|邀請)?|(?:僅供|僅作為?|只供|純供)(?:投資人|讀者|客戶|內部)?.{0,6}(?:參考|研究)"
    r"|(?:投資人|讀者|投資者|使用者|客戶|請)(?:仍|宜|須|需|應|務必)?(?:自行|獨立|審慎)(?:判斷|評估|負責|承擔|決定)|(?:盈虧|損益)自負|自負(?:盈虧|損益|風險|投資)|過去(?:的)?績效(?:並)?(?:不|非)|不(?:負|擔負|承擔)(?:任何|相關|一切)?.{0,10}責任|(?:申購|投資)前應詳閱|非(?:為)?(?:推介|推薦)(?:買賣|任何)?"
    r"|not (?:constitute |intended as |be construed as )?(?:an? )?(?:offer|investment|financial) (?:advice|recommendation|solicitation)|for (?:informational|information|reference|educational) purposes only|past performance (?:is|does) not|no (?:liability|responsibility)|do your own research",
    re.I,
)
_DISCLAIMER_START: Final = re.compile(
    rf"{_ORNAMENT}(?:免責(?:聲明|條款)|警語|注意事項|風險(?:聲明|告知|警語|提示|預告|揭露)|重要(?:聲明|訊息揭露)|聲明|投資警語|分析師聲明|揭露事項|disclaimers?|disclosures?|important (?:disclosures?|notice))\s*[】〉》\])）]?\s*(?:[:：]|$)",
    re.I,
)
_AUTHOR: Final = re.compile(
    rf"{_ORNAMENT}(?:關於作者|作者簡介|作者介紹|關於我|about the authors?|about me|author bio)[^\w\u3400-\u9fff]{{0,4}}$",
    re.I,
)
_EDITOR: Final = re.compile(
    rf"{_ORNAMENT}(?:責任編輯|核稿編輯|執行編輯|責編|審稿|校對|首圖來源|封面圖(?:片)?來源)\s*[:：／/]\s*\S.{{0,30}}$"
)
_COMMENT: Final = re.compile(r"\s*(?:推|噓|→)\s+[A-Za-z][A-Za-z0-9]{1,12}\s{0,8}[:：]")
_BOARD_NOTICE: Final = re.compile(
    r"\s*※\s?(?:發信站|文章網址|文章代碼|編輯|引述|轉錄|請勿|網址|請以|原文無|必需|每|同篇|違反|本文|附註)|\s*◆ From:|\s*-{2,} Sent from|\s*(?:-{2,}\s*)?Sent from my "
)
_COMMENT_HEADING: Final = re.compile(
    rf"{_ORNAMENT}(?:(?:網友|讀者|用戶|全部|所有|最新|熱門)(?:留言|評論|回應|回覆)|(?:留言|評論|回應)(?:區|板|列表)|(?:留言|評論|回應|回覆)\s?[(（]?\s?\d+\s?[則篇條]?\s?[)）]?|\d+\s?(?:則|篇|條)(?:留言|評論|回應|回覆)|comments?\s?[(（]\d+[)）]|\d+ comments?|leave a comment)[^\w\u3400-\u9fff]{{0,4}}$",
    re.I,
)
_CALL: Final = re.compile(
    r"點(?:我|此|這裡|擊這裡|選這裡|擊此處)\s?[^。，,]{0,4}(?:訂閱|下載|加入|了解|看|購買|報名|領取|試用|追蹤|註冊|安裝|開戶)|按我看|(?:立即|立刻|馬上|現在就|搶先|免費)\s?(?:訂閱|加入|下載|試用|試閱|註冊|報名|申請|開戶|購買|領取|體驗|追蹤)"
    r"|(?:歡迎|誠摯邀請(?:您|你)?|邀請(?:您|你)|趕快|快來|記得|請)\s?(?:您|你)?(?:點擊這裡\s?)?(?:訂閱|加入|追蹤|按讚|分享|下載|收看|鎖定|關注)(?!量|數|人|價|費)|加入\s?(?:我們的?|我的|本站|官方|專屬)?.{0,12}(?:LINE|line|Line|Telegram|Discord|FB|臉書)\s?(?:@|官方|社群|群組|好友|帳號|社團|頻道|粉絲)"
    r"|(?:LINE|line|Line)\s?(?:社群|群組|好友|官方帳號|@)|追蹤(?:我們|我)的?|(?:訂閱|追蹤).{0,10}(?:頻道|電子報|粉專|粉絲團|粉絲專頁|YouTube|Youtube|Podcast|IG)|開啟小鈴鐺|掃描?.{0,6}QR ?code|下載.{0,8}app\b|折扣碼|優惠碼|限時(?:優惠|特價|搶購)|(?:訂閱|付費)(?:方案|本專欄|解鎖|後(?:即可|可))|文章訂閱|成為(?:付費)?(?:會員|訂戶)|解鎖(?:全文|完整)|請我喝(?:杯)?咖啡|贊助(?:我|我們|作者)"
    r"|subscribe (?:now|today|to (?:our|the|my))|sign up (?:for|now|today)|join (?:our|us on|the) |follow (?:us|me) on|download (?:our|the) app|get (?:the|our) (?:app|newsletter)|click here to|become a (?:member|subscriber)|free trial|thanks for reading",
    re.I,
)
_ADDRESSED: Final = re.compile(
    r"您|你|本專欄|本頻道|本電子報|夥伴|讀者|會員|訂閱|方案|社群|課程|優惠|\byour?\b|subscri", re.I
)
_LABELLED_ADVERT: Final = re.compile(
    r"[【\[(（<〈]?\s?(?:廣告|贊助(?:商|內容)?|業配|工商(?:時間|服務)|AD|PR|Sponsored(?: content)?|Promoted)\s?(?:[】\])）>〉]|[:：]).*\S",
    re.I,
)


def _all_in(text: str, words: frozenset[str], least: int, share: float) -> bool:
    parts = [part for part in _SEPARATORS.split(text.lower()) if part]
    if len(parts) == 1 and " " in text and text.lower() not in _MENU_PHRASES:
        parts = text.lower().split()
    if len(parts) < least:
        return False
    if len(parts) == 1 and parts[0] in _COMPANIES_TOO:
        return False
    hits = sum(part in words or part in _MENU_PHRASES for part in parts)
    return hits >= least and hits >= share * len(parts)


def is_navigation(line: str) -> bool:
    """A menu, a breadcrumb, or a single word of a page's frame."""
    text = half_width(line.strip()).strip("*_#[]【】()<>«»‹›←→↑↓☰✕× ")
    if not text or len(text) > HEAD:
        return False
    if _SKIP.search(text) or _CONTINUE.match(text):
        return True
    if re.match(r"(?:回?首頁|home)\s*[>＞»›/／|]", text, re.I):
        return not is_prose(text)
    return _all_in(text, _MENU, 3, 0.6) or _all_in(text, _FURNITURE, 1, 1.0)


def is_share(line: str) -> bool:
    text = half_width(line.strip())
    return (
        len(text) <= 60
        and bool(
            re.match(
                r"[^\w\u3400-\u9fff]*(?:分享(?:到|至|給|本文|此文|文章|這篇)|share (?:this|on|to)\b|字級設定|字體大小|複製(?:文章)?連結)",
                text,
                re.I,
            )
        )
        and not is_prose(text)
    )


def single(line: str) -> Part | None:
    """What a line is by itself; None where it may be of the article."""
    text = line.strip()
    if not text:
        return None
    if _COMMENT.match(text[:HEAD]):
        return Part.COMMENT
    if _BOARD_NOTICE.match(text[:HEAD]):
        return Part.COMMENT
    if is_inline_recommendation(text):
        return Part.RELATED
    if is_navigation(text):
        return Part.NAVIGATION
    if is_share(text):
        return Part.SHARE
    if is_tags(text):
        return Part.TAGS
    if len(text) <= HEAD and _LABELLED_ADVERT.match(text):
        return Part.ADVERT
    return _notice(text)


def is_tags(text: str) -> bool:
    if _TAGS.match(half_width(text[:HEAD])) and len(text) <= 600:
        return "。" not in text
    tokens = text[:600].split()
    return len(tokens) >= 2 and all(
        t[0] in "#＃" and len(t) > 1 and t[1] not in "#＃" for t in tokens
    )


def _notice(text: str) -> Part | None:
    if len(text) > 500:
        return None
    coded = bool(CODE.search(text))
    if len(text) <= 300 and _COOKIES.search(text):
        return Part.COOKIES
    if _EDITOR.match(half_width(text)):
        return Part.AUTHOR
    if coded:
        return None
    if len(text) <= 220 and _COPYRIGHT.search(text) and not _reports(text):
        return Part.COPYRIGHT
    if disclaimer_score(text) >= 2:
        return Part.DISCLAIMER
    return Part.ADVERT if is_call(text) else None


def _reports(text: str) -> bool:
    """Whether a line tells news about a word of notices, such as a law on copyright."""
    return bool(re.search(r"指出|表示|宣布|宣佈|報導|認為|said|reported", text)) and len(text) > 60


def disclaimer_score(line: str) -> int:
    """How much a line reads like a disclaimer: 2 is one."""
    text = line.strip()
    if len(text) > 1_500:
        return 0
    score = len({match[0] for match in _DISCLAIMER.finditer(text)})
    opening = text[0] if text else ""
    score += bool(_DISCLAIMER_START.match(text[:HEAD])) * 2
    if score and (opening in "※＊*(（【[" or width(text) <= 100) and not _reports(text):
        score += 1
    return score


def is_disclaimer_heading(line: str) -> bool:
    text = line.strip()
    return len(text) <= 40 and bool(_DISCLAIMER_START.match(text))


def is_call(line: str) -> bool:
    """An invitation to subscribe, join or download; not news about such things."""
    text = line.strip()
    if len(text) > 260 or CODE.search(text):
        return False
    calls = len(_CALL.findall(text))
    if not calls or _reports(text):
        return False
    return calls >= 2 or width(text) <= 80 or bool(_ADDRESSED.search(text))


def is_addressed(line: str) -> bool:
    """Whether a line speaks to the reader about what the page sells, or is a short caption."""
    text = line.strip()
    if CODE.search(text[:HEAD]):
        return False
    return bool(_ADDRESSED.search(text[:HEAD])) or not is_prose(text)


_BYLINE: Final = re.compile(
    r"記者|編譯|報導|撰文|撰稿|特派|新聞中心|作者|文\s?[/:]|\bby\b|\bupdated\b|published", re.I
)


def is_byline(line: str) -> bool:
    """Whether a line says who wrote the article or when, and nothing else."""
    text = half_width(line.strip())
    if not 0 < width(text) <= 110 or "。" in text:
        return False
    dated = any(not one.bare for one in written_dates(text))
    return bool(_BYLINE.search(text)) and (dated or bool(re.search(r"[/】〕\])]|by ", text, re.I)))


def is_comment_heading(line: str) -> bool:
    return len(line) <= 40 and bool(_COMMENT_HEADING.match(half_width(line.strip())))


def is_author_heading(line: str) -> bool:
    return len(line) <= 40 and bool(_AUTHOR.match(line.strip()))


def is_tag_heading(line: str) -> bool:
    return len(line) <= 40 and bool(_TAG_HEADING.match(half_width(line.strip())))


_COMMENT_SIGN: Final = re.compile(
    r"^\s*(?:回覆|讚|按讚|檢舉|B\d{1,3}|#\d{1,3}|reply|like|report|@\w)|(?:回覆|檢舉|reply)\s*$",
    re.I,
)
_OF_THE_REPORT: Final = re.compile(
    r"本(?:報告|資料|文件|研究|刊物|刊|文|網站|公司及|內容|文章|篇)|投資人|客戶|讀者|使用者|this (?:report|document|article|material)|the information|investors|analyst",
    re.I,
)


def is_comment_sign(line: str) -> bool:
    """Whether a line is of a comment's frame: reply, like, a floor number, how long ago."""
    return bool(_COMMENT_SIGN.search(line[:HEAD])) or (
        width(line) <= 60 and ends_in_relative_time(line)
    )


def reads_like_disclaimer(line: str) -> bool:
    """Whether a line goes on with a disclaimer that a heading began."""
    if CODE.search(line[:HEAD]):
        return False
    return disclaimer_score(line) >= 1 or bool(_OF_THE_REPORT.search(line[:60]))


def is_table_row(line: str) -> bool:
    """Whether a line is a row of cells."""
    return line.count("|") >= 2 or line.count("\t") >= 2
