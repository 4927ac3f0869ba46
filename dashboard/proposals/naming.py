"""Names in a stretch of text: every place where one may stand, before it is judged."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from typing import Final

from dashboard.proposals.ambiguous import folded_pattern
from dashboard.proposals.blocks import Block
from dashboard.proposals.chinese import HAN, frequency, likelihood, usage, usual_words
from dashboard.proposals.codes import Code
from dashboard.proposals.known_names import COMMON_ENGLISH
from dashboard.proposals.lexicon import Lexicon, Name

_RUN: Final = re.compile(f"{HAN}{{1,2000}}")
_IS_HAN: Final = re.compile(HAN)
_GAP: Final = re.compile(f"(?<={HAN})[ \t]*\n?[ \t]*(?={HAN})")
_WORD: Final = re.compile(r"[0-9a-z_]")
_SHARES: Final = re.compile(r"[ ]?(?:-[ ]?(?:ky|创|dr)(?![a-z])|ky(?![a-z])|\*)")
_ADDRESS: Final = re.compile(
    r"https?://[\w\-./?%&=#~:+@]+|www\.[\w\-./?%&=#~:+@]+|(?<![\w.])[\w.]{1,64}@[\w\-.]+"
    r"|\]\([^)\s]{0,300}\)|/[\w\-]{1,100}/[\w\-./]+"
)
_USUAL: Final = 3000
"""A word this usual after a name is likelier than any that crosses the name's end."""
_CROSSING: Final = 50
_UNMET: Final = 20
_ON_MAP: Final = 200
"""How often a name that is no word counts as met; the map's companies are likelier."""
_MARGIN: Final = 1.5
"""Measured: 與東聯合作 reads better with the name by 0.8, 義隆電子公司 by 5."""
_COMPLETIONS: Final = (
    "科技 電子 半導體 精密 工業 企業 實業 控股 投控 金控 電腦 資通 光電 電機 電工 電線電纜 "
    "電纜 材料 化學 "
    "化工 生技 醫藥 製藥 藥業 食品 紡織 纖維 鋼鐵 水泥 塑膠 橡膠 玻璃 造紙 紙業 建設 營造 開發 "
    "海運 航運 "
    "航空 航太 電信 通訊 資訊 國際 股份有限公司 股份 公司 儀器 機械 自動化 能源 綠能 光學 熱傳 "
    "系統 軟體 "
    "網路 投資控股 積體電路 電路板 電路 房屋 廚具 瓦斯 磁磚 建材 醫療 運動 服飾 鞋業 娛樂 生活 "
    "電源 電業 "
    "重電 車業 汽車 輪胎 飯店 旅遊 百貨 超商 證券 銀行 保險 人壽 產險 生醫 醫材 環保 工程 貿易 "
    "物流 媒體 "
    "遊戲 數位"
)
"""What the short name of a company is completed by, one or several of them."""
_HALVES: Final[dict[str, tuple[str, ...]]] = {
    "电": ("子", "信", "工", "脑", "机", "路板", "路", "力", "缆"), "光": ("电", "学"),
    "科": ("技",), "金": ("控", "属"), "航": ("空", "运"), "钢": ("铁",), "证": ("券",),
    "银": ("行",), "化": ("学", "工"), "工": ("业", "程"), "生": ("技", "医"), "材": ("料",),
    "投": ("控",), "精": ("密",), "机": ("械", "电"), "建": ("设",), "通": ("讯", "信"),
    "资": ("讯", "通"), "药": ("业",), "纸": ("业",), "纺": ("织",), "纤": ("维",),
    "玻": ("璃",), "保": ("险",), "超": ("商",), "湾大": ("哥大",), "食": ("品",),
    "环": ("保",), "股": ("份",), "运": ("输",),
}  # fmt: skip
"""What makes the last character of a short name a whole word again: 台光電 + 子."""


@dataclass
class Candidate:
    """A place where a name stands, and what was learnt of it.

    Attributes
    ----------
    start, end : in the block's text, with what completes the name
    bounded : whether words begin and end where it does
    loose : whether only its beginning does, and it may be read so
    doubtful : whether words that cross its start or end read as well
    line_of_shares : whether -KY or the like follows, as only companies have
    completion : what makes it a full name, folded; empty for the short name
    """

    start: int
    end: int
    name: Name
    bounded: bool
    loose: bool = False
    line_of_shares: bool = False
    completion: str = ""
    gap: bool = False
    doubtful: bool = False
    code: Code | None = None
    code_span: tuple[int, int] | None = None
    refused: bool = False
    weight: int = 0

    @property
    def whole_start(self) -> int:
        return min(self.start, self.code_span[0]) if self.code_span else self.start

    @property
    def whole_end(self) -> int:
        return max(self.end, self.code_span[1]) if self.code_span else self.end


