"""The change to the map's file: to look at, to take away, to write."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import Final

import streamlit as st

from dashboard.errors import DashboardError, SignInError
from dashboard.i18n import translate
from dashboard.proposals.choosing import already_there
from dashboard.proposals.documents import known_document
from dashboard.proposals.grouping import company_of
from dashboard.proposals.models import Identity
from dashboard.supply_chain.models import SupplyChain
from dashboard.ui.links import view_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import CHAIN, HEATMAP, Page, Place
from dashboard.ui.people import may_edit_map
from dashboard.ui.propose import Receipt, Work, keep, propose_again
from dashboard.ui.propose_article import identity_title, visible
from dashboard.ui.propose_lines import Section
from dashboard.ui.propose_preview import map_text

_PATCH: Final = "propose:change"
_MOST_SHOWN: Final = 60_000
"""Characters of the change that are drawn; all of them are downloaded."""
_MOST_LINKS: Final = 24
_SOME: Final = 8
"""New companies that are named before they are written; the rest is counted."""


def show_patch(page: Page, now: Work) -> None:
    """The change as lines of the file, and both downloads."""
    text = _patch(page, now) if now.accepted else ""
    st.caption(page.t("propose.patch_hint", file=as_text(page.settings.map_path.name)))
    _downloads(page, now, text)
    if not text:
        st.info(page.t("propose.patch_empty"))
        return
    st.code(text[:_MOST_SHOWN], language="diff", height=620)
    if text[_MOST_SHOWN:]:
        st.caption(page.t("propose.patch_more", n=f"{len(text) - _MOST_SHOWN:,}"))


def _patch(page: Page, now: Work) -> str:
    """The change as a unified diff; made once for each choice of lines."""
    from dashboard.proposals.patching import patch_text

    chain = page.map.chain
    key = (now.proposal, now.accepted, chain.digest)
    kept: tuple[object, str] | None = st.session_state.get(_PATCH)
    if kept is not None and kept[0] == key:
        return kept[1]
    with st.spinner(page.t("propose.patch_making")):
        path = page.settings.map_path
        made = patch_text(map_text(page), chain, now.proposal, now.accepted, path.name)
    st.session_state[_PATCH] = (key, made)
    return made


def _downloads(page: Page, now: Work, patch: str) -> None:
    name = now.proposal.document.id
    with st.container(horizontal=True):
        st.download_button(
            page.t("propose.download_patch"),
            patch,
            file_name=f"{name}.patch",
            mime="text/x-diff",
            key="propose:patch",
            on_click="ignore",
            icon=":material/download:",
            disabled=not patch,
        )
        st.download_button(
            page.t("propose.download_json"),
            partial(_json, page, now),
            file_name=f"{name}.json",
            mime="application/json",
            key="propose:json",
            on_click="ignore",
            icon=":material/data_object:",
        )


def _json(page: Page, now: Work) -> str:
    from dashboard.proposals.rows import as_json

    return json.dumps(as_json(now.proposal), ensure_ascii=False, indent=2)


def show_accept(page: Page, now: Work) -> None:
    """The button that writes, or why there is none."""
    if not now.is_of(page.map.chain):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(page.t("propose.map_changed"), icon=":material/sync_problem:")
            again_button(page, now)
        return
    may = may_edit_map(page.settings)
    n = len(now.accepted)
    with st.container(horizontal=True, vertical_alignment="center", key="propose_accept"):
        pressed = st.button(
            page.t("propose.accept", n=n),
            key="propose:accept",
            type="primary",
            icon=":material/done_all:",
            disabled=not may or not n,
        )
        st.markdown(_what_is_written(page, now, may=may))
    if pressed:
        _write(page, now)


def _what_is_written(page: Page, now: Work, *, may: bool) -> str:
    """What the button would do, before it is pressed: lines by group, new companies by name."""
    file = as_text(page.settings.map_path.name)
    if not may:
        return page.t("propose.may_not", file=file)
    if not now.accepted:
        return page.t("propose.accept_none")
    counts = Counter(one.section for one in now.choosable if one.id in now.decisions.accepted)
    groups = "、" if page.language == "zh" else ", "
    told = groups.join(
        f"{page.t(f'propose.group_{one.value}')} {counts[one]}" for one in Section if counts[one]
    )
    parts = [page.t("propose.accept_groups", groups=told)]
    names = [identity_title(one, page.language) for one in new_companies(page.map.chain, now)]
    if names:
        some = as_text(visible(page.t("data.and").join(names[:_SOME])))
        more = page.t("propose.and_more", n=len(names) - _SOME) if names[_SOME:] else ""
        parts.append(page.t("propose.accept_new", names=some + more))
    return " ".join((*parts, page.t("propose.accept_hint", file=file)))


def new_companies(chain: SupplyChain, now: Work) -> list[Identity]:
    """Companies that the accepted lines would bring to the map, in the article's order."""
    accepted, proposal = now.decisions.accepted, now.proposal
    ids = {
        company.id
        for company in proposal.companies
        if any(one.id in accepted for one in company.memberships)
    }
    for relation in proposal.relations:
        if relation.id in accepted:
            ids |= {relation.source, relation.target}
    for event in proposal.events:
        if event.id in accepted:
            ids |= set(event.companies)
    named = (one.found.identity for one in proposal.companies if one.id in ids)
    return [one for one in named if company_of(one, chain) is None]


