"""Whatever can be acted on has a name, says its key, shows its focus and is reached by Tab, in every part."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QStyle, QStyleOptionButton, QWidget

from backend.domain.classifications import DEFAULT_CLASSIFICATIONS
from tests.fakes.hall_views import NOW, STATUS, make_scene
from tests.fakes.windows import interactive, picture, pixels
from ui.detail.enlarged import EnlargedView
from ui.detail.pane import DetailPane
from ui.messages import Message
from ui.shell.screen import Screen
from ui.shell.window import MainWindow
from ui.theme.apply import apply
from ui.theme.tokens import DARK, LIGHT
from ui.welcome.view import WelcomeView

PLOT = "CDC_occupancy"


@pytest.fixture(scope="module")
def detail():
    return make_scene(only=(PLOT,)).details[PLOT]


@pytest.fixture(params=[LIGHT, DARK], ids=lambda theme: theme.name)
def window(request, qtbot, qapp, detail):
    apply(qapp, request.param)
    pane = DetailPane()
    made = MainWindow(
        [Screen("live", "Live", "live", pane), Screen("welcome", "Welcome", "folder", WelcomeView())], clock=lambda: NOW
    )
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.set_status(STATUS)
    pane.show_detail(detail, DEFAULT_CLASSIFICATIONS)
    pane.show_image(pane.plot_id, picture())
    pane.set_heat_visible(True)
    made.tell(Message("Something happened.", "It means this.", "Do that.", "details"))
    yield made
    made.close()
    apply(qapp, LIGHT)


def _reached_by_tab(window: QWidget, qtbot) -> set[QWidget]:
    reached: set[QWidget] = set()
    window.setFocus()
    for _ in range(200):
        focused = QApplication.focusWidget()
        if focused in reached:
            break
        if focused is not None and focused is not window:
            reached.add(focused)
        qtbot.keyClick(focused or window, Qt.Key.Key_Tab)
    return reached


def _named(widgets):
    return [type(w).__name__ + " " + w.objectName() for w in widgets if not w.accessibleName()]


def test_that_everything_one_can_act_on_has_an_accessible_name(window):
    window.quarantine.open_panel()
    window.centralWidget().findChild(DetailPane).open_large()
    found = interactive(window)
    assert len(found) > 20
    assert any(isinstance(w.window(), MainWindow) and isinstance(w.parentWidget(), EnlargedView) for w in found)
    assert _named(found) == []


def test_that_every_button_has_a_tool_tip(window):
    bare = [b.accessibleName() for b in window.findChildren(QAbstractButton) if b.accessibleName() and not b.toolTip()]
    assert bare == []


@pytest.mark.parametrize("screen", ["live", "welcome"])
def test_that_every_button_that_is_seen_is_reached_by_tab(window, qtbot, screen):
    window.show_screen(screen)
    QApplication.processEvents()
    wanted = {w for w in interactive(window) if w.isVisible() and w.isEnabled()}
    missed = wanted - _reached_by_tab(window, qtbot)
    assert sorted(w.accessibleName() for w in missed) == []


def test_that_shortcuts_are_told_in_tool_tips(window):
    strip, pane = window.strip, window.findChild(DetailPane)
    for widget, key in (
        (strip.full_screen, "F11"), (strip.theme_button, "Ctrl+T"), (window.rail.buttons[0], "Ctrl+1"),
        (pane.save_button, "Ctrl+S"), (pane.large_button, "Ctrl+L"), (pane.heat.toggle, "H"),
    ):  # fmt: skip
        assert f"({key})" in widget.toolTip()


def test_that_focus_is_seen(window, qtbot):
    unseen = []
    for widget in interactive(window):
        if not (widget.isVisible() and widget.isEnabled()):
            continue
        window.setFocus()
        before = pixels(widget.grab().toImage())
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        after = pixels(widget.grab().toImage())
        if before.shape == after.shape and (before == after).all():
            unseen.append(widget.accessibleName())
    assert unseen == []


def test_that_no_words_on_buttons_are_cut_off(window):
    for screen in ("live", "welcome"):
        window.show_screen(screen)
        QApplication.processEvents()
        for button in window.findChildren(QAbstractButton):
            if not button.isVisible() or not button.text():
                continue
            option = QStyleOptionButton()
            option.initFrom(button)
            inside = button.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, button)
            needed = button.fontMetrics().horizontalAdvance(button.text())
            assert max(inside.width(), button.width() - 8) >= needed, button.text()


def test_that_a_wide_hall_fits_a_small_screen(window):
    window.resize(1000, 700)
    QApplication.processEvents()
    strip = window.strip
    shown = [w for w in (strip.run, strip.beam, strip.newest, strip.set_aside, strip.theme_button) if w.isVisible()]
    spans = sorted((w.geometry().left(), w.geometry().right()) for w in shown)
    assert all(right < left for (_, right), (left, _) in pairwise(spans))
    assert spans[-1][1] <= strip.width()
