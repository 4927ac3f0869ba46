"""A proposal as rows: the JSON that scripts read, and the table of lines to accept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from dashboard.i18n import Language, Text
from dashboard.proposals.claims import RELATIONS, clean, joined
from dashboard.proposals.models import (
    CompanyProposal,
    Conflict,
    EventProposal,
    Group,
    Identity,
    MembershipProposal,
    Proposal,
    RelationProposal,
)

GROUP: Final = "group"
LINE_ID: Final = "id"
LINE_COLUMNS: Final = (
    GROUP, LINE_ID, "symbol", "name", "layer", "stance", "kind", "lines", "confidence", "cue",
    "claim", "reason",
)  # fmt: skip
_GROUPS: Final = tuple(Group)
ACCEPTED: Final = Text("先前已接受", "accepted already")
LONGEST_REASON: Final = 100
"""Characters of a reason in a table that is looked at."""


def as_json(proposal: Proposal, language: Language = "en") -> dict[str, Any]:
    """The proposal as plain values; names and titles Chinese, `why` in a language.

    Returns
    -------
    dict with `document`, `companies`, `relations`, `events`, `conflicts`
        `symbol` is None for what cannot be bought. Lines count from 1.
    """
    document = proposal.document
    return {
        "document": {
            "title": document.title,
            "publisher": document.publisher,
            "date": document.date,
            "date_basis": str(document.date_basis),
            "sha256": document.sha256,
        },
        "companies": [_company(one) for one in proposal.companies],
        "relations": [_relation(one, proposal) for one in proposal.relations],
        "events": [_event(one, proposal) for one in proposal.events],
        "conflicts": [_conflict(one, language) for one in proposal.conflicts],
    }


def _company(company: CompanyProposal) -> dict[str, Any]:
    identity = company.found.identity
    return {
        "symbol": identity.symbol,
        "name": clean(identity.name.zh),
        "written": [clean(one) for one in company.found.written],
        "lines": list(company.found.lines),
        "kind": str(company.found.kind),
        "layers": [
            {"layer": one.layer, "confidence": _share(one.confidence), "cue": clean(one.cue)}
            for one in company.layers
        ],
        "stance": str(company.stance.stance),
        "group": str(company.group),
    }


def _relation(relation: RelationProposal, proposal: Proposal) -> dict[str, Any]:
    return {
        "source": _named(relation.source, proposal),
        "target": _named(relation.target, proposal),
        "kind": str(relation.kind),
        "lines": list(relation.lines),
        "confidence": _share(relation.confidence),
        "cue": clean(relation.cue),
        "group": str(relation.group),
    }


def _event(event: EventProposal, proposal: Proposal) -> dict[str, Any]:
    return {
        "date": event.date,
        "precision": str(event.precision),
        "written": clean(event.written),
        "title": clean(event.title.zh),
        "lines": list(event.lines),
        "companies": [_named(one, proposal) for one in event.companies],
        "layers": list(event.layers),
        "direction": str(event.direction),
        "confidence": _share(event.confidence),
        "cue": clean(event.cue),
        "group": str(event.group),
    }


def _conflict(conflict: Conflict, language: Language) -> dict[str, Any]:
    return {
        "code": clean(conflict.code),
        "name": clean(conflict.name),
        "lines": list(conflict.lines),
        "why": clean(conflict.why.get(language)),
    }


def _named(name: str, proposal: Proposal) -> str:
    """The symbol, or the map's key of what cannot be bought."""
    identity = proposal.identities[name]
    return identity.symbol or identity.key or identity.id


def _share(value: float) -> float:
    return round(float(value), 4)


# --- the table -------------------------------------------------------------------------


