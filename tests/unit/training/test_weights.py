"""What may be in the weights of a `.keras` file, looked at with the library that reads them."""

import io
from collections.abc import Callable

import numpy as np
import pytest

from backend.domain.errors import BundleError
from tests.fakes.keras_files import keras_file, members

h5py = pytest.importorskip("h5py")
from backend.training.weights import check_weights  # noqa: E402 - needs h5py

NUMBERS = np.arange(6, dtype=np.float32)


def made(fill: Callable[..., object]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return keras_file(members(model_weights_h5=buffer.getvalue()))


def test_that_plain_numbers_in_groups_are_taken() -> None:
    def fill(file):
        file.create_group("layers/dense/vars").create_dataset("0", data=NUMBERS)
        file["layers/dense"].attrs["name"] = "dense"
        file["layers/same"] = file["layers/dense"]

    check_weights("model.keras", made(fill))


def external(file) -> None:
    file["layers"] = h5py.ExternalLink("/etc/other.h5", "/layers")


def soft(file) -> None:
    file["layers"] = h5py.SoftLink("/elsewhere")


def stored_outside(file) -> None:
    file.create_dataset("0", (6,), "f4", external=[("/etc/passwd", 0, 24)])


def virtual(file) -> None:
    layout = h5py.VirtualLayout((6,), "f4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "data", (6,))
    file.create_virtual_dataset("0", layout)


def promises(file) -> None:
    file.create_dataset("0", (10**9,), "f4", chunks=(1000,))


def grows(file) -> None:
    file.create_dataset("0", data=np.zeros(10**6, np.float32), compression="gzip")


def objects(file) -> None:
    file.create_dataset("0", data=["a", "b"], dtype=h5py.string_dtype())


def kind_of_data(file) -> None:
    file["0"] = np.dtype("f4")


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (external, "ExternalLink"),
        (soft, "SoftLink"),
        (stored_outside, "from another file"),
        (virtual, "from another file"),
        (promises, r"promise 4,000,000,000 bytes"),
        (grows, r"promise 4,000,000 bytes"),
        (objects, "no numbers"),
        (kind_of_data, "neither numbers nor a group"),
    ],
)
def test_that_weights_that_lead_elsewhere_or_grow_are_refused(fill: Callable[..., object], said: str) -> None:
    with pytest.raises(BundleError, match=rf"weights in model\.keras are refused: .*{said}"):
        check_weights("model.keras", made(fill))


def test_that_a_group_within_itself_ends() -> None:
    def fill(file):
        file.create_group("a")["b"] = file["/"]

    check_weights("model.keras", made(fill))


@pytest.mark.parametrize("data", [b"", b"PK", keras_file()])
def test_that_what_is_no_file_of_weights_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError, match="are refused"):
        check_weights("model.keras", data)
