"""CURVE keys: made, read, and the list of who may connect. Files as ZeroMQ's own tools write them. Blocking.

A private key lies in NAME.key_secret, which only its owner may read; the public one in NAME.key, which may go anywhere.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import zmq

from backend.domain.errors import FeedSetupError

SECRET_SUFFIX = ".key_secret"  # noqa: S105 - the end of a file name
PUBLIC_SUFFIX = ".key"

_KEY = r"[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}"
_LINE = re.compile(rf"""^\s*(?P<which>public|secret)-key\s*=\s*"(?P<key>{_KEY})"\s*$""", re.MULTILINE)
_MOST_BYTES = 16_384
_MOST_CLIENTS = 10_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A public and a private key, 40 characters of Z85 each. The private one stays out of every log."""

    public: str
    secret: str

    def __repr__(self) -> str:
        return f"KeyPair({self.public})"


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What a receiver needs: the file of its own private key, and the folder of the public keys that may connect."""

    pair_file: Path
    clients: Path


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """What a sender needs: its own pair, and the receiver's public key."""

    pair: KeyPair
    server: str


def make_keys(name: Path) -> tuple[Path, Path, str]:
    """Make NAME.key and NAME.key_secret; returns both paths and the public key. Never overwrites."""
    public, secret = (part.decode("ascii") for part in zmq.curve_keypair())
    private_file, public_file = _with(name, SECRET_SUFFIX), _with(name, PUBLIC_SUFFIX)
    if os.path.lexists(public_file):
        raise _exists(public_file)
    note = "# ZeroMQ CURVE {0} key. {1}\n\nmetadata\ncurve\n"
    _write(
        private_file, note.format("private", "Keep it to yourself.") + _line("public", public) + _line("secret", secret)
    )
    _write(public_file, note.format("public", "Give it to whom you talk to.") + _line("public", public), 0o644)
    return private_file, public_file, public


def read_pair(file: Path) -> KeyPair:
    """A private key file; one that others may read is not used. Raises FeedSetupError."""
    keys = _keys_in(file, private=True)
    if "secret" not in keys or "public" not in keys:
        raise FeedSetupError(f"{file} holds no private key. Name the file ending in {SECRET_SUFFIX}. {HOW_TO_MAKE}")
    return KeyPair(keys["public"], keys["secret"])


def read_public(given: str) -> str:
    """A public key, or the one in the file of that name. Raises FeedSetupError."""
    if re.fullmatch(_KEY, given):
        return given
    keys = _keys_in(Path(given), private=False)
    if "public" not in keys:
        raise FeedSetupError(f"{given} holds no public key. Name the file ending in {PUBLIC_SUFFIX}. {HOW_TO_MAKE}")
    return keys["public"]


HOW_TO_MAKE = "Make keys with: hydra-gui feed keygen NAME"


class AllowedKeys:
    """Who may connect: the public keys in `*.key` files of a folder, read again whenever the folder has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._version: tuple[int, ...] = ()
        self._keys: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._keys)

    def callback(self, domain: str, key: bytes) -> bool:
        """Asked by ZeroMQ's authenticator at every handshake; `key` in Z85."""
        del domain
        self.refresh()
        return key.decode("ascii", "replace") in self._keys

    def refresh(self) -> None:
        """Read the folder if it has changed. One that cannot be read lets nobody in."""
        try:
            files = sorted(self._folder.glob(f"*{PUBLIC_SUFFIX}"))[:_MOST_CLIENTS]
            version = tuple(value for file in files for value in _identity(file.stat()))
            if version != self._version or not self._version:
                self._keys, self._version = frozenset(_read_all(files)), version
        except OSError as error:
            log.error("%s cannot be read, so no sender is let in: %s", self._folder, error.strerror)
            self._keys, self._version = frozenset(), ()


def _read_all(files: list[Path]) -> list[str]:
    found = []
    for file in files:
        try:
            found.append(read_public(str(file)))
        except FeedSetupError as error:
            log.error("%s", error)
    return found


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _keys_in(file: Path, *, private: bool) -> dict[str, str]:
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            text = stream.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise FeedSetupError(f"The key {file} cannot be read: {error.strerror}. {HOW_TO_MAKE}") from error
    if private and stat.S_IMODE(mode) & 0o077:
        raise FeedSetupError(f"Others may read the private key {file}, so it is not used. Run: chmod 600 {file}")
    return {match["which"]: match["key"] for match in _LINE.finditer(text)}


def _with(name: Path, suffix: str) -> Path:
    return name.with_name(name.name + suffix)


def _line(which: str, key: str) -> str:
    return f'    {which}-key = "{key}"\n'


def _write(file: Path, text: str, mode: int = 0o600) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError as error:
        raise _exists(file) from error
    except OSError as error:
        raise FeedSetupError(f"{file} cannot be written: {error.strerror}. Choose another folder.") from error
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        with suppress(OSError):
            file.unlink()
        raise FeedSetupError(f"{file} cannot be written: {error.strerror}. Nothing was kept.") from error


def _exists(file: Path) -> FeedSetupError:
    return FeedSetupError(f"{file} exists and is not overwritten: whoever uses it would lose it. Choose another name.")
