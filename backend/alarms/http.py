"""Requests by HTTP with a limit on time and size, the server verified, and no redirect followed."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from backend.alarms.tls import verifying_context
from backend.domain.errors import DeliveryError

_LARGEST = 256 * 1024
_SAID = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: status, headers with names in lower case, and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is spoken to: `ca` to verify it by, and within how many seconds."""

    ca: Path | None = None
    timeout_s: float = 20.0
    headers: Mapping[str, str] = field(default_factory=dict)

    def post(self, url: str, body: bytes, content_type: str) -> Answer:
        """Send; any answer below 400 is one. DeliveryError names the host and never the rest of the address."""
        host = urlsplit(url).hostname or "?"
        headers = {"Content-Type": content_type, "User-Agent": "hydra-gui", **self.headers}
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - checked by the configuration
        handlers = [urllib.request.HTTPSHandler(context=verifying_context(self.ca)), _NoRedirect()]
        end = time.monotonic() + self.timeout_s
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=self.timeout_s) as response:
                return _answer(response, host, end)
        except urllib.error.HTTPError as error:
            with error:
                return _refused(error, host, end)
        except (OSError, HTTPException, ValueError) as error:
            raise DeliveryError(_why(error, host)) from None  # its words may hold the address


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry alerts to where nobody sent them; it becomes an HTTPError, which is an answer."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> None:
        del req, fp, code, msg, headers, newurl


def _answer(response: HTTPResponse | urllib.error.HTTPError, host: str, end: float) -> Answer:
    parts, size = [], 0
    while size < _LARGEST and (part := response.read1(65536)):
        parts.append(part)
        size += len(part)
        if time.monotonic() > end:
            raise DeliveryError(f"{host} takes too long to answer")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status or 0, headers, b"".join(parts).decode("utf-8", "replace"))


def _refused(error: urllib.error.HTTPError, host: str, end: float) -> Answer:
    try:
        answer = _answer(error, host, end)
    except (OSError, HTTPException, AttributeError):
        answer = Answer(error.code, {}, "")
    if error.code < 400:
        return answer
    said = " ".join(answer.body.split())[:_SAID]
    raise DeliveryError(f"{host} refused: {error.code} {error.reason}" + (f", {said}" if said else ""))


def _why(error: Exception, host: str) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLError):
        return f"{host} could not be verified: {getattr(cause, 'verify_message', '') or cause.reason}"
    if isinstance(cause, TimeoutError):
        return f"{host} takes too long to answer"
    return f"{host} does not answer ({getattr(cause, 'strerror', None) or type(cause).__name__})"


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file in a form."""

    field: str
    name: str
    content: bytes
    content_type: str = "application/octet-stream"


def multipart(fields: Sequence[tuple[str, str]], files: Sequence[FormFile]) -> tuple[bytes, str]:
    """A form as browsers send it, and its content type."""
    boundary = f"hydra-{uuid.uuid4().hex}"
    parts = [_part(boundary, f'name="{_quoted(name)}"', value.encode()) for name, value in fields]
    parts += [
        _part(
            boundary, f'name="{_quoted(file.field)}"; filename="{_quoted(file.name)}"', file.content, file.content_type
        )
        for file in files
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: str, content: bytes, content_type: str = "") -> bytes:
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{kind}\r\n"
    return head.encode() + content + b"\r\n"


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", " ").replace("\n", " ")
