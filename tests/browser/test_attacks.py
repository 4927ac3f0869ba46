"""Someone who means harm: other people's ids, tokens, cookies, identities; two tabs of a browser.

No screen is needed for this: `Visitor` speaks HTTP and Streamlit's protocol, so it also sends
what no browser would.
"""

from __future__ import annotations

import base64
import json
import string
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from itsdangerous import URLSafeTimedSerializer
from websockets.exceptions import InvalidHandshake

from dashboard.accounts.models import NewEntry
from dashboard.errors import DashboardError
from tests.browser.guarded import COOKIE_SECRET, MARK, PEOPLE, House, Kept, furnish, guarded_house
from tests.oidc_server import CLIENT_ID, Fault
from tests.visitor import IDENTITY, XSRF, Tab, Visitor

SIGN_OUT = "sign-out"
SIGN_IN = "sign-in:default"
LIGHT = "method"
"""A page that is drawn quickly."""
PERSONAL = ("watchlists", "alerts", "screener")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with guarded_house(tmp_path_factory.mktemp("guarded")) as one:
        yield one


@pytest.fixture(scope="module")
def kept(house: House) -> Kept:
    """What Amy has."""
    return furnish(house.desk("amy"))


@pytest.fixture(scope="module")
def ben(house: House, kept: Kept) -> Iterator[Visitor]:
    """Signed in, with a list of his own."""
    house.desk("ben").watchlists.create("of Ben")
    with Visitor(house.url) as visitor:
        visitor.sign_in("ben")
        yield visitor


@pytest.fixture
def amy(house: House, kept: Kept) -> Iterator[Visitor]:
    with Visitor(house.url) as visitor:
        visitor.sign_in("amy")
        yield visitor


@pytest.fixture
def stranger(house: House) -> Iterator[Visitor]:
    with Visitor(house.url) as visitor:
        yield visitor


def lets_in(tab: Tab, query: str = "", page: str = LIGHT) -> bool:
    """Whether a page opens; if not, it asks for a sign-in and has no way to another page."""
    tab.run(query, page)
    if tab.has(SIGN_OUT):
        return True
    assert tab.has(SIGN_IN)
    assert not tab.elements("page_link")
    assert not tab.elements("arrow_data_frame")
    assert not tab.elements("plotly_chart")
    return False


def everything(house: House) -> str:
    """All that Amy keeps, to see that nothing of it has changed."""
    desk = house.desk("amy")
    return repr(
        (
            desk.watchlists.all(),
            desk.screens.all(),
            desk.alerts.all(),
            desk.channels.all(),
            [(one.id, one.name) for one in desk.shares.all()],
        )
    )


def queries(kept: Kept) -> dict[str, list[str]]:
    """Page → addresses that name what is Amy's, or pretend to."""
    return {
        "watchlists": [
            f"list={kept.watchlist}",
            f"list={kept.watchlist}&edit=1",
            f"list={kept.watchlist}&view=treemap",
            f"list={kept.watchlist}&code=2330.TW",
            f"list={kept.watchlist:05d}",
            f"list={kept.watchlist}%20OR%201=1",
            f"share={kept.watchlist}",
            f"share={kept.revoked}",
        ],
        "alerts": [
            f"alert={kept.alert}",
            "section=history",
            f"section=channels&alert={kept.alert}",
            f"alert=new&kind=screen&universe={kept.watchlist}",
        ],
        "screener": [f"screen={kept.screen}", f"preset={kept.screen}", f"saved={kept.screen}"],
    }


def test_the_owner_sees_what_the_attacks_are_after(amy: Visitor, kept: Kept) -> None:
    """Else the tests below would pass on empty pages."""
    with Tab(amy) as tab:
        tab.run(f"list={kept.watchlist}", "watchlists")
        assert f"note {MARK}" in tab.text()
        tab.run(f"alert={kept.alert}", "alerts")
        assert f"alert {MARK}" in tab.text()
        tab.run("section=channels", "alerts")
        assert f"channel {MARK}" in tab.text()


