"""Which lines of a page are no part of its article, and why.

What a line is by itself comes first (`page_parts.single`); then what a heading announces: a list
of other articles, a disclaimer, comments. A list ends where the article goes on, so it takes only
what looks like a headline or a teaser. In doubt a line stays in the article: a company lost there
is worse than one too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from dashboard.articles import page_parts as page
from dashboard.articles import page_shapes as shape
from dashboard.articles.front_matter import FrontMatter
from dashboard.articles.page_parts import Part
from dashboard.articles.publisher_names import exact_publisher

_AHEAD: Final = 3
"""Lines of text that may stand between two signs of the same list or advert."""
_MOST_PAIRS: Final = 60


@dataclass(frozen=True)
class DigestRun:
    """Lines that are no part of the article, counted from 1, and what their first is."""

    first: int
    last: int
    part: Part


def digest_runs(
    lines: Sequence[str], front_matter: FrontMatter | None = None
) -> tuple[tuple[int, int], ...]:
    """Runs of lines that are no part of the article: in order, apart, counted from 1.

    The header is none of them. A run that only blank lines part from the next, or from the
    end of the text, is one with them.
    """
    runs: list[tuple[int, int]] = []
    for run in digest_parts(lines, front_matter):
        if runs and not any(lines[i].strip() for i in range(runs[-1][1], run.first - 1)):
            runs[-1] = (runs[-1][0], run.last)
        else:
            runs.append((run.first, run.last))
    if runs and not any(line.strip() for line in lines[runs[-1][1] :]):
        runs[-1] = (runs[-1][0], len(lines))
    return tuple(runs)


def digest_parts(
    lines: Sequence[str], front_matter: FrontMatter | None = None
) -> tuple[DigestRun, ...]:
    """The same lines with the reason: a run for each change of it; blank lines in none."""
    parts = _Page(lines, front_matter.lines[1] if front_matter else 0).parts()
    runs: list[DigestRun] = []
    for number, part in enumerate(parts, start=1):
        if part is None:
            continue
        if runs and runs[-1].last == number - 1 and runs[-1].part is part:
            runs[-1] = DigestRun(runs[-1].first, number, part)
        else:
            runs.append(DigestRun(number, number, part))
    return tuple(runs)


class _Page:
    """The lines after the header that are not blank, and what each of them is."""

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self.count = len(lines)
        self.at = [i for i in range(start, len(lines)) if lines[i].strip()]
        self.text = [lines[i] for i in self.at]
        self.part: list[Part | None] = []
        self.may_head: list[bool] = []
        for line in self.text:  # one look at each line, folded once
            self.part.append(page.single(line))
            self.may_head.append(page.may_head(line))
        self.prose = [
            part is None and shape.is_prose(line)
            for part, line in zip(self.part, self.text, strict=True)
        ]
        prose = [i for i, one in enumerate(self.prose) if one]
        self.first_prose, self.last_prose = (prose[0], prose[-1]) if prose else (len(self.text), -1)

    def parts(self) -> list[Part | None]:
        self.mark_hints()
        self.mark_blocks()
        self.mark_teasers()
        self.mark_adverts()
        self.mark_last()
        found: list[Part | None] = [None] * self.count
        for index, part in zip(self.at, self.part, strict=True):
            found[index] = part
        return found

    def mark(self, first: int, last: int, part: Part) -> None:
        for i in range(first, last + 1):
            self.part[i] = self.part[i] or part

    # --- what a heading announces ---------------------------------------------------

    def mark_hints(self) -> None:
        for i, (above, line) in enumerate(pairwise(self.text), start=1):
            if line.lstrip()[:1] in ("(", "（") and page.is_hint(line, above):
                self.part[i] = self.part[i] or Part.FORM

    def mark_blocks(self) -> None:
        i = 0
        while i < len(self.text):
            last, part = self.block(i)
            if part is not None:
                self.mark(i, last, part)
            i = last + 1

    def block(self, i: int) -> tuple[int, Part | None]:
        """The last line of the block that begins at `i`; without a part where none does."""
        if not self.may_head[i]:
            return i, None
        line = self.text[i]
        heading = page.list_heading(line)
        if heading is not None:
            last = self.list_end(i, strong=heading == "strong")
            if last == i and page.is_search_heading(line):
                last = self.tags_end(i)
            if heading == "late" and any(self.prose[k] for k in self.after(last)):
                return i, self.part[i]
            return last, Part.RELATED if last > i or heading == "strong" else self.part[i]
        if page.is_disclaimer_heading(line):
            return self.disclaimer_end(i), Part.DISCLAIMER
        if page.is_comment_heading(line):
            return self.comments_end(i), Part.COMMENT
        if page.is_author_heading(line):
            return self.author_end(i), Part.AUTHOR
        if page.is_tag_heading(line):
            return self.tags_end(i), Part.TAGS
        if page.is_signature_mark(line):
            return self.signature_end(i)
        return i, None

    def after(self, i: int) -> Iterator[int]:
        return iter(range(i + 1, len(self.text)))

    def list_end(self, i: int, *, strong: bool) -> int:
        """The last item of the list of other articles that a heading at `i` announces."""
        if strong and (last := self.pairs_end(i)) is not None:
            return last
        last, soft, timed, stopped = i, 0, 0, False
        for j in self.after(i):
            line = self.text[j]
            if page.list_heading(line) is not None:
                break
            kind = self.item(j, timed)
            if kind is None:
                stopped = True
                break
            timed += kind == "timed"
            soft += kind == "soft"
            last = j
        if stopped:
            last = self.without_heading(i, last)
        if soft and not self.is_list(i, last, soft, strong=strong):
            return i
        return last

    def item(self, j: int, timed: int) -> str | None:
        """What line `j` is within a list: `timed`, `hard`, `soft`; None where the list ends."""
        line = self.text[j]
        if self.part[j] is not None:
            return "hard"
        if shape.ends_in_relative_time(line):
            return "timed"
        if shape.is_link(line) or shape.is_stamp(line) or shape.is_rank(line):
            return "hard"
        if exact_publisher(line):
            return "hard"
        if shape.is_numbered(line) and shape.is_headline(line) and self.goes_with_numbers(j):
            return "soft"
        if shape.is_byline(line) or shape.is_table_row(line) or shape.is_section_heading(line):
            return "timed" if self.goes_on(j, timed) else None
        if shape.is_truncated(line) and shape.width(line) >= 40:
            return "hard"
        if shape.is_prose(line):
            return "timed" if self.goes_on(j, timed) else None
        return "soft"

    def goes_with_numbers(self, j: int) -> bool:
        """Whether what stands before a numbered line is a list's heading, or numbered too."""
        before = self.text[j - 1]
        return shape.is_numbered(before) or page.list_heading(before) is not None

    def goes_on(self, j: int, timed: int) -> bool:
        """Whether a list whose teasers carry times has another one just ahead."""
        ahead = islice(self.after(j), _AHEAD)
        return timed >= 2 and any(shape.ends_in_relative_time(self.text[k]) for k in ahead)

    def without_heading(self, i: int, last: int) -> int:
        """Without the line before the article goes on, where that is its heading or title."""
        if last == i or self.part[last] is not None or not self.is_soft(last):
            return last
        if self.first_prose > i:
            return last - 1  # before any article the last of them is its title
        items = [shape.width(self.text[k]) for k in range(i + 1, last) if self.is_soft(k)]
        if not items:
            return last
        apart = self.at[last] - self.at[last - 1] > 1
        close = self.at[last - 1] - self.at[i] <= last - i
        byline = last + 1 < len(self.text) and shape.is_byline(self.text[last + 1])
        short = shape.width(self.text[last]) <= 28 and min(items) >= 32
        return last - 1 if (apart and close) or short or byline else last

    def is_soft(self, i: int) -> bool:
        line = self.text[i]
        return not (
            shape.ends_in_relative_time(line)
            or shape.is_link(line)
            or shape.is_stamp(line)
            or shape.is_rank(line)
            or exact_publisher(line)
        )

    def is_list(self, i: int, last: int, soft: int, *, strong: bool) -> bool:
        """Whether what follows a heading is headlines, and the article is elsewhere."""
        headlines = sum(shape.is_headline(self.text[k]) for k in range(i + 1, last + 1))
        if not strong and headlines < 2:
            return False
        elsewhere = self.first_prose < i or last < self.last_prose
        return elsewhere and headlines * 2 >= soft

    def pairs_end(self, i: int) -> int | None:
        """The end of the text where headline and teaser take turns from `i` to there."""
        rest = range(i + 1, len(self.text))
        if not 4 <= len(rest) <= 2 * _MOST_PAIRS or len(rest) % 2 or self.first_prose > i:
            return None
        turns = all(
            shape.is_headline(self.text[a])
            and not shape.is_section_heading(self.text[a])
            and shape.width(self.text[a + 1]) >= 60
            and not shape.is_headline(self.text[a + 1])
            for a in rest[::2]
        )
        return rest[-1] if turns else None

    def disclaimer_end(self, i: int) -> int:
        last = i
        for j in self.after(i):
            line = self.text[j]
            if shape.is_section_heading(line) and not page.disclaimer_score(line):
                break
            if self.part[j] is None and not page.reads_like_disclaimer(line):
                break
            last = j
        return last

    def comments_end(self, i: int) -> int:
        """Comments are short; without a sign of users among the first the heading is a button."""
        first = [self.text[j] for j in islice(self.after(i), 2 * _AHEAD)]
        if self.first_prose > i or not any(page.is_comment_sign(line) for line in first):
            return i
        last = i
        for j in self.after(i):
            line = self.text[j]
            if shape.width(line) > 160 or shape.is_section_heading(line):
                break
            last = j
        return last

    def author_end(self, i: int) -> int:
        if self.first_prose > i:
            return i
        last = i
        for j in islice(self.after(i), _AHEAD):
            line = self.text[j]
            if shape.has_code(line) or shape.is_section_heading(line) or self.part[j] is not None:
                break
            if shape.width(line) > 400:
                break
            last = j
        return last

    def tags_end(self, i: int) -> int:
        last = i
        for j in islice(self.after(i), 20):
            if shape.width(self.text[j]) > 24 or self.part[j] is not None:
                break
            last = j
        return last if last - i >= 2 else i

    def signature_end(self, i: int) -> tuple[int, Part | None]:
        """The lines of a board's signature: those before the board's own notice."""
        for j in islice(self.after(i), 2 * _AHEAD):
            if page.is_board_notice(self.text[j]):
                return j, Part.COMMENT
        return i, None

    # --- lists without a heading, and adverts of several lines -------------------------

    def mark_teasers(self) -> None:
        """Runs of lines that each end in a source and how long ago, with their headlines."""
        times = [i for i, line in enumerate(self.text) if shape.ends_in_relative_time(line)]
        group: list[int] = []
        for i in [*times, None]:
            if group and (i is None or i - group[-1] > _AHEAD):
                self.mark_group(group)
                group = []
            if i is not None:
                group.append(i)

    def mark_group(self, group: Sequence[int]) -> None:
        if len(group) < 2 or all(self.part[i] is not None for i in group):
            return
        first = group[0]
        if first and self.part[first - 1] is None and not self.prose[first - 1]:
            headline = shape.is_headline(self.text[first - 1])
            alone = any(b - a >= 2 for a, b in pairwise(group))
            first -= headline and alone
        self.mark(first, group[-1], Part.RELATED)

    def mark_adverts(self) -> None:
        """Lines between two invitations, and after the last of the text, that go with them."""
        calls = [i for i, part in enumerate(self.part) if part is Part.ADVERT]
        for a, b in pairwise(calls):
            between = range(a + 1, b)
            if len(between) <= _AHEAD and all(page.is_addressed(self.text[i]) for i in between):
                self.mark(a, b, Part.ADVERT)
        if calls:
            rest = range(calls[-1] + 1, len(self.text))
            if len(rest) <= _AHEAD and all(page.is_addressed(self.text[i]) for i in rest):
                self.mark(calls[-1], len(self.text) - 1, Part.ADVERT)

    def mark_last(self) -> None:
        """What follows the article's last line: who wrote it, what the column's next part is."""
        rest: list[int] = []
        for i in range(len(self.text) - 1, -1, -1):
            if self.part[i] is None and not page.is_rule(self.text[i]):
                rest.append(i)
            if len(rest) == _AHEAD:
                break
        for i in rest:
            if page.is_author_sentence(self.text[i]):
                self.part[i] = Part.AUTHOR
            elif page.is_preview(self.text[i]) and self.is_footer(i):
                self.part[i] = Part.ADVERT
            else:
                break

    def is_footer(self, i: int) -> bool:
        """Whether a rule or something else that is no article stands just before a line."""
        return i > 0 and (self.part[i - 1] is not None or page.is_rule(self.text[i - 1]))
