"""What must hold for sound entries beyond their form; each rule yields its objections."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from dashboard.markets import BOARDS, HOME
from dashboard.supply_chain.models import (
    Company,
    Document,
    Event,
    Evidence,
    Kind,
    Listing,
    Membership,
    Precision,
    Relation,
    RelationKind,
    Status,
)

_TAIWANESE_CODE: Final = re.compile(r"[1-9][0-9]{3}")
_DATE_FORMS: Final = {
    Precision.DAY: (re.compile(r"\d{4}-\d\d-\d\d"), "YYYY-MM-DD"),
    Precision.MONTH: (re.compile(r"\d{4}-\d\d"), "YYYY-MM"),
    Precision.QUARTER: (re.compile(r"\d{4}-Q\d"), "YYYY-Q1 to YYYY-Q4"),
    Precision.YEAR: (re.compile(r"\d{4}"), "YYYY"),
}
_SYMMETRIC: Final = frozenset((RelationKind.PARTNER, RelationKind.COMPETITOR))


class Objection(NamedTuple):
    """Path of the offending part within the entry, what is wrong, how to mend it."""

    path: tuple[str | int, ...]
    what: str
    mend: str


def folded(name: str) -> str:
    """A name as it is compared with others: width, case and spacing do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def calendar_objections(date: str | None) -> Iterator[Objection]:
    """A date that looks right must also exist."""
    if date is None or "Q" in date:
        return
    padded = date + "-01-01"[len(date) - 4 :] if len(date) < 10 else date
    try:
        dt.date.fromisoformat(padded)
    except ValueError:
        yield Objection(
            ("date",), f"`date` '{date}' is no date of the calendar", "write a day that exists"
        )


def document_objections(document: Document) -> Iterator[Objection]:
    yield from calendar_objections(document.date)
    start = document.digest_from
    if start is not None and start > document.line_count:
        yield Objection(
            ("digest_from",),
            f"`digest_from` {start} is beyond the document's {document.line_count} lines",
            "write the first line of the digest part or delete it",
        )
    for first, last in document.digest_lines or ():
        if first < 1 or last > document.line_count:
            yield Objection(
                ("digest_lines",),
                f"`digest_lines` {first}-{last} is outside the document's "
                f"{document.line_count} lines",
                f"write lines from 1 to {document.line_count} or delete it",
            )


def evidence_objections(evidence: Evidence, document: Document) -> Iterator[Objection]:
    if evidence.first_line < 1 or evidence.last_line > document.line_count:
        yield Objection(
            ("lines",),
            f"lines {evidence.line_text} are outside the document {document.id}",
            f"cite lines from 1 to {document.line_count}",
        )
    if evidence.check is None and "check_kind" in evidence.model_fields_set:
        yield Objection(
            ("check_kind",),
            f"check_kind is {evidence.check_kind} and there is no check",
            "write the check, or leave check_kind out",
        )


def listing_objections(listing: Listing) -> Iterator[Objection]:
    """Suffix and code of a listing whose board is known, and the order of its dates."""
    board = BOARDS[listing.board]
    code, dot, suffix = listing.symbol.partition(".")
    if dot + suffix != board.suffix:
        ending = f"must end in {board.suffix}" if board.suffix else "has no suffix"
        yield Objection(
            ("symbol",),
            f"the symbol {listing.symbol} {ending} on the board {board.id}",
            f"write {code}{board.suffix} or the board it trades on",
        )
    elif board.market == HOME and not _TAIWANESE_CODE.fullmatch(code):
        yield Objection(
            ("symbol",),
            f"the symbol {listing.symbol} has no Taiwanese code",
            f"write four digits before {board.suffix}, such as 2330",
        )
    if listing.valid_from and listing.valid_to and listing.valid_to < listing.valid_from:
        yield Objection(
            ("valid_to",),
            f"`valid_to` {listing.valid_to} is before `valid_from` {listing.valid_from}",
            "swap or correct them",
        )


def membership_objections(
    membership: Membership, documents: dict[str, Document]
) -> Iterator[Objection]:
    """The kind is digest exactly if all the evidence stands in a digest part."""
    digest = all(documents[one.document].is_digest(one) for one in membership.evidence)
    right = Kind.DIGEST if digest else Kind.CORE
    if membership.kind is not right:
        where = "all its lines are" if digest else "not all its lines are"
        yield Objection(
            ("kind",),
            f"the membership in {membership.layer} is marked {membership.kind}, but {where} in "
            "the digest part of a document",
            f"write kind: {right}",
        )


