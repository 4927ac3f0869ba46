"""Articles through the real client from a server on this machine: whole, hostile, forbidden."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.articles import target, web, wire
from dashboard.articles.target import target_of
from dashboard.articles.web import LIMITS, MAX_REDIRECTS, fetch
from dashboard.errors import ArticleError
from dashboard.settings import ARTICLE_PRIVATE_VARIABLE, article_private_allowed
from tests.contract.article_server import (
    CERTIFICATES,
    HEAD,
    ArticleServer,
    Page,
    articles,
    closed_port,
    deflated,
    gzipped,
    redirect,
)

ARTICLE = "<html><body>台積電（2330）擴產</body></html>".encode()
QUICK = replace(LIMITS, total=0.5)
SMALL = replace(LIMITS, size=100_000)


@pytest.fixture
def server() -> Iterator[ArticleServer]:
    with articles() as running:
        running.pages["/a"] = Page(ARTICLE)
        yield running


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Names and what they lead to, one list of addresses for each look-up in turn."""
    names: dict[str, list[list[str]]] = {}

    def looked_up(host: str, port: int, **_: Any) -> list[Any]:
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port, 0, 0) if ":" in one else (one, port),
            )
            for one in names[host].pop(0)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return names


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArticleServer]:
    """A server on 127.0.0.2, which alone counts as the open internet, on every port."""
    with articles("127.0.0.2") as running:
        running.pages["/a"] = Page(ARTICLE)
        monkeypatch.setattr(wire, "is_public", lambda address: address == "127.0.0.2")
        monkeypatch.setattr(wire, "_PUBLIC_PORTS", range(65536))
        yield running


def refusal(url: str, **options: Any) -> str:
    """The one sentence by which an address is refused."""
    with pytest.raises(ArticleError) as refused:
        fetch(url, **options)
    said, chinese = str(refused.value), refused.value.told("zh")
    assert said.isprintable()
    assert len(said) < 300
    assert chinese.isprintable()
    assert re.search("[一-鿿]{3}", chinese)
    assert not re.search(r"(?<![\w.:/\[\]-])(?:the|it|is|to|page|host|address)\b", chinese)
    return said


# What a healthy page becomes


def test_a_page_comes_whole_with_its_type_and_last_address(server: ArticleServer) -> None:
    fetched = fetch(server.url("/a#part"), allow_private=True)
    assert fetched == web.Fetched(ARTICLE, "text/html; charset=utf-8", server.url("/a"))
    _, headers, _ = server.asked[0]
    assert headers["Host"] == f"127.0.0.1:{server.port}"
    assert headers["User-Agent"].startswith("taiwan-ai-supply-chain")
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


@pytest.mark.parametrize(
    "page",
    [gzipped(ARTICLE), deflated(ARTICLE), deflated(ARTICLE, -zlib.MAX_WBITS),
     replace(gzipped(b""), body=gzip.compress(ARTICLE[:9]) + gzip.compress(ARTICLE[9:])),
     Page(raw=HEAD + b"\r\n" + ARTICLE),
     Page(raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
          % (len(ARTICLE), ARTICLE))],
    ids=["gzip", "deflate", "raw deflate", "gzip in two", "until the end", "chunked"],
)  # fmt: skip
def test_however_it_is_packed(server: ArticleServer, page: Page) -> None:
    server.pages["/a"] = page
    assert fetch(server.url("/a"), allow_private=True).content == ARTICLE


@pytest.mark.parametrize(
    ("told", "body", "seen"),
    [
        ("application/pdf", b"%PDF-1.7", "application/pdf"),
        ("TEXT/PLAIN; charset=big5", "台".encode("big5"), "TEXT/PLAIN; charset=big5"),
        ("text/markdown", b"# a", "text/markdown"),
        ("application/octet-stream", b"\n%PDF-1.7\x00", "application/pdf"),
        ("application/octet-stream", b"<!DOCTYPE html><p>", "text/html"),
        ("application/octet-stream", "台".encode("big5"), "text/plain"),
        ("application/octet-stream", "台".encode("utf-16"), "text/plain"),
        (None, ARTICLE, "text/html"),
    ],
)
def test_the_type_is_the_servers_or_what_it_looks_like(
    server: ArticleServer, told: str | None, body: bytes, seen: str
) -> None:
    server.pages["/a"] = Page(body, told)
    assert fetch(server.url("/a"), allow_private=True).content_type == seen


