"""Changes: what a transaction did to the shared store, as other stations hear of it. They carry keys, no content."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ChangeKind(IntEnum):
    """What happened. The numbers are stored and sent: never give one a new meaning."""

    ARRIVED = 1
    JUDGED = 2
    QUARANTINED = 3
    CATALOGUE = 4
    SKIPPED = 5
    ALERTS = 6
    EXPIRED = 7
    OPINION = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the journal. `keys` are plot ids (QUARANTINED: ids of files; ALERTS: of alerts; CATALOGUE: none).

    `mine` says that this very process made the change and knows of it.
    """

    kind: ChangeKind
    keys: tuple[int, ...] = ()
    mine: bool = False
