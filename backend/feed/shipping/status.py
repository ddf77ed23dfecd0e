"""What a feeder says of itself. No input or output."""

from __future__ import annotations

import time
from dataclasses import dataclass

from backend.domain.health import Condition, PartHealth


@dataclass(slots=True)
class Tally:
    """What was counted since the start, and what is in the way now; kept by the feeder's parts."""

    taken: int = 0
    acknowledged: int = 0
    stored_before: int = 0
    refused: int = 0
    sent: int = 0
    under_way: int = 0
    in_hand: int = 0
    unsettled: int = 0
    full: str = ""
    link: str = "connecting"
    connected: bool = False
    receiver: str = ""
    trouble: str = ""
    link_lost_at: float = 0.0

    def set_full(self, why: str) -> None:
        """Why no file is taken, "" where files are."""
        self.full = why

    def set_connected(self, receiver: str, trouble: str) -> None:
        """The receiver answers; `trouble` is what it says keeps it from storing."""
        self.connected, self.receiver, self.trouble, self.link = True, receiver, trouble, ""

    def set_lost(self, why: str) -> None:
        """There is no connection, and why."""
        if self.connected or not self.link_lost_at:
            self.link_lost_at = time.monotonic()
        self.connected, self.link, self.trouble = False, why, ""


@dataclass(frozen=True, slots=True)
class FeederStatus:
    """A feeder at one moment. `waiting` counts plots, `oldest_s` is the wait of the oldest of them in seconds.

    `link` is "" or why there is no connection, `receiver` the station at its other end, `trouble` what keeps that one
    from storing, `full` why no file is taken from the directory.
    """

    directory: PartHealth
    backlog: int
    waiting: int
    waiting_bytes: int
    oldest_s: float
    under_way: int
    taken: int
    acknowledged: int
    stored_before: int
    refused: int
    link: str
    receiver: str
    trouble: str
    full: str

    @property
    def word(self) -> str:
        """The state in a few words, the worst first."""
        if self.full:
            return self.full
        if self.link:
            return self.link
        if self.trouble:
            return f"{self.receiver}: {self.trouble}"
        if self.directory.condition in (Condition.FAILED, Condition.DEGRADED):
            return self.directory.word
        return f"connected to {self.receiver}"

    @property
    def is_well(self) -> bool:
        """Whether plots go through."""
        return not (self.full or self.link or self.trouble) and self.directory.condition is not Condition.FAILED

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do for now."""
        found = self.directory.condition is not Condition.STARTING
        return found and not (self.backlog or self.waiting or self.under_way)
