"""What the page of events shows, built once for all sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.analytics.event_study import (
    ABNORMAL,
    CAR,
    DAY,
    FULL_ESTIMATION,
    HIGH,
    LEAST_PLACEBOS,
    LOW,
    WINDOWS,
    Window,
    window_of,
)
from dashboard.analytics.event_tests import TESTS
from dashboard.charts.distribution import distribution
from dashboard.charts.events import Happening, car_chart, day_marks, timeline
from dashboard.charts.formats import MISSING, signed_percent
from dashboard.charts.treemap import Figure
from dashboard.prices.bars import SESSION
from dashboard.studies import events as study
from dashboard.studies.events import Choice, Dated, EventStudies, Part
from dashboard.supply_chain.models import Event, Precision
from dashboard.supply_chain.rows import LAYER
from dashboard.ui import loaders, state
from dashboard.ui.labels import index_name, layer_name, stage_name
from dashboard.ui.page import Page

_GROUP_MARK: Final = ":"
_PARAMETERS: Final = (
    state.LAYER, state.COMPANY, state.DOCUMENT, state.DIRECTION, state.WINDOW,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TimeView:
    """The time line, and what of the chosen events it cannot show."""

    figure: Figure
    marks: tuple[Happening, ...]
    spans: int
    undated: tuple[Event, ...]

    @property
    def dateless(self) -> int:
        """Events with no date at all."""
        return len(self.undated) - self.spans


@dataclass(frozen=True, eq=False)
class EffectView:
    """One event's effect on one of its layers or companies."""

    lines: tuple[str, ...]
    chart: Figure | None
    placebos: Figure | None


def choice_of() -> Choice:
    """What the URL asks for, of all events."""
    return Choice.of({name: state.read(name) or "" for name in _PARAMETERS})


def windows(asked: Window) -> list[str]:
    """Windows that are offered: the usual ones, and the link's own."""
    return [str(one) for one in dict.fromkeys((*WINDOWS, asked))]


def window_text(text: str) -> str:
    """`−1 … +1` of `-1:1`."""
    window = window_of(text) or WINDOWS[0]
    days = (f"{one:+d}" if one else "0" for one in (window.first, window.last))
    return " … ".join(days).replace("-", "−")


def studies_of(page: Page, window: Window) -> EventStudies | None:
    """All dated events; the portfolios are made once for all windows."""
    key = page.snapshot.key
    first = loaders.shared(("events", *key), lambda: study.event_studies(page.snapshot, WINDOWS[0]))
    if first is None:
        return None
    return loaders.shared(("events", *key, window), lambda: first.within(window))


# --- the time line --------------------------------------------------------------------


def time_view(page: Page, choice: Choice, selected: str | None) -> TimeView:
    """All chosen events in time; the window makes no difference."""
    choice = replace(choice, window=WINDOWS[0])
    key = ("events:time", *page.figure_key, choice, selected)
    return loaders.shared(key, lambda: _time_view(page, choice, selected))


def _time_view(page: Page, choice: Choice, selected: str | None) -> TimeView:
    chosen = [one for one in page.snapshot.chain.events if choice.takes(one)]
    marks = []
    for event in chosen:
        found = study.span(event)
        if found is not None:
            text = (page.say(event.title), date_text(page, event))
            lane = _lane(page, event)
            direction = event.direction.value
            marks.append(Happening(event.id, *found, lane, direction, text))
    lanes = [page.say(stage.name) for stage in page.snapshot.chain.stages]
    figure = timeline(
        marks, [*lanes, page.t("events.lane_other")], selected=selected, theme=page.theme
    )
    spans = len(marks) - len(day_marks(marks))
    undated = tuple(one for one in chosen if one.precision is not Precision.DAY)
    return TimeView(figure, tuple(marks), spans, undated)


def _lane(page: Page, event: Event) -> str:
    if not event.layers:
        return page.t("events.lane_other")
    return stage_name(page, page.snapshot.chain.layer_by_id[event.layers[0]].stage)


def clicked(view: TimeView, event: Mapping[str, Any]) -> str | None:
    """The event whose mark was clicked in the time line."""
    points = event["selection"]["points"]
    if not points:
        return None
    days = day_marks(view.marks)
    spans = tuple(one for one in view.marks if not one.is_day)
    curve, number = int(points[0]["curve_number"]), int(points[0]["point_number"])
    marks = (days, spans)[curve] if curve < 2 else ()
    return marks[number].id if number < len(marks) else None