@pytest.mark.parametrize(
    ("told", "body"),
    [("image/png", b"\x89PNG"), ("application/json", b"{}"), ("text/html2", b"<html>"),
     ("application/octet-stream", b"PK\x03\x04"), (None, b"\x7fELF\x00"), ("\x1b[31m", b"a")],
)  # fmt: skip
def test_what_is_no_article_is_refused(
    server: ArticleServer, told: str | None, body: bytes
) -> None:
    server.pages["/a"] = Page(body, told)
    assert "HTML, text, Markdown or PDF" in refusal(server.url("/a"), allow_private=True)


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: ArticleServer, status: int) -> None:
    server.pages["/old"] = redirect("新聞?q=晶片#x", status)
    server.pages["/%E6%96%B0%E8%81%9E?q=%E6%99%B6%E7%89%87"] = redirect("/a")
    fetched = fetch(server.url("/old"), allow_private=True)
    assert (fetched.content, fetched.url) == (ARTICLE, server.url("/a"))


def test_redirects_end(server: ArticleServer) -> None:
    for step in range(MAX_REDIRECTS):
        server.pages[f"/{step}"] = redirect(f"/{step + 1}")
    server.pages[f"/{MAX_REDIRECTS}"] = Page(ARTICLE)
    assert fetch(server.url("/0"), allow_private=True).content == ARTICLE
    server.pages["/round"] = redirect("/round")
    server.asked.clear()
    assert "more than 5 times" in refusal(server.url("/round"), allow_private=True)
    assert len(server.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("location", "said"),
    [("", "to nowhere"), ("file:///etc/passwd", "to an address that does not begin with http"),
     ("ftp://host/a", "to an address that"), ("javascript:alert(1)", "to an address that"),
     ("http://user:pw@127.0.0.1/", "holds a user name or password"),
     ("http://[", "to an address that is no address")],
)  # fmt: skip
def test_a_redirect_leads_to_pages_of_the_web_only(
    server: ArticleServer, location: str, said: str
) -> None:
    server.pages["/a"] = redirect(location)
    told = refusal(server.url("/a"), allow_private=True)
    assert f"{server.url('')}: it redirects" in told
    assert said in told
    assert "pw" not in told


# Addresses that are not asked


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://LOCALHOST./", "http://127.9.9.9/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://10.0.0.8/", "http://192.168.1.1/", "http://172.16.5.5/", "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data", "http://100.64.1.1/", "http://224.0.0.1/",
        "http://[fe80::1]/", "http://[fd00::1]/", "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/", "http://[::]/", "https://127.0.0.1:443/",
        "http://１２７.0.0.1/", "http://127。0。0。1/", "http://192.0.2.1/", "http://[2001:db8::1]/",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_before_anything_is_sent(url: str) -> None:
    said = refusal(url)
    assert "not on the open internet" in said
    assert "private network" not in said  # the net of examples is none
    assert ARTICLE_PRIVATE_VARIABLE in said


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.01", "0x7f.0.0.1", "256.1.1.1",
     "1.2.3.4.5", "2130706433.", "example.0x", "１２７.1"],
)  # fmt: skip
@pytest.mark.parametrize("allowed", [True, False])
def test_a_number_has_one_spelling(host: str, allowed: bool) -> None:
    said = refusal(f"http://{host}/", allow_private=allowed)
    assert "spells its host as a number" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.org/", "http:// or https://"), ("file:///etc/passwd", "http:// or"),
        ("example.org/a", "http:// or https://"), ("", "http:// or https://"),
        ("https://", "no host"), ("https://./", "no host"), ("https://a..b/", "no host"),
        ("https://-a.org/", "no host"), (f"https://{'a' * 64}.org/", "no host"),
        ("https://[fe80::1%25eth0]/", "no host"), ("https://[1.2.3.4]/", "no "),
        ("https://ex%61mple.org/", "no host"), ("https://\u2100.org/", "no "),
        ("https://me:secret@example.org/", "password"), ("https://@example.org/", "password"),
        ("https://example.org@127.0.0.1/", "password"), ("https://a.org:99999/", "no address"),
        ("https://a.org:0/", "port"), ("https://a.org\\@127.0.0.1/", "backslash"),
        ("https://a.org/\r\nHost: b", "control"), ("https://a.org/a b", "space"),
        ("https://a.org/\ud800", "control"), (f"https://a.org/{'a' * 2000}", "2,000"),
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_said(url: str, said: str) -> None:
    for allowed in (True, False):
        told = refusal(url, allow_private=allowed)
        assert said in told
        assert "secret" not in told


