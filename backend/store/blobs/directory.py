"""Blobs as files: `ab/cd…`, one directory per first byte. For the embedded store or a shared disk."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from backend.domain.errors import BlobError, StorageFullError, StoreUnavailableError
from backend.store.blobs.protocol import digest

_WRITERS = 8
"""Threads that wait for the disk: file systems gather simultaneous fsyncs into one."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNFINISHED = ".part"
_LEAVING = ".leaving"


class DirectoryBlobs:
    """Blobs in a directory. A file is written under another name, synced, renamed, its directory synced."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._numbers = itertools.count()
        self._pool = ThreadPoolExecutor(_WRITERS, "blobs")
        for shard in range(256):
            (root / f"{shard:02x}").mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Keep `data`; returns its name."""
        name = digest(data)
        self.put_many({name: data})
        return name

    def put_many(self, blobs: Mapping[str, bytes]) -> None:
        """Write all, then wait for the disk once per file and once per directory."""
        fresh: list[tuple[Path, Path]] = []
        try:
            for name, data in blobs.items():
                if not self._touch(name):
                    fresh.append(self._write(name, data))
            list(self._pool.map(_settle, fresh))
            list(self._pool.map(_sync_directory, {final.parent for _, final in fresh}))
        except OSError as error:
            _discard(unfinished for unfinished, _ in fresh)
            full = error.errno in _NO_ROOM
            raise (StorageFullError if full else StoreUnavailableError)(
                f"An image could not be kept in {self._root} ({error.strerror}). Its file stays where it is and "
                f"is tried again: {'make room on the disk' if full else 'mend the rights of that folder'}."
            ) from error

    def get(self, sha256: str) -> bytes:
        """Read and check a blob."""
        try:
            data = self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise BlobError(f"{self._path(sha256)} is missing. Restore the directory from its backup.") from error
        except OSError as error:
            raise StoreUnavailableError(
                f"{self._path(sha256)} cannot be read ({error.strerror}). Check the disk and its rights."
            ) from error
        if digest(data) != sha256:
            raise BlobError(f"{self._path(sha256)} is damaged. Restore it from a backup and check the disk.")
        return data

    def contains(self, sha256: str) -> bool:
        """Whether the file is there."""
        return self._path(sha256).exists()

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """From the file system."""
        found: dict[str, int] = {}
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                found[name] = self._path(name).stat().st_size
        return found

    def usage(self) -> tuple[int, int]:
        """From the file system, one directory after the other; unfinished files count as well."""
        count = size = 0
        for shard in self._root.iterdir():
            with os.scandir(shard) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        size += entry.stat().st_size
                        count += 1
        return count, size

    def untouched_since(self, moment: datetime) -> Iterator[list[str]]:
        """One portion per directory; unfinished files of crashed writers are removed on the way."""
        for shard in sorted(self._root.iterdir()):
            with os.scandir(shard) as entries:
                yield [name for entry in entries if (name := _aged(entry, moment))]

    def remove(self, sha256: str, untouched_since: datetime) -> bool:
        """Move aside, look again, then remove: whoever puts the same bytes meanwhile either renews the file
        before it moves, and it comes back, or finds none and writes it anew."""
        path = self._path(sha256)
        aside = path.with_name(path.name + _LEAVING)
        with contextlib.suppress(FileNotFoundError):
            path.rename(aside)
            if aside.stat().st_mtime >= untouched_since.timestamp():
                aside.rename(path)
                return False
            aside.unlink()
        return True

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=True)

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:]

    def _touch(self, name: str) -> bool:
        """Renew a blob that is there already; False where there is none."""
        try:
            os.utime(self._path(name))
        except FileNotFoundError:
            return False
        return True

    def _write(self, name: str, data: bytes) -> tuple[Path, Path]:
        final = self._path(name)
        marks = f".{os.getpid()}.{threading.get_ident()}.{next(self._numbers)}{_UNFINISHED}"
        unfinished = final.with_name(final.name + marks)
        try:
            unfinished.write_bytes(data)
        except OSError:
            _discard([unfinished])
            raise
        return unfinished, final


def _discard(unfinished: Iterable[Path]) -> None:
    """Remove what was not finished: the room it takes is needed by what is tried next."""
    for path in unfinished:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _settle(names: tuple[Path, Path]) -> None:
    unfinished, final = names
    _sync(unfinished, os.O_RDONLY)
    unfinished.replace(final)


def _sync_directory(path: Path) -> None:
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _aged(entry: os.DirEntry[str], moment: datetime) -> str:
    """The blob's name if it was last put before `moment`, else ""."""
    with contextlib.suppress(FileNotFoundError):
        if entry.stat().st_mtime < moment.timestamp():
            if not entry.name.endswith((_UNFINISHED, _LEAVING)):
                return Path(entry.path).parent.name + entry.name
            Path(entry.path).unlink()
    return ""
