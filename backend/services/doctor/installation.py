"""Checks of the installation: packages, window, training, disk."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from backend.config import Settings
from backend.services.doctor.findings import Finding, failed, ok, warning

_CORE = ("numpy", "Pillow", "openvino", "SQLAlchemy", "PyMySQL", "watchfiles")
_ABORTING_PYSIDE = "6.12.0"
_OPEN_WINDOW = "from PySide6.QtGui import QGuiApplication as A; print(A([]).platformName())"
_SUBPROCESS_S = 20
_SCARCE_BYTES = 2 * 2**30
_NONE_BYTES = 200 * 2**20


def check_packages(settings: Settings) -> Iterator[Finding]:
    """Python and the packages the engine needs."""
    del settings
    missing = [name for name in _CORE if _version(name) is None]
    if missing:
        remedy = "Install the program again, or: pip install " + " ".join(missing)
        yield failed("installation", f"missing: {', '.join(missing)}", remedy)
        return
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield ok("installation", f"Python {python}, OpenVINO {_version('openvino')}, numpy {_version('numpy')}")


def check_window(settings: Settings) -> Iterator[Finding]:
    """Whether Qt is there and can open a window on this display."""
    del settings
    qt = _version("PySide6-Essentials")
    if qt is None:
        yield warning("window", "Qt is not installed; everything but the window works", "pip install 'hydra-gui[gui]'")
        return
    if qt == _ABORTING_PYSIDE:
        yield failed("window", f"PySide6 {qt} aborts while painting lists", "pip install 'PySide6-Essentials<6.12'")
        return
    if _has_display() and ctypes.util.find_library("xcb-cursor") is None:
        yield warning("window", "the library xcb-cursor is missing", "sudo apt-get install libxcb-cursor0")
    yield _open_window(qt)


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_window(qt: str) -> Finding:
    environment = dict(os.environ)
    if not _has_display():
        environment["QT_QPA_PLATFORM"] = "offscreen"
    try:
        # A process of its own: Qt aborts where it finds no display, and that must not end the doctor.
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", _OPEN_WINDOW], env=environment, capture_output=True, text=True, timeout=_SUBPROCESS_S
        )
    except subprocess.TimeoutExpired:
        return failed("window", f"Qt {qt} did not start within {_SUBPROCESS_S} s", "Check the display (DISPLAY).")
    if done.returncode != 0:
        words = (done.stderr.strip().splitlines() or ["no message"])[0]
        return failed("window", f"Qt {qt} cannot start: {words}", "Run `make setup`, or install what it names.")
    if not _has_display():
        remedy = "Start it from a desktop session, or set DISPLAY; `hydra-gui serve` needs none."
        return warning("window", f"Qt {qt} works, but there is no display here", remedy)
    return ok("window", f"Qt {qt} on {done.stdout.strip()}")


def check_training(settings: Settings) -> Iterator[Finding]:
    """Whether models can be trained here; judging does not need it."""
    del settings
    tensorflow = _version("tensorflow-cpu") or _version("tensorflow")
    if tensorflow is None or _version("keras") is None:
        detail = "TensorFlow is not installed; models can be used here but not trained"
        yield warning("training", detail, "pip install 'hydra-gui[train]'")
        return
    yield ok("training", f"TensorFlow {tensorflow}, Keras {_version('keras')}, in a process of its own")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Room for images, the embedded database and compiled models."""
    for name, folder in (("data", settings.store.data_dir), ("cache", settings.inference.cache_dir)):
        yield _disk(f"disk ({name})", folder)


def _disk(subject: str, folder: Path) -> Finding:
    existing = next(part for part in (folder, *folder.parents) if part.exists())
    if not os.access(existing, os.W_OK):
        remedy = f"Give this account the right to write there, or choose another folder ({existing})."
        return failed(subject, f"{folder} cannot be written", remedy)
    free = shutil.disk_usage(existing).free
    detail = f"{free / 2**30:.1f} GiB free for {folder}"
    if free < _NONE_BYTES:
        return failed(subject, detail, "Make room now: soon no plot can be stored.")
    if free < _SCARCE_BYTES:
        return warning(subject, detail, "Make room, or choose another folder with --data-dir.")
    return ok(subject, detail)


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
