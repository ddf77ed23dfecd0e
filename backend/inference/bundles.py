"""Model bundles on disk and as one file: sealed when made, verified when opened, never changed in between.

A bundle is a folder with `manifest.json`, the network as OpenVINO IR and whatever else its maker lists. When moved it
is a zip in one canonical form (names sorted, no compression, no times), so that the same bundle gives the same bytes
on every machine; the SHA-256 of those bytes, the digest, names the bundle. Everything that comes in is distrusted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.domain.errors import BundleError
from backend.inference.canonical_zip import DEFAULT_LIMITS, BundleLimits, read_zip, write_zip
from backend.inference.contents import check_contents
from backend.inference.manifest import (
    ADVICE,
    FORMAT,
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Manifest,
    ModelFacts,
    check_file_name,
    manifest_json,
    parse_manifest,
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle: folder, manifest and the SHA-256 of its zip."""

    path: Path
    manifest: Manifest
    digest: str

    def read(self, name: str) -> bytes:
        """The content of a listed file, verified again: the disk may have changed since. BundleError."""
        try:
            data = (self.path / name).read_bytes()
        except OSError as error:
            raise BundleError(f"{self.path / name} cannot be read: {error.strerror}. {ADVICE}") from error
        _verify_file(name, data, self.manifest)
        return data


def seal(directory: Path, facts: ModelFacts) -> Bundle:
    """Make a bundle of the files in `directory` by writing its manifest; the last step of making a model.

    Every file in the folder becomes part of it. BundleError when `facts` and files make no bundle.
    """
    files = {name: _sha256(data) for name, data in _read_folder(directory, DEFAULT_LIMITS).items()}
    files.pop(MANIFEST_NAME, None)
    stated = facts.model_dump(mode="json", include=set(ModelFacts.model_fields), round_trip=True)
    manifest = parse_manifest(_draft_json(stated, files))
    (directory / MANIFEST_NAME).write_text(manifest_json(manifest), encoding="utf-8")
    return open_bundle(directory)


def open_bundle(directory: Path) -> Bundle:
    """The bundle in `directory`, every file verified and looked through. BundleError says what is wrong with it."""
    contents = _read_folder(directory, DEFAULT_LIMITS)
    manifest = _verified_manifest(contents)
    check_contents(contents, manifest)
    return Bundle(directory, manifest, _sha256(write_zip(contents)))


def reopen_bundle(directory: Path, digest: str) -> Bundle:
    """The same for a bundle that must have this digest: what its files hold was looked through when it came in."""
    contents = _read_folder(directory, DEFAULT_LIMITS)
    if (found := _sha256(write_zip(contents))) != digest:
        raise BundleError(f"{directory} holds {found[:12]}…, not {digest[:12]}…. {ADVICE}")
    return Bundle(directory, _verified_manifest(contents), digest)


def pack(directory: Path) -> bytes:
    """The bundle in `directory` as one file; its SHA-256 is the digest. BundleError when it is damaged."""
    contents = _read_folder(directory, DEFAULT_LIMITS)
    _verified_manifest(contents)
    return write_zip(contents)


def unpack(zip_bytes: bytes, into: Path, limits: BundleLimits = DEFAULT_LIMITS) -> Bundle:
    """Put a packed bundle into the folder `into`/<digest>, which appears whole or not at all.

    Any number of threads and processes may unpack the same bundle at once. A sound copy that is there already is
    used, a damaged one replaced. BundleError, and nothing written, when the bytes are not a sound bundle.
    """
    contents = read_zip(zip_bytes, limits)
    manifest = _verified_manifest(contents)
    check_contents(contents, manifest)
    digest = _sha256(zip_bytes)
    target = into / digest
    if not _is_sound(target, digest):
        _place(contents, target)
    return Bundle(target, manifest, digest)


def _draft_json(stated: Mapping[str, object], files: Mapping[str, str]) -> str:
    return json.dumps({"format": FORMAT, **stated, "files": files})


def _is_sound(directory: Path, digest: str) -> bool:
    try:
        return directory.is_dir() and bool(reopen_bundle(directory, digest))
    except BundleError:
        return False


def _place(contents: Mapping[str, bytes], target: Path) -> None:
    """Write beside the target, then rename: readers never see a half of it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target.parent) as work:
            fresh = Path(work) / "bundle"
            for name, data in contents.items():
                _write(fresh / name, data)
            _swap_in(fresh, target, Path(work) / "replaced")
    except OSError as error:
        message = f"A model cannot be unpacked into {target.parent}: {error.strerror}."
        raise BundleError(f"{message} No plot is lost; make room or give write permission there.") from error


def _swap_in(fresh: Path, target: Path, replaced: Path) -> None:
    for _ in range(8):  # another process may put the same bundle there at any moment
        try:
            fresh.rename(target)
            return
        except OSError:
            if _is_sound(target, target.name):
                return
            shutil.rmtree(replaced, ignore_errors=True)
            if target.exists():
                target.rename(replaced)
    fresh.rename(target)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _read_folder(directory: Path, limits: BundleLimits) -> dict[str, bytes]:
    """Every file below `directory` by its relative name; symbolic links and oversize are refused before reading."""
    if not directory.is_dir():
        raise BundleError(f"{directory} is no folder, so there is no model in it. Name the folder of a model bundle.")
    paths = [path for path in sorted(directory.rglob("*")) if path.is_symlink() or not path.is_dir()]
    for path in paths:
        if path.is_symlink() or not path.is_file():
            raise BundleError(f"{path} is a link or no plain file, which a model bundle never holds. {ADVICE}")
    try:
        limits.check([path.stat().st_size for path in paths])
        return {_name(path, directory): path.read_bytes() for path in paths}
    except OSError as error:
        raise BundleError(f"The model in {directory} cannot be read: {error}. {ADVICE}") from error


def _name(path: Path, directory: Path) -> str:
    name = path.relative_to(directory).as_posix()
    try:
        return name if name == MANIFEST_NAME else check_file_name(name)
    except ValueError as error:
        raise BundleError(f"{error}, which a model bundle never holds. {ADVICE}") from error


def _verified_manifest(contents: Mapping[str, bytes]) -> Manifest:
    if MANIFEST_NAME not in contents:
        raise BundleError(f"There is no {MANIFEST_NAME}, so this is no model bundle. {ADVICE}")
    manifest = parse_manifest(contents[MANIFEST_NAME][: MAX_MANIFEST_BYTES + 1])
    missing = sorted(set(manifest.files) - set(contents))
    unlisted = sorted(set(contents) - set(manifest.files) - {MANIFEST_NAME})
    if missing:
        raise BundleError(f"The bundle lacks {', '.join(missing)}. {ADVICE}")
    if unlisted:
        raise BundleError(f"The bundle holds files that its manifest does not list: {', '.join(unlisted)}. {ADVICE}")
    for name in manifest.files:
        _verify_file(name, contents[name], manifest)
    return manifest


def _verify_file(name: str, data: bytes, manifest: Manifest) -> None:
    if _sha256(data) != manifest.files[name]:
        raise BundleError(f"{name} is not the file that was sealed: its SHA-256 differs from the manifest's. {ADVICE}")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
