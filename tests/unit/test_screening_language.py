"""The screener's language: every text is read or refused in one sentence that says where."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.metrics import METRICS
from dashboard.errors import ScreenError
from dashboard.screening import names
from dashboard.screening.checking import planned
from dashboard.screening.fields import FieldKind, fields_of
from dashboard.screening.functions import FUNCTIONS
from dashboard.screening.language import MAX_DEPTH, MAX_LENGTH, parse
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import check
from dashboard.screening.syntax import (
    And,
    Arithmetic,
    Call,
    Compare,
    Day,
    Member,
    Month,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Option,
    Or,
    Word,
    to_text,
)
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.loading import load_map

CHAIN = load_map(PROJECT_ROOT / "tickers.yaml").chain
FIELDS = fields_of(CHAIN)
DOC = (PROJECT_ROOT / "docs" / "screener.md").read_text("utf-8")

RETURN, RSI, CLOSE = Name("return_1m"), Name("rsi_14"), Name("close")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("return_1m > 5%", Compare(">", RETURN, Number("5%"))),
        ("RETURN_1M>5 %", Compare(">", RETURN, Number("5%"))),
        ("1 月報酬 ＞ ５％", Compare(">", RETURN, Number("5%"))),
        ("1月報酬=5%", Compare("==", RETURN, Number("5%"))),
        ("1-month return ≥ 5%", Compare(">=", RETURN, Number("5%"))),
        ("Close, adjusted <> 3", Compare("!=", CLOSE, Number("3"))),
        ("布林 %B(20) < 0.1", Compare("<", Name("bollinger_b_20"), Number("0.1"))),
        ("5 日均線（週線） < 1.5k", Compare("<", Name("sma_5"), Number("1.5k"))),
        ("市值＞100億且量比＞2", And((
            Compare(">", Name("market_cap"), Number("100億")),
            Compare(">", Name("volume_ratio_20"), Number("2")),
        ))),
        ("非 (stale 或 on_map)", Not(Or((Name("stale"), Name("on_map"))))),
        ("layer in (cooling, psu)", Member(Name("layer"), (Word("cooling"), Word("psu")))),
        ("所屬層 not in (散熱)", Member(Name("layer"), (Word("散熱"),), True)),
        ("document == ai-supply-chain-map", Compare("==", Name("document"), Word(
            "ai-supply-chain-map"))),
        ("symbol in (2330.TW, 0050, 285A.T)", Member(
            Name("symbol"), (Word("2330.TW"), Number("0050"), Word("285A.T")))),
        ('name == "a ""b"""', Compare("==", Name("name"), Word('a "b"'))),
        ("name == 'rsi_14'", Compare("==", Name("name"), Word("rsi_14"))),
        ("layer == advanced  packaging", Compare("==", Name("layer"), Word("advanced packaging"))),
        ("last_session >= 2026-06-30", Compare(
            ">=", Name("last_session"), Day(dt.date(2026, 6, 30)))),
        ("revenue_month == 2026-05", Compare(
            "==", Name("revenue_month"), Month(dt.date(2026, 5, 1)))),
        ("close - sma_20 - 1 > -atr_14 * 2 / 3", Compare(
            ">",
            Arithmetic("-", Arithmetic("-", CLOSE, Name("sma_20")), Number("1")),
            Arithmetic("/", Arithmetic("*", Negative(Name("atr_14")), Number("2")), Number("3")),
        )),
        ("not rsi_14 < 70", Not(Compare("<", RSI, Number("70")))),
        ("a or b and c", Or((Word("a"), And((Word("b"), Word("c")))))),
        ("rank(return_1m, by=layer, order=asc) <= 2", Compare("<=", Call(
            "rank", (RETURN,), (Option("by", Name("layer")), Option("order", Word("asc")))),
            Number("2"))),
        ("crossed_above(sma_20, sma_60, within=5)", Call(
            "crossed_above", (Name("sma_20"), Name("sma_60")), (Option("within", Number("5")),))),
    ],
)  # fmt: skip
def test_what_is_written_is_read(text: str, node: Node) -> None:
    assert parse(text) == node
    assert parse(to_text(node)) == node


