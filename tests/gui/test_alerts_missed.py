"""A person sees what no model did: asked what it is, raised everywhere, labelled."""

import pytest

from backend.domain.alerts import AlertKind
from tests.fakes.alert_rig import AlertRig
from tests.fakes.live_rig import until
from tests.fakes.tiles import make_tile
from ui.detail.pane import DetailPane
from ui.live.tile_menu import TileMenu


@pytest.fixture
def rig(qtbot):
    with AlertRig([make_tile("CDC_occupancy", plot_id=7)]) as made:
        yield made


def test_that_a_missed_problem_is_named_and_raised(rig):
    async def play():
        missed = rig.feature.missed
        missed.ask("CDC_occupancy")
        await until(lambda: missed.dialog is not None, "the question")
        dialog = missed.dialog
        assert not dialog.raise_button.isEnabled()
        assert next(iter(dialog.chips)) == "Bad", "the worst first"
        dialog.chips["Bad"].click()
        dialog.note.setText("a ring of hot cells")
        dialog.raise_button.click()
        await until(rig.popup.isVisible, "the pop-up")
        [told] = rig.engine.missed
        assert (told.plot_id, told.classification, told.note) == (7, "Bad", "a ring of hot cells")
        assert rig.popup.head.words.text == "CDC_occupancy is Bad, seen by a person"
        assert not rig.popup.false_button.isEnabled()
        assert missed.dialog is None
        assert next(iter(rig.engine.book.values())).evidence.kind is AlertKind.MISSED

    rig.run(play)


def test_that_a_refusal_is_told_and_nothing_raised(rig):
    async def play():
        rig.engine.refuses = "The database refuses this: another role is needed."
        rig.feature.missed.ask_about(rig.engine.tiles["CDC_occupancy"].plot)
        await until(lambda: rig.feature.missed.dialog is not None, "the question")
        dialog = rig.feature.missed.dialog
        dialog.chips["Bad"].click()
        dialog.raise_button.click()
        await until(lambda: rig.problems, "the refusal")
        assert "another role" in rig.problems[0]
        assert rig.engine.book == {}

    rig.run(play)


def test_that_it_is_asked_from_the_detail_pane_and_from_the_menu_of_a_tile(qtbot):
    from backend.domain.hall import PlotDetail

    pane, asked = DetailPane(), []
    qtbot.addWidget(pane)
    pane.missed_requested.connect(asked.append)
    pane.missed_button.click()
    tile = make_tile("CDC_occupancy", plot_id=7)
    pane.show_detail(PlotDetail(tile), [])
    pane.missed_button.click()
    assert [plot.plot_id for plot in asked] == [7]
    menu = TileMenu(pane)
    menu.missed_requested.connect(asked.append)
    next(action for action in menu.actions() if action.text() == "Missed problem…").trigger()
    assert len(asked) == 2
