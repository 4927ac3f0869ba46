"""Why a company or relation is on the map: the document, the line, the claim, the check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import streamlit as st

from dashboard.supply_chain.models import Company, Evidence, Kind, Membership, Stance
from dashboard.ui.labels import layer_name
from dashboard.ui.links import company_link, layer_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page

Badge = Literal["blue", "gray", "orange", "violet", "yellow"]

_STANCE_COLOURS: Final[dict[Stance, Badge]] = {
    Stance.BENEFICIARY: "blue",
    Stance.AT_RISK: "orange",
    Stance.NEUTRAL: "gray",
    Stance.DISPUTED: "violet",
}


def document_line(page: Page, evidence: Evidence) -> str:
    """`《title》 line 17 · publisher · 2025-08 (inferred)`, as Markdown."""
    document = page.map.chain.document_by_id[evidence.document]
    title = page.say(document.title)
    date = document.date or page.t("evidence.undated")
    basis = page.t(f"evidence.basis_{document.date_basis.value}")
    return page.t(
        "evidence.source",
        title=as_text(title),
        lines=evidence.line_text,
        publisher=as_text(page.say(document.publisher)),
        date=date,
        basis=basis,
    ) + (page.t("evidence.link", url=document.url) if document.url else "")


def show_evidence(page: Page, evidence: Iterable[Evidence]) -> None:
    """Each claim with its source; a check stands out."""
    for one in evidence:
        st.markdown(f"{as_text(page.say(one.claim))}  \n:small[{document_line(page, one)}]")
        if one.check:
            st.warning(
                page.t("evidence.check", text=as_text(page.say(one.check))), icon=":material/rule:"
            )


def show_membership(page: Page, membership: Membership, *, link_layer: bool = True) -> None:
    """A company's place in a layer: role, stance, kind and its evidence."""
    with st.container(border=True):
        head = st.container(horizontal=True, vertical_alignment="center")
        with head:
            if link_layer:
                layer_link(page, membership.layer)
            else:
                st.markdown(f"**{as_text(layer_name(page, membership.layer))}**")
        head.badge(
            page.t(f"evidence.stance_{membership.stance.value}"),
            color=_STANCE_COLOURS[membership.stance],
        )
        head.badge(
            page.t("evidence.primary" if membership.primary else "evidence.secondary"), color="gray"
        )
        if membership.kind is Kind.DIGEST:
            head.badge(page.t("evidence.digest"), color="yellow")
        st.markdown(as_text(page.say(membership.role)))
        show_evidence(page, membership.evidence)


def show_relations(page: Page, company: Company) -> None:
    """Every relation of a company, read from its side, with evidence."""
    chain = page.map.chain
    found = [one for one in chain.relations if company.key in (one.source, one.target)]
    if not found:
        st.caption(page.t("evidence.no_relations"))
    for one in found:
        with st.container(border=True):
            other = one.target if one.source == company.key else one.source
            names = {
                "source": as_text(page.say(chain.company_by_key[one.source].name)),
                "target": as_text(page.say(chain.company_by_key[one.target].name)),
            }
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(page.t(f"evidence.relation_{one.kind.value}", **names), width="content")
                company_link(page, chain.company_by_key[other])
            show_evidence(page, one.evidence)
