"""Files an expert brings: weights, or a whole network. Looked at with distrust and without TensorFlow.

A `.keras` file is a zip with the network's description as JSON and its weights as HDF5. Loading one can be made to run
code, so that it happens in the worker process alone, and only on the bytes that were chosen.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backend.domain.errors import TrainingError
from backend.inference.manifest import InputSpec

LARGEST_BYTES = 1 << 30
WEIGHT_SUFFIXES = (".h5", ".keras")
NETWORK_SUFFIX = ".keras"
_PARTS = {"config.json", "metadata.json", "model.weights.h5"}
_HDF5 = b"\x89HDF\r\n\x1a\n"
_LARGEST_CONFIG = 32 * 2**20


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A file and the SHA-256 of its bytes when it was chosen."""

    path: Path
    sha256: str

    def verified_copy(self, directory: Path) -> Path:
        """The same bytes, verified, where nobody else writes. TrainingError where they have changed since."""
        data = _read(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise TrainingError(
                f"{self.path} changed after it was chosen: its SHA-256 is another. Nothing was loaded or trained; "
                "make sure of the file, then start again."
            )
        copy = directory / f"given{''.join(self.path.suffixes[-2:])}"
        copy.write_bytes(data)
        return copy


def choose_weights(path: Path) -> NetworkFile:
    """A file of weights: HDF5 (.h5, .weights.h5) or .keras. TrainingError for anything else."""
    data = _read(path)
    if path.suffix not in WEIGHT_SUFFIXES or not data.startswith((_HDF5, b"PK")):
        raise TrainingError(
            f"{path} is no file of Keras weights ({', '.join(WEIGHT_SUFFIXES)}), so nothing is trained. Save them with "
            "model.save_weights, or take the 'notop' file that Keras Applications publishes."
        )
    return NetworkFile(path, hashlib.sha256(data).hexdigest())


def choose_network(path: Path) -> NetworkFile:
    """A whole network as `.keras`, the only format that need not run code. TrainingError for anything else."""
    data = _read(path)
    if path.suffix != NETWORK_SUFFIX or not zipfile.is_zipfile(path) or not _names(path) >= _PARTS:
        raise TrainingError(
            f"{path} is no network in the .keras format, the only one that can be loaded without running code. "
            "Nothing is trained; save it with model.save('network.keras')."
        )
    return NetworkFile(path, hashlib.sha256(data).hexdigest())


def input_of(file: NetworkFile) -> InputSpec | None:
    """What the network in a `.keras` file looks at, None where it leaves that open or does not say."""
    for shape in _input_shapes(_config(file.path)):
        if len(shape) == 4 and all(isinstance(size, int) for size in shape[1:]):
            try:
                return InputSpec(height=shape[1], width=shape[2], channels=shape[3])
            except ValidationError:
                return None
    return None


def _config(path: Path) -> Any:  # noqa: ANN401 - any JSON
    try:
        with zipfile.ZipFile(path) as archive, archive.open("config.json") as file:
            return json.loads(file.read(_LARGEST_CONFIG))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, RecursionError) as error:
        raise TrainingError(f"The description in {path} cannot be read ({error}). Save the network again.") from error


def _input_shapes(config: Any) -> Iterator[list[Any]]:  # noqa: ANN401
    """The shape of every input layer, the outermost first."""
    if isinstance(config, list):
        for part in config:
            yield from _input_shapes(part)
    elif isinstance(config, dict):
        shape = config.get("batch_shape")
        if isinstance(shape, list):
            yield shape
        for part in config.values():
            yield from _input_shapes(part)


def _names(path: Path) -> set[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    except zipfile.BadZipFile:
        return set()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise TrainingError(f"{path} holds more than {LARGEST_BYTES:,} bytes, which is not read. Choose another.")
        return path.read_bytes()
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror}). Nothing is trained; name another.") from error


def first_line(error: Exception) -> str:
    """What an error of Keras says at first; the rest is for whoever programs with it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")