@dataclass
class _Runs:
    """Boundaries of words in the runs of Chinese of a text, where they are asked for."""

    text: str
    lexicon: Lexicon
    kept: dict[int, list[int]] = field(default_factory=dict)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        return [match.span() for match in _RUN.finditer(self.text)]

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.spans]

    def bounded(self, at: int) -> bool:
        """Whether a word begins or ends at a position."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return True
        start, end = self.spans[index]
        if not start < at < end:
            return True
        ends = self._ends(index)
        place = bisect_left(ends, at - start)
        return ends[place] == at - start

    def _ends(self, index: int) -> list[int]:
        known = self.kept.get(index)
        if known is None:
            start, end = self.spans[index]
            known = self.kept[index] = self.lexicon.words.ends(self.text[start:end])
        return known

    def readable(self, end: int) -> bool:
        """Whether a run that is cut across the end of a name reads as well with the name.

        The word across it is no more usual than what the name leaves to the words behind it.
        """
        index = bisect_right(self._starts, end) - 1
        first, _ = self.spans[index]
        ends = self._ends(index)
        place = bisect_left(ends, end - first)
        begin = ends[place - 1] if place else 0
        close = ends[place]
        following = ends[min(place + 1, len(ends) - 1)]
        crossing = self.text[first + begin : first + close]
        rest = self.text[end : first + close]
        joined = self.text[end : first + following]
        return max(frequency(rest), frequency(joined)) >= min(frequency(crossing), _USUAL)

    def doubtful(self, start: int, end: int, met: int) -> bool:
        """Whether words that cross a name's end or start read about as well as it does.

        台化學者 is 台化 and 學者, or 台, 化學, 者: such a name needs something to speak for it.

        Parameters
        ----------
        met : how often the name is taken to be met, as the dictionary counts words
        """
        index = bisect_right(self._starts, start) - 1
        if index < 0 or end > self.spans[index][1]:
            return False
        first, last = self.spans[index]
        across = [
            *crossings(self.text, first, start, end - 1),
            *crossings(self.text, start + 1, end, last),
        ]
        if not across:
            return False
        ends = self._ends(index)
        left = max(bisect_left(ends, start - first) - 1, 0)
        right = min(bisect_left(ends, end - first) + 2, len(ends) - 1)
        cut = [at + first for at in ends[left : right + 1]]
        named = likelihood(
            (word, max(usage(word), met if a == start else _UNMET * (len(word) > 1)))
            for a, b in pairwise(cut)
            if (word := self.text[a:b])
        )
        return any(
            self._otherwise(cut[0], a, b, cut[-1]) > named - _MARGIN
            for a, b in across
            if cut[0] <= a and b <= cut[-1]
        )

    def _otherwise(self, first: int, begin: int, end: int, last: int) -> float:
        """How likely a stretch of text is with a word from one position to another."""
        across = self.text[begin:end]
        before, after = self.text[first:begin], self.text[end:last]
        return likelihood([*usual_words(before), (across, usage(across)), *usual_words(after)])


def crossings(text: str, low: int, at: int, high: int) -> list[tuple[int, int]]:
    """Usual words of the text between two positions that go across a third."""
    return [
        (begin, end)
        for begin in range(max(low, at - 2), at)
        for end in range(at + 1, min(high, at + 2) + 1)
        if usage(text[begin:end]) >= _CROSSING
    ]


def candidates(block: Block, lexicon: Lexicon, full: Set[str] = frozenset()) -> list[Candidate]:
    """Every place of the block where a name stands, overlapping ones too, by position.

    Names of the companies in `full` (ids) are refused unread: they only hold their place.
    """
    low = block.low
    runs = _Runs(low, lexicon)
    addresses = [match.span() for match in _ADDRESS.finditer(low)]
    found: list[Candidate] = []
    for index, start, end in lexicon.matches(low):
        name = lexicon.names[index]
        if name.latin and not _latin_fits(block, name, start, end):
            continue
        if addresses and _inside(addresses, start):
            continue
        if name.identity.id in full:
            found.append(Candidate(start, end, name, True, refused=True))
            continue
        found.extend(_variants(low, runs, name, start, end))
    found.extend(_spread(block, lexicon, full))
    found.sort(key=lambda one: (one.start, -one.end, -len(one.name.text)))
    return found


def _inside(spans: list[tuple[int, int]], at: int) -> bool:
    index = bisect_right(spans, (at, len(spans) and 2**62)) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]


def _latin_fits(block: Block, name: Name, start: int, end: int) -> bool:
    low = block.low
    if _WORD.match(low[start - 1 : start] if start else "") and _WORD.match(low[start]):
        return False
    if _WORD.match(low[end : end + 1]) and _WORD.match(low[end - 1]):
        return False
    written = block.flat[start:end]
    if name.exact and written != name.exact:
        beside = low[max(start - 2, 0) : start] + low[end : end + 2]
        if not (written.islower() and (_IS_HAN.search(beside) or _quoted(low, start, end))):
            return False
    if name.exact and _PHONE.match(low, end):
        return False
    return name.text not in COMMON_ENGLISH or _as_a_name(low, written, start, end)


def _as_a_name(low: str, written: str, start: int, end: int) -> bool:
    """Whether a common English word stands as a company's name would, not in a compound."""
    if _COMPOUND.match(low, end) or (start and low[start - 1] == "-"):
        return False
    return not (written.islower() and _in_prose(low, start, end))


