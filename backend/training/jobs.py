"""A training from the application's side: starts the worker process, relays what it says, and sees that it ends.

Imports no TensorFlow. The bundle appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from backend.domain.errors import TrainingError
from backend.training.datasets import read_summary
from backend.training.progress import Cancelled, Failed, Finished, Progress, TrainingRequest
from backend.training.worker import Signals, work

__all__ = ["TrainingCancelledError", "TrainingJob", "TrainingRequest", "TrainingResult"]

_GRACE_S = 10.0
"""How long a worker that was told to stop, or said its last word, may take to end before it is killed."""

_POLL_S = 0.2
_LOG_NAME = "worker.log"


class TrainingCancelledError(TrainingError):
    """Training was cancelled; there is no bundle and nothing is left behind."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A new bundle and what validation says of it."""

    bundle: Path
    figures: Finished


class TrainingJob:
    """One training. `run` blocks and is called once, from any thread; `cancel` and `finish_early` from any other.

    `on_progress` is called in the thread of `run`.
    """

    def __init__(self, request: TrainingRequest, on_progress: Callable[[Progress], None]) -> None:
        self._request, self._on_progress = request, on_progress
        self._context = multiprocessing.get_context("spawn")
        self._signals = Signals(self._context.Event(), self._context.Event())

    def cancel(self) -> None:
        """Give up at the next batch; `run` raises TrainingCancelledError."""
        self._signals.cancel.set()

    def finish_early(self) -> None:
        """Stop training at the next batch, once an epoch is complete, and make the bundle from the best so far."""
        self._signals.finish.set()

    def run(self) -> TrainingResult:
        """Train; when it returns or raises, no process and no temporary file is left.

        TrainingError says what went wrong and what to do.
        """
        target = self._request.bundle
        if target.exists():
            raise TrainingError(f"{target} exists already, and bundles never change. Choose another folder.")
        read_summary(self._request.dataset)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".training-", dir=target.parent) as work_dir:
                return self._run_in(Path(work_dir))
        except OSError as error:
            raise TrainingError(f"The model cannot be written to {target.parent}: {error}. Make room there.") from error

    def _run_in(self, directory: Path) -> TrainingResult:
        fresh, log = directory / "bundle", directory / _LOG_NAME
        fresh.mkdir()
        last = self._converse(replace(self._request, bundle=fresh), log)
        if isinstance(last, Cancelled):
            raise TrainingCancelledError("Training was cancelled; no model was made.")
        if isinstance(last, Failed):
            raise TrainingError(last.message)
        fresh.rename(self._request.bundle)
        return TrainingResult(self._request.bundle, last)

    def _converse(self, request: TrainingRequest, log: Path) -> Finished | Failed | Cancelled:
        """Run the worker until its last message; TrainingError when it dies without one."""
        receiving, sending = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=work, args=(request, log, sending, self._signals), name="training", daemon=True
        )
        process.start()
        sending.close()
        try:
            last = self._listen(receiving, process)
        finally:
            receiving.close()
            _end(process)
            exit_code = process.exitcode
            process.close()
        if last is None:
            if self._signals.cancel.is_set():
                return Cancelled()
            raise TrainingError(_death(exit_code, log))
        return last

    def _listen(self, receiving: Connection, process: SpawnProcess) -> Finished | Failed | Cancelled | None:
        """Relay messages; the last one, or None when the worker died or did not heed being cancelled."""
        patience = _GRACE_S
        while patience > 0:
            if not wait([receiving, process.sentinel], timeout=_POLL_S) and self._signals.cancel.is_set():
                patience -= _POLL_S
            with contextlib.suppress(EOFError):
                while receiving.poll():
                    message = receiving.recv()
                    if isinstance(message, Finished | Failed | Cancelled):
                        return message
                    self._on_progress(message)
                if process.is_alive():
                    continue
            return None
        return None


def _end(process: SpawnProcess) -> None:
    """Wait for the worker a moment, then make it end."""
    for stop in (None, process.terminate, process.kill):
        if stop is not None:
            stop()
        process.join(_GRACE_S if stop is None else _GRACE_S / 2)
        if process.exitcode is not None:
            return


def _death(exit_code: int | None, log: Path) -> str:
    """What to say of a worker that ended without a word."""
    if exit_code == -signal.SIGKILL:
        return (
            "The training process was killed, most likely by the system because memory ran out. No model was made and "
            "no label is lost. Close other programs, or train with fewer plots, and try again."
        )
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    tail = f" Its last words: {lines[-1][:300]}" if lines else ""
    return (
        f"The training process ended unexpectedly (exit code {exit_code}). No model was made and no label is lost. "
        f"Try again; if it happens again, run `hydra-gui doctor`.{tail}"
    )
