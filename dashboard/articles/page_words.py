"""The words of a page's frame: what menus, adverts, lists and notices are written with.

Each text below is a list of patterns, one or more a line, joined with `|`. They are matched
against `folded` text: half-width, in lower case, simplified characters of these very words made
traditional. `folded` keeps positions.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dashboard.articles.dates import WIDE

_FOLDS: Final = WIDE | str.maketrans(
    "来发时间标题报导记关闻阅读荐热门欢订责仅参构资议转载许权网页录册论评处单编辑护频视频图随这还过猜们为应负断审复链际财经产业股创续广约栏专讨会员请点击",
    "來發時間標題報導記關聞閱讀薦熱門歡訂責僅參構資議轉載許權網頁錄冊論評處單編輯護頻視頻圖隨這還過猜們為應負斷審複鏈際財經產業股創續廣約欄專討會員請點擊",
)


@lru_cache(maxsize=16)
def folded(text: str) -> str:
    """The text as the patterns here are written; `folded(text)[i]` stands for `text[i]`."""
    low = text.translate(_FOLDS)
    lower = low.lower()
    if len(lower) == len(low):
        return lower
    # str.lower() makes two letters of İ, which would move what follows.
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in low)


def alternatives(text: str) -> str:
    """One pattern that matches any of the lines of a text."""
    return "(?:" + "|".join(line.strip() for line in text.strip().splitlines()) + ")"


def words(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


ORNAMENT: Final = r"^[^\w\u3400-\u9fff]{0,12}"
END: Final = r"[^\w\u3400-\u9fff]{0,12}$"

LIST_HEADINGS: Final = alternatives(
    r"""
    (?:其[他它]人|大家|網友|讀者)(?:也|都|還|正|也都|都在|最愛|也愛|還在|也在|正在)?(?:在)?(?:看|讀|關注)(?:什麼|這些|的(?:新聞|文章))?
    (?:你|您)(?:可能|也許|或許)?(?:也|還|會|也會|還會|一定)?(?:想看|想讀|喜歡|愛看|感興趣|有興趣|想知道)(?:的)?(?:文章|新聞|內容)?
    [上下]一[則篇]
    猜(?:你|您)(?:也)?(?:喜歡|想看|愛看)
    (?:今日|本日|本週|本月|即時|24小時|全站)?(?:熱門|人氣|最夯|最熱|熱搜|發燒)(?:新聞|文章|排行|話題|點閱|焦點|報導|影音|推薦|討論|搜尋|搜索|查詢|瀏覽)(?:排行榜?|榜)?
    即時(?:熱門|熱搜|人氣)|熱搜榜?
    (?:最新|即時|更多|近期|其他|站內)(?:新聞|文章|消息|報導|快訊)(?:列表)?
    (?:點閱|新聞|人氣|閱讀|瀏覽)排行(?:榜)?|編輯(?:精選|推薦|嚴選|選文)|精選(?:文章|新聞|報導)
    今日焦點|焦點新聞|頭條新聞|為(?:你|您)(?:推薦|精選)|推薦給(?:你|您)
    相關(?:新聞|文章|報導|閱讀|影音|影片|連結|推薦|閲讀)|延伸(?:閱讀|閲讀|報導|新聞)
    推薦(?:閱讀|文章|新聞|觀看|影片|內容)|同場加映|更多\s?[^,。:]{1,20}(?:報導|新聞|文章)
    作者(?:的)?其[他它]文章|同作者文章|同類(?:新聞|文章)
    (?:others?|people|readers|users)(?: are)? also (?:read|watch|view|like)(?:ed|ing)?
    (?:you|readers) (?:may|might|will|'?ll) also (?:like|be interested in|enjoy|love)
    (?:related|recommended|popular|latest|more|top|similar) (?:articles?|stor(?:y|ies)|news)
    (?:related|recommended|popular|latest|more|top) (?:posts?|read(?:ing|s)|coverage)
    (?:related|more|top|trending) (?:articles?|stories|news|topics|headlines|content)
    most (?:read|popular|viewed|shared)|recommended (?:for you|reading)
    more (?:from|on|in) [\w .&'’]{2,40}|what to read next|read next|up next
    editors?['’]?s? (?:picks?|choice)|see also|further reading|trending now|don['’]t miss
    keep reading
    """
)
ARCHIVE_HEADINGS: Final = alternatives(
    r"""
    (?:recent|past|previous|earlier|latest|other) (?:issues?|editions?|episodes?|letters?|columns?)
    (?:recent|past|previous|earlier|latest|other) newsletters?
    from the archives?|in case you missed it
    (?:往期|過往|過去|歷史|歷期|前期|近期|最近|上期|前幾期|舊)(?:的)?(?:文章|內容|專欄|電子報|回顧|精選|集數)
    (?:往期|歷史|過往)(?:回顧|精選)
    """
)
"""A column's own earlier parts: words that may head a part of the article too."""
WEAK_LIST_HEADINGS: Final = alternatives(
    """
    (?:看|查看|閱讀|顯示)更多|更多內容|更多|看相關|繼續閱讀|上一[則篇]|下一[則篇]|相關主題
    read (?:more|also|on)|see more|show more|also read|related|recommended|more
    """
)
INLINE_RECOMMENDATIONS: Final = alternatives(
    r"""
    延伸(?:閱讀|報導|新聞)|推薦(?:閱讀|觀看|文章|新聞|影片|收看)
    相關(?:新聞|文章|報導|閱讀|影音|影片|連結)|(?:看|查看)更多|閱讀更多|繼續閱讀
    更多(?:新聞|報導|內容|文章|資訊)|同場加映|(?:你|您)?(?:可能|也許)?還想看|也?可以看看
    上一[則篇]|下一[則篇]|read (?:more|also|next)|also read|see also
    related(?: (?:article|story|stories|news|reading|coverage))?|recommended(?: reading)?
    further reading|more on this(?: story)?
    """
)

SEARCH_LISTS: Final = alternatives(
    r"""
    (?:即時|今日|本日|本週|全站|站內)?(?:熱門|人氣|發燒)(?:討論|搜尋|搜索|查詢|瀏覽|點閱|社團|看板|股版|同學會)(?:榜|排行榜?|股|個股)?
    即時(?:熱門|熱搜|人氣)(?:股|個股)?|熱搜(?:榜|股|個股|關鍵字)?
    (?:大家|網友|股民)(?:都|也|都在|正在|也在)(?:搜|搜尋|查|討論)(?:什麼)?
    trending (?:searches|tickers|topics)|(?:popular|top) searches|most (?:searched|discussed)
    """
)
MENU: Final = words(
    """
    首頁 回首頁 主頁 新聞 即時 即時新聞 即時頭條 頭條 最新 熱門 要聞 焦點 台股 美股 陸股 港股 股市
    股票 興櫃 上市 上櫃 etf 國際 國際股 兩岸 全球 財經 產業 科技 半導體 金融 理財 基金 期貨 外匯
    債券 權證 房產 房地產 地產 保險 虛擬貨幣 區塊鏈 加密貨幣 商品 原物料 能源 總經 政治 社會 生活
    娛樂 運動 體育 汽車 健康 旅遊 美食 時尚 專欄 專題 評論 觀點 影音 影片 直播 節目 圖表 數據 行情
    報價 大盤 類股 個股 自選股 排行 排行榜 討論 論壇 社群 部落格 電子報 訂閱 登入 註冊 登入/註冊
    登出 會員 會員中心 會員登入 加入會員 搜尋 選單 關閉 更多 客服 幫助 說明 設定 語言 繁體 简体
    簡體 關於我們 聯絡我們 服務條款 使用條款 隱私權 隱私權政策 隱私政策 廣告刊登 廣告合作 徵才
    人才招募 網站地圖 免費註冊 我的 收藏 通知 下載app app 繁 简 簡 english home news markets
    market tech technology business world politics opinion video videos podcast podcasts
    newsletter newsletters login register subscribe search menu close about contact privacy terms
    careers help sitemap stocks economy finance asia companies more sports lifestyle
    """
)
MENU_PHRASES: Final = frozenset(
    (
        *("sign in", "log in", "sign up", "about us", "contact us", "privacy policy"),
        *("terms of use", "terms of service", "my account", "cookie policy", "real estate"),
        *("personal finance", "all news", "skip to content", "load more", "back to top"),
    )
)
FURNITURE: Final = words(
    """
    回首頁 選單 搜尋 登入 註冊 登入/註冊 關閉 menu search close login subscribe advertisement
    advertisements sponsored 廣告 贊助廣告 贊助內容 贊助 廣告看板 推廣 回頂端 回上頁 回列表 上一頁
    下一頁 上一則 下一則 上一篇 下一篇 回到頂部 top 載入中 載入更多 loading 訂閱 追蹤 已追蹤 分享
    收藏 列印 留言 檢舉 讚 按讚 字級 字體 放大 縮小 複製連結 分享文章 分享此文 facebook line
    twitter x threads telegram whatsapp wechat weibo plurk linkedin email e-mail instagram ig
    youtube google fb 轉寄 友善列印 share print save tweet pin 收聽 聽新聞 朗讀 播放 暫停 加入收藏
    收藏文章 喜歡 拍手 大 中 小 a a+ a- aa 微博 微信 噗浪 推特 複製網址 複製 連結 訂閱電子報
    加入書籤 書籤 儲存 引用 轉貼 回應 回覆 贊同 分享到 分享至 追蹤我們 原文連結 看原文
    查看原始文章 閱讀原文 查看全部
    """
)
COMPANIES_TOO: Final = words("facebook line x google twitter youtube linkedin telegram fb top")
"""Words of share bars that are companies elsewhere: never furniture alone on a line."""

CONTINUES: Final = alternatives(
    """
    請(?:繼續)?往下(?:閱讀|滑|看)|文章(?:未完)?繼續|(?:廣告後)?繼續閱讀|未完待續|往下看更多
    continue reading|story continues below(?: advertisement)?|article continues below
    advertisement - scroll to continue
    """
)
SKIPS: Final = alternatives(
    r"(?:跳(?:至|到|轉至)|移至|直接前往)主?要?內容(?:區)?$|skip to (?:main )?content$"
)
SHARES: Final = alternatives(
    """
    分享(?:到|至|給|本文|此文|文章|這篇)|share (?:this|on|to)\\b|字級設定|字體大小
    複製(?:文章)?連結|分享\\s?[:]
    """
)
COOKIES: Final = alternatives(
    r"""
    (?:本網站|本站|我們|網站)[^。]{0,20}(?:使用|採用)\s?cookies?
    cookies?[^。]{0,30}(?:同意|接受|隱私權?政策|使用者體驗)
    (?:接受|同意|拒絕|管理)(?:所有|全部)?\s?cookies?
    (?:we|this (?:web)?site|our partners?) uses? cookies|accept (?:all )?cookies
    cookie (?:policy|settings|preferences|consent)|manage (?:your )?cookies
    """
)
TAG_LABELS: Final = alternatives(
    r"""
    (?:文章|新聞|相關|熱門)?(?:標籤|關鍵字|關鍵詞|標記)|tags?|tagged(?: as)?|keywords?|hashtags?
    filed under|topics?
    """
)
TAG_HEADINGS: Final = alternatives(
    "(?:文章|相關|熱門|新聞)(?:標籤|關鍵字|關鍵詞)|標籤|關鍵字|tags?|keywords?|更多標籤"
)
COPYRIGHTS: Final = alternatives(
    r"""
    ©|\(c\)\s?(?:19|20)\d\d|\bcopyright\b|all rights reserved|版權(?:所有|聲明|為[^。]{1,20}所有)
    著作權(?:所有|為|屬)
    (?:未經|非經)[^。]{0,20}(?:授權|同意|許可)[^。]{0,20}(?:轉載|使用|重製|複製|轉貼|引用)
    (?:請勿|不得|禁止|嚴禁|謝絕)(?:任意|擅自)?[^。]{0,6}(?:轉載|轉貼|複製|重製)
    轉載(?:請|需|須)(?:註明|注明|標明|經)|歡迎用「轉貼」|本文由[^。]{2,30}授權(?:轉載|刊登)
    """
)
DISCLAIMERS: Final = alternatives(
    r"""
    免責(?:聲明|條款)|投資(?:一定|必定|必|皆|均)?有(?:一定)?(?:的)?風險
    不(?:構成|代表|作為|涉及)(?:任何|對|為)?[^。]{0,12}(?:投資|買賣|要約|交易)(?:的)?(?:建議|依據|推薦|邀約|要約|邀請)?
    (?:僅供|僅作為?|只供|純供|僅為)(?:投資人|讀者|客戶|內部|個人)?[^。]{0,6}(?:參考|研究|紀錄)
    (?:投資人|讀者|投資者|使用者|客戶|請)(?:仍|宜|須|需|應|務必)?(?:自行|獨立|審慎)(?:判斷|評估|負責|承擔|決定)
    (?:盈虧|損益)自負|自負(?:盈虧|損益|風險|投資)|過去(?:的)?績效(?:並)?(?:不|非)
    (?:申購|投資)前應詳閱|不(?:負|擔負|承擔)(?:任何|相關|一切)?[^。]{0,10}責任
    非(?:為)?(?:推介|推薦)(?:買賣|任何)?
    not (?:constitute |intended as |be construed as )?(?:an? )?(?:offer|solicitation)\b
    not (?:constitute |intended as |be construed as )?(?:investment|financial) (?:advice|guidance)
    for (?:informational|information|reference|educational) purposes only
    past performance (?:is|does) not|no (?:liability|responsibility)|do your own research
    """
)
HOLDINGS: Final = alternatives(
    r"""
    (?:本公司|關係人|關聯人|關係企業|關係機構|子公司|作者|筆者|本人|分析師|本文|員工|受僱人|撰稿人|我們|我)[^。]{0,24}(?:未|無|不|沒有)?(?:可能)?持有[^。]{0,80}(?:有價證券|證券|股票|部位|持股|股份|衍生性)
    \b(?:authors?|writer|i|we|analysts?|affiliates)\b[^.]{0,40}\b(?:hold|own|have|has|am|is|are)s?\b[^.]{0,40}\b(?:positions?|shares|securities|long|short)\b
    """
)
STRONG_DISCLAIMER_LABELS: Final = alternatives(
    """
    免責(?:聲明|條款)|投資警語|分析師聲明|(?:利益|持股|利害關係|利益衝突|重要資訊)揭露(?:事項|聲明)?|揭露事項
    重要(?:聲明|訊息揭露)|disclaimers?|(?:full |analyst |author |important )?disclosures?
    """
)
DISCLAIMER_LABELS: Final = alternatives(
    """
    免責(?:聲明|條款)|警語|注意事項|風險(?:聲明|告知|警語|提示|預告|揭露)|重要(?:聲明|訊息揭露)
    聲明|投資警語|分析師聲明|揭露事項|(?:利益|持股|利害關係|利益衝突|重要資訊)揭露(?:事項|聲明)?
    disclaimers?|(?:full |analyst |author )?disclosures?|important (?:disclosures?|notice)
    """
)
OF_THE_REPORT: Final = alternatives(
    r"""
    本(?:報告|資料|文件|研究|刊物|刊|網站|公司及|內容|篇)|投資人|客戶|讀者|使用者|the information
    investors|analyst|this (?:report|document|article|material)
    """
)
AUTHOR_HEADINGS: Final = alternatives(
    """
    關於作者|作者(?:簡介|介紹|資訊)|關於(?:我們?|本刊|編者)
    about the (?:authors?|writer)|about me|author bio
    """
)
AUTHOR_SENTENCES: Final = alternatives(
    r"""
    [(]?(?:本文|文章|專欄|本文之)?作者(?:[\u3400-\u9fff]{2,4}[,\s]?)?(?:為|是|係|現任|曾任|現為|現職|目前(?:為|是|任)|任職|服務於|畢業於|著有|專職|專長|簡介)
    [(]?(?:the )?(?:author|writer) (?:is|was|has been|covers|writes)\b
    """
)
"""How a box about the author begins that has no heading."""
PREVIEWS: Final = alternatives(
    r"""
    (?:下|次)(?:週|周|期|集|回|篇|次|一[期集篇回])(?:的)?(?:預告|主題|再聊|要聊|內容)
    (?:明日|明天|下個月|下月)(?:的)?(?:預告|主題)|(?:下文|續集)?預告
    (?:coming up )?next (?:week|issue|time|month|edition|episode)|coming (?:up|soon|next)
    """
)
EDITORS: Final = alternatives(
    "責任編輯|核稿編輯|執行編輯|責編|審稿|校對|首圖來源|封面圖(?:片)?來源|首圖|編輯"
)
BOARD_NOTICES: Final = alternatives(
    r"""
    ※\s?(?:發信站|文章網址|文章代碼|編輯|引述|轉錄|請勿|網址|請以|原文無|必需|每|同篇|違反|附註)
    ◆ from:|-{2,} sent from|(?:-{2,}\s*)?sent from my\b
    """
)
COMMENT_HEADINGS: Final = alternatives(
    r"""
    (?:網友|讀者|用戶|全部|所有|最新|熱門)(?:留言|評論|回應|回覆)|(?:留言|評論|回應)(?:區|板|列表)
    (?:留言|評論|回應|回覆)\s?[(]?\s?\d+\s?[則篇條]?\s?[)]?
    \d+\s?(?:則|篇|條)(?:留言|評論|回應|回覆)|comments?\s?[(]\d+[)]|\d+ comments?|leave a comment
    """
)
CALLS: Final = alternatives(
    r"""
    點(?:我|此|這裡|擊這裡|選這裡|擊此處)\s?[^。,]{0,4}(?:訂閱|下載|加入|了解|看|購買|報名|領取|試用|追蹤|註冊|安裝|開戶)
    按我看
    (?:立即|立刻|馬上|現在就|搶先|免費)\s?(?:訂閱|加入|下載|試用|試閱|註冊|報名|申請|開戶|購買|領取|體驗|追蹤)
    (?:歡迎|誠摯邀請(?:您|你)?|邀請(?:您|你)|趕快|快來|記得|請)\s?(?:您|你)?(?:點擊這裡\s?)?(?:訂閱|加入|追蹤|按讚|分享|下載|收看|鎖定|關注)(?!量|數|人|價|費)
    加入\s?(?:我們的?|我的|本站|官方|專屬)?[^。,]{0,12}(?:line|telegram|discord|fb|臉書)\s?(?:@|官方|社群|群組|好友|帳號|社團|頻道|粉絲)
    line\s?(?:社群|群組|好友|官方帳號|@)|追蹤(?:我們|我)的
    (?:訂閱|追蹤)[^。,]{0,10}(?:頻道|電子報|粉專|粉絲團|粉絲專頁|youtube|podcast|ig)|開啟小鈴鐺
    掃描?[^。,]{0,6}qr ?code|下載[^。,]{0,8}app\b|折扣碼|優惠碼|限時(?:優惠|特價|搶購)|文章訂閱
    (?:訂閱|付費)(?:方案|本專欄|解鎖|後(?:即可|可))|成為(?:付費)?(?:會員|訂戶)|解鎖(?:全文|完整)
    請我喝(?:杯)?咖啡|贊助(?:我|作者)|subscribe (?:now|today|to (?:our|the|my|this))
    sign up (?:for|now|today)|join (?:our|us on)\b|follow (?:us|me) on|download (?:our|the) app
    get (?:the|our) (?:app|newsletter)|click here to|become a (?:paid )?(?:member|subscriber)
    start your free trial|thanks for reading
    """
)
LABELLED_ADVERTS: Final = alternatives(
    "廣告|贊助(?:商|內容)?|業配|工商(?:時間|服務)|ad|pr|sponsored(?: content)?|promoted"
)
ADDRESSES: Final = alternatives(
    r"您|你|本專欄|本頻道|本電子報|夥伴|讀者|會員|訂閱|方案|社群|課程|優惠|\byour?\b|subscri"
)
REPORTS: Final = re.compile(
    r"指出|表示|宣布|宣佈|報導|認為|公告|透露|\b(?:said|says|reported|announced|told)\b"
)
"""Words of news: a line with one of them is told about a notice, it is none."""
