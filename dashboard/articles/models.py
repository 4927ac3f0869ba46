"""An article as it was read: its lines, where they are no part of it, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dashboard.supply_chain.models import DateBasis


@dataclass(frozen=True)
class Article:
    """One article; its text lives only as long as this object.

    Attributes
    ----------
    lines : tuple of str
        What finds are cited by, counted from 1: the file's own lines of a text or Markdown
        file, the lines of the extracted text of HTML and PDF. Without line ends.
    digest : tuple of (first, last)
        Runs of lines that are no part of the article: navigation, adverts, lists of other
        headlines. In order, without overlap; counted from 1, both ends included.
    front_matter : (first, last) or None
        Lines of the header, between its `---` lines and with them.
    title, publisher : str
        Empty where neither found nor given.
    date : str or None
        As exactly as it is known: 2025, 2025-08 or 2025-11-25.
    date_basis : DateBasis
        `stated` in the article or given, `inferred` from it, `unknown`.
    url : str or None
        Where it was fetched from, or what its own header names.
    file : str
        Name of the file, without its folder; a name made of the address otherwise.
    sha256 : str
        Of the bytes that were read, 64 digits.
    extracted : bool
        Whether the lines were made from HTML or PDF, where nobody can count them.
    replaced : tuple of (name, value)
        What was found where a person told something else (`giving.with_given`); empty values
        where nothing was.
    """

    lines: tuple[str, ...]
    digest: tuple[tuple[int, int], ...] = ()
    front_matter: tuple[int, int] | None = None
    title: str = ""
    publisher: str = ""
    date: str | None = None
    date_basis: DateBasis = DateBasis.UNKNOWN
    url: str | None = None
    file: str = ""
    sha256: str = ""
    extracted: bool = False
    replaced: tuple[tuple[str, str], ...] = ()

    @property
    def given(self) -> frozenset[str]:
        """Of `title`, `publisher` and `date` those that a person told otherwise than found."""
        told = dict(self.replaced)
        return frozenset(
            one for one in ("title", "publisher", "date") if one in told and getattr(self, one)
        )

    @cached_property
    def _digest_lines(self) -> frozenset[int]:
        return frozenset(n for first, last in self.digest for n in range(first, last + 1))

    def is_digest(self, line: int) -> bool:
        """Whether a line, counted from 1, is no part of the article itself."""
        return line in self._digest_lines

    @property
    def digest_from(self) -> int | None:
        """First line of the digest run that reaches the end; None where there is none."""
        if not self.digest:
            return None
        first, last = self.digest[-1]
        return first if last == len(self.lines) else None
