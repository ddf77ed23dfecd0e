"""The stations of the trial: how each is started, and started again after it was killed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.proxy import Proxy
from tests.fakes.station_processes import Hall, StationProcess
from tests.mariadb import MariaDb


@dataclass(slots=True)
class Member:
    """One station under one name, over all its lives. `proxy` is its line to the database."""

    name: str
    begin: Callable[[], StationProcess]
    proxy: Proxy
    process: StationProcess | None = None
    lives: int = 0

    def start(self) -> None:
        self.process, self.lives = self.begin(), self.lives + 1

    def kill(self) -> Callable[[], None]:
        """SIGKILL; ended by starting it again."""
        assert self.process is not None
        self.process.kill()
        return self.start

    def pause(self) -> Callable[[], None]:
        assert self.process is not None
        self.process.pause()
        return self.process.go_on

    def cut(self) -> Callable[[], None]:
        self.proxy.cut()
        return self.proxy.mend

    def reset(self) -> Callable[[], None]:
        self.proxy.reset()
        return lambda: None


@dataclass(slots=True)
class Crew:
    """All stations of one trial."""

    hall: Hall
    server: MariaDb
    members: list[Member] = field(default_factory=list)

    def add_engine(self, name: str) -> None:
        self._add(name, lambda settings: self.hall.engine(name, **settings))

    def add_feeder(self, name: str, folder: Path) -> None:
        self._add(name, lambda settings: self.hall.feeder(name, folder, **settings))

    def add_window(self, name: str, report: Path) -> None:
        place = self.hall.place / name
        watching = {"HYDRA_ENGINE__JUDGES": "false", "QT_QPA_PLATFORM": "offscreen"}

        def begin(settings: dict[str, str]) -> StationProcess:
            place.mkdir(exist_ok=True)
            arguments = ["-m", "tests.trials.window", str(place), str(report)]
            return self.hall.run(name, arguments, watching | settings)

        self._add(name, begin)

    def _add(self, name: str, begin: Callable[[dict[str, str]], StationProcess]) -> None:
        proxy = Proxy(self.server.port)
        url = self.hall.url.replace(f":{self.server.port}/", f":{proxy.port}/")
        member = Member(name, lambda: begin({"HYDRA_STORE__URL": url}), proxy)
        self.members.append(member)
        member.start()

    def someone(self, rng: random.Random, kinds: Sequence[str] = ("engine", "feeder", "window")) -> Member:
        """Any station whose name begins so."""
        return rng.choice([member for member in self.members if member.name.startswith(tuple(kinds))])

    def restart_database(self) -> Callable[[], None]:
        self.server.halt()
        return self.server.resume

    def pause_database(self) -> Callable[[], None]:
        self.server.pause()
        return self.server.go_on

    def close(self) -> None:
        """Stop everybody, last come first."""
        for member in reversed(self.members):
            member.proxy.mend()
        self.hall.close()
        for member in self.members:
            member.proxy.close()
