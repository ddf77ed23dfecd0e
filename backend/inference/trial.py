"""A trial: what comes from outside is loaded and run once in a process of its own, before a hall depends on it.

What passes every look at its bytes may still not fit its manifest, ask for more memory than there is, or break the
library that runs it. Then a process ends that nobody needs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import tempfile
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import numpy as np

from backend.domain.errors import BundleError, PlotKillsWorkerError, WorkerUnavailableError
from backend.inference.bundles import Bundle, open_bundle
from backend.inference.manifest import ADVICE, EngineName
from backend.inference.reference.model import ReferenceModel
from backend.inference.reference.supervisor import ReferenceEngine
from backend.inference.runtime import Runtime

MEMORY_BYTES = 12 * 2**30
"""Address space, of which OpenVINO reserves a gigabyte or two without using it."""

TRIAL_S = 120.0
_GREY = 128


def try_out(
    bundle: Bundle,
    seconds: float = TRIAL_S,
    memory_bytes: int = MEMORY_BYTES,
    reference: ReferenceEngine | None = None,
) -> None:
    """Load the network and let it look at one grey image (blocking). BundleError where that does not go well.

    What OpenVINO cannot run is tried in the worker process of the `reference` engine.
    """
    if bundle.manifest.runs_in is EngineName.REFERENCE:
        _try_apart(bundle, reference)
        return
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(bundle.path, memory_bytes, sending), name="trial", daemon=True)
    process.start()
    sending.close()
    try:
        trouble = _answer(receiving, process, seconds)
    finally:
        receiving.close()
        process.kill()
        process.join()
        process.close()
    if trouble:
        raise BundleError(trouble)


def _try_apart(bundle: Bundle, reference: ReferenceEngine | None) -> None:
    try:
        if reference is None:
            raise WorkerUnavailableError("The model runs in the reference engine only, which there is none of here.")
        ReferenceModel(bundle, reference).predict(np.full((1, *bundle.manifest.input.shape), _GREY, np.uint8))
    except (WorkerUnavailableError, PlotKillsWorkerError) as error:
        raise BundleError(f"The model could not be tried out and is not taken in. {error}") from error


def _answer(receiving: Connection, process: SpawnProcess, seconds: float) -> str:
    """What the trial says, "" where all is well."""
    with contextlib.suppress(EOFError):
        if not receiving.poll(seconds):
            return f"The model gave no answer within {seconds:g} s when it was tried out. {ADVICE}"
        answer: str = receiving.recv()
        return answer
    process.join()
    return f"The model broke the process in which it was tried out (exit code {process.exitcode}). {ADVICE}"


def _run(path: Path, memory_bytes: int, connection: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection.send(_trouble(path))


def _trouble(path: Path) -> str:
    try:
        with tempfile.TemporaryDirectory(prefix="hydra-trial-") as cache:
            model = Runtime("CPU", 1, Path(cache)).load(open_bundle(path))
            model.predict(np.full((1, *model.spec.shape), _GREY, np.uint8))
    except BundleError as error:
        return str(error)
    except MemoryError:
        return f"The model wants more memory than a model may have. {ADVICE}"
    except Exception as error:  # whatever OpenVINO raises becomes a sentence
        return f"The model does not run: {type(error).__name__}: {str(error).strip().splitlines()[-1:]}. {ADVICE}"
    return ""
