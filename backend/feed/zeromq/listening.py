"""The socket of the receiving end: bound, guarded, closed. Belongs to the event loop that opens it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from backend.domain.errors import FeedSetupError
from backend.feed.zeromq.addresses import Address
from backend.feed.zeromq.keys import AllowedKeys, ServerKeys, read_pair

LINGER_MS = 500
"""How long the last answers may take to leave when the receiver stops; a lost one is asked for again."""

_DOMAIN = "hydra-feed"
_QUEUED = 8
"""Messages of one sender that wait in memory before the network holds it back."""

_QUEUED_ANSWERS = 1000
_POLITE_BYTES = 2**20
"""A plot that is too large by no more than this is refused with the reason; a larger one ends the connection."""


@dataclass(slots=True, eq=False)
class Listener:
    """A bound socket and what it needs."""

    context: zmq.asyncio.Context
    socket: zmq.asyncio.Socket
    authenticator: AsyncioAuthenticator | None

    def send(self, route: bytes, frame: bytes) -> None:
        """Send without waiting; what cannot go is dropped."""
        sent = cast("asyncio.Future[object]", self.socket.send_multipart([route, frame], zmq.DONTWAIT))
        if sent.done() and not sent.cancelled():
            sent.exception()  # looked at, so that nobody complains of it

    async def aclose(self) -> None:
        """Let the last answers leave, then end everything."""
        self.socket.close(LINGER_MS)
        if self.authenticator is not None:
            self.authenticator.stop()
            await asyncio.sleep(0)
        await asyncio.to_thread(self.context.term)


async def open_listener(addresses: tuple[Address, ...], keys: ServerKeys | None, max_bytes: int) -> Listener:
    """Bind every address. Raises FeedSetupError, with nothing left open."""
    pair = None if keys is None else await asyncio.to_thread(read_pair, keys.pair_file)
    context = zmq.asyncio.Context()
    listener = Listener(context, context.socket(zmq.ROUTER), None)
    try:
        _prepare(listener.socket, addresses, max_bytes)
        if keys is not None and pair is not None:
            listener.authenticator = _guard(listener, AllowedKeys(keys.clients))
            listener.socket.curve_server = True
            listener.socket.curve_secretkey = pair.secret.encode("ascii")
        for address in addresses:
            _bind(listener.socket, address)
    except BaseException:
        await listener.aclose()
        raise
    return listener


def _prepare(socket: zmq.asyncio.Socket, addresses: tuple[Address, ...], max_bytes: int) -> None:
    socket.linger = LINGER_MS
    socket.maxmsgsize = max_bytes + _POLITE_BYTES
    socket.rcvhwm, socket.sndhwm = _QUEUED, _QUEUED_ANSWERS
    socket.ipv6 = any(address.is_ipv6 for address in addresses)
    socket.handshake_ivl = 10_000
    # The kernel finds out that the other end is gone, however long one large image may take on a slow link.
    socket.tcp_keepalive, socket.tcp_keepalive_idle = 1, 15
    socket.tcp_keepalive_intvl, socket.tcp_keepalive_cnt = 5, 3
    socket.tcp_maxrt = 30_000


def _guard(listener: Listener, allowed: AllowedKeys) -> AsyncioAuthenticator:
    """Only those keys get in; and nobody at all, should the authenticator not answer."""
    allowed.refresh()
    authenticator = AsyncioAuthenticator(listener.context)
    authenticator.configure_curve_callback(_DOMAIN, allowed)
    authenticator.start()
    listener.socket.zap_domain = _DOMAIN.encode("ascii")
    listener.socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
    return authenticator


def _bind(socket: zmq.asyncio.Socket, address: Address) -> None:
    try:
        socket.bind(address.url)
    except zmq.ZMQError as error:
        raise FeedSetupError(
            f"{address.url} cannot be listened to: {error.strerror}. No plots come in there. End the program that "
            "has it, or configure another address in [feed.zeromq] listen."
        ) from error
