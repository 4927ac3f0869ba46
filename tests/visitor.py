"""A browser without a screen: HTTP with cookies, and Streamlit's own protocol over a websocket.

It sends what a browser sends, so it can also send what no browser would.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx
from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

XSRF = "_streamlit_xsrf"
IDENTITY = "_streamlit_user"
SECONDS = 60.0
LARGEST = 256 * 2**20
TEXTS = ("body", "label", "markdown", "html", "url", "query_string")


class Visitor:
    """One browser: its cookies, and as many tabs as are opened."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(timeout=SECONDS, trust_env=False)
        # The page sets the cookie that a websocket must repeat.
        self.http.get(f"{url}/_stcore/health")

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def cookie(self, name: str) -> str | None:
        # Cookies belong to a host, whatever its port: the provider may have set some too.
        return next((one.value for one in self.http.cookies.jar if one.name == name), None)

    def sign_in(self, person: str, provider: str = "default") -> str:
        """As a person does: the button, the provider's page, and back; where that ends."""
        with Tab(self) as tab:
            tab.run()
            tab.click(f"sign-in:{provider}")
            return self.follow(f"{self.url}{tab.redirected_to}", person)

    def follow(self, url: str, person: str) -> str:
        """Go where the server sends, choosing a person at the provider; the last address."""
        answer = self.http.get(url)
        while answer.is_redirect:
            target = str(answer.next_request.url)  # type: ignore[union-attr]
            if urlsplit(target).path == "/authorize":
                target += f"&as={person}"
            answer = self.http.get(target)
        return str(answer.url)


class Tab:
    """An open page: what it shows, and what can be clicked on it.

    Parameters
    ----------
    cookies, origin : other than a browser's own, for what no browser would send
    host : a name that leads to this machine, as the address bar shows it
    resumes : id of a session to go on with
    """

    def __init__(
        self,
        visitor: Visitor,
        *,
        cookies: dict[str, str] | None = None,
        origin: str | None = None,
        host: str | None = None,
        resumes: str = "",
    ) -> None:
        own = {one.name: one.value or "" for one in visitor.http.cookies.jar}
        sent = {**own, **(cookies or {})}
        header = "; ".join(f"{name}={value}" for name, value in sent.items() if value)
        protocols = ["streamlit", sent.get(XSRF) or "none", *filter(None, [resumes])]
        self._open = ExitStack()
        place = urlsplit(visitor.url)
        if host is not None:
            origin = f"http://{host}:{place.port}"
        connection = connect(
            f"ws://{host or place.hostname}:{place.port}/_stcore/stream",
            address=(place.hostname, place.port),
            subprotocols=protocols,  # type: ignore[arg-type]
            origin=origin or visitor.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": header},
            max_size=LARGEST,
            compression=None,
            proxy=None,
        )
        self._socket = self._open.enter_context(connection)
        self._shown: dict[tuple[int, ...], Message] = {}
        self._page = self._query = ""
        self.widgets: dict[str, WidgetState] = {}
        self.pages: dict[str, str] = {}
        self.session = ""
        self.redirected_to = ""
        self.received = 0

    def __enter__(self) -> Tab:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def run(self, query: str = "", page: str | None = None) -> float:
        """Run the script as the address says; seconds until it has ended.

        Parameters
        ----------
        page : path of the page, "" for the first one; None for the one that is open
        """
        self._query = query
        message = self._rerun()
        if page is not None:
            if page:
                message.rerun_script.page_name = page
                message.rerun_script.page_script_hash = self.pages.get(page, "")
            else:
                message.rerun_script.page_script_hash = ""
        return self._send(message)

    def click(self, key: str) -> float:
        """Press the button with this key; seconds until the script has ended."""
        return self.set(key, trigger_value=True)

    def set(self, key: str, **value: Any) -> float:
        """Give a widget a value, as in `string_value="…"`; seconds until the script has ended."""
        state = WidgetState(id=self.widget(key), **value)
        message = self._rerun()
        message.rerun_script.widget_states.widgets.append(state)
        if not value.get("trigger_value"):
            self.widgets[state.id] = state
        return self._send(message)

    def widget(self, key: str) -> str:
        """The id of the widget with this key."""
        for found in self.widget_ids():
            if found.endswith(f"-{key}"):
                return found
        raise LookupError(f"no widget {key}; shown: {self.text()[:2000]}")

    def widget_ids(self) -> Iterator[str]:
        """The ids of all widgets; each ends with its key."""
        for message in self._messages():
            found = getattr(message, "id", "")
            if isinstance(found, str) and found.startswith("$$"):
                yield found

    def has(self, key: str) -> bool:
        try:
            self.widget(key)
        except LookupError:
            return False
        return True

    def text(self) -> str:
        """Every text on the page, one a line, data of tables included."""
        return "\n".join(_texts(self._shown.values()))

    def elements(self, kind: str) -> list[Any]:
        """The elements of a kind, as in `arrow_data_frame`."""
        return [
            getattr(one, kind)
            for one in self._shown.values()
            if kind in {field.name for field, _ in one.ListFields()}
        ]

    def _messages(self) -> Iterator[Message]:
        for element in self._shown.values():
            yield from _inside(element)

    def _rerun(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.widget_states.widgets.extend(self.widgets.values())
        message.rerun_script.context_info.timezone = "Asia/Taipei"
        message.rerun_script.context_info.locale = "zh-TW"
        message.rerun_script.context_info.url = ""
        return message

    def _send(self, message: BackMsg) -> float:
        begin = time.perf_counter()
        self.redirected_to = ""
        self._socket.send(message.SerializeToString())
        while not self._take(ForwardMsg.FromString(self._receive())):
            pass
        seconds = time.perf_counter() - begin
        # As a browser: what a widget said is forgotten with the widget.
        shown = set(self.widget_ids())
        self.widgets = {name: state for name, state in self.widgets.items() if name in shown}
        return seconds

    def _receive(self) -> bytes:
        data = self._socket.recv(timeout=SECONDS)
        assert isinstance(data, bytes)
        self.received += len(data)
        return data

    def _take(self, message: ForwardMsg) -> bool:
        """Note what a message says; whether the run has ended with it."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
            self.session = message.new_session.initialize.session_id or self.session
            if not message.metadata.run.fragment_ids:
                self._shown.clear()
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
            pages = message.navigation.app_pages
            self.pages = {one.url_pathname: one.page_script_hash for one in pages}
        elif kind == "auth_redirect":
            self.redirected_to = message.auth_redirect.url
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta":
            place = tuple(message.metadata.delta_path)
            if message.delta.WhichOneof("type") == "new_element":
                self._shown[place] = message.delta.new_element
            elif message.delta.WhichOneof("type") == "add_block":
                self._shown[place] = message.delta.add_block
        elif kind == "script_finished":
            return message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        return False


def _inside(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for one in value if not isinstance(value, Message) else (value,):
            yield from _inside(one)


def _texts(messages: Any) -> Iterator[str]:
    for element in messages:
        for message in _inside(element):
            for field, value in message.ListFields():
                if field.type == field.TYPE_STRING:
                    yield from [value] if isinstance(value, str) else value
                elif field.type == field.TYPE_BYTES:
                    for one in [value] if isinstance(value, bytes) else value:
                        yield one.decode("utf-8", "replace")
