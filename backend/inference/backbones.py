"""Backbones: networks that many models share. Each model adds a head, see `backend.inference.heads`.

A backbone is sealed, named and distrusted as a model bundle is: a zip in the one canonical form, a manifest with the
SHA-256 of every file, and the SHA-256 of the zip as its digest, by which a head says what it was made for. It travels
with the program or through the store.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.domain.errors import BlobError, BundleError
from backend.inference.backbone_manifest import BackboneFacts, BackboneManifest, parse_backbone_manifest
from backend.inference.canonical_zip import BundleLimits, read_zip, write_zip
from backend.inference.manifest import IR_XML, MANIFEST_NAME, MAX_MANIFEST_BYTES
from backend.inference.network_xml import check_network
from backend.inference.pruning import keep_newest

log = logging.getLogger(__name__)

SHIPPED_BACKBONES = Path(__file__).resolve().parents[2] / "resources" / "backbones"
"""Where the backbones that come with the program are, each a zip."""

Fetch = Callable[[str], bytes]
"""A backbone's zip by digest; BlobError where it is missing or damaged."""

_LIMITS = BundleLimits(files=16, file_bytes=256 * 2**20, total_bytes=256 * 2**20)
_ON_DISK_BYTES = 2**30


@dataclass(frozen=True, slots=True, eq=False)
class Backbone:
    """A verified backbone: its manifest, the SHA-256 of its zip, and its files by name."""

    manifest: BackboneManifest
    digest: str
    files: Mapping[str, bytes]


def seal_backbone(files: Mapping[str, bytes], facts: BackboneFacts) -> bytes:
    """Make a backbone of its files by adding the manifest; the zip. BundleError when they make none."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = BackboneManifest(**facts.model_dump(round_trip=True), files=hashes)
    text = manifest.model_dump_json(indent=1) + "\n"
    packed = write_zip({**files, MANIFEST_NAME: text.encode()})
    read_backbone(packed)
    return packed


def read_backbone(zip_bytes: bytes) -> Backbone:
    """The backbone in a zip, every file verified. BundleError says what is wrong with it."""
    files = read_zip(zip_bytes, _LIMITS)
    manifest = parse_backbone_manifest(files.pop(MANIFEST_NAME, b"")[: MAX_MANIFEST_BYTES + 1])
    if set(files) != set(manifest.files):
        different = ", ".join(sorted(set(files) ^ set(manifest.files)))
        raise BundleError(f"The backbone and its manifest do not hold the same files ({different}). {_ADVICE}")
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() != manifest.files[name]:
            raise BundleError(f"{name} of the backbone is not the file that was sealed: its SHA-256 differs. {_ADVICE}")
    check_network(IR_XML, files.get(IR_XML, b""))
    return Backbone(manifest, hashlib.sha256(zip_bytes).hexdigest(), files)


def shipped_backbones() -> dict[str, Path]:
    """The backbones that come with the program, by digest, the newest last."""
    found = sorted(SHIPPED_BACKBONES.glob("*.zip")) if SHIPPED_BACKBONES.is_dir() else []
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in found}


class BackboneShelf:
    """Backbones by digest: from this machine's folder, from those shipped, else by `fetch`. Thread-safe."""

    def __init__(self, directory: Path, fetch: Fetch | None = None) -> None:
        self._directory, self._fetch = directory, fetch

    def get(self, digest: str) -> Backbone:
        """The backbone of that digest. BundleError when it is nowhere, or not what its digest says."""
        return read_backbone(self.packed(digest))

    def packed(self, digest: str) -> bytes:
        """Its zip, which has that SHA-256. BundleError when it is nowhere, or not what its digest says."""
        kept = self._directory / f"{digest}.zip"
        for path in (kept, shipped_backbones().get(digest)):
            data = _read(path)
            if data is not None and hashlib.sha256(data).hexdigest() == digest:
                return data
        data = self._fetched(digest)
        self._keep(kept, data)
        return data

    def _fetched(self, digest: str) -> bytes:
        if self._fetch is None:
            raise BundleError(f"The backbone {digest[:12]}… is not on this machine. {_FIND}")
        try:
            data = self._fetch(digest)
        except BlobError as error:
            raise BundleError(f"The backbone {digest[:12]}… cannot be had from the store: {error} {_FIND}") from error
        if (found := hashlib.sha256(data).hexdigest()) != digest:
            raise BundleError(f"The stored backbone should be {digest[:12]}…, its bytes are {found[:12]}…. {_FIND}")
        return data

    def _keep(self, path: Path, data: bytes) -> None:
        """For the next start; where the disk does not allow it, it is fetched again."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as work:
                written = Path(work) / path.name
                written.write_bytes(data)
                written.replace(path)
            keep_newest(path.parent, _ON_DISK_BYTES)
        except OSError as error:
            log.warning("a backbone cannot be kept in %s (%s); it will be fetched again", path.parent, error)


_ADVICE = "Models that share it are not used; take it from a sound copy of the program."
_FIND = (
    "The models that share it cannot run and their plots wait. Register one of these models again on a machine that "
    "has the backbone, or put another model in force."
)


def _read(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError:
        return None
