"""Keeps folders of things that can be had again from growing for ever."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def keep_newest(directory: Path, total_bytes: int) -> None:
    """Remove the files and folders in `directory` that were touched longest ago until `total_bytes` suffice.

    The newest entry always stays. What another process removes at the same time is passed over.
    """
    left = total_bytes
    for rank, (_, entry) in enumerate(sorted(_entries(directory), reverse=True)):
        left -= _size(entry)
        if left < 0 and rank > 0:
            _remove(entry)


def _entries(directory: Path) -> list[tuple[float, Path]]:
    found = []
    for entry in directory.iterdir() if directory.is_dir() else ():
        try:
            found.append((entry.lstat().st_mtime, entry))
        except FileNotFoundError:
            continue
    return found


def _size(entry: Path) -> int:
    if not entry.is_dir() or entry.is_symlink():
        return _file_size(entry)
    return sum(_file_size(Path(folder) / name) for folder, _, names in os.walk(entry) for name in names)


def _file_size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
