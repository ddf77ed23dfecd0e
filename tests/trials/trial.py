"""One trial: start everybody, offer plots at a rate, cause faults if there are to be any, wait for the end, reckon."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.fakes.station_processes import Hall, until
from tests.mariadb import PASSWORD, MariaDb
from tests.trials.faults import Cause, Fault, Faults
from tests.trials.reckoning import Reckoning, reckon
from tests.trials.sender import Load, Sender
from tests.trials.stations import Crew


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of each, how much, and how many faults."""

    windows: int = 4
    engines: int = 3
    feeders: int = 2
    plot_types: int = 600
    rate: float = 60.0
    seconds: float = 600.0
    burst: int = 600
    burst_every_s: float = 60.0
    faults: int = 0
    settle_s: float = 600.0

    @property
    def names(self) -> list[str]:
        return [f"plot_{number:04d}" for number in range(self.plot_types)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `backlog_s`: how long after the last plot was offered the last verdict came."""

    reckoning: Reckoning
    faults: dict[str, int]
    causes: tuple[Fault, ...]
    backlog_s: float
    largest_backlog: int
    details: dict[str, object] = field(default_factory=dict)

    def fields(self) -> dict[str, object]:
        """For a table."""
        said = {"faults": self.faults, "backlog_s": round(self.backlog_s, 1), "largest_backlog": self.largest_backlog}
        return asdict(self.reckoning) | said | self.details


def run(plan: Plan, place: Path) -> Outcome:
    """Run one trial below `place`; everything is stopped at the end."""
    os.environ["HYDRA_STORE_PASSWORD"] = PASSWORD
    server = MariaDb()
    server.start()
    try:
        hall = Hall(server.url(server.database()), place, plan.names)
        crew = Crew(hall, server)
        try:
            return _run(plan, crew, place)
        finally:
            server.go_on()
            crew.close()
    finally:
        server.stop()


def _run(plan: Plan, crew: Crew, place: Path) -> Outcome:
    folders, reports = _start(plan, crew, place)
    sender = Sender(Load(plan.rate, plan.seconds, plan.names, plan.burst, plan.burst_every_s), folders)
    faults = Faults(_kinds(crew), plan.faults)
    backlogs = [0]
    sender.start()
    try:
        faults.cause_all(lambda: backlogs.append(_backlog(crew.hall, sender)))
        while sender.running:
            backlogs.append(_backlog(crew.hall, sender))
            time.sleep(0.5)
    finally:
        sender.stop()
    begun = time.monotonic()
    until(lambda: _backlog(crew.hall, sender) == 0, "every plot offered is judged", plan.settle_s)
    took_s = time.monotonic() - begun
    time.sleep(2.0)  # what would be judged twice would be so now
    reckoning = reckon(crew.hall, sender.offered, reports)
    return Outcome(reckoning, faults.table(), tuple(faults.happened), took_s, max(backlogs), _lives(crew))


def _start(plan: Plan, crew: Crew, place: Path) -> tuple[Sequence[Path], Sequence[Path]]:
    folders = [place / f"inbox-{number}" for number in range(plan.feeders)]
    reports = [place / f"report-{number}.csv" for number in range(plan.windows)]
    for number in range(plan.engines):
        crew.add_engine(f"engine-{number}")
    for number, folder in enumerate(folders):
        crew.add_feeder(f"feeder-{number}", folder)
    for number, report in enumerate(reports):
        crew.add_window(f"window-{number}", report)
    return folders, reports


def _kinds(crew: Crew) -> dict[str, Cause]:
    rng = random.Random(7)
    return {
        "kill -9 of an engine": lambda: crew.someone(rng, ["engine"]).kill(),
        "kill -9 of a feeder": lambda: crew.someone(rng, ["feeder"]).kill(),
        "kill -9 of a window": lambda: crew.someone(rng, ["window"]).kill(),
        "pause of a station": lambda: crew.someone(rng).pause(),
        "network cut, half open": lambda: crew.someone(rng).cut(),
        "connections reset": lambda: crew.someone(rng).reset(),
        "database restart": crew.restart_database,
        "database paused": crew.pause_database,
    }


def _backlog(hall: Hall, sender: Sender) -> int:
    """Offered and not judged; a large number while the database does not answer."""
    try:
        return sender.offered - hall.store.counts().judged
    except Exception:
        return 1


def _lives(crew: Crew) -> dict[str, object]:
    return {"lives": sum(member.lives for member in crew.members), "stations": len(crew.members)}
