"""The chain itself: the flow with its table, and what hangs on a company."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analytics.layers import MEMBERS
from dashboard.analytics.metrics import METRICS, RETURN_KEYS
from dashboard.charts.flow import FlowLink, FlowNode, LinkStyle, flow_chart, link_styles
from dashboard.charts.formats import MISSING
from dashboard.charts.treemap import Figure
from dashboard.markets import HOME
from dashboard.studies.chain import (
    DEFAULT_RETURN,
    DEFINITIONS,
    MARKET,
    NEIGHBOURS,
    PRICED,
    VALUE,
    asked_company,
    company_values,
    layer_tables,
    layer_values,
)
from dashboard.supply_chain.flow import (
    COLUMN,
    COMPANY_KEY,
    FLOW_KINDS,
    NAME,
    NEIGHBOUR_STEPS,
    NODE,
    ROW,
    SIDE,
    SOURCE,
    STEPS,
    TARGET,
    TYPE,
    UNDIRECTED,
    Flow,
    Neighbourhood,
    NodeType,
    Side,
    flow,
    home_layer,
    neighbourhood,
    node_id,
    node_parts,
)
from dashboard.supply_chain.models import Company, Relation, Status
from dashboard.supply_chain.rows import (
    COUNT,
    KIND,
    RELATIONS,
    SOURCE_LAYER,
    TARGET_LAYER,
    layer_links,
)
from dashboard.ui import loaders, state
from dashboard.ui.audit import choose_documents
from dashboard.ui.evidence import show_evidence
from dashboard.ui.export import table_buttons
from dashboard.ui.how import how
from dashboard.ui.labels import company_title, layer_name, metric_name, stage_name
from dashboard.ui.links import company_link, layer_link, view_link
from dashboard.ui.markup import as_text
from dashboard.ui.page import CHAIN, Page
from dashboard.ui.tables import picked

_HOVER_LINES: Final = 6
"""Relations named in a hover box."""
_AROUND: Final = ("up_2", "up_1", "self", "down_1", "down_2")
"""Columns around a company; those on the outside are left out where nobody stands in them."""
_UNDIRECTED: Final = tuple(one.value for one in UNDIRECTED)


@dataclass(frozen=True, eq=False)
class FlowView:
    """What the flow draws, shared by all sessions.

    Attributes
    ----------
    ids : of the nodes, in the order in which the figure draws them
    table : what is shown of `links`, row by row
    """

    figure: Figure
    ids: tuple[str, ...]
    links: pd.DataFrame
    table: pd.DataFrame


def choose_return(page: Page) -> str:
    """The return that nodes are coloured by."""
    return state.choice(
        state.COLOUR_BY,
        list(RETURN_KEYS),
        DEFAULT_RETURN,
        page.t("filters.colour_by"),
        lambda key: page.say(METRICS[key].short),
    )


def show_flow(page: Page) -> None:
    """The whole map: filters, picture, table."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        colour_by = choose_return(page)
    left, right = st.columns(2)
    with left:
        documents = choose_documents(page)
    with right:
        kinds = state.choices(
            state.KIND,
            [one.value for one in FLOW_KINDS],
            page.t("chain.kind"),
            lambda one: page.t(f"chain.kind_{one}"),
            placeholder=page.t("chain.kind_all"),
        )
    key = ("flow", *page.figure_key, colour_by, documents, kinds)
    view = loaders.shared(key, lambda: _flow_view(page, colour_by, documents, kinds))
    name = f"flow:{hash(key) & 0xFFFFFFFF:08x}"
    _draw(view, name)
    shown, total = int(view.links[COUNT].sum()), len(page.snapshot.chain.relations)
    metric = metric_name(page, colour_by)
    st.caption(page.t("chain.flow_note", n=shown, total=total, metric=metric))
    st.caption(page.t("chain.abroad_note"))
    how(page, *DEFINITIONS)
    st.subheader(page.t("chain.table_title"))
    if view.links.empty:
        st.info(page.t("chain.no_links"))
        return
    _table(page, view, name, "chain-flow")


