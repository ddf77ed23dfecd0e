"""The reference engine on real worker processes with small networks: what becomes of plots, memory and processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from backend.domain.errors import BundleError, PlotKillsWorkerError, WorkerUnavailableError
from backend.inference.reference.model import ReferenceModel
from backend.inference.reference.supervisor import ReferenceEngine
from backend.inference.reference.worker import WorkerSettings
from backend.inference.runtime import Runtime
from backend.inference.trial import try_out
from tests.fakes.reference import CRASH, GROW, HANG, NO_NUMBER, coloured, open_plain, plain_engine, reference_bundle

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60.0
GOOD, BAD = coloured((1, 2, 3), 220), coloured((1, 2, 3), 30)


@contextmanager
def running(place: Path, **limits: float) -> Iterator[ReferenceEngine]:
    engine = plain_engine(place, **limits)
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reference")


@pytest.fixture(scope="module")
def bundle(place: Path):
    return reference_bundle(place / "bundle")


@pytest.fixture(scope="module")
def shared(place: Path) -> Iterator[ReferenceEngine]:
    """One engine for the tests that leave their worker alive."""
    with running(place) as engine:
        yield engine


def tops(predictions: list[Any]) -> list[int]:
    return [int(np.argmax(one.probabilities)) for one in predictions]


def eventually(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about"
        time.sleep(0.02)


@pytest.mark.leaves_running("the engine of this module")
def test_that_such_a_model_judges_as_any_other(shared, bundle, tmp_path):
    model = Runtime("CPU", 1, tmp_path, reference=shared).load(bundle)
    found = model.predict(np.stack([GOOD, BAD] * 9))
    assert tops(found) == [0, 1] * 9
    assert all(one.heat_map is None and one.precision == "f32" and one.milliseconds > 0 for one in found)
    assert found[0].embedding.shape == (2,)
    assert model.runs_apart
    with pytest.raises(ValueError, match="the model wants"):
        model.predict(np.zeros((1, 8, 8, 3), np.uint8))


@pytest.mark.leaves_running("the engine of this module")
def test_that_a_network_that_gives_no_number_is_no_verdict_and_no_death(shared, bundle):
    model = ReferenceModel(bundle, shared)
    model.make_ready()
    before = shared.pid
    with pytest.raises(BundleError, match="gives no number"):
        model.predict(coloured(NO_NUMBER)[None])
    assert shared.pid == before


@pytest.mark.leaves_running("the engine of this module")
def test_that_an_exact_map_is_had_for_a_layer_and_a_label(shared, bundle):
    image = np.full((64, 64, 3), 250, np.uint8)
    image[:32, 32:] = 0
    found = shared.explain(bundle, image, 1, "mixed7")
    assert found.layer == "mixed7"
    assert np.unravel_index(found.evidence.argmax(), found.evidence.shape) == (0, 1)
    assert shared.explain(bundle, image, 0, "").layer == "last"
    with pytest.raises(BundleError, match="no layer 'nowhere'"):
        shared.explain(bundle, image, 0, "nowhere")


@pytest.mark.leaves_running("the engine of this module")
def test_that_a_worker_killed_between_two_requests_is_not_noticed(shared, bundle):
    shared.make_ready(bundle)
    starts = shared.starts
    os.kill(shared.pid, signal.SIGKILL)
    assert tops(ReferenceModel(bundle, shared).predict(np.stack([BAD, GOOD]))) == [1, 0]
    assert shared.starts == starts + 1


@pytest.mark.leaves_running("the engine of this module")
def test_that_an_answer_nobody_waited_for_is_never_taken_for_another(shared, bundle, monkeypatch):
    def interrupted(_: float) -> bool:
        raise KeyboardInterrupt

    shared.make_ready(bundle)
    monkeypatch.setattr(shared._process._connection, "poll", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shared.look(bundle, GOOD[None])
    assert shared.explain(bundle, BAD, 1, "mixed7").layer == "mixed7"
    assert tops(ReferenceModel(bundle, shared).predict(BAD[None])) == [1]


@pytest.mark.leaves_running("the engine of this module")
def test_that_a_plot_that_crashes_the_worker_twice_is_condemned_and_the_others_are_judged(shared, bundle):
    model = ReferenceModel(bundle, shared)
    with pytest.raises(PlotKillsWorkerError, match=r"ended by SIGABRT.*gets no verdict"):
        model.predict(np.stack([GOOD, coloured(CRASH), BAD]))
    starts = shared.starts
    with pytest.raises(PlotKillsWorkerError):
        model.predict(coloured(CRASH)[None])
    assert tops(model.predict(np.stack([GOOD, BAD]))) == [0, 1]
    assert shared.starts == starts, "a condemned plot was tried again"


def test_that_a_worker_that_hangs_is_ended_and_its_plot_condemned(bundle, place):
    with running(place, answer_s=2.5) as engine, pytest.raises(PlotKillsWorkerError, match=r"no answer within 2\.5 s"):
        engine.look(bundle, coloured(HANG)[None])


def test_that_a_worker_that_holds_too_much_is_started_anew_between_two_requests(bundle, place):
    with running(place, memory_bytes=180 << 20) as engine:
        engine.look(bundle, GOOD[None])
        before = engine.pid
        assert len(engine.look(bundle, coloured(GROW)[None])) == 1
        assert engine.pid is None
        assert not psutil.pid_exists(before)
        assert len(engine.look(bundle, GOOD[None])) == 1
        assert engine.starts == 2


def test_that_a_model_that_needs_more_than_the_bound_alone_is_told(bundle, place):
    with (
        running(place, memory_bytes=1 << 20) as engine,
        pytest.raises(WorkerUnavailableError, match="worker_memory_mb"),
    ):
        engine.look(bundle, GOOD[None])


def test_that_it_changes_between_models_in_one_worker(bundle, place):
    other = reference_bundle(place / "other", "FDC_cathodes", labels=("Good", "Bad", "LED"))
    with running(place, networks=1) as engine:
        one, two = ReferenceModel(bundle, engine), ReferenceModel(other, engine)
        for _ in range(3):
            assert tops(one.predict(BAD[None])) == tops(two.predict(BAD[None])) == [1]
            assert len(two.predict(GOOD[None])[0].probabilities) == 3
        assert engine.starts == 1


def test_that_an_idle_worker_ends_and_another_is_started_when_it_is_needed(bundle, place):
    with running(place, idle_s=0.2) as engine:
        for starts in (1, 2):
            engine.make_ready(bundle)
            assert engine.starts == starts
            eventually(lambda: engine.pid is None, "the end of an idle worker")


def test_that_plots_are_not_blamed_for_a_worker_that_never_starts(tmp_path):
    bundle = reference_bundle(tmp_path / "bundle")
    (tmp_path / "broken").touch()
    with running(tmp_path) as engine:
        with pytest.raises(WorkerUnavailableError, match=r"when the model is loaded, 3 times.*not lost"):
            engine.look(bundle, GOOD[None])
        assert engine.pid is None
        (tmp_path / "broken").unlink()
        assert len(engine.look(bundle, GOOD[None])) == 1


def test_that_a_bundle_changed_on_disk_is_not_opened(tmp_path):
    bundle = reference_bundle(tmp_path / "bundle")
    (bundle.path / "model.keras").write_bytes(b"PK another")
    with running(tmp_path) as engine, pytest.raises(WorkerUnavailableError, match=r"holds .*, not "):
        engine.look(bundle, GOOD[None])


def test_that_a_station_without_the_library_says_so(bundle, tmp_path):
    engine = ReferenceEngine(open_plain, WorkerSettings(tmp_path / "log", needs="no_such_package"))
    with pytest.raises(WorkerUnavailableError, match=r"not installed here.*hydra-gui\[train\]"):
        Runtime("CPU", 1, tmp_path, reference=engine).load(bundle)
    with pytest.raises(BundleError, match="not taken in"):
        try_out(bundle, reference=engine)
    with pytest.raises(BundleError, match="reference engine only"):
        Runtime("CPU", 1, tmp_path).load(bundle)
    assert engine.starts == 0
    engine.close()


def test_that_closing_it_ends_a_request_that_would_last_for_ever(bundle, place):
    engine, said = plain_engine(place), []

    def ask() -> None:
        try:
            engine.look(bundle, coloured(HANG)[None])
        except WorkerUnavailableError as error:
            said.append(str(error))

    engine.make_ready(bundle)
    thread = threading.Thread(target=ask)
    thread.start()
    process = psutil.Process(engine.pid)
    eventually(lambda: process.status() == psutil.STATUS_SLEEPING and engine._turn.locked(), "the hanging request")
    engine.close()
    thread.join(DEADLINE_S)
    assert "the program is ending" in said[0]
    with pytest.raises(WorkerUnavailableError):
        engine.look(bundle, GOOD[None])


_ORPHAN = """
import os, sys, threading, time
from pathlib import Path
from tests.fakes.reference import HANG, begun, coloured, plain_engine, reference_bundle
if __name__ == "__main__":
    place = Path(sys.argv[1])
    engine, bundle = plain_engine(place), reference_bundle(place / "bundle")
    engine.make_ready(bundle)
    if "hanging" in sys.argv:
        threading.Thread(target=engine.look, args=(bundle, coloured(HANG)[None])).start()
        while not begun(place):
            time.sleep(0.01)
    print(engine.pid, flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize("state", ["idle", "hanging"])
def test_that_no_worker_outlives_its_program(tmp_path, state):
    script = tmp_path / "orphan.py"
    script.write_text(_ORPHAN)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, tmp_path, state], capture_output=True, text=True, env=environment, check=True
    )
    eventually(lambda: not psutil.pid_exists(int(done.stdout)), "the end of the worker")
