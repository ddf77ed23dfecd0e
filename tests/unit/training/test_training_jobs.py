"""How a training ends when it does not go well. None of these gets as far as TensorFlow."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from backend.domain.errors import TrainingError
from backend.inference.manifest import InputSpec
from backend.training.datasets import Sample, write_dataset
from backend.training.jobs import TrainingCancelledError, TrainingJob, TrainingRequest
from backend.training.recipes import recipe


@pytest.fixture
def request_(tmp_path: Path) -> TrainingRequest:
    rng = np.random.default_rng(0)
    samples = [Sample(rng.integers(0, 256, (8, 8, 3), np.uint8), "Bad" if i % 2 else "Good", i + 1) for i in range(8)]
    write_dataset(samples, InputSpec(height=16, width=16, channels=1), tmp_path / "data")
    return TrainingRequest("P", tmp_path / "data", tmp_path / "models" / "bundle", recipe("quick"), "tester", nice=0)


def workers() -> list[multiprocessing.process.BaseProcess]:
    return [child for child in multiprocessing.active_children() if child.name == "training"]


def wait_for_worker() -> multiprocessing.process.BaseProcess:
    deadline = time.monotonic() + 30
    while not workers():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return workers()[0]


def run_and_meanwhile(job: TrainingJob, meanwhile) -> Exception:
    """The error that `run` ends with while `meanwhile` is done to it."""
    errors = []

    def run() -> None:
        try:
            job.run()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    meanwhile()
    thread.join(60)
    assert not thread.is_alive()
    return errors[0]


def assert_nothing_left(request: TrainingRequest) -> None:
    assert not workers()
    assert not request.bundle.exists()
    assert not list(request.bundle.parent.glob("*"))
    assert not list(request.bundle.parent.glob(".*"))


def test_that_a_killed_worker_is_explained_and_leaves_nothing(request_: TrainingRequest):
    error = run_and_meanwhile(TrainingJob(request_, print), lambda: os.kill(wait_for_worker().pid, signal.SIGKILL))
    assert isinstance(error, TrainingError)
    assert "memory" in str(error)
    assert "try again" in str(error)
    assert_nothing_left(request_)


def test_that_a_worker_that_dies_otherwise_is_explained(request_: TrainingRequest):
    error = run_and_meanwhile(TrainingJob(request_, print), lambda: os.kill(wait_for_worker().pid, signal.SIGABRT))
    assert isinstance(error, TrainingError)
    assert "exit code -6" in str(error)
    assert_nothing_left(request_)


def test_that_a_cancelled_training_leaves_nothing(request_: TrainingRequest):
    job = TrainingJob(request_, print)
    job.cancel()
    with pytest.raises(TrainingCancelledError):
        job.run()
    assert_nothing_left(request_)


def test_that_a_worker_that_does_not_heed_is_killed(request_: TrainingRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("backend.training.jobs._GRACE_S", 0.4)
    job = TrainingJob(request_, print)

    def stop_it_dead() -> None:
        os.kill(wait_for_worker().pid, signal.SIGSTOP)
        job.cancel()

    assert isinstance(run_and_meanwhile(job, stop_it_dead), TrainingCancelledError)
    assert_nothing_left(request_)


def test_that_an_existing_bundle_is_never_touched(request_: TrainingRequest):
    request_.bundle.mkdir(parents=True)
    (request_.bundle / "mine").write_text("x")
    with pytest.raises(TrainingError, match="exists already"):
        TrainingJob(request_, print).run()
    assert (request_.bundle / "mine").read_text() == "x"


def test_that_a_missing_data_set_is_refused_before_any_process_starts(request_: TrainingRequest):
    (request_.dataset / "dataset.json").unlink()
    with pytest.raises(TrainingError, match="cannot be read"):
        TrainingJob(request_, print).run()
    assert_nothing_left(request_)
