"""Bringing together what the hall wrote, what the store holds and what was painted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from backend.domain.classifications import Severity
from backend.domain.intake import FileStamp
from backend.domain.verdicts import Verdict
from backend.store import Store
from hydra_gui.demo.scoring import Outcome, Score, TrueState, read_truth, score

_ALL = 10_000_000

Key = tuple[str, int, str]
"""Plot type, run and SHA-256 of the image: what a file and its plot have in common."""


def reckon(store: Store, plots: Path, truth: Path, painted: Mapping[int, datetime], *, finished: bool) -> Score:
    """The summary of a demo whose hall has stopped.

    `painted` tells when each plot (by its id) was first painted with its verdict, in UTC. Lost is a file that was
    written and of which the store knows nothing, or a plot that still waits for its verdict; what a person left
    under way by closing the window (not `finished`) is not lost: the next start would find it.
    """
    written = [state for state in read_truth(truth) if (plots / state.path).exists()]
    unknown = len(written) - _known(store, [plots / state.path for state in written])
    counts = store.counts()
    ever = datetime.fromtimestamp(0, UTC), datetime.max.replace(tzinfo=UTC)
    logged = store.verdicts.logged(*ever, list(Severity), _ALL)
    by_content = {(e.plot.identity.plot_type, e.plot.identity.run, e.plot.sha256): e.verdict for e in logged}
    outcomes = [_outcome(state, plots / state.path, by_content) for state in written]
    taken = {entry.plot.plot_id: entry.plot.taken_at for entry in logged}
    waits = [(at - taken[plot_id]).total_seconds() * 1e3 for plot_id, at in painted.items() if plot_id in taken]
    return score(outcomes, stored=counts.plots, lost=unknown + counts.pending if finished else 0, waits_ms=waits)


def _known(store: Store, files: list[Path]) -> int:
    """Of how many files the store has an account."""
    stamps = []
    for file in files:
        status = file.stat()
        stamps.append(FileStamp(os.fsdecode(file.absolute()), status.st_mtime_ns, status.st_size))
    return len(store.intake.known(stamps))


def all_judged(store: Store, plots: Path, truth: Path) -> bool:
    """Whether every file that was written has its outcome."""
    files = [plots / state.path for state in read_truth(truth)]
    there = [file for file in files if file.exists()]
    return _known(store, there) == len(there) and store.work.pending_count() == 0


def _outcome(state: TrueState, file: Path, verdicts: Mapping[Key, Verdict]) -> Outcome:
    content = hashlib.sha256(file.read_bytes()).hexdigest()
    verdict = verdicts.get((state.plot_type, state.run, content))
    return Outcome(state, verdict.classification if verdict else None)
