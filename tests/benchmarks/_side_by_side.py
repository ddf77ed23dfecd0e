"""Measuring several ways in turn, so that a busy moment of the machine meets all of them; and the process of Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "tests.benchmarks._inception")
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def make_inception(folder: Path, *, onnx: bool = False, keras: bool = False) -> None:
    """A bundle of `inception_v3_cbam` 299 × 299 in `folder`/bundle; with `onnx` for ONNX Runtime as well.

    With `keras` it holds the network as Keras keeps it, too.
    """
    command = [*_COMMAND, "make", str(folder), *(["onnx"] if onnx else []), *(["keras"] if keras else [])]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | _QUIET, capture_output=True)


@contextmanager
def keras_process() -> Iterator[Callable[[str], float]]:
    """Asks a process with TensorFlow for milliseconds: "predict" or "tape"."""
    process = subprocess.Popen(
        [*_COMMAND, "serve"],
        cwd=ROOT,
        env=os.environ | _QUIET,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(way: str) -> float:
        process.stdin.write(f"{way}\n")
        process.stdin.flush()
        for line in process.stdout:
            if line.startswith('{"ms"'):
                return float(json.loads(line)["ms"])
        raise RuntimeError("the process with Keras ended")

    with process:
        try:
            yield ask
        finally:
            process.stdin.close()
            process.wait(60)


def milliseconds(work: Callable[[], object], images: int = 1) -> Callable[[], float]:
    """How to time `work`, which is done on that many images: milliseconds for one."""

    def measure() -> float:
        started = time.perf_counter()
        work()
        return (time.perf_counter() - started) * 1e3 / images

    return measure


def best_in_turn(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The least milliseconds of each way over `rounds`, after one that warms up."""
    for measure in ways.values():
        measure()
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, measure in ways.items():
            best[name] = min(best[name], measure())
    return best
