"""The form that changes a line by hand."""

from __future__ import annotations

import zlib
from typing import Final

import streamlit as st

from dashboard.errors import ProposalError
from dashboard.i18n import LANGUAGES, Text
from dashboard.proposals.claims import LONGEST_CLAIM
from dashboard.supply_chain.models import Stance
from dashboard.ui.labels import layer_name
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.propose import Work, keep, work
from dashboard.ui.propose_article import visible
from dashboard.ui.propose_changes import changed_line
from dashboard.ui.propose_lines import Line, Section

_CHANGED: Final = "propose:change:line"


def change_popover(page: Page, now: Work) -> None:
    """Another layer for a line, another stance, or another claim."""
    lines = {
        one.id: one
        for one in now.choosable
        if one.section not in (Section.RELATIONS, Section.EVENTS)
    }
    if not lines:
        return
    with st.popover(page.t("propose.change"), icon=":material/edit:", type="tertiary"):
        chosen = st.selectbox(
            page.t("propose.change_line"),
            list(lines),
            key=_CHANGED,
            format_func=lambda one: _line_title(page, lines[one]),
        )
        line = lines[chosen]
        company = now.proposal.by_id[chosen.rpartition(":")[0]]
        own = next(one for one in company.memberships if one.id == chosen)
        proposed = [one.layer for one in company.layers if one.layer in page.map.chain.layer_by_id]
        every = (line.layer, *proposed, *(one.id for one in page.map.chain.layers))
        options = list(dict.fromkeys(one for one in every if one is not None))
        mark = zlib.crc32("\n".join((own.layer or "", own.stance, *own.claim)).encode())
        layer, stance, *claim = (
            f"propose:change:{one}:{chosen}:{mark:08x}"
            for one in ("layer", "stance", *(f"claim_{each}" for each in LANGUAGES))
        )
        st.selectbox(
            page.t("propose.column_layer"),
            options,
            index=None if line.layer is None else 0,
            key=layer,
            format_func=lambda one: layer_name(page, one),
            placeholder="—",
        )
        st.selectbox(
            page.t("propose.column_stance"),
            list(Stance),
            index=list(Stance).index(line.stance or Stance.NEUTRAL),
            key=stance,
            format_func=lambda one: page.t(f"evidence.stance_{one}"),
        )
        for key, language in zip(claim, LANGUAGES, strict=True):
            st.text_input(
                page.t(f"propose.claim_{language}"),
                own.claim.get(language),
                key=key,
                max_chars=LONGEST_CLAIM,
            )
        st.button(
            page.t("propose.change_apply"),
            key="propose:change:apply",
            type="primary",
            # Read at the click: what was chosen last may not have been drawn yet.
            on_click=lambda: _change(
                page,
                chosen,
                st.session_state[layer],
                st.session_state[stance],
                Text(*(st.session_state[key] for key in claim)),
            ),
        )


def _line_title(page: Page, line: Line) -> str:
    where = "—" if line.layer is None else layer_name(page, line.layer)
    return f"{visible(page.say(line.title))} · {where}"


def _change(page: Page, line: str, layer: str | None, stance: Stance, claim: Text) -> None:
    now = work()
    if now is None:
        return
    try:
        changed = changed_line(now.proposal, line, layer, stance, page.map.chain, claim)
    except ProposalError as error:
        st.toast(as_text(error.told(page.language)), icon=":material/error:")
        return
    if changed is None:
        st.toast(page.t("propose.change_twice"), icon=":material/error:")
        return
    proposal, own = changed
    st.session_state[_CHANGED] = own
    keep(now.changed(proposal, {*(now.decisions.accepted - {line}), own}))
