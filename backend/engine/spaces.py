"""Spaces kept in memory: read once per plot type, then only what was judged since, as the journal tells."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from backend.domain.changes import Change, ChangeKind
from backend.insight.space import Progress, Space, silent
from backend.store import Store

BUDGET_BYTES = 512 * 2**20
_PORTION = 5000
_MANY = 20_000
"""Plots heard of and not read yet; beyond that asking for all numbers is cheaper than remembering."""

_SURE_S = 60.0
"""For so long the journal is trusted to tell of everything; an archive that is judged again is not in it."""


@dataclass(slots=True, eq=False)
class _Held:
    model_id: int | None
    space: Space
    heard: set[int] = field(default_factory=set)
    doubtful: bool = True
    checked_at: float = 0.0


class Spaces:
    """`note` and `doubt` may be called on any thread; `space` reads, on one thread at a time."""

    def __init__(self, store: Store, budget: int = BUDGET_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._budget, self._clock = store, budget, clock
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, changes: Iterable[Change]) -> None:
        """Hear what was committed, here or elsewhere."""
        for change in changes:
            if change.kind is ChangeKind.JUDGED:
                self._hear(change.keys)
            elif change.kind is ChangeKind.CATALOGUE:
                self.doubt()

    def _hear(self, keys: Iterable[int]) -> None:
        with self._lock:
            for held in self._held.values():
                held.heard.update(keys)
                if len(held.heard) > _MANY:
                    held.heard.clear()
                    held.doubtful = True

    def doubt(self) -> None:
        """Something was missed, or another model may be in force: look at everything before the next answer."""
        with self._lock:
            for held in self._held.values():
                held.doubtful = True

    def space(self, plot_type: str, progress: Progress = silent) -> tuple[int | None, Space]:
        """The model, None where none was ever asked, and its embeddings of all plots of a type. UnknownNameError."""
        held = self._held.get(plot_type) or _Held(None, _EMPTY)
        with self._lock:
            heard, held.heard = held.heard, set()
            sure = not held.doubtful and self._clock() - held.checked_at < _SURE_S
            held.doubtful = False
            self._held[plot_type] = held
            self._held.move_to_end(plot_type)
        try:
            self._bring_up_to_date(plot_type, held, heard if sure else None, progress)
        except BaseException:
            held.doubtful = True
            raise
        self._make_room(plot_type)
        return held.model_id, held.space

    def _bring_up_to_date(self, plot_type: str, held: _Held, heard: set[int] | None, progress: Progress) -> None:
        """`heard` None reads all numbers and asks for what is missing."""
        if heard is None:
            model_id = self._store.embeddings.comparing_model(plot_type)
            if model_id != held.model_id:
                held.model_id, held.space = model_id, _EMPTY
            held.checked_at = self._clock()
        if held.model_id is None:
            held.doubtful = True
            return
        wanted = self._store.embeddings.plot_ids(plot_type, held.model_id) if heard is None else heard
        missing = sorted(number for number in wanted if number not in held.space.rows)
        found: list[Space] = []
        for start in range(0, len(missing), _PORTION):
            progress(start / len(missing))
            read = self._store.embeddings.read(plot_type, missing[start : start + _PORTION], held.model_id)
            if len(read.plot_ids):
                found.append(Space.of(read.plot_ids.tolist(), read.runs.tolist(), read.vectors))
        held.space = _joined([held.space, *found])

    def _make_room(self, keep: str) -> None:
        with self._lock:
            while len(self._held) > 1 and sum(held.space.bytes for held in self._held.values()) > self._budget:
                oldest = next(name for name in self._held if name != keep)
                del self._held[oldest]


_EMPTY = Space.of([], [], np.zeros((0, 1), np.float32))


def _joined(parts: list[Space]) -> Space:
    """All in one; only parts of the same width, which all of one model have."""
    filled = [part for part in parts if len(part.plot_ids)]
    if len(filled) < 2:
        return filled[0] if filled else _EMPTY
    ids, runs = (np.concatenate([getattr(part, name) for part in filled]) for name in ("plot_ids", "runs"))
    vectors = np.concatenate([part.vectors for part in filled])
    return Space(ids, runs, vectors, {plot_id: row for row, plot_id in enumerate(ids.tolist())})
