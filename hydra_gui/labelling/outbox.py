"""Labels that the store could not take yet, in a file, so that not even the end of the program loses them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.domain.labels import Gesture, LabelEvent, LabelHow, Reversal

_log = logging.getLogger(__name__)

Work = Gesture | Reversal
"""What is saved by one transaction."""


def outbox_path(folder: Path, store_url: str) -> Path:
    """The file for labels of that store: those of one database are never given to another."""
    return folder / f"labels-waiting-{hashlib.sha256(store_url.encode()).hexdigest()[:12]}.json"


class Outbox:
    """Holds the whole queue or nothing. Blocking: for a worker thread. OSError is told, never raised."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[Work]:
        """What waited when the program ended, oldest first. A file that cannot be read is put aside, not lost."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return [_from_json(item) for item in found]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.error(
                "%s cannot be read (%s): the labels in it are not saved. It is kept beside it.", self._path, error
            )
            self._put_aside()
            return []

    def _put_aside(self) -> None:
        try:
            self._path.replace(self._path.with_suffix(".unread"))
        except OSError:
            _log.exception("%s cannot be moved", self._path)

    def keep(self, works: Sequence[Work]) -> str:
        """Have the file hold exactly these; returns why it does not, "" where it does."""
        try:
            if works:
                self._write(works)
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.error("%s cannot be written: %s", self._path, error)
            return f"They would be lost if the program ended now: {self._path} cannot be written ({error.strerror})."
        return ""

    def _write(self, works: Sequence[Work]) -> None:
        part = self._path.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            json.dump([_to_json(work) for work in works], file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)


def _to_json(work: Work) -> dict[str, Any]:
    common = {"key": str(work.key), "plot_type": work.plot_type, "who": work.who, "at": work.at.isoformat()}
    if isinstance(work, Reversal):
        return common | {"reverts": str(work.reverts), "how": work.how.value}
    events = [[event.plot_id, event.label, event.how.value, event.comment] for event in work.events]
    return common | {"events": events}


def _from_json(item: dict[str, Any]) -> Work:
    key, at = uuid.UUID(str(item["key"])), datetime.fromisoformat(item["at"])
    plot_type, who = str(item["plot_type"]), str(item["who"])
    if "reverts" in item:
        return Reversal(key, plot_type, who, at, uuid.UUID(item["reverts"]), LabelHow(item["how"]))
    events = tuple(LabelEvent(int(n), label, LabelHow(how), str(comment)) for n, label, how, comment in item["events"])
    return Gesture(key, plot_type, who, at, events)
