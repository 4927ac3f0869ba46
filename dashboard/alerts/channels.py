"""Channels: mail, messengers and webhooks, by their Apprise addresses.

The only home of apprise. Each message is sent by a process of its own, which this module is
also the program of: it can be ended at its deadline whatever the server at the other end does,
it sees where it connects to before it does, and nothing that apprise logs leaves it. An
address is a secret: it goes to the process through a pipe and stands in no sentence.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from dashboard.addresses import is_private_host, is_public
from dashboard.errors import InputError
from dashboard.i18n import Text
from dashboard.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

PRIVATE_VARIABLE: Final = "DASHBOARD_ALERT_PRIVATE_ADDRESSES"
"""`1` lets everybody's channels reach this machine and its own network, not only the local
user's."""
DEADLINE: Final = 30.0
"""Seconds that one message may take."""
LONGEST_BODY: Final = 3_500
"""Characters; Telegram takes 4,096, LINE 5,000."""
_CONNECT, _READ = 10.0, 20.0
"""Seconds."""
_APP: Final = "Taiwan AI supply chain"


@dataclass(frozen=True)
class Service:
    """A kind of channel.

    Attributes
    ----------
    schemas : what its addresses begin with
    example : how one is written
    plugin : apprise's own module and class; no other is ever loaded
    """

    label: Text
    schemas: tuple[str, ...]
    example: str
    plugin: str


def _same(name: str) -> Text:
    return Text(name, name)


SERVICES: Final = (
    Service(Text("電子郵件", "Mail"), ("mailto", "mailtos"),
            "mailtos://user:password@gmail.com", "email:NotifyEmail"),
    Service(_same("Telegram"), ("tgram",), "tgram://bot-token/chat-id", "telegram:NotifyTelegram"),
    Service(_same("LINE"), ("line",), "line://channel-access-token/user-id", "line:NotifyLine"),
    Service(Text("Webhook（JSON）", "Webhook (JSON)"), ("json", "jsons"),
            "jsons://host/path", "custom_json:NotifyJSON"),
    Service(Text("Webhook（表單）", "Webhook (form)"), ("form", "forms"),
            "forms://host/path", "custom_form:NotifyForm"),
    Service(_same("Discord"), ("discord",),
            "discord://webhook-id/webhook-token", "discord:NotifyDiscord"),
    Service(_same("Slack"), ("slack",),
            "slack://token-a/token-b/token-c/#channel", "slack:NotifySlack"),
    Service(_same("Microsoft Teams"), ("workflow", "workflows"),
            "workflows://host/workflow-id/signature", "workflows:NotifyWorkflows"),
    Service(_same("Google Chat"), ("gchat",),
            "gchat://workspace/key/token", "google_chat:NotifyGoogleChat"),
    Service(_same("ntfy"), ("ntfy", "ntfys"), "ntfys://topic", "ntfy:NotifyNtfy"),
    Service(_same("Gotify"), ("gotify", "gotifys"), "gotifys://host/token", "gotify:NotifyGotify"),
    Service(_same("Pushover"), ("pover",), "pover://user-key@token", "pushover:NotifyPushover"),
    Service(_same("Pushbullet"), ("pbul",), "pbul://access-token", "pushbullet:NotifyPushBullet"),
    Service(_same("Bark"), ("bark", "barks"), "barks://host/device-key", "bark:NotifyBark"),
    Service(_same("Mattermost"), ("mmost", "mmosts"),
            "mmosts://host/token", "mattermost:NotifyMattermost"),
    Service(_same("Rocket.Chat"), ("rocket", "rockets"),
            "rockets://token-a/token-b@host", "rocketchat:NotifyRocketChat"),
    Service(_same("Home Assistant"), ("hassio", "hassios"),
            "hassios://host/access-token", "home_assistant:NotifyHomeAssistant"),
)  # fmt: skip
"""What may be used. Apprise knows 250 services, some of which run programs, write to devices or
read files of the machine that they run on: none of these is here."""

