"""Commands of alerts: rules, history, evaluation, and the channels that tell.

What is slow to import is imported by the command.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dashboard.cli.output import PARTLY_DONE, Format, print_rows, say
from dashboard.cli.people import AccountOption, desk_of
from dashboard.cli.reading import FormatOption
from dashboard.errors import InputError

if TYPE_CHECKING:
    from dashboard.accounts.desk import Desk
    from dashboard.accounts.models import Alert, Scope
    from dashboard.alerts.delivery import Sent
    from dashboard.alerts.run import Summary

Name = Annotated[str, typer.Argument(help="The alert's name.")]
ChannelName = Annotated[str, typer.Argument(help="The channel's name.")]

alerts = typer.Typer(help="Rules that are evaluated after each refresh, and who is told.")
channels = typer.Typer(help="Ways to be told: mail, Telegram, LINE, webhooks …")


def register(app: typer.Typer) -> None:
    """Add the commands of alerts."""
    for name, command in _ALERTS.items():
        alerts.command(name)(command)
    for name, command in _CHANNELS.items():
        channels.command(name)(command)
    alerts.add_typer(channels, name="channels")
    app.add_typer(alerts, name="alerts")


def list_alerts(
    context: typer.Context, account: AccountOption = None, form: FormatOption = Format.TABLE
) -> None:
    """The rules, and why one cannot be evaluated where it cannot."""
    import pandas as pd

    from dashboard.alerts.run import fault
    from dashboard.alerts.scopes import Market
    from dashboard.cli.rows import sound_map

    desk = desk_of(context, account)
    market = Market(context.obj, sound_map(context.obj))
    lists = {str(one.id): one for one in desk.watchlists.all()}
    named = {one.id: one.name for one in desk.channels.all()}
    rows = [
        {
            "name": one.name,
            "enabled": one.enabled,
            "kind": one.kind,
            "scope": one.scope,
            "of": _scope_name(one, {key: own.name for key, own in lists.items()}),
            "expression": one.expression,
            "parameters": " ".join(f"{key}={value}" for key, value in one.parameters.items()),
            "channels": ", ".join(named[key] for key in one.channels if key in named),
            "fault": fault(one, market, lists) or "",
        }
        for one in desk.alerts.all()
    ]
    columns = ("name", "enabled", "kind", "scope", "of", "expression", "parameters", "channels",
               "fault")  # fmt: skip
    print_rows(pd.DataFrame(rows, columns=list(columns)), form)
    if any(row["fault"] for row in rows):
        raise typer.Exit(PARTLY_DONE)


def _scope_name(alert: Alert, lists: dict[str, str]) -> str:
    own = alert.scope_value
    return lists.get(own, own) if alert.scope == "list" else own


def add(
    context: typer.Context,
    name: Name,
    kind: Annotated[str, typer.Option(help="What to look for; a wrong one names all.")] = "matches",
    symbol: Annotated[str | None, typer.Option(help="Look at one symbol.")] = None,
    watchlist: Annotated[str | None, typer.Option("--list", help="Look at a watchlist.")] = None,
    layer: Annotated[str | None, typer.Option(help="Look at a layer, by its id.")] = None,
    listed: Annotated[
        bool, typer.Option("--listed", help="Look at all listed stocks, not only the map's.")
    ] = False,
    expression: Annotated[str, typer.Option("--screen", help="The screen's expression.")] = "",
    saved: Annotated[str | None, typer.Option(help="The expression of a saved screen.")] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--set", help="A parameter such as level=1200 or change=5%; repeatable."),
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="A channel that tells it; repeatable.")
    ] = None,
    account: AccountOption = None,
) -> None:
    """Make a rule; it looks at the whole map unless told otherwise."""
    from dashboard.alerts.rules import NewRule, check
    from dashboard.alerts.run import begin, fault
    from dashboard.alerts.scopes import Market
    from dashboard.cli.rows import sound_map
    from dashboard.cli.watchlist_rows import found_shares

    desk = desk_of(context, account)
    chain = sound_map(context.obj)
    if symbol is not None:
        (symbol,) = found_shares(context.obj, chain, [symbol])
    scope, value = _scope(desk, symbol, watchlist, layer, listed=listed)
    if saved is not None:
        if expression:
            raise InputError("--saved and --screen both name an expression; give one")
        expression = desk.screens.named(saved).expression
    rule = NewRule(kind, scope, value, expression, dict(map(_parameter, parameters or ())))
    check(rule, chain)
    chosen = [desk.channels.named(one).id for one in channel or ()]
    made = desk.alerts.create(
        name,
        kind=rule.kind,
        scope=rule.scope,
        scope_value=rule.scope_value,
        expression=rule.expression,
        parameters=rule.parameters,
        channels=chosen,
    )
    lists = {str(one.id): one for one in desk.watchlists.all()}
    market = Market(context.obj, chain)
    if why := fault(made, market, lists):
        say(f"alert {made.name!r} is kept, but cannot be evaluated yet: {why}")
        return
    told = "its first prices"
    if market.sessions and not market.prices.simulated:
        begin(desk, made, market.sessions[-1], dt.datetime.now(dt.UTC))
        told = f"{market.sessions[-1]}, the last session stored"
    say(f"alert {made.name!r} looks from {told}, on; it is evaluated after each refresh or import")


def _scope(
    desk: Desk, symbol: str | None, watchlist: str | None, layer: str | None, *, listed: bool
) -> tuple[Scope, str]:
    given = [one is not None for one in (symbol, watchlist, layer)]
    if sum(given) + listed > 1:
        raise InputError("an alert looks at one thing; give --symbol, --list, --layer or --listed")
    if symbol is not None:
        return "symbol", symbol
    if watchlist is not None:
        return "list", str(desk.watchlists.named(watchlist).id)
    if layer is not None:
        return "layer", layer
    return ("listed" if listed else "map"), ""


def _parameter(told: str) -> tuple[str, float | str]:
    """`change=5%` as a number, what is none as a text."""
    key, sign, value = told.partition("=")
    if not sign or not key.strip():
        raise InputError(f"--set {told}: write it as name=value")
    number = value.strip().removesuffix("%")
    try:
        return key.strip(), float(number) / (100 if value.strip().endswith("%") else 1)
    except ValueError:
        return key.strip(), value.strip()


def remove(context: typer.Context, name: Name, account: AccountOption = None) -> None:
    """Delete a rule; what it saw stays in the history."""
    desk = desk_of(context, account)
    alert = desk.alerts.named(name)
    desk.alerts.delete(alert.id)
    say(f"alert {alert.name!r} is deleted")


def enable(context: typer.Context, name: Name, account: AccountOption = None) -> None:
    """Switch a rule on; it does not tell of the time it was off."""
    _switch_alert(desk_of(context, account), name, on=True)


def disable(context: typer.Context, name: Name, account: AccountOption = None) -> None:
    """Switch a rule off."""
    _switch_alert(desk_of(context, account), name, on=False)


def _switch_alert(desk: Desk, name: str, *, on: bool) -> None:
    desk.alerts.save(dataclasses.replace(desk.alerts.named(name), enabled=on))


def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=5_000, help="The newest so many.")] = 50,
    unread: Annotated[bool, typer.Option("--unread", help="Only what was not read.")] = False,
    account: AccountOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """What the rules saw, the newest first, and what became of the messages."""
    import pandas as pd

    from dashboard.alerts.texts import sentence

    desk = desk_of(context, account)
    events = desk.alerts.history(limit=limit, unread_only=unread)
    named = {one.id: one.name for one in desk.channels.all()}
    sent: dict[int, list[str]] = {}
    for one in desk.alerts.deliveries([event.id for event in events], limit=20 * limit):
        why = f" ({one.error})" if one.error else ""
        told = f"{named.get(one.channel_id, '?')}: {one.status}{why}"
        sent.setdefault(one.event_id, []).append(told)
    rows = [
        {
            "session": pd.Timestamp(one.session),
            "alert": one.alert_name,
            "key": one.key,
            "state": one.state,
            "what": sentence(one, "en"),
            "read": one.read_at is not None,
            "messages": "; ".join(sent.get(one.id, ())),
        }
        for one in events
    ]
    columns = ["session", "alert", "key", "state", "what", "read", "messages"]
    print_rows(pd.DataFrame(rows, columns=columns), form)


def evaluate(context: typer.Context) -> None:
    """Evaluate everybody's rules on what is stored now, and send what is due."""
    from dashboard.alerts.run import after_refresh

    tell(after_refresh(context.obj))


