"""What went out of this program, and what a person is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ATTEMPTS = 10
"""After so many failures in a row a destination is given up for this tier; the next tier goes out all the same."""

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=10)


class Outcome(StrEnum):
    """What an attempt to tell somebody came to. The values are stored."""

    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given up"
    LOGGED = "logged"
    """An entry was made in a logbook."""

    @property
    def is_trouble(self) -> bool:
        """Whether nobody was told."""
        return self in (Outcome.FAILED, Outcome.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class DispatchNote:
    """One attempt as it stands in the history (UTC). `who` is "hydra", or the person who asked for it.

    `kind` is mail, webhook, stations, … ; `words` say what the other side said; `tier` is 0 outside of escalation.
    """

    at: datetime
    destination: str
    kind: str
    outcome: Outcome
    words: str = ""
    who: str = ""
    tier: int = 0


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One destination to be told of one alert, as it was claimed. `attempts` counts this one."""

    dispatch_id: int
    alert_id: int
    route: str
    tier: int
    destination: str
    due_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one destination is told in one message; there is at least one, of the oldest first."""

    destination: str
    dispatches: tuple[Dispatch, ...]

    @property
    def attempts(self) -> int:
        """Of the one that was tried most often."""
        return max(one.attempts for one in self.dispatches)


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failures, twice as long each time up to 10 min; None: it is given up."""
    if attempts >= ATTEMPTS:
        return None
    return min(_FIRST_WAIT * int(2 ** (attempts - 1)), _LONGEST_WAIT)
