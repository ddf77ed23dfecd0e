"""What a person chose for this window: a small JSON file in the user's configuration directory."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import platformdirs

from backend.config import APP
from ui.live.filters import Grouping

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LivePreferences:
    """The Live screen as it was left. `opacity` 0 to 1; `zoom` a step of the grid; `sizes` widths of its panes."""

    hidden: tuple[str, ...] = ()
    heat_maps: bool = False
    opacity: float = 0.6
    grouping: Grouping = Grouping.DETECTOR
    zoom: int = 1
    sizes: tuple[int, ...] = ()


def default_path() -> Path:
    """Where preferences are kept unless told otherwise."""
    return Path(platformdirs.user_config_dir(APP)) / "window.json"


class PreferencesFile:
    """Reads at once, writes on a thread of its own; `close` waits for the last write.

    A file that cannot be read costs the preferences, never the start; one that cannot be written is logged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="preferences")

    def load(self) -> LivePreferences:
        """What was saved last, or the defaults; values of another type are passed over."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return LivePreferences()
        except (OSError, ValueError) as error:
            _log.warning("%s cannot be read (%s): the window opens as if for the first time.", self._path, error)
            return LivePreferences()
        return _from_json(found)

    def save(self, preferences: LivePreferences) -> None:
        """Write, soon."""
        self._writer.submit(self._write, preferences)

    def close(self) -> None:
        """Finish writing."""
        self._writer.shutdown(wait=True)

    def _write(self, preferences: LivePreferences) -> None:
        part = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(asdict(preferences), indent=1), encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            _log.warning("%s cannot be written (%s): hidden plots are forgotten at exit.", self._path, error)


def _from_json(found: Any) -> LivePreferences:  # noqa: ANN401 - a file may hold anything
    if not isinstance(found, dict):
        return LivePreferences()
    values = {}
    for field in fields(LivePreferences):
        try:
            values[field.name] = _READERS[field.name](found[field.name])
        except (KeyError, TypeError, ValueError):
            continue
    return LivePreferences(**values)


_READERS: dict[str, Callable[[Any], Any]] = {
    "hidden": lambda value: tuple(str(name) for name in list(value)),
    "heat_maps": lambda value: value is True,
    "opacity": lambda value: min(max(float(value), 0.05), 1.0),
    "grouping": Grouping,
    "zoom": int,
    "sizes": lambda value: tuple(int(size) for size in list(value)),
}
