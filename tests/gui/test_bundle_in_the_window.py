"""A label bundle in the real window: labels are in the file at once, and come home when the hall can be seen."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backend.config import StoreSection
from backend.domain.errors import LabelBundleError, StoreRefusedError, StoreUnavailableError
from backend.domain.label_bundles import Applied
from backend.offline.checking import check_bundle
from backend.services.label_bundles import BundleSession, bring_home, open_bundle
from backend.store import Store
from hydra_gui.app import run_window
from hydra_gui.application import Application
from hydra_gui.cli import main
from hydra_gui.options import WindowOptions, window_options
from hydra_gui.team.homing import Homing
from tests.fakes.engines import settings_for
from tests.fakes.live_rig import until
from tests.fakes.offline import KIND, fill_hall, label, made_bundle, open_laptop
from ui.team.bundle_bar import BundleBar

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def session(tmp_path: Path) -> BundleSession:
    with Store.open(f"sqlite:///{tmp_path / 'hall.db'}", tmp_path) as store:
        fill_hall(store, 12)
        path = made_bundle(store, tmp_path)
    return open_bundle(path, settings_for(tmp_path / "laptop", store={"data_dir": tmp_path / "laptop" / "data"}))


def test_that_a_bundle_opens_on_the_labelling_screen_and_every_label_is_in_the_file(
    qtbot: QtBot, session: BundleSession, tmp_path: Path
) -> None:
    async def work(application: Application) -> None:
        await until(lambda: application.labelling is not None)
        screen = application.labelling_screen
        await until(lambda: screen.grid.isVisible() and screen.grid.model().rowCount() == 12)
        assert application.window.current_screen == "labelling"
        assert session.path.name in application.window.windowTitle()
        assert screen.bundle_bar.isVisible()
        assert not application.window.veil.isVisible()
        for word in ("Good", "Bad"):
            screen.class_keyed.emit(word)
            screen.range_painted.emit(0, 5)
        await until(lambda: not application.labelling.saver.pending)
        screen.undo_requested.emit()
        await until(lambda: not application.labelling.saver.pending)
        assert "18 labels in this file" in screen.bundle_bar.state.text
        application.window.close()

    assert run_window(session.settings, work, tmp_path / "window.json", session) == 0
    assert check_bundle(session.path).labels == 18
    with open_laptop(session.path, tmp_path) as laptop:
        assert {item.label for item in laptop.labels.latest(KIND)} == {"Good"}
    done = bring_home(session.path, StoreSection(url=f"sqlite:///{tmp_path / 'hall.db'}", data_dir=tmp_path))
    assert (done.written, done.disagreements) == (18, 0)


_LABELS_FOR_EVER = """
import sys, itertools
from pathlib import Path
from tests.fakes.offline import KIND, label, open_laptop
from backend.domain.labelling import LabelScope, PlotQuery
place = Path(sys.argv[2])
with open_laptop(Path(sys.argv[1]), place) as laptop:
    ids = laptop.labelling.listing(PlotQuery(KIND, scope=LabelScope.ALL)).plot_ids
    plots = [item.plot for item in laptop.labelling.items(ids)]
    for number in itertools.count():
        plot = plots[number % len(plots)]
        label(laptop, [plot], (sys.argv[3], "Bad")[number // len(plots) % 2], "laptop")
        print(number + 1, flush=True)
"""


def test_that_a_kill_at_any_moment_leaves_every_saved_label_in_the_bundle(
    session: BundleSession, tmp_path: Path
) -> None:
    said = 0
    for word in ("Good", "Noisy"):
        command = [sys.executable, "-c", _LABELS_FOR_EVER, str(session.path), str(tmp_path), word]
        program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in range(17)]
        os.kill(program.pid, signal.SIGKILL)
        lines += program.stdout.readlines()
        program.wait(60)
        program.stdout.close()
        said += len([line for line in lines if line.strip()])
    found = check_bundle(session.path).labels
    assert said <= found <= said + 2


class Hall:
    """Whether labels can be brought, and how often that was tried."""

    def __init__(self) -> None:
        self.trouble: Exception | None = StoreUnavailableError("The database does not answer.")
        self.asked = 0

    def bring(self, path: Path, hall: StoreSection, on_progress: object) -> Applied:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return Applied(3, 3, 0, 1)


async def test_that_labels_come_home_by_themselves_as_soon_as_the_hall_can_be_seen(
    qtbot: QtBot, session: BundleSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydra_gui.team.homing._FIRST_S", 0.0)
    with open_laptop(session.path, tmp_path) as laptop:
        plots = [item.plot for item in laptop.labelling.items([1, 2, 3])]
        label(laptop, plots, "Good", "laptop")
    mine = replace(session, state=check_bundle(session.path), hall=StoreSection(url="mysql://u@hall/d"))
    bar, hall = BundleBar(), Hall()
    qtbot.addWidget(bar)
    homing = Homing(mine, bar, hall.bring)
    homing.start()
    await until(lambda: bar.state.text == "3 labels to bring home")
    assert "cannot be seen" in bar.more.text()
    hall.trouble = StoreRefusedError("This account's role does not include it.")
    homing.hurry()
    await until(lambda: bar.state.text == "3 labels not brought home")
    assert "role" in bar.more.text()
    hall.trouble = None
    bar.button.click()
    await until(lambda: bar.state.text == "All labels are home")
    assert "two labels" in bar.more.text()
    asked = hall.asked
    homing.hurry()
    await asyncio.sleep(0.05)
    assert hall.asked == asked, "there was nothing to bring"
    await homing.close()


async def test_that_without_a_hall_the_bar_says_where_the_labels_are(qtbot: QtBot, session: BundleSession) -> None:
    bar = BundleBar()
    qtbot.addWidget(bar)
    homing = Homing(session, bar)
    homing.start()
    assert bar.state.text == "0 labels in this file"
    assert "carry the file back" in bar.more.text()
    assert not bar.button.isVisible()
    await homing.close()


def test_that_a_file_given_on_the_command_line_is_opened_and_a_bad_one_refused_before_there_is_a_window(
    session: BundleSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = window_options(["--data-dir", "d", "labels/a.hydralabels"])
    assert given == WindowOptions(data_dir=Path("d"), bundle=Path("labels/a.hydralabels"))
    bad = tmp_path / "bad.hydralabels"
    bad.write_bytes(b"nothing")
    for arguments in ([str(bad)], ["bundle", "open", str(bad)]):
        assert main([*arguments, "--data-dir", str(tmp_path / "d")]) == 1
        assert "no label bundle" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(LabelBundleError):
        open_bundle(bad, session.settings)
