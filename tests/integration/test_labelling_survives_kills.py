"""The window is killed again and again while labels are painted: every label that a tile showed as saved is there."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.store import Store
from tests.fakes.engines import settings_for
from tests.fakes.plots_to_label import add_plots

ROOT = Path(__file__).resolve().parents[2]
KIND = "CDC_occupancy"
PLOTS = 400
DEADLINE_S = 120


def start(place: Path, report: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.fakes.labelling_program", str(place), str(report)]
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HYDRA_USER": "ann"}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def shown(report: Path) -> list[tuple[int, str]]:
    """What tiles showed as saved, in the order in which they did."""
    if not report.exists():
        return []
    lines = report.read_text().split("\n")[:-1]  # one that was being written does not count
    return [(int(number), label) for number, label in (line.split(" ") for line in lines)]


def live_and_die(place: Path, report: Path, rng: random.Random) -> None:
    """Start, wait until some labels were shown as saved in this life, and kill a random moment later."""
    before = len(shown(report))
    process = start(place, report)
    end = time.monotonic() + DEADLINE_S
    try:
        while len(shown(report)) < before + 8:
            assert process.poll() is None, f"the program ended by itself with {process.returncode}"
            assert time.monotonic() < end, "no label was saved"
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.4))  # the random moment; nothing is waited for
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=pytest.mark.soak)])
def test_that_kills_at_random_moments_lose_no_label_that_was_shown_as_saved(tmp_path: Path, kills: int):
    settings = settings_for(tmp_path, input={"directory": None})
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        add_plots(store, KIND, PLOTS, looks=4)
        rng, report = random.Random(20261127), tmp_path / "shown"
        checked = 0
        for _ in range(kills):
            live_and_die(tmp_path, report, rng)
            checked = check(store, shown(report), checked)
        assert checked >= 8 * kills


def check(store: Store, told: list[tuple[int, str]], checked: int) -> int:
    """Every label that was shown since the last time is in the history of its plot, in the order shown."""
    fresh: dict[int, list[str]] = {}
    for plot_id, label in told[checked:]:
        fresh.setdefault(plot_id, []).append(label)
    for plot_id, labels in fresh.items():
        history = iter([entry.after for entry in store.labels.history(plot_id)])
        assert all(label in history for label in labels), f"plot {plot_id} lost one of {labels}"
    return len(told)
