"""Labels brought home, tried at random: none is lost, none doubled, none covered that its giver did not know of."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from backend.store import Store
from tests.mariadb import MariaDb
from tests.trials.label_sync import LabelSync

TRIALS, STEPS = 3, 12
SOAK = 1000


@cache
def _empty() -> Path:
    """An empty store, made once."""
    place = Path(tempfile.mkdtemp())
    Store.open(f"sqlite:///{place / 'hall.db'}", place).close()
    return place / "hall.db"


def _embedded(place: Path) -> Store:
    return Store.open(f"sqlite:///{copy(_empty(), place / 'hall.db')}", place)


class OnSqlite(LabelSync):
    template = staticmethod(_embedded)


def _run(machine: type[LabelSync], trials: int, steps: int = STEPS) -> None:
    given = settings(
        max_examples=trials,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=given)


def test_that_labels_come_home_once_each_and_cover_nobody() -> None:
    _run(OnSqlite, TRIALS)


@pytest.fixture
def on_a_server(mariadb_server: MariaDb, mariadb_url: str) -> Iterator[type[LabelSync]]:
    del mariadb_url  # for the password in the environment
    made: list[str] = []

    def fresh(place: Path) -> Store:
        made.append(mariadb_server.database())
        Store.upgrade(mariadb_server.url(made[-1]))
        return Store.open(mariadb_server.url(made[-1]), place)

    yield type("OnServer", (LabelSync,), {"template": staticmethod(fresh), "key": uuid.uuid4()})
    for name in made:
        mariadb_server.drop(name)


@pytest.mark.soak
def test_that_labels_come_home_to_a_server_as_well(on_a_server: type[LabelSync]) -> None:
    _run(on_a_server, 4, 12)


@pytest.mark.soak
def test_that_a_thousand_trials_lose_and_double_nothing() -> None:
    _run(OnSqlite, SOAK, 30)