def date_text(page: Page, event: Event) -> str:
    """The event's date as exactly as it is known."""
    if event.date is None:
        return page.t("events.date_undated")
    text = page.t("events.date_of", date=event.date)
    if event.precision in (Precision.DAY, Precision.UNKNOWN):
        return text
    return f"{text} · {page.t(f'events.precision_{event.precision.value}')}"


# --- one event ------------------------------------------------------------------------


def group_name(page: Page, kind: str, group: str) -> str:
    """A layer's name, or a company's with its code."""
    if kind == LAYER:
        return layer_name(page, group)
    company = page.snapshot.chain.company_by_key[group]
    return f"{page.say(company.name)} {(company.symbol or '').partition('.')[0]}".strip()


def group_id(kind: str, group: str) -> str:
    """As it stands in a link."""
    return f"{kind}{_GROUP_MARK}{group}"


def parts_of(studies: EventStudies, event: str) -> list[Part]:
    """The event's layers and companies, those with a figure first."""
    own = [one for one in studies.parts if one.dated.event.id == event]
    return sorted(own, key=lambda one: _missing(studies, one))


def _missing(studies: EventStudies, part: Part) -> bool:
    return part.place < 0 or bool(np.isnan(studies.study.car[part.place, part.dated.column]))


def effect_view(page: Page, studies: EventStudies, part: Part) -> EffectView:
    """The part's figures, its path, and where it stands among days without an event."""
    key = (
        "events:effect",
        *page.figure_key,
        studies.window,
        part.dated.event.id,
        part.kind,
        part.group,
    )
    return loaders.shared(key, lambda: _effect_view(page, studies, part))


def _effect_view(page: Page, studies: EventStudies, part: Part) -> EffectView:
    rows = studies.rows
    own = (
        (rows[study.EVENT] == part.dated.event.id)
        & (rows[study.KIND] == part.kind)
        & (rows[study.GROUP] == part.group)
    )
    row = rows[own].to_dict("records")[0]
    if isinstance(row[study.REASON], str):
        return EffectView((page.t(f"events.reason_{row[study.REASON]}"),), None, None)
    others = studies.placebos(part)
    path = studies.path(part)
    names = (ABNORMAL, CAR, "band", "own", "market", DAY)
    chart = car_chart(
        path,
        studies.window,
        words={name: page.t(f"events.words_{name}") for name in names},
        theme=page.theme,
    )
    car = float(row[CAR])
    placebos = (
        distribution(
            others,
            others < car,
            [car],
            say=signed_percent,
            words=(page.t("events.below"), page.t("events.above")),
            theme=page.theme,
            height=120,
        )
        if len(others) >= LEAST_PLACEBOS
        else None
    )
    return EffectView(_lines(page, studies, row), chart, placebos)


def _lines(page: Page, studies: EventStudies, row: Mapping[Any, Any]) -> tuple[str, ...]:
    figure = page.t(
        "events.figure",
        car=signed_percent(row[CAR]),
        low=signed_percent(row[LOW]),
        high=signed_percent(row[HIGH]),
        t=f"{row[study.T]:.2f}",
        estimated=row[study.ESTIMATED],
    )
    coverage = page.t("events.coverage", n=row[study.PRICED], members=row[study.MEMBERS])
    if row[study.HINDSIGHT]:
        coverage += page.t("events.comma") + page.t("events.hindsight", n=row[study.HINDSIGHT])
    lines = [f"**{figure}**", coverage]
    if row[study.PLACEBOS] >= LEAST_PLACEBOS:
        share = f"{row[study.PLACEBO]:.1%}"
        lines.append(page.t("events.placebo", n=row[study.PLACEBOS], share=share))
    else:
        lines.append(page.t("events.placebo_few", n=row[study.PLACEBOS]))
    if row[study.ESTIMATED] < FULL_ESTIMATION:
        lines.append(page.t("events.short"))
    length = studies.window.length
    if row[study.OBSERVED] < length:
        lines.append(page.t("events.observed", n=row[study.OBSERVED], length=length))
    if row[study.LIMIT]:
        lines.append(page.t("events.limits", n=row[study.LIMIT], locked=row[study.LOCKED]))
    return tuple(lines)


def neighbours_of(studies: EventStudies, event: str) -> tuple[Dated, ...]:
    """Events whose windows overlap the event's."""
    return studies.neighbours.get(event, ())


# --- tables ---------------------------------------------------------------------------


def event_table(page: Page, studies: EventStudies, choice: Choice) -> pd.DataFrame:
    """The chosen rows to read, those without a figure last; indexed by place in `chosen_rows`."""
    key = ("events:table", *page.figure_key, choice)
    return loaders.shared(key, lambda: _event_table(page, studies, choice))


