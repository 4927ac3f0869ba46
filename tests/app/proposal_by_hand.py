"""An article and what it proposes, written by hand: every group, a digest line, a conflict."""

from __future__ import annotations

import hashlib

from dashboard.articles.models import Article
from dashboard.i18n import Text
from dashboard.proposals.models import (
    CompanyProposal,
    Conflict,
    EventProposal,
    FoundCompany,
    Group,
    How,
    Identity,
    LayerProposal,
    MembershipProposal,
    Mention,
    Proposal,
    ProposedDocument,
    RelationProposal,
    StanceProposal,
)
from dashboard.supply_chain.models import (
    DateBasis,
    Direction,
    Kind,
    Precision,
    RelationKind,
    Stance,
)

LINES = (
    "散熱族群再起",
    "健策（3653）受惠均熱片訂單，亞泥（1102）跨足液冷。",
    "台積電先進封裝產能吃緊，下半年交貨給 NVIDIA。",
    "另有業者誤植為大同（2330）。",
    "您可能也想看",
    "雙鴻（3324）股價下挫",
)
SHA = hashlib.sha256("\n".join(LINES).encode()).hexdigest()
ARTICLE = Article(
    lines=LINES,
    digest=((5, 6),),
    title="散熱族群再起",
    publisher="測試日報",
    date="2026-11-20",
    date_basis=DateBasis.STATED,
    file="cooling.txt",
    sha256=SHA,
)
WHY = Text("理由甲", "reason one")


def found(
    identity: Identity, written: str, code: str = "", *lines: int, kind: Kind = Kind.CORE
) -> FoundCompany:
    """A company with a mention in each line, where it is written there."""
    mentions = []
    for line in lines:
        start = LINES[line - 1].index(written)
        end = start + len(written) + (len(code) + 2 if code else 0)
        how = How.CODE if code else How.NAME
        mentions.append(Mention(line, start, end, written, code, how, 0.9, WHY))
    return FoundCompany(identity, tuple(mentions), kind)


def company(
    who: FoundCompany,
    group: Group,
    layers: tuple[tuple[str, float], ...],
    stance: Stance = Stance.NEUTRAL,
) -> CompanyProposal:
    """A company with a line for the first of its layers, or a mention."""
    proposed = tuple(LayerProposal(one, sure, "均熱片", who.lines, WHY) for one, sure in layers)
    layer, sure = layers[0] if layers else (None, 0.85)
    claim = Text("文章提到它。", "The article names it.")
    line = MembershipProposal(
        who.identity.id, layer, stance, who.kind, group, who.lines, sure, claim, WHY
    )
    said = StanceProposal(stance, 0.8, "受惠", who.lines, WHY)
    return CompanyProposal(who, proposed, said, group, (line,))


JENTECH = Identity("jentech", "3653.TW", "jentech", Text("健策", "Jentech"), "TWSE")
ASIA_CEMENT = Identity("1102.TW", "1102.TW", None, Text("亞泥", "亞泥"), "TWSE", "水泥工業")
TSMC = Identity("tsmc", "2330.TW", "tsmc", Text("台積電", "TSMC"), "TWSE")
NVIDIA = Identity("nvidia", "NVDA", "nvidia", Text("輝達", "NVIDIA"), "NASDAQ")
AURAS = Identity("3324.TWO", "3324.TWO", None, Text("雙鴻", "雙鴻"), "TPEX")


def proposal(map_digest: str) -> Proposal:
    """What the article proposes against a map."""
    return Proposal(
        document=ProposedDocument(
            "cooling-2026-11-20",
            ARTICLE.title,
            ARTICLE.publisher,
            ARTICLE.date,
            ARTICLE.date_basis,
            None,
            ARTICLE.file,
            SHA,
            len(LINES),
            ARTICLE.digest,
        ),
        companies=(
            company(
                found(JENTECH, "健策", "3653", 2),
                Group.CONFIRMS,
                (("cooling", 0.95),),
                Stance.BENEFICIARY,
            ),
            company(
                found(ASIA_CEMENT, "亞泥", "1102", 2),
                Group.NEW_COMPANY,
                (("cooling", 0.6), ("psu", 0.5)),
            ),
            company(
                found(TSMC, "台積電", "", 3),
                Group.NEW_MEMBERSHIP,
                (("adv_pkg", 0.9), ("foundry", 0.7)),
            ),
            company(found(NVIDIA, "NVIDIA", "", 3), Group.CONTRADICTS, (("gpu", 0.99),)),
            company(
                found(AURAS, "雙鴻", "3324", 6, kind=Kind.DIGEST),
                Group.NEW_COMPANY,
                (("cooling", 0.97),),
                Stance.AT_RISK,
            ),
        ),
        relations=(
            RelationProposal("tsmc", "nvidia", RelationKind.SUPPLIER, 0.9, "交貨給", (3,), WHY),
        ),
        events=(
            EventProposal(
                "2026",
                Precision.YEAR,
                "下半年",
                (3,),
                ("tsmc",),
                ("adv_pkg",),
                Direction.POSITIVE,
                "交貨",
                Text("台積電交貨", "TSMC delivers"),
                0.7,
                WHY,
            ),
        ),
        conflicts=(Conflict("2330", "大同", (4,), Text("2330 是台積電", "2330 is TSMC")),),
        map_digest=map_digest,
    )
