"""What a page's own data say of it: meta elements, JSON-LD and `<time>`, in that order."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dashboard.articles.dates import iso_date

_PUBLISHED: Final = (
    "article:published_time", "article:published", "og:published_time", "og:article:published_time",
    "datepublished", "publishdate", "publish_date", "publish-date", "published_date",
    "published_time",
    "pubdate", "publication_date", "publicationdate", "date.published", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "dc.date.issued", "dcterms.issued",
    "dcterms.created", "dcterms.date", "dc.date", "dc.date.created", "citation_publication_date",
    "date",
)  # fmt: skip
_TITLES: Final = ("og:title", "twitter:title", "headline", "dc.title")
_SITES: Final = (
    "og:site_name",
    "application-name",
    "al:android:app_name",
    "dc.publisher",
    "publisher",
)
_ADDRESSES: Final = ("og:url",)
_LONGEST: Final = 300
_LARGEST_JSON: Final = 1_000_000
_DATE: Final = re.compile(
    r"(?P<y>\d{4})[-/.]?(?P<m>\d{1,2})[-/.]?(?P<d>\d{1,2})"
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?\s*"
    r"(?P<utc>Z|UTC|GMT|[+-]00:?00)?)?",
    re.I,
)
_TAIPEI: Final = dt.timedelta(hours=8)
_TITLE_ENDS: Final = re.compile(r"\s*[|｜–—_]\s*|\s+-\s+")


@dataclass
class PageData:
    """What the elements of a page hold, as written and in the page's order.

    `metas` by name in lower case, the first of each; `scripts` are those of JSON-LD, `times` the
    `datetime` of `<time>`; `heading` is the only h1, `title` that of the head.
    """

    metas: dict[str, str] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    heading: str = ""
    title: str = ""
    canonical: str = ""


@dataclass(frozen=True)
class About:
    """Empty where the page does not say."""

    title: str
    publisher: str
    url: str
    date: str


def about(page: PageData) -> About:
    """Title, publisher, address and day of publication that a page states."""
    linked = [*_articles(page.scripts)]
    site = _first(page.metas, _SITES) or _named(linked, "publisher")
    title = _first(page.metas, _TITLES) or _texts(linked, "headline") or page.heading or page.title
    address = page.canonical or _first(page.metas, _ADDRESSES)
    return About(
        title=_without_site(_tidy(title), _tidy(site)),
        publisher=_tidy(site),
        url=address if re.fullmatch(r"https?://[^\s<>]{1,2000}", address) else "",
        date=_published(page, linked),
    )


def day_of(text: str) -> str:
    """The day of a timestamp as Taiwan has it; empty where there is none in it.

    One in UTC is the server's clock and becomes Taiwan's; another is as its writer sees it.
    """
    match = _DATE.match(text.strip())
    if match is None:
        return ""
    date = iso_date(int(match["y"]), int(match["m"]), int(match["d"]))
    if date is None or not match["utc"]:
        return date or ""
    try:
        moment = dt.datetime.fromisoformat(date)
        moment += dt.timedelta(hours=int(match["hour"]), minutes=int(match["minute"])) + _TAIPEI
    except (ValueError, OverflowError):
        return date
    return moment.date().isoformat()


def _published(page: PageData, linked: Sequence[Mapping[str, Any]]) -> str:
    written = [page.metas[name] for name in _PUBLISHED if name in page.metas]
    written += [value for one in linked if isinstance(value := one.get("datePublished"), str)]
    # A page of many times is a list of news: none of them is surely its own.
    days = {day_of(one) for one in page.times} - {""}
    written += days if len(days) == 1 else []
    return next(filter(None, map(day_of, written)), "")


def _articles(scripts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Objects of JSON-LD that have a headline or a day, wherever they are nested."""
    for script in scripts:
        if len(script) > _LARGEST_JSON:
            continue
        try:
            waiting: list[Any] = [json.loads(script, strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, list):
                waiting += one[:100]
            elif isinstance(one, dict):
                if "datePublished" in one or "headline" in one:
                    yield one
                waiting += [value for key, value in one.items() if key in ("@graph", "mainEntity")]


def _first(metas: Mapping[str, str], names: Sequence[str]) -> str:
    return next((metas[name] for name in names if metas.get(name, "").strip()), "")


def _texts(linked: Sequence[Mapping[str, Any]], key: str) -> str:
    return next((value for one in linked if isinstance(value := one.get(key), str)), "")


def _named(linked: Sequence[Mapping[str, Any]], key: str) -> str:
    return _texts([value for one in linked if isinstance(value := one.get(key), dict)], "name")


def _tidy(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]


def _without_site(title: str, site: str) -> str:
    """A title without the site's name after its last bars."""
    while site and len(parts := _TITLE_ENDS.split(title)) > 1:
        if parts[-1].strip() not in (site, ""):
            break
        title = title[: len(title) - len(parts[-1])].rstrip(" |｜–—_-")
    return title
