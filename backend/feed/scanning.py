"""Looking at the input directory: which files are there, and whether they are complete. Blocking.

Hidden and temporary names are passed over, folders too. A link to a file is taken like a file, one to a folder is not
entered: it may lead out of the directory or back into it, and what it shows would be judged twice.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from backend.domain.intake import FileStamp
from backend.feed.formats import HEAD, TAIL, is_complete

TAKEN_SUFFIX = ".outgoing"
"""Ends the hidden name under which a file lies while it is moved or deleted."""

_TEMPORARY = (".tmp", ".part", ".partial", ".filepart", ".swp", "~")


def is_temporary(name: str) -> bool:
    """Whether a sender shows by the name that it has not finished."""
    return name.startswith(".") or name.lower().endswith(_TEMPORARY)


def key_of(path: str, mtime_ns: int, size: int) -> int:
    """64 bits that stand for a stamp: a hundred thousand of them are remembered in a few megabytes."""
    return hash((path, mtime_ns, size))


@dataclass(slots=True)
class Sweep:
    """What one walk through a folder found.

    `complete` and `unfinished` hold the stamps that were not known before, `complete` oldest first and with `more` cut
    short. `present` are the keys of those that were. `error` is why the folder itself could not be listed,
    `unreadable` a folder below it that could not, and `taken` are files left behind by a disposal.
    """

    complete: list[FileStamp] = field(default_factory=list)
    unfinished: list[FileStamp] = field(default_factory=list)
    present: set[int] = field(default_factory=set)
    more: bool = False
    error: OSError | None = None
    unreadable: str = ""
    taken: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Scanner:
    """Looks at files below `root`, except for the folders `exclude`. Thread-safe.

    A file counts as complete when nobody has changed it for `settle_s` seconds, or when its content ends as an image
    of its format must: so one that was renamed into place is taken at once.
    """

    root: str
    exclude: frozenset[str] = frozenset()
    settle_s: float = 1.0

    def sweep(self, top: str, seen: Callable[[int], bool], most: int, stopped: Callable[[], bool]) -> Sweep:
        """Walk through `top`. At most `most` new files are returned, the oldest."""
        began = time.monotonic()
        result = Sweep()
        for path, mtime_ns, size in self._walk(top, result, stopped):
            key = key_of(path, mtime_ns, size)
            if seen(key):
                result.present.add(key)
                continue
            self._sort_in(FileStamp(path, mtime_ns, size), result)
            if len(result.complete) >= 2 * most:
                _cut(result, most)
            if stopped():
                break
        _cut(result, most)
        result.seconds = time.monotonic() - began
        return result

    def look(self, path: str) -> Look:
        """Look at one path again."""
        if not self._belongs(path):
            return Look(Kind.NOTHING)
        try:
            status = os.lstat(path)
            if stat.S_ISDIR(status.st_mode):
                return Look(Kind.FOLDER)
            if stat.S_ISLNK(status.st_mode):
                status = os.stat(path)  # noqa: PTH116 - ten times as fast, and paths may hold surrogates
        except (OSError, ValueError):
            return Look(Kind.NOTHING)
        if stat.S_ISDIR(status.st_mode):
            return Look(Kind.NOTHING)
        stamp = FileStamp(path, status.st_mtime_ns, status.st_size)
        return Look(Kind.COMPLETE if self._complete(stamp) else Kind.UNFINISHED, stamp)

    def _walk(self, top: str, result: Sweep, stopped: Callable[[], bool]) -> Iterator[tuple[str, int, int]]:
        folders = [top]
        while folders and not stopped():
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    yield from self._entries(entries, folders, result)
            except OSError as error:
                if folder == top:
                    result.error = error
                elif not isinstance(error, FileNotFoundError):
                    result.unreadable = folder

    def _entries(
        self, entries: Iterator[os.DirEntry[str]], folders: list[str], result: Sweep
    ) -> Iterator[tuple[str, int, int]]:
        for entry in entries:
            if is_temporary(entry.name):
                if entry.name.endswith(TAKEN_SUFFIX):
                    result.taken.append(entry.path)
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.path not in self.exclude:
                        folders.append(entry.path)
                    continue
                status = entry.stat()
            except OSError:  # gone since it was listed, or a link to nowhere
                continue
            if not stat.S_ISDIR(status.st_mode):
                yield entry.path, status.st_mtime_ns, status.st_size

    def _sort_in(self, stamp: FileStamp, result: Sweep) -> None:
        (result.complete if self._complete(stamp) else result.unfinished).append(stamp)

    def _complete(self, stamp: FileStamp) -> bool:
        age_s = (time.time_ns() - stamp.mtime_ns) / 1e9
        return age_s >= self.settle_s or _ends_as_image(stamp)

    def _belongs(self, path: str) -> bool:
        """Whether a walk from the root would come upon this path."""
        if not path.startswith(self.root + os.sep):
            return False
        folder = self.root
        *folders, name = path.removeprefix(self.root + os.sep).split("/")
        if is_temporary(name):
            return False
        for part in folders:
            folder = os.path.join(folder, part)  # noqa: PTH118 - paths may hold surrogates; speed
            if is_temporary(part) or folder in self.exclude or os.path.islink(folder):  # noqa: PTH114
                return False
        return True


class Kind(Enum):
    """What a path turned out to be; NOTHING is gone, or does not belong to the feed."""

    NOTHING = "nothing"
    FOLDER = "folder"
    UNFINISHED = "unfinished"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Look:
    """The outcome of looking at one path; `stamp` is there for files."""

    kind: Kind
    stamp: FileStamp | None = None


def age_order(stamp: FileStamp) -> tuple[int, str]:
    """Sorts the oldest first, and those of one time by name."""
    return stamp.mtime_ns, stamp.path


def _cut(result: Sweep, most: int) -> None:
    result.complete.sort(key=age_order)
    if len(result.complete) > most:
        del result.complete[most:]
        result.more = True


def _ends_as_image(stamp: FileStamp) -> bool:
    try:
        descriptor = os.open(stamp.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return False
    try:
        tail = os.pread(descriptor, TAIL, max(0, stamp.size - TAIL))
        return is_complete(os.pread(descriptor, HEAD, 0), tail, stamp.size)
    except OSError:
        return False
    finally:
        os.close(descriptor)
