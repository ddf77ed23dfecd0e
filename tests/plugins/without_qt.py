"""For the test job in which Qt is truly not installed: the engine's rooms, and nothing that needs a window.

Used by `make test-headless` as `-p tests.plugins.without_qt`.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_ABSENT = ("PySide6", "shiboken6", "pyqtgraph", "qasync", "pytestqt", "tensorflow", "keras")


def pytest_addoption(parser: pytest.Parser) -> None:
    """pytest-qt, which knows this setting of pyproject.toml, is not installed here."""
    parser.addini("qt_api", "which Qt binding; of no meaning here")


def pytest_configure(config: pytest.Config) -> None:
    present = [name for name in _ABSENT if importlib.util.find_spec(name)]
    if present:
        raise pytest.UsageError(f"this job proves nothing: {', '.join(present)} can be imported here")
    os.environ["HYDRA_TEST_WITHOUT_QT"] = "1"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Under tests/unit, only folders named after a room of the backend."""
    unit = ROOT / "tests" / "unit"
    if collection_path.is_relative_to(unit) and collection_path != unit and collection_path.is_dir():
        room = collection_path.relative_to(unit).parts[0]
        return None if (ROOT / "backend" / room).exists() or room in ("cli", "__pycache__") else True
    return None