@pytest.mark.parametrize(
    ("text", "value"),
    [("5%", 0.05), ("1.5k", 1500.0), ("2m", 2e6), ("3B", 3e9), ("4萬", 4e4), ("5 億", 5e8),
     ("1兆", 1e12), ("1e3", 1000.0), (".5", 0.5), ("0050", 50.0)],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    node = parse(f"close > {text}")
    assert isinstance(node, Compare)
    assert isinstance(node.right, Number)
    assert node.right.value == value


def test_spans_count_the_characters_as_they_were_typed() -> None:
    text = "（市值＞１００億）且 layer in (cooling)"
    node = parse(text)
    assert isinstance(node, And)
    first, second = node.parts
    assert text[slice(*first.span)] == "市值＞１００億"
    assert text[slice(*second.span)] == "layer in (cooling)"
    assert [text[slice(*one.span)] for one in second.children] == ["layer", "cooling"]


def test_every_field_is_known_by_its_names_in_both_languages() -> None:
    shared, number = [], re.compile(names.NUMBER)
    for field in FIELDS.values():
        assert parse(f"isna({field.key})") == Call("isna", (Name(field.key),))
        for name in (*field.label, *field.short):
            if number.fullmatch(names.folded(name)):
                continue
            found = parse(f"isna( {name} )")
            if found != Call("isna", (Name(field.key),)):
                shared.append(name)
    assert shared == ["Close"], "of the traded close; the adjusted one has it as its key"


def test_a_name_that_two_fields_bear_is_refused_with_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "shared_names", lambda: {"heat": ("rsi_14", "kd_k")})
    with pytest.raises(ScreenError, match="heat is the name of rsi_14 and of kd_k; write one"):
        check("heat > 5", CHAIN)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("", 0, "nothing is written"),
        ("  ", 0, "nothing is written"),
        ("rsi_14 >", 8, "ends too early"),
        ("(rsi_14 > 5", 11, "a closing parenthesis"),
        ("rsi_14 70", 7, "70 cannot stand here; a comparison"),
        ("rsi_14 < 70 kd_k", 12, "and, or, or the end is expected"),
        ("30 < rsi_14 < 70", 12, "join two with and"),
        ("layer in cooling", 9, "a list in parentheses"),
        ("rsi_14 > 5 & stale", 11, "write and"),
        ("layer in [cooling]", 9, "a list in parentheses"),
        ("name == 'x", 8, "close the quotes"),
        ("close > 1e99", 8, "too large"),
        ("last_session > 2026-02-30", 15, "no day of the calendar"),
        ("rsi_41 < 70", 0, "did you mean rsi_14"),
        ("rsi_14 < cooling", 9, "cooling is a value of layer"),
        ("layer == coolnig", 9, "did you mean cooling?"),
        ("layer == 封裝", 9, "did you mean adv_pkg?"),
        ("limit_state == upp", 15, "did you mean up"),
        ("layer > 5", 0, "has no order"),
        ("layer == 5", 9, "layer is a text and 5 is none"),
        ("layer == rsi_14", 9, "one of its values, not with rsi_14"),
        ("name == K", 8, "put it in quotes"),
        ("rsi_14 == 'x'", 10, "neither a metric"),
        ("return_1m > 5", 0, "write 5% or 500%"),
        ("percentile(close) > 90", 0, "write 90% or 9000%"),
        ("between(return_1m, 1%, 10)", 23, "write 10% or 1000%"),
        ("close > 5%", 0, "a price cannot be compared with a percentage"),
        ("close > return_1m", 0, "a price cannot be compared with a fraction"),
        ("close > market_cap", 0, "a price cannot be compared with an amount"),
        ("rsi_14 < 70%", 0, "leave the % out"),
        ("rank(close) <= 10%", 0, "percentile"),
        ("close + market_cap > 5", 0, "makes no sense"),
        ("close * sma_20 > 5", 0, "makes no sense"),
        ("close-sma_20 > 5", 0, "a minus between two names needs a space"),
        ("1M > 5%", 0, "1m is a number; the metric is written return_1m"),
        ("5 > 3", 0, "one side has to be a metric"),
        ("return_1m", 0, "is a number and no condition"),
        ("last_session", 0, "compare it with a date"),
        ("2026-06-30", 0, "write last_session == a day"),
        ("(stale and stale) + 1 > 2", 1, "is a condition where a number"),
        ("between(layer, 1, 2)", 15, "use in for values"),
        ("layer", 0, "is no condition; write layer == gpu"),
        ("(stale) > 5", 1, "stale is a condition by itself"),
        ("stale + 1 > 2", 0, "stale is yes or no where a number is expected"),
        ("(rsi_14 > 5) > 5", 1, "a condition cannot be compared"),
        ("above(rsi_14)", 6, "not against an index"),
        ("above()", 0, "above takes 1 value, here are 0"),
        ("rank(close, by=close) < 3", 15, "by takes a field that parts the companies"),
        ("rank(close, by=layr) < 3", 15, "did you mean layer"),
        ("rank(close, within=3) < 3", 12, "rank takes by= and order="),
        ("rank(close, by=layer, by=stage) < 3", 22, "each once"),
        ("rank(close, order=up) < 3", 18, "order is desc"),
        ("rank(3) < 5", 5, "needs a metric"),
        ("crossed_above(sma_20, sma_60, within=61)", 37, "a whole number from 1 to 60"),
        ("crossed_above(sma_20, sma_60, within=0)", 37, "a whole number from 1 to 60"),
        ("crossed_above(rank(close), 5)", 14, "has no earlier value"),
        ("crossed_above(layer_return_1m, 5%)", 14, "has no earlier value"),
        ("crossed_above(1, 5)", 0, "one side has to be a metric"),
        ("contains(rsi_14, 5)", 9, "looks into a text"),
        ("contains(name, '')", 15, "at least one sign"),
        ("ranks(close) < 5", 0, "no function ranks; did you mean rank"),
        ("last_session > 2026-06", 0, "a day cannot be compared with a month"),
        ("last_session - 3 > 2026-06-30", 0, "reckons with dates"),
        ("rank(last_session) < 3", 0, "reckons with dates"),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_that_says_where(text: str, at: int, words: str) -> None:
    with pytest.raises(ScreenError) as caught:
        check(text, CHAIN)
    message = str(caught.value)
    assert words in message
    assert message.startswith(f"at character {at + 1}: ")
    assert caught.value.start == at
    assert "\n" not in message
    told_in_both(caught.value)


