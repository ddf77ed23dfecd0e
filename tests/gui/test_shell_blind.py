"""BLIND: large, with reason and advice, over dimmed content; gone when the application can see again."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget

from backend.domain.health import Condition, Health, PartHealth
from tests.fakes.hall_views import BLIND, HEALTHY, NOW, STATUS
from tests.fakes.windows import pixels
from ui.shell.blind import failures
from ui.shell.screen import Screen
from ui.shell.window import MainWindow
from ui.theme.apply import apply
from ui.theme.tokens import DISPLAY, LIGHT


@pytest.fixture
def window(qtbot, qapp):
    apply(qapp, LIGHT)
    vivid = QWidget()
    vivid.setStyleSheet("background: #00ff00;")
    made = MainWindow([Screen("live", "Live", "live", vivid)], clock=lambda: NOW)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def _middle(window):
    return pixels(window.grab().toImage())[window.height() // 2, window.width() // 2].astype(int)


def test_that_a_seeing_application_has_no_banner(window):
    window.set_status(STATUS)
    assert not window.banner.isVisible()
    assert not window.veil.isVisible()


def test_that_blind_is_said_large_with_reason_and_advice(window):
    window.set_status(replace(STATUS, health=BLIND))
    banner = window.banner
    assert banner.isVisible()
    assert (banner.title.text(), banner.title.font().pixelSize()) == ("BLIND", DISPLAY)
    assert "no answer since 13:43" in banner.reason.text()
    assert "Call the administrator" in banner.advice.text()
    assert banner.accessibleName().startswith("BLIND.")


def test_that_a_stale_green_is_dimmed_and_comes_back(window):
    window.set_status(STATUS)
    green = _middle(window)
    assert tuple(green[:3]) == (0, 255, 0)
    window.set_status(replace(STATUS, health=BLIND))
    dimmed = _middle(window)
    assert max(dimmed[:3]) - min(dimmed[:3]) < 110
    window.set_status(replace(STATUS, health=HEALTHY))
    assert tuple(_middle(window)[:3]) == (0, 255, 0)
    assert not window.banner.isVisible()


def test_that_the_veil_covers_the_screens_after_a_resize_and_lets_the_mouse_through(window, qtbot):
    window.set_status(replace(STATUS, health=BLIND))
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: window.veil.size() == window.stack.size(), timeout=30_000)
    place = window.stack.mapTo(window, window.stack.rect().center())
    assert window.childAt(place) is not window.veil


def test_that_every_failed_part_is_named_the_reason_of_blindness_first():
    health = Health(
        PartHealth(Condition.FAILED, "the folder is gone", "Mount it again."),
        PartHealth(Condition.FAILED, "no answer", "Wait."),
        PartHealth(Condition.OK),
    )
    found = failures(health)
    assert [failure.reason for failure in found] == ["database: no answer", "feed: the folder is gone"]
    assert health.blind == found[0].reason


def test_that_starting_is_not_blind(window):
    window.set_status(replace(STATUS, health=Health()))
    assert not window.banner.isVisible()