def line_rows(proposal: Proposal, language: Language = "en", least: float = 0.0) -> pd.DataFrame:
    """One row per line that can be accepted, group by group, the surest first.

    Companies that are merely named stand after all others.

    Returns
    -------
    DataFrame, `LINE_COLUMNS`
        `layer` is what a membership joins; of a relation what it says, of an event its date.
        `confidence` from 0 to 1, not below `least`. The `reason` of a line that the map has
        from this article begins with `ACCEPTED`.
    """
    rows = [
        *(
            _membership_row(one, company, language)
            for company in proposal.companies
            for one in company.memberships
        ),
        *(_relation_row(one, proposal, language) for one in proposal.relations),
        *(_event_row(one, proposal, language) for one in proposal.events),
    ]
    kept = [one for one in rows if one["confidence"] >= least]
    named = {
        line.id
        for company in proposal.companies
        for line in company.memberships
        if line.layer is None
    }
    kept.sort(
        key=lambda one: (
            one[LINE_ID] in named,
            _GROUPS.index(one[GROUP]),
            -one["confidence"],
        )
    )
    table = pd.DataFrame(kept, columns=list(LINE_COLUMNS))
    return table.astype(dict.fromkeys(LINE_COLUMNS, "str") | {"confidence": "float64"})


def conflict_rows(proposal: Proposal, language: Language = "en") -> pd.DataFrame:
    """Codes and names that do not fit: `code`, `name`, `lines`, `why`."""
    rows = [
        {**_conflict(one, language), "lines": line_text(one.lines)} for one in proposal.conflicts
    ]
    return pd.DataFrame(rows, columns=["code", "name", "lines", "why"])


def line_text(lines: Iterable[int]) -> str:
    """`3, 5-7`."""
    runs: list[list[int]] = []
    for line in sorted(set(lines)):
        if runs and runs[-1][1] == line - 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _membership_row(
    line: MembershipProposal, company: CompanyProposal, language: Language
) -> dict[str, Any]:
    cue = next((one.cue for one in company.layers if one.layer == line.layer), company.stance.cue)
    identity = company.found.identity
    return {
        GROUP: line.group,
        LINE_ID: line.id,
        "symbol": identity.symbol or "",
        "name": _name(identity, language),
        "layer": line.layer or "",
        "stance": str(line.stance),
        "kind": str(line.kind),
        "lines": line_text(line.lines),
        "confidence": line.confidence,
        "cue": clean(cue),
        "claim": clean(line.claim.get(language)),
        "reason": _reason(line, language),
    }


def _reason(line: MembershipProposal | RelationProposal | EventProposal, language: Language) -> str:
    told = joined(ACCEPTED, line.reason) if line.accepted else line.reason
    return clean(told.get(language))


def _relation_row(line: RelationProposal, proposal: Proposal, language: Language) -> dict[str, Any]:
    ends = [proposal.identities[one] for one in (line.source, line.target)]
    return _other_row(line, ends, language) | {
        "layer": str(line.kind),
        "claim": _told(RELATIONS[line.kind], ends, language),
    }


def _event_row(line: EventProposal, proposal: Proposal, language: Language) -> dict[str, Any]:
    companies = [proposal.identities[one] for one in line.companies]
    return _other_row(line, companies, language) | {
        "layer": line.date,
        "stance": str(line.direction),
        "claim": clean(line.title.get(language)),
    }


def _other_row(
    line: RelationProposal | EventProposal, companies: Iterable[Identity], language: Language
) -> dict[str, Any]:
    named = list(companies)
    return {
        GROUP: line.group,
        LINE_ID: line.id,
        "symbol": ", ".join(one.symbol for one in named if one.symbol),
        "name": ", ".join(_name(one, language) for one in named),
        "stance": "",
        "kind": "",
        "lines": line_text(line.lines),
        "confidence": _share(line.confidence),
        "cue": clean(line.cue),
        "reason": _reason(line, language),
    }


def _told(kind: Text, ends: list[Identity], language: Language) -> str:
    source, target = (_name(one, language) for one in ends)
    if language == "zh":
        return f"{source}是{target}{kind.zh}"
    return f"{source} is {kind.en} {target}"


def _name(identity: Identity, language: Language) -> str:
    return clean(identity.name.get(language))
