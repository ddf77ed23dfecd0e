"""The socket that hears Hydra's reports. PUB drops silently: what was said while nobody listened is not heard."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import zmq
import zmq.asyncio

from backend.domain.foreign import ForeignVerdict
from backend.feed.hydra.reports import MAX_BYTES, TOPIC, ReportError, parse_report

_WAITING = 1000
"""Reports that wait in memory; beyond that the newest are dropped, as PUB and SUB do."""

_TOGETHER = 64


@dataclass(slots=True)
class Hearing:
    """What was heard: reports, refusals by reason, and the time of the last message (monotonic, None before it)."""

    reports: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    last_at: float | None = None

    def silent_s(self) -> float | None:
        """Seconds without any message; None before the first."""
        return None if self.last_at is None else time.monotonic() - self.last_at


class HydraSubscriber:
    """Connects to predict processes and yields what they report. Lives on one event loop; `aclose` ends it."""

    def __init__(self, addresses: Sequence[str], plot_types: Mapping[int, str], zone: tzinfo = UTC) -> None:
        self._plot_types, self._zone = dict(plot_types), zone
        self.hearing = Hearing()
        self._context: zmq.asyncio.Context = zmq.asyncio.Context()
        self._socket: zmq.asyncio.Socket = self._context.socket(zmq.SUB)
        self._socket.linger = 0
        self._socket.maxmsgsize = MAX_BYTES
        self._socket.rcvhwm = _WAITING
        self._socket.reconnect_ivl_max = 5000
        # A connection that is half open is found and made anew, however long nothing is said.
        self._socket.tcp_keepalive, self._socket.tcp_keepalive_idle = 1, 15
        self._socket.tcp_keepalive_intvl, self._socket.tcp_keepalive_cnt = 5, 3
        self._socket.subscribe(TOPIC)
        for address in addresses:
            self._socket.connect(address)

    async def reports(self) -> AsyncIterator[list[ForeignVerdict]]:
        """What is heard, in portions; never ends by itself. What cannot be used is counted."""
        while True:
            messages = [await self._socket.recv_multipart()]
            while len(messages) < _TOGETHER and await self._socket.poll(0):
                messages.append(await self._socket.recv_multipart())
            self.hearing.last_at = time.monotonic()
            found = [report for frames in messages if (report := self._parsed(frames)) is not None]
            if found:
                yield found

    def _parsed(self, frames: list[bytes]) -> ForeignVerdict | None:
        """Topic and text may come in one frame or in two."""
        try:
            report = parse_report(b" ".join(frames), self._plot_types, self._zone, datetime.now(UTC))
        except ReportError as error:
            self.hearing.refused[str(error)] += 1
            return None
        self.hearing.reports += 1
        return report

    async def aclose(self) -> None:
        """Close the socket and its thread."""
        self._socket.close(linger=0)
        await asyncio.to_thread(self._context.term)
