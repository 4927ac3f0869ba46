"""What is said of an event, in both languages; in history and in messages alike."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from dashboard.accounts.models import AlertEvent
from dashboard.alerts import states
from dashboard.alerts.evaluation import KIND, NAME_EN, NAME_ZH
from dashboard.analytics.metrics import METRICS
from dashboard.i18n import Language, Text

ADDRESS_VARIABLE: Final = "DASHBOARD_ADDRESS"
"""Where people open the dashboard; messages link there if it is set."""
_PLACE: Final = "/alerts"
_ROOM: Final = 3_000
"""Characters for the events of one message (`channels.LONGEST_BODY`)."""

_TITLE: Final = Text("{n} 則警示（{session} 收盤）", "{n} alerts as of the close of {session}")
_TITLE_ONE: Final = Text("警示（{session} 收盤）", "Alert as of the close of {session}")
_TITLE_SEVERAL: Final = Text("{n} 則警示（{first} 至 {last}）", "{n} alerts of {first} to {last}")
_SESSION: Final = Text("{session} 收盤", "Close of {session}")
_MORE: Final = Text(
    "……另有 {n} 則，見程式內的紀錄。", "… and {n} more; see the history in the app."
)
_FOOT: Final = Text(
    "依每日收盤資料評估，並非即時報價，也不是投資建議。",
    "Evaluated on end-of-day prices: no live quotes, no investment advice.",
)
_TEST_TITLE: Final = Text("測試訊息", "Test message")
_TEST_BODY: Final = Text(
    "這個管道可以用：警示會送到這裡。", "This channel works: alerts will arrive here."
)

_MATCHES: Final = Text("{who} 符合條件{close}", "{who} meets the condition{close}")
_CLOSE: Final = Text("（收盤 {value}）", " (close {value})")
_SENTENCES: Final[Mapping[tuple[str, str], Text]] = {
    ("matches", states.TRUE): _MATCHES,
    ("enters_screen", states.IN): Text(
        "{who} 進入選股結果{close}", "{who} enters the screen{close}"
    ),
    ("leaves_screen", states.OUT): Text(
        "{who} 離開選股結果{close}", "{who} leaves the screen{close}"
    ),
    ("change_in_session", states.UP): Text(
        "{who} 單日上漲 {change}{close}", "{who} rose {change} in the session{close}"
    ),
    ("change_in_session", states.DOWN): Text(
        "{who} 單日下跌 {change}{close}", "{who} fell {change} in the session{close}"
    ),
    ("layer_rank_change", states.UP): Text(
        "{who} 由第 {rank_before} 名升到第 {rank} 名（{by} {change}）",
        "{who} rose from rank {rank_before} to {rank} ({by} {change})",
    ),
    ("layer_rank_change", states.DOWN): Text(
        "{who} 由第 {rank_before} 名降到第 {rank} 名（{by} {change}）",
        "{who} fell from rank {rank_before} to {rank} ({by} {change})",
    ),
}
_CROSSED_UP: Final = Text(
    "{who} 收盤 {value}，向上到達或越過 {level}（前收 {before}）",
    "{who} closed at {value}, up to or through {level} (before: {before})",
)
_CROSSED_DOWN: Final = Text(
    "{who} 收盤 {value}，向下到達或跌破 {level}（前收 {before}）",
    "{who} closed at {value}, down to or through {level} (before: {before})",
)
_LIMITS: Final[Mapping[str, Text]] = {
    "up": Text("{who} 收盤漲停{close}", "{who} closed limit up{close}"),
    "down": Text("{who} 收盤跌停{close}", "{who} closed limit down{close}"),
    "locked_up": Text("{who} 整日鎖漲停{close}", "{who} was locked limit up all session{close}"),
    "locked_down": Text(
        "{who} 整日鎖跌停{close}", "{who} was locked limit down all session{close}"
    ),
}
_FLAGGED: Final = Text(
    "{who} 的資料出現新標記：{flags}", "{who} has new flags in its data: {flags}"
)
_UNKNOWN: Final = Text("{who}：{state}", "{who}: {state}")


def sentence(event: AlertEvent, language: Language) -> str:
    """What happened, without the alert's name and the session.

    Names come from the map and from lists: a page shows them as text.
    """
    details = event.details
    kind = str(details.get(KIND, ""))
    values = {
        "who": _who(event, language),
        "state": event.state,
        "value": _price(details.get("close")),
        "close": _CLOSE.get(language).format(value=_price(details.get("close")))
        if _number(details.get("close")) is not None
        else "",
        "change": _percent(details.get("change")),
        "level": _price(details.get("level")),
        "before": _price(details.get("before")),
        "rank": _whole(details.get("rank")),
        "rank_before": _whole(details.get("rank_before")),
        "by": _metric(details.get("by"), language),
        "flags": _flags(event.state, language),
    }
    return _pattern(kind, event).get(language).format(**values)


def _pattern(kind: str, event: AlertEvent) -> Text:
    details = event.details
    if kind == "crosses_price":
        before, level = _number(details.get("before")), _number(details.get("level"))
        rising = before is not None and level is not None and before < level
        return _CROSSED_UP if rising else _CROSSED_DOWN
    if kind == "at_limit":
        return _LIMITS.get(str(details.get("limit_state")), _UNKNOWN)
    if kind == "fresh_flag":
        return _FLAGGED
    return _SENTENCES.get((kind, event.state), _UNKNOWN)


def _who(event: AlertEvent, language: Language) -> str:
    name = str(event.details.get(NAME_ZH if language == "zh" else NAME_EN) or "")
    if not name or event.details.get(KIND) == "layer_rank_change":
        return name or event.key
    return event.key if name == event.key else f"{name} {event.key}"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _price(value: object) -> str:
    number = _number(value)
    return "–" if number is None else f"{number:,.2f}"


def _percent(value: object) -> str:
    number = _number(value)
    return "–" if number is None else f"{number:+.2%}".replace("-", "−")


def _whole(value: object) -> str:
    number = _number(value)
    return "–" if number is None else f"{number:.0f}"


def _metric(key: object, language: Language) -> str:
    metric = METRICS.get(str(key))
    return metric.label.get(language) if metric else "–"


def _flags(state: str, language: Language) -> str:
    labels = (states.FLAG_LABELS.get(one) for one in state.split(","))
    return ("、" if language == "zh" else ", ").join(one.get(language) for one in labels if one)


def message(events: Sequence[AlertEvent], language: Language) -> tuple[str, str]:
    """Title and body of one message about some events, in the order of their sessions.

    What does not fit is counted; nothing of the title comes from a person.
    """
    ordered = sorted(events, key=lambda one: (one.session, one.id))
    first, last = ordered[0].session, ordered[-1].session
    one_day = _TITLE if len(ordered) > 1 else _TITLE_ONE
    title = one_day if first == last else _TITLE_SEVERAL
    heading = title.get(language).format(n=len(ordered), session=first, first=first, last=last)
    lines: list[str] = []
    room, day = _ROOM, first if first == last else None
    for number, event in enumerate(ordered):
        said = [f"• {event.alert_name}: {sentence(event, language)}"]
        if event.session != day:
            day = event.session
            said.insert(0, _SESSION.get(language).format(session=day))
        room -= sum(len(line) + 1 for line in said)
        if room < 0:
            lines.append(_MORE.get(language).format(n=len(ordered) - number))
            break
        lines += said
    return heading, "\n".join([*lines, "", *_foot(language)])


def trial_message(language: Language) -> tuple[str, str]:
    """Title and body of a message that only shows that a channel works."""
    return _TEST_TITLE.get(language), "\n".join([_TEST_BODY.get(language), *_link()])


def _foot(language: Language) -> list[str]:
    return [_FOOT.get(language), *_link()]


def _link() -> list[str]:
    address = os.environ.get(ADDRESS_VARIABLE, "").strip().rstrip("/")
    return [address + _PLACE] if address.startswith(("http://", "https://")) else []
