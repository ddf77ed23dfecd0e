"""What is known of the hall itself, who looks at it, and what follows. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.domain.alert_watch import Ruling
from backend.domain.alerts import AlertKind
from backend.domain.beam import UNKNOWN_BEAM, Beam
from backend.domain.classifications import Severity
from backend.domain.stations import Station

FEED, JUDGING, DATABASE = "feed", "inference", "database"
"""Subjects of alerts about the hall; those about a station have its name."""

HallKey = tuple[AlertKind, str]
"""Which alert about the hall: its kind and its subject."""


@dataclass(frozen=True, slots=True)
class HallFacts:
    """What the database says of the hall at `now` (its own clock, UTC).

    `waiting` live plots have no verdict, the first of them since `waiting_since`; those of the plot types `stuck` were
    given back because they cannot be judged now, since `stuck_since`. The newest verdict was given at `judged_at`.
    """

    now: datetime
    newest_plot_at: datetime | None = None
    stations: tuple[Station, ...] = ()
    waiting: int = 0
    waiting_since: datetime | None = None
    judged_at: datetime | None = None
    stuck: tuple[str, ...] = ()
    stuck_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lookout:
    """The station that looks: for how many seconds it has had the database before its eyes without a break, for how
    many it could have expected plots (0: it does not expect any), and the beam it sees."""

    seen_s: float
    expecting_s: float = 0.0
    beam: Beam = UNKNOWN_BEAM


@dataclass(frozen=True, slots=True)
class HallFinding:
    """A ruling on one alert about the hall."""

    kind: AlertKind
    subject: str
    ruling: Ruling
    severity: Severity = Severity.ALARM
    words: str = ""
    since: datetime | None = None

    @property
    def key(self) -> HallKey:
        """Which alert."""
        return self.kind, self.subject
