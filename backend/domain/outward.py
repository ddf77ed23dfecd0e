"""What a window shows and asks of the ways out: where alerts go besides the screen, tests, entries in logbooks."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.plots import Plot
from backend.domain.predictions import HeatMap


@dataclass(frozen=True, slots=True)
class DestinationView:
    """A destination as it is configured; `where` never holds a secret. `can_be_tried`: it is sent something."""

    name: str
    kind: str
    role: str = ""
    where: str = ""
    can_be_tried: bool = True
    is_logbook: bool = False


@dataclass(frozen=True, slots=True)
class TierView:
    """After so many minutes without acknowledgement these are told."""

    after_min: float
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteView:
    """A route; `holds` says for which alerts, in words."""

    name: str
    holds: str
    tiers: tuple[TierView, ...]


@dataclass(frozen=True, slots=True)
class OutwardView:
    """Everything that is configured on this station. `carries_out`: it sends; one that only watches does not.

    `quiet` are quiet hours, one a line; `facts` the rest, as (name, value).
    """

    destinations: tuple[DestinationView, ...] = ()
    routes: tuple[RouteView, ...] = ()
    quiet: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    carries_out: bool = True

    @property
    def logbooks(self) -> tuple[str, ...]:
        """Destinations in which people make entries."""
        return tuple(one.name for one in self.destinations if one.is_logbook)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What an attempt came to: whether it got there, and what the other side said."""

    destination: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class LogbookEntry:
    """An entry that a person wants made, in each of `to`. `key` is drawn once: sent again, it is the same entry.

    `plot` comes with its picture and, where there is one, its heat map; `fields` are short facts. `alert_id` is 0
    where the entry is about no alert.
    """

    key: str
    author: str
    subject: str
    text: str
    to: tuple[str, ...]
    plot: Plot | None = None
    heat_map: HeatMap | None = None
    alert_id: int = 0
    fields: tuple[tuple[str, str], ...] = ()
