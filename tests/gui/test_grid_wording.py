"""What tiles say, and in which colours."""

from datetime import timedelta

import pytest

from backend.domain.classifications import Classification, Severity, Symbol
from backend.domain.hall import PlotTypeInfo, Tile
from backend.domain.plots import PlotState
from backend.domain.verdicts import AlarmGate
from tests.fakes.tiles import make_tile
from ui.grid.face import face_of
from ui.grid.wording import spoken, spoken_age, tile_word, tool_tip
from ui.theme.contrast import contrast
from ui.theme.tokens import DARK, LIGHT, LINE_ALARM


def at(tile, seconds=4):
    return tile.plot.received_at + timedelta(seconds=seconds)


def test_that_a_screen_reader_hears_the_whole_tile():
    tile = make_tile("CDC_occupancy", "Bad", confidence=0.992)
    assert spoken(tile, at(tile)) == "CDC_occupancy, Bad, 99 percent, confirmed, 4 seconds ago"


def test_that_what_has_no_verdict_is_spoken_too():
    tile = make_tile("ECAL", None, state=PlotState.NO_MODEL)
    assert spoken(tile, at(tile, 60)) == "ECAL, No model, 1 minute ago"
    assert spoken(Tile(PlotTypeInfo("new"), None), at(tile)) == "new, No plot yet"


def test_that_an_alarm_held_back_for_want_of_beam_says_so():
    tile = make_tile("PSC", "Bad", gate=AlarmGate.NO_BEAM)
    assert tile_word(tile) == "Bad · no beam"
    assert "does not alarm without beam" in spoken(tile, at(tile))
    assert face_of(tile, {}, LIGHT).style.line_width < LINE_ALARM


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 seconds ago"), (1, "1 second ago"), (125, "2 minutes ago"), (7200, "2 hours ago"), (90000, "1 day ago")],
)
def test_that_ages_are_spoken_in_whole_words(seconds, words):
    tile = make_tile()
    assert spoken_age(tile.plot.received_at, at(tile, seconds)) == words


def test_that_the_tool_tip_tells_run_and_times():
    tile = make_tile("CDC_occupancy", "NoData", confidence=0.5)
    tip = tool_tip(tile, at(tile))
    assert "No data" in tip
    assert "50.0" in tip
    assert "266" in tip
    assert "received" in tip


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("name", ["Good", "Bad", "HotChannel", "NoData", "LED", "Cosmic", "SomethingNew"])
@pytest.mark.parametrize("confirmed", [True, False])
def test_that_every_verdict_can_be_read_on_its_ground(theme, name, confirmed):
    face = face_of(make_tile(classification=name, confirmed=confirmed), {}, theme)
    grounds = [face.style.title_ground or theme.surface]
    if face.style.hatch:
        grounds.append(face.style.hatch)
    assert all(contrast(face.colour, ground) >= 4.5 for ground in grounds)
    assert face.word.endswith("?") is not confirmed


def test_that_only_what_asks_for_attention_is_emphasised():
    assert not face_of(make_tile(), {}, LIGHT).emphasis
    assert face_of(make_tile(classification="Bad"), {}, LIGHT).emphasis
    assert face_of(make_tile(classification="Bad"), {}, LIGHT).style.line_width == LINE_ALARM
    assert face_of(make_tile(classification=None, state=PlotState.NO_MODEL), {}, LIGHT).style.dashed


def test_that_a_hall_may_describe_its_classes_anew():
    mine = Classification("Bad", Severity.ALARM, "#0072B2", Symbol.BOLT)
    face = face_of(make_tile(classification="Bad"), {"Bad": mine}, LIGHT)
    assert face.symbol is Symbol.BOLT
    assert face.colour != face_of(make_tile(classification="Bad"), {}, LIGHT).colour
