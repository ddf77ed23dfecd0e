"""Loudness: whether this station's window is to be loud for alerts that nobody acknowledges."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from backend.events import AlertsEscalated, Event
from backend.pipeline.store_link import StoreLink
from backend.store import Store

_LOOK_EVERY_S = 10.0


class Loudness:
    """Lives on the engine's loop; asks the store, whoever made the plan. `role` is this station's."""

    def __init__(self, store: Store, link: StoreLink, role: str, publish: Callable[[Event], None]) -> None:
        self._store, self._link, self._role, self._publish = store, link, role, publish
        self._told: frozenset[int] = frozenset()

    async def follow_forever(self) -> None:
        """Tell whenever it changes."""
        while True:
            found = await self._link.insist(self._store.dispatches.escalated, self._role)
            if found != self._told:
                self._told = found
                self._publish(AlertsEscalated(found))
            await asyncio.sleep(_LOOK_EVERY_S)