def tell(summary: Summary) -> None:
    """What became of the alerts, on stderr; exit 3 where a part failed."""
    for fault in summary.faults:
        say(fault)
    for one in summary.messages:
        if not one.outcome.sent:
            say(_line(one))
    say(summary.sentence())
    if summary.incomplete:
        raise typer.Exit(PARTLY_DONE)


def try_channel(
    context: typer.Context,
    channel: Annotated[
        list[str] | None, typer.Argument(help="Channels by name (default: all).")
    ] = None,
    account: AccountOption = None,
) -> None:
    """Send a test message and say what became of it."""
    from dashboard.alerts.delivery import try_channels

    desk = desk_of(context, account)
    chosen = [desk.channels.named(one) for one in channel] if channel else desk.channels.all()
    if not chosen:
        raise InputError("there is no channel; make one: python -m dashboard alerts channels add")
    results = try_channels(desk, chosen)
    for one in results:
        typer.echo(_line(one))
    if not all(one.outcome.sent for one in results):
        raise typer.Exit(PARTLY_DONE)


def _line(one: Sent) -> str:
    told = "sent" if one.outcome.sent else f"not sent: {one.outcome.sentence}"
    again = f"; tried again from {one.next_try_at:%Y-%m-%d %H:%M} UTC" if one.next_try_at else ""
    return f"{one.channel}: {told}{again}"


