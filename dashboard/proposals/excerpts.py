"""The sentences of an article that name a company: all that is told of it to a language model."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from dashboard.articles.models import Article
from dashboard.proposals.models import CompanyProposal

MOST_SENTENCES: Final = 3
"""Of one company."""
_AROUND: Final = 120
"""Characters of a sentence before and after the name."""
_END: Final = re.compile(r"[。！？!?；]|\.(?= [A-Z])")


def sentences_of(company: CompanyProposal, article: Article) -> list[str]:
    """What names a company in the article itself; first where a layer was found."""
    cited = {line for place in company.layers for line in place.lines}
    mentions = sorted(company.found.mentions, key=lambda one: (one.line not in cited, one))
    told = (
        _sentence(article.lines[one.line - 1], one.start, one.end)
        for one in mentions
        if not article.is_digest(one.line)
    )
    return list(islice(dict.fromkeys(told), MOST_SENTENCES))


def _sentence(line: str, start: int, end: int) -> str:
    """As much of a line as the sentence around a name has, and not too far from it."""
    before, after = line[max(0, start - _AROUND) : start], line[end : end + _AROUND]
    stop = _END.search(after)
    return (_END.split(before)[-1] + line[start:end] + after[: stop and stop.end()]).strip()
