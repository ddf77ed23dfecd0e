"""What may be loaded where: checked in fresh interpreters, as imports of this one prove nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

_HEAVY = ("tensorflow", "keras", "sklearn", "scipy")
_QT = ("PySide6", "shiboken6", "qasync", "pyqtgraph")


def modules_after(code: str) -> set[str]:
    """Top-level modules loaded once `code` has run in a new interpreter."""
    program = f"{code}\nimport sys, json; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_that_the_engine_loads_neither_qt_nor_tensorflow() -> None:
    loaded = modules_after("import backend.engine.engine, backend.engine.thread, backend.services.serving")
    assert not loaded & {*_QT, *_HEAVY}
    assert "openvino" in loaded or "sqlalchemy" in loaded


def test_that_services_load_neither_qt_nor_tensorflow() -> None:
    loaded = modules_after(
        "import backend.services.labels, backend.services.training, backend.services.classify, backend.services.doctor"
    )
    assert not loaded & {*_QT, *_HEAVY}


def test_that_the_command_line_loads_no_engine_before_it_needs_one() -> None:
    loaded = modules_after("import hydra_gui.cli.program, hydra_gui.cli.commands")
    assert not loaded & {*_QT, *_HEAVY, "openvino", "sqlalchemy", "pydantic"}


def test_that_choosing_the_window_loads_no_parser() -> None:
    loaded = modules_after("import hydra_gui.cli")
    assert not loaded & {*_QT, *_HEAVY, "typer", "rich", "numpy"}


@pytest.mark.parametrize("room", ["store", "feed", "inference", "simulation", "training", "pipeline", "engine"])
def test_that_every_room_can_be_imported_alone(room: str) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "backend" / room).rglob("*.py"))
        if "migrations" not in path.parts and path.name != "__main__.py" and "worker" not in path.name
    ]
    assert modules
    loaded = modules_after(f"import {modules[0]}")
    assert not loaded & {*_QT, *_HEAVY}
