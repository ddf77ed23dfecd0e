"""What became of the plots of a demo, against what the hall says was really wrong. Pure functions of values."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

GOOD = "Good"


@dataclass(frozen=True, slots=True)
class TrueState:
    """What the hall wrote: `path` relative to its folder, the classification it deserves and the fault, if any."""

    path: str
    plot_type: str
    run: int
    label: str
    fault: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One plot written, and what was said of it; `verdict` is None where no model judged it."""

    truth: TrueState
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """The summary. Times in milliseconds from file to painted tile, None where nothing was painted."""

    written: int
    stored: int
    judged: int
    lost: int
    verdicts: Mapping[str, int]
    injected: int
    found: int
    missed: Mapping[str, int]
    false_alarms: int
    painted: int
    median_ms: float | None
    p95_ms: float | None


def read_truth(file: Path) -> list[TrueState]:
    """What the hall wrote down; nothing where it has not begun."""
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        rows = csv.DictReader(stream)
        return [TrueState(r["path"], r["plot_type"], int(r["run"]), r["label"], r["fault"]) for r in rows]


def score(outcomes: Sequence[Outcome], *, stored: int, lost: int, waits_ms: Sequence[float]) -> Score:
    """Count. A fault is found where the plot is not called Good; naming the right fault is in `missed` otherwise."""
    judged = [outcome for outcome in outcomes if outcome.verdict is not None]
    faulty = [outcome for outcome in judged if outcome.truth.label != GOOD]
    missed = Counter(outcome.truth.fault or outcome.truth.label for outcome in faulty if outcome.verdict == GOOD)
    median, p95 = percentiles(waits_ms)
    return Score(
        written=len(outcomes),
        stored=stored,
        judged=len(judged),
        lost=lost,
        verdicts=dict(Counter(outcome.verdict for outcome in judged if outcome.verdict)),
        injected=len(faulty),
        found=len(faulty) - missed.total(),
        missed=dict(missed),
        false_alarms=sum(outcome.truth.label == GOOD != outcome.verdict for outcome in judged),
        painted=len(waits_ms),
        median_ms=median,
        p95_ms=p95,
    )


def percentiles(values: Iterable[float]) -> tuple[float | None, float | None]:
    """Median and 95th percentile; None without values."""
    ordered = sorted(values)
    if len(ordered) < 2:
        return (ordered[0], ordered[0]) if ordered else (None, None)
    cuts = quantiles(ordered, n=20, method="inclusive")
    return cuts[9], cuts[18]
