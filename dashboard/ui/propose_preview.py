"""The heatmap as it would be with the accepted lines: from a map in memory, never written."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analytics.tiles import SizeBy, build_tiles, company_tile
from dashboard.charts.treemap import Figure, treemap
from dashboard.errors import MapError
from dashboard.markets import HOME
from dashboard.snapshot import MemberFilter, settled_snapshot
from dashboard.studies.heatmap import DEFAULT_COLOUR, WEIGHTINGS
from dashboard.supply_chain.faults import Fault
from dashboard.supply_chain.loading import LoadedMap, map_content
from dashboard.supply_chain.models import Kind, SupplyChain
from dashboard.ui import loaders
from dashboard.ui.heatmap import day_line, tile_texts
from dashboard.ui.labels import company_title
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.propose import Work

_PREVIEW: Final = "propose:preview"
NEW_SIGN: Final = "＋"
_SOME: Final = 12
"""Names that are written out; the rest is counted."""
Place = tuple[str, str]
"""Layer and company's key."""


@dataclass(frozen=True, eq=False)
class Preview:
    """What is drawn.

    Attributes
    ----------
    unpriced : names of new companies of the home market without a stored price
    elsewhere : names of new companies that are not traded in the home market
    wider : shows digest or secondary members, which the home page does not
    changes : layer's name, members before and after, names of the new and of the gone
    """

    figure: Figure | None
    day_line: str
    new: int
    unpriced: tuple[str, ...]
    elsewhere: tuple[str, ...]
    wider: bool
    changes: pd.DataFrame


def map_text(page: Page) -> str:
    """The text of the map's file, line ends and all.

    Raises
    ------
    MapError
        If it cannot be read, has faults, or is not what the page shows.
    """
    if page.map.faults:
        raise MapError(page.map.faults[:1])
    path = page.settings.map_path
    content = map_content(path)
    if hashlib.sha256(content).hexdigest() != page.map.chain.digest:
        fault = Fault(path.name, 1, "the file has just changed", "draw the page again")
        raise MapError([fault])
    return content.decode()


def _would_be(page: Page, now: Work) -> LoadedMap:
    """The map with the accepted lines; under a hash of its own, which others look it up by."""
    from dashboard.proposals.applying import applied

    if page.map.faults:
        raise MapError(page.map.faults[:1])
    chain = applied(page.map.chain, now.proposal, now.accepted)
    told = "\n".join((chain.digest, now.proposal.document.sha256, *now.accepted))
    mark = hashlib.sha256(told.encode()).hexdigest()
    return LoadedMap(chain.model_copy(update={"digest": mark}), ())


def show_preview(page: Page, now: Work) -> None:
    """The heatmap, what of the new it cannot show, and the layers that change."""
    if not now.accepted:
        st.info(page.t("propose.preview_nothing"))
        return
    shown = preview_of(page, now)
    st.markdown(shown.day_line)
    st.caption("  \n".join(_notes(page, shown)))
    if shown.figure is None:
        st.info(page.t("heatmap.empty"))
    else:
        st.plotly_chart(
            shown.figure, key="propose:heatmap", theme=None, config={"displayModeBar": False}
        )
    st.markdown(f"**{page.t('propose.layers_title')}**")
    if shown.changes.empty:
        st.caption(page.t("propose.layers_none"))
    else:
        st.dataframe(shown.changes, hide_index=True, key=f"propose:layers:{page.language}")


def _notes(page: Page, shown: Preview) -> list[str]:
    notes = [page.t("propose.preview_none")]
    if shown.new:
        notes = [page.t("propose.preview", n=shown.new, sign=NEW_SIGN)]
    if shown.wider:
        notes.append(page.t("propose.preview_wider"))
    for key, names in (("unpriced", shown.unpriced), ("elsewhere", shown.elsewhere)):
        if names:
            told = as_text(_some(page, names))
            notes.append(page.t(f"propose.preview_{key}", n=len(names), names=told))
    return notes


def _some(page: Page, names: tuple[str, ...]) -> str:
    told = page.t("data.and").join(names[:_SOME])
    return told + (page.t("propose.and_more", n=len(names) - _SOME) if names[_SOME:] else "")