def told_in_both(error: ScreenError) -> None:
    """English as it is raised; in Chinese a sentence of its own at the same place."""
    lead = f"第 {error.start + 1} 個字元："
    chinese, english = error.told("zh"), error.told("en")
    assert english == str(error)
    assert chinese.startswith(lead)
    assert re.search("[\u4e00-\u9fff]", chinese.removeprefix(lead))
    assert chinese.isprintable()


def test_the_chinese_sentence_names_keys_with_their_labels() -> None:
    with pytest.raises(ScreenError) as caught:
        check("rsi_41 < 70", CHAIN)
    assert "rsi_41 不是指標、欄位，也不是數字；是不是要寫 rsi_14（RSI 14）" in caught.value.told(
        "zh"
    )
    with pytest.raises(ScreenError) as caught:
        check("close > return_1m", CHAIN)
    assert caught.value.told("zh") == "第 1 個字元：價格不能和比率比較；兩者單位不同"
    assert caught.value.told("en") == str(caught.value)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("層 == 散熱", 0, "write layer"),
        ("漲幅 > 5%", 0, "write return_1d"),
        ("close > 均線20", 8, "write sma_20"),
        ("close > MA60", 8, "write sma_60"),
        ("close > MA(240)", 8, "write sma_240"),
        ("收盤價大於20日均線", 5, "write sma_20"),
        ("close > 5 日均線", 10, "write sma_5"),
        ("layer 在 (cooling)", 6, "write in"),
        ("stale and (RSI(14) < 70)", 14, "write rsi_14"),
        ("stale and 漲停", 10, "write limit_state == up"),
        ("跌停", 0, "write limit_state == down"),
        ("name contains 電", 5, r"write contains\(name, 電\)"),
        ("rsi_14 高於 70", 7, "write >"),
        ("PE < 15", 0, "no such figure here as PE"),
        ("本益比 小於 15", 0, "no such figure here"),
        ("外資買超 > 0", 0, "no such figure here"),
        ("殖利率大於5%", 0, "no such figure here as 殖利率;"),
    ],
)
def test_what_people_write_first_is_answered_with_what_to_write(
    text: str, at: int, words: str
) -> None:
    with pytest.raises(ScreenError, match=words) as caught:
        check(text, CHAIN)
    assert caught.value.start == at
    told_in_both(caught.value)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("RSI 大於 70", "rsi_14 > 70"),
        ("RSI小於70", "rsi_14 < 70"),
        ("RSI大於等於70且成交值至少5億", "rsi_14 >= 70 and turnover_value >= 5億"),
        ("1 月報酬小於等於５％", "return_1m <= 5%"),
        ("市值 最多 100億 或 連漲等於3", "market_cap <= 100億 or consecutive_up == 3"),
        ("所屬層 不等於 散熱", "layer != 散熱"),
    ],
)
def test_comparisons_may_be_written_in_words(text: str, means: str) -> None:
    assert to_text(parse(text)) == means
    check(text, CHAIN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * (MAX_LENGTH + 1), "at most 2,000 are read"),
        ("(" * 900 + "stale" + ")" * 900, None),
        ("not " * (MAX_DEPTH - 1) + "stale", None),
        ("not " * MAX_DEPTH + "stale", "nested deeper than 32"),
        ("close > " + "-" * 1900 + "5", "nested deeper than 32"),
        ("or ".join(["a>1 "] * 167), "more than 500"),
        (" or ".join(["rank(close)>1"] * 21), "more than 20 times"),
        (" or ".join(["crossed_above(close,1)"] * 6), "more than 5 times"),
    ],
)
def test_what_is_too_much_is_refused(text: str, words: str | None) -> None:
    if words is None:
        check(text, CHAIN)
        return
    with pytest.raises(ScreenError, match=words) as caught:
        check(text, CHAIN)
    told_in_both(caught.value)


