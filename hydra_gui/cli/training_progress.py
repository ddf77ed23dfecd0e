"""A training in the terminal: what it learns from, a bar with the newest figures, what validation says."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from backend.training.progress import EpochDone, Exporting, Started
from hydra_gui.cli.session import Session
from hydra_gui.cli.tables import table

if TYPE_CHECKING:
    from backend.services.training import Step, TrainedModel
    from backend.training.samples import DatasetSummary


class TrainingDisplay:
    """Shows the steps of a training; silent where the session answers in JSON."""

    def __init__(self, session: Session) -> None:
        self._session = session
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=session.console, transient=True, disable=session.json)
        self._task = self._progress.add_task("reading labels", total=None, figures="")

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take it away."""
        self._progress.stop()

    def show(self, step: Step) -> None:
        """One step of the training; called in its thread."""
        from backend.services.training import Collecting, Prepared, Preparing

        match step:
            case Collecting(done, total):
                self._bar("reading images", done, total)
            case Preparing(done, total):
                self._bar("preparing images", done, total)
            case Prepared(summary):
                self._session.say(summary_table(summary))
                for note in summary.notes:
                    self._session.say(note)
                self._progress.update(self._task, description="starting TensorFlow", total=None)
            case Started(parameters=parameters):
                self._session.say(f"{parameters:,} parameters")
                self._progress.reset(self._task, description="training", figures="")
            case EpochDone():
                figures = f"loss {step.val_loss:.3f}, accuracy {step.val_accuracy:.1%}"
                self._bar("training", step.epoch, step.epochs, figures)
            case Exporting(epoch):
                self._progress.update(self._task, description="converting", figures=f"epoch {epoch} was best")
            case _:
                pass

    def _bar(self, words: str, done: int, total: int, figures: str = "") -> None:
        self._progress.update(self._task, description=words, completed=done, total=total, figures=figures)


def summary_table(summary: DatasetSummary) -> object:
    """How many images of each label there are, and what was left out."""
    rows: list[tuple[object, ...]] = [(count.label, count.train, count.validate) for count in summary.counts]
    rows += [(f"{item.label} left out: {item.reason}", item.count, "") for item in summary.left_out]
    return table(("label", "to learn from", "to judge by"), rows, right=("to learn from", "to judge by"))


def result_table(model: TrainedModel) -> object:
    """The confusion matrix on validation images, rows the labels, columns the verdicts; and the thresholds."""
    figures = model.figures
    columns = ("label", *figures.labels, "threshold")
    rows = [
        (label, *counts, f"{threshold:.2f}")
        for label, counts, threshold in zip(figures.labels, figures.confusion, figures.thresholds, strict=True)
    ]
    return table(columns, rows, right=columns[1:])