def show_known(page: Page, now: Work) -> None:
    """That the article is on the map already, where it is."""
    there = known_document(now.article.sha256, page.map.chain)
    if there is not None:
        told = already_there(now.proposal, there)
        st.info(as_text(page.say(told)), icon=":material/task_alt:")


def again_button(page: Page, now: Work) -> None:
    """Propose anew, against the map as it is now."""
    if st.button(page.t("propose.again"), key="propose:again", icon=":material/refresh:"):
        propose_again(page, now.article)
        st.rerun()


def _write(page: Page, now: Work) -> None:
    try:
        with st.spinner(page.t("propose.writing")):
            receipt = write(page, now)
    except DashboardError as error:
        if _has_changed(page):
            st.rerun()
        st.error(as_text(error.told(page.language)), icon=":material/error:")
        return
    keep(now.written(receipt))
    st.rerun()


def _has_changed(page: Page) -> bool:
    """Whether the map's file is another than the page shows; the page as a whole then says so."""
    try:
        map_text(page)
    except DashboardError:
        return True
    return False


def write(page: Page, now: Work) -> Receipt:
    """Write the accepted lines into the map's file.

    Raises
    ------
    SignInError
        If this person may not: whatever the page showed, here it is decided.
    DashboardError
        If the file changed meanwhile, would not pass `check`, or cannot be written.
    """
    from dashboard.proposals.accepting import accept

    if not may_edit_map(page.settings):
        raise SignInError(translate("propose.may_not", "en", file=page.settings.map_path.name))
    done = accept(page.settings, now.proposal, now.accepted)
    lines = [one for one in now.lines if one.id in now.decisions.accepted]
    touched = [
        company.found.identity
        for company in now.proposal.companies
        if any(one.id in now.decisions.accepted for one in company.memberships)
    ]
    return Receipt(
        companies=tuple(one.symbol or one.key or one.id for one in touched),
        layers=tuple(dict.fromkeys(one.layer for one in lines if one.layer is not None)),
        count=len(lines),
        kept=done.kept,
    )


def show_receipt(page: Page, receipt: Receipt) -> None:
    """What was written, where the file of before is, and where it is seen now."""
    chain = page.map.chain
    st.success(
        page.t(
            "propose.written",
            n=receipt.count,
            file=as_text(page.settings.map_path.name),
            kept=as_text(receipt.kept),
        ),
        icon=":material/done_all:",
    )
    found = [
        chain.company_by_symbol.get(one) or chain.company_by_key.get(one)
        for one in receipt.companies
    ]
    companies = [one for one in found if one is not None]
    st.markdown(f"**{page.t('propose.see')}**")
    with st.container(horizontal=True):
        _link(page.t("links.heatmap"), HEATMAP)
        _link(page.t("app.page_chain"), CHAIN)
        for layer in receipt.layers[:_MOST_LINKS]:
            if layer in chain.layer_by_id:
                _link(page.say(chain.layer_by_id[layer].name), HEATMAP, layer=layer)
    with st.container(horizontal=True):
        for company in companies[:_MOST_LINKS]:
            shown = f"{page.say(company.name)} {company.symbol or ''}".strip()
            _link(shown, HEATMAP, code=company.symbol or company.key)
    if companies[_MOST_LINKS:]:
        st.caption(page.t("propose.and_more", n=len(companies) - _MOST_LINKS))


def _link(label: str, place: Place, *, layer: str | None = None, code: str | None = None) -> None:
    view_link(label, place, layer=layer, code=code, section=None)
