"""Inside the worker process: it loads networks, looks at what it is given and answers, until nobody asks any more.

Imports nothing heavy: threads and output are set up before the library that runs the networks is imported.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import HydraError
from backend.inference.reference.wire import (
    REQUESTS,
    Answer,
    Close,
    Explain,
    Explained,
    Look,
    Looked,
    Message,
    Open,
    Opened,
    Refused,
    receive,
    send,
)


class Network(Protocol):
    """A network in the worker. HydraError says what it cannot do."""

    def look(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        """Logits (B, n), embedding (B, d) and maps (B, h, w, n) or None, all float32, for uint8 (B, H, W, C)."""

    def explain(self, image: NDArray[np.uint8], label: int, layer: str) -> tuple[NDArray[np.float32], str]:
        """Evidence (h, w) for a label in the map of a layer, "" for the last, and that layer's name."""


_LOOK_S = 1.0

Opener = Callable[[Path, str], Network]
"""Opens the bundle in a folder that must have that digest. HydraError says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How the process is set up: its log, the package it needs, its threads, how far it gives way (0 to 19)."""

    log: Path
    needs: str = "tensorflow"
    threads: int = 1
    nice: int = 5


def serve(opener: Opener, connection: Connection, settings: WorkerSettings) -> None:
    """Entry of the process. Ends when the connection is closed, by which the end of the program is noticed, too."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _redirect_output(settings.log)
    _prepare_process(settings)
    networks: dict[str, Network] = {}
    with connection, contextlib.suppress(EOFError, ConnectionError):
        while True:
            answer = _answer(receive(connection, REQUESTS), networks, opener)
            if answer is not None:
                send(connection, answer)


def _end_with(parent: int) -> None:
    """A worker that hangs notices no closed connection; it must not outlive a program that was killed either."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def _answer(request: Message, networks: dict[str, Network], opener: Opener) -> Answer | None:
    try:
        return _answered(request, networks, opener)
    except HydraError as error:
        return _refused(str(error))
    except ImportError as error:
        return _refused(f"The reference engine needs packages that are not installed ({error}).")
    except MemoryError:
        return _refused("The reference engine has not enough memory for this model.")
    except Exception as error:  # whatever the library raises becomes a sentence; the whole story goes into the log
        traceback.print_exc()
        return _refused(f"The model does not run: {type(error).__name__}: {_first_line(error)}")


def _answered(request: Message, networks: dict[str, Network], opener: Opener) -> Answer | None:
    match request:
        case Open(digest=digest, folder=folder):
            networks[digest] = opener(Path(folder), digest)
            return Opened(resident=resident_bytes())
        case Look(digest=digest, images=images):
            logits, embedding, cam = networks[digest].look(images)
            return Looked(resident=resident_bytes(), logits=logits, embedding=embedding, cam=cam)
        case Explain(digest=digest, image=image, label=label, layer=layer):
            evidence, name = networks[digest].explain(image, label, layer)
            return Explained(resident=resident_bytes(), evidence=evidence, layer=name)
        case Close(digest=digest):
            networks.pop(digest, None)
    return None


def _refused(message: str) -> Refused:
    return Refused(resident=resident_bytes(), message=message[:2000])


def resident_bytes() -> int:
    """Memory this process holds now; where the system does not tell, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def _redirect_output(log: Path) -> None:
    """What the library writes goes into the log: it would tear up the terminal or the JSON of a command."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _prepare_process(settings: WorkerSettings) -> None:
    """Give way, leave Ctrl-C to the program, write no core files, and bound every pool of threads before it exists."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        os.nice(settings.nice)
    os.environ |= {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": str(settings.threads),
        "TF_NUM_INTRAOP_THREADS": str(settings.threads),
        "TF_NUM_INTEROP_THREADS": "1",
    }


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else "no details")[:500]
