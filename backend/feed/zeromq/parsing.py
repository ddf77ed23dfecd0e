"""Frames from the network to values, distrusting everything. No input or output; raises MessageError and nothing else.

Strict: a key that is unknown, missing, doubled or of another type is refused, and so is a number out of range; within
one version of the protocol nothing is passed over. The cost of any input is bounded by its size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from backend.domain.errors import HydraError
from backend.feed.naming import MAX_NUMBER
from backend.feed.zeromq import protocol
from backend.feed.zeromq.protocol import (
    Acknowledged,
    Bye,
    Hello,
    Kind,
    PlotMessage,
    Refusal,
    Refused,
    Reply,
    Request,
    Unsendable,
    Welcome,
)

T = TypeVar("T")

_ID = re.compile(rf"[A-Za-z0-9._:-]{{1,{protocol.MAX_ID}}}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MANY = 2**31 - 1


class MessageError(HydraError):
    """A message that is not of this protocol. `id` is that of the message where it could be read."""

    def __init__(self, refusal: Refusal, message: str, number: str | None = None) -> None:
        super().__init__(message)
        self.refusal, self.id = refusal, number


def parse_request(frames: Sequence[bytes]) -> Request:
    """A sender's message."""
    header = _Header(_object(frames))
    kind = header.kind
    reader = _REQUESTS.get(kind)
    if reader is None:
        header.refuse(f"kind {kind.value!r} is said by receivers only")
    wanted = 2 if kind is Kind.PLOT else 1
    if len(frames) != wanted:
        header.refuse(f"a message of kind {kind.value!r} has {wanted} frames, this one has {len(frames)}")
    request = reader(header, frames[-1])
    header.check_used_up()
    return request


def parse_reply(frames: Sequence[bytes]) -> Reply:
    """A receiver's answer."""
    header = _Header(_object(frames))
    reader = _REPLIES.get(header.kind)
    if reader is None or len(frames) != 1:
        header.refuse("this is no answer of a receiver")
    reply = reader(header)
    header.check_used_up()
    return reply


