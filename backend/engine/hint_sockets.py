"""The two sockets of the hints: one that publishes, one that listens to everybody. Importing this needs ZeroMQ.

On loopback they are open to this machine. Beyond it they are CURVE sockets: a publisher lets in only the keys that are
allowed, and a listener connects only to stations whose keys are.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

import zmq
import zmq.asyncio
import zmq.auth
from zmq.auth.asyncio import AsyncioAuthenticator

from backend.config import ConfigurationError, EventsSection

log = logging.getLogger(__name__)

_LARGEST = 1 << 20
_WAITING = 1_000
_LOOPBACK = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:")


class _Allowed:
    """The stations that may hear and be heard: the public keys in `*.key` files of a folder, read when it changes."""

    def __init__(self, folder: Path | None) -> None:
        self._folder, self._changed, self._keys = folder, 0, frozenset[bytes]()

    def callback(self, _domain: str, key: bytes) -> bool:
        """Whether this public key, in Z85, is allowed; ZeroMQ asks at every handshake."""
        if self._folder is None:
            return False
        try:
            changed = self._folder.stat().st_mtime_ns
            if changed != self._changed:
                self._keys = frozenset(zmq.auth.load_certificates(self._folder))
                self._changed = changed
        except (OSError, ValueError) as error:
            log.error("the keys in %s cannot be read, so no station is heard: %s", self._folder, error)
            return False
        return key in self._keys


class HintSockets:
    """Made, used and closed on one event loop."""

    def __init__(self, section: EventsSection) -> None:
        self._allowed = _Allowed(section.clients)
        self.public_key, self._secret = _keys(section)
        self._plain: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._context = zmq.asyncio.Context(self._plain)
        self._guard: AsyncioAuthenticator | None = None
        self._connected: dict[str, str] = {}
        self._out = self._plain.socket(zmq.PUB)
        self._in = self._context.socket(zmq.SUB)
        try:
            self._prepare(section)
        except BaseException:
            self._destroy()
            raise

    def _prepare(self, section: EventsSection) -> None:
        for socket in (self._out, self._in):
            socket.linger = 0
            socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)
            socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3000)
            socket.setsockopt(zmq.MAXMSGSIZE, _LARGEST)
            socket.setsockopt(zmq.RECONNECT_IVL_MAX, 2000)
        self._out.setsockopt(zmq.SNDHWM, _WAITING)
        self._in.setsockopt(zmq.RCVHWM, _WAITING)
        self._in.subscribe(b"")
        if self._secret:
            self._guard = AsyncioAuthenticator(self._context)
            self._guard.configure_curve_callback("*", self._allowed)
            self._guard.start()
            self._out.curve_server = True
            self._out.curve_secretkey = self._secret
        try:
            self._out.bind(section.listen)
        except zmq.ZMQError as error:
            raise ConfigurationError(
                f"events.listen = {section.listen!r} cannot be had ({error}). Other stations would hear of nothing; "
                f"choose another port, or tcp://127.0.0.1:* on a machine by itself."
            ) from error
        self.address = _address(self._out.getsockopt_string(zmq.LAST_ENDPOINT), section.advertise)

    def send(self, frames: list[bytes]) -> None:
        """To everybody who listens; dropped where one does not keep up."""
        with contextlib.suppress(zmq.Again):
            self._out.send_multipart(frames, zmq.NOBLOCK)

    async def receive(self) -> list[bytes]:
        """The next message of anybody."""
        frames: list[bytes] = await self._in.recv_multipart()
        return frames

    def connect(self, stations: Mapping[str, str]) -> None:
        """Listen to exactly these, by address with their public keys; one whose key is not allowed is left out."""
        wanted = {address: key for address, key in stations.items() if self._may_hear(key)}
        for address in [address for address in self._connected if address not in wanted]:
            del self._connected[address]
            with contextlib.suppress(zmq.ZMQError):
                self._in.disconnect(address)
        for address, key in wanted.items():
            if address not in self._connected:
                self._connect(address, key)

    def _connect(self, address: str, key: str) -> None:
        if key:
            self._in.curve_serverkey = key.encode()
            self._in.curve_publickey, self._in.curve_secretkey = self.public_key.encode(), self._secret
        with contextlib.suppress(zmq.ZMQError):
            self._in.connect(address)
            self._connected[address] = key

    def _may_hear(self, key: str) -> bool:
        return self._allowed.callback("*", key.encode()) if self._secret else not key

    async def close(self) -> None:
        """Close both sockets and what guards them."""
        self._destroy()

    def _destroy(self) -> None:
        if self._guard is not None:
            self._guard.stop()
        for socket in (self._out, self._in):
            socket.close(linger=0)
        self._plain.term()


def _keys(section: EventsSection) -> tuple[str, bytes]:
    """This station's public and secret key, ("", b"") on loopback; ConfigurationError where one is needed."""
    if section.key is None:
        if not section.listen.startswith(_LOOPBACK):
            raise ConfigurationError(
                f"events.listen = {section.listen!r} can be reached from other machines, so it needs a key: set "
                f"events.key to this station's CURVE key file and events.clients to a folder with the public keys of "
                f"the others, or listen on tcp://127.0.0.1:*."
            )
        return "", b""
    try:
        public, secret = zmq.auth.load_certificate(section.key)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"events.key: {section.key} holds no CURVE key ({error}).") from error
    if secret is None:
        raise ConfigurationError(f"events.key: {section.key} holds a public key only; name the .key_secret file.")
    return public.decode(), secret


def check_events(section: EventsSection) -> None:
    """See to it that other stations can be heard, without opening a socket. ConfigurationError."""
    if not _keys(section)[0]:
        return
    if section.clients is None or not section.clients.is_dir() or not any(section.clients.glob("*.key")):
        raise ConfigurationError(
            f"events.clients: {section.clients or 'no folder'} holds no public key, so no other station is heard or "
            f"told. Put the NAME.key of every station into one folder and name it there."
        )


def make_key(folder: Path, name: str) -> tuple[Path, str]:
    """Make a CURVE key pair; returns the secret file, which only its owner may read, and the public key."""
    folder.mkdir(parents=True, exist_ok=True)
    before = os.umask(0o077)
    try:
        _, secret = zmq.auth.create_certificates(folder, name)
    finally:
        os.umask(before)
    public, _ = zmq.auth.load_certificate(secret)
    return Path(secret), public.decode()


def _address(bound: str, advertise: str) -> str:
    """Where others find what is bound: as configured, or by this machine's name where it listens everywhere."""
    if advertise:
        return advertise
    port = bound.rpartition(":")[2]
    return f"tcp://{os.uname().nodename}:{port}" if bound.startswith(("tcp://0.0.0.0:", "tcp://[::]:")) else bound
