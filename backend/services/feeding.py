"""The feeder as a program: runs until it is told to stop, its time is over, or everything has been acknowledged."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from backend.config import APP
from backend.domain.errors import FeedSetupError
from backend.feed.shipping.feeder import Feeder, FeederSettings
from backend.feed.shipping.link import Target
from backend.feed.shipping.status import FeederStatus
from backend.feed.zeromq.addresses import parse_address
from backend.feed.zeromq.keys import HOW_TO_MAKE, ClientKeys, read_pair, read_public
from backend.feed.zeromq.protocol import MAX_SENDER
from backend.services.life_signs import LifeSigns

TELL_S = 1.0
"""Seconds between two looks at the feeder's status."""

_POLL_S = 0.05
_IDLE_S = 1.5


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """When to end by itself: after `seconds`, or once everything is acknowledged (`until_idle`); else never.

    `pulse` is a file that is renewed every few seconds.
    """

    seconds: float | None = None
    until_idle: bool = False
    pulse: Path | None = None


def default_spool(root: Path) -> Path:
    """Where the plots of this directory are spooled unless somewhere else is named."""
    name = hashlib.sha256(bytes(root.absolute())).hexdigest()[:16]
    return Path(platformdirs.user_state_dir(APP)) / "feed" / name


def target_of(to: str, sender: str, key: Path | None, server_key: str | None) -> Target:
    """Whom to send to. FeedSetupError for an address or keys that cannot be used, or where keys are missing."""
    try:
        address = parse_address(to)
    except ValueError as error:
        raise FeedSetupError(f"{error}. Nothing is sent.") from error
    if address.host == "*":
        raise FeedSetupError("A feeder needs the name of one machine to send to, not *. Nothing is sent.")
    if not 0 < len(sender) <= MAX_SENDER or not sender.isprintable() or sender != sender.strip():
        raise FeedSetupError(f"The name of the sender must be 1 to {MAX_SENDER} printable characters: {sender!r}.")
    if (key is None) != (server_key is None):
        raise FeedSetupError("--key (your private key) and --server-key (the receiver's public key) go together.")
    if key is None or server_key is None:
        if not address.is_loopback:
            raise FeedSetupError(
                f"{address.url} is reached over the network, so keys are needed; nothing is sent. Give --key and "
                f"--server-key, or send to 127.0.0.1. {HOW_TO_MAKE}"
            )
        return Target(address, sender)
    return Target(address, sender, ClientKeys(read_pair(key), read_public(server_key)))


def feed_until(settings: FeederSettings, options: FeedOptions, tell: Callable[[FeederStatus], None]) -> FeederStatus:
    """Ship in the calling (main) thread; SIGINT and SIGTERM end it cleanly. Returns how it stood at the end.

    `tell` hears the status whenever something changed, at most every `TELL_S` seconds.
    """
    if not settings.root.is_dir():
        raise FeedSetupError(f"{settings.root} is not a folder. Create it, mount it, or name another.")
    return asyncio.run(_run(settings, options, tell))


async def _run(settings: FeederSettings, options: FeedOptions, tell: Callable[[FeederStatus], None]) -> FeederStatus:
    feeder, told_to_end = Feeder(settings), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_end.set)
    shipping = asyncio.create_task(feeder.run(), name="feeder")
    signs = LifeSigns(options.pulse)
    signs.ready("starting")
    try:
        await _until_end(feeder, shipping, options, told_to_end, signs, tell)
    finally:
        signs.stopping()
        status = feeder.status
        shipping.cancel()
        with suppress(asyncio.CancelledError):
            await shipping
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return status


async def _until_end(
    feeder: Feeder,
    shipping: asyncio.Task[None],
    options: FeedOptions,
    told_to_end: asyncio.Event,
    signs: LifeSigns,
    tell: Callable[[FeederStatus], None],
) -> None:
    started, idle_since, told_at = time.monotonic(), None, 0.0
    told: FeederStatus | None = None
    while not told_to_end.is_set() and not shipping.done():
        now, status = time.monotonic(), feeder.status
        signs.alive(status.word)
        if now - told_at >= TELL_S and status != told:
            told, told_at = status, now
            tell(status)
        if options.seconds is not None and now - started >= options.seconds:
            return
        idle_since = (idle_since or now) if options.until_idle and status.is_idle else None
        if idle_since is not None and now - idle_since >= _IDLE_S:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_S):
                await told_to_end.wait()
