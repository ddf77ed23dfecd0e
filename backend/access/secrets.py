"""Secrets of this machine: put into the keyring, or into a file where there is none; found wherever they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import platformdirs

from backend.access.vaults import FileVault, Vault, desktop_keyring
from backend.domain.errors import SecretError

APP = "hydra-gui"


def secrets_file() -> Path:
    """Where secrets are kept on machines without a keyring."""
    return Path(platformdirs.user_config_dir(APP)) / "secrets.json"


class Secrets:
    """Several vaults as one: the first takes what is put, all are asked."""

    def __init__(self, vaults: Sequence[Vault]) -> None:
        self._vaults = tuple(vaults)

    @classmethod
    def of_this_machine(cls) -> Secrets:
        """The keyring if there is one, then the file."""
        keyring, file = desktop_keyring(), FileVault(secrets_file())
        return cls((keyring, file) if keyring else (file,))

    @property
    def place(self) -> str:
        """Where `put` keeps things, for a person."""
        return self._vaults[0].place

    def get(self, name: str) -> str | None:
        """The secret of this name, from the first vault that has it. SecretError where none has, and one is closed."""
        closed: SecretError | None = None
        for vault in self._vaults:
            try:
                found = vault.get(name)
            except SecretError as error:
                closed = closed or error
            else:
                if found is not None:
                    return found
        if closed is not None:
            raise closed
        return None

    def put(self, name: str, secret: str) -> None:
        """Keep a secret in the first vault and nowhere else. SecretError."""
        self._vaults[0].put(name, secret)
        for vault in self._vaults[1:]:
            vault.remove(name)

    def remove(self, name: str) -> bool:
        """Forget a secret everywhere; False where there was none. SecretError."""
        removed = [vault.remove(name) for vault in self._vaults]  # from every one, not up to the first
        return any(removed)
