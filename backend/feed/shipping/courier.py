"""The courier: sends what the spool holds, newest first, and settles what was answered. Lives on one event loop.

What is under way is bounded by the window that the receiver tells. Whatever was not answered when a connection ends is
sent again over the next one; the receiver knows what it has, so nothing is doubled.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import zmq.asyncio
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from backend.feed.naming import printable
from backend.feed.shipping.journal import Entry, State
from backend.feed.shipping.link import Link, LinkLostError, Target
from backend.feed.shipping.spool import ContentLostError, Spool
from backend.feed.shipping.status import Tally
from backend.feed.workers import Workers
from backend.feed.zeromq.protocol import (
    BEAT_S,
    Acknowledged,
    Bye,
    Hello,
    PlotMessage,
    Refusal,
    Refused,
    Reply,
    Unsendable,
    Welcome,
)

SQLITE_TROUBLE = (OSError, sqlite3.Error)
"""What the spool's disk may answer at any moment."""

_AGAIN_S = 0.1
"""Seconds until a connection that was lost is sought again, the first time."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: between signs of life, of silence until a connection counts as lost, until a plot is sent again.

    The last two grow with what is under way: by what its largest plot takes at `slowest_rate` and all of it at
    `slow_rate` (bytes/s). `busy_s` is waited when the receiver is busy, `longest_s` at most between two attempts to
    connect. At most `most_bytes` are under way.
    """

    beat_s: float = BEAT_S
    silence_s: float = 12.0
    answer_s: float = 60.0
    slowest_rate: float = 20_000.0
    slow_rate: float = 200_000.0
    most_bytes: int = 8 * 2**20
    busy_s: float = 0.5
    longest_s: float = 5.0


@dataclass(slots=True, eq=False)
class _Sent:
    entry: Entry
    size: int
    at: float
    unsendable: bool