def quiet(
    context: typer.Context,
    hours: Annotated[
        list[str] | None, typer.Argument(help="22:00 07:30, or off; nothing shows what is set.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone, such as Asia/Taipei.")] = None,
    account: AccountOption = None,
) -> None:
    """Hours in which no message is sent; what is due waits for their end."""
    desk = desk_of(context, account)
    kept = desk.preferences.get()
    wanted = kept
    if hours:
        start, end = _hours(hours)
        wanted = dataclasses.replace(kept, quiet_from=start, quiet_to=end)
    if zone is not None:
        wanted = dataclasses.replace(wanted, timezone=zone)
    if wanted != kept:
        kept = desk.preferences.save(wanted)
    if kept.quiet_from is None or kept.quiet_to is None:
        typer.echo(f"no quiet hours ({kept.timezone})")
    else:
        typer.echo(f"quiet from {kept.quiet_from:%H:%M} to {kept.quiet_to:%H:%M} {kept.timezone}")


def _hours(told: Sequence[str]) -> tuple[dt.time | None, dt.time | None]:
    if list(told) == ["off"]:
        return None, None
    try:
        start, end = (dt.time.fromisoformat(one) for one in told)
    except ValueError:
        raise InputError(f"{' '.join(told)}: write quiet hours as 22:00 07:30, or off") from None
    return start, end


def list_channels(
    context: typer.Context, account: AccountOption = None, form: FormatOption = Format.TABLE
) -> None:
    """The channels; their addresses are secrets and not shown."""
    import pandas as pd

    desk = desk_of(context, account)
    rows = [
        {"name": one.name, "service": one.address.partition("://")[0], "enabled": one.enabled}
        for one in desk.channels.all()
    ]
    print_rows(pd.DataFrame(rows, columns=["name", "service", "enabled"]), form)


def add_channel(
    context: typer.Context,
    name: ChannelName,
    address: Annotated[
        str | None,
        typer.Argument(help="Apprise address; asked for, or read from stdin, where left out."),
    ] = None,
    account: AccountOption = None,
) -> None:
    """Make a channel. An address given here may stay in the shell's history."""
    from dashboard.alerts.channels import check_address, private_allowed

    desk = desk_of(context, account)
    if address is None:
        terminal = sys.stdin.isatty()
        address = (
            typer.prompt("Address", hide_input=True) if terminal else sys.stdin.readline()
        ).strip()
    check_address(address, private=private_allowed(local=desk.account.issuer is None))
    desk.channels.create(name, address)
    say(f"channel {name!r} is kept; try it: python -m dashboard alerts test {name}")


def remove_channel(
    context: typer.Context, name: ChannelName, account: AccountOption = None
) -> None:
    """Delete a channel."""
    desk = desk_of(context, account)
    desk.channels.delete(desk.channels.named(name).id)


def enable_channel(
    context: typer.Context, name: ChannelName, account: AccountOption = None
) -> None:
    """Switch a channel on; what waited is sent."""
    _switch_channel(desk_of(context, account), name, on=True)


def disable_channel(
    context: typer.Context, name: ChannelName, account: AccountOption = None
) -> None:
    """Switch a channel off; what is on its way waits."""
    _switch_channel(desk_of(context, account), name, on=False)


def _switch_channel(desk: Desk, name: str, *, on: bool) -> None:
    desk.channels.save(dataclasses.replace(desk.channels.named(name), enabled=on))


_ALERTS: Final[Mapping[str, Callable[..., None]]] = {
    "list": list_alerts, "add": add, "remove": remove, "enable": enable, "disable": disable,
    "history": history, "evaluate": evaluate, "test": try_channel, "quiet": quiet,
}  # fmt: skip
_CHANNELS: Final[Mapping[str, Callable[..., None]]] = {
    "list": list_channels, "add": add_channel, "remove": remove_channel,
    "enable": enable_channel, "disable": disable_channel,
}  # fmt: skip