def test_ids_of_others_in_the_address_show_and_change_nothing(
    house: House, ben: Visitor, kept: Kept
) -> None:
    before = everything(house)
    with Tab(ben) as tab:
        assert lets_in(tab)
        for page in PERSONAL:
            assert page in tab.pages
            for query in queries(kept)[page]:
                tab.run(query, page)
                assert MARK not in tab.text(), query
                assert not tab.elements("exception"), query
    assert everything(house) == before


def test_without_a_sign_in_no_address_shows_anything(stranger: Visitor, kept: Kept) -> None:
    with Tab(stranger) as tab:
        assert not lets_in(tab)
        for page in (*PERSONAL, "data", "method"):
            addresses = queries(kept).get(page, [""])[:1]
            for query in (*addresses, f"share={kept.token}"):
                assert not lets_in(tab, query, page)
                assert MARK not in tab.text()


def forged(token: str) -> list[str]:
    other = next(one for one in string.ascii_letters if one != token[-1])
    return [
        token[:-1],
        token[:-1] + other,
        token + "a",
        token.swapcase(),
        token[::-1],
        f"{token}%00",
        "%27%20OR%201=1--",
        "a" * len(token),
        "../" + token,
    ]


def test_a_link_opens_its_copy_and_no_other_token_opens_anything(
    house: House, ben: Visitor, kept: Kept
) -> None:
    with Tab(ben) as tab:
        tab.run(f"share={kept.token}", "watchlists")
        assert f"list {MARK}" in tab.text()
        assert f"note {MARK}" not in tab.text(), "notes were not given away"
        for token in (*forged(kept.token), kept.revoked):
            tab.run(f"share={token}", "watchlists")
            assert MARK not in tab.text(), token
            assert not tab.elements("exception")


def test_a_copy_that_was_taken_is_one_s_own_and_the_original_stays(
    house: House, ben: Visitor, kept: Kept
) -> None:
    before = everything(house)
    with Tab(ben) as tab:
        tab.run(f"share={kept.token}", "watchlists")
        tab.click("share:take")
    (taken,) = [one for one in house.desk("ben").watchlists.all() if MARK in one.name]
    assert [one.note for one in taken.entries] == [""]
    assert everything(house) == before
    shelf = house.desk("ben").watchlists
    shelf.delete(taken.id)
    shelf.delete(shelf.create("what an undo would bring back").id)


def test_behind_the_pages_too_an_id_of_another_is_as_none(house: House, kept: Kept) -> None:
    before, desk = everything(house), house.desk("ben")
    amys = house.desk("amy")
    watchlist = amys.watchlists.get(kept.watchlist)
    alert = amys.alerts.get(kept.alert)
    attempts = (
        lambda: desk.watchlists.get(kept.watchlist),
        lambda: desk.watchlists.save(watchlist),
        lambda: desk.watchlists.add(kept.watchlist, [NewEntry("NVDA", added_on=_day(watchlist))]),
        lambda: desk.watchlists.delete(kept.watchlist),
        lambda: desk.screens.delete(kept.screen),
        lambda: desk.alerts.save(alert),
        lambda: desk.alerts.delete(kept.alert),
        lambda: desk.channels.delete(kept.channel),
        lambda: desk.shares.create("watchlist", kept.watchlist),
        lambda: desk.alerts.create(
            "to Amy's channel", kind="screen", scope="map", channels=(kept.channel,)
        ),
    )
    for number, attempt in enumerate(attempts):
        with pytest.raises(DashboardError) as wrong:
            attempt()
        assert MARK not in str(wrong.value), number
    assert everything(house) == before


def _day(watchlist: object) -> object:
    return watchlist.entries[0].added_on  # type: ignore[attr-defined]


