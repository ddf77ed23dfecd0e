"""A hall as a queue: a seeded discrete-event simulation of plots, engines and one database, for sizes nobody has here.

`python scripts/simulate_hall.py` prints the tables of docs/capacity.md; `--write` puts them there. What a step takes is
measured elsewhere (docs/adr/0003, 0004, 0015) and given below; how steps wait for each other is what is simulated.
"""

from __future__ import annotations

import heapq
import itertools
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "capacity.md"
BEGIN, END = "<!-- simulated: begin -->\n", "<!-- simulated: end -->\n"

BATCH_S, LARGEST_BATCH = 2.0, 16
"""An engine takes what it judges in two seconds (docs/adr/0015)."""

FOUND_S = 0.15
"""Longest time from a commit to an engine that was idle looking, with hints."""

TAKEN_OVER_S = 8.5
"""A lease, and the second in which somebody looks for free work."""


@dataclass(frozen=True)
class Hall:
    """What is simulated. Times in ms are of one plot; `spread_s` is in how many seconds one round of plots comes."""

    plot_types: int = 600
    cadence_s: float = 60.0
    spread_s: float = 5.0
    engines: int = 2
    cores: int = 1
    judge_ms: float = 15.0
    intake_ms: float = 0.94
    record_ms: float = 0.31
    server_cores: int = 2
    windows: int = 4
    reload_ms: float = 0.2
    rounds: int = 10
    killed_at_s: float | None = None
    seed: int = 1


