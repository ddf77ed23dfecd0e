"""Presence: under which name this station is known, who else is there, and which schema all of them share."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version

from backend.domain.errors import StoreUnavailableError
from backend.domain.stations import Presence, Station, StationRole, living
from backend.pipeline.store_link import StoreLink
from backend.store import Store
from backend.store.stations import Entering
from backend.store.values import Catalogue


class Stations:
    """This station among the others. Lives on the engine's loop."""

    def __init__(self, role: StationRole, link: StoreLink) -> None:
        self.role, self._link = role, link
        self.name = ""
        self._says = Entering(role)
        self.others: tuple[Station, ...] = ()
        self._catalogue: Catalogue | None = None
        self._shared = False

    async def enter(self, store: Store, wanted: str, events: str, events_key: str) -> str:
        """Tell the others that this station is there; returns the name it is known by."""
        self._says = Entering(self.role, program_version(), os.uname().nodename, os.getpid(), events, events_key)
        self.name = await self._link.insist(store.stations.enter, wanted, self._says)
        self._shared = not store.database.embedded
        return self.name

    async def enter_again(self, store: Store) -> None:
        """The same under whatever name is free."""
        self.name = await self._link.insist(store.stations.enter, self.name, self._says)

    async def leave(self, store: Store) -> None:
        """Say goodbye; where the database is away the others notice by themselves."""
        try:
            await self._link.ask(store.stations.leave, self.name)
        except StoreUnavailableError:
            return

    def take(self, catalogue: Catalogue) -> None:
        """Who is there now."""
        self._catalogue = catalogue
        self.others = tuple(station for station in living(catalogue.stations) if station.name != self.name)

    @property
    def other_engines(self) -> bool:
        """Whether somebody else judges, too."""
        return any(station.role.judges for station in self.others)

    @property
    def presence(self) -> Presence:
        """As a window shows it."""
        engines = sum(station.role.judges for station in self.others) + self.role.judges
        counts = self._catalogue.counts if self._catalogue else None
        waiting, skipped = (counts.pending, counts.skipped) if counts else (0, 0)
        return Presence(self.name, self.role, engines, len(self.others) + 1, waiting, skipped, self._shared)


def program_version() -> str:
    """Of this program; "" where it runs from its source tree."""
    try:
        return version("hydra-gui")
    except PackageNotFoundError:
        return ""
