"""Exact heat maps in the detail pane: what is offered, asked, awaited, shown, refused; alone and with its presenter."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from backend.domain.classifications import DEFAULT_CLASSIFICATIONS
from backend.domain.errors import WorkerUnavailableError
from backend.domain.hall import ExactMap, MapOffer
from backend.domain.predictions import HeatMap
from tests.fakes.hall_views import make_scene
from tests.fakes.live_rig import LiveRig, turns, until
from tests.fakes.tiles import make_hall, make_tile
from tests.fakes.windows import picture
from ui.detail.pane import DetailPane

BAD, GOOD = "CDC_occupancy", "TOF_bars"
OFFER = MapOffer(("mixed6", "mixed7", "a_layer_with_a_name_that_is_very_long"))


@pytest.fixture(scope="module")
def details():
    return make_scene(only=(BAD, GOOD, "ECAL_energy")).details


@pytest.fixture
def pane(qtbot):
    made = DetailPane()
    qtbot.addWidget(made)
    made.resize(400, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(pane, detail, offer=OFFER, *, mapless=False):
    heat = None if mapless else detail.tile.heat_map
    shown = replace(detail, exact=offer, tile=replace(detail.tile, heat_map=heat))
    pane.show_detail(shown, DEFAULT_CLASSIFICATIONS)
    pane.show_image(pane.plot_id, picture())
    return shown


def asked(pane, qtbot):
    with qtbot.waitSignal(pane.exact_requested) as told:
        pane.exact.compute.click()
    return told.args[0]


def found_for(request, value=200):
    return ExactMap(request, HeatMap(np.full((17, 19), value, np.uint8)), request.layer or "features", 3.14)


def test_that_layers_and_classes_are_offered_the_last_and_the_verdicts_first(pane, details, qtbot):
    show(pane, details[BAD])
    assert pane.exact.layer.values == ["", *OFFER.layers]
    assert set(pane.exact.classification.values) == {score.classification for score in details[BAD].scores}
    request = asked(pane, qtbot)
    assert (request.plot, request.model_id) == (details[BAD].tile.plot, details[BAD].tile.verdict.model_id)
    assert (request.layer, request.classification) == ("", "Bad")


def test_that_what_was_chosen_is_asked_for_and_kept_for_the_next_plot(pane, details, qtbot):
    show(pane, details[BAD])
    pane.exact.layer.choose("mixed7")
    pane.exact.classification.choose("Good")
    request = asked(pane, qtbot)
    assert (request.layer, request.classification) == ("mixed7", "Good")
    show(pane, details[GOOD])
    assert pane.exact.layer.value == "mixed7"
    assert pane.exact.classification.value == details[GOOD].tile.verdict.classification
    show(pane, details[GOOD], MapOffer(("block5_pool",)))
    assert pane.exact.layer.value == ""


def test_that_a_long_name_is_shortened_and_told_whole(pane, details):
    show(pane, details[BAD])
    pane.exact.layer.choose(OFFER.layers[2])
    assert pane.exact.layer.text().endswith("… ▾")
    assert OFFER.layers[2] in pane.exact.layer.toolTip()


@pytest.mark.parametrize("mapless", [True, False])
def test_that_the_reason_why_there_is_none_is_told_where_there_is_no_map_at_all(pane, details, mapless):
    show(pane, details[BAD], MapOffer(refused="TensorFlow is not installed."), mapless=mapless)
    assert pane.exact.isVisible() is mapless
    assert not pane.exact.compute.isVisible()
    if mapless:
        assert "TensorFlow is not installed." in pane.exact.hint.text()


def test_that_nothing_is_offered_without_a_verdict(pane, details):
    pane.show_detail(details["ECAL_energy"], DEFAULT_CLASSIFICATIONS)
    assert not pane.exact.isVisible()


def test_that_an_exact_map_is_marked_with_its_layer_and_gives_way_to_the_usual_one(pane, details, qtbot):
    shown = show(pane, details[BAD])
    pane.exact.layer.choose("mixed7")
    found = found_for(asked(pane, qtbot))
    pane.show_exact(found)
    assert pane.image._heat is found.heat_map
    assert pane.exact.state.text == "Exact map of mixed7, for Bad"
    assert "19 × 17 places" in pane.exact.hint.text()
    assert pane.exact.dismiss.text() == "Usual map"
    pane.exact.dismiss.click()
    assert pane.image._heat is shown.tile.heat_map
    assert not pane.exact.state.isVisible()


def test_that_a_model_without_maps_gets_one_that_can_be_faded_and_enlarged(pane, details, qtbot):
    show(pane, details[BAD], mapless=True)
    assert not pane.heat.isEnabled()
    found = found_for(asked(pane, qtbot))
    pane.show_exact(found)
    assert pane.heat.isEnabled()
    assert pane.heat.opacity > 0
    pane.open_large()
    assert "Exact map of features" in pane._enlarged.title.text()
    assert pane._enlarged.canvas._heat is found.heat_map
    pane.exact.dismiss.click()
    assert not pane.heat.isEnabled()
    assert "Exact" not in pane._enlarged.title.text()
    assert pane._enlarged.canvas._heat is None
    pane._enlarged.close_view()


def test_that_an_exact_map_of_another_plot_is_never_shown(pane, details, qtbot):
    show(pane, details[BAD])
    request = asked(pane, qtbot)
    show(pane, details[GOOD])
    pane.show_exact(found_for(request))
    assert pane.image._heat is details[GOOD].tile.heat_map
    show(pane, details[BAD])
    pane.show_exact(found_for(replace(request, model_id=99)))
    assert pane.image._heat is details[BAD].tile.heat_map


def test_that_waiting_counts_the_seconds_and_ends_with_the_plot(pane, details, qtbot):
    seconds = [10.0]
    pane.exact._now = lambda: seconds[0]
    show(pane, details[BAD])
    pane.show_exact_working()
    assert "first one takes" in pane.exact.hint.text()
    assert not pane.exact.compute.isEnabled()
    seconds[0] = 14.2
    qtbot.waitUntil(lambda: pane.exact.state.detail == "4 s", timeout=30_000)
    with qtbot.waitSignal(pane.exact_cancelled):
        show(pane, details[GOOD])
    assert not pane.exact.is_working
    assert pane.exact.compute.isEnabled()
    with qtbot.assertNotEmitted(pane.exact_cancelled):
        pane.clear()


@pytest.fixture
def rig(qtbot, tmp_path):
    with LiveRig(tmp_path, make_hall(6)) as made:
        yield made


async def selected(rig, name="plot_00003"):
    view = rig.screen.grid
    view.setCurrentIndex(view.model().index_of(name))
    await until(lambda: rig.detail.plot_type == name and rig.detail.image.image is not None)


def test_that_the_engine_is_asked_and_its_map_shown(rig):
    async def scenario():
        await selected(rig)
        rig.detail.exact.layer.choose("mixed7")
        rig.detail.exact.compute.click()
        await until(lambda: "mixed7" in rig.detail.exact.state.text, "the exact map")
        assert [request.layer for request in rig.engine.map_requests] == ["mixed7"]

    rig.run(scenario)
    assert rig.problems == []


def test_that_waiting_can_be_given_up_and_begun_again(rig):
    async def scenario():
        rig.engine.map_ready = asyncio.Event()
        await selected(rig)
        rig.detail.exact.compute.click()
        await until(lambda: rig.engine.map_requests and rig.detail.exact.is_working)
        rig.detail.exact.cancel.click()
        rig.engine.map_ready.set()
        await turns()
        assert not rig.detail.exact.state.isVisible()
        rig.detail.exact.compute.click()
        await until(lambda: "Exact map" in rig.detail.exact.state.text, "the second exact map")

    rig.run(scenario)


def test_that_a_newer_plot_ends_the_waiting_for_a_map_of_the_older(rig):
    async def scenario():
        rig.engine.map_ready = asyncio.Event()
        await selected(rig)
        rig.detail.exact.compute.click()
        await until(lambda: rig.detail.exact.is_working)
        rig.engine.judge(make_tile("plot_00003", "Good", plot_id=900))
        await until(lambda: rig.detail.plot_id == 900)
        rig.engine.map_ready.set()
        await turns()
        assert not rig.detail.exact.is_working
        assert not rig.detail.exact.state.isVisible()

    rig.run(scenario)


@pytest.mark.parametrize("known", [True, False])
def test_that_what_went_wrong_is_told_beside_the_button_and_can_be_tried_again(rig, known):
    async def scenario():
        raised = "The reference engine is not available: no memory." if known else "index out of range"
        rig.engine.map_error = WorkerUnavailableError(raised) if known else IndexError(raised)
        faults = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
        await selected(rig)
        rig.detail.exact.compute.click()
        await until(lambda: rig.detail.exact.trouble.isVisible())
        assert ("no memory" if known else "the log says more") in rig.detail.exact.trouble.text()
        assert rig.detail.exact.compute.isEnabled()
        await turns()
        assert [str(fault) for fault in faults] == ([] if known else [raised])
        rig.engine.map_error = None
        rig.detail.exact.compute.click()
        await until(lambda: "Exact map" in rig.detail.exact.state.text)
        assert not rig.detail.exact.trouble.isVisible()

    rig.run(scenario)
    assert rig.problems == []