def cookies(own: str, house: House) -> dict[str, str]:
    """Identity cookies of the attacker's making that say they are Amy's."""
    claims = {
        "is_logged_in": True,
        "origin": house.url,
        "provider": "default",
        "iss": house.provider.issuer,
        "sub": PEOPLE["amy"].subject,
        "aud": CLIENT_ID,
        "iat": int(time.time()),
        "name": "Amy",
    }
    said = json.dumps(claims)
    payload, stamp, signature = own.rsplit(".", 2)
    plain = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return {
        "nothing of it signed": said,
        "another payload": f"{plain}.{stamp}.{signature}",
        "a changed signature": f"{payload}.{stamp}.{signature[:-2]}AA",
        "no signature": f"{payload}.{stamp}.",
        "an empty secret": URLSafeTimedSerializer("", salt=IDENTITY).dumps(said),
        "a guessed secret": URLSafeTimedSerializer("xxx", salt=IDENTITY).dumps(said),
        "the client's secret": URLSafeTimedSerializer("dashboard", salt=IDENTITY).dumps(said),
        "a cookie for something else": URLSafeTimedSerializer(
            COOKIE_SECRET, salt="_streamlit_user_tokens"
        ).dumps(said),
        "a part of a cookie": URLSafeTimedSerializer(COOKIE_SECRET, salt="_other").dumps(
            "chunks-1"
        ),
    }


def test_a_cookie_that_was_tampered_with_is_nobodys(house: House, ben: Visitor) -> None:
    own = ben.cookie(IDENTITY)
    assert own is not None
    for name, value in cookies(own, house).items():
        with Tab(ben, cookies={IDENTITY: value}) as tab:
            assert not lets_in(tab), name


def test_a_cookie_counts_only_with_the_page_s_own_origin_and_token(
    house: House, ben: Visitor
) -> None:
    with Tab(ben, cookies={XSRF: ""}) as tab:
        assert not lets_in(tab)
    with pytest.raises(InvalidHandshake):
        Tab(ben, origin="http://evil.example")
    # On this machine every name of it may connect, but the cookie is for one address.
    with Tab(ben, origin=house.url.replace("127.0.0.1", "localhost")) as tab:
        assert not lets_in(tab)


def test_the_cookie_of_a_session_that_was_signed_out_opens_nothing(
    house: House, amy: Visitor, stranger: Visitor
) -> None:
    stolen = amy.cookie(IDENTITY)
    assert stolen is not None
    with Tab(stranger, cookies={IDENTITY: stolen}) as tab:
        assert lets_in(tab), "else this test shows nothing"
    with Tab(amy) as tab:
        tab.run(page=LIGHT)
        tab.click(SIGN_OUT)
        assert amy.follow(f"{house.url}{tab.redirected_to}", "") == f"{house.url}/"
    assert amy.cookie(IDENTITY) is None
    assert house.provider.ended
    with Tab(stranger, cookies={IDENTITY: stolen}) as tab:
        assert not lets_in(tab)
    amy.sign_in("amy")
    with Tab(amy) as tab:
        assert lets_in(tab)


def test_a_tab_that_is_still_open_acts_for_nobody_once_another_has_signed_out(
    house: House, amy: Visitor, kept: Kept
) -> None:
    before, bens = everything(house), house.desk("ben").watchlists.all()
    with Tab(amy) as first, Tab(amy) as second:
        for tab in (first, second):
            tab.run(f"list={kept.watchlist}", "watchlists")
        second.click(SIGN_OUT)
        amy.follow(f"{house.url}{second.redirected_to}", "")
        amy.sign_in("ben")
        # Its websocket still says Amy, its cookie now says Ben.
        first.click(f"watchlist:columns:{kept.watchlist}:reset")
        assert first.has(SIGN_IN)
        assert MARK not in first.text()
        with Tab(amy) as third:
            assert lets_in(third, f"list={kept.watchlist}", "watchlists")
            assert "Ben" in third.text()
            assert MARK not in third.text()
    assert everything(house) == before
    assert house.desk("ben").watchlists.all() == bens


def test_a_tab_opened_by_one_acts_for_that_one_beside_another(
    house: House, amy: Visitor, ben: Visitor, kept: Kept
) -> None:
    """Two people at once: what each has shared, cached or drafted stays with each."""
    with Tab(amy) as hers, Tab(ben) as his:
        for tab in (hers, his, hers):
            tab.run("", "watchlists")
        assert f"note {MARK}" in hers.text()
        assert MARK not in his.text()
        assert "of Ben" in his.text()
        assert "of Ben" not in hers.text()


