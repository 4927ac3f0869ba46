"""The proposal's lines as tables of boxes, the slider that sets them, and what has no box."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from dashboard.proposals.models import CompanyProposal, Group
from dashboard.proposals.rows import line_text
from dashboard.supply_chain.models import Kind
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.propose import Work, decide, keep, work
from dashboard.ui.propose_article import (
    anchor_of,
    conflict_anchor,
    identity_title,
    visible,
)
from dashboard.ui.propose_lines import (
    ACCEPT,
    COLUMNS,
    COMPANY,
    CONFIDENCE,
    CUE,
    LAYER,
    LINES,
    REASON,
    STANCE,
    Line,
    Section,
    table_of,
)

_ROW: Final = 35
_TALLEST: Final = 420
"""Pixels."""
_WIDTHS: Final = {
    ACCEPT: 34, COMPANY: 96, LAYER: 82, CONFIDENCE: 58, LINES: 48, STANCE: 56, CUE: 130,
    REASON: 420,
}  # fmt: skip
_WIDE_TITLE: Final = 178
_SIGNS: Final = {
    Group.NEW_COMPANY: "＋",
    Group.NEW_MEMBERSHIP: "＋",
    Group.CONFIRMS: "＝",
    Group.CONTRADICTS: "≠",
}
_MOST_LINKS: Final = 300
_MOST_CONFLICTS: Final = 5
"""Written out; the others are marked in the article."""
_BOXES: Final = tuple(one for one in Section if one is not Section.ACCEPTED)
"""Tables with a box in each row."""


def found_list(page: Page, now: Work) -> str:
    """The companies in the order of the article, each a link to its first mention; HTML."""
    links = [
        _link(
            anchor_of(place),
            f"{one.group.value} {one.found.kind.value}",
            f"{_SIGNS[one.group]} {identity_title(one.found.identity, page.language)}",
            _hint(page, one),
        )
        for place, one in enumerate(now.proposal.companies[:_MOST_LINKS])
    ]
    links += [
        _link(
            conflict_anchor(place),
            "conflict",
            f"⚠ {one.code} {one.name}",
            page.say(one.why),
        )
        for place, one in enumerate(now.proposal.conflicts[:_MOST_LINKS])
    ]
    return f'<div class="found-list">{"".join(links)}</div>'


def _link(anchor: str, style: str, words: str, hint: str) -> str:
    title = escape(visible(hint), quote=True)
    return f'<a href="#{anchor}" class="{style}" title="{title}">{escape(visible(words))}</a>'


def _hint(page: Page, one: CompanyProposal) -> str:
    kind = page.t("propose.digest_sign") if one.found.kind is Kind.DIGEST else ""
    lines = page.t("propose.in_lines", lines=line_text(one.found.lines))
    return " · ".join(filter(None, (page.t(f"propose.group_{one.group.value}"), kind, lines)))


def show_slider(page: Page, now: Work) -> None:
    """Accept everything above a confidence; how many lines that is."""
    slider, digest = "propose:threshold", "propose:digest"
    st.session_state[slider] = round(now.decisions.threshold * 100)
    st.session_state[digest] = now.decisions.digest

    def set_boxes() -> None:
        current = work()
        if current is not None:
            decide(
                current.decisions.above(
                    current.lines,
                    st.session_state[slider] / 100,
                    digest=st.session_state[digest],
                )
            )

    st.slider(
        page.t("propose.threshold"),
        0,
        100,
        step=5,
        format="%d%%",
        key=slider,
        on_change=set_boxes,
        help=page.t("propose.threshold_help"),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            page.t("propose.count", n=len(now.accepted), total=len(now.choosable)),
            help=f"{page.t('propose.count_help')} {page.t('propose.found_help')}",
            width="content",
        )
        st.toggle(page.t("propose.with_digest"), key=digest, on_change=set_boxes)
        st.button(
            page.t("propose.none"), key="propose:none", type="tertiary", on_click=_accept_none
        )


def _accept_none() -> None:
    current = work()
    if current is not None:
        decide(current.decisions.anew(()))


def show_tables(page: Page, now: Work) -> None:
    """A table for each group with the number of its lines, relations and events after them."""
    now = _begun_anew(page, now)
    layers = {one.id: page.say(one.name) for one in page.map.chain.layers}
    for section in _BOXES:
        own = _own(now, section)
        if not own:
            continue
        accepted = sum(one.id in now.decisions.accepted for one in own)
        head = page.t(f"propose.group_{section.value}")
        st.markdown(f"**{head}** · {page.t('propose.of', n=accepted, total=len(own))}")
        _table(page, now, section, own, layers)
    _accepted_before(page, now, layers)


def _accepted_before(page: Page, now: Work, layers: dict[str, str]) -> None:
    """Lines that the map has from this article: nothing to choose."""
    own = _own(now, Section.ACCEPTED)
    if not own:
        return
    st.markdown(f"**{page.t('propose.group_accepted')}** · {len(own)}")
    st.dataframe(
        table_of(own, frozenset(), layers, page.language),
        hide_index=True,
        key=f"propose:accepted:{page.language}",
        column_order=[one for one in COLUMNS if one != ACCEPT],
        column_config=_config(page, Section.ACCEPTED),
        height=min(_ROW * (len(own) + 1) + 3, _TALLEST),
    )


def _own(now: Work, section: Section) -> tuple[Line, ...]:
    return tuple(one for one in now.lines if one.section is section)


def _begun_anew(page: Page, now: Work) -> Work:
    """A table that is drawn for the first time, or again, begins with what is accepted now."""
    drawn = [_key(page, now, one) for one in _BOXES if _own(now, one)]
    if all(one in st.session_state for one in drawn) or not drawn:
        return now
    fresh = dataclasses.replace(now, decisions=now.decisions.anew(now.decisions.accepted))
    keep(fresh)
    return fresh


def _key(page: Page, now: Work, section: Section) -> str:
    mark = zlib.crc32("\n".join(one.id for one in _own(now, section)).encode())
    number = now.decisions.generation
    return f"propose:{section.value}:{now.proposal.document.sha256[:8]}:{mark:08x}:{number}"


def _table(
    page: Page, now: Work, section: Section, own: Sequence[Line], layers: dict[str, str]
) -> None:
    name = _key(page, now, section)
    st.data_editor(
        table_of(own, now.decisions.base, layers, page.language),
        key=name,
        hide_index=True,
        disabled=[one for one in COLUMNS if one != ACCEPT],
        on_change=_ticked(name, [one.id for one in own]),
        column_order=_shown(section),
        column_config=_config(page, section),
        height=min(_ROW * (len(own) + 1) + 3, _TALLEST),
    )


def _ticked(name: str, ids: list[str]) -> Callable[[], None]:
    def change() -> None:
        current = work()
        if current is not None:
            decide(current.decisions.edited(ids, st.session_state[name]["edited_rows"]))

    return change


def _shown(section: Section) -> list[str]:
    without = (LAYER, STANCE) if section in (Section.RELATIONS, Section.EVENTS) else ()
    return [one for one in COLUMNS if one not in without]


def _config(page: Page, section: Section) -> dict[str, Any]:
    wide = section in (Section.RELATIONS, Section.EVENTS)
    config: dict[str, Any] = {
        one: st.column_config.TextColumn(page.t(f"propose.column_{one}"), width=_WIDTHS[one])
        for one in COLUMNS
        if one not in (ACCEPT, CONFIDENCE)
    }
    config[COMPANY] = st.column_config.TextColumn(
        page.t("propose.column_title" if wide else "propose.column_company"),
        width=_WIDE_TITLE if wide else _WIDTHS[COMPANY],
    )
    config[ACCEPT] = st.column_config.CheckboxColumn(
        "", width=_WIDTHS[ACCEPT], pinned=True, help=page.t("propose.column_accept")
    )
    config[CONFIDENCE] = st.column_config.NumberColumn(
        page.t("propose.column_confidence"), width=_WIDTHS[CONFIDENCE], format="percent"
    )
    return config


def show_conflicts(page: Page, now: Work) -> None:
    """Codes and names that do not fit each other: nothing to accept."""
    found = now.proposal.conflicts
    if not found:
        return
    told = [f"**{page.t('propose.conflicts', n=len(found))}**"]
    for one in found[:_MOST_CONFLICTS]:
        lines = page.t("propose.in_lines", lines=line_text(one.lines))
        named = as_text(visible(f"{one.code} {one.name}"))
        told.append(f"{named} · {lines} · {as_text(visible(page.say(one.why)))}")
    if found[_MOST_CONFLICTS:]:
        told.append(page.t("propose.and_more", n=len(found) - _MOST_CONFLICTS))
    st.warning("  \n".join(told), icon=":material/rule:")
