"""Servers of others that alerts go to: real ones on loopback, that note what they are sent and fail when told to."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

DEADLINE_S = 60.0


def until(condition: Callable[[], object], what: str = "it") -> None:
    """Wait for something that a thread does."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.01)


class _OnAnyPort(Controller):
    """Asks itself once whether it is there, as its base does, at the port that the system gave it."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


class MailServer:
    """An SMTP server; `refuse` is what it answers instead of taking a message, "" where it takes it.

    It thinks for `delay_s` before it answers.
    """

    def __init__(self, tls: tuple[Path, Path] | None = None, login: tuple[str, str] | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.attempts = 0
        self.refuse = ""
        self.delay_s = 0.0
        self._login = login
        context = None
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
        secure: dict[str, Any] = {"tls_context": context, "require_starttls": True} if context else {}
        if login is not None:
            secure |= {"authenticator": self._check, "auth_required": True, "auth_require_tls": bool(context)}
        self._controller = _OnAnyPort(self, hostname="127.0.0.1", port=0, **secure)

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.attempts += 1
        await asyncio.sleep(self.delay_s)
        if self.refuse:
            return self.refuse
        parsed = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 taken"

    def _check(self, server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login.decode(), data.password.decode()) == self._login
        return AuthResult(success=right, handled=right)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._controller.stop()


@dataclass
class Request:
    """What a web server was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, bytes]:
        """Fields and files of a multipart form by name; a file's name is under "NAME.filename"."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        found: dict[str, bytes] = {}
        for part in email.message_from_bytes(head + self.body).get_payload():
            name = str(part.get_param("name", header="content-disposition"))
            found[name] = part.get_payload(decode=True)
            if part.get_filename():
                found[f"{name}.filename"] = part.get_filename().encode()
        return found


@dataclass
class WebServer:
    """An HTTP server; answers with `status`, `headers` and `answer`, after `delay_s`."""

    status: int = 200
    answer: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    tls: tuple[Path, Path] | None = None
    requests: list[Request] = field(default_factory=list)
    answering: Callable[[Request], tuple[int, dict[str, str], bytes]] | None = None

    def __post_init__(self) -> None:
        outer, self._stop = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                outer.requests.append(request)
                outer._stop.wait(outer.delay_s)
                status, headers, answer = (
                    outer.answering(request) if outer.answering else (outer.status, outer.headers, outer.answer)
                )
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if self.tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def elog(password_hash: str = "") -> Callable[[Request], tuple[int, dict[str, str], bytes]]:
    """How an ELOG server answers its form: 302 to the new entry; a page that says what is missing or asks to log in."""
    made: list[Request] = []

    def answer(request: Request) -> tuple[int, dict[str, str], bytes]:
        form = request.form
        if password_hash and form.get("upwd", b"").decode() != password_hash:
            return 200, {}, b"<form name=form1><input type=password name=upassword></form>"
        if not form.get("Type"):
            return 200, {}, b'<td class="errormsg">Attribute <b>Type</b> has to be supplied</td>'
        made.append(request)
        return 302, {"Location": f"http://127.0.0.1{request.path}{len(made)}"}, b""

    return answer
