"""The engine is killed with SIGKILL again and again in the middle of an intake: nothing is lost, nothing doubled."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.services.batches import in_batches
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.plots import write_plots

PLOTS = 500
PLOT_TYPES = ("CDC_occupancy", "FCAL_occupancy", "TOF_bars")
DEADLINE_S = 150
SERVING, STORED, JUDGED = "the engine serves", "a plot is stored", "a verdict is recorded"


def start_engine(data: Path, inbox: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hydra_gui", "--data-dir", str(data), "serve", "--watch", str(inbox)]
    env = os.environ | {"HYDRA_INPUT__AFTER": "delete", "HYDRA_INFERENCE__CACHE_DIR": str(data / "cache")}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_until_it_serves(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if "database ok" in line:
            return
    raise AssertionError(f"the engine ended with {process.wait()} before it served")


def wait_for(condition, deadline_s: float, what: str) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s} s: {what}"
        time.sleep(0.005)


def something_happened(store: Store, moment: str) -> Callable[[], bool]:
    """Whether the engine has got as far as `moment` since now: a plot stored, or a verdict recorded."""
    before = store.counts()
    if moment == STORED:
        return lambda: store.counts().plots > before.plots or store.counts().judged > before.judged
    return lambda: store.counts().judged > before.judged


def live_and_die(store: Store, data: Path, inbox: Path, rng: random.Random) -> None:
    """Start, let it get to one of three moments, then kill it a random moment later."""
    moment = rng.choice((SERVING, STORED, JUDGED))
    happened = something_happened(store, moment)
    process = start_engine(data, inbox)
    try:
        wait_until_it_serves(process)
        if moment != SERVING:
            wait_for(happened, DEADLINE_S, moment)
        time.sleep(rng.uniform(0.0, 0.02))  # the random moment; nothing is waited for
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def move_in(plots: list[Path], staging: Path, inbox: Path) -> None:
    for plot in plots:
        target = inbox / plot.relative_to(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        plot.rename(target)


def verdicts_per_plot(data: Path) -> list[int]:
    query = "SELECT count(v.plot_id) FROM plots p LEFT JOIN verdicts v ON v.plot_id = p.id GROUP BY p.id"
    with contextlib.closing(sqlite3.connect(data / "hydra.db")) as connection:
        return [count for (count,) in connection.execute(query)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.soak)])
def test_that_kills_at_random_moments_lose_no_plot_and_double_no_verdict(tmp_path, kills):
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        survive_kills(store, data, tmp_path, kills)


def survive_kills(store: Store, data: Path, tmp_path: Path, kills: int) -> None:
    inbox = tmp_path / "inbox"
    for plot_type in PLOT_TYPES:
        activate_bundle(store, tmp_path / "bundles", plot_type)
    written = write_plots(tmp_path / "staging", PLOT_TYPES, PLOTS)
    rng = random.Random(20261121)

    in_the_middle = 0
    for number, plots in enumerate(in_batches(written, PLOTS // kills), 1):  # each life finds new work, however fast
        move_in(plots, tmp_path / "staging", inbox)
        live_and_die(store, data, inbox, rng)
        in_the_middle += store.counts().judged < number * PLOTS // kills
    assert in_the_middle >= kills // 2, "the kills came too late"

    process = start_engine(data, inbox)
    try:
        wait_until_it_serves(process)
        wait_for(lambda: store.counts().judged >= PLOTS, DEADLINE_S, "every plot judged")
        wait_for(lambda: not any(inbox.rglob("*.png")), DEADLINE_S, "every committed file deleted")
    finally:
        process.terminate()
        process.communicate(timeout=30)

    assert process.returncode == 0
    assert verdicts_per_plot(data) == [1] * len(written)
    assert store.counts().plots == PLOTS
    assert store.counts().pending == 0
    assert store.counts().quarantined == 0
