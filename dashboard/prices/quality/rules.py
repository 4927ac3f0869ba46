"""The registry of rules: what is refused, flagged or reported, each with an example.

A rule's test is a pure function of a `Batch`. Rules are applied in the order of `RULES`, and
those that refuse see only the bars that the ones before them let through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from dashboard.i18n import Text
from dashboard.markets import MARKETS, market_of
from dashboard.prices.bars import BarFlag
from dashboard.prices.quality import readings, series, values
from dashboard.prices.quality.batch import Batch, Identity, Mask
from dashboard.prices.quality.boards import emerging


class Severity(StrEnum):
    """What a rule does with the bars it finds."""

    REJECT = "reject"
    FLAG = "flag"
    REPORT = "report"

    @property
    def label(self) -> Text:
        return _SEVERITIES[self]


_SEVERITIES: Final = {
    Severity.REJECT: Text("不存入", "refused"),
    Severity.FLAG: Text("存入並標記", "stored and flagged"),
    Severity.REPORT: Text("只報告", "reported"),
}


class Stage(StrEnum):
    """When a rule is applied."""

    ANSWER = "answer"
    """To a source's answer, by the one who asked."""
    STORING = "storing"
    READING = "reading"
    """Again at every reading, because later knowledge (an action) changes the verdict."""


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong with a bar.

    Attributes
    ----------
    key : of a refusal its reason, of a flag mostly its name
    label : the finding, in words
    example : the smallest case of it
    test : rows of a batch that it applies to
    flag : what such a bar carries; None unless the severity is FLAG
    """

    key: str
    label: Text
    severity: Severity
    example: Text
    test: Callable[[Batch], Mask]
    flag: BarFlag | None = None
    stage: Stage = Stage.STORING


def _answers_another(identity: Identity, symbol: str) -> bool:
    return identity.symbol != symbol


def _in_another_currency(identity: Identity, symbol: str) -> bool:
    return identity.currency != MARKETS[market_of(symbol)].currency


_IDENTITY_FAULTS: Final[dict[str, Callable[[Identity, str], bool]]] = {
    "wrong_symbol": _answers_another,
    "wrong_currency": _in_another_currency,
}


def identity_fault(symbol: str, identity: Identity) -> str | None:
    """Key of the rule that a whole answer about `symbol` breaks, None for a good one."""
    broken = (key for key, test in _IDENTITY_FAULTS.items() if test(identity, symbol))
    return next(broken, None)


def _misidentified(key: str) -> Callable[[Batch], Mask]:
    fault = _IDENTITY_FAULTS[key]

    def test(batch: Batch) -> Mask:
        wrong = [s for s, identity in batch.answered.items() if fault(identity, s)]
        rows: Mask = np.isin(batch.symbols, wrong)[batch.codes]
        return rows

    return test


def _carries(flag: BarFlag) -> Callable[[Batch], Mask]:
    return lambda batch: batch.flagged(flag)


def _answer(key: str, label: Text, example: Text, test: Callable[[Batch], Mask]) -> Rule:
    return Rule(key, label, Severity.REJECT, example, test, stage=Stage.ANSWER)


def _reject(key: str, label: Text, example: Text, test: Callable[[Batch], Mask]) -> Rule:
    return Rule(key, label, Severity.REJECT, example, test)


def _flag(
    flag: BarFlag,
    label: Text,
    example: Text,
    test: Callable[[Batch], Mask],
    *,
    key: str = "",
    stage: Stage = Stage.STORING,
) -> Rule:
    return Rule(key or str(flag.name).lower(), label, Severity.FLAG, example, test, flag, stage)


def _report(key: str, label: Text, example: Text, test: Callable[[Batch], Mask]) -> Rule:
    return Rule(key, label, Severity.REPORT, example, test)


_RULES: Final = (
    _answer(
        "wrong_symbol",
        Text("來源回答的是別的代號", "the answer is about another symbol"),
        Text("問 2330.TW，答 TSM", "asked for 2330.TW, answered about TSM"),
        _misidentified("wrong_symbol"),
    ),
    _answer(
        "wrong_currency",
        Text("來源的幣別不對", "the answer is in another currency"),
        Text("2330.TW 的價格以美元計", "prices of 2330.TW in USD"),
        _misidentified("wrong_currency"),
    ),
    _answer(
        "source_row",
        Text("來源給的這一列不是日線", "the source's row is no bar"),
        Text("有成交量 12,000 股，收盤價空白", "volume 12,000, close blank"),
        values.incomplete,
    ),
    _reject(
        "simulated",
        Text("模擬價格不存入", "simulated prices are not stored"),
        Text("示範資料的一列匯入真實價格", "a row of the demo prices among real ones"),
        _carries(BarFlag.SIMULATED),
    ),
    _reject(
        "no_close",
        Text("沒有收盤價", "no close"),
        Text("開盤 100，收盤空白", "open 100, close blank"),
        values.no_close,
    ),
    _reject(
        "not_positive",
        Text("有價格不大於零", "a price is not above zero"),
        Text("最低價 0", "low 0"),
        values.not_positive,
    ),
    _reject(
        "low_above_high",
        Text("最低價高於最高價", "low is above high"),
        Text("最低 102，最高 101", "low 102, high 101"),
        values.low_above_high,
    ),
    _reject(
        "invalid",
        Text("數值超出範圍", "a value is out of range"),
        Text("成交量 −5 股，或收盤無限大", "volume −5, or an infinite close"),
        values.out_of_reach,
    ),
    _reject(
        "not_a_session",
        Text("不是交易日", "not a session"),
        Text("2026-07-10 颱風休市卻有一筆", "a bar of 2026-07-10, closed for a typhoon"),
        series.not_a_session,
    ),
    _reject(
        "not_final",
        Text("當日尚未收盤，資料還會變", "the session's bar is not final yet"),
        Text("台北 13:34 取得的當日資料", "today's bar, at 13:34 in Taipei"),
        series.not_final,
    ),
    _reject(
        "conflicting",
        Text("同一日有兩筆不同的資料", "two different rows of one day"),
        Text("同一日收盤 100 與 100.5 各一筆", "closes of 100 and 100.5 on one day"),
        series.conflicting,
    ),
    _reject(
        "contradicting",
        Text(
            "收盤與已存的同一日相差超過 11 %",
            "the close is more than 11 % off the one that is stored of the session",
        ),
        Text("已存 4,245，檔案寫 1", "4,245 is stored, the file has 1"),
        series.contradicting,
    ),
    _reject(
        "phantom",
        Text(
            "該日幾乎所有代號都重複前一收盤或無成交，不是真的交易日",
            "nearly every symbol repeats its previous close or did not trade: no real session",
        ),
        Text("10 個代號有 9 個收盤與前一日相同", "9 of 10 symbols close as the day before"),
        series.phantom,
    ),
    _reject(
        "placeholder",
        Text(
            "最後一筆無成交也沒有漲跌，是占位資料",
            "the last bar is flat and without volume: a placeholder",
        ),
        Text(
            "末筆開高低收皆 50、量 0，前一收盤 50", "last bar flat at 50, volume 0, close before 50"
        ),
        series.trailing_flat,
    ),
    _flag(
        BarFlag.UNADJUSTED,
        Text("沒有還原收盤價", "no adjusted close is known"),
        Text("只有當日成交價的檔案", "a file with traded prices only"),
        _carries(BarFlag.UNADJUSTED),
    ),
    _flag(
        BarFlag.CLOSE_ONLY,
        Text("缺開盤、最高或最低價", "open, high or low is unknown"),
        Text("收盤 100，最高空白", "close 100, high blank"),
        values.close_only,
    ),
    _flag(
        BarFlag.OUTSIDE_RANGE,
        Text(
            "開盤或收盤超出高低價（只有興櫃合法）",
            "open or close outside the range (legal on the emerging board only)",
        ),
        Text("最高 101，收盤 103", "high 101, close 103"),
        values.outside_range,
    ),
    _flag(
        BarFlag.NO_VOLUME,
        Text("沒有成交量", "the volume is unknown"),
        Text("收盤 100，成交量空白", "close 100, volume blank"),
        values.no_volume,
    ),
    _flag(
        BarFlag.PROVISIONAL,
        Text("盤中取得的暫值", "fetched before the session's end"),
        Text("當日 11:00 取得，隔日才匯入", "fetched at 11:00 of its day, imported the day after"),
        series.provisional,
    ),
    _flag(
        BarFlag.PLACEHOLDER,
        Text("無成交且與前一收盤相同", "flat at the previous close without volume"),
        Text("某日開高低收皆 50、量 0，之後又有交易", "flat at 50 with volume 0, trades later"),
        series.flat,
        key="flat",
    ),
    _flag(
        BarFlag.DISPUTED,
        Text("收盤與交易所相差超過一檔", "the close is more than a tick off the exchange's"),
        Text("來源收 1,010，交易所收 1,000", "1,010 by the source, 1,000 by the exchange"),
        series.disputed,
        key="disagreement",
    ),
    _flag(
        BarFlag.ACCEPTED,
        Text("規則不收，由人工收下", "refused by a rule, accepted by hand"),
        Text("隔離區的一列經確認為真", "a row kept aside turned out to be true"),
        _carries(BarFlag.ACCEPTED),
    ),
    _report(
        "halt",
        Text(
            "此前只有這個代號缺交易日（停牌、無成交或來源缺漏）",
            "the symbol alone lacks sessions before: a halt, nothing traded, or lost by the source",
        ),
        Text("2327 於 2025-08-25 換發新股前停牌七日", "2327, seven sessions before 2025-08-25"),
        series.halted,
    ),
    _report(
        "hole",
        Text("此前來源缺了多數代號的交易日", "the source lost sessions of most symbols before"),
        Text("10 個代號有 6 個缺同一日", "6 of 10 symbols lack the same session"),
        series.after_a_hole,
    ),
    _report(
        "copied",
        Text("價量與該代號較早的一筆完全相同", "prices and volume of an earlier bar of the symbol"),
        Text(
            "2448 下市後的 2026-06-26 與 2026-06-11 同價同量",
            "2448, delisted, on 2026-06-26 as on 2026-06-11",
        ),
        series.copied,
    ),
    _report(
        "stale",
        Text("最後一筆早於應有的交易日", "the last bar is older than the last session"),
        Text("週三查詢，最後一筆停在週一", "asked on Wednesday, the last bar is Monday's"),
        series.stale,
    ),
    _report(
        "emerging",
        Text(
            "上市櫃之前的興櫃資料，無漲跌幅限制",
            "before the listing: emerging board, no daily limit",
        ),
        Text("6831 上市（2025-11-25）前的資料", "bars of 6831 before its listing on 2025-11-25"),
        emerging,
    ),
    _flag(
        BarFlag.JUMP,
        Text(
            "不明跳動：收盤超出漲跌停且無除權息可解釋",
            "unexplained jump: a close beyond the limit that no action explains",
        ),
        Text("2327 於 2025-08-25 一拆四，未載入分割", "2327 on 2025-08-25 without its split"),
        readings.jumped,
        stage=Stage.READING,
    ),
    _flag(
        BarFlag.BREAK,
        Text(
            "停牌或缺漏十日以上、或剛上市櫃，前後價格差太多且不知有無股本變動",
            "quite another price after more than ten sessions without a bar, or at a listing",
        ),
        Text("8101 停牌 59 日後由 1.90 到 10.45", "8101, from 1.90 to 10.45 after 59 sessions"),
        readings.broken,
        stage=Stage.READING,
    ),
    _flag(
        BarFlag.ADJUSTMENT_DIFFERS,
        Text("來源的還原與公司行動不符", "the source adjusts otherwise than the actions"),
        Text("來源把一拆四算了兩次", "the source applied a one-to-four split twice"),
        readings.adjusted_otherwise,
        stage=Stage.READING,
    ),
)

RULES: Final[Mapping[str, Rule]] = {rule.key: rule for rule in _RULES}
FLAG_RULES: Final[Mapping[BarFlag, Rule]] = {
    rule.flag: rule for rule in _RULES if rule.flag is not None
}
"""What a flag means."""


def rules(severity: Severity, stage: Stage = Stage.STORING) -> tuple[Rule, ...]:
    """Of one severity, in order."""
    return tuple(r for r in _RULES if r.severity is severity and r.stage is stage)
