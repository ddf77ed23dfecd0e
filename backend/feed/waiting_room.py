"""What a feed remembers of files between finding and offering them. No input or output; one thread."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from backend.domain.intake import FileStamp
from backend.feed.scanning import key_of

Known = Callable[[list[FileStamp]], Awaitable[set[str]]]

KNOWN_CHUNK = 500
"""Stamps asked for at once."""


class Seen:
    """Keys of the stamps that need no second look. About 70 bytes for each file that lies in the directory.

    Asking with `in` is safe from any thread. `begin` and `keep` bracket a walk through the whole directory, after
    which what is no longer there is forgotten.
    """

    def __init__(self) -> None:
        self._keys: set[int] = set()
        self._added: set[int] = set()
        self._dropped: set[int] = set()

    def __contains__(self, key: int) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, stamp: FileStamp) -> bool:
        """Remember; False where it was remembered already."""
        key = key_of(stamp.path, stamp.mtime_ns, stamp.size)
        if key in self._keys:
            return False
        self._keys.add(key)
        self._added.add(key)
        self._dropped.discard(key)
        return True

    def drop(self, stamp: FileStamp) -> None:
        """Forget: the next look at this file counts as the first."""
        key = key_of(stamp.path, stamp.mtime_ns, stamp.size)
        self._keys.discard(key)
        self._added.discard(key)
        self._dropped.add(key)

    def begin(self) -> None:
        """A walk begins."""
        self._added, self._dropped = set(), set()

    def keep(self, present: set[int]) -> None:
        """The walk is over and found `present`: keep these and what was added meanwhile."""
        self._keys = (present | self._added) - self._dropped
        self.begin()


class Lane:
    """Stamps in the order in which they are to be offered, of which the store has not been asked yet."""

    def __init__(self) -> None:
        self._listed: deque[FileStamp] = deque()
        self._ready: deque[FileStamp] = deque()

    def __len__(self) -> int:
        return len(self._listed) + len(self._ready)

    @property
    def ready(self) -> int:
        """How many can be taken now."""
        return len(self._ready)

    def add(self, stamps: Iterable[FileStamp]) -> None:
        """Append."""
        self._listed.extend(stamps)

    async def sift(self, known: Known) -> None:
        """Ask `known` of the next chunk and drop what it knows. Cancelled or failed, nothing is lost."""
        chunk = list(itertools.islice(self._listed, KNOWN_CHUNK))
        if not chunk:
            return
        old = await known(chunk)
        for stamp in chunk:
            self._listed.popleft()
            if stamp.path not in old:
                self._ready.append(stamp)

    def take(self, most: int) -> list[FileStamp]:
        """Remove up to `most` that are ready."""
        return [self._ready.popleft() for _ in range(min(most, len(self._ready)))]


@dataclass(frozen=True, slots=True)
class Wait:
    """A path that is looked at again at `due`. `stamp` was found at `since`; times in s of the monotonic clock."""

    due: float
    since: float
    stamp: FileStamp | None = None


class WaitingRoom:
    """Files that may not be complete yet, and when to look at them again."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._waits: dict[str, Wait] = {}

    def __len__(self) -> int:
        return len(self._waits)

    def put(self, path: str, now: float, after_s: float) -> None:
        """Look at `path` again in `after_s` seconds, whatever is known of it."""
        self._waits[path] = Wait(now + after_s, now)

    def drop(self, path: str) -> None:
        """No need to look again."""
        self._waits.pop(path, None)

    def has_settled(self, stamp: FileStamp, now: float) -> bool:
        """Whether the file has been the same for long enough by our own clock; otherwise it waits on."""
        wait = self._waits.get(stamp.path)
        since = wait.since if wait is not None and wait.stamp == stamp else now
        if now - since >= self._settle_s:
            return True
        self._waits[stamp.path] = Wait(since + self._settle_s, since, stamp)
        return False

    def due(self, now: float) -> list[str]:
        """Paths to look at now."""
        return [path for path, wait in self._waits.items() if wait.due <= now]

    def next_due(self) -> float | None:
        """When the next becomes due."""
        return min((wait.due for wait in self._waits.values()), default=None)
