"""The Live screen as a whole, on a fake engine: what a person does and what happens in the hall."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from backend.domain.errors import StoreUnavailableError
from backend.domain.health import Condition, Health, PartHealth
from backend.events import ModelActivated, StatusChanged
from tests.fakes.live_rig import LiveRig, turns, until
from tests.fakes.tiles import make_hall, make_tile
from ui.grid.roles import Body, TileRole
from ui.live.filters import Grouping, TileFilter
from ui.live.screen import LiveState


@pytest.fixture
def rig(qtbot, tmp_path):
    with LiveRig(tmp_path, make_hall(40)) as made:
        yield made


def names(view):
    model = view.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def chip_text(rig, chip):
    return rig.screen.toolbar.chips._chips[chip].text().strip()


def test_that_the_first_view_fills_grid_attention_and_chips(rig):
    async def scenario():
        assert len(names(rig.screen.grid)) == 40
        assert names(rig.screen.attention.view) == ["plot_00007", "plot_00024", "plot_00011", "plot_00028"]
        assert chip_text(rig, TileFilter.ALL) == "All 40"
        assert chip_text(rig, TileFilter.ALARM) == "2"
        assert rig.screen._pages.currentWidget() is rig.screen.grid

    rig.run(scenario)
    assert rig.problems == []


def test_that_visible_tiles_get_their_images_and_are_told_when_painted(rig):
    painted = []
    rig.screen.grid.tile_painted = painted.append

    async def scenario():
        await until(lambda: len(painted) >= len(rig.screen.grid.visible_rows()), "painting of all visible tiles")

    rig.run(scenario)
    assert len(painted) == len(set(painted))


def test_that_a_new_verdict_reaches_its_tile_and_the_attention_pane(rig):
    async def scenario():
        rig.engine.judge(make_tile("plot_00001", "Bad", plot_id=501, group=("Tracking",)))
        await until(lambda: "plot_00001" in names(rig.screen.attention.view))
        assert chip_text(rig, TileFilter.ALARM) == "2" or chip_text(rig, TileFilter.ALARM) == "3"
        await until(lambda: chip_text(rig, TileFilter.ALARM) == "3", "the count on the chip")

    rig.run(scenario)


def test_that_choosing_a_tile_shows_its_detail_and_its_image(rig):
    async def scenario():
        view = rig.screen.grid
        view.setCurrentIndex(view.model().index_of("plot_00003"))
        await until(lambda: rig.detail.plot_type == "plot_00003" and rig.detail.image.image is not None)

    rig.run(scenario)


def test_that_choosing_in_the_attention_pane_jumps_to_the_tile_in_the_grid(rig):
    async def scenario():
        rig.screen.grid.set_zoom(3)
        await turns()
        pane = rig.screen.attention.view
        QTest.mouseClick(
            pane.viewport(), Qt.MouseButton.LeftButton, pos=pane.visualRect(pane.model().index(1, 0)).center()
        )
        assert rig.screen.grid.currentIndex().data() == "plot_00024"
        assert rig.screen.grid.currentIndex().row() in rig.screen.grid.visible_rows()
        await until(lambda: rig.detail.plot_type == "plot_00024")
        rig.engine.judge(make_tile("plot_00024", "Good", plot_id=700, group=("Timing",)))
        await until(lambda: rig.detail.plot_id == 700, "the new plot in the detail pane")

    rig.run(scenario)


def test_that_a_later_choice_overtakes_a_slow_answer(rig):
    slow = asyncio.Event()
    answer = rig.engine.detail

    async def detail(plot_type):
        if plot_type == "plot_00001":
            await slow.wait()
        return await answer(plot_type)

    rig.engine.detail = detail

    async def scenario():
        rig.presenter.show_plot_type("plot_00001")
        await turns()
        rig.presenter.show_plot_type("plot_00002")
        slow.set()
        await until(lambda: rig.detail.plot_type == "plot_00002")
        await turns()
        assert rig.detail.plot_type == "plot_00002"

    rig.run(scenario)


def test_that_a_database_that_does_not_answer_is_told_in_a_sentence(rig):
    rig.engine.detail_error = StoreUnavailableError("The database does not answer. Nothing is lost; try again.")

    async def scenario():
        rig.presenter.show_plot_type("plot_00001")
        await until(lambda: rig.problems)

    rig.run(scenario)
    assert rig.problems == ["The database does not answer. Nothing is lost; try again."]


def test_that_an_image_that_cannot_be_loaded_is_told_in_its_place(rig):
    async def image(plot):
        raise StoreUnavailableError("The image has expired.")

    rig.engine.image = image

    async def scenario():
        rig.presenter.show_plot_type("plot_00001")
        await until(lambda: "expired" in rig.detail.image.accessibleDescription() + str(rig.detail.image.__dict__))

    rig.run(scenario)
    assert rig.problems == []


def test_that_one_key_switches_all_heat_maps_within_a_tenth_of_a_second(rig):
    async def scenario():
        grid = rig.screen.grid

        def complete():
            bodies = [grid.model().index(row, 0).data(TileRole.BODY) for row in grid.visible_rows()]
            return all(isinstance(body, Body) for body in bodies) and not rig.presenter._images._asked

        await until(complete, "all bodies")
        bare = [grid.model().index(row, 0).data(TileRole.BODY).image.cacheKey() for row in grid.visible_rows()]
        asked = len(rig.engine.loaded)
        QTest.keyClick(rig.screen, Qt.Key.Key_H)
        heated = [grid.model().index(row, 0).data(TileRole.BODY).image.cacheKey() for row in grid.visible_rows()]
        # Every image was there at once: nothing had to be composed, so the next frame shows them all.
        assert not rig.presenter._images._asked
        assert not set(bare) & set(heated)
        assert len(rig.engine.loaded) == asked
        assert rig.detail.heat.toggle.isChecked()
        QTest.keyClick(rig.screen, Qt.Key.Key_H)
        assert not rig.presenter._preferences.heat_maps

    rig.run(scenario)


def test_that_the_slider_changes_the_heat_maps_of_all_tiles(rig):
    async def scenario():
        QTest.keyClick(rig.screen, Qt.Key.Key_H)
        await turns()
        rig.detail.heat.slider.setValue(90)
        await until(lambda: rig.presenter.grid._look.opacity == 0.9)
        assert rig.presenter.attention._look.opacity == 0.9

    rig.run(scenario)


def test_that_search_and_chips_narrow_the_grid_and_escape_leads_back(rig):
    async def scenario():
        search = rig.screen.toolbar.search
        QTest.keyClick(rig.screen, Qt.Key.Key_Slash)
        QTest.keyClicks(search, "plot_0001")
        assert len(names(rig.screen.grid)) == 10
        QTest.keyClick(search, Qt.Key.Key_Escape)
        assert len(names(rig.screen.grid)) == 40
        rig.screen.toolbar.chips._chips[TileFilter.ALARM].click()
        assert names(rig.screen.grid) == ["plot_00007", "plot_00024"]
        QTest.keyClicks(search, "nothing like it")
        assert rig.screen._pages.currentWidget() is rig.screen._no_match
        rig.screen._no_match.button.click()
        assert len(names(rig.screen.grid)) == 40

    rig.run(scenario)


def test_that_the_plot_looked_at_stays_so_while_filters_change(rig):
    async def scenario():
        rig.presenter.show_plot_type("plot_00007")
        rig.screen.toolbar.chips._chips[TileFilter.WARNING].click()
        assert not rig.screen.grid.currentIndex().isValid()
        rig.screen.toolbar.chips._chips[TileFilter.ALL].click()
        assert rig.screen.grid.currentIndex().data() == "plot_00007"
        await until(lambda: rig.detail.plot_type == "plot_00007")

    rig.run(scenario)


def test_that_hidden_plots_are_remembered_and_can_be_shown_again(qtbot, tmp_path):
    with LiveRig(tmp_path, make_hall(10)) as rig:

        async def hide():
            rig.screen.hide_requested.emit("plot_00001")
            rig.detail.hide_requested.emit("plot_00002")
            assert "plot_00001" not in names(rig.screen.grid)
            assert rig.screen.toolbar._hidden.text() == "Hidden 2"

        rig.run(hide)
    assert json.loads((tmp_path / "window.json").read_text())["hidden"] == ["plot_00001", "plot_00002"]
    with LiveRig(tmp_path, make_hall(10)) as rig:

        async def show():
            assert len(names(rig.screen.grid)) == 8
            rig.screen.toolbar._hidden.click()
            assert len(names(rig.screen.grid)) == 10
            rig.screen.unhide_requested.emit("plot_00001")
            rig.screen.toolbar._hidden.click()
            assert len(names(rig.screen.grid)) == 9

        rig.run(show)


def test_that_layout_grouping_and_heat_maps_are_as_they_were_left(qtbot, tmp_path):
    with LiveRig(tmp_path, make_hall(10)) as rig:

        async def leave():
            rig.screen.heat_maps_toggled.emit(True)
            rig.screen.grouping_chosen.emit(Grouping.NONE)
            rig.screen.grid.set_zoom(2)
            rig.screen.set_sizes([250, 800, 450])
            rig.screen.layout_changed.emit()

        rig.run(leave)
        left = rig.screen.sizes()
    with LiveRig(tmp_path, make_hall(10)) as rig:

        async def find():
            assert rig.screen.zoom() == 2
            assert rig.presenter.grid.choice.grouping is Grouping.NONE
            assert rig.screen.toolbar._heat.isChecked()
            assert rig.screen.sizes() == left

        rig.run(find)


def chosen_path(path):
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
    dialog.findChild(QLineEdit).setText(str(path))
    dialog.accept()


@pytest.mark.parametrize("with_heat", [False, True])
def test_that_a_plot_is_saved_where_a_person_says(rig, tmp_path, with_heat):
    said = []
    rig.presenter.noticed.connect(said.append)
    target = tmp_path / "saved.png"

    async def scenario():
        rig.screen.save_requested.emit("plot_00003", with_heat)
        asked = lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()]  # noqa: E731
        await until(asked, "the file dialog")
        # What is saved is the plot of the click, even when the next one has come.
        rig.engine.judge(make_tile("plot_00003", plot_id=999, group=("Tracking",)))
        await turns()
        chosen_path(target)
        await until(lambda: said)

    rig.run(scenario)
    saved = np.asarray(Image.open(target).convert("RGB"))
    original = rig.engine._draw(4)
    assert saved.shape == original.shape
    assert (saved == original).all() == (not with_heat)
    assert str(target) in said[0]


def test_that_a_place_that_cannot_be_written_is_told_with_what_to_do(rig, tmp_path):
    async def scenario():
        rig.screen.ask_save_path = lambda name: None
        rig.screen.save_requested.emit("plot_00003", False)
        await until(lambda: rig.presenter._saver._data is not None)
        rig.screen.save_path_chosen.emit(str(tmp_path / "no" / "such" / "folder.png"))
        await until(lambda: rig.problems)

    rig.run(scenario)
    assert "was not saved" in rig.problems[0]
    assert "Choose another folder" in rig.problems[0]


def test_that_an_empty_hall_waits_and_becomes_a_grid_with_its_first_plot(qtbot, tmp_path):
    with LiveRig(tmp_path) as rig:

        async def scenario():
            assert rig.screen._state is LiveState.EMPTY
            rig.engine.judge(make_tile("first", plot_id=1))
            await until(lambda: rig.screen._state is LiveState.READY)
            assert names(rig.screen.grid) == ["first"]

        rig.run(scenario)


def test_that_a_hall_that_cannot_be_read_is_told_and_can_be_read_later(qtbot, tmp_path):
    with LiveRig(tmp_path, make_hall(3)) as rig:
        rig.engine.view_error = StoreUnavailableError("The database does not answer.")

        async def scenario():
            rig.screen.show()
            rig.bridge.open()
            rig.presenter.start()
            await until(lambda: rig.problems)
            assert rig.screen._state is LiveState.LOADING
            rig.engine.view_error = None
            rig.presenter.start()
            await until(lambda: rig.screen._state is LiveState.READY)

        rig.loop.run(scenario())


def test_that_calm_is_only_claimed_by_who_can_see(qtbot, tmp_path):
    with LiveRig(tmp_path, [make_tile("a", plot_id=1)]) as rig:

        async def scenario():
            title = rig.screen.attention._note._title
            assert title.text == "Nothing needs attention"
            failed = PartHealth(Condition.FAILED, "no answer")
            rig.engine.emit(StatusChanged(replace(rig.engine.status, health=Health(database=failed))))
            await until(lambda: title.text == "Cannot see")

        rig.run(scenario)


def test_that_a_newly_activated_model_refreshes_the_detail_of_its_plot_type(rig):
    async def scenario():
        rig.presenter.show_plot_type("plot_00001")
        await until(lambda: rig.detail.plot_type == "plot_00001")
        rig.engine.tiles["plot_00001"] = make_tile("plot_00001", "NoData", plot_id=2)
        rig.engine.emit(ModelActivated("plot_00001", 2))
        await until(lambda: rig.detail._detail.tile.verdict.classification == "NoData")

    rig.run(scenario)


def test_that_closing_ends_tasks_that_still_wait(qtbot, tmp_path):
    with LiveRig(tmp_path, make_hall(3)) as rig:

        async def never(plot_type):
            await asyncio.Event().wait()

        rig.engine.detail = never

        async def scenario():
            rig.presenter.show_plot_type("plot_00001")
            await turns()
            assert len(rig.presenter._tasks) == 1

        rig.run(scenario)
    assert len(rig.presenter._tasks) == 0
