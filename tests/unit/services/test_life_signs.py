"""Signs of life: what systemd is told, and the file that probes look at."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.services.life_signs import EVERY_S, LifeSigns


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


def heard(manager: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(manager.recv(4096).decode())
        except BlockingIOError:
            return found


def test_that_the_service_manager_hears_begin_state_life_and_end(manager: socket.socket) -> None:
    signs = LifeSigns(environment={"NOTIFY_SOCKET": manager.getsockname()})
    signs.ready("starting")
    signs.alive("database away\nsince 12:00")
    signs.alive("database away\nsince 12:00")
    signs.stopping()
    assert heard(manager) == [
        "READY=1\nSTATUS=starting",
        "STATUS=database away since 12:00",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


def test_that_an_engine_that_is_stuck_gives_no_sign(manager: socket.socket, tmp_path: Path) -> None:
    pulse = tmp_path / "pulse"
    signs = LifeSigns(pulse, {"NOTIFY_SOCKET": manager.getsockname()})
    signs.alive("inference no verdict for 31 s", well=False)
    assert heard(manager) == ["STATUS=inference no verdict for 31 s"]
    assert not pulse.exists()


def test_that_the_watchdog_hears_twice_in_its_period(manager: socket.socket) -> None:
    asked = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())}
    signs = LifeSigns(environment=asked)
    deadline = time.monotonic() + 60
    found: list[str] = []
    while found.count("WATCHDOG=1") < 3 and time.monotonic() < deadline:
        signs.alive("all well")
        found += heard(manager)
    assert found.count("WATCHDOG=1") >= 3


def test_that_a_watchdog_for_another_process_is_not_ours() -> None:
    assert LifeSigns(environment={"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"})._every_s == EVERY_S


def test_that_the_pulse_is_renewed(tmp_path: Path) -> None:
    pulse = tmp_path / "pulse"
    pulse.touch()
    os.utime(pulse, (0, 0))
    LifeSigns(pulse, {}).alive("all well")
    assert time.time() - pulse.stat().st_mtime < 60


def test_that_nobody_who_listens_stops_nothing(tmp_path: Path) -> None:
    signs = LifeSigns(tmp_path / "no such folder" / "pulse", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    signs.ready("starting")
    signs.alive("all well")
    signs.stopping()
