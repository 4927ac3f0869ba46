"""Mentions and conflicts of one block, before the whole article is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.i18n import Text
from dashboard.proposals.blocks import Block
from dashboard.proposals.codes import Cited, Code
from dashboard.proposals.lexicon import Tier
from dashboard.proposals.models import Conflict, How, Identity
from dashboard.proposals.naming import Candidate


@dataclass(frozen=True)
class Hit:
    """A mention before the whole article is known; positions in its line.

    Attributes
    ----------
    needs : evidence still missing; 0 for what is sure
    """

    line: int
    start: int
    end: int
    written: str
    code: str
    identity: Identity
    how: How
    confidence: float
    reason: Text
    needs: int = 0
    tier: Tier = Tier.NAME


@dataclass
class Pairs:
    """What the codes of one block told."""

    hits: list[Hit]
    conflicts: list[Conflict]


def add_code(
    block: Block, cited: Cited, code: Code, owner: Identity, written: str, pairs: Pairs
) -> None:
    """A code that tells its company by itself."""
    line, start, end = block.place(cited.start, cited.end)
    reason = Text(
        f"代號 {code.text} 依寫法就是{owner.name.zh}",
        f"Written as a code, {code.text} is {owner.name.en}",
    )
    confidence = 0.9 if code.marked else 0.75
    pairs.hits.append(
        Hit(line, start, end, written or code.text, code.text, owner, How.CODE, confidence, reason)
    )


def tell_conflict(
    block: Block,
    cited: Cited,
    code: Code,
    best: Candidate,
    owner: Identity | None,
    pairs: Pairs,
) -> None:
    """A code beside a name that has another: the name is refused, nobody is mapped."""
    best.refused = True
    line, _, _ = block.place(best.start, cited.end)
    name = tight(block.text[best.start : best.end])
    other = best.name.identity
    symbol = (other.symbol or "未上市", other.symbol or "not listed")
    if owner is not None:
        told = Text(
            f"{code.text} 是{owner.name.zh}的代號", f"{code.text} is the code of {owner.name.en}"
        )
    else:
        told = Text(
            f"兩個市場都沒有代號 {code.text}",
            f"No company of either board has the code {code.text}",
        )
    why = Text(
        f"{told.zh}，{name}是{other.name.zh}（{symbol[0]}）",
        f"{told.en}, but {name} is {other.name.en} ({symbol[1]})",
    )
    pairs.conflicts.append(Conflict(code.text, name, (line,), why))


def tell_mismatch(
    block: Block, cited: Cited, code: Code, written: str, owner: Identity, pairs: Pairs
) -> None:
    line, _, _ = block.place(cited.start, cited.end)
    name = tight(written)
    why = Text(
        f"{code.text} 是{owner.name.zh}的代號，{name}不是它已知的名稱",
        f"{code.text} is the code of {owner.name.en}, and {name} is none of its known names",
    )
    pairs.conflicts.append(Conflict(code.text, name, (line,), why))


def tell_unlisted(block: Block, cited: Cited, code: Code, written: str, pairs: Pairs) -> None:
    line, _, _ = block.place(cited.start, cited.end)
    why = Text(
        f"上市與上櫃都沒有代號 {code.text}（可能是興櫃、存託憑證或已下市）",
        f"Neither board lists the code {code.text} (emerging board, a depositary receipt or "
        f"delisted perhaps)",
    )
    pairs.conflicts.append(Conflict(code.text, tight(written), (line,), why))


def tight(text: str) -> str:
    return " ".join(text.split()) if text.isascii() else "".join(text.split())


def merged(conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """One conflict per code and name, with all its lines."""
    lines: dict[tuple[str, str], set[int]] = {}
    whys: dict[tuple[str, str], Text] = {}
    for one in conflicts:
        key = (one.code, one.name)
        lines.setdefault(key, set()).update(one.lines)
        whys.setdefault(key, one.why)
    return tuple(
        Conflict(code, name, tuple(sorted(those)), whys[code, name])
        for (code, name), those in lines.items()
    )