def preview_of(page: Page, now: Work) -> Preview:
    """What the accepted lines would make of the heatmap; kept for the session's last question.

    Raises
    ------
    DashboardError
        If the map's file cannot be read, or the lines cannot be put into it.
    """
    key = (now.proposal, now.accepted, page.figure_key)
    kept: tuple[object, Preview] | None = st.session_state.get(_PREVIEW)
    if kept is not None and kept[0] == key:
        return kept[1]
    with st.spinner(page.t("propose.preview_making")):
        made = _preview(page, _would_be(page, now))
    st.session_state[_PREVIEW] = (key, made)
    return made


def _preview(page: Page, would_be: LoadedMap) -> Preview:
    before, after = page.map.chain, would_be.chain
    fresh = places(after) - places(before)
    wide = loaders.widened(page.settings, page.latest, after.symbols())
    drawn = dataclasses.replace(page, map=would_be, snapshot=settled_snapshot(after, wide.prices))
    chosen = _members(before, after, fresh)
    figure = _figure(drawn, chosen, fresh)
    gone = places(before) - places(after)
    keys = dict.fromkeys(key for _, key in sorted(fresh))
    return Preview(
        figure=figure,
        day_line=day_line(drawn, drawn.snapshot.day(chosen)),
        new=len(fresh),
        unpriced=tuple(one for key in keys if (one := _unpriced(drawn, key))),
        elsewhere=tuple(
            page.say(after.company_by_key[key].name) for key in keys if not _at_home(after, key)
        ),
        wider=chosen != MemberFilter(),
        changes=_changes(drawn, before, fresh, gone),
    )


def places(chain: SupplyChain) -> frozenset[Place]:
    """Every membership of a map."""
    return frozenset(
        (one.layer, company.key) for company in chain.companies for one in company.memberships
    )


def _members(before: SupplyChain, after: SupplyChain, fresh: frozenset[Place]) -> MemberFilter:
    """As on the home page, and as much wider as the new memberships need."""
    new = [
        one
        for company in after.companies
        for one in company.memberships
        if (one.layer, company.key) in fresh
    ]
    return MemberFilter(
        include_digest=any(one.kind is Kind.DIGEST for one in new),
        include_secondary=any(not one.primary for one in new),
    )


def _figure(page: Page, chosen: MemberFilter, fresh: frozenset[Place]) -> Figure | None:
    members = page.snapshot.members(chosen)
    if members.empty:
        return None
    tiles = build_tiles(
        page.snapshot.metrics,
        members,
        page.snapshot.groups(chosen, DEFAULT_COLOUR, WEIGHTINGS[0]),
        colour_by=DEFAULT_COLOUR,
        size_by=SizeBy.SQRT_CAP,
    )
    texts = tile_texts(page, tiles.frame, DEFAULT_COLOUR)
    by_key = page.map.chain.company_by_key
    for layer, key in fresh:
        tile = company_tile(by_key[key].symbol or "", layer)
        if tile in texts:
            said = texts[tile]
            texts[tile] = dataclasses.replace(
                said,
                title=f"{NEW_SIGN} {said.title}",
                hover=(page.t("propose.preview_new"), *said.hover),
            )
    return treemap(
        tiles.frame,
        texts,
        colour_by=DEFAULT_COLOUR,
        theme=page.theme,
        language=page.language,
    )


def _at_home(chain: SupplyChain, key: str) -> bool:
    listing = chain.company_by_key[key].listing
    return listing is not None and listing.market == HOME


def _unpriced(page: Page, key: str) -> str:
    symbol = page.map.chain.company_by_key[key].symbol
    if not _at_home(page.map.chain, key) or symbol is None:
        return ""
    last = page.snapshot.metrics["last_session"].get(symbol)
    return company_title(page, symbol) if pd.isna(last) else ""


def _changes(
    page: Page, before: SupplyChain, fresh: frozenset[Place], gone: frozenset[Place]
) -> pd.DataFrame:
    after, there = page.map.chain, places(before)
    rows = []
    for layer in after.layers:
        came = sorted(key for own, key in fresh if own == layer.id)
        left = sorted(key for own, key in gone if own == layer.id)
        if came or left:
            old = sum(own == layer.id for own, _ in there)
            rows.append(
                (
                    page.say(layer.name),
                    old,
                    old + len(came) - len(left),
                    _names(page, after, came),
                    _names(page, before, left),
                )
            )
    columns = ("layer", "before", "after", "came", "left")
    return pd.DataFrame(rows, columns=[page.t(f"propose.layers_{one}") for one in columns])


def _names(page: Page, chain: SupplyChain, keys: list[str]) -> str:
    return page.t("data.and").join(page.say(chain.company_by_key[one].name) for one in keys)
