"""How much each sender may have under way, and which senders are there. No input or output."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

ACTIVE_S = 15.0
"""Seconds without a sign of life after which a sender's share goes to the others."""

SILENT_S = 30.0
"""Seconds after which a sender that used to give signs of life, and did not say good-bye, is shown as silent."""

FORGOTTEN_S = 86_400.0
_MOST_PEERS = 1000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of all senders together: plots and bytes that are received and not yet answered."""

    plots: int = 64
    data_bytes: int = 128 * 2**20


@dataclass(slots=True)
class _Peer:
    sender: str
    heard: float


@dataclass(slots=True)
class Windows:
    """Shares `bounds` among the senders that are there. Memory is bounded whatever connects."""

    bounds: Bounds
    under_way: int = 0
    bytes_under_way: int = 0
    _peers: dict[bytes, _Peer] = field(default_factory=dict)
    _beating: dict[str, float] = field(default_factory=dict)

    def heard(self, route: bytes, sender: str, *, beats: bool) -> None:
        """A sender said something. `beats`: it gives signs of life, so that its silence would mean something."""
        now = time.monotonic()
        self._peers.pop(route, None)
        self._peers[route] = _Peer(sender, now)
        if len(self._peers) > _MOST_PEERS:
            del self._peers[next(iter(self._peers))]
        if beats or sender in self._beating:
            self._beating.pop(sender, None)
            self._beating[sender] = now
            if len(self._beating) > _MOST_PEERS:
                del self._beating[next(iter(self._beating))]

    def gone(self, route: bytes, sender: str) -> None:
        """A sender said good-bye."""
        self._peers.pop(route, None)
        self._beating.pop(sender, None)

    @property
    def senders(self) -> set[str]:
        """Names of those that are there."""
        self._forget()
        return {peer.sender for peer in self._peers.values()}

    @property
    def silent(self) -> dict[str, float]:
        """Senders that fell silent, with the seconds since they were heard."""
        now = time.monotonic()
        silences = {sender: now - heard for sender, heard in self._beating.items()}
        return {sender: s for sender, s in silences.items() if SILENT_S < s < FORGOTTEN_S}

    @property
    def share(self) -> int:
        """Plots one sender may have under way."""
        self._forget()
        return max(1, self.bounds.plots // max(1, len(self._peers)))

    @property
    def share_bytes(self) -> int:
        """Bytes one sender may have under way."""
        return self.bounds.data_bytes // max(1, len(self._peers))

    def has_room(self, size: int) -> bool:
        """Whether a plot of `size` bytes may still be taken: always one, else within twice the bounds.

        Shares shrink when a sender joins while others have their old ones under way; hence twice.
        """
        if self.under_way == 0:
            return True
        bounds = self.bounds
        return self.under_way < 2 * bounds.plots and self.bytes_under_way + size <= 2 * bounds.data_bytes

    def begin(self, size: int) -> None:
        """A plot is under way."""
        self.under_way += 1
        self.bytes_under_way += size

    def end(self, size: int) -> None:
        """It is answered."""
        self.under_way -= 1
        self.bytes_under_way -= size

    def _forget(self) -> None:
        limit = time.monotonic() - ACTIVE_S
        while self._peers:
            oldest = next(iter(self._peers))
            if self._peers[oldest].heard > limit:
                return
            del self._peers[oldest]
