"""Every scene of the screenshots can be drawn, differs from the others, and leaves nothing running."""

import threading
from datetime import UTC, datetime

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from tests.fakes.hall_views import make_scene
from tests.fakes.windows import pixels
from tests.screenshots.stage import SCENES, shoot
from ui.theme.apply import apply
from ui.theme.tokens import LIGHT

SIZE = (1280, 800)


@pytest.fixture(scope="module", autouse=True)
def _light(qapp):
    apply(qapp, LIGHT)


@pytest.fixture(scope="module")
def now():
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def scene(now):
    return make_scene(now)


@pytest.mark.parametrize("name", SCENES)
def test_that_a_scene_is_drawn_and_cleaned_up(qtbot, qapp, scene, now, name):
    threads = set(threading.enumerate())
    windows = set(QApplication.topLevelWidgets())
    image = shoot(name, SIZE, scene, now)
    assert (image.width(), image.height()) == SIZE
    assert len(np.unique(pixels(image).view(np.uint32))) > 100
    assert {thread for thread in threading.enumerate() if thread.is_alive()} <= threads
    assert not [w for w in set(QApplication.topLevelWidgets()) - windows if w.isVisible()]
