"""The folder a person chose in the window, kept for the next start where no configuration names one."""

from __future__ import annotations

import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)


class WatchedFolder:
    """A small file in the data directory. Failing to read or write it is no reason to stop."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "watched-folder.json"

    def recall(self) -> Path | None:
        """The folder chosen last, None where none was."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))["directory"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read (%s); choose the folder again", self._file, error)
            return None
        return Path(found) if isinstance(found, str) and found else None

    def remember(self, directory: Path) -> None:
        """Keep it for the next start."""
        part = self._file.with_suffix(".part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps({"directory": str(directory.absolute())}), encoding="utf-8")
            part.replace(self._file)
        except OSError as error:
            log.warning("%s cannot be written (%s); choose the folder again next time", self._file, error)
