"""The feeder: a directory, a spool and a courier, and the settling of what was answered. Lives on one event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from backend.domain.intake import AfterIntake, FileStamp
from backend.feed.directory import DirectorySettings
from backend.feed.disposal import Disposal
from backend.feed.images import ImageLimits
from backend.feed.naming import printable
from backend.feed.reading import stamp_of
from backend.feed.shipping.courier import SQLITE_TROUBLE, Courier, Patience
from backend.feed.shipping.journal import Entry, State
from backend.feed.shipping.link import Target
from backend.feed.shipping.spool import Spool, SpoolBounds
from backend.feed.shipping.status import FeederStatus, Tally
from backend.feed.shipping.taking import RETRY_S, Rules, Taker, dispose
from backend.feed.workers import Workers

TIDY_S = 3600.0
"""Seconds between looks for answered files that are gone, so that the journal may forget them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeederSettings:
    """What to ship, to whom, where to spool, and what becomes of a file once it was answered."""

    root: Path
    target: Target
    spool: Path
    after: AfterIntake = AfterIntake.LEAVE
    moved_to: Path | None = None
    watch: bool = True
    poll_s: float = 5.0
    settle_s: float = 1.0
    bounds: SpoolBounds = field(default_factory=SpoolBounds)
    limits: ImageLimits = field(default_factory=ImageLimits)
    patience: Patience = field(default_factory=Patience)


class Feeder:
    """Ships a directory. Opening it takes the spool; FeedSetupError where that cannot be used."""

    def __init__(self, settings: FeederSettings) -> None:
        self._settings = settings
        self._tally, self._worker, self._movers = Tally(), Workers(1), Workers(1)
        self._disposal = Disposal(settings.after, settings.moved_to, settings.root)
        self._spool = Spool(settings.spool, settings.bounds)
        self._courier = Courier(
            settings.target, self._spool, self._worker, self._tally, self._note_answer, settings.patience
        )
        exclude = (*self._disposal.own_folders, settings.spool)
        scan = DirectorySettings(settings.root, settings.watch, settings.poll_s, settings.settle_s, exclude)
        rules = Rules(settings.root, settings.limits)
        self._taker = Taker(scan, rules, self._spool, self._disposal, self._worker, self._tally, self._courier.wake)
        self._answers: list[tuple[Entry, State]] = []
        self._news = asyncio.Event()

    @property
    def status(self) -> FeederStatus:
        """How it stands now."""
        totals, tally = self._spool.totals, self._tally
        oldest = 0.0 if totals.oldest is None else max(0.0, time.time() - totals.oldest)
        return FeederStatus(
            directory=self._taker.directory.health,
            backlog=self._taker.directory.backlog + tally.in_hand,
            waiting=totals.files,
            waiting_bytes=totals.data_bytes,
            oldest_s=oldest,
            under_way=tally.under_way + tally.unsettled,
            taken=tally.taken,
            acknowledged=tally.acknowledged,
            stored_before=tally.stored_before,
            refused=tally.refused,
            link=tally.link,
            receiver=tally.receiver,
            trouble=tally.trouble,
            full=tally.full,
        )

    async def run(self) -> None:
        """Ship until cancelled, then stop cleanly: what was not answered stays in the spool."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._settle_forever())
                group.create_task(self._courier.run_forever())
                group.create_task(self._taker.run_forever())
                group.create_task(self._tidy_forever())
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Stop what runs and let the spool go. Idempotent."""
        await self._taker.aclose()
        await self._movers.aclose()
        await self._worker.aclose()
        self._spool.close()

    def _note_answer(self, entry: Entry, state: State) -> None:
        self._answers.append((entry, state))
        self._tally.unsettled = len(self._answers)
        self._news.set()

    async def _settle_forever(self) -> None:
        """First what the last life left unsettled, then every answer."""
        await self._insist_settling([])
        while True:
            await self._news.wait()
            self._news.clear()
            answers, self._answers = self._answers, []
            await self._insist_settling(answers)
            self._tally.unsettled = len(self._answers)

    async def _insist_settling(self, answers: list[tuple[Entry, State]]) -> None:
        while True:
            try:
                await self._settle(answers)
            except SQLITE_TROUBLE as error:
                log.error("the journal cannot be written (%s); it is tried again", error)
                await asyncio.sleep(RETRY_S)
                continue
            return

    async def _settle(self, answers: list[tuple[Entry, State]]) -> None:
        """Note the answers, then treat the files accordingly, then forget: a kill in between is made good later."""
        await self._worker.run(self._spool.answered, [(entry.number, state) for entry, state in answers])
        entries = await self._worker.run(self._spool.unsettled)
        self._courier.settled({entry.number for entry, _ in answers})
        if not entries:
            return
        refused = [entry for entry in entries if entry.state is State.REFUSED]
        missing = await self._movers.run(_missing, refused)
        failed = await self._movers.run(dispose, self._disposal, [(entry.stamp, entry.state) for entry in entries])
        await self._keep(missing)
        gone = {entry.number for entry in entries if self._disposal.disposes and entry.stamp not in failed}
        await self._worker.run(self._spool.settle, entries, gone)
        self._taker.room.set()

    async def _keep(self, refused: list[Entry]) -> None:
        """Refused plots whose files are gone: the spool's copies are the last ones there are."""
        for entry in refused:
            kept = await self._worker.run(self._spool.keep_refused, entry)
            if kept is not None:
                log.warning("%s is gone; what was refused is kept as %s", printable(entry.stamp.path), kept)

    async def _tidy_forever(self) -> None:
        while True:
            with suppress(*SQLITE_TROUBLE):
                await self._worker.run(self._spool.forget_missing)
            await asyncio.sleep(TIDY_S)


def _missing(entries: list[Entry]) -> list[Entry]:
    """Those whose file is gone, or another by now."""
    return [entry for entry in entries if not _is_there(entry.stamp)]


def _is_there(stamp: FileStamp) -> bool:
    try:
        return stamp_of(stamp.path, Path(stamp.path).stat()) == stamp
    except (OSError, ValueError):
        return False
