"""One connection to a receiver: a DEALER socket that is thrown away when it turns silent, with all that it queued.

Belongs to the event loop that opens it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

from backend.domain.errors import HydraError
from backend.feed.zeromq.addresses import Address
from backend.feed.zeromq.keys import ClientKeys
from backend.feed.zeromq.parsing import MessageError, parse_reply
from backend.feed.zeromq.protocol import Reply, Request, encode_request

_MOST_REPLY_BYTES = 65_536
_BYE_LINGER_MS = 200
_EVENTS = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)
_WORDS = {
    int(zmq.EVENT_DISCONNECTED): "connection lost",
    int(zmq.EVENT_HANDSHAKE_FAILED_AUTH): "the receiver does not let this key in: put the public key into its clients",
    int(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL): "the receiver is no feed, or wants other keys",
    int(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL): "the receiver does not have the key that was named for it",
}


class LinkLostError(HydraError):
    """There is no connection, or none any more; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to send to, in whose name, and with which keys (None: without, on loopback)."""

    address: Address
    sender: str
    keys: ClientKeys | None = None


class Link:
    """An open connection. `send`, `receive` and `watch` may be awaited side by side."""

    def __init__(self, context: zmq.asyncio.Context, target: Target) -> None:
        self._socket = context.socket(zmq.DEALER)
        _prepare(self._socket, target)
        self._monitor = self._socket.get_monitor_socket(_EVENTS)
        self._socket.connect(target.address.url)

    async def send(self, request: Request) -> None:
        """Send; waits while there is no connection, or while the network takes no more."""
        await self._socket.send_multipart(encode_request(request))

    async def receive(self) -> Reply:
        """The next answer. What is none is a fault of the other end, which is told by LinkLostError."""
        try:
            return parse_reply(await self._socket.recv_multipart())
        except MessageError as error:
            raise LinkLostError(f"the receiver is not understood: {error}") from error

    async def watch(self) -> None:
        """Raise LinkLostError as soon as the system says that the connection is over."""
        while True:
            event = parse_monitor_message(await self._monitor.recv_multipart())["event"]
            if int(event) in _WORDS:
                raise LinkLostError(_WORDS[int(event)])

    def close(self, last: Request | None = None) -> None:
        """End at once; `last` is still said if that takes but a moment."""
        linger = 0
        if last is not None:
            sent = cast("asyncio.Future[object]", self._socket.send_multipart(encode_request(last), zmq.DONTWAIT))
            linger = _BYE_LINGER_MS if sent.done() and not sent.cancelled() and sent.exception() is None else 0
        self._socket.disable_monitor()
        self._monitor.close(0)
        self._socket.close(linger)


def _prepare(socket: zmq.asyncio.Socket, target: Target) -> None:
    socket.linger, socket.immediate = 0, True
    socket.maxmsgsize = _MOST_REPLY_BYTES
    socket.ipv6 = target.address.is_ipv6
    socket.connect_timeout, socket.handshake_ivl = 5_000, 10_000
    socket.reconnect_ivl, socket.reconnect_ivl_max = 100, 2_000
    # The kernel finds out that the other end is gone, however long one large image may take on a slow link.
    socket.tcp_keepalive, socket.tcp_keepalive_idle = 1, 15
    socket.tcp_keepalive_intvl, socket.tcp_keepalive_cnt = 5, 3
    socket.tcp_maxrt = 30_000
    if target.keys is not None:
        socket.curve_publickey = target.keys.pair.public.encode("ascii")
        socket.curve_secretkey = target.keys.pair.secret.encode("ascii")
        socket.curve_serverkey = target.keys.server.encode("ascii")
