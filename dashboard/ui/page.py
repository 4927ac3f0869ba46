"""What every page opens with: language, theme, data, and where the data is from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.charts.theme import ColourScheme, Theme, theme
from dashboard.errors import MapError
from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, Language, Text, translate
from dashboard.markets import HOME
from dashboard.prices.providers.exchanges.feed import ATTRIBUTIONS
from dashboard.prices.schedule import TAIPEI, schedule_state
from dashboard.prices.sessions import last_final_session, sessions
from dashboard.settings import Settings
from dashboard.snapshot import Snapshot
from dashboard.supply_chain.loading import LoadedMap
from dashboard.ui import as_of, loaders, state
from dashboard.ui.markup import as_text
from dashboard.ui.pinned import link_popover, pin_note

_WATCH_SECONDS: Final = 10.0
STYLE = Path(__file__).with_name("style.css")


@dataclass(frozen=True)
class Place:
    """A script of the menu on which a company can be shown, and its title in the catalogue."""

    view: str
    title: str


HEATMAP: Final = Place("views/home.py", "links.heatmap")
SCREENER: Final = Place("views/screener.py", "app.page_screener")
ALERTS: Final = Place("views/alerts.py", "app.page_alerts")
WATCHLISTS: Final = Place("views/watchlists.py", "app.page_watchlists")
INDEX: Final = Place("views/index.py", "app.page_index")
ROTATION: Final = Place("views/rotation.py", "app.page_rotation")
EVENTS: Final = Place("views/events.py", "app.page_events")
OVERNIGHT: Final = Place("views/overnight.py", "app.page_overnight")
CHAIN: Final = Place("views/chain.py", "app.page_chain")


@dataclass(frozen=True, eq=False)
class Page:
    """What a view needs; made anew on each rerun from shared parts."""

    settings: Settings
    language: Language
    theme: Theme
    map: LoadedMap
    snapshot: Snapshot
    latest: Snapshot
    """As of the last stored session; `snapshot` itself where no earlier one is asked for."""
    place: Place = HEATMAP
    """Where links to companies lead, and the way back from one."""
    freshness: DeltaGenerator | None = None
    """Filled by `close_page`: the calendar is slow to load and must not delay the figures."""

    def t(self, key: str, **values: object) -> str:
        """An interface text in the page's language."""
        return translate(key, self.language, **values)

    def say(self, text: Text) -> str:
        """A bilingual text in the page's language."""
        return text.get(self.language)

    @property
    def hindsight(self) -> bool:
        """Whether today's members are asked for, whatever was known on the session."""
        return self.snapshot.hindsight

    @property
    def source_text(self) -> str:
        """Where the bars come from, in the reader's words; Markdown."""
        if self.snapshot.prices.simulated:
            return self.t("app.source_simulated")
        # A source is written `name:detail`; the data page shows the whole of it.
        names = (
            one.partition(":")[0].partition("(")[0]
            for symbol in self.snapshot.whole_chain.symbols(HOME)
            for one in self.snapshot.prices.symbol_sources.get(symbol, ())
        )
        first, *rest = dict.fromkeys(map(as_text, names)) or ("—",)
        return self.t("app.sources", first=first, n=len(rest)) if rest else first

    @property
    def figure_key(self) -> tuple[object, ...]:
        """What every shared figure depends on besides its own choices."""
        return (*self.snapshot.key, self.language, self.theme.scheme, self.theme.dark)


def language() -> Language:
    """The language the URL asks for."""
    asked = state.read(state.LANGUAGE)
    return next((one for one in LANGUAGES if one == asked), DEFAULT_LANGUAGE)


def preferences() -> None:
    """Language and colours, in the sidebar of every page."""
    now = language()
    with st.sidebar:
        state.choice(
            state.LANGUAGE,
            LANGUAGES,
            DEFAULT_LANGUAGE,
            translate("app.language", now),
            lambda one: {"zh": "中文", "en": "English"}[one],
        )
        state.choice(
            state.COLOURS,
            [one.value for one in ColourScheme],
            ColourScheme.RED_UP.value,
            translate("app.colours", now),
            lambda one: ColourScheme(one).label.get(now),
            kind="select",
        )


