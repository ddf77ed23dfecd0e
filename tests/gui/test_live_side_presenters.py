"""Files set aside, first steps, preferences, names of saved files, tasks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

from backend.config import ConfigurationError
from backend.domain.errors import HydraError
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from hydra_gui.bridge import Bridge
from hydra_gui.live.quarantine import LONGEST, QuarantineModel, QuarantinePresenter
from hydra_gui.live.saving import file_name, suffix_of
from hydra_gui.live.welcome import WelcomePresenter
from hydra_gui.preferences import LivePreferences, PreferencesFile
from hydra_gui.tasks import Tasks
from tests.fakes.engine import FakeEngine, now
from tests.fakes.live_rig import QtLoop, turns, until
from tests.fakes.tiles import make_plot
from ui.live.filters import Grouping
from ui.quarantine.panel import FILE_ROLE


def aside(name: str) -> QuarantinedFile:
    return QuarantinedFile(f"/in/{name}", QuarantineReason.TRUNCATED, "ends after 10 bytes", 10, now())


@pytest.fixture
def loop(qtbot):
    made = QtLoop()
    yield made
    made.close()


@pytest.fixture
def engine():
    made = FakeEngine()
    yield made
    made.close()


def test_that_the_quarantine_model_keeps_qts_rules(qtbot, qtmodeltester):
    model = QuarantineModel()
    model.show((aside("a"), aside("b")))
    qtmodeltester.check(model)
    model.put(aside("c"))
    model.put(aside("a"))
    assert [model.index(row, 1).data() for row in range(model.rowCount())] == ["a", "c", "b"]
    for n in range(LONGEST + 20):
        model.put(aside(f"f{n}"))
    assert model.rowCount() == LONGEST
    assert model.index(0, 0).data(FILE_ROLE).path == f"/in/f{LONGEST + 19}"


def test_that_files_set_aside_before_and_after_the_start_are_listed(loop, engine):
    engine.files = [aside("old")]
    bridge = Bridge(engine)
    presenter = QuarantinePresenter(engine, bridge)
    bridge.open()

    async def scenario():
        presenter.start()
        await until(lambda: presenter.model.rowCount() == 1)
        engine.set_aside(aside("new"))
        await until(lambda: presenter.model.rowCount() == 2)
        assert presenter.model.index(0, 1).data() == "new"
        bridge.close()
        await presenter.close()

    loop.run(scenario())


class Welcome(QObject):
    """A view that remembers what it was told."""

    folder_chosen = Signal(Path)
    retry_requested = Signal()

    def __init__(self):
        super().__init__()
        self.shown = []

    def show_waiting(self, directory):
        self.shown.append(("waiting", directory))

    def show_unseen(self, directory, why, advice):
        self.shown.append(("unseen", directory, why, advice))


def test_that_the_chosen_folder_is_watched(loop, engine):
    view = Welcome()
    presenter = WelcomePresenter(engine, view)
    watching = []
    presenter.watching.connect(watching.append)

    async def scenario():
        view.folder_chosen.emit(Path("/plots"))
        await until(lambda: watching)
        await presenter.close()

    loop.run(scenario())
    assert engine.watched == [Path("/plots")]
    assert view.shown == [("waiting", Path("/plots"))]


def test_that_a_folder_that_cannot_be_watched_is_explained_and_can_be_tried_again(loop, engine):
    view = Welcome()
    presenter = WelcomePresenter(engine, view)
    watch = engine.watch

    async def refuse(directory):
        raise ConfigurationError(f"{directory} does not exist.")

    async def scenario():
        engine.watch = refuse
        view.folder_chosen.emit(Path("/plots"))
        await until(lambda: view.shown)
        assert view.shown[0][:3] == ("unseen", Path("/plots"), "/plots does not exist.")
        engine.watch = watch
        view.retry_requested.emit()
        await until(lambda: len(view.shown) == 2)
        await presenter.close()

    loop.run(scenario())
    assert engine.watched == [Path("/plots")]


def test_that_preferences_survive_and_bad_ones_cost_only_themselves(tmp_path, caplog):
    path = tmp_path / "deep" / "window.json"
    kept = LivePreferences(("a",), True, 0.8, Grouping.NONE, 2, (1, 2, 3))
    file = PreferencesFile(path)
    assert file.load() == LivePreferences()
    file.save(LivePreferences())
    file.save(kept)
    file.close()
    again = PreferencesFile(path)
    assert again.load() == kept
    path.write_text('{"hidden": ["b"], "opacity": "thick", "grouping": "moon", "sizes": 3, "unheard": 1}')
    assert again.load() == LivePreferences(hidden=("b",))
    path.write_text("[1]")
    assert again.load() == LivePreferences()
    path.write_text("{half")
    assert again.load() == LivePreferences()
    assert "cannot be read" in caplog.text
    again.close()


def test_that_preferences_that_cannot_be_written_are_logged_and_nothing_else_happens(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    file = PreferencesFile(tmp_path / "file" / "window.json")
    file.save(LivePreferences())
    file.close()
    assert "cannot be written" in caplog.text


def test_that_saved_files_are_named_by_plot_type_run_and_heat_map():
    assert file_name(make_plot("CDC/occupancy", 1), ".png") == "CDC_occupancy_run121266.png"
    assert file_name(make_plot("CDC", 1), ".jpg", with_heat=True) == "CDC_run121266_heatmap.jpg"
    assert [suffix_of(start) for start in (b"\x89PNG..", b"\xff\xd8\xff", b"GIF89a", b"??")] == [
        ".png", ".jpg", ".gif", ".png",
    ]  # fmt: skip


def test_that_the_newest_task_of_a_name_counts_and_errors_reach_their_place(loop):
    said, strange, done = [], [], []
    tasks = Tasks(said.append)

    async def work(number, error=None):
        await asyncio.sleep(0.001)
        if error is not None:
            raise error
        done.append(number)

    async def scenario():
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: strange.append(context["exception"]))
        for number in range(3):
            tasks.start("same", work(number))
        tasks.start("refused", work(0, HydraError("Try again.")))
        tasks.start("broken", work(0, ZeroDivisionError()))
        await until(lambda: not len(tasks))
        await turns(2)

    loop.run(scenario())
    assert done == [2]
    assert said == ["Try again."]
    assert [type(error) for error in strange] == [ZeroDivisionError]
