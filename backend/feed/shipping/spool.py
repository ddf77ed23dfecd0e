"""The spool: files that were taken in and are not answered yet, safe on this machine's disk. Blocking, one thread.

Contents lie in files named by their SHA-256, what is known of them in a journal. A content is on disk before the
journal names it, and is removed after: a kill at any point leaves at worst a content that nothing names, which the next
start sweeps away.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backend.domain.errors import FeedSetupError, HydraError
from backend.domain.intake import FileStamp
from backend.feed.shipping.journal import Draft, Entry, Journal, State, Totals

_PART = ".part"


class ContentLostError(HydraError):
    """The content of an entry is missing or damaged, and its file is gone or another by now."""


@dataclass(frozen=True, slots=True)
class SpoolBounds:
    """How much is kept: bytes, the age in seconds of the oldest that waits, and bytes that the disk keeps free."""

    data_bytes: int = 10 * 2**30
    age_s: float = 30 * 86_400.0
    reserve_bytes: int = 64 * 2**20


class Spool:
    """One folder. Held by one process at a time."""

    def __init__(self, folder: Path, bounds: SpoolBounds) -> None:
        self._folder, self.bounds = folder, bounds
        self._contents = folder / "contents"
        self._lock = _hold(folder)
        try:
            self._contents.mkdir(mode=0o700, exist_ok=True)
            self._journal = Journal(folder / "journal.db")
            self._sweep()
            self._totals = self._journal.totals()
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Let another process have it."""
        self._journal.close()
        os.close(self._lock)

    @property
    def totals(self) -> Totals:
        """What waits."""
        return self._totals

    def fitting(self, sizes: Sequence[int]) -> tuple[int, str]:
        """How many files of these sizes, the first ones, are taken in now, and in words why not all of them are.

        An empty spool takes one whatever its size, or that would never move again.
        """
        totals, bounds, now = self._totals, self.bounds, time.time()
        if totals.oldest is not None and now - totals.oldest > bounds.age_s:
            return 0, f"spool full: the oldest plot waits for {(now - totals.oldest) / 86_400:.1f} days"
        free, held = shutil.disk_usage(self._folder).free, totals.data_bytes
        for number, size in enumerate(sizes):
            if (totals.files or number) and held + size > bounds.data_bytes:
                return number, f"spool full: {held / 1e6:,.1f} MB wait, {bounds.data_bytes / 1e6:,.1f} MB are allowed"
            if free < size + bounds.reserve_bytes:
                return number, f"disk full: {free / 1e6:,.0f} MB are free for the spool"
            held, free = held + size, free - size
        return len(sizes), ""

    def take(self, drafts: Sequence[Draft]) -> None:
        """Keep contents and say so in the journal; all is on disk when this returns. OSError or sqlite3.Error."""
        fresh = {draft.sha256: draft.data for draft in drafts if draft.sha256}
        for sha256, data in fresh.items():
            self._write(sha256, data)
        if fresh:
            _sync_folder(self._contents)
        self._journal.add(drafts)
        self._totals = self._journal.totals()

    def waiting(self, most: int, except_for: Iterable[int] = ()) -> list[Entry]:
        """The newest that wait."""
        return self._journal.waiting(most, frozenset(except_for))

    def content(self, entry: Entry) -> bytes:
        """The bytes of an entry, from the spool or, where that is damaged, from its file. ContentLostError."""
        for place in (self._contents / entry.sha256, Path(entry.stamp.path)):
            with suppress(OSError):
                data = place.read_bytes()
                if hashlib.sha256(data).hexdigest() == entry.sha256:
                    return data
        raise ContentLostError(
            f"The spool holds {entry.stamp.path} no more as it was, and the file is gone or another by now."
        )

    def answered(self, answers: Sequence[tuple[int, State]]) -> None:
        """These were answered."""
        self._journal.answered(answers)
        self._totals = self._journal.totals()

    def unsettled(self) -> list[Entry]:
        """What was answered, and whose files are still to be treated accordingly."""
        return self._journal.unsettled()

    def settle(self, entries: Sequence[Entry], forget: Iterable[int]) -> None:
        """All is done for these; of those in `forget` no file is left."""
        for sha256 in self._journal.settle(entries, frozenset(forget)):
            (self._contents / sha256).unlink(missing_ok=True)

    def keep_refused(self, entry: Entry) -> Path | None:
        """Keep what was refused and whose file is gone; where it is from now on. None where it has no content."""
        source = self._contents / entry.sha256
        if not entry.sha256 or not source.exists():
            return None
        folder = self._folder / "refused"
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"{entry.number}-{Path(entry.stamp.path).name}"
        shutil.copyfile(source, target)
        return target

    def known(self, stamps: Sequence[FileStamp]) -> dict[str, State]:
        """Paths of those stamps that were taken in."""
        return self._journal.known(stamps)

    def forget(self, stamps: Sequence[FileStamp]) -> None:
        """These files are gone."""
        self._journal.forget(stamps)

    def forget_missing(self) -> None:
        """Forget answered files that are no longer there, or the journal would grow for ever."""
        after = b""
        while portion := self._journal.known_portion(after):
            after = portion[-1][0]
            self._journal.forget_keys([key for key, path in portion if not os.path.lexists(path)])

    def _write(self, sha256: str, data: bytes) -> None:
        target = self._contents / sha256
        if target.exists() and target.stat().st_size == len(data):
            return
        part = target.with_suffix(_PART)
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.rename(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _sweep(self) -> None:
        needed = self._journal.contents()
        for path in self._contents.iterdir():
            if path.name not in needed:
                path.unlink(missing_ok=True)


def _hold(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FeedSetupError(
            f"The spool {folder} cannot be used: {error.strerror}. Name another with --spool."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise FeedSetupError(
            f"Another feeder uses the spool {folder}. End it, or name another spool with --spool."
        ) from error
    return descriptor


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
