"""The part of an engine that listens to a Hydra beside it: what is heard is kept in the store, and told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from zoneinfo import ZoneInfo

from backend.config import HydraSection
from backend.domain.errors import StoreRefusedError
from backend.events import Event, OpinionHeard
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

_TELL_EVERY = 1000


class HydraListener:
    """Lives on the engine's loop. Silence is no error: that Hydra may be stopped, or judge nothing without beam."""

    def __init__(self, section: HydraSection, store: Store, link: StoreLink, publish: Callable[[Event], None]) -> None:
        self._section, self._store, self._link, self._publish = section, store, link, publish

    async def run_forever(self) -> None:
        """Listen where that is configured. Ends where this account may not keep what is heard."""
        section = self._section
        if not section.connect:
            return
        from backend.feed.hydra.listening import HydraSubscriber

        subscriber = HydraSubscriber(section.connect, section.names, ZoneInfo(section.timezone))
        try:
            async for verdicts in subscriber.reports():
                for name in await self._link.insist(self._store.opinions.record, section.name, verdicts):
                    self._publish(OpinionHeard(name))
                self._tell(subscriber.hearing.refused.total())
        except StoreRefusedError as error:
            log.error("What %s says is not kept: %s Run `hydra-gui db grant` for this account.", section.name, error)
        finally:
            await subscriber.aclose()

    def _tell(self, refused: int) -> None:
        if refused and refused % _TELL_EVERY == 0:
            log.warning("%d messages of %s could not be used", refused, self._section.name)