def test_values_have_names_in_both_languages_and_parts_of_them() -> None:
    assert planned(parse("layer == 散熱"), FIELDS) == planned(parse("layer == cooling"), FIELDS)
    assert planned(parse("layer in ('Cooling (liquid)', 重電)"), FIELDS) == planned(
        parse("layer in (cooling, grid)"), FIELDS
    )
    both = planned(parse("industry == Optoelectronics"), FIELDS)
    assert both == planned(parse("industry == 光電業"), FIELDS)
    assert planned(parse("bottleneck == 電力"), FIELDS) == planned(
        parse("power == bottleneck"), FIELDS
    )


def test_limit_up_includes_the_locked() -> None:
    """Who asks for stocks at the limit means the locked ones most of all."""
    assert planned(parse("limit_state == up"), FIELDS) == planned(
        parse("limit_state in (up, locked_up)"), FIELDS
    )
    assert planned(parse("limit_state == locked_up"), FIELDS) != planned(
        parse("limit_state == up"), FIELDS
    )


KEYS = st.sampled_from(sorted(FIELDS)).map(Name)
WORDS = st.text(min_size=1, max_size=12).map(names.narrowed).map(Word)
NUMBERS = st.sampled_from(["5", "5%", "1.5", "100億", "1e3", "0050", "2m"]).map(Number)
DAYS = st.dates(dt.date(1, 1, 1)).map(Day)
MONTHS = st.dates().map(lambda day: Month(day.replace(day=1)))
LEAVES = st.one_of(KEYS, WORDS, NUMBERS, DAYS, MONTHS)
BYS = st.one_of(st.just(()), st.just((Option("by", Name("layer")),)))


