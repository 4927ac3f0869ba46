"""The rows that `audit` prints, and what it says about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import pandas as pd

from dashboard.analytics.audit import RULE, VERDICT, Verdict
from dashboard.cli.output import say
from dashboard.cli.rows import marked, sound_map, told_snapshot
from dashboard.errors import InputError
from dashboard.settings import Settings
from dashboard.snapshot import MAP
from dashboard.studies import contradictions as disputes
from dashboard.studies.audit import (
    BEATEN,
    COMPANY,
    DOCUMENT,
    GROUP,
    KNOWN_FROM,
    PRICED,
    audit,
    base_of,
    chosen,
)
from dashboard.supply_chain.models import SupplyChain


def audit_rows(
    settings: Settings,
    as_of: dt.date | None,
    members: str,
    asked: Mapping[str, str | None],
    *,
    contradictions: bool,
) -> pd.DataFrame:
    """The audit's table for some of its parameters; the rule and the base rate on stderr.

    Raises
    ------
    InputError
        If a parameter names what the map does not have, or nothing is stored by then.
    """
    snapshot = told_snapshot(settings, sound_map(settings), as_of, MAP, members)
    wanted = _checked(snapshot.chain, asked)
    if contradictions:
        return marked(snapshot, disputes.table_of(snapshot, wanted))
    found = audit(snapshot)
    of_any_verdict = {name: value for name, value in wanted.items() if name != VERDICT}
    _tell(base_of(found.base, chosen(found.table, snapshot.chain, of_any_verdict)))
    return marked(snapshot, chosen(found.table, snapshot.chain, wanted))


def _checked(chain: SupplyChain, asked: Mapping[str, str | None]) -> dict[str, str]:
    wanted = {name: value for name, value in asked.items() if value}
    if COMPANY in wanted:
        wanted[COMPANY] = _company(chain, wanted[COMPANY])
    _one_of("--document", wanted.get(DOCUMENT), chain.document_by_id)
    _one_of("--layer", wanted.get(GROUP), chain.layer_by_id)
    _one_of("--verdict", wanted.get(VERDICT), [one.value for one in Verdict])
    return wanted


def _one_of(option: str, value: str | None, known: Collection[str]) -> None:
    if value is not None and value not in known:
        raise InputError(f"{option} {value[:40]}: unknown; choose from {', '.join(known)}")


def _company(chain: SupplyChain, text: str) -> str:
    found = chain.company_by_key.get(text.lower()) or chain.company_by_symbol.get(text.upper())
    if found is None:
        codes = {one.symbol.split(".")[0]: one for one in chain.companies if one.symbol}
        found = codes.get(text.upper())
    if found is None:
        raise InputError(
            f"--company {text[:40]}: the map has none of that key, code or symbol as of that day; "
            "see: python -m dashboard companies"
        )
    return found.key


def _tell(base: pd.DataFrame) -> None:
    say(RULE.en)
    for row in base.to_dict("records"):
        stand = ", ".join(
            f"{row[name]} {name.replace('_', ' ')}"
            for name in base.columns
            if name not in (KNOWN_FROM, DOCUMENT, BEATEN, PRICED)
        )
        since = f"{row[KNOWN_FROM]:%Y-%m-%d}" if pd.notna(row[KNOWN_FROM]) else "no session yet"
        say(
            f"{since} {'+'.join(row[DOCUMENT])}: {stand}; of all members at home "
            f"{row[BEATEN]} of {row[PRICED]} did better than the market since"
        )
