"""Stations as real processes on one real MariaDB: engines and feeders, started, paused, killed and cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from backend.domain.errors import StoreUnavailableError
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.mariadb import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 180.0


def until(condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Wait for a condition; AssertionError after the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s:.0f} s: {what}"
        time.sleep(0.02)


class StationProcess:
    """One program. Its output is read by a thread of its own, so that it never waits for a reader."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str]) -> None:
        command = [sys.executable, *arguments]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read, name=f"output of {self._process.pid}")
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)

    def says(self, words: str) -> bool:
        """Whether it has said this; AssertionError where it ended instead."""
        if any(words in line for line in self.lines):
            return True
        assert self.alive, "".join(self.lines)
        return False

    def pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.go_on()
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self.alive:
            self._process.send_signal(number)
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait(30)
        self._thread.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code


class Hall:
    """A database with a tiny model in force for some plot types, a folder of images, and the stations on it."""

    def __init__(self, url: str, place: Path, plot_types: Sequence[str], **bundle: object) -> None:
        self.url, self.place, self.plot_types = url, place, tuple(plot_types)
        self.stations: list[StationProcess] = []
        self.blobs = place / "blobs"
        Store.upgrade(url)
        self.store = Store.open(url, place / "data", self.blobs)
        first = activate_bundle(self.store, place / "bundles", self.plot_types[0], **bundle)
        for name in self.plot_types[1:]:
            self.store.models.activate(first, "tests", name)

    def environment(self, name: str, **settings: str) -> dict[str, str]:
        """For a station of this name. Compiled models are shared, as on one machine."""
        return {
            "HYDRA_STORE_PASSWORD": PASSWORD,
            "HYDRA_STORE__URL": self.url,
            "HYDRA_STORE__DATA_DIR": str(self.place / name),
            "HYDRA_STORE__BLOBS": str(self.blobs),
            "HYDRA_STATION__NAME": name,
            "HYDRA_INFERENCE__CACHE_DIR": str(self.place / "cache"),
            "HYDRA_INFERENCE__THREADS": "1",
            "XDG_CONFIG_HOME": str(self.place / "config"),
            **settings,
        }

    def engine(self, name: str, **settings: str) -> StationProcess:
        """An engine without a folder: it judges what others take in. Returns when it serves."""
        return self._serve(name, ["serve"], settings)

    def feeder(self, name: str, folder: Path, **settings: str) -> StationProcess:
        """Takes a folder in and judges nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        given = {"HYDRA_INPUT__AFTER": "delete", "HYDRA_INPUT__SETTLE_S": "0.05", "HYDRA_INPUT__POLL_S": "2"}
        return self._serve(name, ["serve", "--feed-only", "--watch", str(folder)], given | settings)

    def _serve(self, name: str, arguments: list[str], settings: dict[str, str]) -> StationProcess:
        return self.run(name, ["-m", "hydra_gui", "--json", *arguments], settings)

    def run(self, name: str, arguments: list[str], settings: dict[str, str]) -> StationProcess:
        """Any program as a station of this name; returns when it has entered itself."""
        station = StationProcess(arguments, self.environment(name, **settings))
        self.stations.append(station)
        until(lambda: self.is_there(station) or not station.alive, f"{name} serves")
        assert station.alive, "".join(station.lines)
        return station

    def is_there(self, process: StationProcess) -> bool:
        """Whether it was heard of lately; False while the database is away."""
        try:
            return any(one.pid == process.pid and one.alive for one in self.store.stations.all())
        except StoreUnavailableError:
            return False

    def verdicts(self) -> dict[int, int]:
        """Verdicts by plot, of all plots."""
        query = "SELECT p.id, COUNT(v.plot_id) FROM plots p LEFT JOIN verdicts v ON v.plot_id = p.id GROUP BY p.id"
        return dict(self.store.database.read(lambda connection: connection.exec_driver_sql(query).all()))

    def close(self) -> None:
        for station in reversed(self.stations):
            station.stop()
        self.store.close()