def page_of(
    settings: Settings,
    now: Language,
    scheme: ColourScheme,
    *,
    dark: bool,
    read: Callable[[Snapshot], Snapshot] | None = None,
) -> Page:
    """The page's parts for one reader; nothing is drawn.

    Parameters
    ----------
    read : from the latest snapshot to the one that is shown; default: itself
    """
    loaded = loaders.loaded_map(settings.map_path)
    if loaded.faults and not loaded.chain.companies:
        raise MapError(loaded.faults[:1])
    latest = loaders.snapshot(settings, loaded.chain)
    taken = latest if read is None else read(latest)
    watermark = translate("app.watermark", now) if taken.prices.simulated else ""
    return Page(
        settings=settings,
        language=now,
        theme=theme(scheme, dark=dark, watermark=watermark),
        map=dataclasses.replace(loaded, chain=taken.chain),
        snapshot=taken,
        latest=latest,
    )


def open_page(place: Place = HEATMAP, *, latest_only: str | None = None) -> Page:
    """Load what the page shows and draw its banner: simulated, faulty map, as of when.

    Parameters
    ----------
    latest_only : `alerts` or `data` on a page that cannot be as of an earlier session
    """
    wanted = state.read(state.COLOURS)
    scheme = next((one for one in ColourScheme if one.value == wanted), ColourScheme.RED_UP)
    dark = st.context.theme.type == "dark"
    read = None if latest_only else _as_asked
    page = page_of(Settings(), language(), scheme, dark=dark, read=read)
    page = dataclasses.replace(page, place=place, freshness=st.empty())
    _banner(page)
    if latest_only:
        as_of.latest_only(page.language, latest_only)
    else:
        as_of.as_of_banner(page.snapshot, as_of.asked_of(page.latest), page.language)
    pin_note(page)
    return page


def _as_asked(latest: Snapshot) -> Snapshot:
    return as_of.snapshot_asked(latest, as_of.asked_of(latest))


def scroll_to_top(view: str) -> None:
    """Start a newly opened view at its top; the browser keeps the old place otherwise.

    Parameters
    ----------
    view : names the view; the browser runs the script when it changes
    """
    mark = zlib.crc32(view.encode())
    script = f"document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0); // {mark}"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def sessions_behind(page: Page, now: dt.datetime | None = None) -> int:
    """Sessions of the home market that have ended since the last stored one."""
    last = last_final_session(HOME, now or loaders.today())
    return max(0, len(sessions(HOME, page.latest.as_of, last)) - 1)


def _banner(page: Page) -> None:
    st.html(STYLE)
    if page.snapshot.prices.simulated:
        st.html(f'<div class="simulated" role="status">{page.t("app.simulated")}</div>')
    if page.map.faults:
        with st.expander(page.t("app.map_faults", n=len(page.map.faults)), icon="⚠️"):
            st.code("\n".join(str(fault) for fault in page.map.faults), language=None)


def as_of_line(page: Page) -> str:
    """As of when, from where, fetched when."""
    prices = page.snapshot.prices
    text = page.t("app.as_of", date=f"{page.snapshot.as_of:%Y-%m-%d}", source=page.source_text)
    if page.snapshot.as_of == page.latest.as_of < prices.last_session:
        text += page.t("app.some_ahead", date=f"{prices.last_session:%Y-%m-%d}")
    if prices.fetched_at and not prices.simulated:
        text += page.t("app.fetched", time=f"{prices.fetched_at:%Y-%m-%d %H:%M}")
    return text


def due_line(page: Page) -> str:
    """When the next refresh is due; empty where no schedule is known to be running."""
    due = schedule_state(page.settings.data_dir, loaders.today()).due
    return (
        page.t("data.schedule_due", time=f"{due.astimezone(TAIPEI):%Y-%m-%d %H:%M}") if due else ""
    )


def attributions(page: Page, sources: Iterable[str]) -> list[str]:
    """What the licence of the exchanges' data asks to be printed, once each."""
    return [page.say(ATTRIBUTIONS[one]) for one in dict.fromkeys(sources) if one in ATTRIBUTIONS]


def _switch_over(page: Page) -> None:
    """Draw the whole page anew once other prices are stored than those it shows."""
    if loaders.snapshot(page.settings, page.latest.chain) is not page.latest:
        st.rerun(scope="app")


def close_page(page: Page) -> None:
    """The line every page ends with: as of when, from where, no advice."""
    st.fragment(_switch_over, run_every=_WATCH_SECONDS)(page)
    st.divider()
    link_popover(page)
    st.caption(" ".join(filter(None, (as_of_line(page), due_line(page)))))
    for text in attributions(page, page.snapshot.prices.sources):
        st.caption(text)
    behind = 0 if page.snapshot.prices.simulated else sessions_behind(page)
    if behind and page.freshness is not None:
        date = f"{page.latest.as_of:%Y-%m-%d}"
        text = page.t("app.behind", n=behind, date=date)
        page.freshness.warning(text, icon=":material/history:")
    st.caption(page.t("app.no_advice"))
