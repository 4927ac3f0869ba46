"""The usual channels as a person fills them in, and the apprise address they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from dashboard.errors import InputError
from dashboard.i18n import Text


@dataclass(frozen=True)
class AddressField:
    """One thing to fill in.

    Attributes
    ----------
    secret : never shown while it is typed
    optional : may stay empty
    """

    key: str
    label: Text
    example: str = ""
    secret: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Guide:
    """The fields of a usual service; `note` says where its secrets come from."""

    key: str
    label: Text
    note: Text
    fields: tuple[AddressField, ...]


MAIL: Final = "mail"
TELEGRAM: Final = "telegram"
LINE: Final = "line"
WEBHOOK: Final = "webhook"
OTHER: Final = "other"

_GUIDES: Final = (
    Guide(
        MAIL,
        Text("電子郵件", "Mail"),
        Text(
            "由你自己的信箱寄出。Gmail、Outlook 等需要「應用程式密碼」，不是登入密碼。",
            "Sent from your own mailbox. Gmail, Outlook and others want an app password, "
            "not the one you log in with.",
        ),
        (
            AddressField("from", Text("寄件信箱", "Mailbox it is sent from"), "me@example.com"),
            AddressField("password", Text("應用程式密碼", "App password"), secret=True),
            AddressField(
                "to", Text("收件信箱（空白即寄件信箱）", "To (empty: the same mailbox)"),
                optional=True,
            ),
            AddressField(
                "host",
                Text("SMTP 主機（常見信箱可空白）", "SMTP host (empty for well-known providers)"),
                "smtp.example.com", optional=True,
            ),
        ),
    ),
    Guide(
        TELEGRAM,
        Text("Telegram", "Telegram"),
        Text(
            "向 @BotFather 建立機器人取得權杖，先傳一句話給它，再用 @userinfobot 查你的聊天編號。",
            "Make a bot with @BotFather for the token, say something to it, and ask @userinfobot "
            "for your chat id.",
        ),
        (
            AddressField("token", Text("機器人權杖", "Bot token"), secret=True),
            AddressField("chat", Text("聊天編號", "Chat id"), "123456789"),
        ),
    ),
    Guide(
        LINE,
        Text("LINE", "LINE"),
        Text(
            "LINE Notify 已停止服務：在 LINE Developers 開一個 Messaging API 頻道，"
            "取得長期權杖與你的使用者 ID（U 開頭），並加它為好友。",
            "LINE Notify is gone: open a Messaging API channel at LINE Developers, take its "
            "long-lived token and your user ID (it begins with U), and add it as a friend.",
        ),
        (
            AddressField("token", Text("頻道存取權杖", "Channel access token"), secret=True),
            AddressField("user", Text("使用者 ID", "User ID"), "U1234…"),
        ),
    ),
    Guide(
        WEBHOOK,
        Text("Webhook", "Webhook"),
        Text(
            "以 JSON（title、message）POST 到你的網址。",
            "POSTs JSON (title, message) to an address of yours.",
        ),
        (
            AddressField(
                "url", Text("網址", "Address"), "https://example.com/hook", secret=True
            ),
        ),
    ),
    Guide(
        OTHER,
        Text("其他", "Other"),
        Text(
            "任何 apprise 地址，例如 discord://…、slack://…、ntfys://…。",
            "Any apprise address, such as discord://…, slack://…, ntfys://….",
        ),
        (
            AddressField(
                "address", Text("apprise 地址", "apprise address"), "ntfys://…", secret=True
            ),
        ),
    ),
)  # fmt: skip

GUIDES: Final[Mapping[str, Guide]] = {one.key: one for one in _GUIDES}


def address_of(guide: str, values: Mapping[str, str]) -> str:
    """The apprise address that the fields of a guide make.

    Raises
    ------
    InputError
        If a field that must be filled in is empty, or a mailbox or an address is none.
    """
    filled = {key: value.strip() for key, value in values.items()}
    for field in GUIDES[guide].fields:
        if not filled.get(field.key) and not field.optional:
            raise InputError(f"{field.label.en}: is empty; fill it in")
    if guide == MAIL:
        return _mail(filled)
    if guide == WEBHOOK:
        return _webhook(filled["url"])
    if guide == OTHER:
        return filled["address"]
    if guide == TELEGRAM:
        return f"tgram://{quote(filled['token'], safe=':')}/{_part(filled['chat'])}"
    return f"line://{_part(filled['token'])}/{_part(filled['user'])}"


def _part(text: str) -> str:
    return quote(text, safe="")


def _mail(filled: Mapping[str, str]) -> str:
    user, _, host = filled["from"].rpartition("@")
    if not user or not host:
        raise InputError(f"{filled['from'][:60]!r} is no mailbox; write it as me@example.com")
    options = {
        "from": filled["from"],
        "to": filled.get("to") or filled["from"],
        **({"smtp": filled["host"], "user": filled["from"]} if filled.get("host") else {}),
    }
    login = f"{_part(user)}:{_part(filled['password'])}"
    return f"mailtos://{login}@{_part(host)}?{urlencode(options)}"


def _webhook(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("the webhook's address is none; write it whole, as https://example.com/x")
    scheme = "jsons" if parts.scheme == "https" else "json"
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # apprise keeps a plain parameter for itself; one with a minus goes to the server.
    query = urlencode([(f"-{key}", value) for key, value in parse_qsl(parts.query)])
    place = f"{host}:{port}" if port else host
    return f"{scheme}://{login}{place}{parts.path or '/'}{'?' + query if query else ''}"
