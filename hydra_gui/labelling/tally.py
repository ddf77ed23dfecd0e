"""Counts of one plot type while it is being labelled: by class, by person, and how fast it goes."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable

from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, Classification
from backend.domain.labelling import Palette
from backend.domain.labels import StandingLabel
from hydra_gui.labelling.keys import assign_keys
from ui.labelling.values import Progress, Swatch

_MINUTE_S = 60.0


class Tally:
    """Begins with what the store counted and goes on with what is saved here."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._palette = Palette("", (), (), (), 0)
        self._added: dict[str, None] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._saved: deque[tuple[float, int]] = deque()
        self._now = 0

    def begin(self, palette: Palette) -> None:
        """Count from here on. Classes added for this plot type stay as long as it does."""
        if palette.plot_type != self._palette.plot_type:
            self._added = {}
        self._palette = palette
        self._counts = Counter({(one.classification, one.who): one.count for one in palette.counts})

    def add_class(self, name: str) -> None:
        """Offer one of the other classes."""
        self._added[name] = None

    def change(self, before: StandingLabel | None, after: StandingLabel | None) -> None:
        """One plot has another label."""
        if before is not None:
            self._counts[before.classification, before.who] -= 1
        if after is not None:
            self._counts[after.classification, after.who] += 1

    def note_saved(self, labels: int) -> None:
        """So many labels were saved just now."""
        self._now += labels
        self._saved.append((self._clock(), labels))

    @property
    def classes(self) -> tuple[Classification, ...]:
        """What can be chosen: the classes of the plot type; where it has none, the usual ones."""
        palette = self._palette
        if not palette.valid and not self._added:
            return palette.others or DEFAULT_CLASSIFICATIONS
        return (*palette.valid, *(one for one in palette.others if one.name in self._added))

    @property
    def others(self) -> tuple[Classification, ...]:
        """What can be added."""
        offered = {one.name for one in self.classes}
        known = {one.name for one in (*self._palette.valid, *self._palette.others)}
        usual = tuple(one for one in DEFAULT_CLASSIFICATIONS if one.name not in known)
        return tuple(one for one in (*self._palette.others, *usual) if one.name not in offered)

    @property
    def known(self) -> dict[str, Classification]:
        """All classes there are, by name."""
        return {one.name: one for one in (*DEFAULT_CLASSIFICATIONS, *self._palette.others, *self._palette.valid)}

    def swatches(self) -> list[Swatch]:
        """The rows of the palette."""
        counts = self.by_class()
        keys = assign_keys([one.name for one in self.classes])
        return [Swatch(one, keys[one.name], counts[one.name]) for one in self.classes]

    def by_class(self) -> Counter[str]:
        """How many plots have each label."""
        return _summed((name, count) for (name, _), count in self._counts.items())

    def people(self) -> list[tuple[str, int]]:
        """Who gave how many of the labels that count, most first."""
        return [one for one in _summed((who, n) for (_, who), n in self._counts.items()).most_common() if one[1] > 0]

    def progress(self, pending: int, *, waits: bool) -> Progress:
        """How far the work is; the pace is of the last minute."""
        while self._saved and self._clock() - self._saved[0][0] > _MINUTE_S:
            self._saved.popleft()
        pace = sum(labels for _, labels in self._saved)
        return Progress(sum(self._counts.values()), self._palette.plots, self._now, pace, pending, waits)


def _summed(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for name, count in pairs:
        total[name] += count
    return total