def test_other_ports_are_asked_only_where_private_addresses_are(server: ArticleServer) -> None:
    assert "only 80 and 443" in refusal("http://8.8.8.8:22/")
    assert "only 80 and 443" in refusal(server.url("/a"))
    assert server.asked == []


def test_the_setting_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, allowed in (("1", True), ("", False), ("0", False), ("yes", False)):
        monkeypatch.setenv(ARTICLE_PRIVATE_VARIABLE, value)
        assert article_private_allowed() is allowed


# Names, and what they lead to


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    outside: ArticleServer, lookups: dict[str, list[list[str]]]
) -> None:
    """A name that leads elsewhere the next time gains nothing: it is looked up once."""
    lookups["news.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    url = outside.url("/a", "News.Example.")
    assert fetch(url).url == outside.url("/a", "news.example")
    assert lookups["news.example"] == [["127.0.0.1"]]
    assert outside.asked[0][1]["Host"] == f"news.example:{outside.port}"


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "::1", "fd00::1"])
def test_one_private_address_among_others_refuses_the_name(
    outside: ArticleServer, lookups: dict[str, list[list[str]]], inner: str
) -> None:
    lookups["news.example"] = [["127.0.0.2", inner], [inner, "127.0.0.2"]]
    for _ in range(2):
        assert "not on the open internet" in refusal(outside.url("/a", "news.example"))
    assert outside.asked == []


