"""The log file: what a person sends when something went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

_BYTES = 5_000_000
_KEPT = 3
_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"


def log_file(data_dir: Path) -> Path:
    """Where the log is."""
    return data_dir / "hydra-gui.log"


def start_logging(data_dir: Path) -> Callable[[], None]:
    """Write the log from now on; returns the way to end that. A log that cannot be written is no reason to stop."""
    root = logging.getLogger()
    before = root.level
    handler = _handler(data_dir)
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)
    root.setLevel(logging.INFO)

    def stop() -> None:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()

    return stop


def _handler(data_dir: Path) -> logging.Handler:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(log_file(data_dir), maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError:
        return logging.StreamHandler()
