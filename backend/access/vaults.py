"""Vaults: where secrets rest on this machine. A keyring where the desktop has one, else a file only its owner reads."""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from backend.domain.errors import SecretError

_SERVICE = "hydra-gui"
_MODE = 0o600
_OTHERS = 0o077


class Vault(Protocol):
    """Secrets by name. Methods raise SecretError, which never holds a secret."""

    @property
    def place(self) -> str:
        """Where this is, for a person."""

    def get(self, name: str) -> str | None:
        """The secret of this name, None where there is none."""

    def put(self, name: str, secret: str) -> None:
        """Keep a secret in place of the one before."""

    def remove(self, name: str) -> bool:
        """Forget a secret; False where there was none."""


class KeyringVault:
    """The keyring of the desktop session (Secret Service, KWallet, …)."""

    def __init__(self, keyring: Any) -> None:  # noqa: ANN401 - a module without types
        self._keyring = keyring
        self.place = f"the keyring ({keyring.get_keyring().name})"

    def get(self, name: str) -> str | None:
        """Ask the keyring; it may ask the person to unlock it."""
        with self._explaining("read"):
            found = self._keyring.get_password(_SERVICE, name)
        return None if found is None else str(found)

    def put(self, name: str, secret: str) -> None:
        """Keep."""
        with self._explaining("written"):
            self._keyring.set_password(_SERVICE, name, secret)

    def remove(self, name: str) -> bool:
        """Forget."""
        if self.get(name) is None:
            return False
        with self._explaining("changed"):
            self._keyring.delete_password(_SERVICE, name)
        return True

    @contextmanager
    def _explaining(self, done: str) -> Iterator[None]:
        try:
            yield
        except self._keyring.errors.KeyringError as error:
            raise SecretError(
                f"{self.place} cannot be {done} ({type(error).__name__}). Nothing was changed: unlock it and try again."
            ) from None  # a backend may put anything into its messages


class FileVault:
    """A JSON file with mode 0600 in a directory of the user's own."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.place = f"the file {file}"

    def get(self, name: str) -> str | None:
        """Read; a file that others may read is not used."""
        return self._read().get(name)

    def put(self, name: str, secret: str) -> None:
        """Write another file and rename it into place: a crash leaves the old one or the new one."""
        with self._alone():
            self._write({**self._read(), name: secret})

    def remove(self, name: str) -> bool:
        """Forget."""
        with self._alone():
            kept = self._read()
            if kept.pop(name, None) is None:
                return False
            self._write(kept)
        return True

    def _read(self) -> dict[str, str]:
        try:
            with self._file.open("rb") as stream:
                self._refuse_open_file(os.fstat(stream.fileno()))
                kept = json.loads(stream.read())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SecretError(f"{self._file} cannot be read ({error.strerror}). Mend its rights.") from error
        except ValueError:
            kept = None  # the message would hold what stands there
        if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
            raise SecretError(f"{self._file} is damaged. Remove it and run `hydra-gui db login` again.")
        return kept

    def _refuse_open_file(self, status: os.stat_result) -> None:
        if stat.S_IMODE(status.st_mode) & _OTHERS or status.st_uid != os.geteuid():
            raise SecretError(
                f"{self._file} holds passwords, but others than its owner may read it; it is not used. Run "
                f"`chmod 600 {self._file}` as its owner, and change the passwords if somebody may have seen them."
            )

    def _write(self, kept: dict[str, str]) -> None:
        unfinished = self._file.with_name(f"{self._file.name}.{os.getpid()}.part")
        try:
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(kept, stream)
                stream.flush()
                os.fsync(descriptor)
            unfinished.replace(self._file)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise SecretError(f"{self._file} cannot be written ({error.strerror}). Nothing was changed.") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, also among programs."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._file.with_name(self._file.name + ".lock"), os.O_RDWR | os.O_CREAT, _MODE)
        except OSError as error:
            raise SecretError(f"{self._file} cannot be written ({error.strerror}). Nothing was changed.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def desktop_keyring() -> KeyringVault | None:
    """The keyring, where the package is installed and has a backend that keeps anything."""
    try:
        keyring = importlib.import_module("keyring")
        backend = keyring.get_keyring()
    except Exception:  # a backend may fail in any way while it looks for its desktop
        return None
    kept_nowhere = type(backend).__module__ in ("keyring.backends.fail", "keyring.backends.null")
    return None if kept_nowhere else KeyringVault(keyring)
