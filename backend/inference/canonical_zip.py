"""The one form of zip in which bundles travel: written the same everywhere, read with distrust."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from backend.domain.errors import BundleError
from backend.inference.manifest import ADVICE, MANIFEST_NAME, check_file_name

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


@dataclass(frozen=True, slots=True)
class BundleLimits:
    """The largest bundle that is read: number of files, bytes of one and bytes of all."""

    files: int = 256
    file_bytes: int = 512 * 2**20
    total_bytes: int = 768 * 2**20

    def check(self, sizes: Sequence[int]) -> None:
        """BundleError when files of these `sizes` (bytes) are more than a bundle may hold."""
        if len(sizes) > self.files:
            raise BundleError(f"The bundle holds {len(sizes)} files; at most {self.files} are read. {ADVICE}")
        if max(sizes, default=0) > self.file_bytes or sum(sizes) > self.total_bytes:
            limits = f"at most {self.total_bytes:,} are read, {self.file_bytes:,} for one file"
            raise BundleError(f"The bundle holds {sum(sizes):,} bytes; {limits}. {ADVICE}")


DEFAULT_LIMITS = BundleLimits()


def write_zip(contents: Mapping[str, bytes]) -> bytes:
    """The files by name as a zip: sorted, stored without compression, without times or owners.

    Uncompressed, because compressed bytes differ between versions of the compressor, and weights do not shrink.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, contents[name])
    return buffer.getvalue()


def read_zip(data: bytes, limits: BundleLimits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Inverse of `write_zip`. BundleError, and nothing else, for any other bytes."""
    if len(data) > limits.total_bytes + limits.files * 1024:
        raise BundleError(f"The packed bundle has {len(data):,} bytes, more than is read. {ADVICE}")
    try:
        contents = _read(data, limits)
    except BundleError:
        raise
    except Exception as error:  # zipfile meets hostile bytes with every kind of exception
        raise BundleError(f"These bytes are no model bundle ({error or type(error).__name__}). {ADVICE}") from error
    if write_zip(contents) != data:
        raise BundleError(_NOT_CANONICAL)
    return contents


_NOT_CANONICAL = (
    "This zip was not written by this program, so its digest would not name the model. "
    "The model is not used; unpack the zip and import the folder instead."
)


def _read(data: bytes, limits: BundleLimits) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
        limits.check([entry.file_size for entry in entries])
        names = [entry.filename for entry in entries]
        if len(set(names)) < len(names):
            raise BundleError(f"The bundle holds a file twice. {ADVICE}")
        for entry in entries:
            _check_entry(entry)
        return {entry.filename: archive.read(entry) for entry in entries}


def _check_entry(entry: zipfile.ZipInfo) -> None:
    try:
        if entry.filename != MANIFEST_NAME:
            check_file_name(entry.filename)
    except ValueError as error:
        raise BundleError(f"The bundle holds an entry that is refused: {error}. {ADVICE}") from error
    if entry.compress_type != zipfile.ZIP_STORED:
        raise BundleError(_NOT_CANONICAL)
