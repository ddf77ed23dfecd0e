"""Watching one plot type: from one judged plot after the other to findings, with a memory of the last few. Pure.

The memory is kept by the store beside the verdicts, so that a killed station and one that takes over go on alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from backend.domain.alert_policy import LONGEST_MEMORY, AlertPolicy
from backend.domain.alerts import AlertKind, Evidence
from backend.domain.beam import UNKNOWN_BEAM, Beam
from backend.domain.classifications import Severity
from backend.domain.verdicts import Verdict

_WEIGHT = 0.3
"""Of the newest interval in the mean time between plots."""

_PAUSE = 5.0
"""An interval so many times longer than usual is a pause and says nothing of the cycle."""

_LEAST_WAIT_S = 30.0
"""Plots that came in quick succession once are not missed after a few seconds."""

_KNOWN_AFTER = 3
"""Intervals after which the cycle of a plot type counts as known."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One judged plot. `at` is when it was received, `run_since` when its run was first seen, both UTC."""

    plot_id: int
    sha256: str
    run: int
    at: datetime
    verdict: Verdict | None = None
    beam: Beam = UNKNOWN_BEAM
    run_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of a verdict: `severity` NORMAL where nothing was wrong, `doubtful` where that is not sure.

    `held` says that it was taken while nothing may alarm, and so proves nothing.
    """

    at: datetime
    severity: Severity
    classification: str = ""
    doubtful: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """The memory of a plot type. `marks` are oldest first, at most `LONGEST_MEMORY`.

    `repeats` counts plots in a row with the image `sha256`; `intervals` those that made the mean `cycle_s` (seconds).
    `held` counts alarming verdicts in a row that were held back, for the reason `why`; `settling` the plots still to
    come of which a part was taken without beam.
    """

    marks: tuple[Mark, ...] = ()
    sha256: str = ""
    repeats: int = 0
    first_repeat: datetime | None = None
    last_at: datetime | None = None
    cycle_s: float = 0.0
    intervals: int = 0
    held: int = 0
    why: str = ""
    settling: int = 0


class Ruling(Enum):
    """What follows for the alert of a kind: there is a problem, one that must not alarm, or none."""

    PROBLEM = "problem"
    HELD_BACK = "held back"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Finding:
    """A ruling on one kind of alert. `evidence` and `since` belong to problems; `why` says what holds one back."""

    kind: AlertKind
    ruling: Ruling
    evidence: Evidence | None = None
    since: datetime | None = None
    why: str = ""


def observe(watch: Watch, policy: AlertPolicy, seen: Sighting) -> tuple[Watch, tuple[Finding, ...]]:
    """The memory after one more plot, and what it shows. Without a finding on a kind nothing is decided on it."""
    off = policy.without_beam(seen.beam)
    why = off or _settling(watch) or policy.in_grace(seen.at, seen.run_since, seen.run)
    after = _arrived(watch, seen, policy.settle_plots if off else max(0, watch.settling - 1))
    findings = [Finding(AlertKind.MISSING, Ruling.CALM), *_frozen(after, policy, seen, off)]
    if seen.verdict is not None:
        mark = _mark(policy, seen.verdict, seen, bool(why))
        after = _marked(after, mark, why)
        findings += _problem(after, policy, seen, mark, why)
    return after, tuple(findings)


def overdue(watch: Watch, policy: AlertPolicy, beam: Beam, now: datetime, since: datetime) -> bool:
    """Whether this plot type misses its cycles at `now`; nothing is expected before `since` or without beam."""
    cycle = cycle_of(watch, policy)
    if cycle is None or watch.last_at is None or not policy.stale_cycles or policy.without_beam(beam):
        return False
    waits_s = (policy.stale_cycles + 0.5) * cycle
    if policy.cycle_s is None:
        waits_s = max(waits_s, _LEAST_WAIT_S)
    return now - max(watch.last_at, since) > timedelta(seconds=waits_s)


def missing(watch: Watch, policy: AlertPolicy, beam: Beam, now: datetime) -> Finding:
    """The finding on a plot type that is `overdue`."""
    cycle = cycle_of(watch, policy) or 0.0
    words = f"no plot for {policy.stale_cycles} cycles of {cycle:.0f} s"
    evidence = Evidence(AlertKind.MISSING, Severity.WARNING, now, beam=beam, words=words)
    return Finding(AlertKind.MISSING, Ruling.PROBLEM, evidence, watch.last_at)


def cycle_of(watch: Watch, policy: AlertPolicy) -> float | None:
    """Seconds from one plot to the next, None while nobody knows."""
    if policy.cycle_s is not None:
        return policy.cycle_s
    return watch.cycle_s if watch.intervals >= _KNOWN_AFTER else None


# One plot more.


def _settling(watch: Watch) -> str:
    return "the beam came back while this plot was taken" if watch.settling else ""


def _arrived(watch: Watch, seen: Sighting, settling: int) -> Watch:
    """Cycle, newest arrival and repeated images."""
    if watch.last_at is not None and seen.at <= watch.last_at:
        return watch  # judged late: it says nothing of the cycle, nor of the beam now
    same = bool(watch.sha256) and watch.sha256 == seen.sha256
    cycle_s, intervals = _cycle(watch, seen.at)
    return replace(
        watch,
        sha256=seen.sha256,
        repeats=watch.repeats + 1 if same else 1,
        first_repeat=watch.first_repeat if same else seen.at,
        last_at=seen.at,
        settling=settling,
        cycle_s=cycle_s,
        intervals=intervals,
    )


def _cycle(watch: Watch, at: datetime) -> tuple[float, int]:
    """Mean time between plots in seconds, and of how many intervals, with one more."""
    if watch.last_at is None:
        return 0.0, 0
    interval = (at - watch.last_at).total_seconds()
    if not watch.intervals:
        return interval, 1
    if interval > _PAUSE * watch.cycle_s:
        return watch.cycle_s, watch.intervals
    return watch.cycle_s + _WEIGHT * (interval - watch.cycle_s), min(watch.intervals + 1, 1000)


def _frozen(watch: Watch, policy: AlertPolicy, seen: Sighting, why: str) -> list[Finding]:
    if watch.repeats < max(2, policy.frozen_after) or not policy.frozen_after:
        return [Finding(AlertKind.FROZEN, Ruling.CALM)] if watch.repeats == 1 else []
    if why:
        return []
    words = f"the same image {watch.repeats} times"
    evidence = Evidence(
        AlertKind.FROZEN, Severity.WARNING, seen.at, plot_id=seen.plot_id, run=seen.run, beam=seen.beam, words=words
    )
    return [Finding(AlertKind.FROZEN, Ruling.PROBLEM, evidence, watch.first_repeat)]


def _mark(policy: AlertPolicy, verdict: Verdict, seen: Sighting, held: bool) -> Mark:
    severity = policy.severity_of(verdict)
    return Mark(seen.at, severity, verdict.classification, policy.is_doubtful(verdict), held)


def _marked(watch: Watch, mark: Mark, why: str) -> Watch:
    marks = _in_order(watch.marks, mark)
    if not mark.held:
        return replace(watch, marks=marks, held=0, why="")
    held = watch.held + bool(mark.severity)
    return replace(watch, marks=marks, held=held, why=why if mark.severity else watch.why)


def _problem(watch: Watch, policy: AlertPolicy, seen: Sighting, newest: Mark, why: str) -> list[Finding]:
    """Persistence and delays. Verdicts that were held back neither prove a problem nor that it is gone."""
    if not newest.severity:
        return [Finding(AlertKind.PROBLEM, Ruling.CALM)] if not newest.held and _is_calm(watch, policy) else []
    counted = [mark for mark in watch.marks if mark.held == newest.held][-policy.out_of :]
    bad = [mark for mark in counted if mark.severity]
    if len(bad) >= policy.needed and _lasted(bad, policy.on_delay_s):
        evidence = _evidence(policy, bad, seen)
        ruling = Ruling.HELD_BACK if newest.held else Ruling.PROBLEM
        return [Finding(AlertKind.PROBLEM, ruling, evidence, bad[0].at, why)]
    return []


def _in_order(marks: tuple[Mark, ...], mark: Mark) -> tuple[Mark, ...]:
    """With one more, by the time of the plots: one that was judged late belongs where it was taken."""
    in_order = (*marks, mark)
    if marks and mark.at < marks[-1].at:
        in_order = tuple(sorted(in_order, key=lambda one: one.at))
    return in_order[-LONGEST_MEMORY:]


def _lasted(marks: Sequence[Mark], seconds: float) -> bool:
    return marks[-1].at - marks[0].at >= timedelta(seconds=seconds)


def _is_calm(watch: Watch, policy: AlertPolicy) -> bool:
    """Whether the newest verdicts that count were sound, as many and for as long as the policy wants."""
    sound: list[Mark] = []
    for mark in reversed(watch.marks):
        if mark.held:
            continue
        if mark.severity or mark.doubtful:
            break
        sound.append(mark)
        if len(sound) >= policy.out_of and _lasted(sound[::-1], policy.off_delay_s):
            return True
    else:
        return len(sound) >= policy.out_of  # nothing else is remembered
    return False


def _evidence(policy: AlertPolicy, bad: Sequence[Mark], seen: Sighting) -> Evidence:
    """The classification that persists, the worst if several do; of a mixture the worst, and the oldest among equals.

    So two classifications that take turns do not make a new problem of every verdict.
    """
    persistent = [
        mark for mark in bad if sum(other.classification == mark.classification for other in bad) >= policy.needed
    ]
    chosen = max(persistent or bad, key=lambda mark: mark.severity)
    newest = seen.verdict
    same = newest is not None and newest.classification == chosen.classification
    return Evidence(
        AlertKind.PROBLEM,
        chosen.severity,
        seen.at,
        chosen.classification,
        newest.confidence if newest is not None and same else None,
        seen.plot_id,
        seen.run,
        seen.beam,
    )
