"""What a person tells of an article: it goes before what was found, and is known as told."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.markets import HOME, MARKETS
from dashboard.supply_chain.models import DateBasis

_EARLIEST: Final = 1990
"""No article about this chain is older."""
_BASIS: Final = "date_basis"


def with_given(article: Article, told: Mapping[str, str]) -> Article:
    """The article with what a person says of it.

    Parameters
    ----------
    told : `title`, `publisher`, `date`, any of them; empty for what is not known

    Returns
    -------
    Article
        What was found instead stays in `replaced`; told as it was found, a value is found.
    """
    found = dict(article.replaced)
    values: dict[str, str] = {}
    for name, text in told.items():
        own, there = " ".join(text.split()), getattr(article, name) or ""
        if own == there:
            continue
        values[name] = own
        original = found.setdefault(name, there)
        if name == "date":
            found.setdefault(_BASIS, article.date_basis.value)
        if original == own:
            del found[name]
    basis = article.date_basis
    if "date" in values:
        told_basis = DateBasis.STATED if values["date"] else DateBasis.UNKNOWN
        basis = told_basis if "date" in found else DateBasis(found.pop(_BASIS))
    return dataclasses.replace(
        article,
        title=values.get("title", article.title),
        publisher=values.get("publisher", article.publisher),
        date=values.get("date", article.date) or None,
        date_basis=basis,
        replaced=tuple(sorted(found.items())),
    )


def other_date(article: Article) -> Text | None:
    """That the date a person gave is not the one that was read; None where none was."""
    read = dict(article.replaced).get("date")
    if not read or not article.date:
        return None
    return Text(
        f"文中讀到的日期是 {read}，與填寫的 {article.date} 不同；以填寫的為準。",
        f"the date read in the article is {read}, not {article.date}; the given one counts",
    )


def out_of_range(date: str, now: dt.datetime) -> Text | None:
    """Why a date cannot be an article's: it is yet to come, or before its subject; else None.

    Parameters
    ----------
    date : 2025, 2025-08 or 2025-11-25
    now : aware of its timezone; days are Taiwan's
    """
    today = now.astimezone(ZoneInfo(MARKETS[HOME].timezone)).date().isoformat()
    if date > today[: len(date)]:
        return Text(
            f"{date} 還沒到；請填今天（{today}）或更早的日期",
            f"{date} is yet to come; give a date up to today, {today}",
        )
    if int(date[:4]) < _EARLIEST:
        return Text(
            f"{date} 太早；請填 {_EARLIEST} 年以後的日期",
            f"{date} is too early; give a date from {_EARLIEST} on",
        )
    return None