def _quoted(low: str, start: int, end: int) -> bool:
    """Whether a word stands between quotation marks, as in a header's list."""
    return low[start - 1 : start] in ("'", '"') and low[end : end + 1] in ("'", '"')


_PHONE: Final = re.compile(r"[.:][ ]{0,2}[(+]{0,2}[0-9]{2}|[ ][(+]{1,2}[0-9]{2,3}[)-]")
_COMPOUND: Final = re.compile(
    r"-(?!(?:based|backed|owned|led|made|designed|built|supplier|related)\b)[a-z]"
    r"|[ ](?:rain ?forest|river|basin|jungle|variant|tags?|descriptions?|soup|agency)\b"
)
_PROSE: Final = re.compile(r"[a-z]{2,}[ ,.]+$")


def _in_prose(low: str, start: int, end: int) -> bool:
    """Whether English words stand on both sides: there a proper name has a capital."""
    begins = low[max(start - 24, 0) : start].rpartition("\n")[2]
    before = not begins.strip() or _PROSE.search(begins)
    return bool(before and re.match(r"[ ,.]+[a-z]{2,}[ ,.]+[a-z]", low[end : end + 40]))


def _variants(low: str, runs: _Runs, name: Name, start: int, end: int) -> Iterator[Candidate]:
    opens = name.latin or runs.bounded(start)
    shares = _SHARES.match(low, end)
    if shares:
        yield Candidate(start, shares.end(), name, opens, line_of_shares=True)
        return
    # 台積電站回季線 reads as 台積 and 電站 to the dictionary: the same company either way.
    own = not name.latin and any(
        runs.bounded(start + len(short)) for short in runs.lexicon.shorter(name)
    )
    bounded = opens and (name.latin or own or runs.bounded(end))
    loose = opens and not bounded and runs.readable(end)
    met = _UNMET if name.identity.key is None else _ON_MAP
    doubtful = bounded and not (name.latin or own) and runs.doubtful(start, end, met)
    yield Candidate(start, end, name, bounded, loose, doubtful=doubtful)
    if not name.latin or _IS_HAN.match(low, end):
        for full, completion in _completed(low, end, end - start):
            if runs.bounded(full):
                yield Candidate(start, full, name, opens, completion=completion)
                break


def _completed(low: str, end: int, size: int) -> Iterator[tuple[int, str]]:
    """(end, completion) of full names, the longest first."""
    whole = _whole().match(low, end)
    if whole:
        yield whole.end(), whole[0]
    halves = _HALVES.get(low[end - 1], ()) + _HALVES.get(low[end - 2 : end], ())
    for half in halves if size >= 3 else ():
        if low.startswith(half, end):
            more = _whole().match(low, end + len(half))
            if more:
                yield more.end(), low[end : more.end()]
            yield end + len(half), half


@cache
def _whole() -> re.Pattern[str]:
    ordered = sorted(_COMPLETIONS.split(), key=len, reverse=True)
    return re.compile(f"(?:{folded_pattern('|'.join(ordered))}){{1,3}}")


def _spread(block: Block, lexicon: Lexicon, full: Set[str]) -> Iterator[Candidate]:
    """Names with spaces or a line's end within."""
    low = block.low
    gaps = [match.span() for match in _GAP.finditer(low) if match.end() > match.start()]
    if not gaps:
        return
    pieces, shifts, positions, last, dropped = [], [0], [0], 0, 0
    for start, end in gaps:
        pieces.append(low[last:start])
        dropped += end - start
        positions.append(end - dropped)
        shifts.append(dropped)
        last = end
    pieces.append(low[last:])
    tight = "".join(pieces)
    runs = _Runs(tight, lexicon)
    joints = positions[1:]

    def origin(at: int) -> int:
        return at + shifts[bisect_right(positions, at) - 1]

    for index, start, end in lexicon.matches(tight):
        first = bisect_right(joints, start)
        inner = bisect_right(joints, end - 1) - first
        if not inner:
            continue
        name = lexicon.names[index]
        if name.identity.id in full:
            continue
        begin, finish = origin(start), origin(end - 1) + 1
        if (
            _may_spread(low[begin:finish], name, inner)
            and runs.bounded(start)
            and runs.bounded(end)
        ):
            yield Candidate(begin, finish, name, True, gap=True)


def _may_spread(written: str, name: Name, inner: int) -> bool:
    if "\n" in written:
        return written.count("\n") == 1
    return len(name.text) >= 3 or (inner == len(name.text) - 1 and name.tier == 0)
