"""From a file to a verdict, through the real engine, store, feed and OpenVINO."""

import hashlib
import io
import os
import shutil
import threading
import time
from datetime import UTC, datetime

import pytest

from backend.domain.health import Condition
from backend.domain.intake import NewPlot
from backend.domain.plots import PlotIdentity, PlotState
from backend.domain.quarantine import QuarantineReason
from backend.events import FileQuarantined, PlotJudged, StatusChanged
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import eventually, running_engine, settings_for
from tests.fakes.plots import plot_image, write_plot, write_plots


@pytest.fixture
def place(tmp_path):
    """A place with one active model, for CDC_occupancy."""
    store = Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data")
    activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
    store.close()
    return tmp_path


def judged(events, count):
    return sum(isinstance(event, PlotJudged) for event in events) >= count


async def test_that_a_file_becomes_a_verdict_with_heat_map_and_history(place):
    async with running_engine(settings_for(place)) as (engine, heard):
        write_plot(place / "inbox", "CDC_occupancy", 121_266, 0)
        await heard.until(lambda events: judged(events, 1))
        tile = next(event.tile for event in heard.events if isinstance(event, PlotJudged))
        assert tile.verdict is not None
        assert tile.heat_map is not None
        assert tile.plot.identity.run == 121_266
        assert engine.previews.get(tile.plot.plot_id) is not None
        detail = await engine.detail("CDC_occupancy")
        assert [score.classification for score in detail.scores]
        assert abs(sum(score.probability for score in detail.scores) - 1) < 1e-3
        view = await engine.view()
        assert [shown.plot_type.name for shown in view.tiles] == ["CDC_occupancy"]
        assert (await engine.image(tile.plot)).shape == (240, 320, 3)
        assert (await engine.original(tile.plot)).startswith(b"\x89PNG")


async def test_that_the_status_tells_run_age_and_health(place):
    async with running_engine(settings_for(place)) as (_, heard):
        write_plot(place / "inbox", "CDC_occupancy", 121_266, 0)
        await heard.until(lambda events: any(isinstance(e, StatusChanged) and e.status.run == 121_266 for e in events))
        status = [event.status for event in heard.events if isinstance(event, StatusChanged)][-1]
        assert status.health.blind == ""
        assert status.health.database.condition is Condition.OK
        assert status.newest_plot_at is not None


async def test_that_a_plot_type_nobody_trained_is_shown_and_never_dropped(place):
    async with running_engine(settings_for(place)) as (_, heard):
        write_plot(place / "inbox", "Unheard_of", 1, 0)
        await heard.until(lambda events: judged(events, 1))
        tile = next(event.tile for event in heard.events if isinstance(event, PlotJudged))
        assert tile.plot.state is PlotState.NO_MODEL
        assert tile.verdict is None


async def test_that_every_bad_file_is_set_aside_and_everything_else_goes_on(place):
    inbox = place / "inbox"
    good = write_plot(inbox, "CDC_occupancy", 1, 0)
    bad = {
        "Empty_0001.png": b"",
        "Text_0002.png": b"this is not an image at all, whatever its name says",
        "Cut_0003.png": good.read_bytes()[:-200],
        "Wrong_0004.jpg": good.read_bytes(),
    }
    for name, data in bad.items():
        (good.parent / name).write_bytes(data)
    settings = settings_for(place, input={"after": "leave"})
    for name in bad:
        _make_old(good.parent / name)
    async with running_engine(settings) as (engine, heard):
        await heard.until(lambda events: sum(isinstance(e, FileQuarantined) for e in events) >= len(bad))
        write_plot(inbox, "CDC_occupancy", 1, 9)
        await heard.until(lambda events: judged(events, 2))
        reasons = {file.path.rsplit("/", 1)[1]: file.reason for file in await engine.quarantined()}
    assert reasons == {
        "Empty_0001.png": QuarantineReason.EMPTY,
        "Text_0002.png": QuarantineReason.NOT_AN_IMAGE,
        "Cut_0003.png": QuarantineReason.TRUNCATED,
        "Wrong_0004.jpg": QuarantineReason.WRONG_SUFFIX,
    }
    assert all((good.parent / name).exists() for name in bad)


def _make_old(path):
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))


