"""Engines as real processes on one real MariaDB share the work: each plot is judged once, whatever happens to one."""

import hashlib
import io
import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from backend.config import StationSection
from backend.domain.intake import Line, NewPlot
from backend.domain.plots import PlotIdentity
from backend.domain.stations import FRESH_S
from backend.store.leases import of_station
from backend.store.tables import verdicts, work
from tests.fakes.machine import slowness
from tests.fakes.plots import plot_image
from tests.fakes.proxy import Proxy
from tests.fakes.station_processes import Hall, until

PLOT_TYPES = ("CDC_occupancy", "FCAL_occupancy", "TOF_bars")
USUAL_LEASE_S = StationSection().lease_s
LOOKS_WITHIN_S = 2.5
"""Usual lease and this together are the ten seconds after which work of a lost engine has been taken over."""


@pytest.fixture
def hall(mariadb_url, tmp_path):
    made = Hall(mariadb_url, tmp_path, PLOT_TYPES)
    yield made
    made.close()


@pytest.fixture
def proxy(mariadb_server):
    made = Proxy(mariadb_server.port)
    yield made
    made.close()


def offer(hall: Hall, count: int, first: int = 0) -> list[int]:
    """Plots in the store for whoever is free; returns their ids."""
    kept = hall.store.intake.commit([_plot(first + number) for number in range(count)], "nobody/1", 1, Line(keep=0))
    return [item.plot.plot_id for item in kept]


def _plot(number: int) -> NewPlot:
    data, moment = io.BytesIO(), datetime.now(UTC)
    plot_image(number, (160, 120)).save(data, "PNG", compress_level=1)
    identity = PlotIdentity(PLOT_TYPES[number % len(PLOT_TYPES)], 1, number)
    digest = hashlib.sha256(data.getvalue()).hexdigest()
    return NewPlot(identity, data.getvalue(), digest, 160, 120, moment, moment)


def judged_by(station) -> int:
    return sum(json.loads(line).get("event") == "judged" for line in station.lines if line.startswith("{"))


def test_that_three_engines_judge_each_plot_once_and_all_take_part(hall: Hall):
    engines = [hall.engine(f"engine-{letter}") for letter in "abc"]
    for start in range(0, 300, 50):
        offer(hall, 50, start)
    until(lambda: hall.store.counts().pending == 0, "every plot judged")
    assert Counter(hall.verdicts().values()) == {1: 300}
    until(lambda: sum(map(judged_by, engines)) == 300, "every verdict told by the one that gave it")
    assert all(judged_by(engine) > 0 for engine in engines)


@pytest.mark.timed
@pytest.mark.parametrize("fault", ["pause", "cut", pytest.param("kill", marks=pytest.mark.soak)])
@pytest.mark.parametrize("lease_s", [2.0, pytest.param(USUAL_LEASE_S, marks=pytest.mark.soak)])
def test_that_the_work_of_a_lost_engine_is_taken_over_and_a_late_one_changes_nothing(
    hall: Hall, proxy: Proxy, fault: str, lease_s: float
):
    through_proxy = hall.url.replace(f":{proxy.target}/", f":{proxy.port}/")
    lease = {"HYDRA_STATION__LEASE_S": str(lease_s)}
    lost = hall.engine("lost", HYDRA_STORE__URL=through_proxy, **lease)
    hall.engine("other", **lease)
    lose, find = (proxy.cut, proxy.mend) if fault == "cut" else (lost.pause, lost.go_on)
    offered = lose_while_it_has_work(hall, lose, find)
    begun = time.monotonic()
    if fault == "kill":
        lost.kill()
    until(lambda: hall.store.counts().pending == 0, "all that the lost one had is judged")
    took_s = time.monotonic() - begun
    sys.stdout.write(f"{fault}, lease {lease_s} s: taken over and judged after {took_s:.1f} s\n")
    before = decisions(hall)
    if fault != "kill":
        assert not hall.is_there(lost) or took_s < FRESH_S
        find()
        until(lambda: hall.is_there(lost), "the lost one is back")
        seen = judged_by(lost)
        while judged_by(lost) == seen:  # what it had in its hands then has been offered to the store by now
            offered += len(offer(hall, 20, offered))
            until(lambda: hall.store.counts().pending == 0, "all judged")
    assert Counter(hall.verdicts().values()) == {1: offered}
    assert before <= decisions(hall)
    assert took_s <= (lease_s + LOOKS_WITHIN_S) * slowness()


def lose_while_it_has_work(hall: Hall, lose, find) -> int:
    """Offer plots and lose the engine while it holds some; returns how many were offered."""
    offered = 0
    while True:
        offered += len(offer(hall, 60, offered))
        until(lambda: held_by(hall, "lost") or not hall.store.counts().pending, "it takes some or all are judged")
        lose()
        if held_by(hall, "lost"):
            return offered
        find()


def held_by(hall: Hall, station: str) -> int:
    query = select(func.count()).select_from(work).where(of_station(station))
    return hall.store.database.read(lambda connection: connection.scalar(query))


def decisions(hall: Hall) -> set[tuple]:
    columns = (verdicts.c.plot_id, verdicts.c.model_id, verdicts.c.decided_at, verdicts.c.confidence)
    return set(hall.store.database.read(lambda connection: connection.execute(select(*columns)).all()))
