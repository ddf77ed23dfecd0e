"""The labelling hand: turns strokes and keys into gestures, marks them as under way, and takes them back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from backend.domain.labelling import Labeller, Step, Steps, steps_of
from backend.domain.labels import Gesture, LabelEvent, LabelHow, Reversal
from hydra_gui.labelling.plot_list import PlotList
from hydra_gui.labelling.saver import Saver
from ui.labelling.values import ERASER


class Hand(QObject):
    """Labels rows of the list in the name of one person. Nothing here waits.

    While `second` is set, what is given are second labels: they do not replace those that others gave.
    """

    steps_changed = Signal(int, int)
    """How many steps can be undone and redone."""

    def __init__(self, plots: PlotList, saver: Saver, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plots, self._saver = plots, saver
        self._plot_type = ""
        self._labeller = Labeller("")
        self._steps = Steps()
        self._stroke: dict[int, None] = {}
        self.brush: str | None = None
        self.second = False

    def use(self, labeller: Labeller) -> None:
        """Who labels."""
        self._labeller = labeller

    @property
    def may_label(self) -> bool:
        """Whether this person may."""
        return bool(self._plot_type and self._labeller.who and not self._labeller.refusal)

    def open(self, plot_type: str, history: Sequence[Step]) -> None:
        """Go on with another plot type, whose latest gestures of this person are `history`."""
        self._plot_type = plot_type
        self._stroke.clear()
        self._set_steps(steps_of(history))

    def _set_steps(self, steps: Steps) -> None:
        self._steps = steps
        undo, redo = (len(steps.undo), len(steps.redo)) if self.may_label else (0, 0)
        self.steps_changed.emit(undo, redo)

    # Labels.

    def stroke_on(self, rows: Iterable[int]) -> None:
        """The brush has met more rows; they are saved together when the stroke ends."""
        if self.brush is None or not self.may_label:
            return
        met = [self._plots.ids[row] for row in rows if row < len(self._plots.ids)]
        new = [plot_id for plot_id in self._useful(met, self.brush) if plot_id not in self._stroke]
        self._stroke.update(dict.fromkeys(new))
        self._plots.mark_pending([(plot_id, self.brush) for plot_id in new], None)

    def end_stroke(self) -> int:
        """Save the stroke; returns how many plots it labels."""
        plot_ids = list(self._stroke)
        self._stroke.clear()
        return self._give([(plot_id, self.brush or ERASER) for plot_id in plot_ids], LabelHow.PAINTED)

    def label(self, rows: Iterable[int], label: str, how: LabelHow) -> int:
        """Label rows at once; returns how many this changes."""
        plot_ids = self._useful([self._plots.ids[row] for row in rows], label)
        return self._give([(plot_id, label) for plot_id in plot_ids], how)

    def label_plots(self, labels: Sequence[tuple[int, str]]) -> int:
        """Label plots, listed or not, in one gesture; returns how many."""
        return self._give(labels, LabelHow.SIMILAR)

    def keep(self, rows: Iterable[int]) -> int:
        """Say that the labels of these rows were looked at again and are right; returns of how many."""
        items = [item for row in rows if (item := self._plots.item(row)) is not None and item.label is not None]
        return self._give(
            [(item.plot.plot_id, item.label.classification) for item in items if item.label], LabelHow.UPHELD
        )

    def confirm(self, rows: Iterable[int]) -> int:
        """Label rows as the model guessed; those without a guess are left alone."""
        items = [item for row in rows if (item := self._plots.item(row)) is not None and item.guess is not None]
        guessed = [(item.plot.plot_id, item.guess.classification) for item in items if item.guess]
        useful = [one for one in guessed if self._useful([one[0]], one[1])]
        return self._give(useful, LabelHow.CONFIRMED)

    def comment(self, row: int, text: str) -> None:
        """Say more about the label that counts."""
        item = self._plots.item(row)
        if item is not None and item.label is not None and not self.second:
            self._give([(item.plot.plot_id, item.label.classification)], LabelHow.COMMENTED, text)

    def settle(self, plot_type: str, plot_id: int, label: str) -> None:
        """End a disagreement, of whatever plot type; a step that can be undone where it is the one that is open."""
        if not self.may_label:
            return
        if plot_type == self._plot_type:
            self._give([(plot_id, label)], LabelHow.SETTLED)
            return
        event = LabelEvent(plot_id, label or None, LabelHow.SETTLED)
        self._saver.submit(Gesture(uuid.uuid4(), plot_type, self._labeller.who, datetime.now(UTC), (event,)))

    def _useful(self, plot_ids: Iterable[int], label: str) -> list[int]:
        """Those of which this says something new."""
        return [plot_id for plot_id in plot_ids if not self._says_already(plot_id, label)]

    def _says_already(self, plot_id: int, label: str) -> bool:
        pending = self._plots.pending_label(plot_id)
        if pending is not None:
            return pending == label
        item = self._plots.item(self._plots.row_of(plot_id))
        if item is None:
            return False
        if item.label is None:
            return label == ERASER
        return (item.label.classification, item.label.who) == (label, self._labeller.who)

    def _give(self, labels: Sequence[tuple[int, str]], how: LabelHow, comment: str = "") -> int:
        if not labels or not self.may_label:
            return 0
        if self.second:
            how = LabelHow.SECOND
        key = uuid.uuid4()
        events = tuple(LabelEvent(plot_id, label or None, how, comment) for plot_id, label in labels)
        gesture = Gesture(key, self._plot_type, self._labeller.who, datetime.now(UTC), events)
        self._plots.mark_pending(labels, key)
        self._saver.submit(gesture)
        self._set_steps(self._steps.after(Step(key, gesture.at, how)))
        return len(labels)

    # Back and forth.

    def undo(self) -> bool:
        """Take back the newest gesture; False where there is none."""
        return self._revert(self._steps.undo, LabelHow.UNDONE)

    def redo(self) -> bool:
        """Put back what was undone last; False where there is nothing."""
        return self._revert(self._steps.redo, LabelHow.REDONE)

    def _revert(self, keys: Sequence[uuid.UUID], how: LabelHow) -> bool:
        if not keys or not self.may_label:
            return False
        reversal = Reversal(uuid.uuid4(), self._plot_type, self._labeller.who, datetime.now(UTC), keys[-1], how)
        self._saver.submit(reversal)
        self._set_steps(self._steps.after(Step(reversal.key, reversal.at, how, reversal.reverts)))
        return True
