"""The worker process: everything that needs TensorFlow happens here, and ends with the process.

Started with "spawn". This module imports nothing heavy: threads and messages are set up before TensorFlow is imported.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from backend.domain.errors import HydraError
from backend.training.progress import Cancelled, Failed, Finished, Progress, TrainingRequest
from backend.training.recipes import HEAD_ARCHITECTURE


@dataclass(frozen=True, slots=True)
class Signals:
    """What the worker is told from outside: give up, or end now with the best so far."""

    cancel: Event
    finish: Event


_Maker = Callable[[TrainingRequest, Callable[[Progress], None], Callable[[], bool]], Finished]


class _GivenUpError(Exception):
    """Cancelled, or the process that wanted the model is gone."""


def work(request: TrainingRequest, log: Path, connection: Connection, signals: Signals) -> None:
    """Entry of the process. The last message is Finished, Failed or Cancelled, unless the process dies."""
    parent = os.getppid()
    _redirect_output(log)
    _prepare_process(request)

    def check() -> bool:
        if signals.cancel.is_set() or os.getppid() != parent:
            raise _GivenUpError
        return not signals.finish.is_set()

    with connection, contextlib.suppress(BrokenPipeError):  # nobody left to tell
        connection.send(_last_message(request, connection.send, check))


def _last_message(request: TrainingRequest, say: Callable[[Progress], None], check: Callable[[], bool]) -> Progress:
    try:
        check()
        return _maker(request)(request, say, check)
    except _GivenUpError:
        return Cancelled()
    except HydraError as error:
        return Failed(str(error))
    except ImportError as error:
        return Failed(f"Training needs packages that are not installed ({error}). Install hydra-gui[train].")
    except MemoryError:
        return Failed("Training needs more memory than there is; no model was made. Close programs and try again.")
    except Exception as error:  # whatever TensorFlow raises becomes a sentence; the whole story goes into the log
        traceback.print_exc()
        return Failed(f"Training failed and no model was made: {type(error).__name__}: {_first_line(error)}")


def _maker(request: TrainingRequest) -> _Maker:
    """What makes the bundle. TensorFlow takes several seconds to import; a head needs none."""
    if request.recipe.architecture == HEAD_ARCHITECTURE:
        from backend.training.head_making import make_head

        return make_head
    from backend.training.making import make_bundle

    return make_bundle


def _redirect_output(log: Path) -> None:
    """What TensorFlow writes goes into the log: it would tear up the terminal or the JSON of a command."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _prepare_process(request: TrainingRequest) -> None:
    """Give way to the window, leave Ctrl-C to the parent, and bound every pool of threads before it exists."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(request.nice)
    os.environ |= {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": str(request.threads),
        "TF_NUM_INTRAOP_THREADS": str(request.threads),
        "TF_NUM_INTEROP_THREADS": "1",
    }


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else "no details"
