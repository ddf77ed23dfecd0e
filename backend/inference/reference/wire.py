"""What goes between the program and its worker: a JSON header, then plain arrays, over a socket pair. No pickles.

Both sides check all that comes: a worker has looked at foreign files. A burst of images costs some milliseconds on this
way, where the network takes hundreds; shared memory would have to be cleaned up after a worker that was killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import prod
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_HEADER_BYTES = 4 * 2**20
MAX_ARRAY_BYTES = 1 << 30
_KINDS: Mapping[str, type[np.generic]] = {"<f4": np.float32, "|u1": np.uint8}


class WireError(ValueError):
    """What came is no message of this protocol."""


class Message(BaseModel):
    """Fields that are arrays travel as bytes, the others as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, strict=True)


class Open(Message):
    """Load the network of the bundle in `folder`, which must have that digest."""

    digest: str
    folder: str


class Close(Message):
    """Forget a network. There is no answer."""

    digest: str


class Look(Message):
    """Look at `images`, uint8 (B, H, W, C)."""

    digest: str
    images: NDArray[np.uint8]


class Explain(Message):
    """Where does the evidence for the label at index `label` lie, in the map of `layer` ("" for the last one)?

    `image` is uint8 (1, H, W, C).
    """

    digest: str
    label: int
    layer: str
    image: NDArray[np.uint8]


class Answer(Message):
    """`resident` is how many bytes of memory the worker holds now."""

    resident: int = Field(ge=0)


class Opened(Answer):
    """The network is ready."""


class Looked(Answer):
    """float32: `logits` (B, n), `embedding` (B, d) and, where the network has a closed form, `cam` (B, h, w, n)."""

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    cam: NDArray[np.float32] | None = None


class Explained(Answer):
    """`evidence` float32 (h, w), in units of logit / temperature, as the mean over places; `layer` is its name."""

    evidence: NDArray[np.float32]
    layer: str


class Refused(Answer):
    """It cannot be done, for this reason; the worker lives on."""

    message: str = Field(max_length=4000)


REQUESTS: tuple[type[Message], ...] = (Open, Close, Look, Explain)
ANSWERS: tuple[type[Message], ...] = (Opened, Looked, Explained, Refused)


def send(connection: Connection, message: Message) -> None:
    """Send a message. OSError where nobody takes it."""
    arrays = {name: value for name, value in message if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in message if not isinstance(value, np.ndarray) and value is not None}
    shapes = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    connection.send_bytes(json.dumps({"kind": type(message).__name__, "plain": plain, "arrays": shapes}).encode())
    for array in arrays.values():
        connection.send_bytes(np.ascontiguousarray(array).tobytes())


def receive(connection: Connection, kinds: Sequence[type[Message]]) -> Message:
    """The next message, one of `kinds`. EOFError and OSError where the other side is gone, WireError for rubbish."""
    header = _header(connection.recv_bytes(MAX_HEADER_BYTES))
    kind = next((kind for kind in kinds if kind.__name__ == header["kind"]), None)
    if kind is None:
        raise WireError(f"a message of the kind {str(header['kind'])[:40]!r} is not expected")
    arrays = {name: _array(connection, dtype, shape) for name, dtype, shape in header["arrays"]}
    try:
        return kind(**header["plain"], **arrays)
    except (ValidationError, TypeError) as error:
        raise WireError(f"a message {kind.__name__} is not as it should be: {error}") from error


def _header(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
        sound = set(header) == {"kind", "plain", "arrays"} and isinstance(header["plain"], dict)
        sound = sound and all(isinstance(name, str) and dtype in _KINDS for name, dtype, _ in header["arrays"])
    except (ValueError, TypeError) as error:
        raise WireError(f"a message begins with what is no header: {error}") from error
    if not sound:
        raise WireError("a message begins with a header that says something else than it should")
    return dict(header)


def _array(connection: Connection, dtype: str, shape: object) -> NDArray[Any]:
    sizes = shape if isinstance(shape, list) else [0]
    if not sizes or not all(isinstance(size, int) and 0 < size < MAX_ARRAY_BYTES for size in sizes):
        raise WireError(f"an array of the shape {str(shape)[:80]} is not taken")
    expected = prod(sizes) * np.dtype(dtype).itemsize
    if expected > MAX_ARRAY_BYTES:
        raise WireError(f"an array of {expected:,} bytes is not taken")
    data = connection.recv_bytes(expected)
    if len(data) != expected:
        raise WireError(f"an array should have {expected:,} bytes and has {len(data):,}")
    return np.frombuffer(data, _KINDS[dtype]).reshape(sizes)
