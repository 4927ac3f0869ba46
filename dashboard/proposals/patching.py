"""A change of the map carried over to its text: what is added is written, the rest stays.

Only the places that change are touched, so that comments, order, quotes and long lines stay as
they are (`map_text`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from dashboard.errors import ProposalError
from dashboard.i18n import Text
from dashboard.proposals.applying import applied
from dashboard.proposals.choosing import MAP_CHANGED
from dashboard.proposals.map_text import MapText, Node, child, opened
from dashboard.proposals.models import Proposal
from dashboard.supply_chain.loading import loaded_content
from dashboard.supply_chain.models import Company, Evidence, Membership, SupplyChain

_SECTIONS: Final = ("documents", "companies", "relations", "events")
_COMPANY_KEYS: Final = tuple(Company.model_fields)
_UNUSUAL: Final = Text(
    "地圖的寫法讓程式無法增補；請把清單寫成 `- ` 開頭的各行，或手動加入這些條目",
    "the map is written in a way that cannot be added to by program; write its lists as `- ` "
    "lines, or add these lines by hand",
)
_BOM: Final = "\ufeff"


def patched(
    map_text: str, chain: SupplyChain, proposal: Proposal, accepted: Collection[str]
) -> str:
    """The map's text with the accepted lines in it; every other character stays.

    Parameters
    ----------
    map_text : str
        The text that `chain` was read from, with its line ends and byte order mark.
    accepted : ids of lines of the proposal

    Raises
    ------
    ProposalError
        As `applying.applied`; or if the text cannot be changed so that it says exactly that.
    """
    if sound_chain(map_text.encode(), "the map") != chain:
        raise ProposalError(MAP_CHANGED)
    wanted = applied(chain, proposal, accepted)
    text = map_text.removeprefix(_BOM)
    made = map_text[: len(map_text) - len(text)] + _written(text, chain, wanted)
    loaded = loaded_content(made.encode(), "the map")
    if loaded.faults:
        raise ProposalError(
            Text(
                f"接受這些條目會使地圖有錯，因此未接受（{loaded.faults[0]}）",
                f"with these lines the map would be at fault, so none is accepted "
                f"({loaded.faults[0]})",
            )
        )
    if loaded.chain.model_copy(update={"digest": wanted.digest}) != wanted:
        raise ProposalError(_UNUSUAL)
    return made


def sound_chain(content: bytes, file: str) -> SupplyChain:
    """The map that bytes hold, for a change.

    Raises
    ------
    ProposalError
        If it has a fault: what is left out of a faulty map would be lost sight of.
    """
    loaded = loaded_content(content, file)
    if loaded.faults:
        count, first = len(loaded.faults), loaded.faults[0]
        raise ProposalError(
            Text(
                f"地圖有 {count} 處錯誤，請先修正：python -m dashboard check（第一處：{first}）",
                f"the map has {count} fault{'s' if count > 1 else ''}; mend the map before lines "
                f"are accepted: python -m dashboard check (the first: {first})",
            )
        )
    return loaded.chain


def patch_text(
    map_text: str,
    chain: SupplyChain,
    proposal: Proposal,
    accepted: Collection[str],
    file: str = "tickers.yaml",
) -> str:
    """The change as a unified diff that `patch -p1` and `git apply` take; errors as `patched`."""
    made = patched(map_text, chain, proposal, accepted)
    diff = difflib.unified_diff(_by_lines(map_text), _by_lines(made), f"a/{file}", f"b/{file}")
    no_end = "\n\\ No newline at end of file\n"
    return "".join(one if one.endswith("\n") else one + no_end for one in diff)


def _by_lines(text: str) -> list[str]:
    # `splitlines` also breaks where editors and diff do not.
    return [one for one in re.split(r"(?<=\n)", text) if one]


# --- what changes ----------------------------------------------------------------------


def _written(text: str, chain: SupplyChain, wanted: SupplyChain) -> str:
    pairs = {name: (getattr(chain, name), getattr(wanted, name)) for name in _SECTIONS}
    changing = {
        name: [n for n, (old, new) in enumerate(zip(*pair, strict=False)) if old != new]
        for name, pair in pairs.items()
    }
    edited = opened(text, changing)
    if edited is None:
        raise ProposalError(_UNUSUAL)
    for name, (before, after) in pairs.items():
        for place in changing[name]:
            _change(edited, edited.entries[name][place], before[place], after[place])
        edited.append(*edited.sections[name], [_plain(one) for one in after[len(before) :]])
    return edited.edited()


def _change(edited: MapText, node: Node, old: Any, new: Any) -> None:
    """One entry: companies, relations and events change, by what is added.

    All that goes is a mention that was brought along, once its company has a place.
    """
    if not isinstance(old, Company):
        _cite(edited, node, old.evidence, new.evidence)
        return
    there = child(node, "memberships")
    places = there[1].value if there and old.memberships else []
    for place, before, after in zip(places, old.memberships, new.memberships, strict=False):
        if before != after:
            _change_place(edited, place, before, after)
    for name in ("memberships", "mentions"):
        added = getattr(new, name)[len(getattr(old, name)) :]
        found = child(node, name)
        if found is not None and getattr(old, name) and not getattr(new, name):
            edited.remove(node, *found)
        elif found is not None:
            edited.append(*found, [_plain(one) for one in added])
        elif added:
            earlier = _COMPANY_KEYS[: _COMPANY_KEYS.index(name)]
            edited.add_key(node, name, [_plain(one) for one in added], below=earlier)


def _change_place(edited: MapText, node: Node, old: Membership, new: Membership) -> None:
    for name in ("primary", "stance", "kind"):
        found = child(node, name)
        if getattr(old, name) is not getattr(new, name) and found is not None:
            edited.replace(found[1], str(getattr(new, name)).lower())
    _cite(edited, node, old.evidence, new.evidence)


def _cite(edited: MapText, node: Node, old: Sequence[Evidence], new: Sequence[Evidence]) -> None:
    found = child(node, "evidence")
    assert found is not None, "what is sound has evidence"
    edited.append(*found, [_plain(one) for one in new[len(old) :]])


def _plain(model: Any) -> dict[str, Any]:
    """A model as the map writes it: without what is empty or goes without saying."""
    plain: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if value is None or value == () or (name == "check_kind" and model.check is None):
            continue
        plain[name] = _value(name, value)
    return plain


def _value(name: str, value: Any) -> Any:
    if name in ("lines", "digest_lines"):
        runs = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in value)
        return int(runs) if runs.isdigit() else runs
    if hasattr(value, "zh"):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, tuple):
        return [_value("", one) for one in value]
    if hasattr(type(value), "model_fields"):
        return _plain(value)
    return value if isinstance(value, bool | int) else str(value)
