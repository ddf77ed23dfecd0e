"""A window that only watches sees what others take in, judge and set aside: soon, cheaply, with ZeroMQ or not."""

import asyncio
import contextlib
import statistics
import sys
import time

import pytest

from backend.config import ConfigurationError, StationSection
from backend.domain.health import Condition
from backend.domain.plots import PlotState
from backend.domain.stations import StationRole
from backend.events import FileQuarantined, ModelActivated, PlotArrived, PlotJudged, StatusChanged
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import eventually, running_engine, settings_for
from tests.fakes.machine import slowness
from tests.fakes.plots import write_plot, write_plots

PLOTS = 12
SEEN_WITHIN_S = 1.0
QUERIES_A_SECOND = 5.0


@pytest.fixture
def place(mariadb_url, tmp_path):
    """A store on the server with one active model, for CDC_occupancy; images lie beside it."""
    Store.upgrade(mariadb_url)
    with Store.open(mariadb_url, tmp_path / "data", tmp_path / "blobs") as store:
        activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
    return tmp_path, mariadb_url


def settings(place, name: str, *, judges: bool = True, takes_in: bool = True, **sections):
    root, url = place
    given = {
        "store": {"url": url, "data_dir": root / name, "blobs": root / "blobs"},
        "station": {"name": name, "lease_s": 3.0},
        "engine": {"judges": judges},
    }
    if not takes_in:
        given["input"] = {"directory": None}
    return settings_for(root, **(given | sections))


@contextlib.asynccontextmanager
async def engine_and_watcher(place, **sections):
    async with running_engine(settings(place, "engine", **sections)) as (engine, told):
        watching = settings(place, "watcher", judges=False, takes_in=False, **sections)
        async with running_engine(watching, window=True) as (watcher, heard):
            yield engine, told, watcher, heard


def statuses(heard):
    return [event.status for event in heard.events if isinstance(event, StatusChanged)]


def verdicts_in(events) -> list[PlotJudged]:
    return [event for event in events if isinstance(event, PlotJudged)]


@pytest.mark.timed
@pytest.mark.parametrize("hints", ["tcp://127.0.0.1:*", ""], ids=["with ZeroMQ", "without"])
async def test_that_a_watching_window_sees_verdicts_within_a_second(place, hints):
    lags = []
    async with engine_and_watcher(place, events={"listen": hints}) as (engine, told, watcher, heard):
        when: dict[int, float] = {}
        engine.subscribe(lambda event: isinstance(event, PlotJudged) and note(when, event))
        watcher.subscribe(
            lambda event: (
                isinstance(event, PlotJudged) and lags.append(time.monotonic() - when[event.tile.plot.plot_id])
            )
        )
        for number in range(PLOTS):
            write_plot(place[0] / "inbox", "CDC_occupancy", 1, number)
            await heard.until(lambda events, n=number: len(verdicts_in(events)) > n)
        shown = verdicts_in(heard.events)
        assert all(event.elsewhere and event.tile.verdict and event.tile.heat_map for event in shown)
        assert [event.tile.plot.plot_id for event in shown] == [e.tile.plot.plot_id for e in verdicts_in(told.events)]
        assert (await watcher.view()).tiles[0].strip == (await engine.view()).tiles[0].strip
        await heard.until(lambda _: statuses(heard)[-1].judged == PLOTS)
        image = await watcher.image(shown[-1].tile.plot)
        assert image.shape == (240, 320, 3)
    late = statistics.quantiles(lags, n=20)[18]
    sys.stdout.write(f"verdicts seen by another station after {late * 1e3:.0f} ms (95th percentile)\n")
    assert late <= SEEN_WITHIN_S * slowness()


def since(when: dict[int, float], event: PlotJudged) -> float:
    return time.monotonic() - when[event.tile.plot.plot_id]


def note(when: dict[int, float], event: PlotJudged) -> None:
    when[event.tile.plot.plot_id] = time.monotonic()