def test_each_redirect_is_looked_at_anew(
    outside: ArticleServer, server: ArticleServer, lookups: dict[str, list[list[str]]]
) -> None:
    lookups["news.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    lookups["inner.example"] = [["127.0.0.1"]]
    lookups["127.0.0.1"] = [["127.0.0.1"]]
    for location in (server.url("/a", "inner.example"), server.url("/a")):
        outside.pages["/away"] = redirect(location)
        lookups["news.example"].insert(0, ["127.0.0.2"])
        assert "not on the open internet" in refusal(outside.url("/away", "news.example"))
    # The same name again, which leads inside by now.
    outside.pages["/away"] = redirect(outside.url("/a", "news.example"))
    del lookups["news.example"][1:-1]
    assert "not on the open internet" in refusal(outside.url("/away", "news.example"))
    assert server.asked == []


def test_a_name_in_chinese_is_asked_by_its_ascii_form(
    outside: ArticleServer, lookups: dict[str, list[list[str]]]
) -> None:
    lookups["xn--fiq228c.example"] = [["127.0.0.2"]]
    fetch(outside.url("/a", "中文.example"))
    assert outside.asked[0][1]["Host"].startswith("xn--fiq228c.example:")


def test_an_unknown_name_is_said(lookups: dict[str, list[list[str]]]) -> None:
    lookups["empty.example"] = [[]]
    for host in ("nowhere.example", "empty.example"):
        assert "leads nowhere" in refusal(f"https://{host}/a")


def test_the_next_address_is_tried_where_one_does_not_answer(
    outside: ArticleServer, lookups: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "is_public", lambda address: address != "127.0.0.1")
    lookups["news.example"] = [["127.0.0.3", "127.0.0.2"]]
    assert fetch(outside.url("/a", "news.example")).content == ARTICLE


def test_a_closed_port_is_said() -> None:
    said = refusal(f"http://127.0.0.1:{closed_port()}/", allow_private=True)
    assert "cannot be reached" in said


def test_proxies_of_the_environment_are_not_used(
    server: ArticleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert fetch(server.url("/a"), allow_private=True).content == ARTICLE


# Answers that mean harm, or fail


@pytest.mark.parametrize(
    ("status", "said"),
    [(204, "204"), (304, "304"), (401, "sign-in"), (403, "turns"), (404, "no such page"),
     (410, "gone"), (418, "418"), (429, "later"), (500, "fails"), (503, "fails")],
)  # fmt: skip
def test_other_statuses_are_said(server: ArticleServer, status: int, said: str) -> None:
    server.pages["/a"] = Page(b"" if status in (204, 304) else ARTICLE, status=status)
    told = refusal(server.url("/a"), allow_private=True)
    assert said in told
    assert f"(status {status})" in told


@pytest.mark.parametrize(
    "page",
    [Page(b"a" * 100_001), gzipped(b"\0" * 100_001), deflated(b"\0" * 9_000_000),
     Page(raw=HEAD + b"Content-Length: 100001\r\n\r\n"),
     Page(raw=HEAD + b"\r\n", drip=b"a" * 50_000)],
    ids=["long", "gzip", "bomb", "promised", "endless"],
)  # fmt: skip
def test_no_more_is_taken_than_the_limit(server: ArticleServer, page: Page) -> None:
    server.pages["/a"] = page
    assert "too large" in refusal(server.url("/a"), allow_private=True, limits=SMALL)


@pytest.mark.parametrize("page", [Page(b"a" * 100_000), gzipped(b"\0" * 100_000)])
def test_the_limit_itself_is_taken(server: ArticleServer, page: Page) -> None:
    server.pages["/a"] = page
    fetched = fetch(server.url("/a"), allow_private=True, limits=SMALL)
    assert len(fetched.content) == 100_000


def test_of_a_bomb_no_more_is_unpacked_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """16 KB that would be 16 MB; counted where it is unpacked."""
    bomb = gzip.compress(bytes(2**24))
    made: list[int] = []

    class Counting:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def decompress(self, data: bytes, most: int = 0) -> bytes:
            out: bytes = self._inner.decompress(data, most)
            made.append(len(out))
            return out

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    real = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda bits: Counting(real(bits)))
    with pytest.raises(target.Unanswered, match="too_large"):
        wire._unpacked(bomb, "gzip", 1000)
    assert sum(made) == 1001


@pytest.mark.parametrize("member", [b"", b"a"])
def test_a_body_in_parts_without_end_is_refused(server: ArticleServer, member: bytes) -> None:
    """Each part would copy all that follows it."""
    server.pages["/a"] = replace(gzipped(b""), body=gzip.compress(member) * 2_000)
    assert "packed" in refusal(server.url("/a"), allow_private=True)
    few = gzip.compress(member) * wire._MOST_MEMBERS
    assert wire._unpacked(few, "gzip", 100) == member * wire._MOST_MEMBERS


@pytest.mark.parametrize(
    "page",
    [Page(raw=HEAD + b"Content-Length: 99\r\n\r\n" + ARTICLE[:50]),
     Page(raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\n63\r\n" + ARTICLE[:50]),
     Page(raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
     replace(gzipped(b""), body=gzip.compress(ARTICLE)[:-9]),
     replace(gzipped(b""), body=b"no gzip at all"),
     Page(raw=b"hello"), Page(raw=b""), Page(raw=b"HTTP/1.1 abc\r\n\r\n"),
     Page(raw=HEAD + b"X: y\r\n" * 200 + b"\r\n"), Page(raw=HEAD + b"X: " + b"y" * 70_000)],
    ids=["length", "chunk", "no chunk", "half gzip", "no gzip", "no HTTP", "nothing",
         "no status", "many headers", "long header"],
)  # fmt: skip
def test_a_cut_or_damaged_answer_is_said(server: ArticleServer, page: Page) -> None:
    server.pages["/a"] = page
    assert "cut short or damaged" in refusal(server.url("/a"), allow_private=True)


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip", "compress"])
def test_other_packings_are_refused(server: ArticleServer, packing: str) -> None:
    server.pages["/a"] = Page(ARTICLE, headers=(("Content-Encoding", packing),))
    assert "packed" in refusal(server.url("/a"), allow_private=True)


@pytest.mark.parametrize(
    "page",
    [Page(raw=HEAD + b"\r\n", drip=b"."), Page(raw=b"HTTP/1.1 200 OK\r\nX-Long: ", drip=b"."),
     Page(raw=b"", drip=b"HTTP/1.1 100 Continue\r\n\r\n")],
    ids=["body", "header", "continue"],
)  # fmt: skip
def test_a_drip_ends_at_the_deadline(server: ArticleServer, page: Page) -> None:
    """Each byte is news to the silence's watch; the line is cut, not left to its thread."""
    server.pages["/a"] = page
    assert "in time" in refusal(server.url("/a"), allow_private=True, limits=QUICK)
    assert not server.asked or server.hung_up.wait(30)


def test_a_silence_ends_too(server: ArticleServer) -> None:
    server.pages["/a"] = Page(raw=HEAD + b"Content-Length: 9\r\n\r\n", drip=b"")
    silent = socket.create_server(("127.0.0.1", 0))
    with silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        quiet = replace(LIMITS, silence=0.2)
        assert "in time" in refusal(url, allow_private=True, limits=quiet)


# TLS


@pytest.fixture
def shielded() -> Iterator[ArticleServer]:
    with articles(tls=True) as running:
        running.pages["/a"] = Page(ARTICLE)
        yield running


def test_a_certificate_is_verified_for_the_name_not_the_number(
    shielded: ArticleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the number that was checked, the name is what is vouched for."""
    url = shielded.url("/a", "localhost")
    assert "certificate is refused" in refusal(url, allow_private=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    assert fetch(url, allow_private=True).content == ARTICLE
    assert "certificate is refused" in refusal(shielded.url("/a"), allow_private=True)


def test_a_redirect_does_not_leave_tls(
    shielded: ArticleServer, server: ArticleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    shielded.pages["/down"] = redirect(server.url("/a"))
    said = refusal(shielded.url("/down", "localhost"), allow_private=True)
    assert "https to http" in said
    assert server.asked == []
    server.pages["/up"] = redirect(shielded.url("/a", "localhost"))
    assert fetch(server.url("/up"), allow_private=True).content == ARTICLE


def test_a_server_without_tls_is_said(server: ArticleServer) -> None:
    url = server.url("/a").replace("http:", "https:")
    assert "cut short or damaged" in refusal(url, allow_private=True)


def test_the_context_verifies() -> None:
    context = wire._tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 50


# What an address is


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("HTTPS://Example.ORG:443", "https://example.org/"),
        ("http://example.org:8080?a=（1）", "http://example.org:8080/?a=%EF%BC%881%EF%BC%89"),
        ("https://example.org/a_(b)%20c[1]", "https://example.org/a_%28b%29%20c%5B1%5D"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[2001:DB8::0:1]:81/", "http://[2001:db8::1]:81/"),
    ],
)
def test_an_address_has_one_spelling(url: str, spelled: str) -> None:
    assert target_of(url).url == spelled


hosts = st.sampled_from(["example.org", "[::1]", "中文.example.", "a@b", "0x7f.1", "", "ex ample"])
addresses = st.text(max_size=30) | st.builds(
    lambda scheme, host, port, rest: f"{scheme}://{host}{port}{rest}",
    st.sampled_from(["http", "HTTPS", "ftp"]),
    hosts | st.text(max_size=10),
    st.sampled_from(["", ":", ":80", ":443", ":99999", ":x"]),
    st.text("/?#%()[]<>:@;=&.台 \\\x00\ud800é", max_size=12),
)


@given(addresses)
@settings(max_examples=150, deadline=None)
def test_any_text_is_an_address_in_one_spelling_or_none(url: str) -> None:
    try:
        made = target_of(url)
    except target.Unanswered:
        return
    assert made.url.isascii()
    assert made.url.isprintable()
    assert not set(made.url.removeprefix(f"{made.scheme}://{made.authority}")) & set("()[]<>\\ ")
    assert target_of(made.url) == made
