"""Fifty people at once: `python -m benchmarks.bench_sessions`.

Each has a session of the real server over its own websocket, speaking Streamlit's protocol, and
the accounts lie in PostgreSQL. They look at the heatmap, run a screen, open their list and edit
a row of it, with a pause after each act as people make one. Then all of them edit the same list
in the same moment. Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
from itsdangerous import URLSafeTimedSerializer

from dashboard.accounts.models import Account, NewEntry
from dashboard.accounts.store import Accounts
from dashboard.markets import HOME
from dashboard.supply_chain.loading import load_map
from tests.app.states import MAP
from tests.browser.conftest import NOWHERE
from tests.browser.guarded import COOKIE_SECRET, House, guarded_house
from tests.oidc_server import CLIENT_ID
from tests.postgres import running
from tests.visitor import IDENTITY, Tab, Visitor

LIMIT = 100
"""Sessions at most."""
LONGEST = 600.0
"""Seconds after which the rounds end whatever was asked for."""
ROWS = 10
EXPRESSION = "return_1m > 0 and rsi_14 < 80"
MIB = 2**20
Acts = list[tuple[str, float]]


def cookie(house: House, account: Account) -> str:
    """What a sign-in would leave in the browser: the sign-ins themselves are not measured."""
    claims = {
        "is_logged_in": True,
        "origin": house.url,
        "provider": "default",
        "iss": account.issuer,
        "sub": account.subject,
        "aud": CLIENT_ID,
        "iat": int(time.time()),
        "name": account.name,
    }
    return URLSafeTimedSerializer(COOKIE_SECRET, salt=IDENTITY).dumps(json.dumps(claims))


@contextmanager
def tab_of(house: House, account: Account) -> Iterator[Tab]:
    """An open tab of someone who is signed in."""
    with Visitor(house.url) as visitor:
        signed = {IDENTITY: cookie(house, account)}
        with Tab(visitor, cookies=signed) as tab:
            yield tab


def symbols() -> list[str]:
    """The map's shares."""
    return list(load_map(MAP).chain.symbols(HOME))


def furnished(house: House, number: int, rows: Sequence[str]) -> tuple[Account, int]:
    """Someone with a list; the list's id."""
    account = house.accounts.signed_in(house.provider.issuer, f"s{number}", f"P{number}", None)
    shelf = house.accounts.desk(account).watchlists
    made = shelf.create("list")
    day = dt.date(2024, 1, 2)
    shelf.add(made.id, [NewEntry(one, added_on=day, added_price=100.0) for one in rows])
    return account, made.id


def editing(tab: Tab, watchlist: int, row: int, note: str) -> float:
    """Type into a note of the open editor; seconds until the page has been drawn anew."""
    begin = f"watchlist:editor:{watchlist}:"
    keys = {begin + one.partition(begin)[2] for one in tab.widget_ids() if begin in one}
    assert len(keys) == 1, f"no editor, or several: {keys}; {tab.text()[-2000:]}"
    (key,) = keys
    edits = {"edited_rows": {str(row): {"note": note}}, "added_rows": [], "deleted_rows": []}
    return tab.set(key, string_value=json.dumps(edits))


def use(
    house: House, account: Account, watchlist: int, rounds: int, pause: float, end: float
) -> Acts:
    """One person's visit: act → seconds of each."""
    acts: Acts = []
    chance = random.Random(account.id)

    def act(name: str, does: Callable[[], float]) -> None:
        time.sleep(chance.uniform(0, 2 * pause))
        acts.append((name, does()))

    screen = urlencode({"q": EXPRESSION})
    with tab_of(house, account) as tab:
        act("first page", lambda: tab.run(page=""))
        for turn in range(rounds):
            if time.monotonic() > end:
                break
            size = ("market_cap", "equal")[turn % 2]
            act("heatmap", lambda size=size: tab.run(f"size={size}", page=""))
            act("screen", lambda: tab.run(screen, page="screener"))
            act("list", lambda: tab.run(f"list={watchlist}", page="watchlists"))
            act("list to edit", lambda: tab.run(f"list={watchlist}&edit=1", page="watchlists"))
            act("edit of a row", lambda turn=turn: editing(tab, watchlist, turn % ROWS, f"{turn}"))
    return acts


