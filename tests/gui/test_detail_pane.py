"""The detail pane in all its states, and what it says when it is asked for something."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt

from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, Severity, Symbol
from backend.domain.foreign import ForeignOpinion
from backend.domain.hall import PlotDetail, PlotTypeInfo, Tile
from backend.domain.plots import PlotState
from backend.domain.verdicts import AlarmGate
from tests.fakes.hall_views import make_scene
from tests.fakes.windows import picture
from ui.detail.pane import DetailPane
from ui.theme.apply import apply
from ui.theme.tokens import LIGHT
from ui.widgets.tone import Tone
from ui.wording import NARROW

BAD, UNSURE, NO_MODEL, PENDING, GOOD = "CDC_occupancy", "FDC_cathodes", "ECAL_energy", "PS_pairs", "TOF_bars"


@pytest.fixture(scope="module")
def details():
    return make_scene(only=(BAD, UNSURE, NO_MODEL, PENDING, GOOD)).details


@pytest.fixture
def pane(qtbot, qapp):
    apply(qapp, LIGHT)
    made = DetailPane()
    qtbot.addWidget(made)
    made.resize(400, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def _show(pane, detail):
    pane.show_detail(detail, DEFAULT_CLASSIFICATIONS)
    return pane


def _with_verdict(detail, **changes):
    return replace(detail, tile=replace(detail.tile, verdict=replace(detail.tile.verdict, **changes)))


def _plain(text):
    return text.replace(NARROW, " ")


def test_that_nothing_selected_says_so_and_offers_nothing(pane):
    assert pane.empty.isVisible()
    assert pane.plot_type == ""
    assert not pane.large_button.isVisible()


def test_that_a_confirmed_problem_is_told_with_symbol_word_confidence_and_how_long(pane, details):
    _show(pane, details[BAD])
    verdict = pane.heading.verdict
    assert pane.heading.name.text() == BAD
    assert pane.heading.group.text() == "Tracking › Drift chambers"
    assert _plain(verdict.text) == "Bad · 99.2 % · confirmed · 3rd in a row"
    assert (verdict.symbol, verdict.tone) == (Symbol.TRIANGLE, Tone.ALARM)


def test_that_guidance_contact_description_and_model_are_shown(pane, details):
    detail = _show(pane, details[BAD]) and details[BAD]
    info = detail.tile.plot_type
    assert pane.guidance.guidance.body.text() == info.guidance
    assert pane.guidance.contact.body.text() == info.contact
    assert pane.facts.description.body.text() == info.description
    assert pane.facts.model.body.text() == detail.model
    assert "Run 121 266" in _plain(pane.taken.text())
    assert "chunk 4" in pane.taken.text()


def test_that_facts_that_are_not_known_leave_no_empty_headings(pane, details):
    bare = replace(details[BAD], model="", tile=replace(details[BAD].tile, plot_type=PlotTypeInfo(BAD)))
    _show(pane, bare)
    for fact in (pane.guidance.guidance, pane.guidance.contact, pane.facts.description, pane.facts.model):
        assert not fact.isVisible()


def test_that_doubt_is_explained_with_the_threshold_it_falls_short_of(pane, details):
    _show(pane, details[UNSURE])
    assert "unconfirmed" in pane.heading.verdict.text
    assert "below its threshold of 80.0 %" in _plain(pane.heading.why.text())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gate": AlarmGate.NO_BEAM}, "the beam is off"),
        ({"gate": AlarmGate.UNCONFIRMED, "confirmed": False}, "does not alarm"),
        ({"gate": AlarmGate.OPEN}, ""),
    ],
)
def test_that_it_says_why_a_problem_may_not_alarm(pane, details, changes, words):
    _show(pane, _with_verdict(details[BAD], **changes))
    assert words in pane.heading.why.text()
    assert pane.heading.why.isVisible() is bool(words)


def test_that_a_plot_without_a_model_is_nobodys_and_has_no_scores(pane, details):
    _show(pane, details[NO_MODEL])
    assert pane.heading.verdict.text == "No model"
    assert "Nobody watches this plot" in pane.heading.why.text()
    assert not pane.scores.isVisible()
    assert not pane.history.isVisible()
    assert not pane.heat.isEnabled()


def test_that_a_model_without_heat_maps_is_said_to_have_none(pane, details):
    mapless = replace(details[BAD], tile=replace(details[BAD].tile, heat_map=None))
    _show(pane, mapless)
    assert "yields no heat map" in pane.facts.model.body.text()
    assert not pane.heat.isEnabled()
    assert "yields no heat map" in pane.heat.toggle.toolTip()
    _show(pane, details[BAD])
    assert pane.facts.model.body.text() == details[BAD].model
    assert pane.heat.isEnabled()
    assert "Where the model looked" in pane.heat.toggle.toolTip()


def test_that_a_pending_plot_waits(pane, details):
    _show(pane, details[PENDING])
    assert pane.heading.verdict.text == "Waiting"
    assert "waits for its verdict" in pane.heading.why.text()


def test_that_a_plot_type_without_plots_says_so(pane):
    _show(pane, PlotDetail(Tile(PlotTypeInfo("New_plot"), None)))
    assert pane.heading.verdict.text == "No plot yet"
    assert "No plot of this type has arrived yet" in pane.image.words
    assert not pane.save_button.isEnabled()


def test_that_the_image_is_awaited_and_then_shown(pane, details):
    _show(pane, details[BAD])
    assert pane.image.words == "Loading the image…"
    assert not pane.save_button.isEnabled()
    pane.show_image(pane.plot_id, picture())
    assert pane.image.image is not None
    assert pane.save_button.isEnabled()


def test_that_an_image_of_another_plot_never_stands_under_this_verdict(pane, details):
    _show(pane, details[BAD])
    pane.show_image(pane.plot_id, picture())
    _show(pane, details[GOOD])
    assert pane.image.image is None
    pane.show_image(details[BAD].tile.plot.plot_id, picture())
    assert pane.image.image is None
    newer = replace(details[GOOD].tile.plot, plot_id=999)
    pane.show_image(pane.plot_id, picture())
    _show(pane, replace(details[GOOD], tile=replace(details[GOOD].tile, plot=newer)))
    assert pane.image.image is None


def test_that_a_new_verdict_on_the_same_plot_keeps_its_image(pane, details):
    _show(pane, details[BAD])
    pane.show_image(pane.plot_id, picture())
    _show(pane, _with_verdict(details[BAD], confidence=0.5))
    assert pane.image.image is not None


@pytest.mark.parametrize("broken", ["told", "empty"])
def test_that_an_image_that_cannot_be_loaded_is_explained(pane, details, broken):
    _show(pane, details[BAD])
    if broken == "told":
        pane.show_image_error(pane.plot_id, "The blob is missing.")
        assert "The blob is missing." in pane.image.words
    else:
        pane.show_image(pane.plot_id, picture(0, 0))
    assert "cannot be loaded" in pane.image.words
    assert "verdict above still stands" in pane.image.words
    assert not pane.large_button.isEnabled()


def test_that_an_expired_image_is_told_from_a_lost_one(pane, details):
    _show(pane, details[GOOD])
    pane.show_image_expired(pane.plot_id, "Image expired 12 Nov 2026")
    assert pane.image.words.startswith("Image expired 12 Nov 2026. ")
    assert "cannot be loaded" not in pane.image.words
    assert not pane.large_button.isEnabled()
    assert not pane.save_button.isEnabled()
    pane.show_image_expired(12345, "another plot's")
    assert "another" not in pane.image.words


def test_that_what_another_system_thinks_stands_beside_our_verdict(pane, details):
    at = datetime.now(UTC).replace(hour=12, minute=2, second=0)
    opinions = (ForeignOpinion("Hydra", "Bad", 0.93, at), ForeignOpinion("Hydra B", "Good", 0.5, at))
    _show(pane, replace(details[BAD], opinions=opinions))
    first, second = pane.heading.opinions.text().splitlines()
    assert first.startswith("Hydra: Bad 0.93 at ")
    assert "otherwise" not in first
    assert second.endswith("says otherwise")
    assert pane.heading.opinions.accessibleName().startswith("Other systems: Hydra: Bad")
    _show(pane, details[BAD])
    assert not pane.heading.opinions.isVisible()


def test_that_the_error_of_another_plot_is_not_shown(pane, details):
    _show(pane, details[BAD])
    pane.show_image(pane.plot_id, picture())
    pane.show_image_error(12345, "gone")
    assert pane.image.image is not None


def test_that_clear_goes_back_to_nothing(pane, details):
    _show(pane, details[BAD])
    pane.show_image(pane.plot_id, picture())
    pane.clear()
    assert pane.empty.isVisible()
    assert pane.plot_id is None
    _show(pane, details[BAD])
    assert pane.image.image is None


def test_that_hide_and_save_name_the_plot_type(pane, details, qtbot):
    _show(pane, details[BAD])
    with qtbot.waitSignal(pane.hide_requested) as hidden:
        pane.hide_button.click()
    pane.show_image(pane.plot_id, picture())
    with qtbot.waitSignal(pane.save_requested) as saved:
        pane.save_button.click()
    with qtbot.waitSignal(pane.save_requested):
        qtbot.keyClick(pane, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert hidden.args == saved.args == [BAD]


def test_that_keys_do_nothing_while_nothing_is_selected(pane, qtbot):
    with qtbot.assertNotEmitted(pane.save_requested), qtbot.assertNotEmitted(pane.enlarged_requested):
        qtbot.keyClick(pane, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClick(pane, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)


def test_that_heat_map_button_and_slider_tell_the_opacity(pane, details, qtbot):
    _show(pane, details[BAD])
    with qtbot.waitSignal(pane.heat_opacity_changed) as on:
        pane.heat.toggle.click()
    assert on.args == [pytest.approx(0.6)]
    with qtbot.waitSignal(pane.heat_opacity_changed) as moved:
        pane.set_heat_opacity(0.3)
    assert moved.args == [pytest.approx(0.3)]
    with qtbot.waitSignals([pane.heat_opacity_changed, pane.heat_toggled]):
        pane.set_heat_visible(False)
    assert pane.heat.opacity == 0.0
    assert not pane.heat.slider.isEnabled()


def test_that_all_classes_are_listed_with_the_decided_one_on_top(pane, details):
    _show(pane, details[UNSURE])
    shown = pane.scores.scores
    assert [score.probability for score in shown] == sorted((s.probability for s in shown), reverse=True)
    assert {score.classification for score in shown} == {s.classification for s in details[UNSURE].scores}
    assert "Hot channel 61.4 %, threshold 80.0 %" in _plain(pane.scores.accessibleName())


def test_that_a_class_nobody_described_is_shown_all_the_same(pane, details):
    odd = _with_verdict(details[BAD], classification="Marsians", severity=Severity.INFORMATION)
    _show(pane, replace(odd, scores=tuple(replace(s, classification=f"{s.classification}X") for s in odd.scores)))
    assert pane.heading.verdict.symbol is not None
    pane.grab()


def test_that_imported_plots_do_not_claim_a_verdict(pane, details):
    plot = replace(details[PENDING].tile.plot, state=PlotState.IMPORTED)
    _show(pane, replace(details[PENDING], tile=replace(details[PENDING].tile, plot=plot)))
    assert pane.heading.verdict.text == "Not judged"


def test_that_a_logbook_entry_is_asked_for_with_plot_and_image_and_fits_beside_the_rest(pane, details, qtbot):
    detail = details[BAD]
    _show(pane, detail)
    assert not pane.entry_button.isEnabled()
    pane.show_image(detail.tile.plot.plot_id, picture(80, 60))
    with qtbot.waitSignal(pane.entry_requested) as asked:
        pane.entry_button.click()
    assert asked.args[0] is detail
    assert not asked.args[1].isNull()
    for button in (pane.large_button, pane.save_button, pane.hide_button, pane.entry_button):
        assert button.width() >= button.minimumSizeHint().width()
