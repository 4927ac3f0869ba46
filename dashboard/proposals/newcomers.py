"""A company that is not on the map yet: its key, its names, where it trades."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from pydantic import ValidationError

from dashboard.i18n import Text
from dashboard.markets import BOARDS, UNSTATED_US, market_of
from dashboard.proposals.claims import clean, joined
from dashboard.proposals.documents import free, slug
from dashboard.proposals.models import Identity
from dashboard.supply_chain.models import Company, Listing, Status
from dashboard.supply_chain.rules import folded, listing_objections

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]")
"""Characters that no English name has."""
_LONGEST: Final = 80
NO_ENGLISH: Final = Text(
    "英文名稱未知，暫以代號表示", "Its English name is not known, the code stands for it"
)
_NO_NAME: Final = Text("文件只寫代號，名稱未知", "Named by its code only, its name is not known")
_NO_BOARD: Final = Text(
    "它的掛牌處不在本圖所知的交易所之內，因此沒有代號",
    "It trades where this map knows no board, so it has no symbol here",
)


def taken_names(companies: Iterable[Company]) -> set[str]:
    """Names and aliases, as the map compares them."""
    return {folded(n) for one in companies for n in (*one.name, *one.aliases)}


def new_company(identity: Identity, keys: Collection[str], names: Collection[str]) -> Company:
    """The company's entry, still without memberships and mentions.

    Where no English name is known, the Chinese one with the code stands in, and a note says
    so. A name that is another company's already gets the code too.

    Parameters
    ----------
    keys, names : those that are taken, names as `taken_names` has them
    """
    listing, board_note = _listing(identity)
    english, name_note = _english(identity)
    wanted = Text(clean(identity.name.zh, _LONGEST) or _code(identity), english)
    status = identity.status
    if listing is None and status is Status.LISTED:
        status, board_note = Status.PRIVATE, _NO_BOARD
    note = joined(
        *(Text(one.zh.rstrip("。"), one.en.rstrip(".")) for one in (name_note, board_note))
    )
    return Company(
        key=free(_key(identity), keys),
        name=Text(*(_unused(one, _code(identity), names) for one in wanted)),
        status=status,
        listings=(listing,) if listing else (),
        note=Text(f"{note.zh}。", f"{note.en}.") if note.zh else None,
    )


def _code(identity: Identity) -> str:
    return clean((identity.symbol or identity.id).partition(".")[0], _LONGEST)


def _english(identity: Identity) -> tuple[str, Text]:
    name = clean(identity.name.en, _LONGEST)
    if name == _code(identity):
        return name, _NO_NAME
    if name and not _HAN.search(name):
        return name, Text("", "")
    return f"{name} ({_code(identity)})" if name else _code(identity), NO_ENGLISH


def _key(identity: Identity) -> str:
    """Of the Latin name, else of market and code: `tw-3017`."""
    name = identity.name.en
    latin = "" if _HAN.search(name) else slug(name)
    if any(one.isalpha() for one in latin):
        return latin
    code = slug(_code(identity))
    if not code:
        return "company"
    if identity.symbol is None or code[0].isalpha():
        return code
    return f"{market_of(identity.symbol).lower()}-{code}"


def _unused(name: str, code: str, names: Collection[str]) -> str:
    """The name, or the name with what tells it from the other company's."""
    if folded(name) not in names:
        return name
    coded = f"{name} ({code})"
    return coded if folded(coded) not in names else free(coded, _Folded(names))


class _Folded(frozenset[str]):
    """Names that are compared as the map compares them."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(folded(str(name)))


def _listing(identity: Identity) -> tuple[Listing | None, Text]:
    """Where it can be bought, and what is to be said of it."""
    if identity.symbol is None or identity.status is not Status.LISTED:
        return None, Text("", "")
    board = identity.board if identity.board in BOARDS else _board_of(identity.symbol)
    if board is None:
        return None, _NO_BOARD
    try:
        listing = Listing(symbol=identity.symbol, board=board)
    except ValidationError:
        return None, _NO_BOARD
    return (None, _NO_BOARD) if any(listing_objections(listing)) else (listing, Text("", ""))


def _board_of(symbol: str) -> str | None:
    """The only board with such symbols; None where there is none, or several."""
    _, dot, suffix = symbol.rpartition(".")
    if not dot:
        return UNSTATED_US
    boards = [one.id for one in BOARDS.values() if one.suffix == dot + suffix]
    return boards[0] if len(boards) == 1 else None
