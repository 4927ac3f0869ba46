"""The documentation against the code: nothing is left out, nothing points nowhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer.main
from typer.testing import CliRunner

from dashboard.analytics.layers import layer_table
from dashboard.analytics.metrics import LAST_SESSION, METRICS, RETURN_KEYS
from dashboard.cli.main import app
from dashboard.cli.output import Format
from dashboard.i18n import translate
from dashboard.markets import BOARDS
from dashboard.prices.bars import BAR_COLUMNS, SHARES_COLUMNS, BarFlag
from dashboard.prices.outcomes import REPORT_COLUMNS, Problem
from dashboard.prices.quality import Reason
from dashboard.settings import PROJECT_ROOT
from dashboard.supply_chain import models
from dashboard.supply_chain.loading import load_map
from dashboard.ui import state

README = PROJECT_ROOT / "README.md"
DOCS = PROJECT_ROOT / "docs"
PAGES = sorted([README, PROJECT_ROOT / "CHANGELOG.md", *DOCS.glob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def text(path: Path) -> str:
    return path.read_text("utf-8")


def coded(path: Path) -> set[str]:
    """Everything that stands `so` in a page, and its parts."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text(path), flags=re.S))
    return {part for span in spans for part in (span, *re.split(r"[\s,]+", span))}


def rows(path: Path) -> list[list[str]]:
    """Cells of every table row."""
    lines = [one for one in text(path).splitlines() if one.startswith("| ")]
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", one)[1:-1]]
        for one in lines
    ]


# --- metrics --------------------------------------------------------------------------


def test_the_metric_table_is_the_registry() -> None:
    expected = [
        [
            f"`{one.key}`",
            one.label.en,
            one.label.zh,
            one.unit.label.en,
            one.formula.en,
            one.source.en,
        ]
        for one in METRICS.values()
    ]
    found = [row for row in rows(DOCS / "metrics.md") if len(row) == 6][1:]
    assert found == expected


def test_the_layer_table_is_described() -> None:
    figures = dict.fromkeys(METRICS, 1.0) | {LAST_SESSION: pd.Timestamp("2026-06-30")}
    metrics = pd.DataFrame(figures, index=["2330.TW"]).assign(limit_state="none")
    members = pd.DataFrame({"symbol": ["2330.TW"], "layer": ["foundry"]})
    columns = {"layer", *layer_table(metrics, members).columns}
    # Of the returns, only the first and the last period are written out.
    between = {key for key in columns for one in RETURN_KEYS[1:-1] if key.startswith(one)}
    assert columns - between <= coded(DOCS / "metrics.md")


# --- command line ---------------------------------------------------------------------


def commands(group: Any, before: str = "") -> Iterator[str]:
    """Every command as it is typed, those of a group with its name before them."""
    for name, command in group.commands.items():
        whole = f"{before}{name}"
        yield from commands(command, f"{whole} ") if hasattr(command, "commands") else (whole,)


COMMANDS = sorted(commands(typer.main.get_command(app)))
EVERYWHERE = {"--account", "--format"}
"""Of the commands in groups: said once a page."""


def help_of(*command: str) -> str:
    """What `--help` prints."""
    outcome = CliRunner().invoke(app, [*command, "--help"])
    assert outcome.exit_code == 0
    return outcome.output


def options(*command: str) -> set[str]:
    return set(re.findall(r"^ +(--[a-z-]+)", help_of(*command), flags=re.M)) - {"--help"}


def command_rows() -> dict[str, str]:
    """Command → how it is written: one of its own in the README, one of a group on its page."""
    pages = (README, *DOCS.glob("*.md"))
    written = [span for page in pages for cells in rows(page) for span in spans(cells[0])]
    found: dict[str, str] = {}
    for span in written:
        if match := re.match(r"([a-z]+(?: [a-z]+)*)(?: [A-Z\[].*)?$", span):
            found.setdefault(match[1], span)
    return {name: span for name, span in found.items() if name in COMMANDS}


