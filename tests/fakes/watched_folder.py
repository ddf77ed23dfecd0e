"""A sender, an input directory and a consumer, for tests of the feed with real files."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

from backend.feed.directory import DirectorySettings, InputDirectory
from tests.fakes.image_files import encoded

PNG = encoded()


async def until(condition, deadline_s=10.0):
    """Wait until `condition()` holds."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.002)


class WatchedFolder:
    """Files are staged beside the input directory and renamed into it. `known` is the memory of a store."""

    def __init__(self, base, **settings):
        self.root, self.staging = base / "in", base / "staging"
        self.staging.mkdir(exist_ok=True)
        if settings.pop("exists", True):
            self.root.mkdir(exist_ok=True)
        self.known, self.asked, self.batches = set(), [], []
        self.directory = InputDirectory(DirectorySettings(self.root, **settings), self._known)

    async def _known(self, stamps):
        self.asked.append(list(stamps))
        return {stamp.path for stamp in stamps} & self.known

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.directory.aclose()
        await until(lambda: not feed_threads())

    async def batch(self, deadline_s=10.0):
        """The next batch, as relative names."""
        stamps = await asyncio.wait_for(anext(self.directory), deadline_s)
        self.batches.append(stamps)
        return [stamp.path.removeprefix(f"{self.root}/") for stamp in stamps]

    async def names(self, count, deadline_s=10.0):
        """The next files, `count` at least."""
        end, names = time.monotonic() + deadline_s, []
        while len(names) < count:
            names += await self.batch(end - time.monotonic())
        return names

    async def nothing_more(self, for_s=0.3):
        """Whether no batch comes for a while."""
        try:
            await self.batch(for_s)
        except TimeoutError:
            return True
        return False

    def rename_in(self, *names, data=PNG, root=None):
        """All files are there, then each is renamed into place."""
        staged = []
        for number, name in enumerate(names):
            path = self.staging / f"{number}"
            path.write_bytes(data)
            staged.append((path, (root or self.root) / name))
        for path, target in staged:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)

    def put(self, name, data=PNG, age_s=100.0):
        """A file that has been there for a while."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        moment = time.time() - age_s
        os.utime(path, (moment, moment))
        return path

    def fill(self, count, folders=10, first=0):
        """A backlog of empty files, the oldest first by name: `Run000001/P_0000.png`, …"""
        for folder in range(folders):
            (self.root / f"Run{folder:06d}").mkdir(parents=True, exist_ok=True)
        base = time.time_ns() - 10**12
        for number in range(first, count):
            path = f"{self.root}/Run{number % folders:06d}/P_{number:05d}.png"
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            os.utime(path, ns=(base + number * 1000, base + number * 1000))


def feed_threads():
    """Threads of a feed that are still running."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("feed")]


def as_path(name):
    """A path that is not UTF-8, or any other bytes."""
    return Path(os.fsdecode(name))
