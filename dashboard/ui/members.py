"""Who is not on the map yet, as of the day a page is read."""

from __future__ import annotations

import streamlit as st

from dashboard.snapshot import TODAY
from dashboard.supply_chain.known import first_day, joins_by
from dashboard.supply_chain.models import Company
from dashboard.ui import state
from dashboard.ui.links import view_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page, Place


def nobody_yet(page: Page, place: Place | None = None) -> bool:
    """Whether it is before the first document; then one sentence and the two ways on.

    Parameters
    ----------
    place : where the ways lead; default: where the page's links to companies lead
    """
    if page.map.chain.companies:
        return False
    place = place or page.place
    first = first_day(page.snapshot.whole_chain)
    if first is None:
        st.info(page.t("as_of.nobody_ever"), icon=":material/event_busy:")
    else:
        date = f"{page.snapshot.as_of:%Y-%m-%d}"
        st.info(page.t("as_of.nobody", date=date, first=first), icon=":material/event_busy:")
    with st.container(horizontal=True):
        if first is not None and first <= page.latest.as_of:
            view_link(
                page.t("as_of.to_first", first=first),
                place,
                icon=":material/event_available:",
                **{state.AS_OF: f"{first}"},
            )
        view_link(
            page.t("as_of.to_today"),
            place,
            icon=":material/group:",
            **{state.MEMBERS: TODAY},
        )
    return True


def not_yet(page: Page, company: Company) -> str:
    """When a company of the whole map joins it, and by which document."""
    date = f"{page.snapshot.as_of:%Y-%m-%d}"
    found = joins_by(page.snapshot.whole_chain, company)
    if found is None:
        return page.t("as_of.never_joins", date=date)
    day, document = found
    return page.t("as_of.joins", date=date, joins=day, title=as_text(page.say(document.title)))


def to_come(page: Page, layer_id: str) -> str:
    """How many companies later documents put into a layer; empty for none."""
    now = {one.key for one in page.map.chain.companies if _is_in(one, layer_id)}
    later = [
        one
        for one in page.snapshot.whole_chain.companies
        if _is_in(one, layer_id) and one.key not in now
    ]
    return page.t("as_of.to_come", n=len(later)) if later else ""


def _is_in(company: Company, layer_id: str) -> bool:
    return any(one.layer == layer_id for one in company.memberships)
