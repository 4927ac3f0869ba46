"""Whatever is given becomes one article or one sentence."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles import reading, web
from dashboard.articles.isolated import Extracted
from dashboard.articles.models import Article
from dashboard.articles.reading import MAX_BYTES, Given, read_article, read_source
from dashboard.errors import ArticleError, DashboardError
from dashboard.supply_chain.models import DateBasis
from tests.faults.commands import command
from tests.unit.pdf_input import pdf, shows

TEXT = "---\ntitle: 記憶體再漲\ndate: 2026-04-15\n---\n\n南亞科（2408）滿載。\n"


def sentence(content: bytes, **rest: str) -> str:
    with pytest.raises(ArticleError) as raised:
        read_article(content, **rest)  # type: ignore[arg-type]
    for language in ("zh", "en"):
        told = raised.value.told(language)  # type: ignore[arg-type]
        assert told
        assert "\n" not in told
    return str(raised.value)


def refusal(source: str) -> str:
    with pytest.raises(ArticleError) as raised:
        read_source(source)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_the_lines_of_a_text_are_those_of_the_file() -> None:
    article = read_article(TEXT.encode(), file="a.md")
    assert article.lines == tuple(TEXT.split("\n")[:-1])
    assert article.front_matter == (1, 4)
    assert (article.title, article.date) == ("記憶體再漲", "2026-04-15")
    assert article.date_basis is DateBasis.STATED
    assert article.file == "a.md"
    assert article.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_what_a_person_tells_goes_before_what_is_found() -> None:
    told = Given(title="甲", publisher="乙", date="2026-04")
    article = read_article(TEXT.encode(), given=told)
    assert (article.title, article.publisher, article.date) == ("甲", "乙", "2026-04")
    assert article.date_basis is DateBasis.STATED


def test_positions_in_a_line_are_those_of_the_file() -> None:
    line = "\u3000\u3000台積電\u200b（2330）\t上漲\u2028跌\x0c完  "
    article = read_article(f"{line}\n第二行".encode())
    assert article.lines == (line.replace("\u2028", " ").replace("\x0c", " "), "第二行")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "big5", "gb18030"])
def test_a_text_is_read_in_its_encoding(encoding: str) -> None:
    text = "台積電（2330）與日月光投控今日上漲，法人看好先進封裝。"
    assert read_article(text.encode(encoding)).lines == (text,)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b" \n\t\r\n\x00", "it is empty"),
        ("\u3000\n\u3000".encode(), "it has no text"),
        (b"\x89PNG\r\n\x1a\n\x00", "it looks like a PNG picture; give text, Markdown, HTML or PDF"),
        (b"PK\x03\x04 word/document.xml", "it looks like a Word document (docx)"),
        (bytes(range(256)) * 9, "it is no text, or of an unknown encoding"),
        (b"a\n" * (reading.MAX_LINES + 1), "it has more than 200,000 lines"),
        (b"<" * (reading.MAX_LINE + 1), "a line has more than 200,000 characters"),
        (b"%PDF-1.4 nothing", "the file is damaged"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(content: bytes, says: str) -> None:
    assert says in sentence(content, file="x")
    assert sentence(content, file="x").startswith("x: ")


def test_too_much_is_refused_before_it_is_looked_at() -> None:
    assert "larger than 20 MiB" in sentence(b"a" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("content", "file", "content_type", "form"),
    [
        ("<!DOCTYPE html><p>甲</p>", "", None, "html"),
        ("  <?xml version='1.0'?>\n<!-- x -->\n<HTML><p>甲</p></HTML>", "a.txt", None, "html"),
        ("<div><p>甲</p></div>", "", None, "html"),
        ("<div><p>甲</p></div>", "a.md", None, None),
        ("<div><p>甲</p></div>", "", "text/plain; charset=utf-8", None),
        ("甲 <b>乙</b>", "a.html", None, "html"),
        ("甲 <b>乙</b>", "", "text/html", "html"),
        ("甲 < 乙", "a.html", None, None),
        ("甲 <b>乙</b>", "", None, None),
    ],
)
def test_what_it_is_is_told_by_how_it_begins_then_by_its_name(
    content: str, file: str, content_type: str | None, form: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    seen: list[str] = []

    def extract(form: str, content: bytes) -> Extracted:
        seen.append(form)
        return Extracted(("甲",), 1)

    monkeypatch.setattr(reading, "extract", extract)
    read_article(content.encode(), file=file, content_type=content_type)
    assert seen == ([form] if form else [])


def test_a_page_is_read_in_the_encoding_it_declares() -> None:
    page = "<html><head><meta charset='{}'></head><body><p>{}</p></body></html>"
    body = "台積電（2330）與日月光投控今日上漲，法人看好先進封裝的需求，股價續創新高。"
    content = page.format("big5", body).encode("cp950")
    assert body in read_article(content, file="a.html").lines


def test_what_a_page_has_beside_its_article_is_digest() -> None:
    paragraphs = "".join(
        f"<p>第{n}段提到南亞科（2408）的產線已經滿載，法人看好合約價再漲兩成。</p>"
        for n in "一二三四"
    )
    aside = "<aside><ul><li><a href='/1'>鴻海（2317）機櫃出貨倍增</a></li></ul></aside>"
    head = "<meta property='article:published_time' content='2026-04-15T08:30:00+08:00'>"
    page = f"<html><head>{head}</head><body><article>{paragraphs}</article>{aside}</body></html>"
    article = read_article(page.encode(), url="https://example.com/news/1.html?x=1")
    assert article.lines[-1] == "鴻海（2317）機櫃出貨倍增"
    assert article.digest == ((5, 5),)
    assert article.digest_from == 5
    assert (article.date, article.date_basis) == ("2026-04-15", DateBasis.STATED)
    assert (article.file, article.url) == ("1.html", "https://example.com/news/1.html?x=1")


def test_a_pdf_is_read_and_the_day_it_was_made_is_only_inferred() -> None:
    content = pdf(
        [shows([(50, 700, 12, "南亞科（2408）的產線已經滿載。")])],
        information="/CreationDate(D:20260415)",
    )
    article = read_article(content, file="a.pdf")
    assert article.lines == ("南亞科（2408）的產線已經滿載。",)
    assert (article.date, article.date_basis) == ("2026-04-15", DateBasis.INFERRED)


# --- sources ---------------------------------------------------------------------------


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "短評.md"
    path.write_text(TEXT, "utf-8")
    article = read_source(str(path))
    assert article.file == "短評.md"
    assert article.url is None


def test_standard_input_is_read_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode())))
    assert read_source("-").title == "記憶體再漲"
    endless = io.BytesIO(b"a" * (MAX_BYTES + 100))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=endless))
    assert "larger than 20 MiB" in refusal("-")
    assert endless.tell() == MAX_BYTES + 1


def test_an_address_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(url: str, *, allow_private: bool = False) -> object:
        asked.append((url, allow_private))
        return SimpleNamespace(content=TEXT.encode(), content_type="text/plain", url=f"{url}/b.md")

    monkeypatch.setattr(web, "fetch", fetch)
    article = read_source("HTTPS://example.com/a", allow_private=True)
    assert asked == [("HTTPS://example.com/a", True)]
    assert (article.url, article.file) == ("HTTPS://example.com/a/b.md", "b.md")


@pytest.mark.parametrize(
    "source",
    ["ftp://example.com/a", "file:///etc/hosts", "javascript:alert(1)", "data:text/plain,x"],
)
def test_another_scheme_is_no_source(source: str) -> None:
    assert "only http and https addresses are read" in refusal(source)


def test_what_is_no_readable_file_is_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "it is a directory" in refusal(str(tmp_path))
    assert "it is a directory" in refusal("")
    assert "there is no such file" in refusal(str(tmp_path / "none.txt"))
    assert "no ordinary file" in refusal(str(tmp_path / "pipe"))
    assert "no ordinary file" in refusal("/dev/zero")
    assert "larger than 20 MiB" in refusal(str(large))
    assert "cannot be read" in refusal("a\x00b")
    assert "cannot be read" in refusal("x" * 5000)


def test_a_file_nobody_may_read_is_one_sentence(tmp_path: Path, rootless: list[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x", "utf-8")
    path.chmod(0)
    told = command(tmp_path / "store", "map", "propose", path, before=rootless)
    assert told.returncode == 1
    assert "Permission denied" in told.stderr
    assert told.stderr.count("\n") == 1


# --- whatever it is --------------------------------------------------------------------


def article_or_sentence(content: bytes, **rest: str) -> None:
    try:
        article = read_article(content, **rest)  # type: ignore[arg-type]
    except DashboardError as error:
        told = str(error)
    else:
        is_article(article)
        return
    assert told
    assert "\n" not in told


def is_article(article: Article) -> None:
    assert isinstance(article, Article)
    assert any(line.strip() for line in article.lines)
    assert not any("\n" in line or "\x00" in line for line in article.lines)
    flat = [number for run in article.digest for number in run]
    assert flat == sorted(flat)
    assert not flat or 1 <= flat[0] <= flat[-1] <= len(article.lines)


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.text(max_size=300).map(str.encode), st.binary(max_size=300)), st.text(max_size=9)
)
def test_any_bytes_are_an_article_or_a_sentence(content: bytes, file: str) -> None:
    article_or_sentence(content, file=file)


@settings(max_examples=3, deadline=None)
@given(st.binary(max_size=500))
def test_any_pdf_and_any_page_are_an_article_or_a_sentence(content: bytes) -> None:
    article_or_sentence(b"%PDF-1.7\n" + content)
    article_or_sentence(b"<html><body><p>" + content, file="a.html")
