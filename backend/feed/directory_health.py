"""What an input directory knows of its own eyesight, and how that reads on screen. No input or output."""

from __future__ import annotations

import time
from dataclasses import dataclass

from backend.domain.health import STARTING, Condition, PartHealth
from backend.feed.naming import printable

SILENT_S = 30.0
"""Seconds after which a walk that has not come back is shown as a directory that does not answer."""


@dataclass(slots=True)
class Sight:
    """State of watching `root`. The sweeper writes it; `health` reads it.

    `error` is why the root cannot be listed, `unreadable` a folder in it that cannot, `watch_error` why the operating
    system does not tell of changes. `remote` is the type of a file system on which it could not tell everything.
    """

    root: str
    poll_s: float
    swept: bool = False
    watching: bool = False
    more: bool = False
    error: OSError | None = None
    unreadable: str = ""
    watch_error: str = ""
    remote: str = ""
    busy_since: float | None = None

    def closed(self) -> None:
        """Nothing is seen any more."""
        self.swept, self.watching, self.error = False, False, None

    @property
    def health(self) -> PartHealth:
        """The first of what is wrong, or how new files are noticed."""
        where = printable(self.root)
        if self.busy_since is not None and time.monotonic() - self.busy_since > SILENT_S:
            return PartHealth(
                Condition.FAILED, "directory silent", f"{where} does not answer. Check the disk or the file server."
            )
        if self.error is not None:
            return _unlisted(where, self.error)
        if not self.swept:
            return STARTING
        return self._impaired(where) or PartHealth(
            Condition.OK, "watching" if self.watching and not self.remote else "polling"
        )

    def _impaired(self, where: str) -> PartHealth | None:
        if self.unreadable:
            folder = printable(self.unreadable)
            advice = f"Plots in {folder} are not seen. Give the account of this program the right to list it."
            return PartHealth(Condition.DEGRADED, "folder unreadable", advice)
        if self.watch_error:
            advice = (
                f"New plots in {where} are noticed only every {self.poll_s:g} s, because the system does not tell of "
                f"changes: {self.watch_error}. Raise fs.inotify.max_user_watches and max_user_instances."
            )
            return PartHealth(Condition.DEGRADED, "polling", advice)
        return None


def _unlisted(where: str, error: OSError) -> PartHealth:
    if isinstance(error, FileNotFoundError):
        advice = f"No plots can come: {where} does not exist. Create it or mount it; it is picked up by itself."
        return PartHealth(Condition.DEGRADED, "directory missing", advice)
    if isinstance(error, NotADirectoryError):
        advice = f"No plots can come: {where} is not a folder. Name a folder as input.directory."
        return PartHealth(Condition.FAILED, "not a folder", advice)
    advice = f"No plots can come: {where} cannot be listed ({error.strerror}). Give this account the right to read it."
    return PartHealth(Condition.FAILED, "directory unreadable", advice)
