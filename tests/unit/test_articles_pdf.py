"""A PDF is read as a person reads it: column by column, sentence by sentence."""

from __future__ import annotations

import io
import zlib

import pytest
from pypdf import PdfReader, PdfWriter

from dashboard.articles.isolated import MAX_PAGES, Refused
from dashboard.articles.pdf import read_pdf
from tests.unit.pdf_input import Shown, assembled, pdf, shows

LEFT, RIGHT, SIZE, LEADING = 50.0, 310.0, 12.0, 18.0


def lines(text: str, x: float, top: float, *, width: int = 20) -> list[Shown]:
    """A text set in lines of so many characters; \\n begins a paragraph."""
    shown, y = [], top
    for paragraph in text.split("\n"):
        for start in range(0, len(paragraph), width):
            shown.append((x, y, SIZE, paragraph[start : start + width]))
            y -= LEADING
    return shown


FIRST = (
    "先進封裝產能持續吃緊，法人看好設備廠接單到明年底，"
    "台光電高階銅箔基板供不應求，價格逐季調漲，毛利率可望優於預期。"
)
SECOND = (
    "日月光投控承接外溢訂單，下半年營收將逐季創高；"
    "京元電子測試產能滿載，新廠提前啟用，資本支出上修到四百億元以上。"
)


def read(*contents: bytes, information: str = "") -> tuple[list[str], list[str]]:
    made = read_pdf(pdf(contents, information=information))
    return list(made.lines[: made.article]), list(made.lines[made.article :])


def test_two_columns_are_read_one_after_the_other() -> None:
    # Shown row by row across both, as many programs write it.
    both = zip(lines(FIRST, LEFT, 700), lines(SECOND, RIGHT, 700), strict=True)
    own, _ = read(shows([(LEFT, 760, 20, "封裝週報"), *(one for row in both for one in row)]))
    assert own == ["封裝週報", FIRST, SECOND]


def test_a_gap_between_columns_as_narrow_as_one_character_is_one() -> None:
    near = LEFT + 21 * SIZE
    both = zip(lines(FIRST, LEFT, 700), lines(SECOND, near, 700), strict=True)
    own, _ = read(shows([one for row in both for one in row]))
    assert own == [FIRST, SECOND]


def test_a_name_split_over_a_line_a_column_and_a_page_is_whole() -> None:
    text = "本週法人買超以材料為主，其中漲幅最大的是台光電，其次為金像電與台燿，其餘多為平盤。"
    cut = text.index("光電")
    own, _ = read(shows(lines(text, LEFT, 700, width=cut)))
    assert own == [text]
    three = [text[:cut], text[cut : 2 * cut], text[2 * cut :]]
    assert three[1].startswith("光電")
    own, _ = read(*(shows([(LEFT, 700, SIZE, one)]) for one in three))
    assert own == [text]


def test_paragraphs_headings_and_items_begin_lines() -> None:
    shown = [
        (LEFT, 760, 18.0, "記憶體展望"),
        *lines(FIRST, LEFT, 720),
        *lines(SECOND, LEFT, 600),
        *lines("• 南亞科：產線滿載\n• 華邦電：轉做利基型", LEFT, 480),
    ]
    own, _ = read(shows(shown))
    assert own == ["記憶體展望", FIRST, SECOND, "• 南亞科：產線滿載", "• 華邦電：轉做利基型"]


def test_rows_of_a_table_stay_together() -> None:
    cells = [
        ("代號", "名稱", "目標價"),
        ("2330", "台積電", "1500"),
        ("2454", "聯發科", "1600"),
        ("2317", "鴻海", "250"),
    ]
    shown = [
        (LEFT + 120 * column, 700 - LEADING * row, SIZE, cell)
        for column in range(3)
        for row, cell in enumerate(line[column] for line in cells)
    ]
    own, _ = read(shows(shown))
    assert own == [" | ".join(line) for line in cells]


def test_what_every_page_repeats_is_apart_and_said_once() -> None:
    pages = [
        shows(
            [
                (LEFT, 815, 9, "某某投顧 研究報告"),
                *lines(text, LEFT, 700),
                (280, 30, 9, f"- {number} -"),
            ]
        )
        for number, text in enumerate((FIRST, SECOND, FIRST[::-1]), 1)
    ]
    own, rest = read(*pages)
    assert own == [FIRST, SECOND, FIRST[::-1]]
    assert rest == ["某某投顧 研究報告", "- 1 -", "- 2 -", "- 3 -"]


def test_radicals_of_a_font_are_the_characters_they_stand_for() -> None:
    own, _ = read(shows([(LEFT, 700, SIZE, "\u2fa6像電與⼤立光，proﬁt")]))
    assert own == ["金像電與大立光，profit"]


def test_a_text_aslant_over_the_page_is_apart() -> None:
    mark = "僅供內部參考".encode("utf-16-be").hex()
    aslant = f"BT /F 40 Tf 0.7 0.7 -0.7 0.7 150 300 Tm <{mark}> Tj ET".encode()
    own, rest = read(shows(lines(FIRST, LEFT, 700)) + b"\n" + aslant)
    assert own == [FIRST]
    assert rest == ["僅供內部參考"]


def test_title_and_day_are_those_of_the_file_where_they_tell_something() -> None:
    content = [shows(lines(FIRST, LEFT, 700))]
    made = read_pdf(
        pdf(content, information="/Title(AI weekly)/CreationDate(D:20260415083000+08'00')")
    )
    assert (made.title, made.stated, made.inferred) == ("AI weekly", "", "2026-04-15")
    for name in ("Microsoft Word - report.docx", "untitled", "note.pdf", ""):
        assert read_pdf(pdf(content, information=f"/Title({name})")).title == ""
    large = shows([(LEFT, 760, 20, "封裝產能吃緊"), *lines(FIRST, LEFT, 700)])
    assert read_pdf(pdf([large])).title == "封裝產能吃緊"


def fault_of(content: bytes) -> str:
    with pytest.raises(Refused) as raised:
        read_pdf(content)
    return raised.value.fault


def test_a_page_without_text_is_a_scan() -> None:
    assert fault_of(pdf([b"q Q"])) == "scanned"


def test_a_password_is_told_and_none_is_needed_where_it_is_empty() -> None:
    def protected(password: str) -> bytes:
        writer = PdfWriter()
        writer.append(PdfReader(io.BytesIO(pdf([shows(lines(FIRST, LEFT, 700))]))))
        writer.encrypt(password, "owner", algorithm="RC4-128")
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    assert fault_of(protected("secret")) == "encrypted"
    assert read_pdf(protected("")).lines == (FIRST,)


def test_too_many_pages_are_refused() -> None:
    page = shows([(LEFT, 700, SIZE, "頁")])
    assert fault_of(pdf([page] * (MAX_PAGES + 1))) == "pages"


def test_a_bomb_and_pages_without_end_are_damaged_files() -> None:
    bomb = zlib.compress(b" " * 100_000_000)
    stream = b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(bomb), bomb)
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]"
        b"/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>"
    )
    catalogue = b"<</Type/Catalog/Pages 2 0 R>>"
    assert (
        fault_of(assembled([catalogue, b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream]))
        == "broken"
    )
    loop = [catalogue, b"<</Type/Pages/Count 1/Kids[2 0 R]>>", b"<<>>", b"<<>>"]
    assert fault_of(assembled(loop)) == "broken"
