"""Sixty labels: how well a new plot type is judged once an expert has labelled 60 of its plots in the order we choose.

``python -m tests.trials.sixty_labels FOLDER`` with FOLDER/labels.csv, whose labels stand for the expert. The first half
is drawn by lot, a head is trained, and the second half is what that model finds most novel. Labels are given through
the window's own presenter; all other plots are judged by the final model and compared with the file.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
from PIL import Image
from PySide6.QtWidgets import QApplication

from backend.domain.intake import NewPlot
from backend.domain.labelling import LabelScope, PlotOrder
from backend.domain.labels import LabelHow
from backend.engine.parts import image_limits
from backend.services.label_files import LabelRow, read_rows
from backend.services.reprocessing import Reprocessing, workforce_for
from backend.services.training import Training, TrainingPlan
from backend.store import Store
from hydra_gui.application import Application
from tests.fakes.engines import settings_for
from ui.labelling.values import Narrowing, Page, Which

LABELS = 60
_DEADLINE_S = 120.0


class Trial:
    """One run in a place of its own."""

    def __init__(self, folder: Path, place: Path, labels: int, recipe: str, most: int) -> None:
        self.settings = settings_for(place, input={"directory": None}, engine={"judges": False})
        self.labels, self.recipe = labels, recipe
        rows = [row for row in read_rows(folder / "labels.csv") if isinstance(row, LabelRow)][:most]
        self.plot_type = rows[0].identity.plot_type
        self.store = Store.open(self.settings.store.effective_url, self.settings.store.data_dir)
        stored = self.store.intake.import_plots([_new_plot(folder, row, n) for n, row in enumerate(rows)])
        self.truth = {one.plot.plot_id: row.label for one, row in zip(stored, rows, strict=True)}
        self.store.classifications.ensure(sorted(set(self.truth.values())), self.plot_type)
        self.given: set[int] = set()

    def train(self) -> int:
        """A model from the labels there are, in force, and its word on every plot; returns its number."""
        plan = TrainingPlan(self.plot_type, "expert", recipe=self.recipe)
        model_id = Training(self.store, plan, self.settings.store.data_dir / "training").run().model_id
        self.store.models.activate(model_id, "expert")
        info, section = self.store.models.get(model_id), self.settings.inference
        with workforce_for("threads", self.store, info, section, image_limits(self.settings)) as workforce:
            Reprocessing(self.store, info, workforce, section.batch).run()
        return model_id

    async def label(self, application: Application, order: PlotOrder, many: int) -> None:
        """Give the labels of the first plots in this order, one by one."""
        presenter, screen = application.labelling, application.labelling_screen
        assert presenter is not None
        await _until(lambda: presenter.browser.page in (Page.GRID, Page.NOTHING_LEFT))
        screen.narrowed.emit(Narrowing(order, Which(LabelScope.UNLABELLED)))
        await _until(lambda: screen.side.orders.value is order and not len(presenter._tasks))
        chosen = presenter.plots.ids[:many]
        for row, plot_id in enumerate(chosen):
            presenter.hand.label([row], self.truth[plot_id], LabelHow.KEYED)
        await _until(lambda: not presenter.saver.pending)
        self.given |= set(chosen)

    def score(self, model_id: int) -> dict[str, object]:
        """How the plots without a label are judged."""
        said = self.store.said.guesses(self.plot_type, model_id)
        others = [plot_id for plot_id in self.truth if plot_id not in self.given]
        right = [said.get(plot_id) == self.truth[plot_id] for plot_id in others]
        confused = Counter((self.truth[one], said.get(one, "-")) for one in others if said.get(one) != self.truth[one])
        return {
            "labels": len(self.given),
            "labels_by_class": dict(Counter(self.truth[one] for one in self.given)),
            "judged": len(others),
            "right": sum(right),
            "share": round(sum(right) / max(1, len(right)), 4),
            "confused": {f"{truth} as {guess}": count for (truth, guess), count in confused.most_common()},
        }


def _new_plot(folder: Path, row: LabelRow, number: int) -> NewPlot:
    data = (folder / row.path).read_bytes()
    with Image.open(folder / row.path) as image:
        width, height = image.size
    at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)
    return NewPlot(row.identity, data, hashlib.sha256(data).hexdigest(), width, height, at, at)


async def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + _DEADLINE_S
    while not true():
        assert time.monotonic() < end, "the window did not get there"
        await asyncio.sleep(0.02)


async def _play(trial: Trial, qt: QApplication) -> dict[str, object]:
    application = Application(qt, trial.settings, trial.settings.store.data_dir / "window.json")
    application.show()
    living = asyncio.ensure_future(application.live())
    try:
        await _until(lambda: application.labelling is not None)
        application.window.show_screen("labelling")
        await trial.label(application, PlotOrder.LOT, trial.labels // 2)
        first = await asyncio.to_thread(trial.train)
        halfway = trial.score(first)
        await trial.label(application, PlotOrder.NOVEL, trial.labels - trial.labels // 2)
        last = await asyncio.to_thread(trial.train)
        return {"halfway": halfway, "end": trial.score(last)}
    finally:
        application.window.close()
        await living


def main() -> None:
    """Run and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=int, default=LABELS)
    parser.add_argument("--recipe", default="head")
    parser.add_argument("--most", type=int, default=100_000, help="so many plots of the file")
    given = parser.parse_args()
    qt = QApplication([])
    qt.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as place:
        trial = Trial(given.folder, Path(place), given.labels, given.recipe, given.most)
        loop = qasync.QEventLoop(qt)
        with loop:
            found = loop.run_until_complete(_play(trial, qt))
        trial.store.close()
    print(json.dumps(found))  # noqa: T201 - the result


if __name__ == "__main__":
    main()