def _draw(view: FlowView, name: str) -> None:
    """The picture, as wide as it must be to be read; a narrow screen scrolls it."""
    with st.container(key="wide_chart"):
        st.plotly_chart(
            view.figure,
            key=name,
            theme=None,
            on_select=lambda: _open(st.session_state[name], view.ids),
            selection_mode="points",
            config={"displayModeBar": False},
        )


def _open(event: Mapping[str, Any], ids: Sequence[str]) -> None:
    target = clicked(event, ids)
    if target is None:
        return
    kind, name = target
    if kind is NodeType.LAYER:
        state.go(**{state.LAYER: name, state.CODE: None})
    elif state.read(state.VIEW) == NEIGHBOURS:
        state.go(**{state.COMPANY: name})
    else:
        state.go(**{state.CODE: name, state.LAYER: None})


def clicked(event: Mapping[str, Any], ids: Sequence[str]) -> tuple[NodeType, str] | None:
    """The node that a click named; None for links, badges and anything unknown."""
    for point in event["selection"]["points"]:
        named = point.get("customdata")
        node = named[0] if isinstance(named, list | tuple) and named else named
        if isinstance(node, str) and node in ids:
            return node_parts(node)
    return None


def _styles(page: Page) -> dict[str, LinkStyle]:
    labels = {one.value: page.t(f"chain.kind_{one.value}") for one in FLOW_KINDS}
    return link_styles(labels, _UNDIRECTED, page.theme)


def _flow_view(
    page: Page, colour_by: str, documents: tuple[str, ...], kinds: tuple[str, ...]
) -> FlowView:
    chain = page.snapshot.chain
    found = flow(chain, documents=documents, kinds=kinds)
    nodes = _layer_nodes(page, found, colour_by)
    names = {one.id: one.title for one in nodes}
    figure = flow_chart(
        nodes,
        _links(page, found.links, names),
        [stage_name(page, one.id) for one in chain.stages],
        _styles(page),
        colour_by=colour_by,
        theme=page.theme,
        language=page.language,
    )
    ids = tuple(one.id for one in nodes)
    return FlowView(figure, ids, found.links, _shown(page, found.links, names))


def _layer_nodes(page: Page, found: Flow, key: str) -> list[FlowNode]:
    tables = loaders.shared(
        ("chain:layers", *page.snapshot.key), lambda: layer_tables(page.snapshot)
    )
    layers = layer_values(tables, key)
    outside = [
        name
        for kind, name in zip(found.nodes[TYPE], found.nodes[NAME], strict=True)
        if kind == NodeType.COMPANY
    ]
    values = {**layers[VALUE], **company_values(page.snapshot, outside, key)}
    within = _within(page, found.links)
    nodes = []
    for row in found.nodes.to_dict("records"):
        lines, count = within.get(row[NODE], ((), 0))
        is_layer = row[TYPE] == NodeType.LAYER
        company = None if is_layer else page.snapshot.chain.company_by_key[row[NAME]]
        nodes.append(
            FlowNode(
                id=row[NODE],
                column=row[COLUMN],
                row=row[ROW],
                title=layer_name(page, row[NAME]) if company is None else page.say(company.name),
                value=float(values[row[NAME]]),
                hover=_layer_hover(page, layers.loc[row[NAME]])
                if company is None
                else (_status(page, company),),
                company=company is not None,
                outside=company is not None,
                inside=lines,
                inside_count=count,
            )
        )
    return nodes


def _layer_hover(page: Page, row: pd.Series[Any]) -> tuple[str, ...]:
    where = "home" if row[MARKET] == HOME else "abroad"
    if not row[MEMBERS]:
        return (page.t("chain.not_traded"),)
    return (page.t(f"chain.members_{where}", priced=row[PRICED], members=row[MEMBERS]),)


def _status(page: Page, company: Company) -> str:
    return page.t(f"chain.status_{company.status.value}")


def _within(page: Page, links: pd.DataFrame) -> dict[str, tuple[tuple[str, ...], int]]:
    """Node → what runs inside it, and how many relations that is."""
    own = links[links[SOURCE] == links[TARGET]]
    found = {}
    for node, rows in own.groupby(SOURCE, sort=False):
        relations = [one for part in rows[RELATIONS] for one in part]
        found[str(node)] = (_told(page, relations), len(relations))
    return found


