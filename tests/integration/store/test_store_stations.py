"""Who is there: names that are not taken from one another, heartbeats by the clock of the database, goodbyes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.domain.stations import FRESH_S, StationRole, living
from backend.store import Store
from backend.store.stations import Entering
from tests.samples import LEASE_S, commit, new_plot

HERE = Entering(StationRole.ENGINE, "0.1", os.uname().nodename, os.getpid())


@pytest.fixture
def another(store_url: str, tmp_path: Path):
    """The same store, opened by another program."""
    with Store.open(store_url, tmp_path) as opened:
        yield opened


def age_all(store: Store, seconds: float) -> None:
    shift = (
        f"heartbeat_at - {int(seconds * 1e6)}"
        if store.database.embedded
        else f"heartbeat_at - INTERVAL {seconds} SECOND"
    )
    store.database.write(lambda connection: connection.execute(text(f"UPDATE stations SET heartbeat_at = {shift}")))


def test_that_a_station_is_entered_with_its_role_and_its_heartbeat_noted(store: Store):
    assert store.stations.enter("hall-d", HERE) == "hall-d"
    [before] = store.stations.all()
    assert (before.name, before.role, before.version, before.pid) == ("hall-d", StationRole.ENGINE, "0.1", os.getpid())
    assert before.alive
    assert before.age_s < FRESH_S
    deadline = time.monotonic() + 60
    while store.stations.all()[0].heartbeat_at == before.heartbeat_at and time.monotonic() < deadline:
        assert store.stations.heartbeat("hall-d")
    [after] = store.stations.all()
    assert after.heartbeat_at > before.heartbeat_at
    assert after.started_at == before.started_at


def test_that_a_running_program_keeps_its_name_and_a_second_one_gets_a_number(store: Store, another: Store):
    assert store.stations.enter("hall-d", HERE) == "hall-d"
    assert another.stations.enter("hall-d", HERE) == "hall-d-2"
    assert store.stations.enter("hall-d", HERE) == "hall-d"
    assert [station.name for station in living(store.stations.all())] == ["hall-d", "hall-d-2"]


def test_that_the_name_of_a_killed_program_of_this_machine_is_free_at_once(store: Store, another: Store):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(60)
    store.stations.enter("hall-d", Entering(StationRole.ENGINE, "", HERE.host, ended.pid))
    assert another.stations.enter("hall-d", HERE) == "hall-d"


def test_that_the_name_of_another_machine_is_free_when_it_was_not_heard_of_for_long(store: Store, another: Store):
    store.stations.enter("hall-d", Entering(StationRole.ENGINE, "", "elsewhere", 1))
    assert another.stations.enter("hall-d", HERE) == "hall-d-2"
    age_all(store, FRESH_S + 1)
    assert another.stations.enter("hall-d", HERE) == "hall-d"
    assert not store.stations.heartbeat("hall-d"), "its name has another one now"


def test_that_a_station_that_stopped_is_gone_and_one_that_is_silent_too(store: Store, another: Store):
    store.stations.enter("a", HERE)
    another.stations.enter("b", HERE)
    store.stations.leave("a")
    assert [station.name for station in living(store.stations.all())] == ["b"]
    age_all(store, FRESH_S + 1)
    assert living(store.stations.all()) == []


def test_that_a_heartbeat_renews_the_leases_of_its_owner(store: Store):
    store.stations.enter("a", HERE)
    commit(store, [new_plot()], "a/1", 0.2)
    assert store.stations.heartbeat("a", "a/1", LEASE_S)
    deadline = time.monotonic() + 0.4
    while time.monotonic() < deadline:
        assert store.work.claim("b/1", 1, LEASE_S) == []


def test_that_the_difference_of_clocks_is_seen(store: Store, monkeypatch: pytest.MonkeyPatch):
    if store.database.embedded:
        pytest.skip("an embedded store has one machine and one clock")
    from datetime import UTC, datetime, timedelta

    from backend.store import clock

    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(minutes=5))
    store.stations.enter("ahead", HERE)
    monkeypatch.undo()
    [station] = store.stations.all()
    assert 290_000 < station.skew_ms < 310_000
    assert station.alive