def test_the_session_of_another_is_not_taken_over(
    house: House, amy: Visitor, ben: Visitor, stranger: Visitor, kept: Kept
) -> None:
    with Tab(amy) as tab:
        tab.run(f"list={kept.watchlist}", "watchlists")
        session = tab.session
        assert session
        for visitor in (ben, stranger):
            with Tab(visitor, resumes=session) as taken:
                taken.run(f"list={kept.watchlist}")
                assert taken.session != session
                assert MARK not in taken.text()
    for visitor in (ben, stranger):
        with Tab(visitor, resumes=session) as taken:
            taken.run(f"list={kept.watchlist}")
            assert MARK not in taken.text()


@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.NONE])
def test_a_token_that_proves_nothing_lets_nobody_in(
    fault: Fault, house: House, stranger: Visitor
) -> None:
    house.provider.fault = fault
    try:
        stranger.sign_in("amy")
    finally:
        house.provider.fault = Fault.NONE
    with Tab(stranger) as tab:
        assert not lets_in(tab), fault


def callback(house: House, visitor: Visitor, person: str) -> str:
    """The address a provider sends the browser to, before the browser goes there."""
    with Tab(visitor) as tab:
        tab.run()
        tab.click(SIGN_IN)
        asked = visitor.http.get(f"{house.url}{tab.redirected_to}").headers["Location"]
    answer = visitor.http.get(f"{asked}&as={person}")
    return answer.headers["Location"]


def test_no_one_is_signed_in_as_another_by_a_link(
    house: House, stranger: Visitor, amy: Visitor
) -> None:
    """Else Amy would keep her lists in the attacker's account."""
    with Visitor(house.url) as attacker:
        address = callback(house, attacker, "ben")
        assert parse_qs(urlsplit(address).query)["state"]
        for victim in (stranger, amy):
            before = victim.cookie(IDENTITY)
            victim.http.get(address)
            assert victim.cookie(IDENTITY) == before
        changed = address.replace("state=", "state=x")
        attacker.http.get(changed)
        assert attacker.cookie(IDENTITY) is None
        attacker.http.get(address)
        assert attacker.cookie(IDENTITY) is not None, "for its own browser the address is good"
        attacker.http.cookies.delete(IDENTITY)
        attacker.http.get(address)
        assert attacker.cookie(IDENTITY) is None, "a code is good once"


def test_the_way_to_the_provider_cannot_be_bent(house: House, stranger: Visitor) -> None:
    for token in ("", "default", "eyJhbGciOiJub25lIn0.eyJwcm92aWRlciI6ImRlZmF1bHQifQ."):
        answer = stranger.http.get(f"{house.url}/auth/login", params={"provider": token})
        assert answer.headers["Location"] == "/"
    for path in ("auth/login", "auth/logout", "oauth2callback"):
        answer = stranger.http.get(
            f"{house.url}/{path}?next=//evil.example&redirect_uri=//evil.example&return_to=//evil"
        )
        assert "evil" not in answer.headers.get("Location", "")


def test_without_a_sign_in_a_site_whose_name_leads_here_is_no_reader(simulated: str) -> None:
    with Visitor(simulated) as visitor:
        for name in ("localhost", "127.0.0.1"):
            with Tab(visitor, host=name) as tab:
                tab.run(page="watchlists")
                assert tab.elements("page_link")
        with Tab(visitor, host="evil.example") as tab:
            tab.run(page="watchlists")
            assert not tab.elements("page_link")
            assert "evil.example" in tab.text()
            assert not tab.has("watchlists:new:create")


def test_nothing_secret_is_in_the_server_s_log(house: House, ben: Visitor, kept: Kept) -> None:
    said = house.log.read_text()
    own = ben.cookie(IDENTITY)
    assert own is not None
    for secret in (COOKIE_SECRET, own, kept.token, "of the client, for tests", MARK):
        assert secret not in said
