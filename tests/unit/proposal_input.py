"""Articles and finds made by hand for the tests of relations and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.models import Finds, FoundCompany, How, Identity, Mention
from dashboard.supply_chain.models import DateBasis, Kind, Status

FULL: Text = Text("原因", "reason")


def article(
    *lines: str, date: str | None = "2025-11-25", digest: tuple[tuple[int, int], ...] = ()
) -> Article:
    basis = DateBasis.UNKNOWN if date is None else DateBasis.STATED
    return Article(tuple(lines), digest=digest, date=date, date_basis=basis)


def finds(read: Article, names: Mapping[str, Sequence[str]], states: Sequence[str] = ()) -> Finds:
    """Every place of the names of each id; of names that hold each other the longest."""
    written = sorted(
        ((name, key) for key, all_names in names.items() for name in all_names),
        key=lambda pair: -len(pair[0]),
    )
    mentions: dict[str, list[Mention]] = {}
    for number, line in enumerate(read.lines, start=1):
        taken = [False] * len(line)
        for name, key in written:
            start = line.find(name)
            while start >= 0:
                end = start + len(name)
                if not any(taken[start:end]):
                    taken[start:end] = [True] * len(name)
                    one = Mention(number, start, end, name, "", How.NAME, 1.0, FULL)
                    mentions.setdefault(key, []).append(one)
                start = line.find(name, end)
    return Finds(tuple(_company(key, found, key in states) for key, found in mentions.items()), ())


def _company(key: str, found: list[Mention], state: bool) -> FoundCompany:
    status = Status.STATE if state else Status.LISTED
    identity = Identity(key, None, key, Text(key, key), status=status)
    return FoundCompany(identity, tuple(sorted(found)), Kind.CORE)
