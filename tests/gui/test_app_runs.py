"""The whole program with its window: started, fed, closed; what it leaves behind and what it loads."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backend.config import Settings
from backend.store import Store
from hydra_gui.app import run_window
from hydra_gui.application import Application
from hydra_gui.watched import WatchedFolder
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import settings_for
from tests.fakes.plots import write_plots

ROOT = Path(__file__).resolve().parents[2]
_DEADLINE_S = 90.0


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = settings_for(tmp_path)
    with Store.open(made.store.effective_url, made.store.data_dir) as store:
        activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
        activate_bundle(store, tmp_path / "bundles", "FDC_hits", seed=1)
    return made


def test_that_a_plot_is_painted_with_its_verdict_and_nothing_is_left_running(
    qtbot: QtBot, settings: Settings, tmp_path: Path
) -> None:
    painted: list[int] = []

    async def watch(application: Application) -> None:
        application.live_screen.grid.tile_painted = painted.append
        await until(lambda: application.presenter is not None)
        write_plots(tmp_path / "inbox", ["CDC_occupancy", "FDC_hits"], 2)
        await until(lambda: len(set(painted)) == 2)
        assert application.live_screen.attention.view.model().rowCount() == 1
        application.window.close()

    assert run_window(settings, watch, tmp_path / "window.json") == 0
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        assert store.counts().judged == 2


def test_that_closing_at_once_ends_cleanly(qtbot: QtBot, settings: Settings, tmp_path: Path) -> None:
    async def close(application: Application) -> None:
        application.window.close()

    assert run_window(settings, close, tmp_path / "window.json") == 0


def test_that_a_companion_that_fails_ends_the_program_with_its_error(
    qtbot: QtBot, settings: Settings, tmp_path: Path
) -> None:
    async def fail(application: Application) -> None:
        await until(lambda: application.presenter is not None)
        raise LookupError("the hall is gone")

    with pytest.raises(LookupError, match="the hall is gone"):
        run_window(settings, fail, tmp_path / "window.json")


def test_that_the_folder_chosen_in_the_window_is_watched_and_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, input={"directory": None})
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    write_plots(chosen, ["CDC_occupancy"], 1)

    async def choose(application: Application) -> None:
        await until(lambda: application.presenter is not None)
        application.welcome.folder_chosen.emit(chosen)
        await until(lambda: application.live_screen.grid.model().rowCount() == 1)
        application.window.close()

    run_window(settings, choose, tmp_path / "window.json")
    assert WatchedFolder(settings.store.data_dir).recall() == chosen


def test_that_an_uncaught_error_is_shown_and_logged(qtbot: QtBot, settings: Settings, tmp_path: Path) -> None:
    shown: list[str] = []

    async def fail() -> None:
        raise RuntimeError("boom")

    async def break_something(application: Application) -> None:
        await until(lambda: application.presenter is not None)
        application.window.tell = lambda message: shown.append(message.details)  # type: ignore[method-assign]
        kept = asyncio.ensure_future(fail())
        await until(kept.done)
        del kept
        await until(lambda: bool(shown))
        application.window.close()

    run_window(settings, break_something, tmp_path / "window.json")
    assert "RuntimeError: boom" in shown[0]
    assert "RuntimeError: boom" in (settings.store.data_dir / "hydra-gui.log").read_text()


_PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from hydra_gui.app import run_window
from tests.fakes.engines import settings_for
place = Path(sys.argv[1])
painted = []
async def watch(application):
    application.live_screen.grid.tile_painted = painted.append
    while not painted:
        await asyncio.sleep(0.02)
    application.window.close()
code = run_window(settings_for(place), watch, place / "window.json")
modules = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"code": code, "painted": len(painted), "modules": modules}))
"""


def test_that_a_window_that_has_judged_a_plot_has_not_loaded_tensorflow(settings: Settings, tmp_path: Path) -> None:
    write_plots(tmp_path / "inbox", ["CDC_occupancy"], 1)
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["code"] == 0
    assert answer["painted"] >= 1
    assert "openvino" in answer["modules"]
    assert not {"tensorflow", "keras", "sklearn", "scipy"} & set(answer["modules"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_the_bare_program_reports_its_start_and_ends_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    report = tmp_path / "startup.json"
    home = {name: str(tmp_path) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
    environment = {**os.environ, **home, "HYDRA_STARTUP_REPORT": str(report), "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen(
        [sys.executable, "-m", "hydra_gui"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    deadline = time.monotonic() + _DEADLINE_S
    while not report.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    output, _ = process.communicate(timeout=_DEADLINE_S)
    assert process.returncode == 0, output
    assert 0 < json.loads(report.read_text())["window_shown_ms"] < 30_000
    assert output == b""


def test_that_a_bad_configuration_ends_the_program_before_any_window(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[input]\npoll_s = 0\n")
    command = [sys.executable, "-m", "hydra_gui", "--config", str(tmp_path / "bad.toml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_DEADLINE_S)
    assert done.returncode == 2
    assert "input.poll_s" in done.stderr
