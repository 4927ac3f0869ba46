"""The day that all pages are read as of: its control, and what is said of it on each page."""

from __future__ import annotations

import streamlit as st

from dashboard.errors import DashboardError
from dashboard.i18n import Language, translate
from dashboard.settings import Settings
from dashboard.snapshot import KNOWN, TODAY, Snapshot
from dashboard.studies.as_of import Asked, is_latest
from dashboard.studies.as_of import asked_of as asked_by
from dashboard.ui import loaders, state


def asked_of(latest: Snapshot) -> Asked:
    """The URL's day and members; what cannot be read is the latest, and said."""
    return asked_by(latest, state.merged())


def snapshot_asked(latest: Snapshot, asked: Asked) -> Snapshot:
    """The map's figures as the URL asks for them."""
    if is_latest(asked):
        return latest
    return loaders.snapshot_as_of(latest, asked.session or latest.as_of, asked.members)


def as_of_control(settings: Settings, now: Language) -> None:
    """Date, way back to the latest, and whose members count."""
    try:
        loaded = loaders.loaded_map(settings.map_path)
        if not loaded.chain.companies:
            return
        latest = loaders.snapshot(settings, loaded.chain)
    except DashboardError:
        # The page meets the same error and shows it to the reader.
        return
    asked = asked_of(latest)
    state.day(
        state.AS_OF,
        asked.session or latest.as_of,
        latest.as_of,
        translate("as_of.label", now),
        help=translate("as_of.help", now),
    )
    st.button(
        translate("as_of.latest", now),
        key="as_of:latest",
        icon=":material/update:",
        disabled=state.read(state.AS_OF) is None,
        on_click=state.go,
        kwargs={state.AS_OF: None},
    )
    state.choice(
        state.MEMBERS,
        (KNOWN, TODAY),
        KNOWN,
        translate("as_of.members", now),
        lambda one: translate(f"as_of.members_{one}", now),
        help=translate("as_of.members_help", now),
    )


def as_of_banner(taken: Snapshot, asked: Asked, now: Language) -> None:
    """As of when the page is, and how much of the map was known; nothing for the latest."""
    if asked.fault:
        text = state.plain(state.read(state.AS_OF) or "")
        first, last = taken.prices.first_session, taken.as_of
        st.warning(translate(f"as_of.{asked.fault}", now, text=text, first=first, last=last))
    if said := as_of_text(taken, asked, now):
        st.html(f'<div class="as-of" role="status">{said}</div>')


def as_of_text(taken: Snapshot, asked: Asked, now: Language) -> str:
    """What the banner says; empty where the page shows the latest."""
    if asked.session is None:
        return translate("as_of.hindsight_latest", now) if taken.hindsight else ""
    date = f"{taken.as_of:%Y-%m-%d}"
    moved = ""
    if asked.day is not None and asked.day != taken.as_of:
        moved = translate("as_of.moved", now, day=f"{asked.day:%Y-%m-%d}", date=date)
    counts = {
        "date": date,
        "known": len(taken.known_chain.documents),
        "documents": len(taken.whole_chain.documents),
        "missing": len(taken.whole_chain.companies) - len(taken.known_chain.companies),
    }
    if taken.hindsight:
        return moved + translate("as_of.hindsight", now, **counts)
    known = "as_of.known" if counts["missing"] else "as_of.all_known"
    return moved + translate(known, now, **counts)


def latest_only(now: Language, kind: str) -> None:
    """On a page that cannot be as of another day, where one is asked for."""
    if state.read(state.AS_OF) is not None:
        said = translate(f"as_of.not_here_{kind}", now)
        st.html(f'<div class="as-of" role="status">{said}</div>')