def _links(page: Page, links: pd.DataFrame, names: Mapping[str, str]) -> list[FlowLink]:
    return [
        FlowLink(
            row[SOURCE],
            row[TARGET],
            row[KIND],
            row[COUNT],
            (
                _head(page, row, names),
                page.t(
                    "chain.link_counts",
                    n=row[COUNT],
                    evidence=sum(len(one.evidence) for one in row[RELATIONS]),
                ),
                *_told(page, row[RELATIONS]),
            ),
        )
        for row in links.to_dict("records")
        if row[SOURCE] != row[TARGET]
    ]


def _head(page: Page, row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    text = "chain.link_both" if row[KIND] in _UNDIRECTED else "chain.link_head"
    kind = page.t(f"chain.kind_{row[KIND]}")
    return page.t(text, source=names[row[SOURCE]], target=names[row[TARGET]], kind=kind)


def _told(page: Page, relations: Sequence[Relation]) -> tuple[str, ...]:
    lines = [_sentence(page, one) for one in relations[:_HOVER_LINES]]
    more = len(relations) - len(lines)
    return (*lines, page.t("chain.more", n=more)) if more else tuple(lines)


def _sentence(page: Page, relation: Relation) -> str:
    """`聯發科 是 台積電 的客戶`, as the document tells it."""
    chain = page.snapshot.chain
    names = {
        "source": page.say(chain.company_by_key[relation.source].name),
        "target": page.say(chain.company_by_key[relation.target].name),
    }
    return page.t(f"evidence.relation_{relation.kind.value}", **names)


def _shown(page: Page, links: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            page.t("chain.source"): [names[one] for one in links[SOURCE]],
            page.t("chain.target"): [names[one] for one in links[TARGET]],
            page.t("chain.relation"): [page.t(f"chain.kind_{one}") for one in links[KIND]],
            page.t("chain.count"): links[COUNT],
            page.t("chain.document"): [_documents(page, one) for one in links[RELATIONS]],
            page.t("chain.lines"): [_cited(page, one) for one in links[RELATIONS]],
        }
    )


def _evidence_of(relations: Sequence[Relation]) -> dict[str, list[str]]:
    """Document → lines, each once."""
    found: dict[str, dict[str, None]] = {}
    for one in relations:
        for part in one.evidence:
            found.setdefault(part.document, {})[part.line_text] = None
    return {document: list(lines) for document, lines in found.items()}


def _documents(page: Page, relations: Sequence[Relation]) -> str:
    known = page.snapshot.chain.document_by_id
    return " / ".join(page.say(known[one].title) for one in _evidence_of(relations))


def _cited(page: Page, relations: Sequence[Relation]) -> str:
    return " / ".join(", ".join(lines) for lines in _evidence_of(relations).values())


def _table(page: Page, view: FlowView, name: str, file: str) -> None:
    st.caption(page.t("chain.table_hint"))
    event = st.dataframe(
        view.table,
        key=f"table:{name}",
        hide_index=True,
        on_select="rerun",
        selection_mode=("single-row", "single-cell"),
        placeholder=MISSING,
        height=min(36 * (len(view.table) + 1) + 2, 480),
    )
    row = picked(event)
    if row is not None and row < len(view.links):
        for relation in view.links[RELATIONS].iloc[row]:
            show_relation(page, relation)
    raw = view.links.drop(columns=RELATIONS)
    table_buttons(page, lambda: raw, file, {"map": page.snapshot.chain.digest})


def show_relation(page: Page, relation: Relation) -> None:
    """One relation as the document tells it, with its evidence and ways to both companies."""
    chain = page.snapshot.chain
    with st.container(border=True):
        st.markdown(f"**{as_text(_sentence(page, relation))}**")
        show_evidence(page, relation.evidence)
        with st.container(horizontal=True):
            for key in (relation.source, relation.target):
                company_link(page, chain.company_by_key[key])