async def test_that_a_watching_window_sees_quarantine_activations_and_who_judges(place):
    async with engine_and_watcher(place) as (engine, _, watcher, heard):
        (place[0] / "inbox" / "Empty_0001.txt.png").write_bytes(b"no image, whatever the name says")
        await heard.until(lambda events: any(isinstance(event, FileQuarantined) for event in events))
        assert await watcher.quarantined() == await engine.quarantined()
        await asyncio.to_thread(activate_bundle, engine.store, place[0] / "bundles", "TOF_bars")
        await heard.until(
            lambda events: any(isinstance(e, ModelActivated) and e.plot_type == "TOF_bars" for e in events)
        )
        await heard.until(lambda _: statuses(heard)[-1].presence.engines == 1)
        status = statuses(heard)[-1]
        assert (status.presence.role, status.presence.name) == (StationRole.WATCHER, "watcher")
        assert (status.health.inference.condition, status.health.inference.word) == (Condition.OK, "1 engine")
        assert status.health.feed.condition is Condition.OK
        with pytest.raises(ConfigurationError, match="only watches"):
            await watcher.watch(place[0] / "inbox")


async def test_that_a_watching_window_is_blind_when_plots_wait_and_nobody_judges(place):
    feeding = settings(place, "feeder", judges=False)
    watching = settings(place, "watcher", judges=False, takes_in=False)
    async with running_engine(watching, window=True) as (watcher, heard), running_engine(feeding) as (feeder, _):
        assert statuses(heard)[-1].health.blind == ""
        write_plots(place[0] / "inbox", ["CDC_occupancy"], 3)
        await heard.until(lambda _: "no engine" in statuses(heard)[-1].health.blind)
        await heard.until(lambda events: any(isinstance(e, PlotArrived) and e.tile.plot for e in events))
        assert (await watcher.view()).tiles[0].plot.state is PlotState.PENDING
        assert feeder.store.work.pending_count() == 3
        async with running_engine(settings(place, "late", takes_in=False)):
            await heard.until(lambda events: len(verdicts_in(events)) >= 1)
            await heard.until(lambda _: statuses(heard)[-1].health.blind == "" and statuses(heard)[-1].judged == 3)


@pytest.mark.parametrize("judges", [True, pytest.param(False, marks=pytest.mark.soak)])
async def test_that_an_idle_station_asks_the_server_little(place, mariadb_server, judges):
    usual = {"name": "idle", "lease_s": StationSection().lease_s}
    idle = settings(place, "idle", judges=judges, takes_in=False, station=usual)
    async with running_engine(idle, window=True) as (engine, heard):
        await heard.until(lambda _: statuses(heard)[-1].health.inference.condition is not Condition.STARTING)
        await asyncio.to_thread(engine.store.stations.all)
        ours = -questions(mariadb_server) + questions(mariadb_server)
        before, start = questions(mariadb_server), time.monotonic()
        await asyncio.sleep(9.0)  # what is measured is a rate over a time in which nothing happens
        asked = (questions(mariadb_server) - before - ours) / (time.monotonic() - start)
    sys.stdout.write(f"idle, judges={judges}: {asked:.1f} questions a second\n")
    assert 0.5 <= asked <= QUERIES_A_SECOND


def shown_by(engine):
    """The newest plots that an engine has for its window, by plot type."""
    return {tile.plot_type.name: tile.plot for tile in engine.parts.context.hall.tiles}


def questions(server) -> int:
    """Statements the server was sent by all clients; asking for it adds a few of its own."""
    return int(server.execute("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1])


async def test_that_two_windows_that_judge_share_the_work_and_show_the_same(place):
    names = ("one", "two")
    async with contextlib.AsyncExitStack() as stack:
        stations = [
            await stack.enter_async_context(running_engine(settings(place, name, takes_in=name == "one"), window=True))
            for name in names
        ]
        await stations[0][1].until(lambda _: statuses(stations[0][1])[-1].presence.engines == 2)
        write_plots(place[0] / "inbox", ["CDC_occupancy", "TOF_bars", "FCAL_occupancy"], 90)
        counts = stations[0][0].store.counts
        await eventually(lambda: counts().plots == 90 and counts().pending == 0)
        for engine, heard in stations:
            await heard.until(lambda _, h=heard: statuses(h)[-1].judged == 90)
            wanted = {tile.plot_type.name: tile.plot for tile in engine.store.live.hall()}
            await heard.until(lambda _, e=engine, w=wanted: shown_by(e) == w)