@dataclass
class Outcome:
    """Ages of plots at their verdicts (s), what was left, and how busy engines and server were (0 to 1)."""

    ages: list[float] = field(default_factory=list)
    waiting: int = 0
    engines_busy: float = 0.0
    server_busy: float = 0.0

    def percentile(self, share: float) -> float:
        """Of the ages."""
        ordered = sorted(self.ages)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class Simulation:
    """Events in order of time; ties in order of their making, so that a seed gives one outcome."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.random = hall, random.Random(hall.seed)
        self.now, self._order = 0.0, itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._server_free = [0.0] * hall.server_cores
        self._server_s = self._engine_s = 0.0
        self.waiting: list[float] = []  # times of arrival, the newest last
        self.idle = hall.engines * hall.cores
        self.at_work: dict[int, list[float]] = {}
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """All rounds, and what is left when the last would be followed by another."""
        hall = self.hall
        end = hall.rounds * hall.cadence_s
        for number in range(hall.rounds):
            for _ in range(hall.plot_types):
                self.at(number * hall.cadence_s + self.random.uniform(0, hall.spread_s), self.arrive)
            for _ in range(hall.windows):  # every window reads the hall as a whole once a minute
                self.at(number * hall.cadence_s + self.random.uniform(0, hall.cadence_s), self.reload)
        if hall.killed_at_s is not None:
            self.at(hall.killed_at_s, self.kill)
        while self._events and self._events[0][0] <= end:
            self.now, _, what = heapq.heappop(self._events)
            what()
        planned = hall.plot_types * hall.rounds
        self.outcome.waiting = planned - len(self.outcome.ages)
        self.outcome.engines_busy = self._engine_s / (end * hall.engines * hall.cores)
        self.outcome.server_busy = self._server_s / (end * hall.server_cores)
        return self.outcome

    def at(self, moment: float, what: Callable[[], None]) -> None:
        """Let something happen."""
        heapq.heappush(self._events, (moment, next(self._order), what))

    def server(self, milliseconds: float, then: Callable[[], None]) -> None:
        """A transaction: it waits for a core of the server, first come first served."""
        start = max(self.now, heapq.heappop(self._server_free))
        done = start + milliseconds / 1e3
        self._server_s += milliseconds / 1e3
        heapq.heappush(self._server_free, done)
        self.at(done, then)

    def arrive(self) -> None:
        """A plot is taken in; when that is committed, an engine may have it."""
        came = self.now
        self.server(self.hall.intake_ms, lambda: self.queue(came))

    def reload(self) -> None:
        """A window reads all tiles; in portions, as others go in between."""
        for _ in range(self.hall.plot_types // 100):
            self.server(self.hall.reload_ms * 100, lambda: None)

    def queue(self, came: float) -> None:
        """It waits; an idle core finds it a moment later."""
        self.waiting.append(came)
        if self.idle:
            self.idle -= 1
            self.at(self.now + self.random.uniform(0, FOUND_S), self.claim)

    def claim(self) -> None:
        """A core takes the newest."""
        most = max(1, min(LARGEST_BATCH, int(BATCH_S * 1e3 / self.hall.judge_ms)))
        taken, self.waiting = self.waiting[-most:], self.waiting[:-most]
        if not taken:
            self.idle += 1
            return
        number = next(self._order)
        self.at_work[number] = taken
        work_s = len(taken) * self.hall.judge_ms / 1e3
        self._engine_s += work_s
        self.at(self.now + work_s, lambda: self.judged(number))

    def judged(self, number: int) -> None:
        """A batch is done, unless its engine died; it is recorded, and the core takes the next."""
        taken = self.at_work.pop(number, None)
        if taken is None:
            return
        self.server(
            len(taken) * self.hall.record_ms, lambda: self.outcome.ages.extend(self.now - came for came in taken)
        )
        self.claim()

    def kill(self) -> None:
        """One engine dies with what it has; others get that when its leases end."""
        working = list(self.at_work)[: self.hall.cores]
        for number in working:
            self.at(self.now + TAKEN_OVER_S, partial(self.queue_all, self.at_work.pop(number)))
        self.idle = max(0, self.idle - (self.hall.cores - len(working)))

    def queue_all(self, lost: list[float]) -> None:
        """What a dead engine had waits again."""
        for came in lost:
            self.queue(came)


HALLS: tuple[tuple[str, Hall], ...] = (
    ("15 types a minute, 1 engine", Hall(15, 60, engines=1)),
    ("73 types in 3 min, 1 engine", Hall(73, 180, engines=1)),
    ("600 types a minute, 1 engine", Hall(600, 60, engines=1)),
    ("600 types a minute, 2 engines", Hall(600, 60, engines=2)),
    ("… InceptionV3 at 60 ms, 2 engines", Hall(600, 60, engines=2, judge_ms=60)),
    ("… one of 2 engines killed in a burst", Hall(600, 60, engines=2, killed_at_s=63)),
    ("10,000 types a minute, 4 engines of 4 cores", Hall(10_000, 60, 50, 4, 4, server_cores=4, windows=20, rounds=5)),
    ("… 2 engines of 4 cores", Hall(10_000, 60, 50, 2, 4, server_cores=4, windows=20, rounds=5)),
    ("… 200 windows on the same server", Hall(10_000, 60, 50, 4, 4, server_cores=4, windows=200, rounds=5)),
    ("… 200 windows on read replicas", Hall(10_000, 60, 50, 4, 4, server_cores=4, windows=0, rounds=5)),
    ("1,000 plots/s, 8 engines of 4 cores", Hall(60_000, 60, 58, 8, 4, server_cores=4, windows=0, rounds=2)),
    (
        "… as four halls, each with a database: one of them",
        Hall(15_000, 60, 58, 2, 4, server_cores=4, windows=0, rounds=2),
    ),
)


def table() -> str:
    """All halls as a Markdown table."""
    lines = ["| hall | verdict after, median | 95 % | longest | left over | engines busy | database busy |"]
    lines.append("|---|---|---|---|---|---|---|")
    return "\n".join([*lines, *(row(name, hall) for name, hall in HALLS)]) + "\n"


def row(name: str, hall: Hall) -> str:
    """One hall."""
    found = Simulation(hall).run()
    ages = [f"{found.percentile(share):.1f} s" for share in (0.5, 0.95, 1.0)]
    busy = [_percent(share) for share in (found.engines_busy, found.server_busy)]
    return f"| {name} | {' | '.join(ages)} | {found.waiting:,} | {' | '.join(busy)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share <= 1 else "overloaded"


def with_table(page: str) -> str:
    """The page with the table as it comes out now."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main(arguments: list[str]) -> int:
    """Print or write."""
    if "--write" in arguments:
        PAGE.write_text(with_table(PAGE.read_text()))
    else:
        print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
