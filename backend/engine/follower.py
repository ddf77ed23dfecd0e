"""The follower: what other stations did to the store becomes events here; it is also the pulse of the database.

It looks at the journal a few times a second, at once where a hint came. Hints may be lost: nothing depends on them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable

from backend.domain.changes import Change, ChangeKind
from backend.domain.errors import StoreRefusedError, StoreUnavailableError
from backend.domain.hall import Tile
from backend.domain.plots import PlotState
from backend.engine.monitor import Counts
from backend.engine.parts import Parts
from backend.engine.spaces import Spaces
from backend.events import FileQuarantined, OpinionHeard, PlotArrived, PlotJudged
from backend.pipeline.store_link import StoreLink

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.75
"""Without a hint: a change is seen after this time at the latest, and a second later that the database is away."""

_PAUSE_S = 0.15
"""Between two looks that were hinted at: what happens meanwhile is read together."""

_AWAY_S = 0.5
_RELOAD_S = 60.0
_PURGE_S = 300.0
_ALERTING = frozenset({ChangeKind.ALERTS, ChangeKind.JUDGED})
"""After these alerts may have changed, or what the gates hold back."""

_PLOTS = frozenset({ChangeKind.ARRIVED, ChangeKind.JUDGED, ChangeKind.SKIPPED})


class Follower:
    """Runs on the engine's loop. `changed` is called when the catalogue has changed."""

    def __init__(
        self,
        parts: Parts,
        pulse: StoreLink,
        links: Iterable[StoreLink],
        counts: Counts,
        changed: Callable[[], None],
        spaces: Spaces,
    ) -> None:
        self._parts, self._context, self._store = parts, parts.context, parts.context.store
        self._pulse, self._links, self._counts = pulse, tuple(links), counts
        self._changed, self._spaces = changed, spaces
        self._reader = self._store.news.reader()
        self._hint = asyncio.Event()
        self._lost = self._behind = False
        self._looked_at = self._loaded_at = self._purged_at = time.monotonic()

    def hint(self) -> None:
        """Something happened elsewhere: look soon."""
        self._hint.set()

    async def begin(self) -> None:
        """Start at the present; called before the hall is read."""
        await self._pulse.insist(self._store.news.begin, self._reader)

    async def follow_forever(self) -> None:
        """Look, tell, wait."""
        while True:
            try:
                if self._lost:
                    await self._come_back()
                await self._look()
            except StoreUnavailableError:
                self._lost = True
                await asyncio.sleep(_AWAY_S)
            else:
                await self._wait()

    async def _come_back(self) -> None:
        """The schema may be another one now; then nothing is asked or written until it is right again."""
        before, self._pulse.refused = self._pulse.refused, ""
        try:
            await self._pulse.ask(self._store.news.check_schema)
        except StoreRefusedError as error:
            self._refuse(str(error), before)
            raise StoreUnavailableError(str(error)) from error
        self._lost = False
        self._store.database.hang_up()  # what was asked before the database was lost is asked again
        for link in (self._pulse, *self._links):
            link.refused = ""
            link.try_again()

    def _refuse(self, reason: str, before: str) -> None:
        if reason != before:
            log.error("%s", reason)
        for link in (self._pulse, *self._links):
            link.refused = reason

    async def _wait(self) -> None:
        self._looked_at = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hint.wait(), LOOK_EVERY_S)
        self._hint.clear()
        await asyncio.sleep(max(0.0, self._looked_at + _PAUSE_S - time.monotonic()))

    async def _look(self) -> None:
        changes = await self._pulse.ask(self._store.news.look, self._reader)
        if self._behind or changes is None:
            self._spaces.doubt()
        self._spaces.note(change for change in changes or () if not change.mine)
        behind = self._behind or changes is None or time.monotonic() - self._loaded_at > _RELOAD_S
        self._behind = True  # until all is taken: what fails from here on is made good by reading everything
        if behind:
            await self._reload()
        else:
            await self._take([change for change in changes or () if not change.mine])
        self._behind = False
        if self._context.role.judges and time.monotonic() - self._purged_at > _PURGE_S:
            self._purged_at = time.monotonic()
            await self._context.link.ask(self._store.news.purge)

    async def _reload(self) -> None:
        """Read the whole hall: what was missed, for whatever reason, is on it."""
        await self._pulse.ask(self._store.news.begin, self._reader)
        tiles = await self._context.read_link.ask(self._store.live.hall)
        for tile in self._context.hall.reload(tiles):
            self._publish(tile)
        self._changed()
        self._parts.alerts.wake()
        self._loaded_at = time.monotonic()

    async def _take(self, changes: list[Change]) -> None:
        kinds = {change.kind for change in changes}
        if ChangeKind.ARRIVED in kinds:
            self._parts.claimer.hint()
        if ChangeKind.CATALOGUE in kinds:
            self._parts.claimer.hint()
            self._changed()
        if kinds & _ALERTING:
            self._parts.alerts.wake()
        self._counts.judged_elsewhere += sum(len(one.keys) for one in changes if one.kind is ChangeKind.JUDGED)
        await self._take_plots(changes)
        await self._take_opinions({key for one in changes if one.kind is ChangeKind.OPINION for key in one.keys})
        await self._take_files(
            [key for change in changes if change.kind is ChangeKind.QUARANTINED for key in change.keys]
        )

    async def _take_plots(self, changes: list[Change]) -> None:
        wanted = _PLOTS if self._context.role.has_window else _PLOTS - {ChangeKind.ARRIVED}
        numbers = {key for change in changes if change.kind in wanted for key in change.keys}
        if not numbers:
            return
        for outcome in await self._pulse.ask(self._store.news.outcomes, numbers):
            tile = self._context.hall.told(outcome)
            if tile is not None:
                self._publish(tile)

    async def _take_opinions(self, numbers: set[int]) -> None:
        if numbers and self._context.role.has_window:
            for outcome in await self._pulse.ask(self._store.news.outcomes, numbers):
                self._context.publish(OpinionHeard(outcome.plot.identity.plot_type))

    async def _take_files(self, numbers: list[int]) -> None:
        if numbers and self._context.role.has_window:
            for file in await self._pulse.ask(self._store.news.files, numbers):
                self._context.publish(FileQuarantined(file, elsewhere=True))

    def _publish(self, tile: Tile) -> None:
        if tile.plot is None or tile.plot.state is PlotState.PENDING:
            self._context.publish(PlotArrived(tile))
            return
        newest = tile is self._context.hall.tile(tile.plot_type.name)
        self._context.publish(PlotJudged(tile, newest=newest, elsewhere=True))
