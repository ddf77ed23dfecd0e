"""Plots compared through the real engine: similar, novel, likely errors, maps, second labels; nothing is stale."""

import asyncio
import threading
import uuid
from datetime import UTC, datetime

import numpy as np
import pytest

from backend.domain.labelling import LabelScope, PlotOrder, PlotQuery
from backend.domain.labels import Gesture, LabelEvent, LabelHow, NewLabel
from backend.engine.spaces import Spaces
from backend.store import Store
from tests.fakes.compared_plots import KIND, add_compared
from tests.fakes.engines import running_engine, settings_for
from tests.samples import commit_one

COUNT, FLIPS = 180, 5


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """A place with plots of two classes, all but the last 20 labelled, five of them wrongly."""
    place = tmp_path_factory.mktemp("insight")
    settings = settings_for(place, input={"directory": None}, engine={"judges": False})
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        plots, truth = add_compared(store, COUNT)
        names = np.where(truth == 1, "Bad", "Good")
        wrong = np.random.default_rng(3).choice(COUNT - 20, FLIPS, replace=False)
        said = names.copy()
        said[wrong] = np.where(said[wrong] == "Bad", "Good", "Bad")
        labels = [NewLabel(plot.plot_id, str(name), "first", "import") for plot, name in zip(plots, said, strict=True)]
        store.labels.add_many(labels[:-20])
        yield settings, store, plots, truth, {plots[place].plot_id: str(names[place]) for place in wrong}


def gesture(plots, label: str, how: LabelHow, who: str) -> Gesture:
    events = tuple(LabelEvent(plot.plot_id, label, how) for plot in plots)
    return Gesture(uuid.uuid4(), KIND, who, datetime.now(UTC), events)


async def test_that_similar_plots_are_of_the_same_class_and_as_many_as_asked_for(hall):
    settings, _, plots, truth, _ = hall
    async with running_engine(settings, window=True) as (engine, _):
        query = PlotQuery(KIND, PlotOrder.SIMILAR, LabelScope.ALL, like=plots[0].plot_id)
        found = (await engine.labelling.listing(query)).plot_ids
        assert len(found) == 100
        assert found[0] == plots[0].plot_id
        by_id = dict(zip([plot.plot_id for plot in plots], truth, strict=True))
        assert np.mean([by_id[one] == truth[0] for one in found[:50]]) > 0.95
        narrow = PlotQuery(KIND, PlotOrder.SIMILAR, LabelScope.UNLABELLED, like=plots[0].plot_id)
        assert set((await engine.labelling.listing(narrow)).plot_ids) == {plot.plot_id for plot in plots[-20:]}


async def test_that_flipped_labels_are_listed_first_with_the_right_class_and_a_kept_one_is_not_asked_again(hall):
    settings, store, plots, _, wrong = hall
    async with running_engine(settings, window=True) as (engine, _):
        query = PlotQuery(KIND, PlotOrder.ERRORS, LabelScope.LABELLED)
        listing = await engine.labelling.listing(query)
        assert set(listing.plot_ids[:FLIPS]) == set(wrong)
        assert {one: listing.suggestions[one].classification for one in wrong} == wrong
        assert "160 labels were checked" in listing.remark
        [kept] = [plot for plot in plots if plot.plot_id == listing.plot_ids[0]]
        label = store.labelling.items([kept.plot_id])[0].label.classification
        await engine.labelling.record(gesture([kept], label, LabelHow.UPHELD, "expert"))
        assert kept.plot_id not in (await engine.labelling.listing(query)).plot_ids


async def test_that_the_most_novel_come_first_and_plots_no_model_saw_come_last(hall):
    settings, store, plots, _, _ = hall
    unseen = commit_one(store, 5000, run=900)
    async with running_engine(settings, window=True) as (engine, _):
        listing = await engine.labelling.listing(PlotQuery(KIND, PlotOrder.NOVEL))
        assert listing.plot_ids[-1] == unseen.plot_id
        assert set(listing.plot_ids) == {*(plot.plot_id for plot in plots[-20:]), unseen.plot_id}
        assert "1 plots that this model has not judged" in listing.remark


