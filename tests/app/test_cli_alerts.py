"""The commands of alerts: made, listed, evaluated, tried, told."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from dashboard.accounts.models import NewEntry
from dashboard.accounts.store import Accounts
from dashboard.cli.main import app
from dashboard.errors import DashboardError
from dashboard.settings import ACCOUNTS_FILE
from tests.contract.message_servers import Webhook, webhooks
from tests.unit.alert_world import made_at, opened, small_map
from tests.unit.price_bars import bars_of

LAST = "2026-06-30"
MADE = dt.datetime(2026, 6, 28, tzinfo=dt.UTC)


class Line:
    """The command line on one store and one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.map = small_map(folder)
        self.database = folder / "store" / ACCOUNTS_FILE

    def __call__(self, *words: str, stdin: str = "") -> Result:
        places = ["--data-dir", str(self.folder / "store"), "--map", str(self.map)]
        return CliRunner().invoke(app, [*places, *words], input=stdin)

    def rows(self, *words: str) -> pd.DataFrame:
        told = self(*words, "--format", "csv").stdout
        return pd.read_csv(io.StringIO(told), keep_default_na=False)

    def refused(self, *words: str) -> str:
        """The sentence of a command that does nothing."""
        done = self(*words)
        assert isinstance(done.exception, DashboardError), done.output
        return str(done.exception)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flat closes, and one company at its limit in the last session."""
    folder = tmp_path_factory.mktemp("alerts")
    calm = bars_of("2317.TW", "2026-06-01", LAST, 100.0)
    rising = bars_of("2330.TW", "2026-06-01", LAST, [100.0] * (len(calm) - 1) + [110.0])
    path = folder / "bars.csv"
    pd.concat([calm, rising]).drop(columns=["fetched_at"]).to_csv(path, index=False)
    assert Line(folder)("import", str(path)).exit_code == 0
    return folder


@pytest.fixture
def line(stored: Path) -> Iterator[Line]:
    """With a database of its own."""
    command = Line(stored)
    accounts = opened(command.database)
    yield command
    accounts.close()
    for file in command.database.parent.glob(f"{ACCOUNTS_FILE}*"):
        file.unlink()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with webhooks() as server:
        yield server


def test_from_a_rule_to_a_message(line: Line, hook: Webhook) -> None:
    assert line("alerts", "channels", "add", "hook", stdin=hook.address("good")).exit_code == 0
    assert line("alerts", "add", "limit", "--kind", "at_limit", "--channel", "hook").exit_code == 0
    made_at(line.database, MADE)
    done = line("alerts", "evaluate")
    assert (done.exit_code, done.stderr) == (
        0, "alerts: 1 evaluated, 1 new events, 1 messages sent\n",
    )  # fmt: skip
    (row,) = line.rows("alerts", "history").to_dict("records")
    assert (row["session"], row["alert"], row["key"], row["state"]) == (
        LAST, "limit", "2330.TW", "up",
    )  # fmt: skip
    assert row["messages"] == "hook: sent"
    assert "TSMC 2330.TW" in row["what"]
    assert len(hook.messages) == 1
    assert line("alerts", "evaluate").stderr.startswith("alerts: 1 evaluated, 0 new events, 0 ")


def test_sessions_that_are_imported_late_are_news_to_a_rule(tmp_path: Path) -> None:
    """They were over long before the rule was made."""
    line = Line(tmp_path)
    rising = bars_of("2330.TW", "2026-06-01", LAST, 100.0).drop(columns=["fetched_at"])
    rising.loc[rising.index[-1], ["open", "high", "low", "close", "adjusted_close"]] = 110.0
    for name, rows in {"early": rising.iloc[:-1], "late": rising.iloc[-1:]}.items():
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    line("import", str(tmp_path / "early.csv"))
    done = line("alerts", "add", "limit", "--kind", "at_limit", "--symbol", "2330")
    assert "looks from 2026-06-29, the last session stored, on" in done.stderr
    assert line("alerts", "evaluate").stderr.startswith("alerts: 1 evaluated, 0 new events, 0 ")
    assert "1 new events" in line("import", str(tmp_path / "late.csv")).stderr
    (row,) = line.rows("alerts", "history").to_dict("records")
    assert (row["session"], row["key"], row["state"]) == (LAST, "2330.TW", "up")


def test_rules_are_listed_switched_and_removed(line: Line) -> None:
    line("alerts", "add", "cross", "--kind", "crosses_price", "--symbol", "2330.TW",
         "--set", "level=1200", "--set", "direction=down")  # fmt: skip
    line("alerts", "add", "move", "--kind", "change_in_session", "--set", "change=7.5%")
    line("alerts", "disable", "move")
    rows = line.rows("alerts", "list").set_index("name")
    assert rows.loc["cross", ["kind", "scope", "of", "parameters"]].tolist() == [
        "crosses_price", "symbol", "2330.TW", "level=1200.0 direction=down",
    ]  # fmt: skip
    assert rows.loc["move", "parameters"] == "change=0.075"
    assert rows["enabled"].tolist() == [True, False]
    line("alerts", "enable", "move")
    line("alerts", "remove", "cross")
    rows = line.rows("alerts", "list")
    assert (rows["name"].tolist(), rows["enabled"].tolist()) == (["move"], [True])


def test_a_list_by_its_name_and_a_saved_screen(line: Line) -> None:
    accounts = Accounts.open(f"sqlite:///{line.database}")
    desk = accounts.desk(accounts.local())
    own = desk.watchlists.create("mine")
    desk.watchlists.add(own.id, [NewEntry("2330.TW", added_on=MADE.date())])
    desk.screens.create("up", expression="return_1d > 5%", universe="map")
    assert line("alerts", "add", "a", "--list", "mine", "--saved", "up").exit_code == 0
    made_at(line.database, MADE)
    assert line("alerts", "evaluate").exit_code == 0
    assert line.rows("alerts", "history")["key"].tolist() == ["2330.TW"]
    desk.watchlists.delete(own.id)
    done = line("alerts", "list", "--format", "csv")
    assert done.exit_code == 3
    assert "no longer there" in done.stdout


def test_a_test_message_says_what_became_of_it(line: Line, hook: Webhook) -> None:
    hook.status["bad"] = 503
    line("alerts", "channels", "add", "one", hook.address("good"))
    line("alerts", "channels", "add", "two", hook.address("bad"))
    done = line("alerts", "test")
    assert done.exit_code == 3
    first, second = done.stdout.splitlines()
    assert first == "one: sent"
    assert second.startswith("two: not sent: the server refused it (code 503)")
    assert line("alerts", "test", "one").exit_code == 0
    assert "管道可以用" in hook.bodies("good")[0]
    rows = line.rows("alerts", "channels", "list")
    assert rows.columns.tolist() == ["name", "service", "enabled"]
    assert rows["service"].tolist() == ["json", "json"]


def test_quiet_hours(line: Line) -> None:
    assert line("alerts", "quiet").stdout == "no quiet hours (Asia/Taipei)\n"
    told = line("alerts", "quiet", "22:00", "07:30", "--zone", "Europe/Paris").stdout
    assert told == "quiet from 22:00 to 07:30 Europe/Paris\n"
    assert line("alerts", "quiet").stdout == told
    assert line("alerts", "quiet", "off").stdout == "no quiet hours (Europe/Paris)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("add x --kind nothing", "choose from matches"),
        ("add x --kind at_limit --symbol 2330.TW --layer cooling", "one thing"),
        ("add x --kind at_limit --list nothing", "no watchlist"),
        ("add x --screen clos>1", "close"),
        ("add x --kind at_limit --set speed", "name=value"),
        ("add x --kind at_limit --channel nothing", "no channel"),
        ("remove nothing", "no alert"),
        ("test", "no channel"),
        ("test nothing", "no channel"),
        ("quiet 22:00", "22:00 07:30"),
        ("channels add x dbus://", "not among the services"),
    ],
)
def test_bad_input_is_one_sentence(line: Line, words: str, said: str) -> None:
    sentence = line.refused("alerts", *words.split())
    assert said in sentence
    assert "\n" not in sentence


def test_a_refresh_or_an_import_evaluates_and_its_exit_code_is_its_own(
    line: Line, hook: Webhook
) -> None:
    """A message that is not taken makes no failure of the import."""
    hook.status["bad"] = 500
    line("alerts", "channels", "add", "hook", hook.address("bad"))
    line("alerts", "add", "limit", "--kind", "at_limit", "--channel", "hook")
    made_at(line.database, MADE)
    done = line("import", str(line.folder / "bars.csv"))
    assert done.exit_code == 0
    assert "alerts: 1 evaluated, 1 new events, 0 messages sent, 1 not taken" in done.stderr