def company_objections(company: Company, complete: bool) -> Iterator[Objection]:
    """Rules over one company's parts.

    Parameters
    ----------
    complete : bool
        False if memberships or mentions were dropped for faults of their own; then nothing
        is said about what seems to lack.
    """
    yield from _status_objections(company)
    yield from _overlap_objections(company.listings)
    primaries = sum(one.primary for one in company.memberships)
    if primaries > 1:
        yield Objection(
            ("memberships",),
            f"the company {company.key} has {primaries} primary memberships",
            "leave primary: true on one",
        )
    if not complete:
        return
    if company.memberships and not primaries:
        yield Objection(
            ("memberships",),
            f"the company {company.key} has no primary membership",
            "write primary: true on one",
        )
    if not company.memberships and not company.mentions:
        yield Objection(
            ("key",),
            f"the company {company.key} has neither a membership nor a mention",
            "add where a document names it or delete the company",
        )


def _status_objections(company: Company) -> Iterator[Objection]:
    key, status = company.key, company.status
    if status is Status.LISTED and company.listing is None:
        yield Objection(
            ("status",),
            f"the company {key} is listed but has no listing valid now",
            "add one under `listings` or change the status",
        )
    elif status in (Status.PRIVATE, Status.STATE) and company.listings:
        yield Objection(
            ("status",),
            f"the company {key} is {status} but has a listing",
            "delete the listing or write status: listed",
        )
    elif status is Status.DELISTED and company.listing is not None:
        yield Objection(
            ("status",),
            f"the company {key} is delisted but its listing {company.symbol} has no end",
            "add valid_to or delete the listing",
        )


def _overlap_objections(listings: Sequence[Listing]) -> Iterator[Objection]:
    start, end = dt.date.min, dt.date.max
    by_market: dict[str, list[tuple[dt.date, dt.date, int]]] = {}
    for number, one in enumerate(listings):
        span = (one.valid_from or start, one.valid_to or end, number)
        by_market.setdefault(one.market, []).append(span)
    for spans in by_market.values():
        for (_, earlier_end, a), (later_start, _, b) in pairwise(sorted(spans)):
            if later_start <= earlier_end:
                first, second = sorted((a, b))
                yield Objection(
                    ("listings", second),
                    f"the listings {listings[first].symbol} and {listings[second].symbol} are "
                    "valid at the same time in one market",
                    "end one with valid_to before the other's valid_from",
                )


def event_objections(event: Event) -> Iterator[Objection]:
    yield from _precision_objections(event)
    yield from calendar_objections(event.date)
    if event.session is None:
        return
    if event.precision is not Precision.DAY:
        yield Objection(
            ("session",),
            f"the event {event.id} has a session but its day is not known",
            "delete `session` or write precision: day with the date",
        )
    elif event.date is not None and event.session.isoformat() < event.date:
        yield Objection(
            ("session",),
            f"the session {event.session} is before the event's date {event.date}",
            "write the first session on or after the date",
        )


def _precision_objections(event: Event) -> Iterator[Objection]:
    if event.precision is Precision.UNKNOWN:
        if event.date is not None:
            yield Objection(
                ("precision",),
                f"the event {event.id} has the date {event.date} but precision: unknown",
                "write the precision day, month, quarter or year",
            )
        return
    form, written = _DATE_FORMS[event.precision]
    if event.date is None:
        yield Objection(
            ("precision",),
            f"the event {event.id} has precision: {event.precision} but no date",
            f"add date: {written} or write precision: unknown",
        )
    elif not form.fullmatch(event.date):
        yield Objection(
            ("date",),
            f"the date {event.date} does not fit precision: {event.precision}",
            f"write {written} or change the precision",
        )


def relation_identity(relation: Relation) -> tuple[str, str, str]:
    """What makes two relations the same; partners and competitors in either order."""
    ends = (relation.source, relation.target)
    if relation.kind in _SYMMETRIC:
        ends = (min(ends), max(ends))
    return (relation.kind, *ends)
