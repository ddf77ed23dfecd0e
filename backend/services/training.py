"""From the labels in the store to a registered model: collect, prepare, train, register. All of it or nothing."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from backend.domain.classifications import IGNORE
from backend.domain.errors import BlobError, TrainingError
from backend.domain.labels import LabelledPlot
from backend.inference.bundles import open_bundle
from backend.services.bundles import register_opened
from backend.services.training_input import choose_file, choose_input
from backend.store import Store
from backend.training.catalogue import PixelRange, known_architecture
from backend.training.datasets import Sample, write_dataset
from backend.training.jobs import TrainingCancelledError, TrainingJob
from backend.training.progress import Finished, Progress, TrainingRequest
from backend.training.recipes import DEFAULT_RECIPE, recipe
from backend.training.samples import DatasetSummary


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What to train. `threads` 0 uses every core.

    `input` is what the network looks at: WIDTHxHEIGHT, with x1 for grey, "data" for the size of the plots, "" for what
    is usual for it. `weights` is a file to start from, `network` an expert's own (`.keras`) and `pixels` what that is
    given for black and white (None: found out).
    """

    plot_type: str
    who: str
    recipe: str = DEFAULT_RECIPE
    seed: int = 1
    threads: int = 0
    input: str = ""
    weights: Path | None = None
    network: Path | None = None
    pixels: PixelRange | None = None


@dataclass(frozen=True, slots=True)
class Collecting:
    """Labelled images are read from the store: `done` of `total`."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Preparing:
    """Images are decoded and brought to the size of the network: `done` of `total`."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """The data set is ready."""

    summary: DatasetSummary


Step = Collecting | Preparing | Prepared | Progress


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model in the library that is not in force yet, and what its validation says."""

    model_id: int
    summary: DatasetSummary
    figures: Finished


class Training:
    """One training; `run` blocks and is called once, `cancel` may be called from any thread at any time."""

    def __init__(
        self, store: Store, plan: TrainingPlan, work_dir: Path, on_progress: Callable[[Step], None] = lambda _: None
    ) -> None:
        """Temporary files go below `work_dir`, which is made where it is missing."""
        self._store, self._plan, self._work_dir = store, plan, work_dir
        self._on_progress = on_progress
        self._recipe = recipe(plan.recipe)
        self._known = known_architecture(self._recipe.architecture)
        self._file = choose_file(self._known, plan.weights, plan.network)
        self._cancelled = threading.Event()
        self._job: TrainingJob | None = None

    def cancel(self) -> None:
        """Give up soon; `run` raises TrainingCancelledError and nothing is kept."""
        self._cancelled.set()
        if self._job is not None:
            self._job.cancel()

    def run(self) -> TrainedModel:
        """Train and register. TrainingError says what went wrong, UnknownNameError that there is no such plot type."""
        labelled = [item for item in self._store.labels.latest(self._plan.plot_type) if item.label != IGNORE]
        if not labelled:
            raise TrainingError(
                f"{self._plan.plot_type} has no labels, so there is nothing to learn from. Import some with: "
                "hydra-gui labels import FILE"
            )
        self._work_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="training-", dir=self._work_dir) as folder:
            return self._run_in(Path(folder), labelled)

    def _run_in(self, folder: Path, labelled: list[LabelledPlot]) -> TrainedModel:
        summary = self._prepare(folder / "dataset", labelled)
        self._on_progress(Prepared(summary))
        request = TrainingRequest(
            plot_type=self._plan.plot_type,
            dataset=folder / "dataset",
            bundle=folder / "bundle",
            recipe=self._recipe,
            author=self._plan.who,
            seed=self._plan.seed,
            threads=self._plan.threads or os.cpu_count() or 1,
            file=self._file,
            pixels=self._plan.pixels,
        )
        self._job = TrainingJob(request, self._on_progress)
        self._check()
        result = self._job.run()
        self._check()
        model_id = register_opened(self._store, open_bundle(result.bundle), self._plan.who)
        return TrainedModel(model_id, summary, result.figures)

    def _prepare(self, folder: Path, labelled: list[LabelledPlot]) -> DatasetSummary:
        spec, samples = choose_input(self._known, self._plan.input, self._file, labelled), []
        made = self._store.synthetic.of_plot_type(self._plan.plot_type)
        for number, item in enumerate(labelled, 1):
            self._check()
            samples.append(self._sample(item, made))
            self._on_progress(Collecting(number, len(labelled)))

        def told(done: int) -> None:
            self._check()
            self._on_progress(Preparing(done, len(samples)))

        return write_dataset(samples, spec, folder, seed=self._plan.seed, progress=told)

    def _sample(self, item: LabelledPlot, made: Collection[int]) -> Sample:
        plot = item.plot
        try:
            data = self._store.blobs.get(plot.sha256)
            return Sample(data, item.label, plot.identity.run, synthetic=plot.plot_id in made)
        except BlobError as error:
            raise TrainingError(
                f"The image of plot {plot.plot_id} (run {plot.identity.run}) is not in the store any more: {error} "
                "Nothing was trained; label it as Ignore, or import it again."
            ) from error

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise TrainingCancelledError("Training was cancelled; no model was made.")
