"""How good proposals are: `python -m benchmarks.propose`.

Every document of the map is proposed against the map without it, and the answer held against
what the map says of it; then the articles of `tests/fixtures/articles` against the hand-made
answers beside them. A folder of further articles with an `answers.toml` can be named.

Companies that can be found are those listed in Taiwan, those on the map (what is left of it),
and those printed with a ticker. A layer counts as right where the first proposal is one the
answer names; companies to which the answer gives no layer are not judged by theirs.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from dashboard.articles.models import Article
from dashboard.articles.reading import read_article
from dashboard.prices.shipped_listings import listed_offline
from dashboard.proposals.models import CompanyProposal, Proposal
from dashboard.proposals.proposing import propose
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain.known import only_documents
from dashboard.supply_chain.loading import load_map
from dashboard.supply_chain.models import Company, Evidence, Kind, Stance, SupplyChain

FIXTURES: Final = PROJECT_ROOT / "tests" / "fixtures" / "articles"
DOCUMENTS: Final = Path(
    os.environ.get("DASHBOARD_DOCUMENTS") or PROJECT_ROOT.parent / "shared" / "documents"
)
ANSWERS: Final = "answers.toml"
LEAST: Final = {"coded": 0.98, "named": 0.95, "layers": 0.85}
"""The bars: precision and recall with a code, without one; share of right layers."""


@dataclass(frozen=True)
class Expected:
    """One company that a careful reader finds; an answer without `layers` gives it none."""

    id: str
    kind: Kind
    coded: bool
    layers: frozenset[str]
    lines: frozenset[int] = frozenset()
    stance: Stance | None = None


@dataclass(frozen=True)
class Answer:
    """What one article should propose; `conflicts` are its codes."""

    name: str
    expected: dict[str, Expected]
    conflicts: frozenset[str] = frozenset()
    date: str | None = None
    publisher: str | None = None
    judged: bool = True
    """Whether companies that are not expected count as wrong."""


@dataclass
class Score:
    """Counts of one article, or of several added up; the lists say what went wrong."""

    found: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    expected: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    right: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    memberships: int = 0
    layers: int = 0
    stances: list[bool] = field(default_factory=list)
    kinds: list[bool] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    """What is wrong with conflicts, dates and publishers; in `wrong` as well."""

    def add(self, other: Score) -> None:
        for coded in (True, False):
            self.found[coded] += other.found[coded]
            self.expected[coded] += other.expected[coded]
            self.right[coded] += other.right[coded]
        self.memberships += other.memberships
        self.layers += other.layers
        self.stances += other.stances
        self.kinds += other.kinds
        self.lines += other.lines
        self.wrong += other.wrong
        self.beside += other.beside

    def precision(self, coded: bool) -> float:
        return self.right[coded] / self.found[coded] if self.found[coded] else 1.0

    def recall(self, coded: bool) -> float:
        return self.right[coded] / self.expected[coded] if self.expected[coded] else 1.0

    def layer_share(self) -> float:
        return self.layers / self.memberships if self.memberships else 1.0

    def row(self, name: str) -> dict[str, object]:
        return {
            "article": name,
            "coded": self.expected[True],
            "precision": self.precision(True),
            "recall": self.recall(True),
            "named": self.expected[False],
            "precision_named": self.precision(False),
            "recall_named": self.recall(False),
            "memberships": self.memberships,
            "layers_right": self.layer_share(),
            "kind_right": _share(self.kinds),
            "stance_right": _share(self.stances),
            "lines_found": _share(self.lines),
        }


def _share(values: Iterable[float]) -> float:
    counted = list(values)
    return sum(counted) / len(counted) if counted else 1.0


# --- what is expected -----------------------------------------------------------------


def document_answer(chain: SupplyChain, document: str, article: Article) -> Answer:
    """What the map itself says of one of its documents."""
    rest = only_documents(chain, {one.id for one in chain.documents} - {document})
    listed = set(listed_offline()["symbol"])
    text = "\n".join(article.lines)
    expected = {}
    for company in chain.companies:
        cited = [e for e in _evidence(company) if e.document == document]
        if not cited:
            continue
        coded = _is_coded(company, text)
        if not (coded or company.symbol in listed or company.key in rest.company_by_key):
            continue
        own = [m for m in company.memberships if any(e.document == document for e in m.evidence)]
        core = any(not chain.document_by_id[document].is_digest(one) for one in cited)
        one = Expected(
            id=company.symbol or company.key,
            kind=Kind.CORE if core else Kind.DIGEST,
            coded=coded,
            layers=frozenset(m.layer for m in own if m.kind is Kind.CORE),
        )
        expected[one.id] = one
    return Answer(document, expected, date=chain.document_by_id[document].date)


def _evidence(company: Company) -> Iterator[Evidence]:
    yield from company.mentions
    for membership in company.memberships:
        yield from membership.evidence


def _is_coded(company: Company, text: str) -> bool:
    """Whether a code stands in brackets, or a Taiwanese one directly before the name."""
    if company.symbol is None:
        return False
    code = re.escape(company.symbol.partition(".")[0])
    before = "|".join(re.escape(one) for one in (company.name.zh.rstrip("*"), *company.aliases))
    return bool(re.search(rf"[(（]\s*{code}\s*[)）]|(?<!\d){code} (?:{before})", text))


def fixture_answers(folder: Path) -> Iterator[Answer]:
    """The hand-made answers of a folder."""
    told = tomllib.loads((folder / ANSWERS).read_text("utf-8"))
    for one in told["article"]:
        expected = {
            row["symbol"]: Expected(
                id=row["symbol"],
                kind=Kind(row["kind"]),
                coded=row["coded"],
                layers=frozenset(filter(None, [row["layer"]])),
                lines=frozenset(row.get("lines", ())),
                stance=Stance(row["stance"]),
            )
            for row in one["companies"]
        }
        codes = frozenset(row["code"] for row in one["conflicts"])
        yield Answer(one["file"], expected, codes, one.get("date"), one.get("publisher"))


# --- how an answer fits ---------------------------------------------------------------


def score(proposal: Proposal, answer: Answer) -> Score:
    """Counts of one article; every miss is told in `wrong`."""
    result = Score()
    found = {_id_of(one): one for one in proposal.companies}
    for name, one in found.items():
        expected = answer.expected.get(name)
        coded = expected.coded if expected else any(m.code for m in one.found.mentions)
        result.found[coded] += 1
        if expected is None:
            written, lines = "、".join(one.found.written), list(one.found.lines)
            result.wrong.append(f"{answer.name}: {name} ({written}) on {lines} is none")
    for name, expected in answer.expected.items():
        result.expected[expected.coded] += 1
        if name not in found:
            result.wrong.append(f"{answer.name}: {name} is missing")
            continue
        result.right[expected.coded] += 1
        _judge(result, answer.name, found[name], expected)
    codes = {one.code for one in proposal.conflicts}
    for code in sorted(answer.conflicts ^ codes):
        what = "is no conflict" if code in codes else "is no conflict here, but should be"
        result.beside.append(f"{answer.name}: {code} {what}")
    document = proposal.document
    for what, got, want in (
        ("date", document.date or "", answer.date),
        ("publisher", document.publisher, answer.publisher),
    ):
        if want is not None and got != want:
            result.beside.append(f"{answer.name}: {what} {got!r} should be {want!r}")
    result.wrong += result.beside
    return result


def _id_of(company: CompanyProposal) -> str:
    identity = company.found.identity
    return identity.symbol or identity.key or identity.id


def _judge(result: Score, article: str, one: CompanyProposal, expected: Expected) -> None:
    name = f"{article}: {expected.id} {one.found.identity.name.zh}"
    result.kinds.append(one.found.kind is expected.kind)
    if one.found.kind is not expected.kind:
        result.wrong.append(f"{name} is {one.found.kind}, should be {expected.kind}")
    if expected.kind is Kind.CORE and expected.layers:
        result.memberships += 1
        first = one.layers[0].layer if one.layers else None
        result.layers += first in expected.layers
        if first not in expected.layers:
            cue = one.layers[0].cue if one.layers else ""
            result.wrong.append(f"{name} in {first} ({cue}), should be {sorted(expected.layers)}")
    if expected.stance is not None and expected.kind is Kind.CORE:
        result.stances.append(one.stance.stance is expected.stance)
        if one.stance.stance is not expected.stance:
            told = f"{one.stance.stance} ({one.stance.cue})"
            result.wrong.append(f"{name} is told {told}, should be {expected.stance}")
    if expected.lines:
        got = set(one.found.lines)
        both = len(got & expected.lines) / len(got | expected.lines)
        result.lines.append(both)
        if both < 1:
            lines = f"{sorted(got)}, should be {sorted(expected.lines)}"
            result.wrong.append(f"{name} on lines {lines}")


def document_scores(documents: Path = DOCUMENTS) -> dict[str, Score]:
    """Each document of the map against the map without it; without files, none."""
    chain, listings = load_map(PROJECT_ROOT / "tickers.yaml").chain, listed_offline()
    scores = {}
    for document in chain.documents:
        path = documents / document.file
        if path.is_file():
            article = read_article(path.read_bytes(), file=path.name)
            answer = document_answer(chain, document.id, article)
            rest = only_documents(chain, {one.id for one in chain.documents} - {document.id})
            scores[document.id] = score(propose(article, rest, listings), answer)
    return scores


def fixture_scores(folder: Path = FIXTURES) -> dict[str, Score]:
    """Each article of a folder against its answer and the whole map."""
    chain, listings = load_map(PROJECT_ROOT / "tickers.yaml").chain, listed_offline()
    return {
        one.name: score(
            propose(read_article((folder / one.name).read_bytes(), file=one.name), chain, listings),
            one,
        )
        for one in fixture_answers(folder)
    }


def total(scores: Iterable[Score]) -> Score:
    """All counts added up."""
    result = Score()
    for one in scores:
        result.add(one)
    return result


def missed(whole: Score) -> list[str]:
    """The bars that are not reached, one sentence each."""
    values = {
        "coded precision": (whole.precision(True), LEAST["coded"]),
        "coded recall": (whole.recall(True), LEAST["coded"]),
        "named precision": (whole.precision(False), LEAST["named"]),
        "named recall": (whole.recall(False), LEAST["named"]),
        "layers right": (whole.layer_share(), LEAST["layers"]),
    }
    return [f"{name} {got:.3f} < {least}" for name, (got, least) in values.items() if got < least]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help=f"articles with {ANSWERS}")
    parser.add_argument("--wrong", action="store_true", help="print every miss")
    options = parser.parse_args()
    sets = {"documents": document_scores()}
    for folder in options.folders or [FIXTURES]:
        sets[folder.name] = fixture_scores(folder)
    pd.set_option("display.width", 250, "display.max_columns", 30)
    failed = False
    for name, scores in sets.items():
        whole = total(scores.values())
        rows = [one.row(article) for article, one in scores.items()] + [whole.row("all")]
        print(f"== {name} ==\n{pd.DataFrame(rows).round(3).to_string(index=False)}")
        if options.wrong:
            print("\n".join(whole.wrong))
        for sentence in missed(whole):
            failed = True
            print(f"not reached: {name}: {sentence}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
