"""The database goes away and comes back: said at once, nothing lost, everything judged afterwards."""

import asyncio

from backend.domain.alert_actions import AlertKey
from backend.domain.alert_views import AlertQuery
from backend.domain.alerts import AlertState
from backend.domain.hall_facts import DATABASE
from backend.domain.hall_policy import HallPolicy
from backend.domain.health import Condition
from backend.events import OwnAlertsChanged, StatusChanged
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
            own = await hear_own(heard, AlertState.RAISED)
            assert (own.subject, own.alert_id < 0) == (DATABASE, True)
            assert (await engine.own_alerts.acknowledge([AlertKey(own.alert_id, own.version)], "ann")).changed
            await asyncio.to_thread(server.resume)
            await heard.until(lambda events: database(events)[-1:] == [Condition.OK], 40)
            await eventually(lambda: engine.store.counts().judged == 10, 40)
            await hear_own(heard, AlertState.CLOSED)
            await eventually(lambda: engine.store.alerts.history(AlertQuery("data")), 40)
            [entered] = engine.store.alerts.history(AlertQuery("data"))
            assert (entered.state, entered.who, entered.since) == (AlertState.CLOSED, "ann", own.since)
    finally:
        await asyncio.to_thread(server.stop)


async def hear_own(heard, state):
    """The alert this station tells alone, once it stands like that."""

    def told():
        own = [alert for event in heard.events if isinstance(event, OwnAlertsChanged) for alert in event.alerts]
        return [alert for alert in own if alert.state is state]

    await heard.until(lambda _: bool(told()), 40)
    return told()[-1]


def prepare(url, tmp_path):
    Store.upgrade(url)
    with Store.open(url, tmp_path / "data") as store:
        store.hall_alerts.set_policy(HallPolicy(database_after_s=1.0), "tests")
        activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
