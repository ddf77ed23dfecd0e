"""The whole program, window and engine, over 20,000 plots: its memory stays flat."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

import psutil
import pytest

from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.plots import write_plot

PLOTS = int(os.environ.get("HYDRA_SOAK_PLOTS", "20000"))
PLOT_TYPES = tuple(f"Soak_type_{letter}" for letter in "ABCDEFGHIJKLMNOPQRST")
AHEAD = 200
GROWTH = 0.05
DEADLINE_S = 7000

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]


def start_window(place: Path) -> subprocess.Popen[bytes]:
    env = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(place / "config"),
        "HYDRA_INPUT__DIRECTORY": str(place / "inbox"),
        "HYDRA_INPUT__AFTER": "delete",
        "HYDRA_INFERENCE__CACHE_DIR": str(place / "cache"),
    }
    command = [sys.executable, "-m", "hydra_gui", "--data-dir", str(place / "data")]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_until_judged(store: Store, count: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + DEADLINE_S
    while store.counts().judged < count:
        assert process.poll() is None, "the program ended"
        assert time.monotonic() < end, f"only {store.counts()} in time"
        time.sleep(0.05)


def feed(place: Path, store: Store, process: subprocess.Popen[bytes]) -> list[int]:
    """Write the plots, never far ahead of what is judged; resident bytes after every hundredth part."""
    resident, step = [], PLOTS // 100
    program = psutil.Process(process.pid)
    for number in range(PLOTS):
        name = PLOT_TYPES[number % len(PLOT_TYPES)]
        write_plot(place / "inbox", name, 121_000 + number // 2_000, number // len(PLOT_TYPES), number)
        if number % AHEAD == AHEAD - 1:
            wait_until_judged(store, number - AHEAD, process)
        if number % step == step - 1:
            resident.append(program.memory_info().rss)
    wait_until_judged(store, PLOTS, process)
    return resident


def test_that_memory_stays_flat_over_twenty_thousand_plots(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data") as store:
        for plot_type in PLOT_TYPES:
            activate_bundle(store, tmp_path / "bundles", plot_type)
        (tmp_path / "inbox").mkdir()
        process = start_window(tmp_path)
        try:
            resident = feed(tmp_path, store, process)
        finally:
            process.terminate()
            process.wait(30)
        assert store.counts().plots == PLOTS
    middle, end = mean(resident[48:53]), mean(resident[-5:])
    megabytes = [round(value / 2**20) for value in resident[::10]]
    sys.stdout.write(f"resident MB: {megabytes}, growth {end / middle - 1:.1%}\n")
    assert end / middle - 1 < GROWTH
