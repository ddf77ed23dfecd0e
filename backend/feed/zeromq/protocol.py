"""The wire format: what a sender may say to a receiver and what it is answered. Values only; see docs/feed.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.quarantine import QuarantineReason

VERSION = 1
"""Of the protocol; every header carries it as `hydra_feed`."""

MAX_HEADER_BYTES = 16_384
MAX_ID = 64
"""Characters of the longest message id."""

MAX_SENDER = 64
MAX_PATH = 1024
MAX_PERIOD = 128
MAX_MESSAGE = 1000
"""Characters of the longest explanation."""

MAX_MOMENT_US = 2**53 - 1
"""The largest time in µs since 1970: what every JSON library reads exactly."""

MAX_WAITED_MS = 10 * 366 * 86_400_000
MAX_SIZE = 2**53 - 1

BEAT_S = 2.0
"""Seconds between two signs of life of a sender; each is answered."""


class Kind(StrEnum):
    """What a message is."""

    HELLO = "hello"
    PLOT = "plot"
    UNSENDABLE = "unsendable"
    BYE = "bye"
    WELCOME = "welcome"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a message is refused. All but BUSY are final for these bytes."""

    BUSY = "busy"
    VERSION = "version"
    BAD_MESSAGE = "bad_message"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    WRONG_SUFFIX = "wrong_suffix"
    UNREADABLE = "unreadable"
    BAD_NAME = "bad_name"
    DAMAGED = "damaged"

    @property
    def retry(self) -> bool:
        """Whether the same message may be accepted later."""
        return self is Refusal.BUSY


def refusal_of(reason: QuarantineReason) -> Refusal:
    """The refusal that tells a sender of this reason."""
    return Refusal.__members__.get(reason.name, Refusal.UNREADABLE)


def reason_of(refusal: Refusal) -> QuarantineReason:
    """The reason under which a file refused so is set aside."""
    return QuarantineReason.__members__.get(refusal.name, QuarantineReason.BAD_MESSAGE)


@dataclass(frozen=True, slots=True)
class Hello:
    """A sign of life; `waiting` is how many plots the sender still holds."""

    sender: str
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender ends; its silence is no fault from now on."""

    sender: str


@dataclass(frozen=True, slots=True)
class PlotMessage:
    """One plot. `data` is the image file as it is; `id` names this message among the sender's.

    Either `plot_type` and `run` are given, or `path`, from which they are read as from a file in the input directory.
    `taken_us` is in µs since 1970 UTC by the sender's clock, `waited_ms` how long the sender has held it.
    """

    id: str
    sender: str
    data: bytes
    plot_type: str | None = None
    run: int | None = None
    chunk: int | None = None
    run_period: str = ""
    path: str = ""
    taken_us: int | None = None
    waited_ms: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A file that the sender could not send, to be set aside where people look. `size` in bytes."""

    id: str
    sender: str
    path: str
    reason: Refusal
    message: str
    size: int = 0
    taken_us: int | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """The receiver lives. At most `window` plots and `window_bytes` bytes may be unanswered at a time.

    One plot may be whatever `window_bytes` says; none may exceed `max_bytes`. `trouble` says what keeps the receiver
    from storing plots now, "" where nothing does.
    """

    station: str
    window: int
    window_bytes: int
    max_bytes: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The plot is stored; `new` is False where it was stored before. The sender may forget it."""

    id: str
    new: bool
    window: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The message was not accepted. `id` is None where it could not be read."""

    id: str | None
    reason: Refusal
    message: str
    window: int


Request = Hello | Bye | PlotMessage | Unsendable
Reply = Welcome | Acknowledged | Refused


def encode_request(request: Request) -> list[bytes]:
    """The frames of a message to a receiver: a header, and behind that of a plot the image file."""
    match request:
        case Hello(sender, waiting):
            return [_header(Kind.HELLO, sender=sender, waiting=waiting)]
        case Bye(sender):
            return [_header(Kind.BYE, sender=sender)]
        case Unsendable():
            fields = {"size": request.size, "taken_us": request.taken_us}
            why = {"reason": request.reason, "message": request.message}
            return [_header(Kind.UNSENDABLE, id=request.id, sender=request.sender, path=request.path, **why, **fields)]
        case PlotMessage():
            return [_header(Kind.PLOT, **plot_fields(request)), request.data]


def plot_fields(plot: PlotMessage) -> dict[str, object]:
    """The header of a plot without version and kind."""
    names = ("id", "sender", "plot_type", "run", "chunk", "run_period", "path", "taken_us", "waited_ms", "sha256")
    return {name: getattr(plot, name) for name in names}


def encode_reply(reply: Reply) -> bytes:
    """The one frame of an answer."""
    match reply:
        case Welcome():
            bounds = {"window": reply.window, "window_bytes": reply.window_bytes, "max_bytes": reply.max_bytes}
            return _header(Kind.WELCOME, station=reply.station, **bounds, trouble=reply.trouble[:MAX_MESSAGE])
        case Acknowledged(number, new, window):
            return _header(Kind.ACKNOWLEDGED, id=number, new=new, window=window)
        case Refused(number, reason, message, window):
            told = {"reason": reason, "message": message[:MAX_MESSAGE], "retry": reason.retry}
            return _header(Kind.REFUSED, id=number, **told, window=window)


def _header(kind: Kind, **fields: object) -> bytes:
    """What is None or "" is left out: its absence means the same. `id` null says that no id could be read."""
    given = {name: value for name, value in fields.items() if name == "trouble" or value not in (None, "")}
    if kind is Kind.REFUSED:
        given.setdefault("id", None)
    return json.dumps({"hydra_feed": VERSION, "kind": kind, **given}, separators=(",", ":")).encode("ascii")
