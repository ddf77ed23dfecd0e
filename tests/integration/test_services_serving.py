import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backend.events import Event, PlotJudged
from backend.services.serving import ServeOptions, ServeSummary, serve_until
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.engines import settings_for
from tests.fakes.machine import slowness
from tests.fakes.plots import write_plots

ROOT = Path(__file__).resolve().parents[2]


def prepare(place: Path, count: int) -> None:
    settings = settings_for(place)
    with Store.open(settings.store.effective_url, settings.store.data_dir) as store:
        activate_bundle(store, place / "bundles", "CDC_occupancy")
    write_plots(place / "inbox", ["CDC_occupancy"], count)


def test_that_it_ends_by_itself_when_the_folder_is_worked_off(tmp_path: Path) -> None:
    prepare(tmp_path, 20)
    heard: list[Event] = []
    summary = serve_until(settings_for(tmp_path), ServeOptions(seconds=60, until_idle=True), heard.append)
    assert summary.recorded == 20
    assert summary.verdicts == {"Good": 10, "Bad": 10}
    assert any(isinstance(event, PlotJudged) for event in heard)
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data") as store:
        assert (store.counts().judged, store.counts().pending) == (20, 0)


@pytest.mark.timed
def test_that_it_ends_when_its_time_is_over(tmp_path: Path) -> None:
    started = time.monotonic()
    summary = serve_until(settings_for(tmp_path), ServeOptions(seconds=0.5), lambda _: None)
    assert summary == ServeSummary()
    assert time.monotonic() - started < 10 * slowness()


def test_that_a_signal_ends_it_cleanly(tmp_path: Path) -> None:
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        serve_until(settings_for(tmp_path), ServeOptions(), lambda _: None)
    finally:
        timer.cancel()
        timer.join()


def test_that_a_database_of_another_schema_ends_it_at_once(tmp_path: Path, mariadb_url: str) -> None:
    settings = settings_for(tmp_path, store={"url": mariadb_url, "data_dir": tmp_path})
    summary = serve_until(settings, ServeOptions(seconds=30), lambda _: None)
    assert "hydra-gui db upgrade" in summary.refused


def test_that_the_program_serves_and_leaves_nothing_behind(tmp_path: Path) -> None:
    prepare(tmp_path, 4)
    command = [sys.executable, "-m", "hydra_gui", "serve", "--json", "--until-idle", "--seconds", "60"]
    where = ["--data-dir", str(tmp_path / "data"), "--watch", str(tmp_path / "inbox")]
    pulse = ["--pulse", str(tmp_path / "pulse")]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        told = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        done = subprocess.run(
            [*command, *where, *pulse], cwd=ROOT, env=told, capture_output=True, text=True, timeout=90
        )
        manager.setblocking(False)
        assert manager.recv(4096) == b"READY=1\nSTATUS=starting"
    assert (tmp_path / "pulse").exists()
    assert done.returncode == 0, done.stderr
    assert '"event": "end"' in done.stdout.splitlines()[-1]
    assert done.stdout.count('"event": "judged"') >= 1


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache-home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))