def _object(frames: Sequence[bytes]) -> dict[str, Any]:
    """The header as JSON has it."""
    if not frames or len(frames[0]) > protocol.MAX_HEADER_BYTES:
        message = f"The first frame must be a header of 1 to {protocol.MAX_HEADER_BYTES} bytes."
        raise MessageError(Refusal.BAD_MESSAGE, message)
    try:
        value = json.loads(frames[0].decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # bad UTF-8 and bad JSON are ValueErrors
        raise MessageError(Refusal.BAD_MESSAGE, f"The header is not JSON: {_short(error)}.") from error
    if not isinstance(value, dict):
        raise MessageError(Refusal.BAD_MESSAGE, "The header must be a JSON object.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _short(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


class _Header:
    """Takes key after key out of a header and knows what is left."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)
        number = fields.get("id")
        self._id = number if isinstance(number, str) and _ID.fullmatch(number) else None
        version = self._fields.pop("hydra_feed", None)
        if version != protocol.VERSION or isinstance(version, bool | float):
            known = f"This receiver speaks version {protocol.VERSION} of the protocol (key hydra_feed)."
            raise MessageError(Refusal.VERSION, known, self._id)
        kind = self._fields.pop("kind", None)
        if not isinstance(kind, str) or kind not in _KINDS:
            self.refuse(f"kind is none of {', '.join(_KINDS)}")
        self.kind = Kind(kind)

    def refuse(self, why: str) -> NoReturn:
        """End here."""
        raise MessageError(Refusal.BAD_MESSAGE, f"The header cannot be used: {why}.", self._id)

    def check_used_up(self) -> None:
        """Nothing unknown may be left."""
        if self._fields:
            self.refuse(f"{sorted(self._fields)[0][:40]!r} is unknown in a message of kind {self.kind.value!r}")

    def text(self, key: str, most: int, default: str | None = None, *, printable: bool = True) -> str:
        """A string of 1 to `most` characters; with a default it may be missing or empty."""
        value = self._fields.pop(key, default)
        if value == default and default is not None:
            return default
        if not isinstance(value, str) or not 0 < len(value) <= most or "\0" in value:
            self.refuse(f"{key} must be a string of 1 to {most} characters")
        if printable and (not value.isprintable() or value != value.strip()):
            self.refuse(f"{key} holds invisible characters")
        return value

    def matching(self, key: str, pattern: re.Pattern[str], what: str, default: str | None = None) -> str:
        """A string of a given form."""
        value = self._fields.pop(key, default)
        if value == default and default is not None:
            return default
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.refuse(f"{key} must be {what}")
        return value

    def number(self, key: str, most: int, default: int | None = None, least: int = 0) -> int:
        """A whole number from `least` to `most`."""
        found = self.optional_number(key, most, least)
        if found is None and default is None:
            self.refuse(f"{key} is missing")
        return default if found is None and default is not None else found or 0

    def optional_number(self, key: str, most: int, least: int = 0) -> int | None:
        """The same, or None where it is missing or null."""
        value = self._fields.pop(key, None)
        if value is None:
            return None
        if type(value) is not int or not least <= value <= most:
            self.refuse(f"{key} must be a whole number from {least} to {most}")
        return value

    def flag(self, key: str) -> bool:
        """true or false."""
        value = self._fields.pop(key, None)
        if not isinstance(value, bool):
            self.refuse(f"{key} must be true or false")
        return value

    def refusal(self, key: str) -> Refusal:
        """One of the reasons."""
        value = self._fields.pop(key, None)
        if not isinstance(value, str) or value not in _REFUSALS:
            self.refuse(f"{key} is none of {', '.join(_REFUSALS)}")
        return Refusal(value)

    def id(self) -> str:
        """The id of the message."""
        return self.matching("id", _ID, f"1 to {protocol.MAX_ID} letters, digits, dots, colons, hyphens or underscores")

    def sender(self) -> str:
        """Who sends."""
        return self.text("sender", protocol.MAX_SENDER)

    def optional_id(self) -> str | None:
        """The id that is answered; null where there was none."""
        if self._fields.get("id", "") is None:
            del self._fields["id"]
            return None
        return self.id()


_KINDS = tuple(kind.value for kind in Kind)
_REFUSALS = tuple(refusal.value for refusal in Refusal)


def _hello(header: _Header, _data: bytes) -> Hello:
    return Hello(header.sender(), header.number("waiting", _MANY, 0))


def _bye(header: _Header, _data: bytes) -> Bye:
    return Bye(header.sender())


def _plot(header: _Header, data: bytes) -> PlotMessage:
    plot = PlotMessage(
        id=header.id(),
        sender=header.sender(),
        data=data,
        plot_type=header.text("plot_type", protocol.MAX_PATH, "", printable=False) or None,
        run=header.optional_number("run", MAX_NUMBER),
        chunk=header.optional_number("chunk", MAX_NUMBER),
        run_period=header.text("run_period", protocol.MAX_PERIOD, ""),
        path=header.text("path", protocol.MAX_PATH, "", printable=False),
        taken_us=header.optional_number("taken_us", protocol.MAX_MOMENT_US),
        waited_ms=header.number("waited_ms", protocol.MAX_WAITED_MS, 0),
        sha256=header.matching("sha256", _SHA256, "64 lower-case hex digits", ""),
    )
    header.check_used_up()
    if (plot.plot_type is None) != (plot.run is None):
        header.refuse("plot_type and run are given together, or neither of them")
    if plot.plot_type is None and not plot.path:
        header.refuse("neither plot_type and run are given, nor a path that tells them")
    if plot.plot_type is None and (plot.chunk is not None or plot.run_period):
        header.refuse("chunk and run_period need plot_type and run")
    return plot


def _unsendable(header: _Header, _data: bytes) -> Unsendable:
    return Unsendable(
        id=header.id(),
        sender=header.sender(),
        path=header.text("path", protocol.MAX_PATH, printable=False),
        reason=header.refusal("reason"),
        message=header.text("message", protocol.MAX_MESSAGE, printable=False),
        size=header.number("size", protocol.MAX_SIZE, 0),
        taken_us=header.optional_number("taken_us", protocol.MAX_MOMENT_US),
    )


def _welcome(header: _Header) -> Welcome:
    return Welcome(
        station=header.text("station", 255),
        window=header.number("window", _MANY),
        window_bytes=header.number("window_bytes", protocol.MAX_SIZE),
        max_bytes=header.number("max_bytes", protocol.MAX_SIZE),
        trouble=header.text("trouble", protocol.MAX_MESSAGE, "", printable=False),
    )


def _acknowledged(header: _Header) -> Acknowledged:
    return Acknowledged(header.id(), header.flag("new"), header.number("window", _MANY))


def _refused(header: _Header) -> Refused:
    number, reason = header.optional_id(), header.refusal("reason")
    header.flag("retry")
    return Refused(
        number,
        reason,
        header.text("message", protocol.MAX_MESSAGE, "", printable=False),
        header.number("window", _MANY),
    )


_REQUESTS: dict[Kind, Callable[[_Header, bytes], Request]] = {
    Kind.HELLO: _hello,
    Kind.BYE: _bye,
    Kind.PLOT: _plot,
    Kind.UNSENDABLE: _unsendable,
}
_REPLIES: dict[Kind, Callable[[_Header], Reply]] = {
    Kind.WELCOME: _welcome,
    Kind.ACKNOWLEDGED: _acknowledged,
    Kind.REFUSED: _refused,
}