async def test_that_the_map_has_every_judged_plot_with_label_and_guess_and_classes_apart(hall):
    settings, _, _plots, truth, _ = hall
    told: list[float] = []
    async with running_engine(settings, window=True) as (engine, _):
        found = await engine.insight.embedding_map(KIND, told.append)
    assert len(found.plot_ids) == COUNT
    assert found.left_out == 1
    assert found.labels.count("") == 20
    assert set(found.guesses) == {"Good"}
    middles = [found.places[truth == side].mean(axis=0) for side in (0, 1)]
    spread = found.places[truth == 0].std(axis=0).mean()
    assert np.linalg.norm(middles[0] - middles[1]) > 3 * spread
    assert told
    assert max(told) <= 1


async def test_that_what_is_judged_meanwhile_is_found_whoever_judged_it(hall):
    settings, store, plots, _, _ = hall
    async with running_engine(settings, window=True) as (engine, _):
        query = PlotQuery(KIND, PlotOrder.SIMILAR, LabelScope.UNLABELLED, like=plots[0].plot_id)
        before = (await engine.labelling.listing(query)).plot_ids
        added, _ = add_compared(engine.store, 3, first=7000)
        here = (await engine.labelling.listing(query)).plot_ids
        assert set(here) - set(before) == {plot.plot_id for plot in added}
        elsewhere, _ = add_compared(store, 3, first=8000)
        wanted = {plot.plot_id for plot in elsewhere}
        for _ in range(300):
            found = set((await engine.labelling.listing(query)).plot_ids)
            if wanted <= found:
                break
            await asyncio.sleep(0.2)
        assert wanted <= found


async def test_that_a_second_labeller_sees_no_label_but_their_own_and_agreement_is_counted(hall):
    settings, _, plots, _, _ = hall
    async with running_engine(settings, window=True) as (engine, _):
        [shown] = await engine.labelling.items([plots[0].plot_id], second_for="second")
        assert (shown.label, "second label" in shown.note) == (None, False)
        await engine.labelling.record(gesture(plots[:30], "Good", LabelHow.SECOND, "second"))
        [shown] = await engine.labelling.items([plots[0].plot_id], second_for="second")
        assert (shown.label.classification, shown.label.who) == ("Good", "second")
        [plain] = await engine.labelling.items([plots[0].plot_id])
        assert plain.label.who == "first"
        assert "second label: Good by second" in plain.note
        assert (await engine.insight.agreement(KIND)).pairs == 30


async def test_that_who_gives_up_waiting_ends_the_work_and_the_next_answer_is_right(hall):
    settings, *_ = hall
    async with running_engine(settings, window=True) as (engine, _):
        loop, ended = asyncio.get_running_loop(), threading.Event()

        def give_up(_done: float) -> None:
            loop.call_soon_threadsafe(asked.cancel)
            ended.wait(60)

        asked = asyncio.ensure_future(engine.insight.embedding_map(KIND, give_up))
        asked.add_done_callback(lambda _: ended.set())
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert len((await engine.insight.embedding_map(KIND)).plot_ids) >= COUNT


async def test_that_without_a_model_the_newest_come_first_and_the_reason_is_told(tmp_path):
    settings = settings_for(tmp_path, input={"directory": None})
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        plots = [commit_one(store, n, run=50 + n) for n in range(3)]
    async with running_engine(settings, window=True) as (engine, _):
        listing = await engine.labelling.listing(PlotQuery(KIND, PlotOrder.NOVEL))
        assert listing.plot_ids == tuple(plot.plot_id for plot in reversed(plots))
        assert "No model has looked at these plots" in listing.remark
        assert (await engine.insight.embedding_map(KIND)).left_out == 3


def test_that_spaces_stay_within_their_budget_and_the_last_one_asked_for_stays(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'h.db'}", tmp_path) as store:
        add_compared(store, 6)
        store.plot_types.ensure("TOF_bars")
        spaces = Spaces(store, budget=0)
        assert len(spaces.space(KIND)[1].plot_ids) == 6
        assert spaces.space("TOF_bars")[0] is None
        assert list(spaces._held) == ["TOF_bars"]
