"""Off screen, one appearance, one font: what every test of the window stands on."""

import gc
import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def garbage_goes_on_this_thread() -> Iterator[None]:
    """As in the program: widgets left in a cycle by one test must not be destroyed by a thread of another."""
    gc.disable()
    yield
    gc.collect(1)
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def nothing_of_a_window_outlives_its_module() -> Iterator[None]:
    yield
    gc.collect()