def spans(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_command_has_its_row() -> None:
    assert sorted(command_rows()) == COMMANDS
    readme = {span.split(" ")[0] for cells in rows(README) for span in spans(cells[0])}
    assert {name.split(" ")[0] for name in COMMANDS} <= readme


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_row_has_exactly_its_options(name: str) -> None:
    documented = set(re.findall(r"--[a-z-]+", command_rows()[name]))
    common = EVERYWHERE if " " in name else set()
    assert documented - common == options(*name.split()) - common


def test_the_global_options_are_documented() -> None:
    (line,) = re.findall(r"`python -m dashboard (\[.*?) COMMAND", text(README))
    assert set(re.findall(r"--[a-z-]+", line)) == options() == {"--data-dir", "--map"}


@pytest.mark.parametrize("name", COMMANDS)
def test_choices_are_documented(name: str) -> None:
    choices = set(re.findall(r"[<\[]([a-z]+(?:\|[a-z]+)+)[>\]]", help_of(*name.split())))
    formats = "|".join(Format)
    assert all(one in command_rows()[name] for one in choices - {formats})


# --- settings, pages, address ---------------------------------------------------------


def environment_variables() -> set[str]:
    files = [*(PROJECT_ROOT / "dashboard").rglob("*.py"), PROJECT_ROOT / "tests" / "conftest.py"]
    files += (PROJECT_ROOT / "tests" / "browser").glob("*.py")
    return {
        name
        for path in files
        for name in re.findall(r"\b(?:DASHBOARD|REQUIRE)_[A-Z_]+\b", text(path))
    }


def test_every_environment_variable_is_documented() -> None:
    assert {"DASHBOARD_DATA_DIR", "DASHBOARD_YAHOO_ORIGIN"} <= environment_variables()
    missing = {one for one in environment_variables() if one not in text(README)}
    assert not missing


def test_every_parameter_of_the_address_is_documented() -> None:
    constants = {
        value
        for name, value in vars(state).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    assert {"layer", "code", "lang"} <= constants
    assert constants <= coded(README)


def test_every_page_is_named_and_pictured() -> None:
    catalogue = tomllib.loads(text(PROJECT_ROOT / "dashboard" / "i18n" / "app.toml"))
    titles = [translate(f"app.{key}", "en") for key in catalogue["app"] if key.startswith("page_")]
    assert titles
    assert all(title in text(README) for title in titles)
    views = {path.stem for path in (PROJECT_ROOT / "dashboard" / "views").glob("[a-z]*.py")}
    pictures = {Path(target).stem for target in LINK.findall(text(README)) if "img/" in target}
    assert views - {"home"} <= pictures


# --- prices ---------------------------------------------------------------------------


def test_every_column_flag_and_reason_is_described() -> None:
    names = {
        *BAR_COLUMNS,
        *SHARES_COLUMNS,
        *(str(flag.name).lower() for flag in BarFlag),
        *(reason.value for reason in Reason),
        *(problem.value for problem in Problem),
        *REPORT_COLUMNS,
    }
    assert names <= coded(DOCS / "prices.md") | {"date", "shares"}


def test_flags_and_reasons_described_are_those_of_the_code() -> None:
    tables = re.split(r"^\|---.*$", text(DOCS / "prices.md"), flags=re.M)
    first = [set(re.findall(r"^\| `([a-z_]+)` \|", one, flags=re.M)) for one in tables]
    assert {str(flag.name).lower() for flag in BarFlag} in first
    assert {reason.value for reason in Reason} in first
    assert {problem.value for problem in Problem} in first


# --- the map --------------------------------------------------------------------------

ENTRIES = (
    models.Document, models.Stage, models.Layer, models.Company, models.Listing,
    models.Membership, models.Relation, models.Event, models.Evidence,
)  # fmt: skip
CHOICES = (
    models.DateBasis, models.Bottleneck, models.Status, models.Stance, models.Kind,
    models.RelationKind, models.Precision, models.Direction,
)  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: one.__name__)
def test_every_key_of_the_map_is_described(entry: type[models.BaseModel]) -> None:
    described = {one.strip("*") for one in coded(DOCS / "map.md")}
    assert set(entry.model_fields) <= described


def test_every_choice_of_the_map_is_described() -> None:
    values = {value.value for one in CHOICES for value in one}
    assert {*values, *BOARDS} <= coded(DOCS / "map.md")


def test_the_example_company_is_sound(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", text(DOCS / "map.md"), flags=re.S)
    whole = text(PROJECT_ROOT / "tickers.yaml")
    copy = tmp_path / "tickers.yaml"
    copy.write_text(whole.replace("\ncompanies:\n", f"\ncompanies:\n{example}", 1), "utf-8")
    loaded = load_map(copy)
    assert loaded.faults == ()
    assert "example" in loaded.chain.company_by_key


# --- links ----------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """What a heading is linked by."""
    heads = re.findall(r"^#+ (.+)$", text(path), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in LINK.findall(text(page)):
            if "://" not in target:
                yield page, target


@pytest.mark.parametrize(
    ("page", "target"), list(links()), ids=lambda one: one.name if isinstance(one, Path) else one
)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    name, _, part = target.partition("#")
    file = page.parent / name if name else page
    assert file.is_file()
    if part:
        assert part in anchors(file)


def test_pictures_are_small_and_used() -> None:
    pictures = sorted((DOCS / "img").glob("*"))
    assert pictures
    used = text(README)
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG"), picture.name
        assert picture.stat().st_size < 300_000, picture.name
        assert f"docs/img/{picture.name}" in used, picture.name


def test_the_changelog_has_the_version() -> None:
    project = tomllib.loads(text(PROJECT_ROOT / "pyproject.toml"))["project"]
    assert f"## {project['version']}" in text(PROJECT_ROOT / "CHANGELOG.md")
    assert project["requires-python"].removeprefix(">=") in text(README)


def test_the_plain_lines_are_those_of_make() -> None:
    rules = text(PROJECT_ROOT / "Makefile")
    for tool in ("ruff check .", "ruff format --check .", "mypy", "lint-imports"):
        assert f"$(BIN)/{tool}\n" in rules
        assert f".venv/bin/{tool}\n" in text(README)
