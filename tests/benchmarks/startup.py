"""From the start of the process to a window that has been painted, against importing TensorFlow."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.benchmarks.result import Goal, Result

ROOT = Path(__file__).resolve().parents[2]
TIMES = 5
_DEADLINE_S = 60


def run() -> Result:
    """Medians of five starts each, taken in turn, after one of each that fills the disk cache."""
    windows, imports = [], []
    for turn in range(TIMES + 1):
        shown, imported = window_shown_ms(), tensorflow_ms()
        if turn:
            windows.append(shown)
            imports.append(imported)
    return Result(
        "startup",
        ours=median(windows),
        baseline=median(imports),
        baseline_is="python -c 'import tensorflow'",
        unit="ms",
        goal=Goal(at_most=1000, ratio=4),
        details={"windows_ms": _rounded(windows), "imports_ms": _rounded(imports)},
    )


def window_shown_ms() -> float:
    """One start of the bare program with an empty home, ended as soon as it has said when its window was painted."""
    with tempfile.TemporaryDirectory(prefix="hydra-startup-") as home:
        report = Path(home) / "startup.json"
        kept = {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "XDG_CACHE_HOME": home}
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, **kept, "HYDRA_STARTUP_REPORT": str(report)}
        process = subprocess.Popen([sys.executable, "-m", "hydra_gui"], cwd=ROOT, env=environment)
        try:
            deadline = time.monotonic() + _DEADLINE_S
            while not report.exists() and time.monotonic() < deadline:
                time.sleep(0.005)
            return float(json.loads(report.read_text())["window_shown_ms"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_DEADLINE_S)


def tensorflow_ms() -> float:
    """One import of TensorFlow in a new interpreter."""
    started = time.perf_counter()
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", "import tensorflow"], env=quiet, check=True, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1e3


def _rounded(values: list[float]) -> list[int]:
    return [round(value) for value in values]
