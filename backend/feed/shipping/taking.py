"""From files that are ready to the spool: what is read, what is said of it, and what if it cannot be."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import FileStamp
from backend.feed.directory import DirectorySettings, InputDirectory
from backend.feed.disposal import Disposal
from backend.feed.formats import HEAD, TAIL, is_complete
from backend.feed.images import ImageLimits, decode
from backend.feed.naming import printable
from backend.feed.reading import (
    PATIENCE_S,
    FileContent,
    NotCompleteError,
    identify_below,
    read_file,
    unless_unfinished,
)
from backend.feed.shipping.journal import Draft, State
from backend.feed.shipping.spool import Spool
from backend.feed.shipping.status import Tally
from backend.feed.workers import Workers
from backend.feed.zeromq.protocol import MAX_MESSAGE, MAX_MOMENT_US, MAX_PATH, PlotMessage, Unsendable, refusal_of

CHUNK_BYTES = 16 * 2**20
"""Bytes of files that are in memory at a time, unless a single one is larger."""

CHUNK_FILES = 64
RETRY_S = 1.0
"""Seconds until a full spool or disk is tried again, unless room is made before."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which files are taken: those below `root` of at most these limits."""

    root: Path
    limits: ImageLimits


class Taker:
    """Takes what the directory offers, as long as there is room. Nothing is touched before the spool has it on disk."""

    def __init__(
        self,
        settings: DirectorySettings,
        rules: Rules,
        spool: Spool,
        disposal: Disposal,
        journal_worker: Workers,
        tally: Tally,
        taken: asyncio.Event,
    ) -> None:
        self.directory = InputDirectory(settings, self._known)
        self._rules, self._spool, self._disposal = rules, spool, disposal
        self._journal_worker, self._readers = journal_worker, Workers(1)
        self._tally, self._taken = tally, taken
        self.room = asyncio.Event()

    async def run_forever(self) -> None:
        """Take files until this is cancelled."""
        async for stamps in self.directory:
            for chunk in _chunks(stamps):
                self._tally.in_hand = len(chunk)
                await self._insist(chunk)
                self._tally.in_hand = 0

    async def aclose(self) -> None:
        """Stop watching."""
        await self.directory.aclose()
        await self._readers.aclose()

    async def _insist(self, stamps: list[FileStamp]) -> None:
        while stamps:
            self.room.clear()
            count, full = await self._journal_worker.run(self._spool.fitting, [stamp.size for stamp in stamps])
            failure = await self._take(stamps[:count])
            self._tally.set_full(failure or full)
            if not failure:
                stamps = stamps[count:]
            if stamps:
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_S):
                        await self.room.wait()

    async def _take(self, stamps: list[FileStamp]) -> str:
        """Why these cannot be taken, "" where they were."""
        drafts, again = await self._readers.run(_read_all, stamps, self._rules)
        try:
            await self._journal_worker.run(self._spool.take, drafts)
        except (OSError, sqlite3.Error) as error:
            return f"spool cannot be written: {getattr(error, 'strerror', None) or error}"
        for stamp in again:
            self.directory.retry(stamp)
        self._tally.taken += len(drafts)
        self._taken.set()
        return ""

    async def _known(self, stamps: Sequence[FileStamp]) -> set[str]:
        """Files that were taken in before. One that ought to have been moved or deleted since is treated so now."""
        known = await self._journal_worker.run(self._spool.known, stamps)
        if self._disposal.disposes:
            left = [stamp for stamp in stamps if known.get(stamp.path, State.WAITING) is not State.WAITING]
            if left:
                await self._readers.run(dispose, self._disposal, [(stamp, known[stamp.path]) for stamp in left])
        return set(known)


def dispose(disposal: Disposal, answered: Sequence[tuple[FileStamp, State]]) -> set[FileStamp]:
    """Leave, move or delete files as answered; returns those of which that could not be done (blocking)."""
    failed = set()
    for stamp, state in answered:
        try:
            (disposal.set_aside if state is State.REFUSED else disposal.done)(stamp)
        except OSError as error:
            failed.add(stamp)
            log.error("%s was answered but stays where it is: %s", printable(stamp.path), error.strerror)
    return failed


def _chunks(stamps: Sequence[FileStamp]) -> Iterator[list[FileStamp]]:
    chunk: list[FileStamp] = []
    size = 0
    for stamp in stamps:
        if chunk and (size + stamp.size > CHUNK_BYTES or len(chunk) >= CHUNK_FILES):
            yield chunk
            chunk, size = [], 0
        chunk.append(stamp)
        size += stamp.size
    if chunk:
        yield chunk


def _read_all(stamps: Sequence[FileStamp], rules: Rules) -> tuple[list[Draft], list[FileStamp]]:
    drafts, again = [], []
    for stamp in stamps:
        try:
            drafts.append(draft_of(stamp, rules))
        except NotCompleteError:
            again.append(stamp)
    return drafts, again


def draft_of(stamp: FileStamp, rules: Rules) -> Draft:
    """Read a file (blocking). Raises NotCompleteError where it must be tried again.

    What it holds is for the receiver to judge; only whether it is whole is found out here.
    """
    try:
        content = read_file(stamp.path, rules.limits)
    except PlotRejectedError as error:
        return Draft(stamp, _unsendable(stamp, rules.root, error))
    _check_whole(content, rules.limits)
    return Draft(content.stamp, _plot(content, rules.root))


def _check_whole(content: FileContent, limits: ImageLimits) -> None:
    data = content.data
    if is_complete(data[:HEAD], data[-TAIL:], len(data)):
        return
    try:
        decode(data, "", limits)
    except PlotRejectedError as error:
        verdict = unless_unfinished(error, content.stamp, PATIENCE_S)
        if isinstance(verdict, NotCompleteError):
            raise verdict from error


def _plot(content: FileContent, root: Path) -> PlotMessage:
    stamp = content.stamp
    told = {
        "path": _path_below(stamp.path, root),
        "taken_us": min(max(0, stamp.mtime_ns // 1000), MAX_MOMENT_US),
        "sha256": hashlib.sha256(content.data).hexdigest(),
    }
    try:
        identity = identify_below(stamp.path, root)
    except PlotRejectedError:  # the receiver says so, where people see it
        return PlotMessage(id="", sender="", data=content.data, **told)  # type: ignore[arg-type]
    return PlotMessage(
        id="",
        sender="",
        data=content.data,
        plot_type=identity.plot_type,
        run=identity.run,
        chunk=identity.chunk,
        run_period=identity.run_period[:128].strip(),
        **told,  # type: ignore[arg-type]
    )


def _unsendable(stamp: FileStamp, root: Path, error: PlotRejectedError) -> Unsendable:
    path, reason = _path_below(stamp.path, root), refusal_of(error.reason)
    moment = min(max(0, stamp.mtime_ns // 1000), MAX_MOMENT_US)
    return Unsendable("", "", path, reason, str(error)[:MAX_MESSAGE], stamp.size, moment)


def _path_below(path: str, root: Path) -> str:
    """The path as the receiver is told it; of one that is too long the end counts."""
    base = f"{root.absolute()}/"
    return path.removeprefix(base)[-MAX_PATH:]
