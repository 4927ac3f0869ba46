"""Commands that make a proposal of an article, and accept lines of it into the map.

What is slow to import is imported by the command.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dashboard.cli.output import Format, print_rows, say
from dashboard.cli.proposal_notes import count, tell_dates, tell_found, tell_left_out, tell_read
from dashboard.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.articles.models import Article
    from dashboard.articles.reading import Given
    from dashboard.proposals.models import Proposal
    from dashboard.settings import Settings
    from dashboard.supply_chain.models import SupplyChain

_STDIN: Final = "-"
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")

map_commands = typer.Typer(help="The map: from an article to lines to accept or refuse.")


class ProposalFormat(StrEnum):
    """How a proposal comes out."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PATCH = "patch"


def _date(text: str) -> str:
    """The parser of a date that is known to the day, the month or the year."""
    from dashboard.articles.giving import out_of_range

    match = _DATE.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        dt.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        raise typer.BadParameter(
            f"{text[:40]!r} is no date; write it as 2025-11-25, 2025-11 or 2025"
        ) from None
    if fault := out_of_range(text.strip(), dt.datetime.now(dt.UTC)):
        raise typer.BadParameter(fault.en)
    return text.strip()


Source = Annotated[
    str, typer.Argument(metavar="SOURCE", help="A file, an http(s) address, or - for stdin.")
]
Title = Annotated[str | None, typer.Option(help="The article's title, where it is not found.")]
Publisher = Annotated[str | None, typer.Option(help="Its publisher, where it is not found.")]
Date = Annotated[
    str | None,
    typer.Option(parser=_date, metavar="DATE", help="Its date: 2025-11-25, 2025-11 or 2025."),
]
Above = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="Only lines of at least this confidence."),
]
Assistant = Annotated[
    bool, typer.Option("--assistant", help="Let the language model that is set up rank finds.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of proposals."""
    map_commands.command("propose")(propose)
    map_commands.command("accept")(accept)
    app.add_typer(map_commands, name="map")


def propose(
    context: typer.Context,
    source: Source,
    title: Title = None,
    publisher: Publisher = None,
    date: Date = None,
    form: Annotated[
        ProposalFormat,
        typer.Option("--format", help="Rows, all that was found as JSON, or a patch of the map."),
    ] = ProposalFormat.TABLE,
    above: Above = None,
    assistant: Assistant = False,
    text: Annotated[
        bool, typer.Option("--text", help="Print the article's numbered lines instead.")
    ] = False,
) -> None:
    """What an article would change in the map, line by line; nothing is written."""
    from dashboard.proposals.rows import as_json, line_rows

    if text:
        _print_text(source, _given(title, publisher, date))
        return
    chain, proposal = _proposal(context.obj, source, title, publisher, date, assistant)
    tell_found(proposal, chain, with_conflicts=form is not ProposalFormat.JSON)
    if form is ProposalFormat.JSON:
        typer.echo(json.dumps(as_json(proposal), ensure_ascii=False, indent=1))
    elif form is ProposalFormat.PATCH:
        chosen = _without_accepted(proposal, _at_least(proposal, above or 0.0))
        if not chosen:
            say("no line to accept: the patch is empty")
            return
        typer.echo(_patch(context.obj, chain, proposal, chosen), nl=False)
    else:
        _print_lines(line_rows(proposal, least=above or 0.0), Format(form.value))


def accept(
    context: typer.Context,
    source: Source,
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Accept this line, whatever it is; repeatable. Ids: column `id` of `map propose`.",
        ),
    ] = None,
    but: Annotated[
        list[str] | None,
        typer.Option(
            "--except",
            metavar="ID",
            help="Refuse this line; repeatable. Ids: column `id` of `map propose`.",
        ),
    ] = None,
    above: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Accept every line of at least this confidence but contradictions of the map, "
            "which need --line or --all.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Accept every line, contradictions of the map too.")
    ] = False,
    include_digest: Annotated[
        bool,
        typer.Option(
            "--include-digest",
            help="Let --above and --all take lines of adverts and lists of headlines too.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the change of the map, write nothing.")
    ] = False,
    title: Title = None,
    publisher: Publisher = None,
    date: Date = None,
    assistant: Assistant = False,
) -> None:
    """Write chosen lines of an article's proposal to the map; the map before is kept."""
    from dashboard.proposals.rows import LINE_ID, line_rows

    if not (line or everything or above is not None):
        raise typer.BadParameter("name the lines with --line ID, --above CONFIDENCE or --all")
    chain, proposal = _proposal(context.obj, source, title, publisher, date, assistant)
    chosen = _accepted(
        proposal, line or [], but or [], above, everything=everything, digest=include_digest
    )
    if not chosen:
        raise InputError(
            "no line is left to accept; see them with: python -m dashboard map propose SOURCE"
        )
    chosen = _without_accepted(proposal, chosen) or chosen
    if dry_run:
        typer.echo(_patch(context.obj, chain, proposal, chosen), nl=False)
        say(f"{count(len(chosen), 'line')} would be accepted; nothing was written")
        return
    _write(context.obj, proposal, chosen)
    rows = line_rows(proposal)
    _print_lines(rows[rows[LINE_ID].isin(chosen)], Format.TABLE)


def _print_lines(rows: pd.DataFrame, form: Format) -> None:
    """Lines of a proposal; reasons cut short in a table, whole elsewhere."""
    from dashboard.proposals.claims import clean
    from dashboard.proposals.rows import LONGEST_REASON

    if form is Format.TABLE:
        rows = rows.assign(reason=[clean(one, LONGEST_REASON) for one in rows["reason"]])
    print_rows(rows, form)


