"""A theme reaches every widget, at once and again; the desktop is followed when asked."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QWidget

from backend.domain.classifications import Severity
from backend.domain.health import Condition
from ui.theme.apply import ThemeMode, ThemeSwitch, apply, theme_of
from ui.theme.fonts import font, load_fonts
from ui.theme.stylesheet import stylesheet
from ui.theme.tokens import BODY, DARK, DISPLAY, HEADING, LARGE, LIGHT, SMALL
from ui.widgets.buttons import Button
from ui.widgets.tone import Tone, colour, tone_of, tone_of_condition
from ui.widgets.words import Words


@pytest.fixture(autouse=True)
def _light_again(qapp):
    yield
    apply(qapp, LIGHT)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_that_a_widget_knows_its_theme_from_its_palette(qtbot, qapp, theme):
    apply(qapp, theme)
    widget = QWidget()
    qtbot.addWidget(widget)
    assert theme_of(widget) is theme
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.ground.lower()


def test_that_switching_reaches_widgets_that_exist_already(qtbot, qapp):
    switch = ThemeSwitch(qapp, ThemeMode.LIGHT)
    words = Words("text", tone=Tone.MUTED)
    qtbot.addWidget(words)
    with qtbot.waitSignal(switch.theme_changed) as changed:
        switch.toggle()
    assert changed.args == [DARK]
    assert (switch.mode, switch.theme) == (ThemeMode.DARK, DARK)
    assert words.palette().color(QPalette.ColorRole.WindowText).name() == DARK.muted.lower()
    switch.toggle()
    assert words.palette().color(QPalette.ColorRole.WindowText).name() == LIGHT.muted.lower()


def test_that_the_desktop_is_followed_and_an_own_choice_stays(qapp):
    switch = ThemeSwitch(qapp, ThemeMode.SYSTEM)
    hints = qapp.styleHints()
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert switch.theme is DARK
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert switch.theme is LIGHT
    switch.choose(ThemeMode.LIGHT)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert switch.theme is LIGHT


def test_that_icons_follow_the_theme(qtbot, qapp):
    apply(qapp, LIGHT)
    button = Button("Save", icon_name="save")
    qtbot.addWidget(button)
    light = button.icon().pixmap(16).toImage()
    apply(qapp, DARK)
    assert button.icon().pixmap(16).toImage() != light


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_that_the_style_sheet_has_no_open_ends(theme):
    sheet = stylesheet(theme)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    assert theme.accent in sheet


def test_that_the_shipped_family_is_used_with_figures_of_one_width(qapp):
    assert load_fonts() == "Inter"
    for size in (SMALL, BODY, HEADING, LARGE, DISPLAY):
        for weight in (QFont.Weight.Normal, QFont.Weight.DemiBold):
            face = font(size, weight)
            assert face.pixelSize() == size
            widths = {QFontMetrics(face).horizontalAdvance(figure * 8) for figure in "0123456789"}
            assert len(widths) == 1


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_that_every_tone_has_a_colour_and_trouble_is_never_grey(theme):
    assert all(colour(theme, tone).startswith("#") for tone in Tone)
    assert tone_of(None) is Tone.MUTED
    assert colour(theme, tone_of(Severity.NORMAL)) == theme.muted
    assert colour(theme, tone_of(Severity.ALARM)) == theme.alarm.text
    assert tone_of_condition(Condition.OK) is Tone.MUTED
    assert colour(theme, tone_of_condition(Condition.FAILED)) == theme.alarm.text
