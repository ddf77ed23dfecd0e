"""The minder: looks at the hall itself, and enters into the history what this station had to tell alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from backend.domain.beam import Beam
from backend.domain.errors import StoreRefusedError
from backend.domain.hall_facts import Lookout
from backend.engine.own_alerts import OwnAlerts
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

_TICK_S = 1.0
_LOOK_EVERY_S = 15.0


class HallMinder:
    """Lives on the engine's loop of every station. `expects` says whether plots are expected here at all.

    What a station has not seen with its own eyes for long enough it does not judge: right after the database came back
    every other station looks as if it had died.
    """

    def __init__(
        self,
        store: Store,
        link: StoreLink,
        links: Iterable[StoreLink],
        name: Callable[[], str],
        beam: Callable[[], Beam],
        own: OwnAlerts,
        changed: Callable[[], None],
    ) -> None:
        self._store, self._link, self._links = store, link, tuple(links)
        self._name, self._beam, self._own, self._changed = name, beam, own, changed
        self.expects: Callable[[], bool] = lambda: False
        self._seen_since = self._expecting_since = time.monotonic()
        self._may_write = True

    async def mind_forever(self) -> None:
        """Look every few seconds."""
        looked_at = -_LOOK_EVERY_S
        while True:
            await asyncio.sleep(_TICK_S)
            self._tick()
            if self._own.over:
                await self._enter()
            if time.monotonic() - looked_at >= _LOOK_EVERY_S:
                looked_at = time.monotonic()
                await self._look()

    def _tick(self) -> None:
        moment = time.monotonic()
        if any(link.away_since is not None for link in self._links):
            self._seen_since = moment
        if self._beam().certainly_off or not self.expects():
            self._expecting_since = moment

    async def _look(self) -> None:
        if not self._may_write:
            return
        self._own.after_s = (await self._link.insist(self._store.hall_alerts.policy)).database_after_s
        try:
            if await self._link.insist(self._store.hall_alerts.mind, self._name(), self._eyes()):
                self._changed()
        except StoreRefusedError as error:
            self._give_up(error)

    async def _enter(self) -> None:
        outage = self._own.over[0]
        try:
            await self._link.insist(self._store.hall_alerts.enter_outage, self._name(), outage.life, outage.ticket)
        except StoreRefusedError as error:
            self._give_up(error)
        self._own.over.remove(outage)
        self._changed()

    def _eyes(self) -> Lookout:
        moment = time.monotonic()
        return Lookout(moment - self._seen_since, moment - self._expecting_since, self._beam())

    def _give_up(self, error: StoreRefusedError) -> None:
        """An account that may only watch leaves it to others."""
        if self._may_write:
            log.warning("This station raises no alerts about the hall, others do: %s", error)
        self._may_write = False