async def test_that_the_same_plot_twice_is_one_plot(place):
    async with running_engine(settings_for(place)) as (engine, heard):
        path = write_plot(place / "inbox", "CDC_occupancy", 1, 0)
        await heard.until(lambda events: judged(events, 1))
        again = path.parent.parent / "again" / "Run000001"
        again.mkdir(parents=True)
        shutil.copy(path, again / path.name)
        write_plot(place / "inbox", "CDC_occupancy", 1, 1)
        await heard.until(lambda events: judged(events, 2))
        assert engine.store.counts().plots == 2


async def test_that_a_restart_takes_nothing_in_again(place):
    settings = settings_for(place)
    write_plots(place / "inbox", ["CDC_occupancy"], 10)
    async with running_engine(settings) as (engine, _):
        await eventually(lambda: engine.store.counts().judged == 10)
    async with running_engine(settings) as (engine, heard):
        write_plot(place / "inbox", "CDC_occupancy", 5, 5)
        await heard.until(lambda events: judged(events, 1))
        assert engine.store.counts().plots == 11
        assert len((await engine.view()).tiles[0].strip) == 11


@pytest.mark.parametrize("after", ["move", "delete"])
async def test_that_files_are_disposed_of_as_configured_after_the_commit(place, after):
    settings = settings_for(place, input={"after": after, "moved_to": place / "done"})
    write_plots(place / "inbox", ["CDC_occupancy"], 5)
    async with running_engine(settings) as (engine, _):
        await eventually(lambda: engine.store.counts().judged == 5)
        await eventually(lambda: not any((place / "inbox").rglob("*.png")))
    assert len(list((place / "done").rglob("*.png"))) == (5 if after == "move" else 0)


async def test_that_a_model_activated_while_running_judges_at_once(place):
    async with running_engine(settings_for(place)) as (engine, heard):
        write_plot(place / "inbox", "TOF_bars", 1, 0)
        await heard.until(lambda events: judged(events, 1))
        activate_bundle(engine.store, place / "bundles", "TOF_bars")
        await heard.until(lambda events: judged(events, 2))
        tile = [event.tile for event in heard.events if isinstance(event, PlotJudged)][-1]
        assert tile.plot_type.name == "TOF_bars"
        assert tile.verdict is not None


async def test_that_work_of_a_killed_life_is_taken_up(place):
    settings = settings_for(place)
    write_plots(place / "inbox", ["CDC_occupancy"], 3)
    store = Store.open(settings.store.effective_url, settings.store.data_dir)
    async with running_engine(settings) as (engine, _):
        await eventually(lambda: engine.store.counts().judged == 3)
    new = [_new_plot(number) for number in range(4)]
    store.intake.commit(new, "test/former-life", 600)
    store.close()
    async with running_engine(settings) as (engine, _):
        await eventually(lambda: engine.store.counts().judged == 7)


def _new_plot(number):
    data = io.BytesIO()
    plot_image(900 + number).save(data, "PNG")
    moment = datetime.now(UTC)
    sha256 = hashlib.sha256(data.getvalue()).hexdigest()
    return NewPlot(PlotIdentity("CDC_occupancy", 9, number), data.getvalue(), sha256, 320, 240, moment, moment)


async def test_that_a_folder_chosen_later_is_watched_and_no_folder_asks_for_one(place):
    async with running_engine(settings_for(place, input={"directory": None})) as (engine, heard):
        await heard.until(lambda events: any(isinstance(event, StatusChanged) for event in events))
        feed = [event.status.health.feed for event in heard.events if isinstance(event, StatusChanged)][-1]
        assert feed.word == "no folder"
        write_plot(place / "inbox", "CDC_occupancy", 1, 0)
        await engine.watch(place / "inbox")
        await heard.until(lambda events: judged(events, 1))


async def test_that_stopping_leaves_no_thread(place):
    before = set(threading.enumerate())
    async with running_engine(settings_for(place)) as (_, heard):
        write_plots(place / "inbox", ["CDC_occupancy"], 20)
        await heard.until(lambda events: judged(events, 1))
    left = [thread for thread in set(threading.enumerate()) - before if not thread.name.startswith("asyncio_")]
    assert left == []