def _print_text(source: str, given: Given) -> None:
    from dashboard.articles.numbered import numbered_text
    from dashboard.articles.reading import read_source
    from dashboard.settings import article_private_allowed

    article = read_source(source, given=given, allow_private=article_private_allowed())
    tell_read(article)
    typer.echo(numbered_text(article), nl=False)


def _write(settings: Settings, proposal: Proposal, chosen: list[str]) -> None:
    from dashboard.proposals.accepting import accept as write

    done = write(settings, proposal, chosen)
    chain, document = done.chain, proposal.document
    say(
        f"{settings.map_path.name}: {count(len(chosen), 'line')} accepted from {document.id}; "
        f"the map before is kept as {done.kept}"
    )
    say(
        f"{settings.map_path.name} is sound: {len(chain.companies)} companies, "
        f"{len(chain.layers)} layers, {len(chain.relations)} relations, {len(chain.events)} events"
    )


# --- the proposal ----------------------------------------------------------------------


def _proposal(
    settings: Settings,
    source: str,
    title: str | None,
    publisher: str | None,
    date: str | None,
    assistant: bool,
) -> tuple[SupplyChain, Proposal]:
    """The map, and what the article proposes for it; what was read on stderr."""
    from dashboard.articles.reading import read_source
    from dashboard.cli.proposal_listings import stored_listings
    from dashboard.cli.rows import sound_map
    from dashboard.proposals.documents import as_known, check_given, known_document
    from dashboard.proposals.proposing import propose as make
    from dashboard.settings import article_private_allowed

    given = _given(title, publisher, date)
    article = read_source(source, given=given, allow_private=article_private_allowed())
    chain = sound_map(settings)
    there = known_document(article.sha256, chain)
    if there is not None:
        check_given(there, given.title, given.publisher, given.date)
        article = as_known(article, chain)
    tell_read(article)
    if there is None:
        article = _completed(article, asks=source != _STDIN and _at_terminal())
    tell_dates(article)
    proposal = make(article, chain, stored_listings(settings))
    return chain, _assisted(article, proposal, chain) if assistant else proposal


def _given(title: str | None, publisher: str | None, date: str | None) -> Given:
    from dashboard.articles.reading import Given

    return Given(title or "", publisher or "", date)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _assisted(article: Article, proposal: Proposal, chain: SupplyChain) -> Proposal:
    """The proposal as the language model ranks it; what came of that on stderr."""
    from dashboard.proposals.assistant import assist, assistant_settings
    from dashboard.settings import ASSISTANT_URL_VARIABLE

    model = assistant_settings()
    if model is None:
        raise InputError(f"no assistant is set up; name its address with {ASSISTANT_URL_VARIABLE}")
    done = assist(proposal, article, chain, model)
    for one in done.notes:
        say(one.en)
    return done.proposal


def _completed(article: Article, *, asks: bool) -> Article:
    """The article with its title, publisher and date asked for where they are not known."""
    from dashboard.articles.giving import with_given

    missing = [name for name in ("title", "publisher", "date") if not getattr(article, name)]
    if missing and not asks:
        options = ", ".join(f"--{name}" for name in missing)
        say(f"not known: {', '.join(missing)}; give what you know with {options}")
        stored = [name for name in missing if name != "date"]
        if stored:
            say(f"stored as not stated otherwise: {', '.join(stored)}")
    for name in missing if asks else ():
        told = typer.prompt(
            f"{name} (empty where not known)",
            default="",
            show_default=False,
            err=True,
            value_proc=_empty_or_date if name == "date" else None,
        ).strip()
        article = with_given(article, {name: told})
    return article


def _empty_or_date(text: str) -> str:
    return _date(text) if text.strip() else ""


# --- which lines -----------------------------------------------------------------------


def _at_least(proposal: Proposal, confidence: float) -> list[str]:
    """Ids of all lines of at least this confidence."""
    from dashboard.proposals.choosing import lines_of

    lines = lines_of(proposal)
    return [name for name, one in lines.items() if one.confidence >= confidence]


def _accepted(
    proposal: Proposal,
    named: list[str],
    refused: list[str],
    above: float | None,
    *,
    everything: bool,
    digest: bool,
) -> list[str]:
    """Ids of the lines that are meant, in the proposal's order; what is left out on stderr.

    Raises
    ------
    InputError
        If a name is no line's.
    """
    from dashboard.proposals.choosing import check_known, is_contradiction, is_digest, lines_of

    lines = lines_of(proposal)
    check_known([*named, *refused], lines)
    least = 0.0 if everything else above
    meant = [] if least is None else _at_least(proposal, least)
    meant = [one for one in meant if one not in named and one not in refused]
    beside = {one for one in meant if not digest and is_digest(lines[one], proposal)}
    against = {one for one in meant if not everything and is_contradiction(lines[one])} - beside
    tell_left_out(len(beside), len(against))
    taken = ({*meant} - beside - against) | ({*named} - {*refused})
    return [one for one in lines if one in taken]


def _without_accepted(proposal: Proposal, chosen: list[str]) -> list[str]:
    """Without lines that the map has from this article; how many those are on stderr."""
    from dashboard.proposals.choosing import lines_of

    lines = lines_of(proposal)
    fresh = [one for one in chosen if not lines[one].accepted]
    skipped = len(chosen) - len(fresh)
    if skipped:
        say(f"skipped: {count(skipped, 'line')} accepted already")
    return fresh


def _patch(settings: Settings, chain: SupplyChain, proposal: Proposal, chosen: list[str]) -> str:
    from dashboard.proposals.patching import patch_text
    from dashboard.supply_chain.loading import map_content

    text = map_content(settings.map_path).decode("utf-8")
    return patch_text(text, chain, proposal, chosen, settings.map_path.name)
