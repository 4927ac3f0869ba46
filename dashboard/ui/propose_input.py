"""Where an article comes from, how far its reading is, and what it is."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

import streamlit as st

from dashboard.articles.giving import other_date, out_of_range, with_given
from dashboard.articles.models import Article
from dashboard.articles.numbered import numbered_text
from dashboard.errors import InputError, ProposalError
from dashboard.i18n import Text
from dashboard.proposals.dates import unresolved
from dashboard.proposals.documents import check_given, known_document
from dashboard.proposals.rows import line_text
from dashboard.settings import article_private_allowed
from dashboard.supply_chain.models import Document
from dashboard.supply_chain.rules import calendar_objections
from dashboard.ui import loaders
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.propose import (
    Work,
    fail,
    job,
    keep,
    propose_again,
    start,
)
from dashboard.ui.propose_article import visible
from dashboard.ui.propose_job import Stage

MEGABYTES: Final = 20
_MOST_PASTED: Final = 2_000_000
"""Characters."""
_LONGEST: Final = {"title": 300, "publisher": 100, "date": 10}
_POLL_SECONDS: Final = 1.0
PASTED: Final = "pasted.txt"


def show_input(page: Page, *, first: bool) -> None:
    """File, text or address; folded away while an article is worked on."""
    running = job().state().running
    with st.expander(
        page.t("propose.input" if first else "propose.input_other"),
        expanded=first,
        icon=":material/article:",
    ):
        file, text, address = st.tabs(
            [page.t(f"propose.from_{one}") for one in ("file", "text", "address")]
        )
        with file:
            _file(page, disabled=running)
        with text:
            _text(page, disabled=running)
        with address:
            _address(page, disabled=running)


def _file(page: Page, *, disabled: bool) -> None:
    key = "propose:file"

    def read() -> None:
        upload = st.session_state[key]
        if upload is None:
            fail(None)
        else:
            content = upload.getvalue()
            start(page, Stage.READING, partial(_read, content, upload.name, upload.type))

    st.file_uploader(
        page.t("propose.file"),
        max_upload_size=MEGABYTES,
        key=key,
        on_change=read,
        disabled=disabled,
        help=page.t("propose.file_help", n=MEGABYTES),
    )


def _text(page: Page, *, disabled: bool) -> None:
    key = "propose:text"

    def read() -> None:
        text: str = st.session_state[key]
        if text.strip():
            content = text.encode("utf-8", "replace")
            start(page, Stage.READING, partial(_read, content, PASTED, "text/plain"))
        else:
            fail(InputError(page.t("propose.nothing_pasted")))

    st.text_area(
        page.t("propose.text"),
        key=key,
        height=180,
        max_chars=_MOST_PASTED,
        placeholder=page.t("propose.text_hint"),
        disabled=disabled,
    )
    st.button(page.t("propose.read"), key="propose:read", on_click=read, disabled=disabled)


def _address(page: Page, *, disabled: bool) -> None:
    key = "propose:address"

    def read() -> None:
        if address := st.session_state[key].strip():
            start(page, Stage.FETCHING, partial(_fetch, address))
        else:
            fail(InputError(page.t("propose.no_address")))

    st.text_input(
        page.t("propose.address"),
        key=key,
        max_chars=2_000,
        placeholder="https://",
        disabled=disabled,
    )
    st.button(page.t("propose.fetch"), key="propose:fetch", on_click=read, disabled=disabled)


def _read(content: bytes, name: str, kind: str | None) -> Article:
    # Slow to load, and needed by no other page.
    from dashboard.articles.reading import read_article

    return read_article(content, file=name, content_type=kind or None)


def _fetch(address: str) -> Article:
    from dashboard.articles.reading import read_article
    from dashboard.articles.web import fetch

    fetched = fetch(address, allow_private=article_private_allowed())
    return read_article(fetched.content, content_type=fetched.content_type, url=fetched.url)


def show_progress(page: Page) -> None:
    """What the reading does now, polled, and the button that ends it."""
    if job().state().running:
        st.fragment(_running, run_every=_POLL_SECONDS)(page)


def _running(page: Page) -> None:
    now = job().state()
    if now.stage is None:
        st.rerun(scope="app")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(page.t(f"propose.stage_{now.stage.value}"), icon=":material/hourglass_top:")
            st.button(page.t("propose.stop"), key="propose:stop", on_click=job().stop)


def show_givens(page: Page, now: Work) -> None:
    """Title, publisher and date as found or given; changing them proposes anew."""
    article = now.article
    found = {
        "title": article.title,
        "publisher": article.publisher,
        "date": article.date or "",
    }
    name = f"propose:{article.sha256[:12]}:{page.language}"
    head = [
        as_text(visible(article.title)) or page.t("propose.no_title"),
        *([] if article.publisher else [page.t("propose.no_publisher")]),
        article.date or page.t("propose.no_date"),
    ]
    # The proposal is the answer; only a missing date changes it.
    with st.expander(
        " · ".join(head),
        expanded=not article.date,
        icon=":material/description:",
    ):
        st.markdown(_what_it_is(page, article))
        with st.form(f"{name}:givens", border=False):
            columns = st.columns([5, 3, 2, 2], vertical_alignment="bottom")
            typed = {
                one: column.text_input(
                    page.t(f"propose.{one}"),
                    value,
                    key=f"{name}:{one}:{value}",
                    max_chars=_LONGEST[one],
                )
                for column, (one, value) in zip(columns, found.items(), strict=False)
            }
            changed = columns[3].form_submit_button(page.t("propose.apply"), width="stretch")
        if differs := other_date(article):
            st.caption(as_text(page.say(differs)))
        _ask(page, article, [one for one, value in found.items() if not value])
    if changed and typed != found:
        _apply(page, article, typed)


def _ask(page: Page, article: Article, missing: list[str]) -> None:
    """For what was not found, of an article that is not on the map."""
    if not missing or known_document(article.sha256, page.map.chain) is not None:
        return
    names = page.t("data.and").join(page.t(f"propose.{one}") for one in missing)
    told = page.t("propose.missing", names=names)
    if "date" in missing:
        told = f"{told} {page.t('propose.missing_date')}"
        st.warning(told, icon=":material/edit_calendar:")
        if open_dates := unresolved(article):
            st.caption(page.t("propose.unresolved", n=open_dates))
    else:
        st.caption(told)
    stored = [page.t(f"propose.{one}") for one in missing if one != "date"]
    if stored:
        told = page.t("propose.stored_as", names=page.t("data.and").join(stored))
        st.caption(as_text(told))


def _apply(page: Page, article: Article, typed: dict[str, str]) -> None:
    if not is_date(typed["date"].strip()):
        st.error(page.t("propose.wrong_date", date=as_text(typed["date"])))
        return
    if fault := _fault(article, typed["date"].strip()):
        st.error(as_text(page.say(fault)))
        return
    there = known_document(article.sha256, page.map.chain)
    if there is not None:
        try:
            check_given(there, typed["title"], typed["publisher"], typed["date"].strip())
        except ProposalError as error:
            st.error(as_text(error.told(page.language)))
            return
    propose_again(page, with_given(article, typed))
    st.rerun()


def _fault(article: Article, date: str) -> Text | None:
    """Of a date that is typed; what was found stays as it is."""
    return out_of_range(date, loaders.today()) if date and date != article.date else None


def is_date(text: str) -> bool:
    """Whether it is empty, or a year, a month or a day that exists, as the map writes it."""
    if not text:
        return True
    pattern = next(
        one.pattern for one in Document.model_fields["date"].metadata if hasattr(one, "pattern")
    )
    return bool(re.fullmatch(pattern, text)) and not list(calendar_objections(text))


def _what_it_is(page: Page, article: Article) -> str:
    told = page.t(
        "propose.what",
        file=as_text(article.file or "—"),
        lines=f"{len(article.lines):,}",
        basis=page.t(
            "propose.given" if "date" in article.given else f"evidence.basis_{article.date_basis}"
        ),
        sha256=article.sha256[:12],
    )
    others = [one for one in ("title", "publisher") if one in article.given]
    if others:
        names = page.t("data.and").join(page.t(f"propose.{one}") for one in others)
        told += page.t("propose.what_given", names=names)
    if article.digest:
        runs = line_text(n for first, last in article.digest[:6] for n in range(first, last + 1))
        told += page.t("propose.what_digest", lines=runs + ("…" if article.digest[6:] else ""))
    return told + (page.t("propose.what_url", url=as_text(article.url)) if article.url else "")


def show_article_head(page: Page, now: Work) -> None:
    """What the marks mean; where lines cannot be counted, that, and the numbered text."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{page.t('propose.article')}**", help=page.t("propose.article_help"), width="stretch"
        )
        if not now.article.extracted:
            return
        st.download_button(
            page.t("propose.download_text"),
            partial(numbered_text, now.article),
            file_name=f"{now.proposal.document.id}.lines.txt",
            mime="text/plain",
            key="propose:numbered",
            on_click="ignore",
            icon=":material/format_list_numbered:",
            type="tertiary",
        )
    st.caption(page.t("propose.extracted"))


def forget_button(page: Page) -> None:
    """Empty the session of the article."""
    st.button(
        page.t("propose.forget"),
        key="propose:forget",
        icon=":material/delete:",
        type="tertiary",
        on_click=keep,
        args=(None,),
    )
