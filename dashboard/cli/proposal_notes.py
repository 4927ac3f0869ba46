"""What the commands of proposals say on stderr beside their result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.cli.output import say

if TYPE_CHECKING:
    from dashboard.articles.models import Article
    from dashboard.proposals.models import Proposal
    from dashboard.supply_chain.models import SupplyChain


def tell_read(article: Article) -> None:
    """What was read, and what is known of it."""
    from dashboard.articles.giving import other_date
    from dashboard.proposals.claims import clean
    from dashboard.proposals.rows import line_text

    digest = [n for first, last in article.digest for n in range(first, last + 1)]
    skipped = ""
    if digest:
        are = "line {} is" if len(digest) == 1 else "lines {} are"
        skipped = f", of which {are.format(line_text(digest))} no part of the article"
    name = clean(article.file or article.url or "stdin")
    say(f"{name}: {count(len(article.lines), 'line')}{skipped}")
    for name, value, how in (
        ("title", article.title, ""),
        ("publisher", article.publisher, ""),
        ("date", article.date or "", f" ({article.date_basis})"),
    ):
        if value:
            say(f"{name}: {clean(value)}{' (given)' if name in article.given else how}")
    if differs := other_date(article):
        say(differs.en)
    if article.extracted:
        say("lines are those of the extracted text; see them with: map propose SOURCE --text")


def tell_dates(article: Article) -> None:
    """How many dates are left open as the article's own is unknown."""
    from dashboard.proposals.dates import unresolved

    if left := unresolved(article):
        are = "date is" if left == 1 else "dates are"
        say(
            f"{left} relative {are} left out: the article's own date is not known to the day; "
            "give it with --date"
        )


def tell_found(proposal: Proposal, chain: SupplyChain, *, with_conflicts: bool) -> None:
    """Lines by group, conflicts, and whether the article is on the map already."""
    from dashboard.proposals.choosing import already_there
    from dashboard.proposals.documents import known_document
    from dashboard.proposals.models import Group
    from dashboard.proposals.rows import GROUP, conflict_rows, line_rows

    there = known_document(proposal.document.sha256, chain)
    if there is not None:
        say(already_there(proposal, there).en)
    counts = line_rows(proposal)[GROUP].value_counts()
    groups = ", ".join(f"{int(counts.get(one.value, 0))} {one.value}" for one in Group)
    conflicts = len(proposal.conflicts)
    say(
        f"{count(len(proposal.companies), 'company', 'companies')}; lines: {groups}; "
        f"{count(conflicts, 'conflict')}"
    )
    for one in conflict_rows(proposal).itertuples() if with_conflicts else ():
        say(f"conflict on {one.lines}: {one.code} {one.name}: {one.why}")


def tell_left_out(beside: int, against: int) -> None:
    """How many lines were not taken as they stand beside the article or against the map."""
    if beside:
        say(
            f"left out: {count(beside, 'line')} of adverts or lists of headlines; "
            "take them with --include-digest"
        )
    if against:
        say(
            f"left out: {count(against, 'contradiction')} of the map; "
            "look at them, then take them with --line ID or --all"
        )


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 line`, `2 lines`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
