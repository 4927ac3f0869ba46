"""Bytes become text in whatever they are written, and never anything but text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.articles.text import cleaned, decoded, lines_of, looks_like

TRADITIONAL = "台積電（2330）與鴻海今日收盤上漲，法人指出先進封裝產能仍然吃緊，供應鏈可望受惠。"
SIMPLIFIED = "台积电与鸿海今日收盘上涨，分析师指出先进封装产能仍然紧张，供应链有望受益。"


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        (TRADITIONAL, "utf-8"),
        (TRADITIONAL, "utf-8-sig"),
        (TRADITIONAL, "utf-16"),
        (TRADITIONAL, "utf-16-le"),
        (TRADITIONAL, "utf-16-be"),
        (TRADITIONAL, "utf-32"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL, "cp950"),
        (TRADITIONAL, "gb18030"),
        (SIMPLIFIED, "gb2312"),
        (SIMPLIFIED, "gbk"),
        (SIMPLIFIED, "utf-16-le"),
        ("NVIDIA ( NVDA ) rose.\nTSMC fell.", "utf-16-be"),
        ("台積電", "big5"),
        ("TSMC said on Monday (台積電) that demand is strong. " * 20, "cp950"),
    ],
)
def test_a_text_is_read_in_what_it_is_written_in(written: str, encoding: str) -> None:
    assert decoded(written.encode(encoding)) == written


def test_a_declared_encoding_helps_where_the_bytes_do_not_tell() -> None:
    assert decoded("café “x”".encode("cp1252"), "iso-8859-1") == "café “x”"
    # Declared wrongly, as many pages do: the bytes tell better.
    assert decoded(TRADITIONAL.encode("utf-8"), "big5") == TRADITIONAL
    assert decoded(TRADITIONAL.encode("cp950"), "gb2312") == TRADITIONAL
    assert decoded(TRADITIONAL.encode("cp950"), "no-such-thing") == TRADITIONAL
    assert decoded(TRADITIONAL.encode("cp950"), "zip") == TRADITIONAL


def test_a_few_broken_bytes_are_marked_and_the_rest_is_read() -> None:
    content = TRADITIONAL.encode()
    assert decoded(content[:-1]) == TRADITIONAL[:-1] + "\ufffd"
    first, second = TRADITIONAL[:10], TRADITIONAL[10:]
    assert decoded(first.encode() + b"\xff" + second.encode()) == f"{first}\ufffd{second}"
    broken = decoded(b"A plain English sentence of some length. " * 10 + b"\x96" + b" The end.")
    assert broken is not None
    assert broken.endswith("\ufffd The end.")


def test_what_is_no_text_is_none() -> None:
    assert decoded(bytes(range(256)) * 20) is None
    assert decoded(b"\x01\x00\xff\xfe\x80\x00\x99" * 50) is None


def test_control_characters_become_blanks_and_lines_are_those_of_cat() -> None:
    text = cleaned("一\x0c二\u2028三\x00四\r\n五\t六\n\n七\r八\x1b[1m\x85九\n")
    assert lines_of(text) == ("一 二 三 四", "五\t六", "", "七 八 [1m 九")
    assert lines_of("") == ()
    assert lines_of("\n") == ("",)
    assert lines_of("甲\n\n") == ("甲", "")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "a gzip archive"),
        (b"PK\x03\x04\x14\x00word/document.xml", "a Word document (docx)"),
        (b"PK\x03\x04\x14\x00xl/workbook.xml", "an Excel workbook (xlsx)"),
        (b"PK\x03\x04\x14\x00readme.txt", "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word, Excel or PowerPoint file"),
        (b"{\\rtf1\\ansi hello}", "an RTF document"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "a picture, a sound or a film"),
    ],
)
def test_a_file_that_is_no_text_is_called_by_its_name(content: bytes, name: str) -> None:
    seems = looks_like(content)
    assert seems is not None
    assert seems.en == name


def test_a_sentence_that_begins_like_a_signature_is_a_sentence() -> None:
    assert looks_like(b"BMW raised its order from TSMC.") is None
    assert looks_like(b"MZ is a sign of nothing here.") is None


@given(st.binary(max_size=300))
def test_whatever_the_bytes_no_control_character_survives(content: bytes) -> None:
    text = decoded(content)
    if text is None:
        return
    text = cleaned(text)
    assert not any(ord(one) < 32 and one not in "\t\n" for one in text)
    assert "\x00" not in text
    text.encode("utf-8")


@given(st.text(min_size=1))
def test_any_text_in_utf8_is_read_as_it_is(text: str) -> None:
    assert decoded(text.encode("utf-8-sig")) == text
