"""The database stops, hangs, is cut off, moves, changes its schema, runs out of room: said at once, nothing lost."""

import asyncio
import contextlib
import resource
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import text

from backend.domain.health import Condition
from backend.events import PlotJudged, StatusChanged
from backend.store import Store
from backend.store.migrating import EXPECTED
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import eventually, running_engine, settings_for
from tests.fakes.machine import slowness
from tests.fakes.plots import write_plots
from tests.fakes.proxy import Proxy
from tests.fakes.station_processes import Hall, until
from tests.mariadb import PASSWORD, MariaDb

BLIND_WITHIN_S = 2.0


def health(heard):
    return [event.status.health for event in heard.events if isinstance(event, StatusChanged)][-1]


async def blind(heard, word: str = "database") -> float:
    """Wait until the station says that it cannot see; returns how long that took."""
    begun = time.monotonic()
    await heard.until(lambda _: health(heard).blind.startswith(word))
    sys.stdout.write(f"BLIND after {time.monotonic() - begun:.2f} s\n")
    return time.monotonic() - begun


def prepare(url: str, place) -> None:
    Store.upgrade(url)
    with Store.open(url, place / "data", place / "blobs") as store:
        activate_bundle(store, place / "bundles", "CDC_occupancy")


def settings(url: str, place, **sections):
    store = {"url": url, "data_dir": place / "data", "blobs": place / "blobs"} | sections.pop("store", {})
    return settings_for(place, store=store, **sections)


@pytest.fixture
def own_server(monkeypatch):
    """A server of this test alone, which may be stopped and paused."""
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
    server = MariaDb()
    server.start()
    yield server
    server.go_on()
    server.stop()


@pytest.mark.timed
async def test_that_a_database_that_stops_or_hangs_is_told_at_once_and_nothing_is_lost(own_server: MariaDb, tmp_path):
    url = own_server.url(own_server.database())
    await asyncio.to_thread(prepare, url, tmp_path)
    async with running_engine(settings(url, tmp_path), window=True) as (engine, heard):
        judged = 0
        for lose, find in ((own_server.halt, own_server.resume), (own_server.pause, own_server.go_on)):
            await asyncio.to_thread(lose)
            took_s = await blind(heard)
            write_plots(tmp_path / "inbox", ["CDC_occupancy"], 10, run=judged + 1)
            view = await asyncio.wait_for(engine.view(), 1.0 * slowness())
            assert view.status.health.blind
            await asyncio.to_thread(find)
            await heard.until(lambda _: health(heard).database.condition is Condition.OK)
            judged += 10
            await eventually(lambda n=judged: engine.store.counts().judged == n)
            assert took_s <= BLIND_WITHIN_S * slowness()
        assert engine.store.work.pending_count() == 0


@pytest.mark.timed
async def test_that_a_connection_cut_without_a_word_is_told_at_once_and_work_goes_on_when_it_is_mended(
    mariadb_url, mariadb_server, tmp_path
):
    proxy = Proxy(mariadb_server.port)
    try:
        url = mariadb_url.replace(f":{mariadb_server.port}/", f":{proxy.port}/")
        await asyncio.to_thread(prepare, url, tmp_path)
        async with running_engine(settings(url, tmp_path), window=True) as (engine, heard):
            proxy.cut()
            took_s = await blind(heard)
            write_plots(tmp_path / "inbox", ["CDC_occupancy"], 10)
            proxy.reset()
            proxy.mend()
            await heard.until(lambda _: health(heard).blind == "")
            await eventually(lambda: engine.store.counts().judged == 10)
        assert took_s <= BLIND_WITHIN_S * slowness()
    finally:
        proxy.close()


async def test_that_stations_go_to_the_second_address_when_the_first_is_lost_and_stay_there(
    mariadb_url, mariadb_server, tmp_path
):
    first, second = Proxy(mariadb_server.port), Proxy(mariadb_server.port)
    try:
        url = mariadb_url.replace(f":{mariadb_server.port}/", f":{first.port}/")
        await asyncio.to_thread(prepare, url, tmp_path)
        configured = settings(url, tmp_path, store={"failover": (f"127.0.0.1:{second.port}",)})
        async with running_engine(configured) as (engine, heard):
            assert second.connections == 0
            first.refuse()
            write_plots(tmp_path / "inbox", ["CDC_occupancy"], 10)
            await eventually(lambda: engine.store.counts().judged == 10)
            first.accept()
            write_plots(tmp_path / "inbox", ["CDC_occupancy"], 10, run=2)
            await eventually(lambda: engine.store.counts().judged == 20)
            assert first.connections == 0, "two servers must never be used at once"
            await heard.until(lambda _: health(heard).database.condition is Condition.OK)
    finally:
        first.close()
        second.close()


