"""One database of Hydra for all that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.store import Store
from tests.fakes.hydra_database import HydraDatabase, make_hydra, write_images
from tests.fakes.hydra_import import LABELS, PLOTS, VERDICTS
from tests.mariadb import MariaDb


@pytest.fixture(scope="session")
def hydra(mariadb_server: MariaDb) -> Iterator[HydraDatabase]:
    made = make_hydra(mariadb_server, PLOTS, LABELS, VERDICTS)
    yield made
    made.drop()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Store]:
    """A store of one kind, where the kind does not matter."""
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as opened:
        yield opened


@pytest.fixture
def changed(mariadb_server: MariaDb) -> Iterator[HydraDatabase]:
    """A small one, to be changed by the test."""
    made = make_hydra(mariadb_server, 12, 20, 30)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def images(hydra: HydraDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    write_images(hydra, folder, PLOTS)
    return folder