def together(
    house: House, account: Account, watchlist: int, sessions: int
) -> tuple[int, int, int, list[float]]:
    """All sessions edit a row each of one list at once: stored, asked about, lost; seconds."""
    ready = threading.Barrier(sessions, timeout=LONGEST)

    def edit(row: int) -> tuple[str, float]:
        with tab_of(house, account) as tab:
            tab.run(f"list={watchlist}&edit=1", page="watchlists")
            ready.wait()
            seconds = editing(tab, watchlist, row, f"note of {row}")
            # Whoever came too late is shown both versions, with the own words among them.
            asked = tab.has(f"keep:{watchlist}") and f"note of {row}" in tab.text()
            return ("asked" if asked else "gone"), seconds

    with ThreadPoolExecutor(sessions) as pool:
        told = list(pool.map(edit, range(sessions)))
    kept = house.accounts.desk(account).watchlists.get(watchlist)
    notes = {one.note for one in kept.entries}
    stored = sum(f"note of {row}" in notes for row in range(sessions))
    shown = [state for row, (state, _) in enumerate(told) if f"note of {row}" not in notes]
    return stored, shown.count("asked"), shown.count("gone"), [seconds for _, seconds in told]


def server_of(house: House) -> psutil.Process:
    """The process of the server."""
    port = house.url.rpartition(":")[2]
    (server,) = [
        one
        for one in psutil.Process().children(recursive=True)
        if one.cmdline()[-2:] == ["--port", port]
    ]
    return server


def memory(server: psutil.Process) -> float:
    """Resident MiB."""
    return float(server.memory_info().rss) / MIB


def worked(server: psutil.Process) -> float:
    """Seconds of processor time so far, whatever else the machine does."""
    times = server.cpu_times()
    return float(times.user + times.system)


def quantile(values: Sequence[float], share: float) -> float:
    """By order, without interpolation: a value that was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def report(acts: Acts) -> None:
    for name in dict.fromkeys(name for name, _ in acts):
        seconds = [1000 * one for kind, one in acts if kind == name]
        print(
            f"{name:14} {len(seconds):5} ×  p50 {statistics.median(seconds):6.0f} ms"
            f"  p95 {quantile(seconds, 0.95):6.0f} ms  worst {max(seconds):6.0f} ms"
        )


def measure(house: House, sessions: int, rounds: int, pause: float) -> None:
    shares = symbols()
    people = [
        furnished(house, number, random.Random(number).sample(shares, ROWS))
        for number in range(sessions)
    ]
    with tab_of(house, people[0][0]) as tab:
        # What all share is made once; the first reader of a fresh server waits for it.
        for page in ("", "screener", "watchlists"):
            tab.run(urlencode({"q": EXPRESSION}), page=page)
    server = server_of(house)
    before, busy = memory(server), worked(server)
    end = time.monotonic() + LONGEST
    begin = time.monotonic()
    with ThreadPoolExecutor(sessions) as pool:
        visits = [pool.submit(use, house, *one, rounds, pause, end) for one in people]
        acts = [act for visit in visits for act in visit.result()]
    seconds = time.monotonic() - begin
    busy = worked(server) - busy
    print(
        f"{sessions} sessions, {len(acts) / seconds:.1f} acts a second, pause {pause:g} s; "
        f"the server worked {1000 * busy / len(acts):.0f} ms an act, {busy / seconds:.0%} of a core"
    )
    report(acts)
    print(f"memory of the server: {before:.0f} MiB before, {memory(server):.0f} MiB after")
    for number, (account, watchlist) in enumerate(people):
        notes = [one.note for one in house.accounts.desk(account).watchlists.get(watchlist).entries]
        wanted = [f"{turn}" for turn in range(max(0, rounds - ROWS), rounds)]
        assert set(wanted) <= set(notes), f"person {number} lost an edit: {notes}"
    account, watchlist = furnished(house, sessions, shares[:sessions])
    stored, asked, lost, waited = together(house, account, watchlist, sessions)
    print(
        f"{sessions} edits of one list at once: {stored} stored, {asked} shown beside the other's "
        f"version, {lost} lost; p95 {1000 * quantile(waited, 0.95):.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pause", type=float, default=8.0, help="seconds between acts, mean")
    parser.add_argument("--store", type=Path, help="a store of real prices (default: simulated)")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Not in the folder: as root the server runs as someone who may not look into it.
        place = Path(tempfile.gettempdir()) / f"bench-postgres-{os.getpid()}"
        postgres = stack.enter_context(running(place, ()))
        database = postgres.create()
        Accounts.open(database)
        if options.store:
            shutil.copytree(options.store, folder / "store")
        house = stack.enter_context(
            guarded_house(
                folder,
                DASHBOARD_DATABASE=database,
                DASHBOARD_YAHOO_ORIGIN=NOWHERE,
                DASHBOARD_EXCHANGE_ORIGIN=NOWHERE,
            )
        )
        measure(house, min(options.sessions, LIMIT), options.rounds, options.pause)


if __name__ == "__main__":
    main()
