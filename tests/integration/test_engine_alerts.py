"""From an image file to an alert, an acknowledgement and back, through real engines on a real store."""

import io
from datetime import UTC, datetime, timedelta

from PIL import Image

from backend.config import load
from backend.domain.alert_actions import AlertKey
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alerts import AlertState
from backend.events import AlertsChanged, StatusChanged
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import running_engine, settings_for
from tests.fakes.plots import write_plot

BRIGHT, DARK = 0, 1
QUICK = AlertPolicy(needed=1, out_of=1)


def prepare(place, url):
    with Store.open(url, place / "data") as store:
        activate_bundle(store, place / "bundles", "CDC_occupancy")
        store.alerts.set_policy("CDC_occupancy", QUICK, "a")


def newest(heard, state):
    """The newest alert told in this state, or None."""
    told = [alert for event in heard.events if isinstance(event, AlertsChanged) for alert in event.alerts]
    return next((alert for alert in reversed(told) if alert.state is state), None)


async def hear(heard, state):
    await heard.until(lambda _: newest(heard, state) is not None)
    return newest(heard, state)


async def test_that_a_bad_plot_alerts_is_acknowledged_and_ends(tmp_path):
    settings = settings_for(tmp_path)
    prepare(tmp_path, settings.store.effective_url)
    async with running_engine(settings) as (engine, heard):
        write_plot(tmp_path / "inbox", "CDC_occupancy", 121_266, 0, number=DARK)
        alert = await hear(heard, AlertState.RAISED)
        assert (alert.plot_type, alert.evidence.classification) == ("CDC_occupancy", "Bad")
        detail = await engine.on_alerts(lambda alerts: alerts.detail(alert.alert_id))
        assert detail.plot is not None
        assert detail.heat_map is not None
        keys = [AlertKey(alert.alert_id, alert.version)]
        outcome = await engine.on_alerts(lambda alerts: alerts.acknowledge(keys, "ann"))
        assert len(outcome.changed) == 1
        await hear(heard, AlertState.ACKNOWLEDGED)
        write_plot(tmp_path / "inbox", "CDC_occupancy", 121_266, 1, number=BRIGHT)
        await hear(heard, AlertState.CLOSED)
        assert (await engine.on_alerts(lambda alerts: alerts.view())).alerts == ()


async def test_that_another_station_hears_of_alerts_and_what_people_do(tmp_path, mariadb_url):
    Store.upgrade(mariadb_url)
    prepare(tmp_path, mariadb_url)
    place = {"data_dir": tmp_path / "data", "url": mariadb_url}
    first = settings_for(tmp_path, store=place, station={"name": "first"})
    second = load(
        tmp_path / "none.toml",
        {"store": place, "station": {"name": "second", "lease_s": 3.0}, "inference": {"cache_dir": tmp_path / "cache"}},
    )
    async with running_engine(first) as (_, here), running_engine(second) as (other, there):
        write_plot(tmp_path / "inbox", "CDC_occupancy", 121_266, 0, number=DARK)
        await hear(here, AlertState.RAISED)
        alert = await hear(there, AlertState.RAISED)
        keys, until = [AlertKey(alert.alert_id, alert.version)], datetime.now(UTC) + timedelta(seconds=3)
        await other.on_alerts(lambda alerts: alerts.shelve(keys, "ann", "known", until))
        await hear(here, AlertState.SHELVED)
        raised = len([1 for event in here.events if isinstance(event, AlertsChanged)])
        await here.until(
            lambda events: any(
                one.state is AlertState.RAISED
                for event in [event for event in events if isinstance(event, AlertsChanged)][raised:]
                for one in event.alerts
            )
        )


async def test_that_the_beam_gate_holds_back_and_says_so(tmp_path):
    beam = tmp_path / "beam.txt"
    beam.write_text("3")
    settings = settings_for(tmp_path, beam={"file": beam, "threshold": 10.0, "poll_s": 0.05})
    prepare(tmp_path, settings.store.effective_url)
    async with running_engine(settings) as (_, heard):
        await heard.until(
            lambda events: any(isinstance(e, StatusChanged) and e.status.beam.certainly_off for e in events)
        )
        write_plot(tmp_path / "inbox", "CDC_occupancy", 121_266, 0, number=DARK)
        alert = await hear(heard, AlertState.SUPPRESSED)
        assert alert.reason == "beam 3 nA < 10 nA"
        await heard.until(lambda events: any(isinstance(e, AlertsChanged) and e.gates for e in events))
        gates = [event.gates for event in heard.events if isinstance(event, AlertsChanged) and event.gates][-1]
        assert [(gate.why, gate.verdicts) for gate in gates] == [("beam 3 nA < 10 nA", 1)]


def png(shade):
    data = io.BytesIO()
    Image.new("RGB", (320, 240), (shade,) * 3).save(data, "PNG")
    return data.getvalue()


async def test_that_an_image_that_never_changes_alerts_as_frozen(tmp_path):
    settings = settings_for(tmp_path)
    prepare(tmp_path, settings.store.effective_url)
    folder = tmp_path / "inbox" / "Run000042"
    folder.mkdir(parents=True)
    async with running_engine(settings) as (_, heard):
        for chunk in range(3):
            (folder / f"CDC_occupancy_{chunk:04d}.png").write_bytes(png(230))
            await heard.until(lambda _, chunk=chunk: engine_judged(heard) > chunk)
        alert = await hear(heard, AlertState.RAISED)
        assert alert.evidence.words == "the same image 3 times"


def engine_judged(heard):
    return sum(type(event).__name__ == "PlotJudged" for event in heard.events)
