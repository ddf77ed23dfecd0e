"""The receiving end: a ROUTER socket that takes plots in, and answers only what has been stored or set aside.

Lives on one event loop. What a sender may have under way is bounded by windows that it is told; what goes beyond is
answered "busy" and dropped, so memory is bounded by this end alone. A message that comes again while it is under way is
the same offer with one more way to answer it: an acknowledgement that got lost costs nothing but a repetition.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import zmq
import zmq.asyncio

from backend.domain.errors import FeedSetupError
from backend.domain.health import PartHealth
from backend.feed.zeromq.addresses import Address
from backend.feed.zeromq.keys import ServerKeys
from backend.feed.zeromq.listening import Listener, open_listener
from backend.feed.zeromq.parsing import MessageError, parse_request
from backend.feed.zeromq.protocol import (
    Acknowledged,
    Bye,
    Hello,
    PlotMessage,
    Refusal,
    Refused,
    Reply,
    Request,
    Unsendable,
    Welcome,
    encode_reply,
)
from backend.feed.zeromq.receiver_health import Hearing
from backend.feed.zeromq.windows import Bounds, Windows

REOPEN_S = 2.0
"""Seconds until an address that could not be had is tried again."""

_ANSWERS_TO_NONSENSE = 20
"""Messages a second that are not understood and yet answered: enough to mend a program by, no use as a weapon."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Where to listen, in whose name, with which keys, and for how large a plot. `keys` None: on loopback only."""

    addresses: tuple[Address, ...]
    station: str
    keys: ServerKeys | None = None
    max_bytes: int = 64 * 2**20
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(slots=True, eq=False)
class Offer:
    """A message on its way to the store, and the connections on which its answer is awaited."""

    message: PlotMessage | Unsendable
    routes: dict[bytes, None] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes it holds in memory."""
        return len(self.message.data) if isinstance(self.message, PlotMessage) else 0


_Key = PlotMessage | Unsendable


class Receiver:
    """Async iterator of batches of offers. Every offer ends in `acknowledge`, `refuse` or `drop`."""

    def __init__(self, settings: ReceiverSettings, trouble: Callable[[], str] = lambda: "") -> None:
        check_keys(settings)
        self._settings, self._trouble = settings, trouble
        self._listener: Listener | None = None
        self._windows = Windows(settings.bounds)
        self._under_way: dict[_Key, Offer] = {}
        self._offers: asyncio.Queue[Offer] = asyncio.Queue()
        self._hearing = Hearing(self._windows)
        self._answers, self._answers_since = 0, 0.0

    def __aiter__(self) -> Receiver:
        return self

    async def __anext__(self) -> list[Offer]:
        offers = [await self._offers.get()]
        while not self._offers.empty():
            offers.append(self._offers.get_nowait())
        return offers

    @property
    def health(self) -> PartHealth:
        """Whether plots can come in, and from how many senders."""
        return self._hearing.health(self._settings.addresses)

    @property
    def backlog(self) -> int:
        """Plots received and not answered yet."""
        return self._windows.under_way

    async def run_forever(self) -> None:
        """Listen and take in. An address that cannot be had is tried again and again; the health says so."""
        while True:
            try:
                self._listener = await open_listener(
                    self._settings.addresses, self._settings.keys, self._settings.max_bytes
                )
            except FeedSetupError as error:
                if self._hearing.error != str(error):
                    log.error("%s", error)
                self._hearing.error, self._hearing.listening = str(error), False
                await asyncio.sleep(REOPEN_S)
                continue
            try:
                self._hearing.error, self._hearing.listening = "", True
                await self._receive_forever(self._listener.socket)
            finally:
                self._hearing.listening = False
                await self._close()

    def acknowledge(self, offers: Iterable[tuple[Offer, bool]]) -> None:
        """These are committed; the second says whether the plot is new."""
        for offer, new in offers:
            self._end(offer)
            self._answer(offer, Acknowledged(offer.message.id, new, self._windows.share))

    def refuse(self, offer: Offer, refusal: Refusal, message: str) -> None:
        """This one was set aside, or cannot be taken now (BUSY)."""
        self._end(offer)
        self._answer(offer, Refused(offer.message.id, refusal, message, self._windows.share))

    def drop(self, offer: Offer) -> None:
        """Forget it without an answer: its sender will send it again."""
        self._end(offer)

    async def _close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.aclose()

    async def _receive_forever(self, socket: zmq.asyncio.Socket) -> None:
        while True:
            route, *frames = await socket.recv_multipart()
            self._take(route, frames)
            await asyncio.sleep(0)  # a flood must not keep the loop for itself

    def _take(self, route: bytes, frames: list[bytes]) -> None:
        try:
            request = parse_request(frames)
        except MessageError as error:
            self._not_understood(route, error)
            return
        self._windows.heard(route, request.sender, beats=isinstance(request, Hello))
        self._accept(route, request)

    def _accept(self, route: bytes, request: Request) -> None:
        match request:
            case Hello():
                self._send(route, self._welcome())
            case Bye():
                self._windows.gone(route, request.sender)
            case PlotMessage() | Unsendable():
                self._offer(route, request)

    def _offer(self, route: bytes, message: PlotMessage | Unsendable) -> None:
        key = _key(message)
        known = self._under_way.get(key)
        if known is not None:
            known.routes[route] = None
            return
        offer = Offer(message, {route: None})
        if not self._windows.has_room(offer.size):
            why = "More plots are under way than the receiver told; send it again when some are answered."
            self._send(route, Refused(message.id, Refusal.BUSY, why, self._windows.share))
            return
        self._windows.begin(offer.size)
        self._under_way[key] = offer
        self._offers.put_nowait(offer)

    def _end(self, offer: Offer) -> None:
        if self._under_way.pop(_key(offer.message), None) is not None:
            self._windows.end(offer.size)

    def _answer(self, offer: Offer, reply: Reply) -> None:
        for route in offer.routes:
            self._send(route, reply)

    def _not_understood(self, route: bytes, error: MessageError) -> None:
        self._hearing.not_understood(str(error))
        now = time.monotonic()
        if now - self._answers_since > 1.0:
            self._answers, self._answers_since = 0, now
        self._answers += 1
        if self._answers <= _ANSWERS_TO_NONSENSE:
            self._send(route, Refused(error.id, error.refusal, str(error), self._windows.share))

    def _welcome(self) -> Welcome:
        windows = self._windows
        return Welcome(
            self._settings.station, windows.share, windows.share_bytes, self._settings.max_bytes, self._trouble()
        )

    def _send(self, route: bytes, reply: Reply) -> None:
        """At once or not at all: a sender that is gone, or does not listen, must not hold the others up."""
        if self._listener is not None:
            self._listener.send(route, encode_reply(reply))


def check_keys(settings: ReceiverSettings) -> None:
    """Nobody may send plots over a network who is not known by his key. Raises FeedSetupError."""
    open_ones = [address.url for address in settings.addresses if not address.is_loopback]
    if open_ones and settings.keys is None:
        raise FeedSetupError(
            f"{open_ones[0]} can be reached over the network, so senders must be known by their keys; nothing is "
            "listened to. Set key and clients in [feed.zeromq], or listen on 127.0.0.1 only. Make keys with: "
            "hydra-gui feed keygen NAME"
        )


def _key(message: PlotMessage | Unsendable) -> _Key:
    """The whole message but for what changes when it is sent again: ids alone may be given twice by mistake."""
    return replace(message, waited_ms=0) if isinstance(message, PlotMessage) else message
