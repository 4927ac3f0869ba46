"""Servers on this machine that take messages: webhooks and mail, well or badly."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """What an address path does, and what came there.

    `status` may be changed while it runs; a path in `hanging` tells its
    answer byte by byte and does not end until the end.
    """

    port: int = 0
    status: dict[str, int] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def address(self, path: str) -> str:
        return f"json://127.0.0.1:{self.port}/{path}"

    def bodies(self, path: str) -> list[str]:
        """The messages that were accepted there."""
        return [body["message"] for where, body in self.messages if where == path]


@contextmanager
def webhooks() -> Iterator[Webhook]:
    """A server of webhooks."""
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path = self.path.strip("/")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hook.asked.append(path)
            if path in hook.hanging:
                self.drip()
                return
            status = hook.status.get(path, 200)
            if status < 300:
                hook.messages.append((path, body))
            self.send_response(status)
            if status == 307:
                self.send_header("Location", f"http://127.0.0.1:{hook.port}/elsewhere")
            self.end_headers()

        def drip(self) -> None:
            """Keep the sender waiting: each byte is news to its own watch."""
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not hook.over.wait(0.2):
                    self.wfile.write(b".")

        def log_message(self, *told: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hook
    finally:
        hook.over.set()
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """Mail that was taken; `refusing` answers the sender or the recipient with that code."""

    port: int = 0
    refusing: int | None = None
    messages: list[EmailMessage] = field(default_factory=list)

    @property
    def address(self) -> str:
        to = "reader@mail.example"
        return f"mailto://127.0.0.1:{self.port}/?from=alerts@mail.example&to={to}&mode=insecure"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server that speaks as much SMTP as a sender needs."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            for line in iter(self.rfile.readline, b""):
                word = line.split(b" ")[0].strip().upper()
                if word == b"DATA":
                    self.say("354 go on")
                    box.messages.append(self.mail())
                    self.say("250 taken")
                elif word == b"RCPT" and box.refusing is not None:
                    self.say(f"{box.refusing} not now")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

        def mail(self) -> EmailMessage:
            lines = []
            for line in iter(self.rfile.readline, b".\r\n"):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            told = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(told, EmailMessage)
            return told

        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
