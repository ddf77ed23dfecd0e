"""One file to one checked plot: read, hash, decode and identify in a single trip to a worker thread. Blocking.

Whoever reads a file early meets senders that are still writing. Such a file is not rejected but `NotCompleteError`:
only one that nobody has touched for `patience_s` is judged by what it holds.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from PIL import Image

from backend.domain.errors import HydraError, PlotRejectedError
from backend.domain.intake import FileStamp, NewPlot
from backend.domain.plots import PlotIdentity
from backend.domain.quarantine import QuarantineReason
from backend.feed.images import ImageLimits, check_size, open_picture
from backend.feed.naming import identify, printable

PATIENCE_S = 10.0
"""Seconds an unfinished or unreadable file is waited for, counted from its last change."""

_GONE = (errno.ENOENT, errno.ENOTDIR)
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EINTR, errno.ESTALE)
_PERHAPS_UNFINISHED = (QuarantineReason.EMPTY, QuarantineReason.TRUNCATED)
_SMALLEST_IMAGE = 26
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotCompleteError(HydraError):
    """The file may still be written, or cannot be read just now. Offer it again soon; it is no fault of the plot."""


class FileVanishedError(NotCompleteError):
    """The file was gone before it could be read. Offered again it is found missing and forgotten, without a trace."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadPlot:
    """A checked plot with its picture, decoded, of mode RGB."""

    plot: NewPlot
    picture: Image.Image


@dataclass(frozen=True, slots=True)
class FileContent:
    """The bytes of a file, and its stamp as it was read."""

    data: bytes
    stamp: FileStamp


def stamp_of(path: str, status: os.stat_result) -> FileStamp:
    """The stamp of a file with this status."""
    return FileStamp(path, status.st_mtime_ns, status.st_size)


def read_plot(
    source: FileStamp | str | os.PathLike[str], root: Path, limits: ImageLimits, patience_s: float = PATIENCE_S
) -> ReadPlot:
    """Read and check a file below `root`. It is stamped as it was read, which may be later than `source` says.

    Its time is the last change of the file, or now where that lies in the future. Raises PlotRejectedError where it
    cannot become a plot, NotCompleteError where it must be tried again, FileVanishedError where there is none.
    """
    location = Path(source.path if isinstance(source, FileStamp) else os.fsdecode(source)).absolute()
    content = read_file(str(location), limits, patience_s)
    try:
        picture = open_picture(content.data, location.suffix, limits)
    except PlotRejectedError as error:
        raise unless_unfinished(error, content.stamp, patience_s) from error
    return ReadPlot(_new_plot(content, root, picture.size), picture)


def _new_plot(content: FileContent, root: Path, size: tuple[int, int]) -> NewPlot:
    now = datetime.now(UTC)
    width, height = size
    return NewPlot(
        identity=identify_below(content.stamp.path, root),
        data=content.data,
        sha256=hashlib.sha256(content.data).hexdigest(),
        width=width,
        height=height,
        taken_at=min(_utc(content.stamp.mtime_ns), now),
        received_at=now,
        source=content.stamp,
    )


def identify_below(path: str, root: Path) -> PlotIdentity:
    """Which plot the file at this absolute path claims to be, watched from `root`. Raises PlotRejectedError."""
    base = root.absolute()
    location = PurePath(path)
    if location.is_relative_to(base):
        return identify(location.relative_to(base), above=base)
    return identify(PurePath(location.name), above=location.parent)


def _utc(mtime_ns: int) -> datetime:
    """The time of a stamp; file systems hold times that the calendar does not, which count as 1970."""
    try:
        return _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        return _EPOCH


def read_file(path: str, limits: ImageLimits, patience_s: float = PATIENCE_S) -> FileContent:
    """The whole file at this absolute path, unless it changes meanwhile. Raises as `read_plot`, but never decodes."""
    try:
        # A named pipe would keep an ordinary open waiting for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, patience_s) from error
    try:
        return _read_open(path, descriptor, limits, patience_s)
    except OSError as error:
        raise _unreadable(path, error, patience_s) from error
    finally:
        os.close(descriptor)


def _read_open(path: str, descriptor: int, limits: ImageLimits, patience_s: float) -> FileContent:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise PlotRejectedError(QuarantineReason.UNREADABLE, f"{printable(path)} is not a regular file.")
    stamp = stamp_of(path, before)
    try:
        check_size(before.st_size, limits)
    except PlotRejectedError as error:
        raise unless_unfinished(error, stamp, patience_s) from error
    data = _read_all(descriptor, before.st_size)
    if stamp_of(path, os.fstat(descriptor)) != stamp or len(data) != before.st_size:
        raise NotCompleteError(f"{printable(path)} changed while it was read. It is read again.")
    return FileContent(data, stamp)


def _read_all(descriptor: int, size: int) -> bytes:
    """At most one byte more than `size`, so that a file that grows is noticed and never followed."""
    data = os.read(descriptor, size + 1)
    while len(data) <= size and (more := os.read(descriptor, size + 1 - len(data))):
        data += more
    return data


def unless_unfinished(error: PlotRejectedError, stamp: FileStamp, patience_s: float) -> HydraError:
    """The rejection of what was read so far, or NotCompleteError where more bytes may still come."""
    unfinished = error.reason in _PERHAPS_UNFINISHED or (
        error.reason is QuarantineReason.NOT_AN_IMAGE and stamp.size < _SMALLEST_IMAGE
    )
    if unfinished and _quiet_s(stamp.mtime_ns) < patience_s:
        return NotCompleteError(f"{printable(stamp.path)} is not finished yet: {error}")
    return error


def _unreadable(path: str, error: OSError | ValueError, patience_s: float) -> HydraError:
    number = error.errno if isinstance(error, OSError) else None
    why = os.strerror(number) if number else str(error)
    if number in _GONE:
        return FileVanishedError(f"{printable(path)} is gone before it was read.")
    if number in _OURS or _is_recent(path, patience_s):
        return NotCompleteError(f"{printable(path)} cannot be read now ({why}). It is tried again.")
    message = f"The file cannot be read: {why}. Once it can, touch it to have it read again."
    return PlotRejectedError(QuarantineReason.UNREADABLE, message)


def _is_recent(path: str, patience_s: float) -> bool:
    """Whether a sender may still be about to set the permissions of a new file."""
    try:
        return _quiet_s(Path(path).stat().st_mtime_ns) < patience_s
    except (OSError, ValueError):
        return False


def _quiet_s(mtime_ns: int) -> float:
    """Seconds since the last change. A clock that is ahead counts as well, so that a far future does not wait."""
    return abs(time.time_ns() - mtime_ns) / 1e9