_SCHEMAS: Final = frozenset(schema for one in SERVICES for schema in one.schemas)
_REFUSED_OPTIONS: Final = frozenset(
    (
        *("template", "pgp", "pgpkey", "pgppub", "pgpprv", "wkd", "attach", "attachment", "image"),
        *("redirect", "retry", "wait", "rto", "cto", "tag", "tags", "store"),
        *("overflow", "format", "emojis", "interpret"),
    )
)
"""Options of an address that read files, hold the sender up or change what is sent."""


class Result(StrEnum):
    """What became of a message."""

    SENT = "sent"
    BAD_ADDRESS = "bad_address"
    PRIVATE = "private"
    DEADLINE = "deadline"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether trying again is of no use."""
        return self in (Result.BAD_ADDRESS, Result.PRIVATE)


@dataclass(frozen=True)
class Outcome:
    """What became of a message, and one sentence of it; never the address."""

    result: Result
    status: int | None = None
    """The code by which a server refused, of HTTP or SMTP."""

    @property
    def sent(self) -> bool:
        return self.result is Result.SENT

    @property
    def sentence(self) -> str:
        """What happened and how to mend it; empty where it was sent."""
        return _SENTENCES[self.result].format(status=self.status)


_SENTENCES: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.SENT: "",
        Result.BAD_ADDRESS: "the address is not complete or not of its service's form; "
        "give the channel another one",
        Result.PRIVATE: "the address leads to this machine or a private network, which is not "
        f"allowed here ({PRIVATE_VARIABLE}=1 allows it)",
        Result.DEADLINE: f"no answer within {DEADLINE:g} seconds",
        Result.REFUSED: "the server refused it (code {status}); check the address, its password "
        "or token",
        Result.UNREACHABLE: "the server cannot be reached or does not answer; check the address "
        "and the network",
        Result.FAILED: "the service did not take it; check the address, its password or token",
    }
)


def private_allowed(*, local: bool) -> bool:
    """Whether channels may lead to this machine and private networks.

    The local user's may, for it is the person's own machine; those of people who signed in
    only where the administrator says so.
    """
    return local or os.environ.get(PRIVATE_VARIABLE) == "1"


def check_address(address: str, *, private: bool) -> None:
    """Whether a channel could be made of an address; nothing is sent.

    Parameters
    ----------
    private : whether it may lead to this machine or a private network
        A name that leads there is only known when a message is sent, and refused then.

    Raises
    ------
    InputError
        One sentence without the address.
    """
    schema = service_of(address)
    example = next(one.example for one in SERVICES if schema in one.schemas)
    malformed = InputError(
        f"the address is not complete or not of the form of {schema}://; write it as {example}"
    )
    try:
        parts = urlsplit(address)
        host, options = parts.hostname, parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise malformed from None
    refused = sorted({key.lower().lstrip("+-:") for key, _ in options} & _REFUSED_OPTIONS)
    if refused:
        raise InputError(f"the address: option {refused[0]!r} is not allowed; leave it out")
    if not private and is_private_host(host):
        raise InputError(_SENTENCES[Result.PRIVATE])
    if not _in_process({"address": address, "private": private}, DEADLINE).sent:
        raise malformed


def service_of(address: str) -> str:
    """The schema of an address, one of those allowed.

    Raises
    ------
    InputError
        If it is none of them.
    """
    schema, colon, _ = address.strip().partition("://")
    if not colon:
        raise InputError("the address has no ://; write it as mailtos://user:password@gmail.com")
    if schema.lower() not in _SCHEMAS:
        raise InputError(
            f"the address: {schema[:20]}:// is not among the services that may be used; "
            f"choose from {', '.join(sorted(_SCHEMAS))}"
        )
    return schema.lower()


def send(
    address: str, title: str, body: str, *, private: bool, deadline: float = DEADLINE
) -> Outcome:
    """Send a message; never raises, and returns by the deadline.

    Parameters
    ----------
    body : plain text, at most `LONGEST_BODY`; a longer one is cut
    private : whether it may reach this machine or a private network
    deadline : seconds
    """
    try:
        service_of(address)
    except InputError:
        return Outcome(Result.BAD_ADDRESS)
    message = {"address": address, "private": private, "title": title, "body": body[:LONGEST_BODY]}
    return _in_process(message, deadline)


def _in_process(message: Mapping[str, Any], deadline: float) -> Outcome:
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(message),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            text=True,
            encoding="utf-8",
            timeout=deadline,
            check=False,
        )
        told = json.loads(done.stdout)
        return Outcome(Result(told["result"]), told["status"])
    except subprocess.TimeoutExpired:
        return Outcome(Result.DEADLINE)
    except (OSError, ValueError, KeyError, TypeError):
        return Outcome(Result.FAILED)


# The process that sends one message: reads it from its standard input, tells the outcome.


class _PrivateAddress(OSError):
    """Raised instead of a connection that is not allowed."""


class _Gate:
    """Sees every connection of this process before it is made, whatever name led to it."""

    def __init__(self) -> None:
        self.refused = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and not self._may(arguments[1]):
            self.refused = True
            raise _PrivateAddress("a private address")

    @staticmethod
    def _may(address: object) -> bool:
        try:
            return isinstance(address, tuple) and is_public(str(address[0]))
        except ValueError:
            return False


class _Told(logging.Handler):
    """What apprise logs, kept for what it tells of a failure and never shown: it names hosts."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(record.getMessage())

    def reason(self) -> tuple[Result, int | None]:
        """Why a message was not taken, with the server's own code where it gave one."""
        text = "\n".join(self._texts)
        codes = re.findall(r"error=(\d{3})\b|\((\d{3}), b['\"]", text)
        if codes:
            return Result.REFUSED, int("".join(codes[-1]))
        lost = re.search(r"connection error|communication error", text, re.IGNORECASE)
        return (Result.UNREACHABLE if lost else Result.FAILED), None


