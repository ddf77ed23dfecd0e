"""The database goes away and comes back: said at once, nothing lost, everything judged afterwards."""

import asyncio

from backend.domain.health import Condition
from backend.events import StatusChanged
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import eventually, running_engine, settings_for
from tests.fakes.plots import write_plots
from tests.mariadb import PASSWORD, MariaDb


def database(events):
    return [event.status.health.database.condition for event in events if isinstance(event, StatusChanged)]


async def test_that_plots_that_come_while_the_database_is_away_are_judged_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
    server = MariaDb()
    await asyncio.to_thread(server.start)
    try:
        url = server.url(server.database())
        await asyncio.to_thread(prepare, url, tmp_path)
        settings = settings_for(tmp_path, store={"url": url, "data_dir": tmp_path / "data"})
        async with running_engine(settings) as (engine, heard):
            write_plots(tmp_path / "inbox", ["CDC_occupancy"], 5, run=1)
            await eventually(lambda: engine.store.counts().judged == 5)
            await asyncio.to_thread(server.halt)
            write_plots(tmp_path / "inbox", ["CDC_occupancy"], 5, run=2)
            await heard.until(lambda events: database(events)[-1:] == [Condition.FAILED])
            blind = [event.status.health.blind for event in heard.events if isinstance(event, StatusChanged)][-1]
            assert blind.startswith("database")
            await asyncio.to_thread(server.resume)
            await heard.until(lambda events: database(events)[-1:] == [Condition.OK], 40)
            await eventually(lambda: engine.store.counts().judged == 10, 40)
    finally:
        await asyncio.to_thread(server.stop)


def prepare(url, tmp_path):
    Store.upgrade(url)
    with Store.open(url, tmp_path / "data") as store:
        activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