class Courier:
    """Sends until it is cancelled. `answered` hears of every entry that was answered, to be settled."""

    def __init__(
        self,
        target: Target,
        spool: Spool,
        journal_worker: Workers,
        tally: Tally,
        answered: Callable[[Entry, State], None],
        patience: Patience = Patience(),
    ) -> None:
        self._target, self._spool, self._worker = target, spool, journal_worker
        self._tally, self._answered, self._patience = tally, answered, patience
        self.wake = asyncio.Event()
        self._under_way: dict[str, _Sent] = {}
        self._done: set[int] = set()
        self._welcome: Welcome | None = None
        self._heard = self._hold_until = 0.0
        self._progress = _Progress()

    async def run_forever(self) -> None:
        """Connect, send, connect again; pauses grow while nobody answers."""
        context = zmq.asyncio.Context()
        try:
            while True:
                retrying = AsyncRetrying(
                    retry=retry_if_exception_type(LinkLostError),
                    wait=wait_random_exponential(multiplier=0.1, max=self._patience.longest_s),
                )
                await retrying(self._connect, context)
        finally:
            await asyncio.to_thread(context.term)

    def settled(self, numbers: set[int]) -> None:
        """The journal says now that these were answered."""
        self._done -= numbers

    async def _connect(self, context: zmq.asyncio.Context) -> None:
        """One connection, from beginning to end. Raises LinkLostError where it never came about."""
        link = Link(context, self._target)
        self._under_way.clear()
        self._welcome, self._heard, self._progress = None, time.monotonic(), _Progress()
        last: Bye | None = None
        try:
            await self._until_lost(link)
        except asyncio.CancelledError:
            last = Bye(self._target.sender)
            raise
        finally:
            link.close(last)
            self._tally.under_way = 0
        if self._welcome is None:
            raise LinkLostError(self._tally.link)
        await asyncio.sleep(_AGAIN_S)

    async def _until_lost(self, link: Link) -> None:
        try:
            await self._converse(link)
        except LinkLostError as lost:
            if self._tally.connected or self._tally.link != str(lost):
                log.warning("%s: %s", self._target.address.url, lost)
            self._tally.set_lost(str(lost))

    async def _converse(self, link: Link) -> None:
        """Until one part ends, with its error. No TaskGroup: it hides a cancellation that comes with an error."""
        parts = (link.watch(), self._listen(link), self._beat(link), self._ship(link))
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    # -- answers --------------------------------------------------------------

    async def _listen(self, link: Link) -> None:
        while True:
            reply = await link.receive()
            self._heard = time.monotonic()
            self._take(reply)
            self.wake.set()

    def _take(self, reply: Reply) -> None:
        match reply:
            case Welcome():
                if self._welcome is None:
                    log.warning("connected to %s at %s", reply.station, self._target.address.url)
                self._welcome = reply
                self._tally.set_connected(reply.station, reply.trouble)
            case Acknowledged(name, new, _):
                self._tally.stored_before += not new
                self._answer(name, State.ACKNOWLEDGED)
            case Refused(_, Refusal.VERSION, message, _):
                raise LinkLostError(message)
            case Refused(name, Refusal.BUSY, _, _):
                self._under_way.pop(name or "", None)
                self._hold_until = time.monotonic() + self._patience.busy_s
            case Refused(name, reason, message, _):
                self._refused(name, reason, message)

    def _refused(self, name: str | None, reason: Refusal, message: str) -> None:
        sent = self._under_way.get(name or "")
        path = printable(sent.entry.stamp.path) if sent else "a message"
        log.warning("refused: %s: %s. %s", path, reason.value, message)
        if name is not None:
            self._answer(name, State.REFUSED)

    def _answer(self, name: str, state: State) -> None:
        sent = self._under_way.pop(name, None)
        if sent is None:
            return
        if sent.unsendable:  # what was acknowledged is that nobody could have it
            state = State.REFUSED
        self._tally.acknowledged += state is State.ACKNOWLEDGED
        self._tally.refused += state is State.REFUSED
        self._progress.note(sent.at)
        self._done.add(sent.entry.number)
        self._answered(sent.entry, state)
        self._tally.under_way = len(self._under_way)

    # -- signs of life ----------------------------------------------------------

    async def _beat(self, link: Link) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience.silence_s):
                    await link.send(Hello(self._target.sender, self._spool.totals.files))
            self._check_silence()
            await asyncio.sleep(self._patience.beat_s)
            self.wake.set()  # what was sent long ago may have to be sent again

    def _check_silence(self) -> None:
        if time.monotonic() - self._heard > self._patience.silence_s + self._slack:
            raise LinkLostError(f"no answer from {self._target.address.url}")

    @property
    def _slack(self) -> float:
        """Seconds that what is under way may take on a slow link, before anything can be answered."""
        sizes = [sent.size for sent in self._under_way.values()]
        return max(sizes, default=0) / self._patience.slowest_rate + sum(sizes) / self._patience.slow_rate

    def _forget_lost(self) -> None:
        """What got lost on its way, while the receiver lives, counts as not sent."""
        if self._tally.trouble:  # the receiver holds it, and says why it cannot answer
            return
        limit = self._progress.limit(self._patience.answer_s, self._slack)
        for name in [name for name, sent in self._under_way.items() if sent.at < limit]:
            del self._under_way[name]

    # -- plots ------------------------------------------------------------------

    async def _ship(self, link: Link) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            self._forget_lost()
            try:
                while self._welcome is not None and await self._send_some(link, self._welcome):
                    pass
            except SQLITE_TROUBLE as error:
                log.error("the spool cannot be read (%s); it is tried again", error)
                await asyncio.sleep(self._patience.beat_s)

    async def _send_some(self, link: Link, welcome: Welcome) -> bool:
        """Fill the window; whether anything was sent."""
        room = welcome.window - len(self._under_way)
        held = sum(sent.size for sent in self._under_way.values())
        most = min(welcome.window_bytes, self._patience.most_bytes) - held
        if room <= 0 or (held and most <= 0) or time.monotonic() < self._hold_until:
            return False
        excluded = self._done | {sent.entry.number for sent in self._under_way.values()}
        chosen = await self._worker.run(self._choose, room, most, excluded, welcome.max_bytes, not held)
        for entry, message in chosen:
            size = len(message.data) if isinstance(message, PlotMessage) else 0
            self._under_way[entry.name] = _Sent(entry, size, time.monotonic(), isinstance(message, Unsendable))
            self._tally.under_way = len(self._under_way)
            await link.send(message)
            self._tally.sent += 1
        return bool(chosen)

    def _choose(
        self, room: int, most: int, excluded: set[int], max_bytes: int, alone: bool
    ) -> list[tuple[Entry, PlotMessage | Unsendable]]:
        """In the spool's thread: the newest `room` entries that hold `most` bytes, or one if nothing is under way."""
        chosen: list[tuple[Entry, PlotMessage | Unsendable]] = []
        for entry in self._spool.waiting(room, excluded):
            if entry.sha256 and entry.stamp.size > most and not (alone and not chosen):
                break
            chosen.append((entry, self._compose(entry, max_bytes)))
            most -= entry.stamp.size
        return chosen

    def _compose(self, entry: Entry, max_bytes: int) -> PlotMessage | Unsendable:
        if entry.sha256 and entry.stamp.size > max_bytes:
            why = f"The file holds {entry.stamp.size:,} bytes; the receiver takes at most {max_bytes:,}."
            return self._unsendable(entry, Refusal.TOO_LARGE, why)
        try:
            return entry.message(self._target.sender, self._spool.content(entry) if entry.sha256 else b"")
        except ContentLostError as error:
            log.error("%s", error)
            return self._unsendable(entry, Refusal.DAMAGED, str(error))

    def _unsendable(self, entry: Entry, reason: Refusal, why: str) -> Unsendable:
        return Unsendable(entry.name, self._target.sender, entry.path, reason, printable(why), entry.stamp.size)


@dataclass(slots=True)
class _Progress:
    """Which messages ought to have been answered, from those that were: they are taken and answered in order."""

    answered: float = 0.0
    last: float = field(default_factory=time.monotonic)
    checked: float = field(default_factory=time.monotonic)
    passed: float = 0.0

    def note(self, sent_at: float) -> None:
        """One was answered that was sent at `sent_at` (s of the monotonic clock)."""
        self.answered, self.last = max(self.answered, sent_at), time.monotonic()

    def limit(self, answer_s: float, slack_s: float) -> float:
        """What was sent before this moment is lost: later ones were answered long ago, or none for very long."""
        now, lost = time.monotonic(), self.passed
        if now - self.checked > answer_s:
            lost, self.passed, self.checked = self.passed, self.answered, now
        silent_since = max(self.last, 0.0)
        return max(lost, now - answer_s - slack_s if now - silent_since > answer_s + slack_s else 0.0)
