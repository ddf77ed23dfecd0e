"""Fixtures for all tests: a private MariaDB server, and an open store on either database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.store import Store
from tests.mariadb import PASSWORD, MariaDb, find_server

pytest_plugins = ["tests.plugins.leaks"]

os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # no test touches the keyring of a person


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDb]:
    """The server, started once per session. Without the program: a failure where CI=true, else a skip."""
    if find_server() is None:
        message = "mariadbd is not installed (apt-get install mariadb-server); the server tests need it"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    server = MariaDb()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def mariadb_url(mariadb_server: MariaDb, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URL of an empty database on the server; its password is in the environment."""
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
    name = mariadb_server.database()
    yield mariadb_server.url(name)
    mariadb_server.drop(name)


@pytest.fixture(params=["sqlite", "mariadb"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with this program's schema: the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hydra.db'}"
    url: str = request.getfixturevalue("mariadb_url")
    Store.upgrade(url)
    return url


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """An open store, empty: the test runs once on SQLite and once on MariaDB."""
    with Store.open(store_url, tmp_path) as opened:
        yield opened