async def test_that_a_replica_is_passed_over(own_server: MariaDb, mariadb_url, mariadb_server, tmp_path):
    name = mariadb_url.rpartition("/")[2]
    own_server.execute(f"CREATE DATABASE {name}")
    own_server.execute("SET GLOBAL read_only = 1")
    await asyncio.to_thread(prepare, mariadb_url, tmp_path)
    url, other = own_server.url(name), f"127.0.0.1:{mariadb_server.port}"
    async with running_engine(settings(url, tmp_path, store={"failover": (other,)})) as (engine, _):
        write_plots(tmp_path / "inbox", ["CDC_occupancy"], 5)
        await eventually(lambda: engine.store.counts().judged == 5)


async def test_that_a_schema_changed_meanwhile_is_refused_with_the_command_and_used_again_when_it_is_right(
    mariadb_url, mariadb_server, tmp_path
):
    proxy = Proxy(mariadb_server.port)
    try:
        url = mariadb_url.replace(f":{mariadb_server.port}/", f":{proxy.port}/")
        await asyncio.to_thread(prepare, url, tmp_path)
        async with running_engine(settings(url, tmp_path), window=True) as (engine, heard):
            proxy.refuse()
            await blind(heard)
            set_revision(mariadb_url, tmp_path, "0001")
            write_plots(tmp_path / "inbox", ["CDC_occupancy"], 5)
            proxy.accept()
            await heard.until(lambda _: health(heard).database.word == "refused")
            assert "hydra-gui db upgrade" in health(heard).database.advice
            set_revision(mariadb_url, tmp_path, EXPECTED)
            await heard.until(lambda _: health(heard).blind == "")
            await eventually(lambda: engine.store.counts().judged == 5)
    finally:
        proxy.close()


def set_revision(url: str, place, revision: str) -> None:
    from backend.store.connecting import connect, read_url

    engine = connect(read_url(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


def test_that_a_disk_without_room_for_images_is_told_and_nothing_is_lost(mariadb_url, tmp_path):
    hall = Hall(mariadb_url, tmp_path, ["CDC_occupancy"])
    try:
        feeder = hall.feeder("feeder", tmp_path / "inbox")
        hall.engine("engine")
        unlimited = resource.prlimit(feeder.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(feeder.pid, resource.RLIMIT_FSIZE, (64, unlimited[1]))  # no image is so small
        written = write_plots(tmp_path / "inbox", ["CDC_occupancy"], 10)
        until(lambda: feeder.says("make room on the disk"), "it says what is wrong")
        assert all(path.exists() for path in written)
        assert hall.store.counts().plots == 0
        assert not list(hall.blobs.rglob("*.part"))
        resource.prlimit(feeder.pid, resource.RLIMIT_FSIZE, unlimited)
        until(lambda: hall.store.counts().judged == 10, "all are judged")
        until(lambda: not any(path.exists() for path in written), "and their files are gone")
        assert Counter(hall.verdicts().values()) == {1: 10}
    finally:
        with contextlib.suppress(ProcessLookupError):
            hall.close()


async def test_that_what_waited_meanwhile_is_judged_newest_first(mariadb_url, tmp_path):
    await asyncio.to_thread(prepare, mariadb_url, tmp_path)
    feeding = settings(mariadb_url, tmp_path, engine={"judges": False}, station={"name": "feeder"})
    async with running_engine(feeding) as (feeder, _):
        write_plots(tmp_path / "inbox", ["CDC_occupancy"], 60)
        await eventually(lambda: feeder.store.work.pending_count() == 60)
    judging = settings(mariadb_url, tmp_path, input={"directory": None}, station={"name": "engine"})
    async with running_engine(judging) as (engine, heard):
        await eventually(lambda: engine.store.counts().judged == 60)
        await heard.until(lambda events: sum(isinstance(event, PlotJudged) for event in events) == 60)
    order = [event.tile.plot.plot_id for event in heard.events if isinstance(event, PlotJudged)]
    assert max(order[:16]) == max(order)
    assert min(order[:16]) > sorted(order)[20]
