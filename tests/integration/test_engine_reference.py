"""The engine with a model that runs in a worker process: kills, poisonous plots, hanging, no TensorFlow."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from backend.domain.errors import BundleError
from backend.domain.hall import MapRequest
from backend.domain.health import Condition
from backend.domain.quarantine import QuarantineReason
from backend.engine import parts
from backend.engine.engine import Engine
from backend.events import FileQuarantined, PlotJudged, StatusChanged
from backend.inference.bundles import pack
from backend.inference.reference.supervisor import ReferenceEngine
from backend.inference.reference.worker import WorkerSettings
from backend.pipeline import claim, classify, work
from backend.store import Store
from backend.store.tables import plots, predictions
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import Heard, eventually, running_engine, settings_for
from tests.fakes.plots import write_plot
from tests.fakes.reference import CRASH, HANG, SLOW, begun, coloured, open_plain, plain_engine, reference_bundle

APART, HERE = "CDC_occupancy", "TOF_bars"
RUN = 121_266


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with two models in force: one for the reference engine, one for OpenVINO."""
    monkeypatch.setattr(parts, "reference_engine", lambda _: plain_engine(tmp_path))
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data") as store:
        bundle = reference_bundle(tmp_path / "made", APART)
        number = store.models.register((bundle.path / "manifest.json").read_text(), pack(bundle.path), "tests")
        store.models.activate(number, "tests")
        activate_bundle(store, tmp_path / "bundles", HERE)
    return tmp_path