def show_neighbourhood(page: Page) -> None:
    """Two steps up and down from a company, then all its relations with their evidence."""
    chain = page.snapshot.chain
    start = asked_company(chain, {})
    if start is None:
        st.info(page.t("chain.no_companies"))
        return
    left, right = st.columns(2)
    with left:
        names = {one.key: _named(page, one) for one in chain.companies}
        asked = state.read(state.COMPANY)
        if asked is not None and asked not in names:
            name = names[start]
            st.error(page.t("chain.unknown_company", code=state.plain(asked), name=name))
        key = state.choice(
            state.COMPANY,
            list(names),
            start,
            page.t("chain.company"),
            names.__getitem__,
            kind="select",
        )
    with right:
        documents = choose_documents(page)
    colour_by = choose_return(page)
    found = neighbourhood(chain, key, NEIGHBOUR_STEPS, documents=documents)
    company = chain.company_by_key[key]
    view_link(
        page.t("chain.open_company"),
        CHAIN,
        icon=":material/open_in_new:",
        code=company.symbol or key,
        layer=None,
    )
    if found.links.empty:
        _alone(page, company)
    else:
        cached = ("around", *page.figure_key, colour_by, key, documents)
        view = loaders.shared(cached, lambda: _around(page, found, colour_by))
        name = f"around:{hash(cached) & 0xFFFFFFFF:08x}"
        _draw(view, name)
        st.caption(page.t("chain.around_note"))
        how(page, *DEFINITIONS)
        relations = [one for part in found.links[RELATIONS] for one in part]
        st.subheader(page.t("chain.supply_title", n=len(relations)))
        _table(page, view, name, f"chain-{key}")
    if found.beside:
        st.subheader(page.t("chain.beside_title", n=len(found.beside)))
        for one in found.beside:
            show_relation(page, one)


def _named(page: Page, company: Company) -> str:
    return as_text(
        company_title(page, company.symbol) if company.symbol else page.say(company.name)
    )


def _alone(page: Page, company: Company) -> None:
    """No document says who supplies it: the layers beside its own are what is known."""
    st.info(page.t("chain.no_supply", name=as_text(page.say(company.name))))
    layer = home_layer(company)
    if layer is None:
        return
    links = layer_links(page.snapshot.chain)
    beside = [
        *links.loc[links[TARGET_LAYER] == layer, SOURCE_LAYER],
        *links.loc[links[SOURCE_LAYER] == layer, TARGET_LAYER],
    ]
    st.markdown(page.t("chain.its_layer"))
    with st.container(horizontal=True):
        for one in dict.fromkeys([layer, *beside]):
            layer_link(page, one)


def _around(page: Page, found: Neighbourhood, key: str) -> FlowView:
    nodes = _company_nodes(page, found, key)
    links = found.links.assign(
        **{
            end: [node_id(NodeType.COMPANY, one) for one in found.links[end]]
            for end in (SOURCE, TARGET)
        }
    )
    names = {one.id: one.title for one in nodes}
    first, last = min(one.column for one in nodes), max(one.column for one in nodes)
    nodes = [dataclasses.replace(one, column=one.column - first) for one in nodes]
    columns = [page.t(f"chain.{one}") for one in _AROUND[first : last + 1]]
    figure = flow_chart(
        nodes,
        _links(page, links, names),
        columns,
        _styles(page),
        colour_by=key,
        theme=page.theme,
        language=page.language,
    )
    return FlowView(figure, tuple(names), links, _shown(page, links, names))


def _company_nodes(page: Page, found: Neighbourhood, key: str) -> list[FlowNode]:
    chain = page.snapshot.chain
    values = company_values(page.snapshot, list(found.places[COMPANY_KEY]), key)
    filled: dict[int, int] = {}
    nodes = []
    for name, side, steps in zip(
        *(found.places[x] for x in (COMPANY_KEY, SIDE, STEPS)), strict=True
    ):
        way = {Side.UP.value: -1, Side.DOWN.value: 1}.get(side, 0)
        column = NEIGHBOUR_STEPS + way * steps
        company = chain.company_by_key[name]
        layer = home_layer(company)
        nodes.append(
            FlowNode(
                id=node_id(NodeType.COMPANY, name),
                column=column,
                row=filled.get(column, 0),
                title=page.say(company.name),
                value=values[name],
                hover=(
                    layer_name(page, layer) if layer else _status(page, company),
                    *(() if company.status is Status.LISTED else (_status(page, company),)),
                ),
                company=True,
                main=side == Side.SELF,
            )
        )
        filled[column] = filled.get(column, 0) + 1
    return nodes
