"""Another model is activated while plots pour in: none is lost, and each is judged by one model as a whole."""

import asyncio
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from backend.events import PlotJudged
from backend.feed.images import ImageLimits, decode
from backend.inference.bundles import open_bundle
from backend.inference.preprocessing import prepare
from backend.inference.runtime import LoadedModel, Runtime
from backend.store import Store
from backend.store.tables.judgements import predictions
from backend.store.tables.plots import plots
from tests.fakes.bundles import make_packed
from tests.fakes.engines import running_engine, settings_for
from tests.fakes.plots import write_plot

PLOTS, LARGEST_CHUNK = 240, 9_999
AT_A_GLANCE = 200
PLOT_TYPE = "CDC_occupancy"
MODELS = {"a": {}, "b": {"seed": 7, "temperature": 3.0}, "c": {"labels": ("Good", "Warning", "Bad"), "seed": 8}}


@pytest.fixture
def models(tmp_path: Path) -> dict[int, Path]:
    """Registered models by number, none of which says the same as another; the first is in force."""
    numbers = {}
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data") as store:
        for name, changes in MODELS.items():
            folder = tmp_path / "bundles" / name
            numbers[store.models.register(*make_packed(folder, PLOT_TYPE, **changes), "tests")] = folder
        store.models.activate(next(iter(numbers)), "tests")
    return numbers


async def test_that_no_plot_is_lost_or_judged_by_half_a_model_when_models_change_under_load(tmp_path, models):
    settings, enough = settings_for(tmp_path, inference={"threads": 2}), threading.Event()
    async with running_engine(settings) as (engine, heard):
        writing = asyncio.create_task(asyncio.to_thread(write_until, enough, tmp_path / "inbox"))
        try:
            for number in [*models][1:] + [*models][:1]:
                await asyncio.to_thread(engine.store.models.activate, number, "tests", PLOT_TYPE)
                await heard.until(lambda events, number=number: number in judges(events[-AT_A_GLANCE:]), 60)
        finally:
            enough.set()
            written = await writing
        await heard.until(lambda events: judged(events) >= written, 60)
        found = await asyncio.to_thread(recorded, engine.store)
    assert Counter(plot for plot, *_ in found) == dict.fromkeys(range(written), 1)
    assert {model for _, model, _, _ in found} == set(models)
    alone = {number: Runtime("CPU", 1, tmp_path / "alone").load(open_bundle(at)) for number, at in models.items()}
    assert [plot for plot, model, said, image in found if not same(alone[model], said, image)] == []


def write_until(enough: threading.Event, inbox: Path) -> int:
    """Write plots, one a moment and `PLOTS` at least, until it is enough; how many they are."""
    for chunk in range(LARGEST_CHUNK):
        if chunk >= PLOTS and enough.is_set():
            return chunk
        write_plot(inbox, PLOT_TYPE, 1, chunk)
        enough.wait(0.004)
    return LARGEST_CHUNK


def judges(events) -> set[int]:
    """The models of these verdicts."""
    verdicts = [event.tile.verdict for event in events if isinstance(event, PlotJudged)]
    return {verdict.model_id for verdict in verdicts if verdict is not None}


def judged(events) -> int:
    return sum(isinstance(event, PlotJudged) for event in events)


def recorded(store: Store) -> list[tuple[int, int, np.ndarray, np.ndarray]]:
    """Chunk, model, probabilities and pixels of every prediction."""
    columns = (plots.c.chunk, predictions.c.model_id, predictions.c.probabilities, plots.c.sha256)
    with store.database.engine.connect() as connection:
        rows = connection.execute(select(*columns).join_from(predictions, plots)).all()
    return [
        (chunk, model, np.frombuffer(said, "<f4"), decode(store.blobs.get(sha256), "", ImageLimits()))
        for chunk, model, said, sha256 in rows
    ]


def same(model: LoadedModel, said: np.ndarray, image: np.ndarray) -> bool:
    (found,) = model.predict(prepare(image, model.spec)[None])
    return len(said) == len(found.probabilities) and np.allclose(said, found.probabilities, atol=1e-6)