def arithmetic(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        inner.map(Negative),
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(lambda one, by: Call("rank", (one,), by), inner, BYS),
    )


def logic(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(inner.map(Not), several.map(And), several.map(Or))


SUMS = st.recursive(LEAVES, arithmetic, max_leaves=5)
CONDITIONS = st.one_of(
    st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), SUMS, SUMS),
    st.builds(Member, SUMS, st.lists(SUMS, min_size=1, max_size=3).map(tuple), st.booleans()),
    SUMS,
)
TREES = st.recursive(CONDITIONS, logic, max_leaves=6)


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_the_canonical_text_reads_as_what_it_was(node: Node) -> None:
    text = to_text(node)
    if len(text) <= MAX_LENGTH:
        assert parse(text) == node
        assert to_text(parse(text)) == text


PIECES = [
    *FIELDS, *(t for one in FIELDS.values() for t in (*one.label, *one.short)), "cooling", "散熱",
    *(f"{one}(" for one in FUNCTIONS), "and", "or", "not", "in", "(", ")", ",", "==", "<",
    ">=", "=", "+", "-", "*", "/", "5", "5%", "100億", "2026-06-30", "2026-05", "2330.TW", "且",
    "by=", "within=", "order=asc", '"', "'", "（", "％", "＞", "\0", "\n", "ſ", "İ", "\x1b",
]  # fmt: skip
ANYTHING = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.tuples(st.sampled_from([one.expression for one in PRESETS.values()]), st.integers(0, 90),
              st.integers(0, 6), st.sampled_from(PIECES)).map(
        lambda cut: cut[0][: cut[1]] + cut[3] + cut[0][cut[1] + cut[2] :]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ANYTHING)
def test_any_text_is_a_screen_or_one_sentence(text: str) -> None:
    fault: ScreenError | None = None
    try:
        check(text, CHAIN)
    except ScreenError as error:
        fault = error
    if fault is not None:
        assert str(fault).isprintable()
        told_in_both(fault)
        assert 0 <= fault.start <= fault.end <= len(text) + 1


def test_the_reference_names_every_field_and_function() -> None:
    told = set(re.findall(r"`([a-z_0-9]+)[(`]", DOC))
    assert set(FUNCTIONS) <= told
    assert {key for key in FIELDS if key not in METRICS} <= told
    assert set(PRESETS) <= told


def test_every_example_of_the_reference_runs() -> None:
    examples = re.findall(r"^    (\S.*)$", DOC, re.MULTILINE)
    assert len(examples) >= 10
    for text in examples:
        check(text, CHAIN)


def test_fields_are_said_in_both_languages_and_kinds_fit() -> None:
    for field in FIELDS.values():
        assert all(field.label)
        assert all(field.short)
        assert (field.kind is FieldKind.STATE) == bool(field.values)
        assert field.unit is None or field.kind is FieldKind.NUMBER


def test_the_presets_run_and_their_columns_exist() -> None:
    assert len(PRESETS) == 8
    for key, preset in PRESETS.items():
        check(preset.expression, CHAIN)
        assert preset.id == key
        assert {*preset.columns, preset.sort.removeprefix("-")} <= set(FIELDS)


def test_the_grammar_has_one_home() -> None:
    for path in sorted((PROJECT_ROOT / "dashboard").rglob("*.py")):
        source = Path(path).read_text("utf-8")
        assert not re.search(r"\.query\(|[^.\w]eval\(|[^.\w]exec\(", source), path.name
