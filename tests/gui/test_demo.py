"""The demo, off screen and short: a hall that draws itself is judged, nothing is lost, pictures are left."""

import json
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

import backend.services.bundles as bundles
from backend.simulation.catalogue import CATALOGUE
from hydra_gui.cli.program import run_command
from hydra_gui.demo.hall import DemoError
from hydra_gui.demo.options import DemoOptions, for_this_machine
from hydra_gui.demo.run import run_demo
from hydra_gui.demo.simulator import Simulator
from tests.fakes.bundles import make_bundle

SECONDS = 9.0


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Models that judge by brightness, in place of those that are shipped."""
    folder = tmp_path / "shipped"
    for number, kind in enumerate(CATALOGUE):
        make_bundle(folder / kind.name, kind.name, kind.classes, seed=number)
    monkeypatch.setattr(bundles, "SHIPPED", folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HYDRA_STORE__URL", "mysql://somebody@example.org/a-real-store")
    return folder


def test_that_nothing_is_lost_and_pictures_are_left(qtbot: QtBot, shipped: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    score = run_demo(DemoOptions(SECONDS, pictures, seed=3, cycle_s=2.0))
    assert score.written >= len(CATALOGUE)
    assert score.written == score.judged == score.stored
    assert score.lost == 0
    assert sum(score.verdicts.values()) == score.judged
    assert score.painted > 0
    assert score.median_ms is not None
    assert score.p95_ms is not None
    assert 0 < score.median_ms <= score.p95_ms
    sizes = {path.name: Image.open(path).size for path in pictures.glob("*.png")}
    assert sorted(sizes) == ["live-dark.png", "live-detail.png", "live-heat-maps.png", "live-light.png"]
    assert len(set(sizes.values())) == 1


def test_that_the_command_tells_the_summary_and_leaves_it(
    qtbot: QtBot, shipped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["demo", "--seconds", "6", "--cycle", "2", "--screenshot", str(tmp_path / "out"), "--json"]
    assert run_command(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lost"] == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == told


def test_that_without_any_shipped_model_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "SHIPPED", tmp_path / "none")
    with pytest.raises(DemoError, match="No model is shipped"):
        run_demo(DemoOptions(SECONDS))


def test_that_it_is_bounded_where_there_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    bounded = for_this_machine(DemoOptions())
    assert bounded.seconds == 60
    assert bounded.screenshots is not None
    assert for_this_machine(DemoOptions(5.0, Path("x"))) == DemoOptions(5.0, Path("x"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert for_this_machine(DemoOptions()) == DemoOptions()


def test_that_a_simulator_that_cannot_write_says_why(tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("no folder")
    simulator = Simulator(tmp_path / "plots", tmp_path / "beam.txt", tmp_path / "truth.csv", DemoOptions())
    try:
        simulator._process.wait(30)
        assert "The simulated hall stopped" in simulator.trouble
    finally:
        simulator.stop()