def _main() -> None:
    message = json.load(sys.stdin)
    told = _Told()
    logger = logging.getLogger("apprise")
    logger.addHandler(told)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    gate = _Gate()
    if not message["private"]:
        sys.addaudithook(gate)
    sent = _notified(message)
    result, status = (Result.SENT if sent else Result.PRIVATE), None
    if sent is None:
        result = Result.BAD_ADDRESS
    elif not sent and not gate.refused:
        result, status = told.reason()
    json.dump({"result": result.value, "status": status}, sys.stdout)


def _notified(message: Mapping[str, Any]) -> bool | None:
    """Whether the service took it; None where the address makes no service."""
    from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode

    asset = AppriseAsset(
        app_id=_APP,
        app_desc=_APP,
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        secure_logging=True,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    service = _service(message["address"], asset)
    if service is None:
        return None
    if "body" not in message:
        return True
    service.socket_connect_timeout, service.socket_read_timeout = _CONNECT, _READ
    sender = Apprise(asset=asset)
    sender.add(service)
    text = {"title": message["title"], "body": message["body"], "body_format": NotifyFormat.TEXT}
    return bool(sender.notify(**text))


def _service(address: str, asset: AppriseAsset) -> NotifyBase | None:
    """The service of an address; by its own module, for apprise would load all 250."""
    from apprise.exception import AppriseException

    schema = service_of(address)
    chosen = next(one.plugin for one in SERVICES if schema in one.schemas)
    module, _, name = chosen.partition(":")
    plugin = getattr(import_module(f"apprise.plugins.{module}"), name)
    try:
        parts = plugin.parse_url(address)
        return plugin(**parts, asset=asset) if parts else None
    except (AppriseException, TypeError, ValueError):
        return None


if __name__ == "__main__":
    _main()
