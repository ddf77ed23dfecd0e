"""What becomes of an input file once its plot is committed, or once it was set aside. Blocking, thread-safe.

A file is first *taken*: renamed, in its folder, to a hidden name. Only then is it compared with the stamp that was
read, so a file that the sender has replaced in the meantime is noticed, and put back instead of being lost. A kill
leaves at worst a taken file, which a later walk puts back; its plot is known then and it is disposed of once more.
Nothing is ever deleted that was not committed, and a rejected file never at all.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from backend.domain.intake import AfterIntake, FileStamp
from backend.feed.naming import with_pad
from backend.feed.scanning import TAKEN_SUFFIX

LEFT_BEHIND_S = 60.0
"""Seconds after which a taken file must have been left behind by a kill."""

_COPYING = ".part"
_CHUNK = 2**20
_PLACING = threading.Lock()
"""Two files are never given the same free name."""


@dataclass(frozen=True, slots=True)
class Disposal:
    """Leaves, moves or deletes the files below `root`.

    Moved files keep their path below `moved_to`, by default a sibling of `root` named `…-done`; files that were set
    aside go to `quarantine` there, or to a sibling named `…-quarantine` where judged ones are deleted.
    """

    after: AfterIntake
    moved_to: Path | None
    root: Path

    @property
    def disposes(self) -> bool:
        """Whether files leave the input directory at all."""
        return self.after is not AfterIntake.LEAVE

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """Folders that hold disposed files and must not be read as input."""
        return (self._done_folder, self._quarantine) if self.disposes else ()

    def done(self, stamp: FileStamp) -> None:
        """The plot of this file is committed. A file that is gone, or is another by now, is left alone: call it again.

        OSError where the file cannot be moved or deleted; then it keeps its place.
        """
        if self.after is AfterIntake.MOVE:
            self._move(stamp, self._done_folder)
        elif self.after is AfterIntake.DELETE and (taken := _take(stamp)):
            taken.unlink(missing_ok=True)

    def set_aside(self, stamp: FileStamp) -> None:
        """The file was rejected and is quarantined: kept where it is, or moved out of the way. Errors as of `done`."""
        if self.disposes:
            self._move(stamp, self._quarantine)

    @property
    def _done_folder(self) -> Path:
        return (self.moved_to or self._sibling("done")).absolute()

    @property
    def _quarantine(self) -> Path:
        inside = self.after is AfterIntake.MOVE or self.moved_to is not None
        return (self._done_folder / "quarantine") if inside else self._sibling("quarantine")

    def _sibling(self, kind: str) -> Path:
        root = self.root.absolute()
        return root.with_name(f"{root.name or 'input'}-{kind}")

    def _move(self, stamp: FileStamp, into: Path) -> None:
        path, root = Path(stamp.path), self.root.absolute()
        target = into / (path.relative_to(root) if path.is_relative_to(root) else path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if taken := _take(stamp):
            try:
                _place(taken, target)
            except OSError:
                _return(taken, path)
                raise


def put_back(taken: str) -> str | None:
    """Give a file that a kill left behind its name again, and return that; None while it is still being disposed of."""
    path = Path(taken)
    try:
        if time.time() - path.lstat().st_ctime < LEFT_BEHIND_S:
            return None
        return str(_return(path, path.with_name(path.name[1:].removesuffix(TAKEN_SUFFIX))))
    except OSError:
        return None


def _take(stamp: FileStamp) -> Path | None:
    """Rename the file to its hidden name; None where there is none, or not the one that was stamped."""
    path = Path(stamp.path)
    taken = path.with_name(f".{path.name}{TAKEN_SUFFIX}")
    try:
        if not _is_same(path, stamp):
            return None
        if os.path.lexists(taken):  # left behind by a kill; another version of this file
            _return(taken, path)
        path.rename(taken)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if _is_same(taken, stamp):
        return taken
    _return(taken, path)
    return None


def _is_same(path: Path, stamp: FileStamp) -> bool:
    status = path.stat()
    return (status.st_mtime_ns, status.st_size) == (stamp.mtime_ns, stamp.size)


def _return(taken: Path, path: Path) -> Path:
    """Rename back. Where a newer file has the name by now, another pad number makes room without renaming the plot."""
    free = _free(path)
    taken.rename(free)
    return free


def _free(path: Path) -> Path:
    """The path, or the first with a pad number, that nothing has yet."""
    candidate, pad = path, 1
    while os.path.lexists(candidate):
        pad += 1
        candidate = path.with_name(with_pad(path.name, pad))
    return candidate


def _place(taken: Path, target: Path) -> None:
    """Move to the target or, where another file has its name, beside it. The same file there already is enough."""
    if _is_copy(taken, target):
        taken.unlink(missing_ok=True)
        return
    with _PLACING:
        target = _free(target)
        if not taken.is_symlink() and _renamed(taken, target):
            return
        _copy(taken, target)
    taken.unlink(missing_ok=True)


def _renamed(taken: Path, target: Path) -> bool:
    """Rename; False where the target is on another file system."""
    try:
        taken.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _is_copy(one: Path, other: Path) -> bool:
    """Whether a kill came between copying and deleting."""
    try:
        same_time = one.stat().st_mtime_ns == other.stat().st_mtime_ns
        return same_time and filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _copy(source: Path, target: Path) -> None:
    """To another file system: on disk there before it is deleted here, and never seen half-written."""
    if not source.is_file():
        raise OSError(errno.EINVAL, "only a regular file can be moved to another file system", str(source))
    unfinished = target.with_name(f".{target.name}{_COPYING}")
    try:
        with source.open("rb") as reader, unfinished.open("wb") as writer:
            shutil.copyfileobj(reader, writer, _CHUNK)
            writer.flush()
            shutil.copystat(source, unfinished)
            os.fsync(writer.fileno())
        unfinished.rename(target)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