def _event_table(page: Page, studies: EventStudies, choice: Choice) -> pd.DataFrame:
    rows = study.chosen_rows(studies, choice)
    rows = rows.assign(missing=rows[CAR].isna()).sort_values("missing", kind="stable")
    titles = {one.id: page.say(one.title) for one in page.snapshot.chain.events}
    places = zip(rows[study.KIND], rows[study.GROUP], strict=True)
    bands = zip(rows[LOW], rows[HIGH], strict=True)
    shown = {
        "session": rows[SESSION].dt.strftime("%Y-%m-%d"),
        "event": [titles[one] for one in rows[study.EVENT]],
        "direction": [page.t(f"events.direction_{one}") for one in rows[study.DIRECTION]],
        "group": [group_name(page, kind, group) for kind, group in places],
        "names": [
            f"{n}/{of}" for n, of in zip(rows[study.PRICED], rows[study.MEMBERS], strict=True)
        ],
        "car": rows[CAR] * 100,
        "band": [
            MISSING if low != low else f"{signed_percent(low, 1)} … {signed_percent(high, 1)}"
            for low, high in bands
        ],
        "t": rows[study.T],
        "placebo": rows[study.PLACEBO] * 100,
        "note": [_note(page, studies, row) for row in rows.to_dict("records")],
    }
    columns = {page.t(f"events.col_{name}"): values for name, values in shown.items()}
    return pd.DataFrame(columns, index=rows.index)


def _note(page: Page, studies: EventStudies, row: Mapping[Any, Any]) -> str:
    late = row[study.HINDSIGHT]
    notes = [page.t("events.note_hindsight", n=late)] if late else []
    if isinstance(row[study.REASON], str):
        return " · ".join([page.t(f"events.reason_{row[study.REASON]}"), *notes])
    length = studies.window.length
    if row[study.OBSERVED] < length:
        notes.append(page.t("events.note_observed", n=row[study.OBSERVED], length=length))
    if row[study.LIMIT]:
        notes.append(page.t("events.note_limit", n=row[study.LIMIT]))
    near = len(studies.neighbours.get(row[study.EVENT], ()))
    if near:
        notes.append(page.t("events.note_overlap", n=near))
    return " · ".join(notes)


def summary_table(
    page: Page, studies: EventStudies, choice: Choice
) -> tuple[pd.DataFrame, Mapping[Any, Any]]:
    """The samples to read, and the figures of all chosen events."""
    key = ("events:summary", *page.figure_key, choice)
    return loaders.shared(key, lambda: _summary_table(page, studies, choice))


def _summary_table(
    page: Page, studies: EventStudies, choice: Choice
) -> tuple[pd.DataFrame, Mapping[Any, Any]]:
    rows = study.summary_of(studies, choice)
    shown = {
        "sample": [page.t(f"events.sample_{one}") for one in rows[study.SAMPLE]],
        "events": rows[study.EVENTS],
        "dates": rows[study.DATES],
        "independent": rows[study.INDEPENDENT],
        "mean": [signed_percent(one) for one in rows[study.MEAN_CAR]],
    }
    for test in TESTS:
        pairs = zip(rows[test], rows[f"{test}_p"], strict=True)
        shown[test] = [
            page.t("events.anecdote")
            if value != value
            else page.t("events.test", value=f"{value:.2f}", p=f"{p:.3f}")
            for value, p in pairs
        ]
    columns = {page.t(f"events.col_{name}"): values for name, values in shown.items()}
    return pd.DataFrame(columns), rows.to_dict("records")[0]


def undated_table(page: Page, events: tuple[Event, ...]) -> pd.DataFrame:
    """Events whose day is not known, to read."""
    rows = [
        (
            page.say(one.title),
            date_text(page, one),
            page.t(f"events.direction_{one.direction.value}"),
            page.t("events.and").join(layer_name(page, layer) for layer in one.layers),
        )
        for one in events
    ]
    names = ("event", "date", "direction", "layers")
    return pd.DataFrame(rows, columns=pd.Index([page.t(f"events.col_{one}") for one in names]))


def about(page: Page, choice: Choice, studies: EventStudies) -> dict[str, str]:
    """What an export is of."""
    return {
        "as_of": f"{page.snapshot.as_of:%Y-%m-%d}",
        "source": ", ".join(page.snapshot.prices.sources),
        "members": "today" if page.hindsight else "known",
        "window": str(choice.window),
        "benchmark": index_name(page, studies.benchmark.symbol),
        "basis": studies.benchmark.basis.value,
    }
