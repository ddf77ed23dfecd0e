"""The reference engine with a network that a few lines of NumPy calculate: a real worker process, without TensorFlow.

What the network is told to do is written in pixels: an image whose first pixel is one of those below makes the worker
crash, be killed, hang, grow or take its time. All are judged by their mean brightness.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.domain.errors import BundleError
from backend.inference.bundles import Bundle, reopen_bundle, seal
from backend.inference.manifest import EngineName
from backend.inference.reference.supervisor import ReferenceEngine, WorkerLimits
from backend.inference.reference.worker import WorkerSettings
from tests.fakes.bundles import facts
from tests.fakes.keras_files import described, keras_file, members

CRASH, KILL, HANG, GROW, NO_NUMBER, SLOW = ((251, number, 7) for number in range(1, 7))
LOOKS = "looks.log"
"""Beside the bundles: a line with the SHA-256 of every image that was begun, whatever became of it."""

_kept: list[bytearray] = []


class PlainNetwork:
    """Logits by brightness, where "Good" is bright; evidence is the darkness of each quarter of the plot."""

    def __init__(self, bundle: Bundle) -> None:
        self._labels, self._place = len(bundle.manifest.labels), bundle.path.parent

    def look(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32], None]:
        for image in images:
            _note(self._place, image)
            _obey(image)
        bright = images.reshape(len(images), -1).mean(axis=1, dtype=np.float32) / 255
        logits = np.zeros((len(images), self._labels), np.float32)
        logits[:, 0], logits[:, 1] = 10 * bright, 10 * (1 - bright)
        logits[[tuple(image[0, 0]) == NO_NUMBER for image in images]] = np.nan
        return logits, np.stack([bright, 1 - bright], axis=1), None

    def explain(self, image: NDArray[np.uint8], label: int, layer: str) -> tuple[NDArray[np.float32], str]:
        _obey(image[0])
        if layer == "nowhere":
            raise BundleError("The model has no layer 'nowhere'.")
        height, width = image.shape[1] // 2, image.shape[2] // 2
        quarters = image[0, : 2 * height, : 2 * width].reshape(2, height, 2, width, -1).mean(axis=(1, 3, 4))
        return (255 - quarters.astype(np.float32)) / 25 * (1 if label else -1), layer or "last"


def open_plain(folder: Path, digest: str) -> PlainNetwork:
    """An `Opener`. A file `broken` beside the bundle makes the worker end whenever it opens one."""
    if (folder.parent / "broken").exists():
        os.abort()
    return PlainNetwork(reopen_bundle(folder, digest))


def _obey(image: NDArray[np.uint8]) -> None:
    match tuple(int(value) for value in image[0, 0]):
        case found if found == CRASH:
            os.abort()
        case found if found == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case found if found == HANG:
            time.sleep(600)
        case found if found == SLOW:
            time.sleep(0.02)
        case found if found == GROW:
            _kept.append(bytearray(os.urandom(1 << 20) * 200))


def _note(place: Path, image: NDArray[np.uint8]) -> None:
    with (place / LOOKS).open("a") as file:
        file.write(hashlib.sha256(image.tobytes()).hexdigest() + "\n")


def begun(place: Path) -> list[str]:
    """The images that workers have begun to look at, in order."""
    file = place / LOOKS
    return file.read_text().split() if file.exists() else []


def reference_bundle(folder: Path, plot_type: str = "CDC_occupancy", **changes: object) -> Bundle:
    """A bundle for the reference engine, whose `model.keras` nobody reads here."""
    folder.mkdir(parents=True, exist_ok=True)
    stated = facts(plot_type, engine=EngineName.REFERENCE, outputs={"cam": None}, **changes)
    description = described(shape=stated.input.shape, labels=len(stated.labels))
    (folder / "model.keras").write_bytes(keras_file(members(description)))
    return seal(folder, stated)


def plain_engine(place: Path, **limits: float) -> ReferenceEngine:
    """A reference engine of such networks; `limits` as in WorkerLimits."""
    settings = WorkerSettings(place / "worker.log", needs="numpy", nice=0)
    return ReferenceEngine(open_plain, settings, WorkerLimits(**limits))


def coloured(first: tuple[int, int, int], brightness: int = 200) -> NDArray[np.uint8]:
    """An image whose first pixel says something, and which is as bright as wanted else."""
    image = np.full((64, 64, 3), brightness, np.uint8)
    image[0, 0] = first
    return image
