"""What a bundle may hold: a short list of kinds of file, each looked through before anything reads it for real.

Called once the hashes have been found right. No file is unpacked, no network is built and no Keras is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from backend.domain.errors import BundleError
from backend.inference.canonical_zip import read_zip
from backend.inference.keras_archive import check_keras
from backend.inference.manifest import ADVICE, HEAD_NAME, MANIFEST_NAME, Manifest
from backend.inference.network_xml import check_network

Look = Callable[[str, bytes, Manifest], None]

_RUNS_CODE = "reading it can run the code of whoever made it"
_REFUSED = {
    **dict.fromkeys((".h5", ".hdf5"), "old Keras files run code when they are read; only .keras is taken"),
    **dict.fromkeys((".pb", ".pbtxt", ".index"), "a SavedModel is a program; only .keras is taken"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pt", ".pth", ".ckpt"), _RUNS_CODE),
    **dict.fromkeys((".py", ".pyc", ".so", ".dll", ".dylib", ".sh", ".exe"), "it is a program"),
}
_HDF5, _PNG = b"\x89HDF\r\n\x1a\n", b"\x89PNG\r\n\x1a\n"


def check_contents(contents: Mapping[str, bytes], manifest: Manifest) -> None:
    """BundleError where a file is of no kind that is taken, or is not what its name says.

    `contents` are the files by name. Weights (`.bin`) may hold any bytes: OpenVINO takes them as numbers only.
    """
    for name, data in contents.items():
        if name != MANIFEST_NAME:
            _kind(name)(name, data, manifest)


def _kind(name: str) -> Look:
    if name == HEAD_NAME:
        return _head
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _KINDS:
        return _KINDS[suffix]
    why = _REFUSED.get(suffix, f"a model bundle holds only {', '.join(_KINDS)}")
    raise BundleError(f"The bundle holds {name}, which is refused: {why}. {ADVICE}")


def _any_bytes(name: str, data: bytes, _manifest: Manifest) -> None:
    if data.startswith(_HDF5):
        raise BundleError(f"{name} is an HDF5 file under another name; only .keras is taken. {ADVICE}")


def _head(name: str, data: bytes, manifest: Manifest) -> None:
    """Plain arrays in the canonical zip: they are read without NumPy's loader, which would take pickles."""
    if manifest.backbone is None:
        raise BundleError(f"The bundle holds {name}, but names no backbone that it is the head of. {ADVICE}")
    if not all(array.endswith(".npy") for array in read_zip(data)):
        raise BundleError(f"{name} should hold arrays and nothing else. {ADVICE}")


def _text(name: str, data: bytes, _manifest: Manifest) -> None:
    try:
        readable = "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        readable = False
    if not readable:
        raise BundleError(f"{name} should be text (UTF-8) and is not. {ADVICE}")


def _picture(name: str, data: bytes, _manifest: Manifest) -> None:
    if not data.startswith(_PNG):
        raise BundleError(f"{name} should be a PNG image and is not. {ADVICE}")


_KINDS: dict[str, Look] = {
    ".xml": check_network,
    ".bin": _any_bytes,
    ".keras": check_keras,
    ".png": _picture,
    **dict.fromkeys((".json", ".csv", ".txt", ".md"), _text),
}
