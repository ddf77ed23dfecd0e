"""Bundles as files: opening them, taking them into a store, giving them out. Some are shipped with the program."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.domain.errors import BundleError
from backend.inference.backbones import SHIPPED_BACKBONES, BackboneShelf
from backend.inference.bundles import Bundle, open_bundle, pack, unpack
from backend.inference.canonical_zip import DEFAULT_LIMITS
from backend.inference.manifest import MANIFEST_NAME
from backend.inference.reference.supervisor import ReferenceEngine
from backend.inference.signatures import read_key, sign, split_signature, with_signature
from backend.inference.trial import try_out
from backend.store import Store

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "models"
"""Where the bundles that come with the program are, each a folder or a zip."""

_SIGNATURE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A bundle that was read, and the public key whose signature was found right, or ""."""

    bundle: Bundle
    signed_by: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle in `file`; `signed_by` is the public key, or "" where none is configured."""

    file: Path
    digest: str
    signed_by: str


@contextmanager
def opened_bundle(path: Path) -> Iterator[Bundle]:
    """The bundle at `path`, a folder or a zip, which is unpacked for as long as it is in use. BundleError."""
    with opened_file(path) as found:
        yield found.bundle


@contextmanager
def opened_file(path: Path, trusted: Collection[str] = ()) -> Iterator[BundleFile]:
    """The same with its signature, which must fit where there is one. BundleError where `trusted` keys are given and
    none of them signed it; nothing is looked into then."""
    if path.is_dir():
        _check_trust(path, "", trusted)
        yield BundleFile(open_bundle(path), "")
        return
    data, signature = split_signature(_read(path))
    if signature is not None:
        signature.verify(data)
    signed_by = signature.key if signature is not None else ""
    _check_trust(path, signed_by, trusted)
    with tempfile.TemporaryDirectory(prefix="hydra-bundle-") as folder:
        yield BundleFile(unpack(data, Path(folder)), signed_by)


def shipped_bundles() -> list[Path]:
    """The bundles that come with the program."""
    if not SHIPPED.is_dir():
        return []
    return sorted(p for p in SHIPPED.iterdir() if p.suffix == ".zip" or (p / MANIFEST_NAME).is_file())


def import_bundle(
    store: Store, path: Path, who: str, trusted: Collection[str] = (), reference: ReferenceEngine | None = None
) -> tuple[int, BundleFile]:
    """Take a bundle from outside into the store as a candidate; returns the model's number and what was read.

    It is tried out first. BundleError, and nothing registered, where it is not sound, does not run, or `trusted` keys
    are given and none of them signed it.
    """
    with opened_file(path, trusted) as found:
        try_out(found.bundle, reference=reference)
        return register_opened(store, found.bundle, who, (str(path.absolute()), found.signed_by)), found


def export_bundle(store: Store, model_id: int, file: Path, signing_key: Path | None = None) -> Exported:
    """Write a model of the store to `file`, which must not exist, signed where a key is given.

    UnknownNameError, BlobError, SigningKeyError; BundleError where the file cannot be written.
    """
    digest = store.models.get(model_id).digest
    data, signed_by = store.models.bundle(digest), ""
    if signing_key is not None:
        signature = sign(data, read_key(signing_key))
        data, signed_by = with_signature(data, signature), signature.key
    _write_new(file, data)
    return Exported(file, digest, signed_by)


def register_bundle(store: Store, path: Path, who: str) -> int:
    """Take a bundle of our own into the store as a candidate; returns the model's number. The same one again keeps
    its own."""
    with opened_bundle(path) as bundle:
        return register_opened(store, bundle, who)


def register_opened(store: Store, bundle: Bundle, who: str, source: tuple[str, str] | None = None) -> int:
    """The same for a bundle that is open; `source` as in `Models.register`.

    BundleError where it shares a backbone that is nowhere to be had.
    """
    _keep_backbone(store, bundle.manifest.backbone)
    manifest_json = (bundle.path / MANIFEST_NAME).read_text(encoding="utf-8")
    return store.models.register(manifest_json, pack(bundle.path), who, source)


def _read(path: Path) -> bytes:
    """No more of the file than a bundle may have: it may be anything."""
    most = DEFAULT_LIMITS.total_bytes + DEFAULT_LIMITS.files * 1024 + _SIGNATURE_BYTES
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}). Name a bundle, a folder or .zip.") from error
    if len(data) > most:
        raise BundleError(f"{path} has more than {most:,} bytes, more than is read of a bundle. It is not used.")
    return data


def _check_trust(path: Path, signed_by: str, trusted: Collection[str]) -> None:
    if not trusted or signed_by in trusted:
        return
    advice = "The model is not used; have it exported where a trusted signing key is configured"
    if not signed_by:
        raise BundleError(f"{path} is not signed, and [models] trusted_keys lets in only what is. {advice}.")
    raise BundleError(
        f"{path} is signed by {signed_by}, which is not among the trusted keys. {advice}, or let the administrator add "
        "the key to [models] trusted_keys."
    )


def _write_new(file: Path, data: bytes) -> None:
    """The whole file or none, and never over another one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened, _removed_on_failure(file):
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
    except FileExistsError as error:
        raise BundleError(f"{file} exists already and is left as it is. Nothing was exported; name another.") from error
    except OSError as error:
        raise BundleError(f"{file} cannot be written ({error.strerror}). Nothing was exported.") from error


@contextmanager
def _removed_on_failure(file: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _keep_backbone(store: Store, digest: str | None) -> None:
    """Put the backbone a model shares into the store, so that every station can have it from there."""
    if digest is not None and not store.blobs.contains(digest):
        store.blobs.put(BackboneShelf(SHIPPED_BACKBONES).packed(digest))
