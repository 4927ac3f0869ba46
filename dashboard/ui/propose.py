"""What one reader is working on: an article, what it proposes, what of it is accepted.

All of it lives in the session: nothing is on disk, in the address or seen by anyone else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.articles.models import Article
from dashboard.errors import DashboardError
from dashboard.proposals.documents import as_known
from dashboard.proposals.models import Proposal
from dashboard.supply_chain.models import SupplyChain
from dashboard.ui import loaders
from dashboard.ui.page import Page
from dashboard.ui.propose_article import article_html
from dashboard.ui.propose_job import Outcome, ProposeJob, Read, Stage
from dashboard.ui.propose_lines import Decisions, Line, Section, lines_of

STYLE: Final = Path(__file__).with_name("propose.css")
_WORK: Final = "propose:work"
_JOB: Final = "propose:job"
_FRESH: Final = "propose:fresh"
_FAULT: Final = "propose:fault"
_PATIENCE: Final = 2.0
"""Seconds that a page waits for what needs no network, before it polls."""


@dataclass(frozen=True)
class Receipt:
    """What was written to the map."""

    companies: tuple[str, ...]
    """Keys or symbols of the companies of accepted lines."""
    layers: tuple[str, ...]
    count: int
    kept: Path
    """Where the file of before is."""


@dataclass(frozen=True, eq=False)
class Work:
    """An article with its proposal and the decisions on it; replaced, never changed.

    Attributes
    ----------
    drawn : language → the article as HTML, made once
    """

    article: Article
    proposal: Proposal
    lines: tuple[Line, ...]
    decisions: Decisions
    receipt: Receipt | None = None
    drawn: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, outcome: Outcome, before: Work | None) -> Work:
        """Work that begins; as the boxes were set for the one before."""
        lines = lines_of(outcome.proposal, digest_lines(outcome.article))
        start = before.decisions if before else Decisions()
        decisions = start.above(lines, start.threshold, digest=start.digest)
        return cls(outcome.article, outcome.proposal, lines, decisions)

    def changed(self, proposal: Proposal, accepted: Iterable[str]) -> Work:
        """With lines that a person has changed."""
        lines = lines_of(proposal, digest_lines(self.article))
        decisions = self.decisions.anew(accepted)
        return dataclasses.replace(self, proposal=proposal, lines=lines, decisions=decisions)

    def written(self, receipt: Receipt) -> Work:
        """After its lines were written to the map."""
        return dataclasses.replace(self, receipt=receipt)

    @property
    def accepted(self) -> tuple[str, ...]:
        """Ids of the accepted lines, in the order of the tables."""
        return tuple(one.id for one in self.choosable if one.id in self.decisions.accepted)

    @property
    def choosable(self) -> tuple[Line, ...]:
        """The lines that have a box."""
        return tuple(one for one in self.lines if one.section is not Section.ACCEPTED)

    def is_of(self, chain: SupplyChain) -> bool:
        """Whether it was proposed against this map."""
        return self.proposal.map_digest == chain.digest


def digest_lines(article: Article) -> frozenset[int]:
    """Lines that are no part of the article."""
    return frozenset(n for first, last in article.digest for n in range(first, last + 1))


def work() -> Work | None:
    """What this session is working on."""
    found: Work | None = st.session_state.get(_WORK)
    return found


def keep(changed: Work | None) -> None:
    """Go on with it, or forget it."""
    if changed is None:
        st.session_state.pop(_WORK, None)
    else:
        st.session_state[_WORK] = changed


def decide(decisions: Decisions) -> None:
    """Change which lines are accepted."""
    now = work()
    if now is not None:
        keep(dataclasses.replace(now, decisions=decisions))


def job() -> ProposeJob:
    """The reading of this session."""
    if _JOB not in st.session_state:
        st.session_state[_JOB] = ProposeJob()
    found: ProposeJob = st.session_state[_JOB]
    return found


def start(page: Page, first: Stage, read: Read) -> None:
    """Begin to read and to propose; the page goes on."""
    chain, prices = page.latest.whole_chain, page.latest.prices
    # One object for all readings: the names to look for are made of it once.
    listings = loaders.shared(("companies", prices.version), lambda: prices.listings)
    st.session_state.pop(_FAULT, None)
    st.session_state[_FRESH] = first is not Stage.FETCHING
    job().start(
        first, lambda: as_known(read(), chain), partial(_propose, chain=chain, listings=listings)
    )


def _propose(article: Article, *, chain: SupplyChain, listings: pd.DataFrame) -> Proposal:
    # Slow to load, and needed by no other page.
    from dashboard.proposals.map_text import warm
    from dashboard.proposals.proposing import propose

    made = propose(article, chain, listings)
    warm()
    return made


def propose_again(page: Page, article: Article) -> None:
    """Propose from an article that is read already."""
    start(page, Stage.PROPOSING, lambda: article)


def collect(page: Page) -> str:
    """Take over what the reading ended with; why it failed in one sentence, else empty."""
    running = job()
    if st.session_state.pop(_FRESH, False):
        with st.spinner(page.t("propose.reading")):
            running.wait(_PATIENCE)
    ended = running.take()
    if ended.outcome is not None:
        keep(Work.of(ended.outcome, work()))
        st.session_state.pop(_FAULT, None)
    elif ended.error is not None:
        st.session_state[_FAULT] = ended.error
    elif ended.broken or ended.busy:
        st.session_state[_FAULT] = "broken" if ended.broken else "busy"
    return _fault(page, st.session_state.get(_FAULT))


def fail(reason: DashboardError | None) -> None:
    """Say why nothing was begun; None: say no longer why."""
    st.session_state[_FAULT] = reason


def _fault(page: Page, fault: DashboardError | str | None) -> str:
    if isinstance(fault, DashboardError):
        return fault.told(page.language)
    return page.t(f"propose.{fault}") if fault else ""


def drawn_article(page: Page, now: Work) -> str:
    """The article with its finds marked, as HTML; made once a language."""
    if page.language not in now.drawn:
        companies = [one.found for one in now.proposal.companies]
        now.drawn[page.language] = article_html(
            now.article, companies, now.proposal.conflicts, page.language
        )
    return now.drawn[page.language]