def write(place: Path, chunk: int, first: tuple[int, int, int], brightness: int = 200) -> None:
    """A plot for the reference engine that no other chunk gives."""
    image = coloured(first, brightness)
    image[1, :2] = ((chunk // 250, chunk % 250, 1), (7, 7, 7))
    folder = place / "inbox" / f"Run{RUN}"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{APART}_{chunk:04d}.part"
    Image.fromarray(image).save(part, "PNG")
    part.rename(part.with_suffix(".png"))


def verdicts_of(heard: Heard, plot_type: str) -> list[PlotJudged]:
    judged = [event for event in heard.events if isinstance(event, PlotJudged)]
    return [event for event in judged if event.tile.plot_type.name == plot_type and event.tile.verdict]


async def kill_again_and_again(engine: Engine, place: Path, kills: int, rng: random.Random) -> None:
    """Each time a worker is in the middle of an image that no worker had begun before the last kill."""
    looks, done = place / "cache" / "bundles", 0
    while done < kills:
        seen = len(begun(looks)) + rng.randrange(3)
        await eventually(lambda seen=seen: len(begun(looks)) > seen, what=f"work after {done} kills")
        pid = engine.parts.reference.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            done += 1


async def survives(place: Path, kills: int, count: int) -> None:
    """`count` plots, and a worker that is killed so many times while it looks at them."""
    async with running_engine(settings_for(place)) as (engine, heard):
        for chunk in range(count):
            write(place, chunk, SLOW, 220 if chunk % 2 else 30)
        await kill_again_and_again(engine, place, kills, random.Random(20261127))
        await heard.until(lambda _: len(verdicts_of(heard, APART)) >= count, 600)
        columns = select(plots.c.chunk, predictions.c.probabilities).join_from(predictions, plots)
        with engine.store.database.engine.connect() as connection:
            found = connection.execute(columns).all()
        counts = engine.store.counts()
        assert engine.parts.reference.starts >= kills
    assert Counter(chunk for chunk, _ in found) == dict.fromkeys(range(count), 1)
    assert all(np.argmax(np.frombuffer(said, "<f4")) == 1 - chunk % 2 for chunk, said in found)
    assert (counts.judged, counts.pending, counts.quarantined) == (count, 0, 0)
    assert len(verdicts_of(heard, APART)) == count


async def test_that_no_plot_is_lost_or_doubled_when_the_worker_is_killed_in_the_middle(place):
    await survives(place, kills=3, count=40)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_that_no_plot_is_lost_or_doubled_over_a_hundred_kills(place):
    await survives(place, kills=100, count=1200)


async def test_that_more_plots_than_fit_into_memory_wait_in_the_store_and_are_judged_later(place, monkeypatch):
    monkeypatch.setattr(classify, "APART_LENGTH", 4)
    monkeypatch.setattr(claim, "LATER_S", 0.3)
    monkeypatch.setitem(work._LATER_S, classify.LaterError, 0.3)
    await survives(place, kills=0, count=40)


async def test_that_a_plot_that_crashes_the_worker_is_set_aside_and_seen_and_the_others_are_judged(place):
    async with running_engine(settings_for(place)) as (engine, heard):
        for chunk in range(6):
            write(place, chunk, CRASH if chunk == 2 else (1, 2, 3))
        await heard.until(lambda events: any(isinstance(event, FileQuarantined) for event in events))
        await heard.until(lambda _: len(verdicts_of(heard, APART)) >= 5)
        (file,) = await engine.quarantined()
        counts = engine.store.counts()
        assert begun(place / "cache" / "bundles").count(begun_as(2)) <= 3
    assert file.reason is QuarantineReason.CRASHED_INFERENCE
    assert file.path.endswith("CDC_occupancy_0002.png")
    assert "ended by SIGABRT whenever it looks at this plot" in file.message
    assert (counts.judged, counts.pending, counts.quarantined) == (5, 0, 1)


def begun_as(chunk: int) -> str:
    """Under which hash the crashing plot of that chunk is noted."""
    from hashlib import sha256

    image = coloured(CRASH)
    image[1, :2] = ((chunk // 250, chunk % 250, 1), (7, 7, 7))
    return sha256(image.tobytes()).hexdigest()


async def test_that_nothing_waits_for_a_worker_that_hangs_but_its_own_plots_which_are_not_lost(place):
    async with running_engine(settings_for(place)) as (engine, heard):
        write(place, 0, HANG)
        await eventually(lambda: begun(place / "cache" / "bundles"), what="the hanging plot")
        for chunk in range(10):
            write_plot(place / "inbox", HERE, RUN, chunk)
        await heard.until(lambda _: len(verdicts_of(heard, HERE)) >= 10)
        detail = await engine.detail(HERE)
        assert "came without its Keras network" in detail.exact.refused
    with Store.open(f"sqlite:///{place / 'data' / 'hydra.db'}", place / "data") as store:
        counts = store.counts()
        assert (counts.judged, counts.pending, counts.quarantined) == (10, 1, 0)
        assert len(store.work.claim("another/1", 10, 60)) == 1, "the plot is not free for the next station"


async def test_that_a_station_without_tensorflow_says_so_and_keeps_the_plots(place, monkeypatch):
    def without(_: object) -> ReferenceEngine:
        return ReferenceEngine(open_plain, WorkerSettings(place / "log", needs="no_such_package"))

    monkeypatch.setattr(parts, "reference_engine", without)
    async with running_engine(settings_for(place)) as (engine, heard):
        write(place, 0, (1, 2, 3))
        write_plot(place / "inbox", HERE, RUN, 0)
        await heard.until(lambda _: len(verdicts_of(heard, HERE)) >= 1)
        await heard.until(lambda events: bool(unusable(events)))
        assert "no_such_package, which is not installed here" in unusable(heard.events)[-1]
        await eventually(lambda: engine.store.counts().pending == 1, what="the plot kept for later")


def unusable(events: list) -> list[str]:
    """What the status advised where a model was unusable."""
    told = [event.status.health.inference for event in events if isinstance(event, StatusChanged)]
    return [part.advice for part in told if part.condition is Condition.DEGRADED]


async def test_that_an_exact_map_is_had_through_the_engine_and_a_cancelled_one_holds_up_nobody(place):
    async with running_engine(settings_for(place)) as (engine, heard):
        write(place, 0, (1, 2, 3), 30)
        await heard.until(lambda _: len(verdicts_of(heard, APART)) >= 1)
        detail = await engine.detail(APART)
        assert detail.tile.heat_map is None
        assert detail.exact.layers == ("conv2d", "multiply")
        request = MapRequest(detail.tile.plot, detail.tile.verdict.model_id, "Bad", "conv2d")
        asked = [asyncio.create_task(engine.exact_heat_map(request)) for _ in range(3)]
        await asyncio.sleep(0)
        asked[0].cancel()
        asked[1].cancel()
        found = await asked[2]
        assert (found.request, found.layer) == (request, "conv2d")
        assert found.heat_map.values.shape == (2, 2)
        assert found.heat_map.values.max() == 255
        with pytest.raises(BundleError, match="does not know Marsian"):
            await engine.exact_heat_map(MapRequest(detail.tile.plot, request.model_id, "Marsian"))
        with pytest.raises(BundleError, match="no layer 'nowhere'"):
            await engine.exact_heat_map(MapRequest(detail.tile.plot, request.model_id, "Bad", "nowhere"))
