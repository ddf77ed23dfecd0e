"""A dry run: counts what would be brought and keeps nothing. Stands in place of the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from backend.domain.foreign import (
    ForeignClassification,
    ForeignLabel,
    ForeignPlot,
    ForeignPlotType,
    ForeignRecord,
    ForeignThreshold,
    ForeignValid,
    ForeignVerdict,
    Part,
    PartProgress,
    Portion,
    Refusal,
    RefusedRows,
)
from backend.store.foreign_labels import NO_PLOT

_EXAMPLES = 5


class Trial:
    """What `Foreign` of the store does, without a store: everything that fits would be new."""

    def __init__(self) -> None:
        self._progress = {part: PartProgress(part) for part in Part}
        self._refused: defaultdict[tuple[Part, str], list[int]] = defaultdict(list)
        self._plots: set[int] = set()

    def source(self, name: str) -> int:
        """There is but one."""
        del name
        return 0

    def progress(self, source_id: int) -> dict[Part, PartProgress]:
        """How far every part is."""
        del source_id
        return self._progress

    def refused(self, source_id: int) -> list[RefusedRows]:
        """What would not fit."""
        del source_id
        found = self._refused.items()
        return [RefusedRows(key[0], key[1], len(ids), ", ".join(map(str, ids[:_EXAMPLES]))) for key, ids in found]

    def begin_again(self, source_id: int) -> None:
        """A trial begins with nothing."""

    def plot_types(self, source_id: int, portion: Portion, items: Sequence[ForeignPlotType]) -> None:
        """Count."""
        self._count(source_id, portion, len(items))

    def classifications(self, source_id: int, portion: Portion, items: Sequence[ForeignClassification]) -> None:
        """Count."""
        self._count(source_id, portion, len(items))

    def valid(self, source_id: int, portion: Portion, items: Sequence[ForeignValid]) -> None:
        """Count."""
        self._count(source_id, portion, len(items))

    def thresholds(self, source_id: int, portion: Portion, items: Sequence[ForeignThreshold]) -> None:
        """Count."""
        self._count(source_id, portion, len(items))

    def plots(self, source_id: int, portion: Portion, items: Sequence[ForeignPlot]) -> None:
        """Count, and remember which have an image."""
        self._plots.update(item.foreign_id for item in items)
        self._count(source_id, portion, len(items))

    def labels(self, source_id: int, portion: Portion, items: Sequence[ForeignLabel]) -> None:
        """Count those whose plot would be here."""
        late = [Refusal(item.foreign_id, NO_PLOT) for item in items if item.foreign_plot_id not in self._plots]
        self._count(source_id, replace(portion, refusals=(*portion.refusals, *late)), len(items) - len(late))

    def verdicts(self, source_id: int, portion: Portion, items: Sequence[ForeignVerdict]) -> None:
        """Count."""
        self._count(source_id, portion, len(items))

    def records(self, source_id: int, portion: Portion, items: Sequence[ForeignRecord]) -> None:
        """Count."""
        self._count(source_id, portion, len(items))

    def _count(self, source_id: int, portion: Portion, fits: int) -> None:
        del source_id
        before = self._progress[portion.part]
        self._progress[portion.part] = replace(
            before, last_id=portion.last_id, read=before.read + portion.read, taken=before.taken + fits
        )
        for refusal in portion.refusals:
            self._refused[portion.part, refusal.reason].append(refusal.foreign_id)
