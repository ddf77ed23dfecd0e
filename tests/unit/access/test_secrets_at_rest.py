"""Where secrets rest: files, keyrings, and what is refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.access.secrets import Secrets
from backend.access.vaults import FileVault, desktop_keyring
from backend.domain.errors import SecretError

NAME, SECRET = "mysql://hydra@db.example.org:3306", "s3cret [bold] %(x)s 'ü'"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "secrets.json"


def test_that_what_is_put_into_the_file_is_found_again_by_another_program(file: Path) -> None:
    FileVault(file).put(NAME, SECRET)
    FileVault(file).put("other", "x")
    assert FileVault(file).get(NAME) == SECRET
    assert FileVault(file).get("unknown") is None
    assert FileVault(file).remove(NAME)
    assert not FileVault(file).remove(NAME)
    assert FileVault(file).get("other") == "x"


def test_that_only_its_owner_may_read_the_file_whatever_the_umask(file: Path) -> None:
    before = os.umask(0)
    try:
        FileVault(file).put(NAME, SECRET)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in file.parent.iterdir()) == ["secrets.json", "secrets.json.lock"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_that_a_file_that_others_may_read_or_write_is_not_used(file: Path, mode: int) -> None:
    FileVault(file).put(NAME, SECRET)
    file.chmod(mode)
    for attempt in (lambda: FileVault(file).get(NAME), lambda: FileVault(file).put("other", "x")):
        with pytest.raises(SecretError, match="chmod 600") as caught:
            attempt()
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("text", ["{", '["s3cret"]', '{"a": 1}', ""])
def test_that_a_damaged_file_is_told_without_repeating_it(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(SecretError, match=r"damaged.*hydra-gui db login") as caught:
        FileVault(file).get(NAME)
    assert caught.value.__cause__ is None
    assert "s3cret" not in str(caught.value)


def test_that_writers_at_the_same_time_lose_nothing(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: FileVault(file).put(f"name {number}", str(number)), range(40)))
    assert [FileVault(file).get(f"name {number}") for number in range(40)] == [str(number) for number in range(40)]


def test_that_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file, no folder")
    with pytest.raises(SecretError, match=r"cannot be written.*Nothing was changed"):
        FileVault(tmp_path / "config" / "secrets.json").put(NAME, SECRET)


class MemoryVault:
    """A desktop's keyring, which no test machine has."""

    place = "the keyring"

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, secret: str) -> None:
        self.kept[name] = secret

    def remove(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None


def test_that_a_keyring_goes_before_the_file_and_takes_over_from_it(file: Path) -> None:
    keyring, kept = MemoryVault(), FileVault(file)
    kept.put(NAME, "old")
    secrets = Secrets([keyring, kept])
    assert secrets.get(NAME) == "old"
    secrets.put(NAME, SECRET)
    assert (secrets.get(NAME), kept.get(NAME)) == (SECRET, None)
    assert secrets.remove(NAME)
    assert not secrets.remove(NAME)


class LockedVault(MemoryVault):
    """A keyring that nobody unlocks."""

    def get(self, name: str) -> str | None:
        raise SecretError("unlock it")


def test_that_a_locked_keyring_is_passed_over_where_the_file_knows(file: Path) -> None:
    secrets = Secrets([LockedVault(), FileVault(file)])
    with pytest.raises(SecretError, match="unlock it"):
        secrets.get(NAME)
    FileVault(file).put(NAME, SECRET)
    assert secrets.get(NAME) == SECRET


def test_that_a_machine_without_a_keyring_keeps_secrets_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert desktop_keyring() is None  # tests are run with the backend that keeps nothing
    Secrets.of_this_machine().put(NAME, SECRET)
    assert FileVault(tmp_path / "hydra-gui" / "secrets.json").get(NAME) == SECRET


_BACKEND = """
import keyring.backend, keyring.errors
class Keyring(keyring.backend.KeyringBackend):
    priority, name, kept = 1, "test keyring", {}
    def get_password(self, service, username):
        if username == "locked":
            raise keyring.errors.KeyringLocked("s3cret in the message")
        return self.kept.get((service, username))
    def set_password(self, service, username, password): self.kept[service, username] = password
    def delete_password(self, service, username): del self.kept[service, username]
"""
_USES_IT = """
from backend.access.secrets import Secrets
from backend.domain.errors import SecretError
secrets = Secrets.of_this_machine()
secrets.put("a", "b")
print(secrets.place, secrets.get("a"), secrets.remove("a"), secrets.get("a"))
try:
    secrets.get("locked")
except SecretError as error:
    print(error, error.__cause__)
"""


def test_that_the_keyring_of_the_desktop_is_used_where_there_is_one(tmp_path: Path) -> None:
    pytest.importorskip("keyring")
    (tmp_path / "test_backend.py").write_text(_BACKEND)
    paths = os.pathsep.join([str(tmp_path), str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    chosen = {"PYTHON_KEYRING_BACKEND": "test_backend.Keyring", "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", _USES_IT], env={**os.environ, **chosen}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "the keyring (test keyring) b True None"
    assert "unlock it" in second
    assert "s3cret" not in done.stdout
    assert not (tmp_path / "hydra-gui" / "secrets.json").exists()
